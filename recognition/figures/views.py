"""The statistics of a cycle: a page with charts, and an Excel file with a sheet for each table."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.requests import AuthenticatedRequest
from recognition.cycles.views import cycle_for, tabs
from recognition.figures import charts
from recognition.figures.burn_down import burn_down
from recognition.figures.progress import of_cycle as how_far
from recognition.figures.statistics import Statistics, of_cycle
from recognition.figures.tables import tables
from recognition.models import Cycle
from recognition.rights import Act
from workflow import spreadsheets


@login_required
@require_safe
def statistics(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.SEE_STATISTICS)
    figures = of_cycle(cycle, request.user)
    if request.GET.get("export") == "xlsx":
        return _file(cycle, figures)
    context = {"cycle": cycle, "tabs": tabs(request.user, cycle), "figures": figures, "now": timezone.now()}
    if figures.entries:
        context |= {table.name.replace("-", "_"): table for table in tables(figures)} | {"pictures": _pictures(figures)}
    return render(request, "recognition/figures/cycle_statistics.html", context)


@login_required
@require_safe
def progress(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows how far the reviews are, against the cycle's dates."""
    cycle = cycle_for(request.user, cycle_pk, Act.SEE_STATISTICS)
    shown = how_far(cycle, request.user)
    context = {
        "cycle": cycle,
        "tabs": tabs(request.user, cycle),
        "progress": shown,
        "picture": burn_down(shown.left, cycle.letters_from) if shown.left else "",
    }
    return render(request, "recognition/figures/cycle_progress.html", context)


def _pictures(figures: Statistics) -> dict[str, str]:
    regions = figures.by("By EPA region")
    return {
        "way": charts.funnel(figures.steps),
        "times": charts.stage_times(figures.times) if figures.times else "",
        "load": charts.load(figures.load) if figures.load else "",
        "regions": charts.regions(regions) if regions else "",
    }


def _file(cycle: Cycle, figures: Statistics) -> HttpResponse:
    sheets = {table.title: [table.head, *table.rows] for table in tables(figures)}
    content_type, _ = spreadsheets.KINDS["xlsx"]
    name = f"{slugify(f'statistics {cycle}')}-{timezone.localdate()}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name)}
    return HttpResponse(spreadsheets.as_workbook(sheets), content_type=content_type, headers=headers)
