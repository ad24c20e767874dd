"""How gunicorn serves the site in production: gunicorn config.wsgi --config python:config.gunicorn"""

import os
from typing import Any

from config import logs

bind = "0.0.0.0:8000"  # noqa: S104  docker-compose.yml publishes it to this machine only
workers = 2
preload_app = True  # the workers share the memory of what is loaded before they start
threads = 4
worker_tmp_dir = "/dev/shm"  # noqa: S108  a heartbeat must not wait for a slow disk
control_socket_disable = True
accesslog = "-"
logconfig_dict = logs.configuration(os.environ.get("LOG_LEVEL") or "INFO")


def when_ready(server: Any) -> None:
    """Says at the start what `manage.py check` warns of."""
    from django.core.checks import run_checks

    for warning in run_checks(tags=["installation"]):
        server.log.warning("%s %s", warning.msg, warning.hint)
