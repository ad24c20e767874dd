"""The settings of a worker that the tests start: the real ones, and the kind of report that only they know."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS as _APPS
from config.settings import TEMPLATES

INSTALLED_APPS = [*_APPS, "tests.reports.worker_app.WorkerApp"]
TEMPLATES[0]["DIRS"] = [*TEMPLATES[0]["DIRS"], "tests/reports/templates"]
