from django.apps import AppConfig

from workflow.discovery import discover


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        discover("reports")
