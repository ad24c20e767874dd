"""The applications of a person's utilities that the home page is about: one query for all it says of them."""

from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, Q, When
from django.db.models.functions import JSONObject

from accounts.models import CAN_EDIT, User
from recognition.criteria.models import rules_of
from recognition.models import Application, Photo, Section
from workflow import composed
from workflow.once import once

SHOWN = 5


@once
def _latest(user: User) -> list[Any]:
    """Returns what the two functions below need."""
    found = composed.rows(_to_write_or_moved, user)
    criteria: dict[int, Any] = {}  # of each edition
    for application in found:
        if application.rules is None:
            continue
        edition = application.cycle.edition
        if edition.pk not in criteria:
            criteria[edition.pk] = edition.criteria_from(application.rules)
        edition.criteria = criteria[edition.pk]
    return found


def _to_write_or_moved(user: User) -> Any:
    """What can be edited has its answers, its photos and the rules."""
    own = Application.objects.of_utilities_of(user)
    to_write = Application.objects.to_write(user).order_by("cycle__closes", "pk").values("pk")[:SHOWN]
    moved = own.order_by("-status_since", "-pk").values("pk")[:SHOWN]
    of_draft = {"application": OuterRef("pk"), "application__status__in": Application.EDITABLE}
    sections = Section.objects.filter(**of_draft).values(section=JSONObject(name="name", answers="answers"))
    photos = Photo.objects.filter(submission=None, **of_draft).order_by("pk")
    rows = own.visible_to(user).filter(Q(pk__in=to_write) | Q(pk__in=moved)).select_related("cycle__edition")
    return rows.annotate(
        draft_sections=ArraySubquery(sections),
        draft_photos=ArraySubquery(photos.values(photo=JSONObject(name="file__name", caption="caption"))),
        rules=Case(When(status__in=Application.EDITABLE, then=rules_of("cycle__edition"))),
    )


def to_write(user: User) -> list[Any]:
    """Returns those that the user can write, of the five that close first."""
    rows = [row for row in _latest(user) if row.my_role in CAN_EDIT and row.status in Application.EDITABLE]
    first = sorted(rows, key=lambda row: (row.cycle.closes, row.pk))[:SHOWN]
    return [row for row in first if row.is_editable]


def moved_last(user: User) -> list[Any]:
    """Returns the five whose stage changed last."""
    return sorted(_latest(user), key=lambda row: (row.status_since, row.pk), reverse=True)[:SHOWN]
