"""``python -m bench --throughput``: how many pages a second a mix of roles gets from the server as in production.

The visitors are locust's (``visitors.py``), on the same machine. What counts is the share of what a bare view gets.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from bench import daily, served
from bench.cost import Page
from bench.meter import signed_in

VISITORS = 8  # at once: as many as the server has threads
SHARES = {"manager": 50, "": 20, "panelist": 12, "staff": 10, "compliance": 4, "official": 2, "admin": 2}  # percent
THROTTLED = "verification"  # an address that asks often is refused


@dataclass(frozen=True)
class Asked:
    """What visitors got: ``failed`` of ``requests``; milliseconds of the median and of the 95th percentile."""

    requests: int
    failed: int
    per_second: float
    median: int
    p95: int
    size: int


@dataclass(frozen=True)
class Throughput:
    visitors: int
    mix: Asked
    bare: Asked

    @property
    def share(self) -> float:
        """Returns the pages per second as a share of the bare view's."""
        return self.mix.per_second / self.bare.per_second


def measure(seconds: int) -> Throughput:
    """Lets visitors in for ``seconds``, and as long to the bare view."""
    port = served.free_port()
    with served.running(served.web(port)):
        served.wait(lambda: served.answers(port), "the web server")
        plan = roles()
        mix = _asked(port, "Someone", plan, 0, seconds)
        return Throughput(VISITORS, mix, _asked(port, "Bare", plan, mix.size, seconds))


def roles() -> list[dict[str, Any]]:
    """Returns who visits, as ``visitors.py`` reads it."""
    pages: list[Page] = [page for page in daily.pages() if page.name != THROTTLED]
    cookies = {"": ""} | {role: _cookie(role) for role in daily.ROLES}
    return [
        {"share": share, "cookie": cookies[role], "pages": {page.name: page.path for page in pages if page.by == role}}
        for role, share in SHARES.items()
    ]


def _cookie(role: str) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={signed_in(daily.people()[role]).cookies[name].value}"


def _asked(port: int, who: str, plan: list[dict[str, Any]], size: int, seconds: int) -> Asked:
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "found"
        process = visiting(port, who, plan, size, seconds, VISITORS, found)
        process.wait()
        return read(json.loads(found.with_suffix(".json").read_text()), seconds)


def visiting(
    port: int, who: str, plan: list[dict[str, Any]], size: int, seconds: int, visitors: int, found: Path
) -> subprocess.Popen[bytes]:
    """Starts locust, which lets visitors in for ``seconds`` and then writes what they got to ``found``.json."""
    asking = found.with_name("visitors.json")
    asking.write_text(json.dumps({"roles": plan, "size": size}))
    command = ["-f", "bench/visitors.py", "--headless", "--only-summary", "--loglevel", "ERROR", who]
    command += ["--host", f"http://localhost:{port}", "--users", str(visitors), "--spawn-rate", str(visitors)]
    command += ["--run-time", f"{seconds}s", "--stop-timeout", "60", "--json-file", str(found)]
    environment = os.environ | {"HEADWORKS_VISITORS": str(asking)}
    return subprocess.Popen([sys.executable, "-m", "locust", *command], cwd=settings.BASE_DIR, env=environment)


def read(entries: Iterable[dict[str, Any]], seconds: int) -> Asked:
    """Sums up the entries of locust's JSON file, one for each page."""
    times: Counter[int] = Counter()
    requests = failed = size = 0
    for each in entries:
        times.update({round(float(took)): n for took, n in each["response_times"].items()})
        requests, failed = requests + each["num_requests"], failed + each["num_failures"]
        size += each["total_content_length"]
    if not requests:
        raise RuntimeError("No visitor got anything.")
    ordered = sorted(times.elements())
    median, p95 = (ordered[int(len(ordered) * part)] for part in (0.5, 0.95))
    return Asked(requests, failed, requests / seconds, median, p95, size // requests)


def as_json(found: Throughput) -> dict[str, Any]:
    return asdict(found) | {"share": found.share}


def lines(found: Throughput) -> Iterator[str]:
    """Yields the figures as text."""
    yield f"{found.visitors} visitors at once, of all roles, against a bare view of {found.mix.size} bytes"
    for name, each in (("pages", found.mix), ("bare view", found.bare)):
        yield (
            f"{name:<12}{each.per_second:>8.1f} a second{each.requests:>8} requests{each.failed:>5} failed"
            f"{each.median:>7} ms median{each.p95:>7} ms 95th percentile"
        )
    yield f"share {found.share:.1%}"
