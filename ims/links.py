"""Links between records: what a record came from and what it led to."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from ims.records import Record
from ims.triggers import within_a_utility

CAME_FROM, LED_TO, RELATED = RELATIONS = ("came from", "led to", "is related to")


class RecordLinkQuerySet(models.QuerySet["RecordLink"]):
    def of(self, record: Record) -> "RecordLinkQuerySet":
        return self.filter(Q(earlier=record.pk) | Q(later=record.pk))


class RecordLink(models.Model):
    """``earlier`` led to ``later``, or the two are only related."""

    class Kind(models.TextChoices):
        LED_TO = "led-to", "led to"
        RELATED = "related", "is related to"

    earlier = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links_later")
    later = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="links_earlier")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.LED_TO)
    added_at = models.DateTimeField(default=timezone.now, editable=False)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = RecordLinkQuerySet.as_manager()

    class Meta:
        ordering = ["added_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["earlier", "later"], name="record_link_once"),
            models.CheckConstraint(condition=~Q(earlier=F("later")), name="record_link_to_another"),
            models.CheckConstraint(condition=Q(kind__in=["led-to", "related"]), name="record_link_kind_known"),
        ]
        triggers = [within_a_utility("record_link_within_a_utility", "earlier", "later")]

    def __str__(self) -> str:
        return f"{self.earlier.number} {self.get_kind_display()} {self.later.number}"


class Relative(NamedTuple):
    """A record in the chain of another. ``link`` is None where a field of one of them makes the relation."""

    record: Record
    relation: str  # CAME_FROM, LED_TO or RELATED
    link: RecordLink | None


def relatives(record: Record, user: User) -> list[Relative]:
    """Returns what the record came from, what it led to, and what is related, in this order.

    Leaves out what is closed to the user. Makes one query for the links, one for each kind of record that refers to
    this one, and one if any of them is restricted.
    """
    found = list(_by_fields(record))
    known = {each.record.pk for each in found}
    found += [each for each in _by_links(record) if each.record.pk not in known]
    if restricted := [each.record.pk for each in found if each.record.restricted]:
        seen = set(Record.objects.visible_to(user).filter(pk__in=restricted).values_list("pk", flat=True))
        found = [each for each in found if not each.record.restricted or each.record.pk in seen]
    return sorted(found, key=lambda relative: (RELATIONS.index(relative.relation), relative.record.number))


def _by_links(record: Record) -> Iterator[Relative]:
    for kept in RecordLink.objects.of(record).select_related("earlier", "later"):
        is_later = kept.later_id == record.pk
        other = kept.earlier if is_later else kept.later
        if kept.kind == RecordLink.Kind.RELATED:
            yield Relative(other, RELATED, kept)
        else:
            yield Relative(other, CAME_FROM if is_later else LED_TO, kept)


def _by_fields(record: Record) -> Iterator[Relative]:
    """Yields the records in foreign keys of this one, and those whose foreign keys have this one."""
    field: Any
    for field in record._meta.get_fields():
        other: Any = field.related_model
        if not (isinstance(other, type) and issubclass(other, Record)) or field.one_to_one:
            continue
        if field.many_to_one and getattr(record, f"{field.name}_id") and field.name != "record":
            yield Relative(getattr(record, field.name), CAME_FROM, None)
        elif field.one_to_many:
            for row in getattr(record, field.get_accessor_name()).all():
                yield Relative(row, LED_TO, None)


@transaction.atomic
def link(record: Record, other: Record, relation: str, *, by: User) -> None:
    """Links two records of one utility; what links them already is replaced. The history of both tells it."""
    unlinked = RecordLink.objects.of(record).filter(Q(earlier=other.pk) | Q(later=other.pk))
    unlinked.delete()
    earlier, later = (other, record) if relation == CAME_FROM else (record, other)
    kind = RecordLink.Kind.RELATED if relation == RELATED else RecordLink.Kind.LED_TO
    made = RecordLink.objects.create(earlier_id=earlier.pk, later_id=later.pk, kind=kind, added_by=by)
    for each in (record, other):
        each.history.create(by=by, after={"link": str(made)})


@transaction.atomic
def unlink(record: Record, kept: RecordLink, *, by: User) -> None:
    """Removes a link of the record. The history of both tells it."""
    words = str(kept)
    for each in (kept.earlier, kept.later):
        each.history.create(by=by, before={"link": words})
    kept.delete()
