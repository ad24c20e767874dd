from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ReportsConfig(AppConfig):
    name = "reports"

    def ready(self) -> None:
        """Find every room's ``reports.py``, as Django admin finds ``admin.py``."""
        autodiscover_modules("reports")
