"""The figures of a cycle over plain values: the way, the days, the load, the agreement, the groups, the pictures."""

from datetime import UTC, datetime, timedelta

import pytest

from recognition.figures import charts
from recognition.figures.statistics import (
    ApplicationRow,
    Group,
    Load,
    Move,
    SeatTaken,
    StageTime,
    accord,
    funnel,
    groups,
    load,
    stage_times,
)
from recognition.models import Application
from recognition.reviewing.agreement import Agreement

Status = Application.Status
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
WAY = [Status.SUBMITTED, Status.COMPLETENESS, Status.COMPLIANCE, Status.PANEL, Status.RECOMMENDED, Status.RECOGNIZED]


def day(n: float) -> datetime:
    return NOON + timedelta(days=n)


def entry(*reached: str, **fields) -> ApplicationRow:
    """One that had these statuses, and has the last of them now."""
    status = reached[-1] if reached else Status.DRAFT
    return ApplicationRow(pk=1, status=status, created_at=NOON, reached=frozenset(reached), **fields)


def steps_of(*entries: ApplicationRow) -> dict:
    return {step.title: (step.reached, step.waiting, step.left) for step in funnel(entries)}


# --- From start to recognition


def test_an_application_counts_in_every_step_that_it_got_to():
    found = steps_of(entry(*WAY), entry(*WAY[:4]), entry(*WAY[:1]), entry())
    assert found == {
        "Started": (4, 1, {}),
        "Submitted": (3, 1, {}),
        "Complete": (2, 0, {}),
        "Eligible": (2, 1, {}),
        "Reviewed by the panel": (1, 0, {}),
        "Recommended": (1, 0, {}),
        "Recognized": (1, 0, {}),
    }


@pytest.mark.parametrize(
    ("reached", "step", "reason"),
    [
        ([Status.SUBMITTED, Status.WITHDRAWN], "Submitted", "withdrawn"),
        ([*WAY[:2], Status.INCOMPLETE], "Submitted", "incomplete"),
        ([*WAY[:2], Status.RETURNED, Status.INCOMPLETE], "Submitted", "incomplete"),
        ([*WAY[:3], Status.NOT_ELIGIBLE], "Complete", "not eligible"),
        ([*WAY[:3], Status.REGION, Status.WITHDRAWN], "Eligible", "withdrawn"),
        ([*WAY[:4], Status.NOT_RECOMMENDED, Status.NOT_RECOGNIZED], "Reviewed by the panel", "not recognized"),
        ([*WAY[:5], Status.NOT_RECOGNIZED], "Recommended", "not recognized"),
    ],
)
def test_who_left_stands_at_the_last_step_with_the_reason(reached, step, reason):
    found = steps_of(entry(*reached))
    assert {title: left for title, (_, _, left) in found.items() if left} == {step: {reason: 1}}
    assert sum(waiting for _, waiting, _ in found.values()) == 0


def test_a_draft_that_missed_its_deadline_has_left():
    assert steps_of(entry()._replace(over=True))["Started"] == (1, 0, {"not submitted in time": 1})


def test_reasons_are_told_in_words():
    gone = [entry(Status.SUBMITTED, status) for status in (Status.WITHDRAWN, Status.INCOMPLETE, Status.INCOMPLETE)]
    assert funnel(gone)[1].why == "2 incomplete, 1 withdrawn"


def test_who_is_recognized_against_the_panel_was_not_recommended():
    found = steps_of(entry(*WAY[:4], Status.NOT_RECOMMENDED, Status.RECOGNIZED))
    assert (found["Reviewed by the panel"][0], found["Recommended"][0], found["Recognized"][0]) == (1, 0, 1)
    assert all(waiting == 0 and not left for _, waiting, left in found.values())


def test_what_does_not_go_on_is_what_left_or_waits():
    """Over every way that ends somewhere, each step's difference to the next is told."""
    ways = [WAY[:n] for n in range(7)] + [[*WAY[:n], Status.WITHDRAWN] for n in (1, 2, 3)]
    ways += [[*WAY[:3], Status.NOT_ELIGIBLE], [*WAY[:5], Status.NOT_RECOGNIZED]]
    steps = funnel([entry(*way) for way in ways])
    for step, following in zip(steps, steps[1:], strict=False):
        assert step.reached == following.reached + step.waiting + sum(step.left.values()), step.title


def test_nobody_applies():
    assert [step.reached for step in funnel([])] == [0] * 7


# --- Days in each stage


def times_of(entries, moves, now=100):
    return {each.title: each for each in stage_times(entries, moves, day(now))}


def test_days_from_the_events():
    found = times_of(
        [entry(*WAY[:3])],
        [Move(1, day(10), "submitted"), Move(1, day(12), "completeness"), Move(1, day(15), "compliance")],
        now=15.5,
    )
    assert {title: (each.median, each.running) for title, each in found.items()} == {
        "Draft": (10, 0),
        "Submitted": (2, 0),
        "Completeness review": (3, 0),
        "Compliance review": (0.5, 1),
    }


