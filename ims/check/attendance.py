"""Who must take part in a management review: it follows from the scope (guide 2004, §4.3.4)."""

from dataclasses import dataclass

from ims.check.reviews import Review
from ims.people import Person
from ims.team.board import Team
from ims.team.functions import Scope, needed
from ims.team.models import Seat


@dataclass(frozen=True)
class Wanted:
    """A function that the scope asks for, and who represents it. ``present`` is who of them takes part."""

    name: str
    people: list[Person]
    present: list[Person]


def wanted(review: Review) -> list[Wanted]:
    """Returns the functions of the review's scope; of the whole system if the review has no areas."""
    scope = Scope(review.areas, [], review.initiatives) if review.areas else Team(review.utility).scope
    seats = {seat.function: seat for seat in _seats(review)}
    there = set(review.present.all())
    found = []
    for each in needed(scope):
        seat = seats.get(each.function.slug)
        if seat and seat.left_out:
            continue
        people = [person for person in (seat.person, seat.alternate) if person] if seat else []
        found.append(Wanted(each.function.name, people, [person for person in people if person in there]))
    return found


def _seats(review: Review) -> list[Seat]:
    return list(Seat.objects.filter(utility=review.utility_id).select_related("person", "alternate"))
