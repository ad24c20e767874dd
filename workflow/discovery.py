"""Imports the modules in which apps register what they add elsewhere, such as ``waiting.py``.

Django does the same with ``admin.py``. An app that is laid out by jobs names their folders in ``jobs`` of its
AppConfig, so that a job has its own.
"""

from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.utils.module_loading import autodiscover_modules


def discover(*names: str) -> None:
    """Imports these modules of all apps and of their jobs, where they exist."""
    autodiscover_modules(*names)
    for app in apps.get_app_configs():
        for job in getattr(app, "jobs", ()):
            for name in names:
                if find_spec(module := f"{app.name}.{job}.{name}"):
                    import_module(module)
