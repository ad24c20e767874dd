"""How a log line looks: JSON where a collector reads it (LOG_JSON), else for a person."""

import os

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
