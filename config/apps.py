"""The app configs of the site, its administration and its static files."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from config import checks as checks  # registers them
from workflow.discovery import discover


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Headworks"

    def ready(self) -> None:
        discover("navigation", "overview", "recent", "search", "slots", "waiting", "year")


class Administration(AdminConfig):
    default_site = "config.administration.Administration"


# All TrueType files but Public Sans in regular, semibold and bold, which PDFs use. Browsers get WOFF2, which WeasyPrint
# would unpack again for every document.
NOT_PRINTED = [
    "Latin*.ttf",
    "roboto*.ttf",
    "sourcesans*.ttf",
    "*Italic.ttf",
    "PublicSans-[!BRS]*.ttf",
    "PublicSans-Black.ttf",
]


class StaticFiles(StaticFilesConfig):
    """Static files without the parts of USWDS that no page uses, so that collectstatic takes seconds.

    config/static_files.py trims its style sheet.
    """

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "material-icons*",
        "uswds-icons",
        "us_flag*",
        "favicons",
        "uswds.css",
        "uswds*.js",
        "*.js.map",
        *NOT_PRINTED,
        "*.woff",
        "README*",
    ]
