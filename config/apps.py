"""The site itself, and which of the installed front-end files are served."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.utils.module_loading import autodiscover_modules


class ConfigApp(AppConfig):
    name = "config"
    verbose_name = "Headworks"

    def ready(self) -> None:
        autodiscover_modules("navigation", "slots", "waiting")


# Of the TrueType files only Public Sans in regular, semi-bold and bold: PDFs are set in them. Browsers get WOFF2, which
# WeasyPrint would unpack anew for every document.
NOT_PRINTED = [
    "Latin*.ttf",
    "roboto*.ttf",
    "sourcesans*.ttf",
    "*Italic.ttf",
    "PublicSans-[!BRS]*.ttf",
    "PublicSans-Black.ttf",
]


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
        *NOT_PRINTED,
        "*.woff",
        "README*",
    ]
