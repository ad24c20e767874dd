"""The page that sets two or more gap analyses of one utility side by side: what moved, and why."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from assessments.models import Evidence, Finding, GapAnalysis
from assessments.movement import ElementMoved, movement

MOST = 4  # that fit side by side


@dataclass(frozen=True)
class Why:
    """What the findings of the first and the last analysis say about an element that moved."""

    planned: str  # what needed to change, in the first
    evidence: str  # in the last, if it is another text than in the first
    added: list[Evidence]  # links and files of the last that the first does not have
    providers: list[str]  # initiatives that provide it in the last, and did not in the first

    def __bool__(self) -> bool:
        return bool(self.planned or self.evidence or self.added or self.providers)


@login_required
def compare(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=utility_pk)
    rows = GapAnalysis.objects.visible_to(request.user).filter(utility=utility).order_by("as_of", "pk")
    analyses = list(rows.only("name", "as_of", "status", "utility"))
    chosen = list(rows.filter(pk__in=[each.pk for each in _chosen(analyses, request.GET.getlist("analysis"))]))
    context = {"utility": utility, "analyses": analyses, "chosen": chosen, "most": MOST}
    if len(chosen) > 1:
        found = movement([analysis.results for analysis in chosen])
        context |= {
            "found": found,
            "components": [(each[0], list(zip(each, chosen, strict=True))) for each in found.components],
            "last": chosen[-1],
            "reasons": list(_with_reasons(found.moved, chosen[0], chosen[-1])),
        }
    return render(request, "assessments/compare.html", context)


def _chosen(analyses: list[GapAnalysis], asked: list[str]) -> list[GapAnalysis]:
    """Returns those asked for, at most the first four; without any, the latest two that are complete, if there are."""
    if asked:
        return [analysis for analysis in analyses if str(analysis.pk) in asked][:MOST]
    complete = [analysis for analysis in analyses if analysis.status == GapAnalysis.Status.COMPLETE]
    return (complete if len(complete) > 1 else analyses)[-2:]


def _with_reasons(
    moved: Iterable[ElementMoved], first: GapAnalysis, last: GapAnalysis
) -> Iterable[tuple[ElementMoved, Why]]:
    """Makes four queries."""
    earlier, later = _findings(first), _findings(last)
    names = {row.slug: row for row in last.results.rows}
    for element in moved:
        slug = element.element.slug
        if slug in earlier and slug in later:
            yield element, _why(earlier[slug], later[slug], names[slug].initiatives)
        else:
            yield element, Why("", "", [], [])


def _findings(analysis: GapAnalysis) -> dict[str, Finding]:
    rows = analysis.findings.select_related("element").prefetch_related("evidence_items__file")
    return {finding.element.slug: finding for finding in rows}


def _why(earlier: Finding, later: Finding, names: list[str]) -> Why:
    had = {(item.url, item.file_id) for item in earlier.evidence_items.all()}
    return Why(
        planned=earlier.changes,
        evidence=later.evidence if later.evidence != earlier.evidence else "",
        added=[item for item in later.evidence_items.all() if (item.url, item.file_id) not in had],
        providers=[
            name for slug, name in zip(later.initiatives, names, strict=False) if slug not in earlier.initiatives
        ],
    )
