from django.apps import AppConfig


class RecognitionConfig(AppConfig):
    name = "recognition"
    verbose_name = "recognition program"
    jobs = (
        "applying",
        "deciding",
        "notices",
        "register",
        "reviewing",
    )  # those that register something (workflow/discovery.py)
