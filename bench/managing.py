"""The rows of management systems: one advisor with five utilities, of which the first has a large system.

It has 300 findings, 300 actions on 60 units carried by 40 people, 300 requirements, 300 documents, 40 trainings that
everyone needs, a management review, everyone at the table, and two workshops of 30
objectives and 12 people: one in which everyone has scored alone, one in which the scores are shown.
"""

import datetime as dt
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from accounts.models import Membership, Role, System, User, Utility
from ims.do.training_states import EVERYONE
from ims.models import (
    Action,
    Assessment,
    Ballot,
    Capacity,
    Criteria,
    Document,
    Objective,
    Pair,
    Participant,
    Person,
    Proposal,
    Requirement,
    Review,
    Seat,
    TrainingSession,
    TrainingTopic,
    Unit,
    Workshop,
)
from ims.team.functions import functions

UTILITIES, ELSEWHERE = 5, 60  # of the advisor; actions in each of the others
FINDINGS, ACTIONS, PEOPLE, UNITS = 300, 300, 40, 60
OBJECTIVES, SCORERS = 30, 12
TRAININGS, REQUIREMENTS, DOCUMENTS = 40, 300, 300
APART, LASTS = 220, 60  # days from one action on a unit to the next, and how long it lasts
AREAS = ["E", "S", "Q", "F", "H"]
TEXT = "Found at the inspection in spring, and again in the fall after the contractor had left. "


@dataclass(frozen=True)
class Managed:
    """``utility`` is the one with the large system; ``scoring`` and ``settling`` are its workshops."""

    advisor: User
    utility: Utility
    scoring: Workshop
    settling: Workshop
    review: Review


def build() -> Managed:
    advisor = User.objects.create_user("advisor@example.org", "only-for-measuring", name="Ann Tran")
    utilities = [_utility(f"Advised utility {number}", advisor) for number in range(UTILITIES)]
    for utility in utilities[1:]:
        me = Person.objects.of(utility).get(user=advisor)
        _actions(utility, advisor, ELSEWHERE, [me], [])
    utility = utilities[0]
    me = Person.objects.of(utility).get(user=advisor)
    people = [me, *(Person(utility=utility, name=f"Person {number}") for number in range(PEOPLE - 1))]
    Person.objects.bulk_create(people[1:])
    Capacity.objects.bulk_create(Capacity(person=person, hours=60) for person in people)
    for number, function in enumerate(functions()):
        Seat.fill(utility, function, 0, by=advisor, person=people[number % PEOPLE])
    units = [Unit.open_in(utility, by=advisor, title=f"Unit {number}").pk for number in range(UNITS)]
    _findings(utility, advisor, units)
    _actions(utility, advisor, ACTIONS, people, units)
    for number in range(OBJECTIVES):
        Objective.open_in(utility, by=advisor, title=f"Objective {number}", areas=[AREAS[number % 5]])
    _trainings(utility, advisor, people)
    for number in range(REQUIREMENTS):
        Requirement.open_in(utility, by=advisor, title=f"Rule {number}", areas=[AREAS[number % 5]], asks=TEXT)
    for number in range(DOCUMENTS):
        Document.open_in(utility, by=advisor, title=f"Procedure {number}", areas=[AREAS[number % 5]], text=TEXT)
    return Managed(
        advisor,
        utility,
        _workshop(utility, advisor, people),
        _workshop(utility, advisor, people, settles=True),
        Review.open_in(utility, by=advisor, title="Review of the spring", due=dt.date.today()),
    )


def _utility(name: str, advisor: User) -> Utility:
    utility = Utility.objects.create(name=name, city="Cedar Flat", state="OR", systems=[System.WASTEWATER])
    manager = User.objects.create_user(f"{name.replace(' ', '')}@example.org", None, name=f"Manager of {name}")
    Membership.objects.create(user=manager, utility=utility, role=Role.MANAGER)
    until = dt.date.today() + dt.timedelta(days=90)
    Membership.objects.create(user=advisor, utility=utility, role=Role.ADVISOR, until=until)
    return utility


def _findings(utility: Utility, by: User, units: list[int]) -> None:
    """Every finding has a score by each criterion."""
    criteria = Criteria.begun(utility, by=by)
    for number in range(FINDINGS):
        scores = sorted(f"{key}:{1 + (number * 7 + place * 3) % 5}" for place, key in enumerate(criteria.weights))
        Assessment.open_in(
            utility,
            by=by,
            title=f"Finding {number}",
            areas=[AREAS[number % 5], AREAS[(number + 1) % 5]],
            units=[units[number % UNITS]],
            kind=Assessment.Kind.values[number % 10],
            found=TEXT,
            scores=scores,
        )


def _actions(utility: Utility, by: User, number: int, people: list[Person], units: list[int]) -> None:
    """Five actions follow each other on each unit; every tenth lasts until the next has begun, so that they collide."""
    today = dt.date.today()
    for n in range(number):
        starts = today + dt.timedelta(days=n // UNITS * APART - LASTS // 2)
        due = starts + dt.timedelta(days=APART + 10 if n % 10 == 0 else LASTS)
        on = {"units": [units[n % UNITS]]} if units else {}
        fields: dict[str, Any] = {"owner": people[n % len(people)], "starts": starts, "due": due, "hours": 40}
        Action.open_in(utility, by=by, title=f"Action {n}", areas=["E"], **on, **fields)


def _trainings(utility: Utility, by: User, people: list[Person]) -> None:
    """Everyone needs each; a session of the last year covered half of the people."""
    today = dt.date.today()
    for number in range(TRAININGS):
        made = TrainingTopic.open_in(utility, by=by, title=f"Training {number}", months=12, jobs=[EVERYONE])
        topic: Any = TrainingTopic.objects.visible_to(by).get(pk=made.pk)
        there = people[number % 2 :: 2]
        on = today - dt.timedelta(days=9 * number)
        TrainingSession.enter([topic], by=by, people=there, on=on, trainer="State association")


def _workshop(utility: Utility, by: User, people: list[Person], *, settles: bool = False) -> Workshop:
    """All proposed objectives take part; everyone has scored each. If it ``settles``, every fourth pair is set."""
    opened = Workshop.open_in(utility, by=by, title="Objectives for the budget", owner=people[0])
    Participant.objects.bulk_create(Participant(workshop=opened, person=person) for person in people[1:SCORERS])
    rows: Any = Workshop.objects.visible_to(by)
    workshop: Workshop = rows.get(pk=opened.pk)
    workshop.move(Workshop.Status.SCORE, by=by)
    proposals = list(Proposal.objects.filter(workshop=workshop))
    Ballot.objects.bulk_create(
        Ballot(
            participant=who,
            proposal=proposal,
            round=1,
            scores=sorted(
                f"{key}:{1 + (proposal.pk * 5 + place * 3 + who.pk) % 5}" for place, key in enumerate(workshop.weights)
            ),
        )
        for who in Participant.objects.filter(workshop=workshop)
        for proposal in proposals
    )
    if settles:
        workshop.move(Workshop.Status.SETTLE, by=by)
        pairs = list(combinations(sorted(proposals, key=lambda each: each.pk), 2))[::4]
        Pair.objects.bulk_create(
            Pair(workshop=workshop, first=first, second=second, effect=1 if place % 8 else -1)
            for place, (first, second) in enumerate(pairs)
        )
    return workshop
