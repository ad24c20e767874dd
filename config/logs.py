"""The format of log lines: JSON for a log collector (LOG_JSON), else text for a person."""

import os
from typing import Any

import structlog

processors = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    structlog.processors.JSONRenderer()
    if os.environ.get("LOG_JSON", "").lower() in ("1", "true", "yes")
    else structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "logger", "event"]),
]


def configuration(level: str) -> dict[str, Any]:
    """Returns the value of Django's LOGGING. Verbose libraries log only warnings and errors."""
    quiet = ("environ", "fontTools", "httpx", "weasyprint")
    # Libraries that would set up a format of their own for a logger without a handler.
    own_handler = {"handlers": ["console"], "propagate": False}
    levels = {"post_office": "WARNING", "gunicorn.access": level, "gunicorn.error": level}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "structlog.stdlib.ProcessorFormatter", "processors": "ext://config.logs.processors"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
        "loggers": {name: {"level": "WARNING"} for name in quiet}
        | {name: own_handler | {"level": level} for name, level in levels.items()},
        "root": {"handlers": ["console"], "level": level},
    }
