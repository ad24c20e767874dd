"""The settings of the site that ``manage.py demo`` serves. No setting of the real site brings the page of emails."""

from config.settings import *  # noqa: F403
from config.settings import INSTALLED_APPS, POST_OFFICE, env

INSTALLED_APPS = ["config.demo", *INSTALLED_APPS]
REQUIRE_SECOND_FACTOR = False  # whoever tries the demo signs in as its staff with the password that it prints
ROOT_URLCONF = "config.demo.urls"
if env.str("EMAIL_DELIVERY", default="console.EmailBackend").endswith("console.EmailBackend"):
    # Emails are read on the page; the terminal keeps the password in sight.
    POST_OFFICE |= {"BACKENDS": {"default": "django.core.mail.backends.dummy.EmailBackend"}}
