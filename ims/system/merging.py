"""Two records that do one job become one; both histories stay.

The one that stays serves from now on the areas, initiatives and units of both. What belongs to the other and can move
without changing what it says moves (Merging.carry); links, comments, files and what happened to the other stay with
it. The other is closed by its register's own move, with a reason, and each shows the other.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Subquery
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.utils.text import get_text_list

from accounts.models import User
from ims import registers
from ims.editions import Edition
from ims.links import LED_TO, link
from ims.records import Record, RecordChange, RecordEvent
from ims.registers import Merging, Register
from workflow.models import Stale, WrongState

TOGETHER = ("areas", "initiatives", "units")  # lists that are joined in every register
HISTORY = (RecordChange, RecordEvent)
EDITION = "Start its next edition with what both serve, and merge when that is in force."
FOLLOW_UP = "made"  # by this name a line of an audit, a review or a drill points to the record that was made of it


def merging_of(stays: Any, other: Any) -> tuple[Register, Merging]:
    """Returns the register of both, and how its records are merged. Raises WrongState if these two can't be."""
    register = registers.get(stays.register)
    if stays.pk == other.pk or (stays.utility_id, stays.register) != (other.utility_id, other.register):
        raise WrongState("Only two records of one register are merged.")
    if not register.merges:
        raise WrongState(f"{register.name} tell what happened, so they are not merged.")
    return register, register.merges


def has_editions(record: Any) -> bool:
    return isinstance(record, Edition)


def joined(stays: Any, other: Any) -> dict[str, list[Any]]:
    """Returns the lists of both together, of those that the one that stays does not have in full."""
    _, merges = merging_of(stays, other)
    lists = {name: [*getattr(stays, name), *getattr(other, name)] for name in (*TOGETHER, *merges.joins)}
    together = {name: list(dict.fromkeys(values)) for name, values in lists.items()}
    return {name: values for name, values in together.items() if values != getattr(stays, name)}


def obstacles(stays: Any, other: Any) -> list[str]:
    """Returns in words why the two can't be merged as they are, with what helps; empty if they can."""
    register, merges = merging_of(stays, other)
    closes = register.move(merges.closes)
    found = []
    if not stays.is_open:
        found.append(f"{stays.number} is closed: it is “{stays.status_label}”. Let the other one stay.")
    if other.status not in closes.start:
        end = other.Status(closes.end).label
        found.append(f"{other.number} is “{other.status_label}”, and nothing leads from there to “{end}”.")
    if register.living(stays) and not register.living(other):
        found.append(f"{stays.number} does not count as living: {register.living(stays)} Let the other one stay.")
    for each in (stays, other):
        if has_editions(each) and (draft := each.next_draft):
            found.append(f"The next edition of {each.number} is a draft, {draft.number}. Finish or withdraw it first.")
    if frozen := stays.frozen.intersection(joined(stays, other)):
        names = get_text_list(sorted(str(stays._meta.get_field(name).verbose_name) for name in frozen), "and")
        helps = EDITION if has_editions(stays) else "Let the other one stay."
        found.append(f"{stays.number} is “{stays.status_label}”, so its {names} can’t change. {helps}")
    return found


def belongings(record: Any, carried: Collection[str] = ()) -> tuple[list[str], list[str]]:
    """Returns what belongs to a record, as "3 actions": what is ``carried``, and all else. Makes one query."""
    found = {f"n_{place}": field for place, field in enumerate(_pointing(record))}
    rows = type(record)._base_manager.filter(pk=record.pk).values(**{key: _number(each) for key, each in found.items()})
    moves, stay = Counter[Any](), Counter[Any]()
    for key, n in rows.get().items():
        counts = moves if found[key].get_accessor_name() in carried else stay
        counts[found[key].related_model] += n or 0
    return _counted(moves), _counted(stay)


def _pointing(record: Any) -> Iterator[ForeignObjectRel]:
    """Yields the relations by which rows point to a record, but those that the page tells anyway or only help."""
    for field in record._meta.get_fields(include_hidden=True):
        if not isinstance(field, ForeignObjectRel) or field.one_to_one or field.related_model in HISTORY:
            continue
        is_named = not field.hidden and field.field.name != "replaces"
        if is_named or field.field.name == FOLLOW_UP:
            yield field


def _number(relation: Any) -> Subquery:
    to = relation.field.name
    rows = relation.related_model._base_manager.filter(**{to: OuterRef("pk")}).order_by().values(to)
    return Subquery(rows.annotate(n=Count("pk")).values("n"))


def _counted(counts: Counter[Any]) -> list[str]:
    return [
        f"{n} {model._meta.verbose_name if n == 1 else model._meta.verbose_name_plural}"
        for model, n in counts.items()
        if n
    ]


@transaction.atomic
def merge(stays: Any, other: Any, versions: tuple[int, int], *, by: User, **chosen: Any) -> None:
    """Merges ``other`` into ``stays``, which takes the values ``chosen``. ``versions`` of both are as they were read.

    Raises NotAllowed; Stale if one of them changed since; WrongState if they can't be merged. Nothing is changed then.
    """
    stays.require_editor()
    other.require_editor()
    register, merges = merging_of(stays, other)
    stays, other = _locked(stays, other, versions, by)
    for words in obstacles(stays, other):
        raise WrongState(words)
    changes = _changes(stays, chosen) | joined(stays, other)
    if changes:
        stays.save_over(stays.version, by=by, **changes)
    stays.history.create(by=by, after={"took_over": str(other)})
    merges.carry(other, stays, by)
    other = type(other).objects.visible_to(by).get(pk=other.pk)
    other.history.create(by=by, after={"merged_into": str(stays)})
    other.move(register.move(merges.closes).end, by=by, why=f"Merged into {stays.number}")
    link(other, stays, LED_TO, by=by)


def _locked(stays: Any, other: Any, versions: tuple[int, int], by: User) -> tuple[Any, Any]:
    """Locks both until the end of the transaction. Raises Stale if one has another version."""
    keys = (stays.pk, other.pk)
    list(Record.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
    rows = {row.pk: row for row in type(stays).objects.visible_to(by).filter(pk__in=keys)}
    for key, version in zip(keys, versions, strict=True):
        if rows[key].version != version:
            raise Stale(rows[key])
    return rows[stays.pk], rows[other.pk]


def _changes(record: Any, chosen: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in chosen.items() if getattr(record, name) != value}


@transaction.atomic
def begin_edition(stays: Any, other: Any, *, by: User) -> Any:
    """Begins the next edition of ``stays`` with what both serve. ``other`` stays until that is in force.

    Raises NotAllowed; WrongState if it has no editions, is not in force, or its next edition is a draft already.
    """
    merging_of(stays, other)
    if not has_editions(stays):
        raise WrongState(f"{stays.number} has no editions.")
    together = joined(stays, other)
    begun = stays.begin_next(by=by)
    draft = type(stays).objects.visible_to(by).get(pk=begun.pk)
    if together:
        draft.change(draft.version, by=by, **together)
    link(other, draft, LED_TO, by=by)
    return draft
