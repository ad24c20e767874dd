"""The Celery application. Tasks are in each app's ``tasks.py``."""

import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

from config import tracing  # noqa: F401  # connects its signals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("headworks")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def _log_as_django_does(**_: Any) -> None:
    """Replaces Celery's own set-up of logging, which prints lines in a format of its own."""
    logging.config.dictConfig(settings.LOGGING)
