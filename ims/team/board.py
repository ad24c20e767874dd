"""What the page of a team shows: the functions of its scope, who represents each, what lies outside the fence line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, F, Func, Q, Value

from accounts.models import User, Utility
from assessments.integration.board import latest
from assessments.models import GapAnalysis
from assessments.operations import OPERATIONS, VALUE_CHAINS
from ims.people import Person
from ims.records import Record
from ims.registers import Page, add_page
from ims.team.functions import Asked, Covers, Outside, Scope, functions, narrow, needed, outside
from ims.team.models import Seat, Subgroup, TeamScope
from initiatives.models import Chain, Initiative
from pdca.models import Area

# The operations of each value chain. Biosolids are those of the wastewater chain (phase 1 report 2002, App. A).
OF_CHAIN: dict[str, list[str]] = {
    Chain.DRINKING_WATER: list(VALUE_CHAINS["Drinking water"]),
    Chain.WASTEWATER: list(VALUE_CHAINS["Wastewater"]),
    Chain.STORMWATER: list(VALUE_CHAINS["Stormwater"]),
    Chain.BIOSOLIDS: ["solids-handling", "biosolids-disposition"],
}
MAX_RECORDS = 5
EVERY = ["every team"]


class State(StrEnum):
    FILLED = "filled"
    MISSING = "missing"
    NO_LONGER_HERE = "gone"
    LEFT_OUT = "left-out"


@dataclass(frozen=True)
class Names:
    """The words for letters and slugs."""

    areas: dict[str, str]
    initiatives: dict[str, str]

    def of(self, scope: Scope) -> list[str]:
        return [
            *(self.areas.get(code, code) for code in scope.areas),
            *(OPERATIONS[slug] for slug in scope.operations),
            *(self.initiatives.get(slug, slug) for slug in scope.initiatives),
        ]


@dataclass(frozen=True)
class Because:
    by: list[str]
    why: str
    source: str


@dataclass(frozen=True)
class Place:
    """A function at the table. ``seat`` is new, without a key, if nobody chose anything yet."""

    slug: str
    name: str
    does: str
    because: list[Because]
    seat: Seat
    here: frozenset[int]

    @property
    def state(self) -> State:
        if self.seat.left_out:
            return State.LEFT_OUT
        if not self.seat.person_id:
            return State.MISSING
        return State.FILLED if self.seat.person_id in self.here else State.NO_LONGER_HERE

    @property
    def names(self) -> str:
        """Who sits there, in words."""
        if self.seat.left_out:
            return f"No seat: {self.seat.left_out}"
        alternate = f", alternate {self.seat.alternate}" if self.seat.alternate else ""
        gone = " (no longer here)" if self.state == State.NO_LONGER_HERE else ""
        return f"{self.seat.person}{gone}{alternate}" if self.seat.person else "Nobody yet"

    @property
    def is_missing(self) -> bool:
        return self.state in (State.MISSING, State.NO_LONGER_HERE)

    @property
    def asked_by(self) -> list[str]:
        """What in the scope asks for it, each once."""
        return list(dict.fromkeys(name for each in self.because for name in each.by))


@dataclass(frozen=True)
class Warned:
    """An initiative that is not inside the scope: what of it is outside, and the open records that serve it.

    Without records it is in place according to the scope itself.
    """

    name: str
    is_partly_inside: bool
    outside: list[str]
    records: list[Record]


class Team:
    """One utility's team. Makes its queries as the parts are asked for, each once."""

    def __init__(self, utility: Utility) -> None:
        self.utility = utility

    @cached_property
    def analysis(self) -> GapAnalysis | None:
        return latest(self.utility)

    @cached_property
    def chosen(self) -> TeamScope:
        """The scope of a utility without an analysis; new, without a key, if there is none."""
        return TeamScope.objects.filter(utility=self.utility).first() or TeamScope(utility=self.utility)

    @cached_property
    def scope(self) -> Scope:
        if self.analysis is None:
            return Scope(self.chosen.areas, self.chosen.operations, self.chosen.initiatives)
        slugs = [row.slug for row in self.analysis.catalog_in_place]
        return Scope(self.analysis.areas, self.analysis.operations, slugs)

    @cached_property
    def people(self) -> list[Any]:  # Person, annotated with is_here
        return list(Person.objects.of(self.utility).with_here().select_related("user"))

    @cached_property
    def here(self) -> frozenset[int]:
        return frozenset(person.pk for person in self.people if person.is_here)

    @cached_property
    def can_be_chosen(self) -> list[Person]:
        return [person for person in self.people if person.is_here]

    @cached_property
    def left_behind(self) -> list[Any]:
        """Those who are no longer here and own open records, each with ``n_owned``."""
        gone = [person.pk for person in self.people if not person.is_here]
        rows = Person.objects.filter(pk__in=gone).annotate(n_owned=Count("records", filter=Q(records__is_open=True)))
        return list(rows.exclude(n_owned=0)) if gone else []

    @property
    def representative(self) -> Person | None:
        """The member named for the management system."""
        named = self.utility.management_representative_id
        return next((person for person in self.people if named and person.user_id == named), None)

    @cached_property
    def without_account(self) -> list[Person]:
        """Those named without an account and not merged, with ``joined``: the member who seems to be the same."""
        members = [person for person in self.can_be_chosen if person.user]
        found = [person for person in self.people if not person.user and not person.same_as_id]
        for person in found:
            person.joined = next((each for each in members if _same(person, each)), None)
        return found

    @cached_property
    def subgroups(self) -> list[Any]:
        """Those of the utility, each with its ``people``, in one query besides that of all people."""
        pks = ArrayAgg("members", filter=Q(members__isnull=False), default=Value([]))
        found: list[Any] = list(Subgroup.objects.filter(utility=self.utility).select_related("lead").annotate(pks=pks))
        for group in found:
            group.people = [person for person in self.people if person.pk in group.pks]
        return found

    @cached_property
    def seats(self) -> dict[str, Seat]:
        rows = Seat.objects.filter(utility=self.utility).select_related("person", "alternate")
        return {seat.function: seat for seat in rows}

    @cached_property
    def initiatives(self) -> dict[str, Initiative]:
        return {row.slug: row for row in Initiative.objects.known().prefetch_related("areas")}

    @cached_property
    def names(self) -> Names:
        areas = {area.code: area.short_name for area in Area.objects.all()}
        return Names(areas, {slug: row.short_name for slug, row in self.initiatives.items()})

    @cached_property
    def places(self) -> list[Place]:
        """The functions that the scope asks for, then the utility's own, then others where someone sits."""
        asked = {each.function.slug: each.asked for each in needed(self.scope)}
        own = [slug for slug, seat in self.seats.items() if seat.name]
        others = [slug for slug, seat in self.seats.items() if seat.person_id and slug not in asked and not seat.name]
        return [self._place(slug, asked.get(slug, [])) for slug in [*asked, *own, *others]]

    def _place(self, slug: str, asked: Sequence[Asked]) -> Place:
        seat = self.seats.get(slug) or Seat(utility=self.utility, function=slug)
        known = functions().get(slug)
        because = [
            Because(
                ["every team"] if each.reason.always else self.names.of(each.by), each.reason.why, each.reason.source
            )
            for each in asked
        ]
        if seat.why:
            because.append(Because([], seat.why, "your utility"))
        return Place(slug, known.name if known else str(seat), known.does if known else "", because, seat, self.here)

    def place(self, slug: str) -> Place | None:
        return next((each for each in self.places if each.slug == slug), None)

    @property
    def missing(self) -> list[Place]:
        return [place for place in self.places if place.is_missing]

    @property
    def n_filled(self) -> int:
        return self.n_counted - len(self.missing)

    @property
    def n_counted(self) -> int:
        """The functions that should sit at the table: all but those left out with a reason."""
        return sum(place.state != State.LEFT_OUT for place in self.places)

    @cached_property
    def warnings(self) -> list["Warned"]:
        """What lies outside the scope: of the initiatives in place, then of those that open records serve."""
        found = {slug: out for slug in self.scope.initiatives if (out := self._outside(slug))}
        served = [slug for slug in self._served() if slug not in self.scope.initiatives]
        by_records = {slug: out for slug in served if (out := self._outside(slug))}
        records = self._records(by_records)
        return [
            Warned(
                self.names.initiatives.get(slug, slug),
                out.is_partly_inside,
                self.names.of(Scope(out.areas, out.operations)),
                records.get(slug, []),
            )
            for slug, out in (found | by_records).items()
        ]

    def _outside(self, slug: str) -> Outside | None:
        row = self.initiatives.get(slug)
        if row is None or not (self.scope.areas or self.scope.operations):
            return None
        operations = narrow().get(slug)
        every = list(dict.fromkeys(step for chain in row.chains for step in OF_CHAIN.get(chain, [])))
        areas = [area.code for area in row.areas.all()] if self.scope.areas else []
        return outside(Covers(slug, areas, operations or every, operations is not None), self.scope)

    def _served(self) -> Iterable[str]:
        """Returns the initiatives that open records serve."""
        rows = Record.objects.filter(utility=self.utility, is_open=True, restricted=False).exclude(initiatives=[])
        each = rows.order_by().annotate(served=Func(F("initiatives"), function="unnest"))
        return sorted(each.values_list("served", flat=True).distinct())

    def _records(self, slugs: Iterable[str]) -> dict[str, list[Record]]:
        """Returns the newest open records that serve each of them, a few."""
        found: dict[str, list[Record]] = {slug: [] for slug in slugs}
        if found:
            rows = Record.objects.filter(utility=self.utility, is_open=True, restricted=False)
            rows = rows.filter(initiatives__overlap=list(found))
            for record in rows.order_by("-pk")[: MAX_RECORDS * len(found)]:
                for slug in found.keys() & set(record.initiatives):
                    found[slug].append(record)
        return found


def _same(person: Person, member: Person) -> bool:
    email = member.user.email if member.user else ""
    by_email = bool(person.email) and person.email.lower() == email.lower()
    return by_email or person.name.casefold() == member.name.casefold()


def state(utility: Utility, user: User) -> str:
    """Says for the page of the system how the team stands."""
    n = len(Team(utility).missing)
    return f"{n} {'function is' if n == 1 else 'functions are'} missing" if n else "Every function is represented"


add_page(
    Page(
        slug="team",
        name="Team",
        about="The functions at the table, who represents each, and subgroups.",
        component="plan",
        element="management-commitment",
        url_name="ims:team",
        state=state,
    )
)
