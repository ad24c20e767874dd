"""How gunicorn serves the site in production: gunicorn config.wsgi --config python:config.gunicorn"""

import gc
import os
import tempfile
from typing import Any

from config import logs

bind = "0.0.0.0:8000"  # noqa: S104  docker-compose.yml publishes it to this machine only
workers = 2
preload_app = True  # the workers share the memory of what is loaded before they start
threads = 4
worker_tmp_dir = "/dev/shm"  # noqa: S108  a heartbeat must not wait for a slow disk
control_socket_disable = True
accesslog = "-"
# The id of the request (config/tracing.py) stands at the end.
access_log_format = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" %({x-request-id}o)s'
logconfig_dict = logs.configuration(os.environ.get("LOG_LEVEL") or "INFO")

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # a variable of the library of Prometheus
if os.environ.get("METRICS_TOKEN"):
    # Where the processes share their figures; it must be named before the library of Prometheus is imported.
    os.environ.setdefault(SHARED, tempfile.mkdtemp(prefix="headworks-metrics-"))


def child_exit(server: Any, worker: Any) -> None:
    if os.environ.get(SHARED):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)


def when_ready(server: Any) -> None:
    """Says at the start what `manage.py check` warns of, and prepares the memory that the workers will share.

    Python looks for garbage only among what requests make, and not at each few hundred objects: a page makes tens of
    thousands, nearly all of which go without it. That saves a tenth of the work of a page.
    """
    from django.core.checks import run_checks

    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)

    for warning in run_checks(tags=["installation"]):
        server.log.warning("%s %s", warning.msg, warning.hint)
