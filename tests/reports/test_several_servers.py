"""Two web servers behind nginx, two workers, one database, one broker: a person never notices which of them works."""

import os
import re
import shutil
from io import BytesIO
from zipfile import ZipFile

import httpx
import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.urls import reverse

from ims.models import Action
from reports.models import Report
from tests.processes import Broker, Nginx, Server, Worker, broker_at, wait_until
from tests.reports import bundle_kind
from tests.uploads import PDF

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
PASSWORD = "correct-horse-battery"
pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not NGINX, reason="nginx is not installed: bin/setup test names what to install"),
]


@pytest.fixture
def broker():
    broker = Broker()
    with broker_at(broker.url):
        yield broker
    broker.stop()


@pytest.fixture
def machine(transactional_db, tmp_path):
    """``machine(name)``: the folder of a machine of its own. All machines keep files in one place, as in a bucket."""
    (tmp_path / "files").mkdir()

    def set_up(name: str):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "files").symlink_to(tmp_path / "files")
        return folder

    return set_up


@pytest.fixture
def servers(broker, machine):
    servers = [Server(broker.url, machine(name), "tests.reports.server_settings") for name in ("web 1", "web 2")]
    for server in servers:
        server.start()
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture
def workers(broker, machine, bundle_kinds):
    """Each takes the first report that it gets, and holds it."""
    folders = [machine("worker 1"), machine("worker 2")]
    for folder in folders:
        (folder / "hold").touch()
    workers = {folder: Worker(broker.url, folder, "tests.reports.worker_settings") for folder in folders}
    for worker in workers.values():
        worker.start()
    yield workers
    for worker in workers.values():
        worker.kill()


@pytest.fixture
def nginx(servers, tmp_path):
    nginx = Nginx(NGINX, tmp_path, [server.port for server in servers])
    yield nginx
    nginx.stop()


@pytest.fixture
def browser(nginx):
    with httpx.Client(base_url=nginx.url, timeout=60) as browser:
        yield browser


def send(browser: httpx.Client, path: str, **sent) -> httpx.Response:
    """Opens a page and sends a form with its token. The page and the answer come from different servers."""
    page = browser.get("/account/login/" if "login" in path else "/")
    [token, *_] = re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)
    sent["data"] = sent.get("data", {}) | {"csrfmiddlewaretoken": token}
    answer = browser.post(path, **sent)
    assert answer.status_code == 302, answer.text
    assert answer.headers["X-From"] != page.headers["X-From"]
    return answer


def from_each(browser: httpx.Client, path: str, servers) -> list[httpx.Response]:
    """Returns the answer of each server."""
    answers = [browser.get(path) for _ in servers]
    assert {answer.headers["X-From"] for answer in answers} == {f"127.0.0.1:{server.port}" for server in servers}
    assert [answer.status_code for answer in answers] == [200] * len(servers)
    return answers


def test_a_session_an_upload_and_a_report_move_between_them(
    servers, workers, browser, contributor, viewer, utility, several
):
    person = viewer
    utility.memberships.filter(user=viewer).update(role="contributor")
    person.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt")
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    action = Action.open_in(utility, by=contributor, title="Clean the sewers of Oak Street")
    wait_until(lambda: all(server.answers() for server in servers), what="the web servers")

    # A session
    send(browser, reverse("account_login"), data={"login": person.email, "password": PASSWORD})
    for home in from_each(browser, "/", servers):
        assert person.name in home.text

    # An upload
    record = reverse("ims:record", args=[utility.pk, "actions", action.number])
    sent = {"file": ("policy.pdf", PDF, "application/pdf")}
    send(browser, reverse("ims:add_file", args=[utility.pk, "actions", action.number]), files=sent)
    pages = from_each(browser, record, servers)
    [address] = {re.search(r'href="(/\S+/attachments/\d+/)"', page.text)[1] for page in pages}
    assert [file.content for file in from_each(browser, address, servers)] == [PDF] * 2

    # A report, which both workers make together
    asked = send(browser, reverse("reports:request", args=[bundle_kind.NAME, utility.pk]))
    bundle = Report.objects.get(parent=None)
    try:
        wait_until(lambda: all((folder / "started").exists() for folder in workers), what="both workers")
        assert bundle.parts.filter(status="running").count() == 2
        for folder in workers:
            (folder / "hold").unlink()
        wait_until(lambda: Report.objects.get(pk=bundle.pk).status == "done", what="the report")
    except AssertionError as late:
        raise AssertionError("\n".join([str(late), *(worker.log for worker in workers.values())])) from None
    assert all("Download" in page.text for page in from_each(browser, asked.headers["Location"], servers))
    first, second = from_each(browser, reverse("reports:download", args=[bundle.pk]), servers)
    assert first.content == second.content
    assert ZipFile(BytesIO(first.content)).testzip() is None

    # One of the servers is gone, and nobody is signed out
    servers[0].stop()
    for _ in range(4):
        home = browser.get("/")
        assert home.status_code == 200
        assert person.name in home.text
        assert home.headers["X-From"].endswith(f":{servers[1].port}")
