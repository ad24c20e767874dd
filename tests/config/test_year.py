"""The year on the home page: what has a date in the next twelve months, by month and component."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from ims.models import Action, Measure, Objective, ReadinessRound, Record, Unit
from recognition.models import Application, Cycle, Edition, Recognition
from workflow.year import year_for

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 19, 12, tzinfo=ZoneInfo("America/New_York"))


@pytest.fixture(autouse=True)
def in_june():
    with time_machine.travel(NOON, tick=False):
        yield


def action(utility, by, due, **fields) -> Action:
    made = Action.open_in(utility, by=by, title=f"Due {due}", due=due, **fields)
    return Action.objects.visible_to(by).get(pk=made.pk)


def said(user) -> list[str]:
    return [f"{each.day} {each.what} {each.why}".strip() for group in year_for(user) for each in group.named]


def test_open_records_by_month_and_component(catalog, utility, manager, viewer, stranger):
    for day in range(20, 25):
        action(utility, manager, date(2026, 6, day))
    action(utility, manager, date(2027, 6, 18))
    Objective.open_in(utility, by=manager, title="Fewer overflows", due=date(2026, 9, 1))
    groups = year_for(viewer)
    assert [(group.month, group.component, group.n, group.n_more) for group in groups] == [
        (date(2026, 6, 1), "plan", 5, 2),
        (date(2026, 9, 1), "plan", 1, 0),
        (date(2027, 6, 1), "plan", 1, 0),
    ]
    assert [each.day.day for each in groups[0].named] == [20, 21, 22]
    assert groups[0].named[0].url == Action.objects.order_by("pk")[0].get_absolute_url()
    assert year_for(stranger) == []


def test_what_is_past_closed_too_far_or_without_a_date_is_left_out(catalog, utility, manager):
    action(utility, manager, date(2026, 6, 18))
    action(utility, manager, date(2027, 6, 19))
    closed = action(utility, manager, date(2026, 7, 1))
    closed.move("canceled", by=manager, why="No longer needed")
    action(utility, manager, None)
    Unit.open_in(utility, by=manager, title="Lift stations")
    assert said(manager) == []


def test_a_leap_day_ends_the_year_a_day_earlier(catalog, utility, manager):
    with time_machine.travel(datetime(2028, 2, 29, 12, tzinfo=ZoneInfo("America/New_York")), tick=False):
        for due in (date(2029, 2, 27), date(2029, 2, 28)):
            action(utility, manager, due)
        assert said(manager) == ["2029-02-27 PRG-2028-001 Due 2029-02-27"]


def test_a_component_of_several_registers_is_one_group(catalog, utility, manager):
    action(utility, manager, date(2026, 7, 2))
    Objective.open_in(utility, by=manager, title="Fewer overflows", due=date(2026, 7, 1))
    (group,) = year_for(manager)
    assert [each.what.split()[0] for each in group.named] == ["OBJ-2026-001", "PRG-2026-001"]
    assert (group.letter, group.first) == ("P", date(2026, 7, 1))


@pytest.fixture
def cycle(catalog) -> Cycle:
    return Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=NOON - timedelta(days=7),
        closes=NOON + timedelta(days=40),
    )


def test_the_dates_of_the_program(cycle, utility, manager, stranger):
    Cycle.objects.create(
        title="Recognition 2028",
        edition=cycle.edition,
        opens=NOON + timedelta(days=200),
        closes=NOON + timedelta(days=300),
    )
    draft = Application.start(utility=utility, cycle=cycle, by=manager)
    Application.objects.update(extended_until=NOON + timedelta(days=50))
    dates = [
        "2026-07-29 Recognition 2027 closes for applications",
        "2026-08-08 Riverbend Water and Sewer, Recognition 2027 the extended deadline",
        "2027-01-05 Recognition 2028 opens for applications",
        "2027-04-15 Recognition 2028 closes for applications",
    ]
    assert said(manager) == dates
    assert said(stranger) == [dates[0], *dates[2:]]
    Application.objects.update(status="returned", resubmit_by=NOON + timedelta(days=5))
    assert "2026-06-24 Riverbend Water and Sewer, Recognition 2027 to be resubmitted" in said(manager)
    Application.objects.update(status="recognized")
    recognition = Recognition.issue(draft)
    Recognition.objects.update(since=date(2024, 1, 2), until=date(2027, 1, 1))
    assert "2027-01-01 Riverbend Water and Sewer, Recognition 2027 the recognition ends" in said(manager)
    assert not any("ends" in line for line in said(stranger))
    Recognition.objects.filter(pk=recognition.pk).update(revoked_at=NOON, revoked_why="Withdrawn")
    assert not any("ends" in line for line in said(manager))


def test_the_page_shows_a_picture_and_the_same_as_a_list(as_, catalog, utility, manager):
    due = action(utility, manager, date(2026, 8, 1))
    page = as_(manager).get("/").text
    year = page[page.index('<section class="panel year"') :]
    year = year[: year.index("</section>")]
    assert "<title>The year as a ring: 1 date in the next twelve months, the first on August 1, 2026.</title>" in year
    assert f'<a href="{due.get_absolute_url()}">{due}</a>' in year
    assert "August 2026" in year
    assert "style=" not in year
    Action.objects.all().delete()
    assert "Nothing has a date in the next twelve months" in as_(manager).get("/").text


def test_the_list_of_recognition_is_what_a_cycle_leads_to(cycle, manager):
    assert year_for(manager)[0].named[0].url == reverse("recognition:list")


# What recurs, and the team.


def test_readings_recur_with_their_measures(as_, catalog, utility, manager, viewer, stranger):
    Measure.open_in(utility, by=manager, title="Overflows", every="month")
    Measure.open_in(utility, by=manager, title="Energy", every="month")
    Measure.open_in(utility, by=manager, title="Training", every="quarter")
    Measure.open_in(utility, by=manager, title="Audits", every="year")
    retired = Measure.open_in(utility, by=manager, title="Retired", every="year")
    Measure.objects.visible_to(manager).get(pk=retired.pk).move("retired", by=manager, why="Done")
    dates = said(manager)
    assert dates[:4] == [
        "2026-07-01 Readings of 2 monthly measures for June 2026",
        "2026-07-01 Reading of Training for Q2 2026",
        "2026-08-01 Readings of 2 monthly measures for July 2026",
        "2026-09-01 Readings of 2 monthly measures for August 2026",
    ]
    assert sum("monthly" in line for line in dates) == 12
    assert dates[-1] == "2027-06-01 Readings of 2 monthly measures for May 2027"
    assert [line[:10] for line in dates if "Training" in line] == [
        *("2026-07-01", "2026-10-01", "2027-01-01", "2027-04-01")
    ]
    assert [line for line in dates if "Audits" in line] == ["2027-01-01 Reading of Audits for 2026"]
    assert {group.component for group in year_for(manager)} == {"check"}
    assert year_for(stranger) == []
    url = {user: year_for(user)[0].named[0].url for user in (manager, viewer)}
    assert url == {
        manager: reverse("ims:due", args=[utility.pk]),
        viewer: reverse("ims:list", args=[utility.pk, "measures"]),
    }
    assert all(as_(user).get(where).status_code == 200 for user, where in url.items())


def test_what_recurs_stands_among_the_other_dates_by_day(catalog, utility, manager):
    for title in ("Overflows", "Energy"):
        Measure.open_in(utility, by=manager, title=title, every="month")
    Record.objects.filter(title="Energy").update(due=date(2026, 8, 20))
    Record.objects.filter(title="Overflows").update(due=date(2026, 9, 20))
    groups = {group.month.month: group for group in year_for(manager)}
    assert [each.day.day for each in groups[8].named] == [1, 20]
    assert [each.day.day for each in groups[9].named] == [1, 20]
    assert (groups[9].n, groups[10].n) == (2, 1)


def test_until_when_readiness_is_rated(catalog, utility, manager, viewer, stranger):
    made = ReadinessRound.begin(utility, by=manager, name="June 2026", rate_by=date(2026, 7, 3))
    assert said(viewer) == ["2026-07-03 Readiness, June 2026 to be rated"]
    assert year_for(viewer)[0].named[0].url == made.get_absolute_url()
    assert said(stranger) == []
    ReadinessRound.objects.update(status="together")
    assert said(viewer) == []
