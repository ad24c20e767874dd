"""The settings of the served site, but with the URLs of the benchmark."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
