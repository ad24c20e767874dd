"""The queues: who has which, what each holds, and what it keeps to itself."""

import csv
import re
from datetime import date, timedelta
from io import BytesIO, StringIO

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Role, StaffGroup, System
from recognition.models import Application, Cycle, Rating, Seat, Submission
from recognition.reviewing.lists import QUEUES
from tests.applications import review
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

Status = Application.Status
pytestmark = pytest.mark.django_db

# Queue → whose it is, and at which stages an application waits there.
WAITS = {
    "completeness": ("staff", {"submitted", "resubmitted", "completeness", "returned"}),
    "compliance": ("compliance", {"compliance"}),
    "region": ("staff", {"region"}),
    "panel": ("staff", {"panel"}),
    "decisions": ("official", {"recommended", "not_recommended"}),
    "all": ("staff", set(Status.values)),
}


def address(name: str) -> str:
    return reverse("recognition:queue", args=[name])


def utilities(text: str) -> list[str]:
    return re.findall(r'<th role="rowheader" scope="row">(?:<span.*?<a [^>]+>)?([^<]*)(?:</a></span>)?</th>', text)


@pytest.fixture
def put(cycle):
    """``put(status, …)``: an application at that stage, of a utility of its own, submitted once."""

    def made(status: str = "submitted", **fields) -> Application:
        utility = fields.pop("utility", None) or UtilityFactory(**fields.pop("of", {}))
        size = fields.pop("size", "small")
        fields = {"cycle": cycle, "status": status, "resubmit_by": cycle.closes} | fields
        application = Application.objects.create(utility=utility, **fields)
        if status != "draft":
            Submission.objects.create(
                application=application, number=1, content={}, size=size, words=0, counted_attributes=0, counted_boxes=0
            )
        return application

    return made


def seat(application: Application, member, *, submitted: bool = True, ratings: int = 2) -> Seat:
    now = timezone.now()
    made = Seat.objects.create(
        application=application,
        member=member,
        due=date(2027, 1, 15),
        declared_at=now,
        submitted_at=now if submitted else None,
    )
    Rating.objects.bulk_create(
        Rating(seat=made, criterion=f"attributes.{n}", value="met" if submitted else "") for n in range(ratings)
    )
    return made


@pytest.fixture
def cast(staff, compliance, official, panelists, manager) -> dict:
    return {
        "staff": staff,
        "compliance": compliance,
        "official": official,
        "panel": panelists[0],
        "manager": manager,
        "nobody": UserFactory(email="nobody@example.org"),
    }


def test_each_queue_exists_for_its_roles_only(cast, as_):
    has = {
        "completeness": {"staff"},
        "compliance": {"compliance"},
        "region": {"staff"},
        "panel": {"staff"},
        "decisions": {"staff", "official"},
        "all": {"staff"},
        "my-reviews": {"panel"},
    }
    assert set(has) == set(QUEUES)
    for who, person in cast.items():
        browser = as_(person)
        for name, whose in has.items():
            answer = browser.get(address(name))
            assert answer.status_code == (200 if who in whose else 404), (who, name)
            assert browser.get(address(name), {"export": "csv"}).status_code == answer.status_code
            assert browser.post(address(name)).status_code == 405
        assert browser.get(address("nothing")).status_code == 404
        shown = browser.get(reverse("recognition:list")).text
        assert {name for name in has if address(name) in shown} == {name for name in has if who in has[name]}


def test_who_has_a_seat_has_the_queue_of_reviews_without_the_group(as_, put):
    person = UserFactory()
    seated = seat(put("panel", of={"name": "Bend Water"}), person)
    assert utilities(as_(person).get(address("my-reviews")).text) == ["Bend Water"]
    Seat.objects.filter(pk=seated.pk).update(
        recused_at=timezone.now(), submitted_at=None, conflict="personal", conflict_reason="My sister."
    )
    assert as_(person).get(address("my-reviews")).status_code == 404


def test_who_is_not_signed_in_is_asked_to(client, db):
    for name in QUEUES:
        assert client.get(address(name)).url.startswith(reverse("account_login"))


def test_an_application_waits_in_the_queues_of_its_stage(cast, as_, put):
    names = {status: put(status, of={"name": f"Works {status}"}).utility.name for status in Status.values}
    for queue, (who, statuses) in WAITS.items():
        text = as_(cast[who]).get(address(queue)).text
        assert set(utilities(text)) == {names[status] for status in statuses}, queue


