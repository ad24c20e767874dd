"""The pages of what follows from a gap analysis: its results, and the initiatives that close its gaps."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from accounts.requests import AuthenticatedRequest
from assessments import charts
from assessments.catalog import recommended
from assessments.forms import RecommendationsForm
from assessments.models import GapAnalysis


@login_required
def results(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.user), pk=pk)
    found = analysis.results
    context = {
        "analysis": analysis,
        "results": found,
        "coverage_bars": charts.coverage_bars(found),
        "recommended": recommended(analysis, found),
    }
    return render(request, "assessments/analysis_results.html", context)


@login_required
def recommendations(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows which initiatives close the gaps, at the strength asked for, and what each asks at an element."""
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.user), pk=pk)
    form = RecommendationsForm(request.GET)
    context = {
        "analysis": analysis,
        "form": form,
        "recommended": recommended(analysis, analysis.results, **form.asked),
    }
    return render(request, "assessments/analysis_recommendations.html", context)
