"""What pages weigh over the wire, from gunicorn with the static files of production, and whether they stand still."""

import os
import subprocess
import sys
from datetime import date
from itertools import product

import pytest
from django.conf import settings
from django.urls import reverse

from ims.models import Action, PublicPage
from tests.browser.conftest import NARROW, WIDE, new_context
from tests.processes import Server, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FIRST, AFTER = 250_000, 30_000  # bytes, headers included
STILL = 0.1  # cumulative layout shift, "good" by web.dev/cls
SHIFTS = """
window.shifts = 0;
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@pytest.fixture
def server(transactional_db, tmp_path):
    """Without a broker, which no page needs."""
    static = tmp_path / "static"
    services = {"DATABASE_URL": "postgresql://none", "REDIS_URL": "redis://none", "STATIC_ROOT": str(static)}
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(collect, env=os.environ | services, cwd=settings.BASE_DIR, check=True)
    server = Server("redis://127.0.0.1:1/0", tmp_path, "config.settings", STATIC_ROOT=str(static))
    server.start()
    wait_until(lambda: server.answers("/healthz"), what="the web server")
    yield server
    server.stop()


@pytest.fixture
def paths(catalog, utility, manager, analysis) -> dict[str, str]:
    for number in range(30):
        Action.open_in(utility, by=manager, title=f"Clean the sewers of block {number}", due=date(2027, 1, 31))
    utility.my_role = "manager"
    page = PublicPage.of(utility)
    page.choose(page.version, by=manager, intro="We bring water to Riverbend.")
    page = PublicPage.of(utility)
    page.publish(page.version, by=manager)
    return {
        "sign-in": reverse("account_login"),
        "home": "/",
        "gap analysis": analysis.get_absolute_url(),
        "register": reverse("ims:list", args=[utility.pk, "actions"]),
        "public page": f"/public/{page.slug}/",
    }


def test_what_pages_weigh(server, chromium, as_, manager, paths):
    found = {}
    for (name, path), size in product(paths.items(), (WIDE, NARROW)):
        context = new_context(chromium, {"viewport": size})  # nothing in its cache
        url = f"http://127.0.0.1:{server.port}"
        if name not in ("sign-in", "public page"):
            session = as_(manager).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": url}])
        context.add_init_script(SHIFTS)
        page = context.new_page()
        network = context.new_cdp_session(page)
        network.send("Network.enable")
        sizes: list[int] = []
        network.on("Network.loadingFinished", lambda event, sizes=sizes: sizes.append(int(event["encodedDataLength"])))
        for visit in ("first", "after"):
            sizes.clear()
            answer = page.goto(url + path, wait_until="networkidle")
            assert answer.status == 200
            found[name, size["width"], visit] = sum(sizes), page.evaluate("window.shifts")
        context.close()
    for (name, width, visit), (weight, moved) in found.items():
        print(f"{name} at {width}, {visit}: {weight} bytes, moved {moved:.3f}")  # noqa: T201  pytest -s shows it
    for (name, width, visit), (weight, moved) in found.items():
        assert 0 < weight <= (FIRST if visit == "first" else AFTER), (name, width, visit)
        assert moved <= STILL, (name, width, visit)