def test_staff_who_belong_to_a_utility_are_no_reviewers_of_it(as_, put, staff):
    put("submitted", utility=MembershipFactory(user=staff, role=Role.VIEWER).utility)
    put("submitted", of={"name": "Bend Water"})
    assert utilities(as_(staff).get(address("completeness")).text) == ["Bend Water"]
    assert utilities(as_(staff).get(address("all")).text) == ["Bend Water"]


def test_a_row_says_what_it_is_about(as_, put, staff, cycle):
    cycle.panel_from, cycle.time_zone = date(2026, 3, 1), "America/Los_Angeles"
    cycle.save()
    since = timezone.now() - timedelta(days=12, hours=3)
    of = {"name": "=Bend Water", "city": "Bend", "systems": [System.WASTEWATER, System.STORMWATER]}
    application = put("completeness", of=of, size="large", status_since=since)
    Submission.objects.create(
        application=application, number=2, content={}, size="small", words=0, counted_attributes=0, counted_boxes=0
    )
    answer = as_(staff).get(address("completeness"), {"export": "csv"})
    head, row = csv.reader(StringIO(answer.content.decode("utf-8-sig")))
    assert dict(zip(head, row, strict=True)) == {
        "Utility": "'=Bend Water",
        "Stage": "Completeness review",
        "Days": "12",
        "Due": "2026-03-01",
        "Taken up by": "",
        "State": "OR",
        "Region": "10",
        "Size": "Small",
        "Systems": "Wastewater, stormwater",
        "Cycle": "Recognition 2027",
        "Version": "2",
    }
    text = as_(staff).get(address("completeness")).text
    assert 'Mar 1, 2026 <b class="late">late</b>' in text
    assert f'href="{reverse("recognition:checklist", args=[application.pk])}?in=completeness#walk"' in text


def test_due_is_the_day_that_the_stage_goes_by(as_, put, staff, official, cycle):
    """Where the cycle is: half past four in the night of Greenwich is the evening before in Oregon."""
    cycle.time_zone = "America/Los_Angeles"
    cycle.panel_from, cycle.panel_until, cycle.letters_from = date(2099, 3, 1), date(2099, 4, 1), date(2099, 5, 1)
    cycle.save()
    night = timezone.datetime(2099, 1, 10, 4, 30, tzinfo=timezone.get_fixed_timezone(0))
    put("draft", of={"name": "draft"}, extended_until=night)
    put("returned", of={"name": "returned"}, resubmit_by=night - timedelta(days=1))
    for status in ("region", "panel", "recommended", "recognized"):
        put(status, of={"name": status})
    answer = as_(staff).get(address("all"), {"export": "xlsx", "sort": "due_on"})
    head, *rows = load_workbook(BytesIO(answer.content)).active.values
    place = head.index("Due")
    assert [(row[0], row[place] and f"{row[place]:%m-%d}") for row in rows] == [
        ("returned", "01-08"),
        ("draft", "01-09"),
        ("region", "03-01"),
        ("panel", "04-01"),
        ("recommended", "05-01"),
        ("recognized", None),
    ]
    assert 'class="late"' not in as_(staff).get(address("all")).text


def test_late_is_said_once_the_moment_is_over(as_, put, staff, manager):
    now = timezone.now()
    put("returned", of={"name": "In time"}, resubmit_by=now + timedelta(minutes=2))
    late = put("returned", of={"name": "Too late"}, resubmit_by=now - timedelta(minutes=2))
    text = as_(staff).get(address("completeness")).text
    assert text.count('class="late"') == 1
    assert "With the applicant" in text
    assert f'href="{reverse("recognition:incomplete", args=[late.pk])}?in=completeness#walk"' in text


def test_the_region_is_that_of_the_state_or_of_a_tribal_system(as_, put, staff):
    put(of={"name": "Guam Water", "state": "GU"})
    tribal = put(of={"name": "Tribal system", "state": "OR"})
    tribal.utility.set_identifiers([("PWSID", "OR4100001"), ("PWSID", "010000123"), ("NPDES", "020000123")])
    put(of={"name": "Eugene", "state": "OR"})
    for application in Application.objects.all():
        [shown] = QUEUES["completeness"].rows(staff).filter(pk=application.pk)
        assert shown.region == application.utility.epa_region
    browser = as_(staff)
    assert utilities(browser.get(address("completeness"), {"sort": "region"}).text) == [
        "Tribal system",
        "Guam Water",
        "Eugene",
    ]
    assert utilities(browser.get(address("completeness"), {"region": 1}).text) == ["Tribal system"]
    assert utilities(browser.get(address("completeness"), {"region": 10}).text) == ["Eugene"]


