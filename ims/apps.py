from django.apps import AppConfig


class ManagementSystemConfig(AppConfig):
    name = "ims"
    jobs = ("plan", "do", "check", "act", "system")
