"""``make demo``: runs the whole site on one machine, with real services and demo data, until Ctrl-C."""

import contextlib
import ctypes
import fcntl
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from accounts.models import User
from config import embedded, migrating
from config.management.commands.load_demo import ADMIN

READY_WITHIN = 60  # seconds
LOOK_EVERY = 1  # seconds
PR_SET_PDEATHSIG = 1
DEMO_SETTINGS = "config.demo.settings"


class Command(BaseCommand):
    help = "Set up the demo data and serve the site on this machine until Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *, port: int, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.default_int_handler)
        children: list[Child] = []
        try:
            # Locked until the end: two demos in one folder would share a queue and overwrite beat's schedule.
            with _only_demo(settings.LOCAL_DIR / "demo.lock"):
                _refuse_a_taken_port(port)
                accounts = self._prepare()
                children = [web(port), worker(port), beat(port)]
                self._serve(children, port, accounts)
        except KeyboardInterrupt:
            self.stdout.write("\nStopping.")
        finally:
            _stop(children)

    def _prepare(self) -> str:
        """Sets up the database, reference data, demo data and static files. Returns the text on the accounts."""
        self._say("Preparing the database")
        with migrating.quickly():
            call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        self._say("Loading the catalog and the demo data")
        call_command("load_catalog", stdout=io.StringIO())
        accounts = io.StringIO()
        os.environ["HEADWORKS_DEMO"] = "1"  # the command requires it
        try:
            call_command("load_demo", stdout=accounts)
        except CommandError as refusal:
            accounts.write(f"{refusal}\n")
        if static_files_changed():
            self._say("Collecting static files")
            call_command("collectstatic", interactive=False, verbosity=0)
        # Only for demo data, since the page of emails shows links that let a person in. The children inherit it.
        if User.objects.filter(email=ADMIN).exists():
            os.environ["DJANGO_SETTINGS_MODULE"] = DEMO_SETTINGS
        connections.close_all()
        return accounts.getvalue()

    def _serve(self, children: "list[Child]", port: int, accounts: str) -> None:
        self._say("Starting the web server and the worker")
        site, *others = children
        site.start()
        _wait_until_ready(port, children)  # the page first: a person waits for it
        for child in others:
            child.start()
        address = f"http://localhost:{port}"
        self.stdout.write(f"\nHeadworks is at {address} (Ctrl-C stops it)")
        if os.environ["DJANGO_SETTINGS_MODULE"] == DEMO_SETTINGS:
            self.stdout.write(f"The emails that it sends are at {address}/demo/email/")
        self.stdout.write(accounts.rstrip())  # its last line is the password
        self.stdout.flush()
        while True:
            time.sleep(LOOK_EVERY)
            self._keep_services()
            for child in children:
                if child.ended():
                    self._say(f"The {child.name} stopped; restarting it")
                    child.stop()  # the rest of its process group
                    time.sleep(1)  # limits the rate if it can't start
                    child.start()

    def _keep_services(self) -> None:
        """Starts an embedded service again if it was killed, at its old address, so that the others can reconnect."""
        try:
            if not os.environ.get("DATABASE_URL"):
                embedded.postgres(settings.LOCAL_DIR / "postgres")
            if not os.environ.get("REDIS_URL"):
                embedded.valkey(settings.LOCAL_DIR / "valkey")
        except (RuntimeError, OSError) as error:  # tried again in a second
            self._say(f"A service stopped and does not start yet: {error}")

    def _say(self, words: str) -> None:
        self.stdout.write(f"{words} …")
        self.stdout.flush()


class Child:
    """A process that runs with its own children in a process group, so that all of them can be stopped."""

    def __init__(self, name: str, port: int, module: str, *arguments: str, patience: float):
        self.name = name
        self.command = [sys.executable, "-m", module, *arguments]
        self.environment = os.environ | _environment(port)
        self.patience = patience  # seconds that it may take to finish its work
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            cwd=settings.BASE_DIR,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent(),
        )

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """Terminates the process, waits for it, then kills the rest of the group."""
        if self.process is None:
            return
        if not self.ended():
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def web(port: int) -> Child:
    options = ["--bind", f"127.0.0.1:{port}", "--preload", "--workers", "2", "--threads", "4"]
    options += ["--graceful-timeout", "8", "--no-control-socket"]
    if Path("/dev/shm").is_dir():  # noqa: S108  a worker's heartbeat file must not wait for a slow disk
        options += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    options += ["--log-level", "warning"]
    return Child("web server", port, "gunicorn", "config.wsgi", *options, patience=10)


def worker(port: int, processes: int = 1) -> Child:
    options = ["-c", str(processes), "-Q", "celery,bundles", "--without-gossip", "--without-mingle"]
    return Child("worker", port, "celery", "-q", "-A", "config", "worker", *options, patience=20)


def beat(port: int) -> Child:
    """Says what is due. A process of its own, so that it is started again if it ends."""
    options = ["--schedule", str(settings.LOCAL_DIR / "beat-schedule"), "--pidfile", ""]
    return Child("scheduler", port, "celery", "-q", "-A", "config", "beat", *options, patience=5)


def _environment(port: int) -> dict[str, str]:
    """Returns what a child finds besides: the addresses of the services, so that it does not start others."""
    database = settings.DATABASES["default"]
    return {
        "DATABASE_URL": os.environ.get("DATABASE_URL")
        or f"postgresql://{database['USER']}@/{database['NAME']}?host={quote(database['HOST'], safe='')}",
        "REDIS_URL": settings.REDIS_URL,
        "LOG_LEVEL": os.environ.get("LOG_LEVEL") or "WARNING",
        "PYTHONWARNINGS": "ignore:You're running the worker",  # as root: fine in a container for a demo
        "SITE_URL": os.environ.get("SITE_URL") or f"http://localhost:{port}",
    }


@contextlib.contextmanager
def _only_demo(path: Path) -> Any:
    handle: IO[str]
    with path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(f"A demo is already running from {path.parent}: stop it first.") from None
        yield


def _refuse_a_taken_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            raise CommandError(
                f"Port {port} is in use or not allowed: choose another, as in make demo PORT=8001"
            ) from None


def static_files_changed() -> bool:
    """Returns whether a source is newer than the collected files (by ctime: an installed file keeps its old mtime)."""
    made = settings.STATIC_ROOT / "staticfiles.json"
    if not made.exists():
        return True
    at = made.stat().st_mtime
    sources = (storage.path(name) for finder in get_finders() for name, storage in finder.list(None))
    return any(os.stat(source).st_ctime > at for source in sources)


def _wait_until_ready(port: int, children: list[Child]) -> None:
    end = time.monotonic() + READY_WITHIN
    while not _is_ready(port):
        for child in children:
            if child.ended():
                raise CommandError(f"The {child.name} did not start; its output is above.")
        if time.monotonic() > end:
            raise CommandError(f"The site was not ready within {READY_WITHIN} seconds.")
        time.sleep(0.1)


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("localhost", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _end_with_parent() -> Callable[[], None] | None:
    """Returns, on Linux, a function that makes a child stop when this process ends, even if it was killed."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _stop(children: list[Child]) -> None:
    """Stops the web server first, so that no new requests come in. A second Ctrl-C only ends the waiting."""
    for child in children:
        try:
            child.stop()
        except KeyboardInterrupt:
            child.patience = 0
            child.stop()
