"""More columns for the file of a queue, in groups that staff ask for: ``?export=xlsx&with=contacts&with=ratings``.

What a person may not read of an application stays empty in its row, and so does all of a panel that they sit on.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import django_tables2 as tables
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, Q, Subquery, When
from django.db.models.fields.json import KeyTransform
from django.http import QueryDict

from accounts.models import Identifier, User
from recognition.application.shown import CONTACT_LABELS
from recognition.models import Rating, Submission
from recognition.reviewing.queues import Rows, counted
from recognition.rights import Act, offered, stages
from workflow.lists import Table


class Said(tables.Column):
    """One answer of the contact section, as it was last submitted."""

    def __init__(self, label: str, key: str) -> None:
        super().__init__(label, accessor="contact", visible=False, orderable=False)
        self.key = key

    def value(self, value: Mapping[str, Any]) -> str:
        return str(value.get(self.key) or "")


class Numbers(tables.Column):
    def value(self, value: list[str]) -> str:
        return ", ".join(value)


class Advice(tables.Column):
    def value(self, value: bool) -> str:  # noqa: FBT001
        return "Recognize" if value else "Do not recognize"


@dataclass(frozen=True)
class Group:
    """Columns that are asked for together, for whoever may do ``act``. ``more`` adds their values where ``may``."""

    title: str
    act: Act
    columns: Mapping[str, tables.Column]
    more: Callable[[Rows, Q], Any]


def _contacts(rows: Rows, may: Q) -> Any:
    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    said = Subquery(last.annotate(said=KeyTransform("contact", "content")).values("said")[:1])
    return rows.annotate(contact=Case(When(may, then=said)))


def _numbers(rows: Rows, may: Q) -> Any:
    for kind in Identifier.Kind:
        found = Identifier.objects.filter(utility=OuterRef("utility"), kind=kind).order_by("value").values("value")
        rows = rows.annotate(**{f"numbers_{kind.lower()}": Case(When(may, then=ArraySubquery(found)))})
    return rows


def _ratings(rows: Rows, may: Q) -> Any:
    given = Rating.objects.filter(
        seat__application=OuterRef("pk"), seat__submitted_at__isnull=False, seat__recused_at=None
    )
    for value in Rating.Value:
        n = counted(given.filter(value=value), "seat__application")
        rows = rows.annotate(**{f"n_{value}": Case(When(may, then=n))})
    return rows.annotate(advice=Case(When(may, then=F("recommendation__recommends"))))


_FILE = {"visible": False, "orderable": False}  # only in files
GROUPS = {
    "contacts": Group(
        "Contacts and addresses",
        Act.READ_CONTACT,
        {f"contact_{key}": Said(label, key) for key, label in CONTACT_LABELS.items()},
        _contacts,
    ),
    "numbers": Group(
        "Permit and registry numbers",
        Act.READ_CONTACT,
        {f"numbers_{kind.lower()}": Numbers(kind.label, **_FILE) for kind in Identifier.Kind},
        _numbers,
    ),
    "ratings": Group(
        "Ratings of the panel",
        Act.SEE_SCORES,
        {"advice": Advice("Panel recommends", **_FILE)}
        | {f"n_{value}": tables.Column(f"Rated {value.label.lower()}", **_FILE) for value in Rating.Value},
        _ratings,
    ),
}


def asked_of(query: QueryDict) -> str:
    """Returns what a file depends on of a queue's query string."""
    kept = query.copy()
    for name in ("page", "export", "view"):
        kept.pop(name, None)
    return str(kept.urlencode())


def groups_of(user: User) -> dict[str, str]:
    """Returns the groups of columns that the person's staff roles include: name → title."""
    return {name: group.title for name, group in GROUPS.items() if offered(user, group.act)}


def widened(table: type[Table], rows: Rows, asked: Iterable[str], user: User) -> tuple[type[Table], Any]:
    """Returns the table with the columns of the groups that are ``asked`` for, and the rows with their values."""
    known = [GROUPS[name] for name in groups_of(user) if name in asked]
    columns = {name: column for group in known for name, column in group.columns.items()}
    for group in known:
        rows = group.more(rows, Q(status__in=stages(user, group.act), my_seat=None))
    return type(table.__name__, (table,), columns), rows
