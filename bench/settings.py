"""The settings of the served site, but with the URLs of the benchmark."""

from config.settings import *  # noqa: F403

EMAIL_FILE_PATH = LOCAL_DIR / "mail"  # noqa: F405  # of bench/cycle.py, whose worker sends into files
ROOT_URLCONF = "bench.urls"
