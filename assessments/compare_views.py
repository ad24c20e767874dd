"""The page that sets two or more gap analyses of one utility side by side: what moved, and why."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from assessments.compared import with_reasons
from assessments.models import GapAnalysis
from assessments.movement import movement

MAX_COMPARED = 4  # that fit side by side


@login_required
def compare(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=utility_pk)
    rows = GapAnalysis.objects.visible_to(request.user).filter(utility=utility).order_by("as_of", "pk")
    analyses = list(rows.only("name", "as_of", "status", "utility"))
    asked = request.GET.getlist("analysis")
    chosen = _chosen(analyses, asked)
    context: dict[str, Any] = {
        "utility": utility,
        "analyses": analyses,
        "chosen": chosen,
        "most": MAX_COMPARED,
        "asked": asked,
    }
    if 1 < len(chosen) <= MAX_COMPARED:
        chosen = context["chosen"] = list(rows.filter(pk__in=[each.pk for each in chosen]))
        found = movement([analysis.results for analysis in chosen])
        context |= {
            "found": found,
            "components": [(each[0], list(zip(each, chosen, strict=True))) for each in found.components],
            "last": chosen[-1],
            "reasons": list(with_reasons(found.moved, chosen[0], chosen[-1])),
        }
    return render(request, "assessments/compare.html", context)


def _chosen(analyses: list[GapAnalysis], asked: list[str]) -> list[GapAnalysis]:
    """Returns those asked for; without any, the latest two that are complete, if there are."""
    if asked:
        return [analysis for analysis in analyses if str(analysis.pk) in asked]
    complete = [analysis for analysis in analyses if analysis.status == GapAnalysis.Status.COMPLETE]
    return (complete if len(complete) > 1 else analyses)[-2:]
