"""The round of the year: what recurs, on which days, on the page and in calendars."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from icalendar import Calendar

from ims.closed import ClosedRegister
from ims.models import (
    Action,
    Audit,
    Communication,
    Document,
    Emergency,
    EmergencyEquipment,
    Measure,
    Person,
    Quarter,
    ReadinessRound,
    Record,
    Requirement,
    Review,
    RoundFeed,
    Statement,
    TrainingTopic,
    Unit,
)
from ims.recurring import projected
from ims.system.round import Chosen, Round, balance

NOON = datetime(2026, 11, 29, 12, tzinfo=ZoneInfo("America/New_York"))
JANUARY = date(2026, 1, 1)
ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]


# The arithmetic.


def days(day, first, end, **options) -> list[str]:
    since = options.pop("since", first)
    return [f"{times} {on}" for times, on in projected(day, first, end, since=since, **options)]


def test_a_rhythm_of_months_keeps_the_day_or_takes_the_last_one():
    in_2027 = date(2027, 1, 1), date(2028, 1, 1)
    assert days(date(2026, 12, 31), *in_2027, months=2) == [
        "1 2027-02-28",
        "2 2027-04-30",
        "3 2027-06-30",
        "4 2027-08-31",
        "5 2027-10-31",
        "6 2027-12-31",
    ]
    assert days(date(2027, 3, 15), *in_2027, months=6) == ["0 2027-03-15", "1 2027-09-15"]
    assert days(date(2027, 3, 15), *in_2027, months=12) == ["0 2027-03-15"]
    assert days(date(2024, 5, 1), *in_2027, months=36) == ["1 2027-05-01"]


def test_a_leap_day_is_followed_by_the_last_of_february():
    leap = date(2024, 2, 29)
    assert days(leap, date(2025, 1, 1), date(2026, 1, 1), months=12) == ["1 2025-02-28"]
    assert days(leap, date(2028, 1, 1), date(2029, 1, 1), months=12) == ["4 2028-02-29"]
    assert days(leap, date(2024, 2, 29), date(2024, 3, 1), months=12) == ["0 2024-02-29"]


def test_weeks_and_nothing_at_all():
    december = date(2026, 12, 1), date(2027, 1, 1)
    assert days(date(2026, 11, 30), *december, weeks=1) == [
        "1 2026-12-07",
        "2 2026-12-14",
        "3 2026-12-21",
        "4 2026-12-28",
    ]
    assert days(date(2026, 12, 5), *december) == ["0 2026-12-05"]
    assert days(date(2026, 11, 30), *december) == []
    assert days(date(2027, 1, 1), *december, months=1) == []
    assert days(date(9999, 12, 31), *december, months=12) == []


def test_what_is_expected_is_not_in_the_past():
    year = date(2026, 1, 1), date(2027, 1, 1)
    late = days(date(2026, 2, 3), *year, months=1, since=date(2026, 11, 3))
    assert late == ["0 2026-02-03", "9 2026-11-03", "10 2026-12-03"]


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ([("May", 2), ("June", 14), ("July", 0)], "June has the most, 14; July has none."),
        ([("May", 2), ("June", 2), ("July", 1)], "May and June have the most, 2 each."),
        ([("May", 1), ("June", 0), ("July", 0)], "May has the most, 1; June and July have none."),
        ([("May", 1), *((str(n), 0) for n in range(4))], "May has the most, 1; 4 months have none."),
        ([("May", 3), ("June", 3)], "Every month has 3."),
        ([("May", 0), ("June", 0)], "No month has anything."),
    ],
)
def test_months_that_are_too_full_or_empty_are_said(counts, words):
    assert balance(counts) == words


# What the registers say.


@pytest.fixture
def in_november():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def make(catalog, utility, manager, in_november):
    """``make(model, title, status="in-force", **fields)``: a record, in any status."""

    def of(model, title, status="", **fields):
        made = model.open_in(utility, by=manager, title=title, **fields)
        if status:
            with connection.cursor() as cursor:  # past what a move asks for
                cursor.execute("SET session_replication_role = replica")
                model.objects.filter(pk=made.pk).update(status=status, is_open=status in model.OPEN)
                cursor.execute("SET session_replication_role = DEFAULT")
        return made

    return of


@pytest.fixture
def round_lines(utility, manager):
    """``round_lines(first)``: what the round says to the manager, one line for each day."""

    def of(first=JANUARY, user=manager, **options) -> list[str]:
        mine = type(utility).objects.visible_to(user).get(pk=utility.pk)
        dated = Round(mine, user, first, **options).dated
        return [f"{each.day} {each.state.value} {each.what}: {each.title}".rstrip(": ") for each in dated]

    return of


@pytest.mark.django_db
def test_each_register_says_what_recurs(make, round_lines):
    policy = make(Statement, "Policy", "in-force", every=12, due=date(2026, 12, 31))
    manual = make(Document, "Manual", "in-force", every=6, due=date(2027, 3, 31))
    draft = make(Document, "Draft", every=12, due=date(2027, 1, 15))
    rule = make(Requirement, "Rule", "in-force", every=3, due=date(2027, 1, 31))
    spill = make(Emergency, "Spill", "in-force", every=12, drill_every=24, due=date(2027, 4, 1))
    Emergency.objects.update(drilled_on=date(2025, 5, 1))
    pump = make(EmergencyEquipment, "Pump", every=6, due=date(2027, 2, 1))
    lifting = make(TrainingTopic, "Lifting", months=12, due=date(2027, 8, 1))
    bill = make(Communication, "Insert", rhythm="half-yearly", due=date(2027, 6, 1))
    audit = make(Audit, "Audit of the plant", due=date(2027, 10, 1))
    assert round_lines(date(2027, 1, 1)) == [
        f"2027-01-15 set To be ready: {draft}",
        f"2027-01-31 set Evaluation: {rule}",
        f"2027-02-01 set Inspection: {pump}",
        f"2027-03-31 set Review: {manual}",
        f"2027-04-01 set Review: {spill}",
        f"2027-04-30 expected Evaluation: {rule}",
        f"2027-05-01 set Drill: {spill}",
        f"2027-06-01 set Communication: {bill}",
        f"2027-07-31 expected Evaluation: {rule}",
        f"2027-08-01 expected Inspection: {pump}",
        f"2027-08-01 set Session: {lifting}",
        f"2027-09-30 expected Review: {manual}",
        f"2027-10-01 set Audit: {audit}",
        f"2027-10-31 expected Evaluation: {rule}",
        f"2027-12-01 expected Communication: {bill}",
        f"2027-12-31 expected Review: {policy}",
    ]


@pytest.mark.django_db
def test_what_is_withdrawn_or_falls_due_once_is_left_out(make, round_lines):
    make(Document, "Old manual", "withdrawn", every=12, due=date(2026, 12, 1))
    make(Communication, "Ended", "ended", rhythm="weekly", due=date(2026, 12, 1))
    make(Communication, "Was once", "done", due=date(2026, 12, 1))
    make(Action, "Clean the sewers", due=date(2026, 12, 1))
    assert round_lines() == []


@pytest.mark.django_db
def test_audits_and_meetings_that_took_place_are_done_and_the_last_meeting_of_a_scope_is_followed(make, round_lines):
    make(Audit, "Spring audit", "closed", due=date(2026, 6, 30))
    Audit.objects.update(done_on=date(2026, 5, 20))
    first = make(Review, "First", "closed", every=6, due=date(2026, 4, 1))
    second = make(Review, "Second", "closed", every=6, due=date(2026, 10, 1))
    safety = make(Review, "Safety", "held", every=3, due=date(2026, 11, 1), areas=["S"])
    make(Review, "Canceled", "canceled", every=1, due=date(2026, 11, 2))
    (audit,) = Audit.objects.all()
    assert round_lines() == [
        f"2026-04-01 done Meeting: {first}",
        f"2026-05-20 done Audit: {audit}",
        f"2026-10-01 done Meeting: {second}",
        f"2026-11-01 done Meeting: {safety}",
    ]
    assert round_lines(date(2027, 1, 1)) == [
        f"2027-02-01 expected Meeting: {safety}",
        f"2027-04-01 expected Meeting: {second}",
        f"2027-05-01 expected Meeting: {safety}",
        f"2027-08-01 expected Meeting: {safety}",
        f"2027-10-01 expected Meeting: {second}",
        f"2027-11-01 expected Meeting: {safety}",
    ]
    planned = make(Review, "Third", every=6, due=date(2027, 3, 15))
    whole = [line for line in round_lines(date(2027, 1, 1)) if str(safety) not in line]
    assert whole == [f"2027-03-15 set Meeting: {planned}", f"2027-09-15 expected Meeting: {planned}"]


@pytest.mark.django_db
def test_readings_reports_and_readiness(make, round_lines, utility, manager):
    for title, every in [("Overflows", "month"), ("Energy", "quarter"), ("Odor", "quarter"), ("Audits", "year")]:
        make(Measure, title, every=every)
    make(Measure, "Retired", "retired", every="month")
    Quarter.objects.create(utility=utility, first=date(2026, 4, 1), summary="We met nine targets.")
    ReadinessRound.begin(utility, by=manager, name="Winter", rate_by=date(2026, 12, 5))
    assert round_lines() == [
        "2026-07-01 done Performance report on Q2 2026",
        "2026-12-01 expected Reading of Overflows",
        "2026-12-05 set Readiness to be rated: Winter",
    ]
    later = round_lines(date(2027, 1, 1))
    assert [line for line in later if "quarterly" in line] == [
        f"2027-{month}-01 expected Readings of 2 quarterly measures" for month in ("01", "04", "07", "10")
    ]
    assert [line for line in later if "report" in line][:2] == [
        "2027-01-01 expected Performance report on Q4 2026",
        "2027-04-01 expected Performance report on Q1 2027",
    ]
    assert "2027-01-01 expected Reading of Audits" in later
    assert sum("Overflows" in line for line in later) == 12


@pytest.mark.django_db
def test_the_filters(make, round_lines, utility, manager):
    unit, me = make(Unit, "Lift stations"), Person.objects.of(utility).get(user=manager)
    due, january = date(2027, 1, 10), date(2027, 1, 1)
    make(Requirement, "Air permit", due=due, areas=["E"], units=[unit.pk])
    make(Document, "Ladders", due=due, areas=["S"], owner=me)
    make(Document, "Letters", due=due)
    make(Measure, "Spills", every="year", areas=["E"])

    def titles(**chosen) -> list[str]:
        lines = round_lines(january, chosen=Chosen(**chosen))
        return sorted(line.rpartition(" ")[2] for line in lines if "report" not in line)

    assert titles() == ["Ladders", "Letters", "Spills", "permit"]
    assert titles(area="E") == ["Letters", "Spills", "permit"], "what names no area concerns all"
    assert titles(component="do") == ["Ladders", "Letters"]
    assert titles(unit=unit.pk) == ["permit"]
    assert titles(owner=me.pk) == ["Ladders"]


# The page.


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_who_reads_it_and_who_has_a_feed(role, request, as_, catalog, utility):
    browser = Client() if role == "nobody" else as_(request.getfixturevalue(role))
    refused = {"stranger": 404, "former": 404, "nobody": 302}
    for name in ("year", "year_file"):
        assert browser.get(reverse(f"ims:{name}", args=[utility.pk])).status_code == refused.get(role, 200)
    for name, status in (("new_year_feed", 200), ("end_year_feed", 302)):
        address = reverse(f"ims:{name}", args=[utility.pk])
        assert browser.get(address).status_code == (302 if role == "nobody" else 405)
        assert browser.post(address).status_code == refused.get(role, status)
        assert RoundFeed.objects.exists() == (name == "new_year_feed" and role not in refused)


@pytest.mark.django_db
def test_the_page_has_the_ring_the_months_and_what_has_no_date(make, manager, utility, as_):
    make(Document, "Chlorine", "in-force", every=6, due=date(2026, 6, 10))
    undated = make(Requirement, "Air permit", "in-force", every=12)
    make(Communication, "Toolbox talk", rhythm="weekly", due=date(2026, 12, 2))
    page = as_(manager).get(reverse("ims:year", args=[utility.pk])).text
    assert "The round of the year 2026" in page
    assert "December has the most, 6" in page  # five talks, and the next review
    assert "December </span>9, 16, 23 and 30" in page
    assert '<span class="tag tag--bad">late</span>' in page
    assert "<title>December 10: Review: DOC-2026-001 Chlorine</title>" not in page, "the first of the month is named"
    assert "<title>December 2: Communication: COM-2026-001 Toolbox talk, and 5 more in December</title>" in page
    assert str(undated) in page.partition("has no date yet")[2]
    assert "style=" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    ["from=2026-13", "from=26-01", "from=0001-01", "from=2100-01", "area=X", "unit=1", "owner=x"],
)
def test_nonsense_in_the_address_is_not_found(catalog, utility, manager, as_, query):
    assert as_(manager).get(f"{reverse('ims:year', args=[utility.pk])}?{query}").status_code == 404


@pytest.mark.django_db
def test_closed_registers_are_for_their_readers_and_never_leave(make, round_lines, utility, manager, viewer, as_):
    make(Document, "About Robin Marsh", due=date(2026, 12, 1))
    ClosedRegister.close(utility, "documents", [], by=manager)
    assert len(round_lines()) == 1
    assert round_lines(user=viewer) == []
    assert "Robin" not in as_(manager).get(reverse("ims:year_file", args=[utility.pk])).text
    address = RoundFeed.new(manager, utility)
    assert b"Robin" not in Client().get(address).content


@pytest.mark.django_db
def test_the_page_takes_as_many_queries_for_many_records(make, utility, manager, as_):
    browser, page = as_(manager), reverse("ims:year", args=[utility.pk])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    def add(n):
        for model in (Requirement, Document, Audit, Review, Measure, Communication, TrainingTopic):
            for _ in range(n):
                make(model, "One", **({} if model is Measure else {"due": date(2026, 12, 1)}))

    add(3)
    queries()
    few = queries()
    assert few <= 11 + 15, "one for each register that recurs, and fifteen"
    add(9)
    assert queries() == few


# Calendars.


def events(answer) -> dict[str, dict]:
    """The first event of each summary."""
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    found = Calendar.from_ical(answer.content).walk("VEVENT")
    return {str(event["summary"]): event for event in reversed(found)}


@pytest.mark.django_db
def test_a_date_that_changes_moves_its_event(make, utility, manager, client):
    rule = make(Requirement, "Air; permit, \\ 水", "in-force", every=6, due=date(2026, 12, 31))
    address = RoundFeed.new(manager, utility)
    before = events(client.get(address))
    set_one, next_one = before[f"Evaluation: {rule}"], before[f"Expected: Evaluation: {rule}"]
    assert (set_one["dtstart"].dt, next_one["dtstart"].dt) == (date(2026, 12, 31), date(2027, 6, 30))
    assert set_one["dtstart"].params == {"VALUE": "DATE"}
    assert (set_one["status"], next_one["status"]) == ("CONFIRMED", "TENTATIVE")
    assert str(set_one["uid"]) == f"requirements-{rule.pk}-evaluation-0@localhost:8000"
    found = Requirement.objects.visible_to(manager).get(pk=rule.pk)
    found.change(found.version, by=manager, due=date(2026, 12, 15))
    after = events(client.get(address))
    for name, day in (
        (f"Evaluation: {rule}", date(2026, 12, 15)),
        (f"Expected: Evaluation: {rule}", date(2027, 6, 15)),
    ):
        assert after[name]["dtstart"].dt == day
        assert after[name]["uid"] == before[name]["uid"]
        assert after[name]["sequence"] > before[name]["sequence"]


@pytest.mark.django_db
def test_every_event_has_a_uid_of_its_own(make, utility, manager, as_):
    make(Measure, "Overflows", every="month")
    make(Communication, "Toolbox talk", rhythm="weekly", due=date(2026, 12, 2))
    make(Emergency, "Spill", "in-force", due=date(2027, 2, 1))
    answer = as_(manager).get(reverse("ims:year_file", args=[utility.pk]), {"from": "2026-12"})
    assert answer["Content-Disposition"] == 'attachment; filename="round-2026-12.ics"'
    uids = [str(event["uid"]) for event in Calendar.from_ical(answer.content).walk("VEVENT")]
    assert len(uids) == len(set(uids)) == 12 + 52 + 2 + 4


@pytest.mark.django_db
def test_the_address_is_kept_as_a_hash_and_ends(make, utility, contributor, as_, client):
    make(Document, "Manual", due=date(2026, 12, 1))
    page = as_(contributor).post(reverse("ims:new_year_feed", args=[utility.pk])).text
    assert "It is shown only once" in page
    path = next(word for word in page.split() if "round.ics<" in word).partition("localhost:8000")[2].partition("<")[0]
    assert path.split("/")[-2] not in str(list(RoundFeed.objects.values()))
    assert "Manual" in str(events(client.get(path)))
    other = make(Document, "x").utility_id + 1
    assert client.get(path.replace(f"/{utility.pk}/", f"/{other}/", 1)).status_code == 404
    new = RoundFeed.new(contributor, utility)
    assert client.get(path).status_code == 404
    assert client.get(new).status_code == 200
    as_(contributor).post(reverse("ims:end_year_feed", args=[utility.pk]))
    assert client.get(new).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("ends", ["left", "advice", "account"])
def test_who_is_no_longer_a_member_gets_nothing(ends, make, utility, advisor, client):
    address = RoundFeed.new(advisor, utility)
    assert client.get(address).status_code == 200
    if ends == "left":
        advisor.memberships.all().delete()
    elif ends == "advice":
        advisor.memberships.update(until=date(2026, 11, 28))
    else:
        type(advisor).objects.filter(pk=advisor.pk).update(is_active=False)
    assert client.get(address).status_code == 404


@pytest.mark.django_db
def test_the_database_keeps_one_hash_for_each_person_and_utility(utility, manager):
    RoundFeed.new(manager, utility)
    for name, fields in [
        ("round_feed_once", {"user": manager, "utility": utility, "digest": "a" * 64}),
        ("round_feed_only_hashed", {"user": manager, "utility": utility, "digest": "secret"}),
    ]:
        if name == "round_feed_only_hashed":
            RoundFeed.objects.all().delete()
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            RoundFeed.objects.create(**fields)


# Size.


@pytest.mark.django_db
def test_five_thousand_records_make_a_page(make, utility, manager, as_):
    first = make(Requirement, "Rule 0", "in-force", every=3, due=date(2026, 12, 31))
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO ims_record (version, utility_id, register, number, title, areas, initiatives, units, status,
                                    is_open, restricted, due, created_at, reminded_on)
            SELECT 1, utility_id, register, 'REQ-2020-' || n, 'Rule ' || n, areas, initiatives, units, 'in-force',
                   true, false, due, now(), now()
            FROM ims_record, generate_series(1, 4999) n WHERE id = %s
            """,
            [first.pk],
        )
        cursor.execute(
            """
            INSERT INTO ims_requirement (record_id, kind, citation, asks, department, tracked, every)
            SELECT id, 'federal', '', '', '', '', 3 FROM ims_record WHERE number LIKE 'REQ-2020-%%'
            """
        )
    page = as_(manager).get(reverse("ims:year", args=[utility.pk]), {"from": "2026-12"})
    assert "20000 dates" in page.text
    assert "and 4970 more" in page.text
    assert len(page.content) < 200_000
    assert Record.objects.count() == 5000
