"""What the public page of a utility shows today of what was chosen: plain values, and nothing else leaves the system.

A record is shown only while it is living and its register is open to everyone. A chosen statement stands for all of its
editions: the one in force today is shown. No owner, number, note, comment or file is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import Count, Prefetch, Q
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import Utility
from ims import registers
from ims.check.charts import line
from ims.check.measures import Measure
from ims.check.readings import Reading, Standing
from ims.plan.actions import Action
from ims.plan.objectives import Objective
from ims.plan.statements import Statement


@dataclass(frozen=True)
class Text:
    """A statement in force."""

    title: str
    kind: str
    text: str


@dataclass(frozen=True)
class Aim:
    """An objective. ``n_done`` of ``n`` are its actions that are not canceled."""

    title: str
    measured: str
    baseline: str
    target: str
    due: date | None
    is_reached: bool
    n_done: int
    n: int


@dataclass(frozen=True)
class Measured:
    """A measure with its readings of the chosen years; without any, ``chart`` is empty."""

    standing: Standing
    chart: SafeString | str


class Content:
    """The page of ``utility`` with ``chosen`` (PublicPage.choices). Makes a fixed number of queries."""

    def __init__(self, utility: Utility, chosen: Mapping[str, Any]) -> None:
        self.utility, self.chosen = utility, chosen

    @cached_property
    def texts(self) -> list[Text]:
        found = in_force(self.utility, self.chosen["statements"]).values()
        return [Text(each.title, each.kind, each.text) for each in found]

    @property
    def visions(self) -> list[Text]:
        return [each for each in self.texts if each.kind == Statement.Kind.VISION]

    @property
    def policies(self) -> list[Text]:
        return [each for each in self.texts if each.kind != Statement.Kind.VISION]

    @cached_property
    def aims(self) -> list[Aim]:
        rows = _chosen(Objective, self.utility, self.chosen["objectives"])
        found: Any = Action.objects.filter(objective__in=rows, restricted=False).exclude(status=Action.Status.CANCELED)
        done = Q(status__in=[Action.Status.DONE, Action.Status.CLOSED])
        counted = found.order_by().values("objective").annotate(n=Count("pk"), n_done=Count("pk", filter=done))
        counts = {row["objective"]: row for row in counted}
        return [_aim(row, counts.get(row.pk, {"n": 0, "n_done": 0})) for row in rows]

    @cached_property
    def measured(self) -> list[Measured]:
        today = timezone.localdate()
        since = date(today.year - self.chosen["years"], today.month, 1)
        rows = Reading.objects.filter(value__isnull=False, period__gte=since).order_by("-period")
        fetch = Prefetch("readings", rows, to_attr="latest")
        standings = map(Standing.of, _chosen(Measure, self.utility, self.chosen["measures"], fetch))
        return [Measured(each, line(each) if each.readings else "") for each in standings]


def _chosen(model: Any, utility: Utility, keys: Iterable[int], *fetch: Any) -> list[Any]:
    """Returns the living records among those that were chosen."""
    living = registers.get(model.REGISTER).living
    rows = model.objects.filter(utility=utility, restricted=False, pk__in=list(keys)).prefetch_related(*fetch)
    return [row for row in rows.order_by("number") if not living(row)]


def in_force(utility: Utility, keys: Iterable[int]) -> dict[int, Statement]:
    """Returns key of a chosen statement → the living edition of it that is in force; without those that have none."""
    rows: Any = Statement.objects.filter(utility=utility)
    replaces: dict[int, int | None] = dict(rows.values_list("pk", "replaces_id"))

    def first(key: int) -> int:
        while (earlier := replaces.get(key)) is not None:
            key = earlier
        return key

    wanted = {first(key): key for key in keys if key in replaces}
    editions = [key for key in replaces if first(key) in wanted]
    return {wanted[first(row.pk)]: row for row in _chosen(Statement, utility, editions)}


def _aim(row: Objective, counts: Mapping[str, int]) -> Aim:
    return Aim(
        title=row.title,
        measured=row.measure,
        baseline=_number(row.baseline, row.unit),
        target=_number(row.target, row.unit),
        due=row.due,
        is_reached=row.status == Objective.Status.REACHED,
        n_done=counts["n_done"],
        n=counts["n"],
    )


def _number(value: Decimal | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value.normalize():,f} {unit}".strip()
