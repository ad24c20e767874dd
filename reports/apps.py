from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        """Imports every app's ``reports.py``, like ``admin.py``."""
        autodiscover_modules("reports")