@pytest.fixture
def three(put, cycle):
    """A small one in Oregon, a large one in Texas in another cycle, a draft."""
    day = timedelta(days=1)
    now = timezone.now()
    other = Cycle.objects.create(title="A second cycle", edition=cycle.edition, opens=now - day, closes=now + day)
    put("submitted", of={"name": "albany", "systems": ["drinking_water"]}, status_since=now - 3 * day)
    texan = put(
        "returned",
        of={"name": "Bend Water", "state": "TX", "city": "Austin", "systems": ["wastewater"]},
        cycle=other,
        size="large",
        status_since=now - 9 * day,
    )
    texan.utility.set_identifiers([("NPDES", "TX0123456")])
    put("draft", of={"name": "Corvallis", "systems": ["stormwater", "wastewater"]}, status_since=now - day)
    return other


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["Bend Water", "albany", "Corvallis"]),
        ({"sort": "age"}, ["Corvallis", "albany", "Bend Water"]),
        ({"sort": "utility"}, ["albany", "Bend Water", "Corvallis"]),
        ({"sort": "-utility"}, ["Corvallis", "Bend Water", "albany"]),
        ({"sort": "status"}, ["Corvallis", "albany", "Bend Water"]),
        ({"sort": "size"}, ["Bend Water", "albany", "Corvallis"]),
        ({"sort": "cycle"}, ["Bend Water", "albany", "Corvallis"]),
        ({"words": "AUSTIN bend"}, ["Bend Water"]),
        ({"words": "tx0123456"}, ["Bend Water"]),
        ({"words": "nowhere"}, []),
        ({"state": "TX"}, ["Bend Water"]),
        ({"status": "draft"}, ["Corvallis"]),
        ({"size": "small"}, ["albany"]),
        ({"system": "wastewater"}, ["Bend Water", "Corvallis"]),
        ({"region": "6"}, ["Bend Water"]),
    ],
    ids=str,
)
def test_it_sorts_and_filters(three, as_, staff, query, expected):
    assert utilities(as_(staff).get(address("all"), query).text) == expected


def test_it_filters_by_cycle_and_says_what_it_can_not_understand(three, as_, staff):
    browser = as_(staff)
    assert utilities(browser.get(address("all"), {"cycle": three.pk}).text) == ["Bend Water"]
    text = browser.get(address("all"), {"cycle": "abc", "region": "99", "state": "Z"}).text
    assert len(utilities(text)) == 3
    assert "not one of the available choices" in text


def test_of_a_draft_only_that_it_exists(as_, draft, staff):
    browser = as_(staff)
    for query in ({}, {"export": "csv"}):
        text = browser.get(address("all"), query).content.decode()
        assert "Riverbend Water and Sewer" in text
        assert "Mara Gerr" not in text
        assert "product-quality" not in text
    assert utilities(browser.get(address("all"), {"words": "Mara"}).text) == []
    assert utilities(browser.get(address("all"), {"size": "small"}).text) == []


# The panel.


def test_who_sits_on_a_panel_learns_how_many_reviewed_after_the_own_review_only(as_, put, staff, panelists):
    first, second, third = panelists[:3]
    first.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    mine, other = put("panel", of={"name": "Mine"}), put("panel", of={"name": "Other"})
    for application in (mine, other):
        seat(application, second)
        seat(application, third)
    own = seat(mine, first, submitted=False)

    def reviews(**query) -> dict[str, str]:
        answer = as_(first).get(address("panel"), {"export": "csv"} | query)
        rows = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))
        return {row["Utility"]: row["Reviews"] for row in rows}

    assert reviews() == {"Mine": "", "Other": "2"}
    assert list(reviews(sort="reviews")) == list(reviews(sort="-reviews")) == ["Other", "Mine"], "nor by its place"
    assert "2 of 3" in as_(first).get(address("panel")).text
    assert as_(first).get(address("panel"), {"words": "Mine"}).text.count(" of 3<") == 1, "the seats, not the reviews"
    Seat.objects.filter(pk=own.pk).update(submitted_at=timezone.now())
    assert reviews() == {"Mine": "3", "Other": "2"}


