"""The cast that most tests share: one utility with a member in each role, and a stranger."""

import gc
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import storages
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.utils.functional import empty
from playwright.sync_api import Browser, sync_playwright

from accounts.models import Role, User, Utility
from accounts.zones import site_today
from tests.factories import MembershipFactory, UtilityFactory

# A folder of this clone for temporary files, so that the tests of two clones do not delete each other's.
settings.LOCAL_DIR.mkdir(parents=True, exist_ok=True)
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(settings.LOCAL_DIR))

# A loaded machine is slow, not wrong: no example has a deadline.
hypothesis.settings.register_profile(
    "headworks", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
# For mutants: the same examples each time, and no search for the simplest one that fails.
hypothesis.settings.register_profile(
    "mutants",
    hypothesis.settings.get_profile("headworks"),
    derandomize=True,
    database=None,
    phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
)
hypothesis.settings.load_profile("headworks")

# The databases, and the cast of the recognition program for its own tests and the browser's.
pytest_plugins = ["tests.database", "tests.applications"]


def pytest_collection_finish() -> None:
    """Python looks for garbage only among what the tests make, and not among all that was imported for them.

    It looks as seldom as the web server does (config/gunicorn.py): most of what a test makes goes without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


[BACKEND] = settings.AUTHENTICATION_BACKENDS

# Where Chromium may be. The first needs a quarter less processor time, since it draws no window.
CHROMIUMS = [
    "chromium-headless-shell",
    "chromium",
    "google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",  # windows that no test sees, each with a process
]


def member(utility: Utility, role: Role, email: str, name: str, until: date | None = None) -> User:
    return MembershipFactory(utility=utility, role=role, until=until, user__email=email, user__name=name).user


def main_of(answer) -> str:
    return answer.text.partition("<main")[2].partition("</main>")[0]


@pytest.fixture
def utility(db) -> Utility:
    return UtilityFactory(name="Riverbend Water and Sewer")


@pytest.fixture
def manager(utility) -> User:
    return member(utility, Role.MANAGER, "manager@example.org", "Mara Gerr")


@pytest.fixture
def contributor(utility, manager) -> User:
    return member(utility, Role.CONTRIBUTOR, "contributor@example.org", "Connie Boyd")


@pytest.fixture
def viewer(utility, manager) -> User:
    return member(utility, Role.VIEWER, "viewer@example.org", "Vic Weir")


@pytest.fixture
def advisor(utility, manager) -> User:
    """A consultant whose last day is today."""
    return member(utility, Role.ADVISOR, "advisor@example.org", "Ada Reed", until=site_today())


@pytest.fixture
def former(utility, manager) -> User:
    """A consultant whose last day was yesterday: a stranger now."""
    return member(utility, Role.ADVISOR, "former@example.org", "Fern Oakes", until=site_today() - timedelta(days=1))


@pytest.fixture
def stranger(db) -> User:
    """The manager of another utility."""
    return MembershipFactory(user__email="stranger@example.org", user__name="Stan Ranger").user


@pytest.fixture
def as_():
    """``as_(user)`` is a browser, in the time zone of the site, in which ``user`` is signed in."""

    def sign_in(user: User) -> Client:
        browser = Client()
        browser.cookies["zone"] = settings.TIME_ZONE  # as static/js/zone.js does
        # What force_login keeps, without what only belongs to signing in, which takes ten times as long.
        kept = {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: user.get_session_auth_hash()}
        session = Session.objects.create(
            session_key=get_random_string(32, VALID_KEY_CHARS),
            session_data=Session.objects.encode(kept),
            expire_date=timezone.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE),
        )
        browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return browser

    return sign_in


@pytest.fixture(autouse=True, scope="session")
def plain_static_files():
    """Pages are rendered without a collected manifest; only ``make demo`` serves the collected files."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # whitenoise warns where it is missing
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES["staticfiles"] = storages.backends["staticfiles"] = plain
    storages._storages.pop("staticfiles", None)
    staticfiles_storage._wrapped = empty  # whoever asked for it while tests were collected has the other
    settings.WHITENOISE_AUTOREFRESH = True  # does not list the folder for each client


@pytest.fixture(autouse=True, scope="session")
def quick_passwords():
    """Hashing that is slow on purpose would be most of the time of these tests."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True, scope="session")
def staff_without_second_factor():
    """The cast signs in with a password only. tests/accounts/test_second_factor.py asks for the second factor."""
    settings.REQUIRE_SECOND_FACTOR = False


@pytest.fixture
def own_folder(settings, tmp_path):
    """The files that a test keeps lie in this folder of its own."""
    folder = tmp_path / "files"
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": folder}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return folder


@pytest.fixture
def catalog(db) -> None:
    """Areas, elements, initiatives, criteria, letters and staff groups, as ``load_catalog`` brings them.

    They are in every test's database from its start (see database.py); a test that works with them says so by this.
    """


@pytest.fixture
def analysis(catalog, utility, manager):
    """The utility's gap analysis, under way: all five areas, two initiatives in place; as its manager fetches it."""
    from assessments.models import GapAnalysis
    from initiatives.models import Initiative
    from tests.factories import GapAnalysisFactory

    in_place = list(Initiative.objects.filter(slug__in=["cmom", "iso-14001"]))
    started = GapAnalysisFactory(utility=utility, by=manager, name="Integrated system, 2026", initiatives=in_place)
    return GapAnalysis.objects.visible_to(manager).get(pk=started.pk)


class Sent(NamedTuple):
    """A task that was sent to the queue."""

    task: str
    args: tuple[Any, ...]
    options: dict[str, Any]


@pytest.fixture
def sent_tasks(monkeypatch) -> list[Sent]:
    """What is sent to the queue during the test; no worker gets it."""
    sent: list[Sent] = []
    monkeypatch.setattr(
        "workflow.queue.send", lambda task, *args, **options: sent.append(Sent(task, args, options)) or True
    )
    return sent


def find_chromium() -> str:
    """Returns the path of a Chromium. Raises FileNotFoundError if there is none.

    A snap, which is what Ubuntu's Chromium is, can't be driven from outside.
    """
    for name in [os.environ.get("CHROMIUM", ""), *CHROMIUMS]:
        found = shutil.which(name)
        if found and "snap" not in Path(found).resolve().parts:  # its link leads to the program "snap"
            return found
    raise FileNotFoundError(
        "There is no Chromium or Chrome outside of snap. Install one, or set CHROMIUM to the path of its program."
    )


@pytest.fixture(scope="session")
def launched() -> Iterator[Browser | Exception]:
    """Chromium, or why it or its driver could not be started."""
    with pytest.MonkeyPatch.context() as patch, ExitStack() as running:
        # Playwright's loop runs in this thread, where the tests also ask the database.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        try:
            driver = running.enter_context(sync_playwright())
            launch = driver.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGUMENTS)
            browser = running.enter_context(launch)
        except Exception as error:
            yield error
            return
        yield browser


failed_launches: list[Exception] = []


@pytest.fixture
def chromium(launched: Browser | Exception) -> Browser:
    """The one browser of this process. That it can't be started is said once, not by every test."""
    if isinstance(launched, Browser):
        return launched
    if failed_launches:
        pytest.skip("Chromium could not be started; the first browser test says why.")
    failed_launches.append(launched)
    pytest.fail(f"Chromium could not be started, so no page is tested.\n{launched}", pytrace=False)
