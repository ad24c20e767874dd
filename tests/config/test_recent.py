"""The home page tells what others changed since a person was last here, and nothing that the person may not read."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from assessments.models import Answer, Finding, GapAnalysis, RoadMap
from config.models import Visit
from ims.models import (
    Action,
    Measure,
    Person,
    ReadinessPoint,
    ReadinessRating,
    ReadinessRound,
    Reading,
    RecordAttachment,
    Seat,
    Subgroup,
    TeamScope,
)
from ims.team.readiness.factors import barriers, factors
from pdca.models import Area, Opportunity
from recognition.models import Application, Cycle, Edition
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory
from workflow.changes import label_of
from workflow.recent import MAX_AGE, MAX_CHANGES, recent_for

pytestmark = pytest.mark.django_db


def lines(user, since=None) -> list[str]:
    """The sentences as text, the newest first."""
    recent = recent_for(user, since or timezone.now() - MAX_AGE)
    return [
        " ".join(
            [each.who if each.did else "", each.did, ", ".join(words for words, _ in each.links), each.then]
        ).strip()
        for each in recent.sentences
    ]


def listed(page: str) -> str:
    """The text of the list on the home page."""
    found = re.search(r'<section class="panel recent".*?</section>', page, re.DOTALL)
    return re.sub(r"\s+", " ", strip_tags(found[0])) if found else ""


@pytest.fixture
def action(utility, contributor, catalog) -> Action:
    made = Action.open_in(utility, by=contributor, title="Clean the sewers")
    return Action.objects.visible_to(contributor).get(pk=made.pk)


# In the registers.


def test_what_happened_to_a_record(action, contributor, viewer, manager):
    action.move("under-way", by=contributor)
    action.refresh_from_db()
    action.change(action.version, by=contributor, due=date(2030, 1, 31), hours=12)
    action.say("Ready for the check.\nPlease read.", by=viewer)
    action.attach_link(by=contributor, url="https://example.org/plan", title="The plan")
    name = "PRG-2026-001 Clean the sewers".replace("2026", str(timezone.localdate().year))
    assert lines(manager) == [
        f"Connie Boyd added “The plan” to {name}",
        f"Vic Weir commented on {name} “Ready for the check. Please read.”",
        f"Connie Boyd changed {name} (due, hours of work)",
        f"Connie Boyd moved {name} to “Under way”",
        f"Connie Boyd added {name}",
    ]


def test_what_was_taken_from_a_record_or_linked_to_it(action, utility, contributor, manager):
    later = Action.open_in(utility, by=manager, title="Inspect them")
    item = action.attach_link(by=contributor, url="https://example.org/plan", title="The plan")
    RecordAttachment.objects.visible_to(contributor).get(pk=item.pk).discard(by=contributor)
    action.history.create(by=contributor, after={"link": f"led to {later}"})
    action.history.create(by=contributor, before={"link": f"led to {later}"})
    name = str(action)
    label = label_of(Action, "link")
    assert lines(manager)[:3] == [
        f"Connie Boyd changed {name} ({label})",
        f"Connie Boyd removed “The plan” from {name}",
        f"Connie Boyd added “The plan” to {name}",
    ]


def test_a_reason_and_a_long_comment(action, contributor, manager):
    action.move("canceled", by=contributor, why="The street is rebuilt.")
    action.say("word " * 100, by=contributor)
    comment, move, _ = lines(manager)
    assert move.endswith("to “Canceled”: “The street is rebuilt.”")
    assert comment.endswith("…”")
    assert len(comment) < 150


def test_my_own_doings_are_not_news(action, contributor, manager):
    assert lines(contributor) == []
    action.say("Well done.", by=manager)
    assert len(lines(contributor)) == 1
    assert len(lines(manager)) == 1, "that it was added"


def test_a_stranger_reads_nothing(action, analysis, contributor, stranger):
    action.say("Among us.", by=contributor)
    save(analysis, contributor, "vision", rating=0, areas=[])
    assert lines(stranger) == []


def test_who_has_no_account_any_longer(action, contributor, manager):
    action.say("I leave.", by=contributor)
    action.events.update(by=None)
    action.comments.update(by=None)
    assert [line.split(" PRG")[0] for line in lines(manager)] == [
        "A former member commented on",
        "A former member added",
    ]


def test_one_sentence_for_the_same_of_several(utility, contributor, manager, as_):
    for n in range(5):
        Action.open_in(utility, by=contributor, title=f"Action {n}")
    recent = recent_for(manager, timezone.now() - MAX_AGE)
    (sentence,) = recent.sentences
    assert [words.split()[-1] for words, _ in sentence.shown] == ["4", "3", "2"]
    assert sentence.n_more == 2
    text = listed(as_(manager).get("/").text)
    assert "Action 2 and 2 more" in text


def test_days_are_those_of_the_reader(action, contributor, manager):
    action.events.update(at=datetime(2026, 6, 20, 5, 30, tzinfo=ZoneInfo("UTC")))
    for zone, day in (("America/Los_Angeles", 19), ("America/New_York", 20)):
        with timezone.override(zone):
            assert [each.day for each in recent_for(manager, timezone.now() - timedelta(days=3000)).sentences] == [
                date(2026, 6, day)
            ]


def test_the_newest_are_read_of_very_many(utility, contributor, manager):
    made = Action.open_in(utility, by=contributor, title="Talked about")
    for n in range(MAX_CHANGES + 5):
        made.comments.create(by=contributor, text=f"Comment {n}")
    recent = recent_for(manager, timezone.now() - MAX_AGE)
    assert recent.are_more
    assert len(recent.sentences) == MAX_CHANGES
    assert "Comment 104" in lines(manager)[0]
    assert (len(recent.first), len(recent.rest)) == (10, 90)


# Readings, the team and readiness; workshops are in tests/ims/harmonize.


@pytest.fixture
def measure(catalog, utility, manager) -> Measure:
    made = Measure.open_in(utility, by=manager, title="Overflows", every="month")
    return Measure.objects.visible_to(manager).get(pk=made.pk)


def test_readings_of_a_day_are_one_change_of_their_measure(measure, utility, contributor, manager, viewer, stranger):
    for title in ("Overflows", "Energy"):
        found = Measure.objects.filter(title=title).first() or Measure.open_in(utility, by=manager, title=title)
        Reading.objects.bulk_create(
            Reading(measure=found, period=date(2015 + n // 12, n % 12 + 1, 1), value=n, entered_by=contributor)
            for n in range(60)
        )
    Reading.objects.create(measure=measure, period=date(2025, 1, 1), value=1, entered_by=manager)
    rows = [line for line in lines(viewer) if "readings" in line]
    assert rows == [
        f"Mara Gerr entered readings of {measure}",
        f"Connie Boyd entered readings of {Measure.objects.get(title='Energy')}, {measure}",
    ]
    assert lines(stranger) == []
    (url,) = {url for each in recent_for(manager, timezone.now() - MAX_AGE).sentences for _, url in each.links} - {
        reverse("ims:readings", args=[utility.pk, Measure.objects.get(title="Energy").number])
    }
    assert url == reverse("ims:readings", args=[utility.pk, measure.number])


def test_corrections_of_readings_say_why(measure, contributor, manager, viewer):
    for month in (1, 2):
        Reading.objects.create(measure=measure, period=date(2026, month, 1), value=month, entered_by=manager)
        row = Reading.objects.visible_to(contributor).get(period=date(2026, month, 1))
        row.correct(1, by=contributor, value=9, note="", why="The lab corrected it.")
    assert lines(viewer)[0] == f"Connie Boyd corrected readings of {measure} “The lab corrected it.”"
    assert sum("corrected readings" in line for line in lines(viewer)) == 1


def test_who_sits_at_the_table_and_what_it_covers(catalog, utility, contributor, manager, viewer, stranger):
    person = Person.objects.of(utility).get(user=viewer)
    Seat.fill(utility, "finance", 0, by=contributor, person=person)
    Seat.fill(utility, "purchasing", 0, by=contributor, left_out="The city buys for us.")
    own = Seat.add(utility, by=contributor, name="Lab", why="")
    Seat.fill(utility, own.function, own.version, by=contributor, person=person)
    TeamScope.choose(utility, 0, by=contributor, areas=["E"])
    group = Subgroup.form(utility, by=contributor, members=[], name="Biosolids")
    group = Subgroup.objects.visible_to(contributor).get(pk=group.pk)
    group.change(group.version, by=contributor, purpose="To plan.")
    assert lines(manager) == [
        "Connie Boyd changed the subgroup Biosolids, the scope of the team",
        "Connie Boyd chose who represents Lab, Finance",
        "Connie Boyd left Purchasing without a seat: “The city buys for us.”",
    ]
    Subgroup.objects.visible_to(manager).get().change(group.version, by=manager, is_closed=True)
    assert lines(viewer)[0] == "Mara Gerr closed the subgroup Biosolids"
    assert lines(stranger) == []


def test_rounds_of_readiness_but_nobodys_ratings(catalog, utility, contributor, manager, viewer, stranger):
    made = ReadinessRound.begin(utility, by=contributor, name="June 2026")
    person = Person.objects.of(utility).get(user=contributor)
    factor, barrier = next(iter(factors())), next(iter(barriers().values()))
    ReadinessRating.give(made, person, factor, 0, by=contributor, value=1, note="Nobody helps.")
    assert lines(manager) == ["Connie Boyd began the rating of readiness, June 2026"]
    found = ReadinessRound.objects.visible_to(contributor).get()
    found.show(by=contributor)
    found.reopen(by=contributor, why="One more person.")
    point = ReadinessPoint.objects.visible_to(contributor).get(round=made, slug=barrier.slug)
    point.change(1, by=contributor, applies=True)
    assert lines(manager)[:3] == [
        f"Connie Boyd said that {barrier.name} applies to us",
        "Connie Boyd reopened the rating of readiness, June 2026 “One more person.”",
        "Connie Boyd showed the ratings of readiness, June 2026 to the team",
    ]
    point.change(2, by=manager, own="Ask the board")
    assert lines(viewer)[0] == f"Mara Gerr changed what is done about {barrier.name}"
    assert not any("Nobody helps" in line for line in lines(viewer))
    assert lines(stranger) == []


# In the gap analyses.


def save(analysis, by, slug, **changes) -> None:
    finding = Finding.objects.visible_to(by).get(analysis=analysis, element__slug=slug)
    finding.answer(finding.version, by=by, **changes)


def test_coverage_that_moved(analysis, contributor, manager, as_):
    save(analysis, contributor, "policy-statements", rating=1, areas=["E"])
    analysis.findings.get(element__slug="policy-statements").history.update(by=None)
    save(analysis, contributor, "policy-statements", rating=2, areas=["S", "Q"])
    name = dict(Area.objects.values_list("code", "name"))
    assert lines(manager)[0] == (
        f"Policy statements now covers {name['Q']} and {name['S']} and no longer covers {name['E']}: "
        "2 of 90 cells in Integrated system, 2026"
    )
    assert "Connie Boyd, " in listed(as_(manager).get("/").text)


def test_answers_notes_and_evidence_of_rows(analysis, contributor, manager):
    save(analysis, contributor, "vision", rating=0, areas=[])
    finding = Finding.objects.visible_to(contributor).get(analysis=analysis, element__slug="auditing")
    finding.attach_link(by=contributor, url="https://example.org/audit")
    finding.evidence_items.get().discard(by=contributor)
    save(analysis, contributor, "reporting", notes="To be asked.")
    assert lines(manager) == [
        "Connie Boyd changed Reporting in Integrated system, 2026",
        "Connie Boyd removed evidence from Auditing",
        "Connie Boyd added evidence to Auditing",
        "Connie Boyd answered Vision in Integrated system, 2026",
    ]


def test_completion_with_the_coverage_before(utility, manager, viewer, catalog):
    for year, areas in ((2025, ["E"]), (2026, ["E", "S"])):
        started = GapAnalysisFactory(utility=utility, by=manager, name=f"In {year}", as_of=date(year, 3, 31))
        started.findings.update(rating=2 if len(areas) > 1 else 1, areas=areas)
        GapAnalysis.objects.visible_to(manager).get(pk=started.pk).complete(by=manager)
    GapAnalysis.objects.visible_to(manager).get(pk=started.pk).reopen(by=manager, why="One more area")
    assert lines(viewer)[:3] == [
        "Mara Gerr reopened In 2026 with the reason “One more area”",
        "Mara Gerr marked In 2026 complete: 36 of 90 cells covered, 18 of 90 in March 2025",
        "Mara Gerr started In 2026, In 2025",
    ]


def test_opportunities_and_the_road_map(analysis, utility, manager, contributor):
    opportunity = Opportunity.objects.first()
    Answer.give(utility, opportunity, 0, by=manager, choice="taken-up")
    RoadMap.keep(analysis, 0, by=manager, approach="planning", steps=[])
    assert lines(contributor)[:2] == [
        "Mara Gerr changed the road map",
        f"Mara Gerr adopted {opportunity.title}",
    ]


# In the recognition program.


@pytest.fixture
def entry(utility, manager, catalog) -> Application:
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=now - timedelta(days=7),
        closes=now + timedelta(days=10),
    )
    return Application.start(utility=utility, cycle=cycle, by=manager)


def test_steps_of_an_application_name_nobody_of_the_staff(entry, manager, viewer, contributor):
    staff = UserFactory(name="Sam Prather")
    name = "Riverbend Water and Sewer, Recognition 2027"
    entry.events.create(by=manager, from_status="draft", to_status="submitted")
    entry.events.create(by=staff, from_status="submitted", to_status="completeness")
    entry.note(by=staff, why="Sam Prather was assigned to the panel")
    entry.events.create(by=staff, from_status="panel", to_status="not_recommended")
    found = lines(viewer)
    assert found == [
        f"{name} is now “Awaiting decision”",
        f"{name} is now “Completeness review”",
        f"Mara Gerr moved {name} to “Submitted”",
        f"Mara Gerr started {name}",
    ]
    sentences = recent_for(viewer, timezone.now() - MAX_AGE).sentences
    assert "Sam Prather" not in {each.who for each in sentences}


def test_staff_are_told_of_no_other_utility(entry, manager):
    staff = MembershipFactory().user
    staff.groups.add(*Group.objects.all())
    entry.events.create(by=manager, from_status="draft", to_status="submitted")
    assert lines(staff) == []


# Since when.


def test_a_reload_does_not_empty_the_list(as_, action, manager, contributor):
    browser = as_(manager)
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=False) as clock:
        assert "The last 14 days" in listed(browser.get("/").text), "the first visit"
        clock.shift(timedelta(hours=3))
        action.say("After lunch.", by=contributor)
        clock.shift(timedelta(minutes=1))
        for _ in range(2):
            page = listed(browser.get("/").text)
            assert page.startswith(" Since you were here")
            assert "After lunch" in page
            assert "added" not in page
            clock.shift(timedelta(minutes=20))
        assert "added" in listed(browser.get("/?days=14").text)
        clock.shift(timedelta(hours=2))
        assert "Nobody else changed anything since" in listed(browser.get("/").text)
        assert Visit.objects.get().before < Visit.objects.get().at


def test_a_year_away_is_told_as_two_weeks(as_, action, manager):
    long_ago = timezone.now() - timedelta(days=365)
    Visit.objects.create(user=manager, at=long_ago)
    action.events.update(at=timezone.now() - timedelta(days=20))
    page = listed(as_(manager).get("/").text)
    assert "The last 14 days" in page
    assert "Clean the sewers" not in page


def test_a_visit_at_the_same_moment_is_noted_once(manager):
    at = timezone.now() - timedelta(hours=5)
    Visit.objects.create(user=manager, at=at)
    last = Visit.objects.get()
    assert Visit.begin(manager, last) == at
    assert Visit.begin(manager, last) == at, "another tab read the same row"
    assert Visit.objects.get().before == at
    assert Visit.begin(manager, None) is None, "another tab was first"


def test_a_visit_follows_the_one_before(manager):
    now = timezone.now()
    with pytest.raises(IntegrityError, match="visit_after_the_one_before"):
        Visit.objects.create(user=manager, at=now, before=now)


def test_who_belongs_to_no_utility_has_no_list(as_):
    person = UserFactory()
    assert listed(as_(person).get("/").text) == ""
    assert not Visit.objects.exists()