def test_who_was_in_a_stage_twice_counts_once_with_both_times():
    moves = [
        Move(1, day(at), to)
        for at, to in [(0, "submitted"), (1, "completeness"), (4, "returned"), (9, "resubmitted"), (10, "completeness")]
    ]
    found = times_of([entry("returned", "completeness")], [*moves, Move(1, day(12), "compliance")])
    assert (found["Completeness review"].n, found["Completeness review"].median) == (1, 5)
    assert found["Returned for completion"].median == 5


def test_both_recommendations_wait_for_the_decision():
    two = [entry("recommended")._replace(pk=1), entry("not_recommended")._replace(pk=2)]
    moves = [Move(1, day(0), "recommended"), Move(2, day(0), "not_recommended")]
    found = times_of(two, moves, now=4)["Awaiting decision"]
    assert (found.n, found.running, found.median) == (2, 2, 4)


def test_a_stage_that_ended_takes_no_more_time():
    ended = times_of([entry("submitted", "withdrawn")], [Move(1, day(1), "submitted"), Move(1, day(2), "withdrawn")])
    assert [(each.title, each.running, each.longest) for each in ended.values()] == [
        ("Draft", 0, 1),
        ("Submitted", 0, 1),
    ]
    assert times_of([entry()._replace(over=True)], []) == {}


def test_quartiles():
    drafts = [entry()._replace(pk=n, created_at=day(-n)) for n in range(1, 6)]
    found = times_of(drafts, [], now=0)["Draft"]
    assert (found.n, found.first, found.median, found.third, found.longest) == (5, 2, 3, 4, 5)


# --- Reviewers


def seat(member: int, name: str, **when) -> SeatTaken:
    moments = {"assigned_at": 0, "declared_at": None, "recused_at": None, "submitted_at": None} | when
    return SeatTaken(member, name, *(None if at is None else day(at) for at in moments.values()))


def test_load_of_each_reviewer():
    seats = [
        seat(2, "zoe", declared_at=1, submitted_at=4),
        seat(1, "Abe", declared_at=1, submitted_at=2),
        seat(1, "Abe", declared_at=1, submitted_at=7),
        seat(1, "Abe", declared_at=1, recused_at=2),
        seat(3, "Bo"),
    ]
    assert load(seats) == [Load("Abe", 3, 3, 2, 1, 4.5), Load("Bo", 1, 0, 0, 0, None), Load("zoe", 1, 1, 1, 0, 4)]


def test_two_of_one_name_are_two():
    assert [each.assigned for each in load([seat(1, "Abe"), seat(2, "Abe")])] == [1, 1]


def test_agreement_has_a_mean_from_three_applications_on():
    names = {"attributes.a": "A", "categories.b": "B", "categories.c": "C"}
    lines = [
        Agreement("attributes.a", met=3),
        Agreement("attributes.a", met=2, partly=1),
        Agreement("attributes.a", met=1, not_met=2),
        Agreement("categories.b", met=1, partly=1, not_met=1),
        Agreement("categories.b", met=3),
        Agreement("categories.c", met=1),  # of one person: neither agrees nor differs
    ]
    first, second = accord(names, lines)
    assert (first.title, first.applications, first.agree, first.mostly, first.differ, first.spread) == (
        "A", 3, 1, 1, 1, 1.0,
    )  # fmt: skip
    assert (second.title, second.applications, second.spread) == ("B", 2, None)


# --- Groups


def test_groups_count_submitted_ones_and_what_is_recognized():
    entries = [
        entry(*WAY, systems=("wastewater", "drinking_water")),
        entry("submitted", systems=("wastewater",)),
        entry("submitted", "withdrawn"),
        entry(systems=("wastewater",)),  # a draft has not applied
    ]
    labels = {"drinking_water": "Drinking water", "wastewater": "Wastewater", "stormwater": "Stormwater"}
    found = groups(entries, labels, lambda each: each.systems)
    assert found == [Group("Drinking water", 1, 1), Group("Wastewater", 2, 1), Group("Unknown", 1, 0)]
    assert [each.share for each in found] == [100, 50, 0]


# --- Pictures


def test_pictures_have_a_title_in_words_and_no_style():
    pictures = {
        "recognized 1": charts.funnel(funnel([entry(*WAY), entry()])),
        "Draft 2.0": charts.stage_times([StageTime("Draft", 3, 1, 1, 2, 3, 9)]),
        "2 of 3 reviews": charts.load([Load("<Abe>", 3, 3, 2, 1, 4.5)]),
        "Region 3 1 of 2": charts.regions([Group("Region 3", 2, 1)]),
    }
    for said, picture in pictures.items():
        title = picture.partition("<title>")[2].partition("</title>")[0]
        assert said in title
        assert "style=" not in picture
        assert "<Abe>" not in picture
    assert "&lt;Abe&gt;" in pictures["2 of 3 reviews"]
    assert charts.funnel(funnel([]))  # nothing to divide by
