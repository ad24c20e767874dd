"""Utilities, each with a manager, a number and the manager as a person of its system."""

from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from accounts.models import Identifier, Membership, Role, System, User, Utility
from accounts.regions import REGION_OF_STATE
from ims.people import Person

UTILITIES = 500  # in a block
TOWNS = ("Alder", "Ash", "Birch", "Cedar", "Elm", "Fir", "Hazel", "Larch", "Linden", "Maple", "Oak", "Pine", "Spruce")
PLACES = ("Bend", "Creek", "Falls", "Ford", "Grove", "Harbor", "Hills", "Lake", "Mills", "Point", "Springs")
NAMES = ("Abe", "Bea", "Cal", "Dee", "Eli", "Fay", "Gus", "Hal", "Ida", "Jo", "Kit", "Lou", "Mae", "Ned", "Ola")


@dataclass(frozen=True)
class Place:
    utility: Utility
    manager: User
    person: Person


def address(who: str, number: int) -> str:
    return f"{who}{number}@load.example.org"


def build(block: int, password: str = "") -> list[Place]:
    """Creates the utilities of a block. The first manager can sign in with ``password``, if there is one."""
    first, states = block * UTILITIES, sorted(REGION_OF_STATE)
    numbers = range(first, first + UTILITIES)
    managers = User.objects.bulk_create(
        User(
            email=address("manager", n),
            name=f"{NAMES[n % len(NAMES)]} {TOWNS[n % len(TOWNS)]}",
            password=make_password((not n and password) or None),
        )
        for n in numbers
    )
    utilities = Utility.objects.bulk_create(
        Utility(
            name=f"{_town(n)} {('Water', 'Sewer', 'Utilities')[n % 3]} {n}",
            city=_town(n),
            state=states[n % len(states)],
            systems=[System.DRINKING_WATER, System.WASTEWATER][: 1 + n % 2],
            confirmed_at=timezone.now(),
        )
        for n in numbers
    )
    both = list(zip(utilities, managers, numbers, strict=True))
    Identifier.objects.bulk_create(
        Identifier(utility=utility, kind=Identifier.Kind.PWSID, value=f"{utility.state}{n:07}")
        for utility, _, n in both
    )
    Membership.objects.bulk_create(
        Membership(utility=utility, user=manager, role=Role.MANAGER) for utility, manager, _ in both
    )
    people = Person.objects.bulk_create(
        Person(utility=utility, user=manager, name=manager.name) for utility, manager, _ in both
    )
    return [Place(*each) for each in zip(utilities, managers, people, strict=True)]


def _town(n: int) -> str:
    return f"{TOWNS[n % len(TOWNS)]} {PLACES[n % len(PLACES)]}"
