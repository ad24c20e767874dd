"""The settings of a web server that the tests start: as the worker's, without collected static files."""

from tests.reports.worker_settings import *  # noqa: F403
from tests.reports.worker_settings import STORAGES

STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
