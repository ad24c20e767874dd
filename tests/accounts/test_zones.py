"""Times are shown in the reader's time zone, with its name."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import localize

from accounts import zones
from accounts.models import Utility
from accounts.regions import states
from recognition.models import Cycle
from tests.factories import UserFactory

GUAM, EASTERN = ZoneInfo("Pacific/Guam"), ZoneInfo("America/New_York")
NOVEMBER_1 = datetime(2026, 11, 2, 4, 59, tzinfo=UTC)  # 11:59 PM EST of November 1


def test_every_state_has_a_zone_that_can_be_chosen():
    assert set(zones.OF_STATE) == {code for code, _ in states()}
    assert set(zones.OF_STATE.values()) == {zone for zone, _ in zones.ZONES} <= zones.known()


@pytest.mark.parametrize(
    ("state", "chosen", "zone"),
    [("TX", "", "America/Chicago"), ("TX", "America/Denver", "America/Denver"), ("GU", "", "Pacific/Guam")],
)
def test_the_zone_of_a_utility_is_its_own_or_its_state_s(state, chosen, zone):
    assert Utility(state=state, time_zone=chosen).zone.key == zone


@pytest.fixture
def zone_of(rf):
    """``zone_of(user, cookie)``: the zone in which a page is made for this reader."""

    def ask(user, cookie: str | None = None) -> str:
        request = rf.get("/")
        request.user = user
        request.COOKIES = {settings.SESSION_COOKIE_NAME: "x"} | ({"zone": cookie} if cookie is not None else {})
        seen = []
        zones.in_the_readers_zone(lambda _: seen.append(timezone.get_current_timezone_name()) or HttpResponse())(
            request
        )
        return seen[0]

    return ask


def test_the_browser_s_zone_goes_before_the_utility_s_and_that_before_the_site_s(zone_of, utility, manager):
    Utility.objects.update(state="GU")
    assert zone_of(manager, "Asia/Tokyo") == "Asia/Tokyo"
    assert zone_of(manager) == "Pacific/Guam"
    assert zone_of(UserFactory()) == settings.TIME_ZONE


@pytest.mark.parametrize("cookie", ["", "Guam", "../../etc/passwd", "America", "Pacific/Guam\x00", "x" * 5000])
def test_what_is_no_zone_is_ignored(zone_of, utility, manager, cookie):
    assert zone_of(manager, cookie) == "America/Los_Angeles"


def test_a_page_shows_times_in_the_reader_s_zone(analysis, manager, as_, time_machine):
    time_machine.move_to(NOVEMBER_1)
    browser = as_(manager)
    address = reverse("assessments:save", args=[analysis.pk, "vision"])
    browser.cookies["zone"] = "Pacific/Guam"
    answer = browser.post(address, {"version": 1, "rating": 0}, headers={"Accept": "application/json"})
    assert answer.json()["saved"] == "Saved at 2:59 PM ChST"


def test_an_application_s_deadline_is_shown_in_both_zones(draft, manager, as_):
    Cycle.objects.update(closes=datetime(2036, 11, 3, 4, 59, tzinfo=UTC))
    browser = as_(manager)
    browser.cookies["zone"] = "Pacific/Guam"
    page = browser.get(reverse("recognition:step", args=[draft.pk, "contact"])).text
    assert "November 2, 2036, 11:59 PM EST (November 3, 2:59 PM ChST)" in page


def test_a_utility_chooses_its_zone(utility, manager, as_):
    facts = {"name": "El Paso Water", "city": "El Paso", "state": "TX", "systems": ["drinking_water"]}
    as_(manager).post(reverse("accounts:edit", args=[utility.pk]), facts | {"time_zone": "America/Denver"})
    assert manager.zone.key == "America/Denver"


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("America/New_York", "November 1, 2026, 11:59 PM EST"),
        ("America/Detroit", "November 1, 2026, 11:59 PM EST"),
        ("America/Los_Angeles", "November 1, 2026, 11:59 PM EST (8:59 PM PST)"),
        ("Pacific/Guam", "November 1, 2026, 11:59 PM EST (November 2, 2:59 PM ChST)"),
        ("Pacific/Majuro", "November 1, 2026, 11:59 PM EST (November 2, 4:59 PM UTC+12)"),
    ],
)
def test_a_deadline_is_in_its_own_zone_and_the_reader_s(zone, shown):
    with timezone.override(zone):
        assert zones.shown(NOVEMBER_1, EASTERN) == shown


def test_today_has_come_where_the_reader_is(time_machine):
    time_machine.move_to(NOVEMBER_1)
    with timezone.override(GUAM):
        assert zones.today() == zones.today(EASTERN) == date(2026, 11, 2)
    with timezone.override(EASTERN):
        assert zones.today(GUAM) == date(2026, 11, 2)
        assert zones.today() == zones.site_today() == date(2026, 11, 1)


def test_the_formats_of_django_name_the_zone():
    with timezone.override(GUAM):
        assert localize(timezone.localtime(NOVEMBER_1)) == "Nov. 2, 2026, 2:59 p.m. ChST"


FORMAT = re.compile(r"""(?:date:|time:|format=|_format\(.*, )["']([^"']*)["']""")


def test_every_time_of_a_template_and_a_list_names_its_zone():
    rooms = ["accounts", "assessments", "initiatives", "letters", "pdca", "recognition", "reports", "workflow"]
    python = [path for room in rooms for path in (settings.BASE_DIR / room).rglob("*.py")]
    texts = [path for path in (settings.BASE_DIR / "templates").rglob("*.*") if path.suffix in (".html", ".txt")]
    formats = {written for path in [*python, *texts] for written in FORMAT.findall(path.read_text())}
    times = {written for written in formats if re.search(r"\b[gGhHP]\b", written)}
    assert len(times) > 3
    assert {written for written in times if not written.endswith(" T") and "%" not in written} == set()
    assert not [path for path in python if re.search(r"%p(?!} \{named\(| %Z)", path.read_text())]
