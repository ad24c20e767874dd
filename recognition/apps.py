from django.apps import AppConfig


class RecognitionConfig(AppConfig):
    name = "recognition"
    verbose_name = "recognition program"
    jobs = (
        "applying",
        "cycles",
        "deciding",
        "notices",
        "reviewing",
    )  # those that register something (workflow/discovery.py)
