from django.apps import AppConfig


class RecognitionConfig(AppConfig):
    name = "recognition"
    verbose_name = "recognition program"
    # Those that register something (workflow/discovery.py).
    jobs = ("applying", "cycles", "deciding", "mailing", "notices", "register", "reviewing")
