"""The site itself, and which of the installed front-end files are served."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Headworks"


class StaticFiles(StaticFilesConfig):
    """Leaves out the parts of USWDS that no page uses, so that collecting takes seconds."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "material-icons*",
        "uswds-icons",
        "us_flag*",
        "favicons",
        "uswds.css",
        "uswds*.js",
        "*.js.map",
        "*.ttf",
        "*.woff",
        "README*",
    ]
