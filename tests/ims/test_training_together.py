"""What one training session could cover for several areas."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from ims.do.training import TrainingSession
from ims.do.training_together import Together
from ims.links import RELATED, link
from ims.models import Person, TrainingTopic, Unit
from tests.conftest import main_of

TODAY = timezone.localdate()


@pytest.fixture
def crew(utility, manager) -> list[Person]:
    """Three operators and a clerk."""
    jobs = {"Ann Lee": "Operator", "Bo Ruiz": "Operator", "Cy Dunn": "Operator", "Di Fox": "Clerk"}
    return [Person.add(utility, by=manager, name=name, job=job) for name, job in jobs.items()]


@pytest.fixture
def topic(catalog, utility, manager, crew):
    def made(title: str, areas: str, **fields) -> TrainingTopic:
        fields = {"jobs": ["Operator"], "months": 12} | fields
        opened = TrainingTopic.open_in(utility, by=manager, title=title, areas=list(areas), **fields)
        return TrainingTopic.objects.visible_to(manager).get(pk=opened.pk)

    return made


def titles(utility) -> list[tuple[str, str]]:
    return [(pair.one.title, pair.other.title) for pair in Together(utility).pairs]


@pytest.mark.django_db
def test_trainings_of_different_areas_that_the_same_people_need(topic, utility, manager, as_):
    topic("Spills", "E")
    topic("Hazardous materials", "S", months=24)
    page = main_of(as_(manager).get(reverse("ims:training_together", args=[utility.pk])))
    assert (
        "<b>3 people</b> would go to one session instead of two, every 24 months: Ann Lee, Bo Ruiz and Cy Dunn." in page
    )
    assert "Environment" in page
    assert "Serves together" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("areas", "fields", "expected"),
    [
        ("S", {}, 0),
        ("", {}, 0),
        ("E", {}, 1),
        ("S", {"initiatives": ["osha-vpp"]}, 1),
        ("E", {"jobs": ["Clerk"]}, 0),
        ("E", {"jobs": ["Clerk", "Everyone"]}, 1),
    ],
)
def test_what_makes_a_pair(topic, utility, areas, fields, expected):
    topic("Hazardous materials", "S", initiatives=["osha-vpp"])
    topic("Other", areas, **fields)
    assert len(titles(utility)) == expected


@pytest.mark.django_db
def test_a_few_of_many_are_not_the_same_people(topic, utility, manager):
    for n in range(6):
        Person.add(utility, by=manager, name=f"Welder {n}", job="Welder")
        Person.add(utility, by=manager, name=f"Diver {n}", job="Diver")
    topic("Welding", "S", jobs=["Welder", "Operator"])
    topic("Diving", "E", jobs=["Diver", "Operator"])
    assert titles(utility) == [], "three of nine need both"


@pytest.mark.django_db
def test_the_same_procedure_comes_before_the_same_unit_and_that_before_other_areas(topic, utility, manager, as_):
    unit = Unit.open_in(utility, by=manager, title="Chlorine room", kind="equipment")
    first, second = topic("A gas masks", "S"), topic("B chlorine", "S", units=[unit.pk])
    third = topic("C leaks", "E", units=[unit.pk])
    for each in (first, second):
        link(each, unit, RELATED, by=manager)
    assert titles(utility) == [
        ("A gas masks", "B chlorine"),
        ("B chlorine", "C leaks"),
        ("A gas masks", "C leaks"),
    ]
    page = main_of(as_(manager).get(reverse("ims:training_together", args=[utility.pk])))
    assert unit.number in page
    assert page.index(third.number) > page.index(second.number)


@pytest.mark.django_db
def test_who_has_a_session_due_in_both(topic, crew, utility, manager):
    spills, hazards = topic("Spills", "E"), topic("Hazards", "S")
    given = {"by": manager, "trainer": "Dana", "people": crew[:1]}
    spills.hold(on=TODAY - timedelta(days=30), **given)
    hazards.hold(on=TODAY - timedelta(days=400), **given)
    (pair,) = Together(utility).pairs
    assert [str(each) for each in pair.due_in_both] == ["Bo Ruiz", "Cy Dunn"]


@pytest.mark.django_db
def test_what_was_held_together_last_is_not_proposed_again(topic, crew, utility, manager):
    both = [topic("Spills", "E"), topic("Hazards", "S")]
    given = {"by": manager, "trainer": "Dana", "people": crew[:3]}
    joint = TrainingSession.enter(both, on=TODAY - timedelta(days=30), **given)
    found = Together(utility)
    assert (found.pairs, found.n_joint) == ([], 1)
    both[0].hold(on=TODAY, **given)
    assert titles(utility) == [("Hazards", "Spills")]
    TrainingSession.objects.exclude(pk=joint.pk).update(is_withdrawn=True, why="It was called off.")
    assert titles(utility) == []
