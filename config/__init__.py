"""Settings, URLs, the home page, the API root and the embedded services."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
