"""What the overview of utilities says of their gap analyses: the coverage of the last one, the progress of the next.

A group of utilities sees the coverage of the last complete one, and what it was about a year before.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import CAN_EDIT, Membership, User
from assessments.latest import last
from assessments.models import Finding, GapAnalysis
from workflow.overview import Cell, Figure, Line, column, figures

A_YEAR = timedelta(days=330)  # an annual analysis is not always on the same day


@column("Gap analysis", order=30)
def analyses(user: User) -> Mapping[int, Cell]:
    found: dict[int, list[GapAnalysis]] = {}
    for analysis in last(user):
        found.setdefault(analysis.utility_id, []).append(analysis)
    return {each.utility_id: Cell(list(_lines(each, found.get(each.utility_id)))) for each in user.memberships.all()}


def _lines(membership: Membership, found: list[GapAnalysis] | None) -> Iterator[Line]:
    for each in found or ():
        if each.status == GapAnalysis.Status.COMPLETE:
            words, url = f"{each.covered} of {each.cells} cells", reverse("assessments:results", args=[each.pk])
            yield Line(words, url, note=f"covered, {date_format(each.as_of, 'F Y')}", done=each.covered, of=each.cells)
        else:
            words, url = f"{each.n_answered} of {each.n_findings} answered", each.get_absolute_url()
            yield Line(words, url, note="in progress", done=each.n_answered, of=each.n_findings)
    if not found and membership.role in CAN_EDIT:
        yield Line("Start one", reverse("assessments:start", args=[membership.utility_id]))


@figures("Coverage", "Plan", "Do", "Check", "Act", order=10)
def coverage(utilities: Sequence[int]) -> list[dict[int, Figure]]:
    complete = GapAnalysis.objects.filter(utility__in=utilities, status=GapAnalysis.Status.COMPLETE)
    of: dict[int, list[Any]] = {}
    for analysis in complete.with_coverage().defer("frozen").order_by("as_of", "pk"):
        of.setdefault(analysis.utility_id, []).append(analysis)
    overall = {pk: Figure(rows[-1].covered, rows[-1].cells, _a_year_before(rows)) for pk, rows in of.items()}
    return [overall, *_by_component([rows[-1] for rows in of.values()])]


def _a_year_before(rows: list[Any]) -> tuple[int, int] | None:
    earlier = [each for each in rows if each.as_of <= rows[-1].as_of - A_YEAR]
    return (earlier[-1].covered, earlier[-1].cells) if earlier else None


def _by_component(analyses: list[Any]) -> list[dict[int, Figure]]:
    found: dict[str, dict[int, Figure]] = {slug: {} for slug in ("plan", "do", "check", "act")}
    of = {analysis.pk: analysis for analysis in analyses}
    rows = Finding.objects.filter(analysis__in=of).order_by().values("analysis", "element__component")
    for row in rows.annotate(covered=Sum("areas__len"), n=Count("pk")):
        analysis = of[row["analysis"]]
        cells = row["n"] * len(analysis.areas)
        found[row["element__component"]][analysis.utility_id] = Figure(row["covered"] or 0, cells)
    return list(found.values())
