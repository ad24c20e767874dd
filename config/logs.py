"""The format of log lines: JSON for a log collector (LOG_JSON), else text for a person."""

import os
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

# What lets someone in who has it: the last part of these addresses, these parts of a query, API tokens.
_SLASH = r"(?:/|%2F)"
SECRETS = [
    re.compile(
        rf"({_SLASH}(?:calendar|feed|invitations|invited|weekly-email|confirm-email"
        rf"|password{_SLASH}reset{_SLASH}key){_SLASH})"
        r"[^/\s\"'?&#%]+",
        re.IGNORECASE,
    ),
    re.compile(r"([?&](?:code|email|key|login|password|secret|signature|token|x-amz-\w+)=)[^&\s\"'#]+", re.IGNORECASE),
    re.compile(r"(\bheadworks_)[\w-]+"),
]


def masked(text: str) -> str:
    """Returns the text without secrets, so that who reads the log can't use them."""
    for secret in SECRETS:
        text = secret.sub(r"\1***", text)
    return text


def mask(logger: Any, name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A processor of structlog."""
    return {key: masked(value) if isinstance(value, str) else value for key, value in event.items()}


processors = [
    structlog.contextvars.merge_contextvars,  # config/tracing.py
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
    structlog.processors.format_exc_info,
    mask,
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
