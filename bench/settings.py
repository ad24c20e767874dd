"""The site's settings as they are served; its addresses and, beside them, the views that it is compared with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
