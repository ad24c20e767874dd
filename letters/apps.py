from django.apps import AppConfig

from workflow.discovery import discover


class LettersConfig(AppConfig):
    name = "letters"

    def ready(self) -> None:
        discover("letters", "reminders")
