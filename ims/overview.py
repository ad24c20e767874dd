"""What the overview of utilities says of their records: what is late and due soon, and what is the person's own.

A group of utilities sees how many records are open and late, objectives reached and measures on target.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from ims.check.measures import Measure
from ims.check.readings import Reading
from ims.lists import SOON
from ims.plan.objectives import Objective
from ims.records import Record
from workflow.once import once
from workflow.overview import Cell, Figure, Line, column, figures


@once
def _counts(user: User) -> dict[int, dict[str, Any]]:
    """Returns the figures of the open records of each utility that has any."""
    today = timezone.localdate()
    late, mine = Q(due__lt=today), Q(owner__user=user)
    rows = Record.objects.visible_to(user).select_related(None).open().order_by().values("utility")
    counted: Any = rows.annotate(
        n=Count("pk"),
        n_late=Count("pk", filter=late),
        first=Min("due"),
        n_soon=Count("pk", filter=Q(due__range=(today, today + SOON))),
        n_mine=Count("pk", filter=mine),
        n_my_late=Count("pk", filter=mine & late),
        owner=Max("owner", filter=mine),
    )
    return {row["utility"]: dict(row) for row in counted}


@column("Records", order=10)
def records(user: User) -> Mapping[int, Cell]:
    counts = _counts(user)
    return {each.utility_id: _of(each.utility_id, counts.get(each.utility_id)) for each in user.memberships.all()}


def _of(pk: int, counts: dict[str, Any] | None) -> Cell:
    if counts is None:
        return Cell([Line("None open", reverse("ims:system", args=[pk]))])
    every, lines = reverse("ims:everything", args=[pk]), []
    if counts["n_late"]:
        since = f"since {date_format(counts['first'], 'M j, Y')}"
        lines.append(Line(f"{counts['n_late']} late", f"{every}?late=true", note=since, tone="bad"))
    if counts["n_soon"]:
        lines.append(Line(f"{counts['n_soon']} due in {SOON.days} days", f"{every}?late=soon", tone="warn"))
    lines.append(Line(f"{counts['n']} open", every))
    return Cell(lines, counts["n_late"], counts["n_soon"])


@column("Yours", order=20)
def own(user: User) -> Mapping[int, Cell]:
    return {pk: _mine(pk, counts) for pk, counts in _counts(user).items() if counts["n_mine"]}


def _mine(pk: int, counts: dict[str, Any]) -> Cell:
    url = f"{reverse('ims:everything', args=[pk])}?owner={counts['owner']}"
    lines = [Line(f"{counts['n_mine']} open", url)]
    if counts["n_my_late"]:
        lines.insert(0, Line(f"{counts['n_my_late']} late", f"{url}&late=true", tone="bad"))
    return Cell(lines)


@figures("Open records", "Late records", "Objectives reached", "Measures on target", order=20)
def in_figures(utilities: Sequence[int]) -> list[dict[int, Figure]]:
    """Records of closed registers are not counted. A measure counts if it has a target and a reading."""
    rows: Any = Record.objects.filter(utility__in=utilities, restricted=False).order_by().values("utility")
    late = Q(due__lt=timezone.localdate())
    counted = rows.filter(is_open=True).annotate(n=Count("pk"), n_late=Count("pk", filter=late))
    counts = {row["utility"]: row for row in counted}
    reached = Q(status=Objective.Status.REACHED)
    aims: Any = Objective.objects.filter(utility__in=utilities, restricted=False).order_by().values("utility")
    aims = aims.filter(reached | Q(status=Objective.Status.AGREED))
    aims = aims.annotate(of=Count("pk"), n=Count("pk", filter=reached))
    return [
        {pk: Figure(counts[pk]["n"] if pk in counts else 0) for pk in utilities},
        {pk: Figure(counts[pk]["n_late"] if pk in counts else 0) for pk in utilities},
        {row["utility"]: Figure(row["n"], row["of"]) for row in aims},
        _on_target(utilities),
    ]


def _on_target(utilities: Sequence[int]) -> dict[int, Figure]:
    newest = Reading.objects.filter(measure=OuterRef("pk"), value__isnull=False).order_by("-period").values("value")[:1]
    measures: Any = Measure.objects.filter(utility__in=utilities, restricted=False, is_open=True)
    met: dict[int, list[bool]] = {}
    for measure in measures.annotate(last=Subquery(newest)).only("utility", "direction", "target", "lower", "upper"):
        if measure.last is not None and measure.goal.is_set:
            met.setdefault(measure.utility_id, []).append(measure.goal.met(measure.last))
    return {pk: Figure(sum(values), len(values)) for pk, values in met.items()}
