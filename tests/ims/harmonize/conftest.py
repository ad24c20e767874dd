"""Workshops at each of their steps."""

from contextlib import contextmanager

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from ims.models import (
    Action,
    Ballot,
    Criteria,
    Objective,
    Person,
    Workshop,
)

ROWS = [
    {"key": "risk", "name": "Risk", "low": "None", "high": "Great", "weight": 60},
    {"key": "cost", "name": "Cost", "low": "Dear", "high": "Cheap", "weight": 20},
]


@pytest.fixture
def objectives(utility, manager, catalog):
    Criteria.keep(utility, 0, ROWS, by=manager)
    titles = ["Cut overflows to 2 per 100 miles", "Renew 1.5 % of mains each year", "Energy per million gallons −10 %"]
    return [Objective.open_in(utility, by=manager, title=title, areas=["E"], initiatives=["cmom"]) for title in titles]


@pytest.fixture
def workshop(objectives, utility, contributor):
    """Opened by the contributor, who leads it."""
    made = Workshop.open_in(utility, by=contributor, title="Objectives for 2027")
    return seen(made, contributor)


@contextmanager
def refused(name):
    """What is done within breaks the rule ``name`` of the database."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    assert caught.value.__cause__.diag.constraint_name == name


def seen(workshop, user):
    return Workshop.objects.visible_to(user).get(pk=workshop.pk)


@pytest.fixture
def at(workshop):
    """``at(name, *more)``: an address of the workshop."""

    def of(name="workshop", *more):
        return reverse(f"ims:{name}", args=[workshop.utility_id, workshop.number, *more])

    return of


def joins(workshop, user):
    person = Person.objects.of(workshop.utility).get(user=user)
    return workshop.participants.get_or_create(person=person)[0]


def proposals(workshop):
    return list(workshop.proposals.order_by("objective__number"))


def cast(participant, proposal, user, *scores, dots=0, version=0):
    workshop = seen(participant.workshop, user)
    return Ballot.cast(participant, proposal, version, by=user, workshop=workshop, scores=list(scores), dots=dots)


def move(workshop, *steps, by):
    for step in steps:
        seen(workshop, by).move(step, by=by)


@pytest.fixture
def scored(workshop, contributor, manager):
    """Two people have scored all three objectives; nothing is revealed."""
    people = [(joins(workshop, contributor), contributor), (joins(workshop, manager), manager)]
    move(workshop, "score", by=contributor)
    for participant, user in people:
        first, second, third = proposals(workshop)
        risk = 5 if user == contributor else 1
        cast(participant, first, user, "cost:3", "risk:5")
        cast(participant, second, user, "cost:5", f"risk:{risk}")
        cast(participant, third, user, "cost:1", "risk:2")
    return seen(workshop, contributor)


@pytest.fixture
def settling(scored, contributor):
    scored.move("settle", by=contributor)
    return seen(scored, contributor)


@pytest.fixture
def packing(settling, contributor):
    settling.move("package", by=contributor)
    return seen(settling, contributor)


def press(browser, at, first, second, effect, version=0, **options):
    value = f"{first.pk}:{second.pk}:{effect}:{version}"
    return browser.post(at("workshop_pair"), {"set": value}, **options)


def fields(workshop, chosen, amount="", granted=None, **more):
    sent = {"version": Workshop.objects.get(pk=workshop.pk).version, "amount": amount, "hours": ""}
    sent |= {f"chosen-{each.pk}": "on" for each in chosen}
    return sent | {f"granted-{each.pk}": value for each, value in (granted or {}).items()} | more


@pytest.fixture
def costed(packing, utility, manager, objectives):
    for objective, cost, hours in zip(objectives, (60, 50, 40), (10, 20, 30), strict=True):
        Action.open_in(utility, by=manager, title="Part", objective=objective, cost=cost, hours=hours)
        gone = Action.open_in(utility, by=manager, title="Gone", objective=objective, cost=1000)
        Action.objects.filter(pk=gone.pk).update(status="canceled")
    return packing
