"""Handing over what a person answers for in a system to a successor, in one step."""

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from ims.check.reviews import ReviewDecision
from ims.emails import tell_handed_over
from ims.people import Person
from ims.records import Record, RecordChange
from ims.team.models import Seat, Subgroup
from workflow.models import WrongState


@dataclass(frozen=True)
class Handed:
    """How much was handed over: open records, functions and subgroups."""

    records: int
    functions: int
    subgroups: int

    def __str__(self) -> str:
        counts = ((self.records, "open record"), (self.functions, "function"), (self.subgroups, "subgroup"))
        said = [f"{n} {what}{'' if n == 1 else 's'}" for n, what in counts if n]
        return ", ".join(said) or "nothing"


@transaction.atomic
def hand_over(person: Person, successor: Person, *, by: User) -> Handed:
    """Gives the successor the open records, functions and subgroups of a person. What is closed stays as it was.

    ``person`` was fetched with ``visible_to``. Raises NotAllowed; WrongState if the successor is not a person of the
    same system, or no longer here. The successor gets one email about all records.
    """
    person.require_editor()
    is_here = Person.objects.here().filter(pk=successor.pk, utility=person.utility_id).exists()
    if successor.pk == person.pk or not is_here:
        raise WrongState("Choose someone else who is here.")
    records = _records(person, successor, by)
    handed = Handed(len(records), _functions(person, successor, by), _subgroups(person, successor, by))
    ReviewDecision.objects.filter(owner=person, made=None).update(owner=successor)
    tell_handed_over(records, person, successor, by=by)
    return handed


def _records(person: Person, successor: Person, by: User) -> list[Record]:
    rows = Record.objects.select_for_update(of=("self",)).filter(owner=person, is_open=True).order_by("due", "pk")
    found = list(rows.select_related("utility"))
    # A page that was read before must not put the old owner back: the version changes.
    Record.objects.filter(pk__in=[record.pk for record in found]).update(
        owner=successor,
        version=F("version") + 1,
        changed_at=timezone.now(),
        changed_by=by,
        assigned_at=None,
        reminded_on=timezone.localdate(),
    )
    RecordChange.objects.bulk_create(
        RecordChange(row=record, by=by, before={"owner": person.pk}, after={"owner": successor.pk}) for record in found
    )
    return found


def _functions(person: Person, successor: Person, by: User) -> int:
    """Nobody represents a function and is its alternate too."""
    seats = list(Seat.objects.select_for_update().filter(Q(person=person) | Q(alternate=person)))
    for seat in seats:
        changes: dict[str, Any] = {"person": successor} if seat.person == person else {"alternate": successor}
        if successor in (seat.person, seat.alternate):
            changes = {"person": successor, "alternate": None}
        seat.save_over(seat.version, by=by, **changes)
    return len(seats)


def _subgroups(person: Person, successor: Person, by: User) -> int:
    rows = Subgroup.objects.visible_to(by).filter(utility=person.utility_id, is_closed=False)
    groups = (rows.filter(lead=person) | rows.filter(members=person)).distinct()
    for group in groups:
        members = set(group.members.all())
        if person in members:
            members = members - {person} | {successor}
        lead: dict[str, Any] = {"lead": successor} if group.lead == person else {}
        group.change(group.version, by=by, members=members, **lead)
    return len(groups)
