"""The pages of what follows from a gap analysis: its results, and the initiatives that close its gaps."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.requests import AuthenticatedRequest
from assessments.catalog import Catalog, recommended
from assessments.cohorts.standing import standing
from assessments.compared import earlier
from assessments.forms import RecommendationsForm
from assessments.integration.board import board
from assessments.models import GapAnalysis


@login_required
def results(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    rows = GapAnalysis.objects.visible_to(request.user).select_related("utility__sharing", "utility__road_map")
    analysis = get_object_or_404(rows, pk=pk)
    found, catalog = analysis.results, Catalog()
    advice = recommended(analysis, found, catalog)
    context = {
        "analysis": analysis,
        "results": found,
        "rows": [(row, advice.examples.at(row.slug)) for row in found.rows],
        "recommended": advice,
        "board": board(analysis, found, catalog),
        "earlier": earlier(analysis),
        "standing": standing(analysis.utility, getattr(analysis.utility, "sharing", None), found.components),
    }
    return render(request, "assessments/analysis_results.html", context)


@login_required
def recommendations(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows which initiatives close the gaps, at the strength asked for, and what each asks at an element."""
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.user), pk=pk)
    form = RecommendationsForm(request.GET)
    found = analysis.results
    context = {
        "analysis": analysis,
        "form": form,
        "recommended": recommended(analysis, found, **form.asked),
        "unanswered": len(found.rows) - len(found.answered),
    }
    return render(request, "assessments/analysis_recommendations.html", context)