def test_no_queue_names_a_reviewer_or_a_score(as_, at, cast, panelists):
    application = at(Status.RECOMMENDED)
    for who, name in [("staff", "decisions"), ("staff", "all"), ("official", "decisions"), ("panel", "my-reviews")]:
        for query in ({}, {"export": "csv"}):
            text = as_(cast[who]).get(address(name), query).content.decode()
            assert application.utility.name in text
            assert not {person.name for person in panelists[1:]} & set(re.findall(r"P\w+ N\w+", text))
            assert "Partly met" not in text


def test_my_reviews_are_mine_with_what_is_left(as_, at, panelists, staff, put):
    first, second = panelists[:2]
    application = at(Status.PANEL)
    due = timezone.localdate() - timedelta(days=2)
    mine = Seat.assign(application, first, by=staff, due=due)
    others = Seat.assign(application, second, by=staff, due=due)
    elsewhere = put("panel", of={"name": "Not mine"})
    seat(elsewhere, second)
    review(others)

    def row() -> dict[str, str]:
        answer = as_(first).get(address("my-reviews"), {"export": "csv"})
        [found] = csv.DictReader(StringIO(answer.content.decode("utf-8-sig")))
        return found

    assert row() == {
        "Utility": "Riverbend Water and Sewer",
        "Your review": "Not declared",
        "Left to rate": "",
        "Due": f"{due}",
        "State": "OR",
        "Cycle": "Recognition 2027",
        "Stage": "Panel review",
    }
    text = as_(first).get(address("my-reviews")).text
    assert 'class="late"' in text
    assert reverse("recognition:review", args=[application.pk]) in text
    mine.declare()
    assert (row()["Your review"], row()["Left to rate"]) == ("In progress", "6")
    mine.ratings.exclude(pk=mine.ratings.first().pk).update(value="met")
    assert (row()["Your review"], row()["Left to rate"]) == ("In progress", "1")
    mine.ratings.update(value="met")
    assert (row()["Your review"], row()["Left to rate"]) == ("Ready to submit", "0")
    mine.submit()
    assert row()["Your review"] == "Submitted"
    assert 'class="late"' not in as_(first).get(address("my-reviews")).text
    mine.recuse(conflict="personal", reason="My sister works there.")
    assert utilities(as_(first).get(address("my-reviews")).text) == []


# However many there are.


@pytest.mark.parametrize(
    "query", [{}, {"words": "works", "sort": "-region"}, {"export": "csv"}, {"export": "xlsx"}], ids=str
)
def test_every_queue_asks_the_database_as_much_for_many_as_for_one(as_, cast, put, panelists, query):
    def grow(n: int) -> None:
        for status in Status.values:
            application = put(status, of={"name": f"Works {n} {status}", "state": ["OR", "TX"][n % 2]})
            if status in ("panel", "recommended"):
                application.utility.set_identifiers([("PWSID", f"0{n + 1}0000{len(status):03}")])
                for member in panelists[:3]:
                    seat(application, member, submitted=False)

    def counts() -> dict[str, int]:
        found = {}
        for name, (who, _) in [*WAITS.items(), ("my-reviews", ("panel", None))]:
            browser = as_(cast[who])
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(address(name), query).status_code == 200
            found[name] = len(captured)
        return found

    grow(0)
    one = counts()
    grow(1)
    grow(2)
    assert counts() == one
    assert max(one.values()) <= 15


def test_a_queue_of_many_shows_one_page_of_them(as_, put, staff):
    for number in range(27):
        put("submitted", of={"name": f"Works {number:02}"}, status_since=timezone.now() - timedelta(days=number))
    first = as_(staff).get(address("completeness")).text
    assert utilities(first) == [f"Works {number:02}" for number in range(26, 1, -1)]
    assert "27 applications, 1 to 25 on this page" in first
    assert utilities(as_(staff).get(address("completeness"), {"page": 2}).text) == ["Works 01", "Works 00"]


def test_an_empty_queue_says_so(as_, staff):
    text = as_(staff).get(address("region")).text
    assert "This queue is empty." in text
    assert "<table" not in text
