"""Public pages that compare initiatives: Table 1, some side by side, and who asks for what at each element."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from initiatives import comparison
from initiatives.comparison import MAX_ASKED, MAX_SIDE_BY_SIDE, USUAL, Choice
from initiatives.models import Initiative
from initiatives.reports import WHOLE, number_of
from pdca.conditional import catalog_page
from pdca.models import Area, Component, Element
from workflow import spreadsheets
from workflow.lists import orders


@require_safe
@catalog_page
def compare(request: HttpRequest) -> HttpResponse:
    """Shows Table 1, or two to four initiatives side by side (``?with=cmom&with=iso-14001``)."""
    rows = list(Initiative.objects.readable().prefetch_related("areas"))
    components = list(Component.objects.all())
    ticked = request.GET.getlist("with")
    choice = comparison.choose(ticked, {row.slug: row for row in rows}, MAX_SIDE_BY_SIDE)
    if choice.fits:
        return _side_by_side(request, choice, components)
    known = comparison.columns(Area.objects.all(), components)
    ordered, sort = comparison.in_order(rows, known, request.GET.get("sort", ""))
    if wants_file(request):
        return file(comparison.table_1_sheet(ordered, known), "Initiatives, Table 1")
    context = {
        "initiatives": ordered,
        "columns": known,
        "rows": list(zip(ordered, comparison.table_1(ordered, known), strict=True)),
        "sort": sort,
        "orders": orders((column.name, column.label) for column in known),
        "order": sort,
        "choice": choice,
        "wrong": list(choice.wrong()) if ticked else [],
        "number": WHOLE,
    }
    return render(request, "initiatives/compare.html", context)


def _side_by_side(request: HttpRequest, choice: Choice, components: list[Component]) -> HttpResponse:
    rows = comparison.aspects(choice.found, components)
    if wants_file(request):
        return file(comparison.aspects_sheet(choice.found, rows), "Initiatives side by side")
    context = {
        "choice": choice,
        "rows": [(row, list(zip(choice.found, row.cells, strict=True))) for row in rows],
        "wrong": list(choice.wrong()),
        "number": number_of(choice.found),
    }
    return render(request, "initiatives/compare_side_by_side.html", context)


@require_safe
@catalog_page
def who_asks(request: HttpRequest) -> HttpResponse:
    """Shows the 18 elements down and two to six initiatives across: who asks what there, and who can share."""
    rows = list(Initiative.objects.readable())
    known = {row.slug: row for row in rows}
    choice = asked = comparison.choose(request.GET.getlist("with"), known, MAX_ASKED)
    if not asked.fits:
        choice = comparison.choose(USUAL, known, MAX_ASKED)
    elements = Element.objects.readable().select_related("component")
    table = comparison.who_asks(choice.found, elements)
    if wants_file(request):
        return file(comparison.who_asks_sheet(choice.found, table), "Requirements by element")
    context = {
        "initiatives": rows,
        "choice": choice,
        "rows": [(row, list(zip(choice.found, row.asks, strict=True))) for row in table],
        "ticked": asked.slugs or choice.slugs,
        "wrong": list(asked.wrong()) if "with" in request.GET else [],
        "number": number_of(choice.found),
    }
    return render(request, "initiatives/compare_who_asks.html", context)


def wants_file(request: HttpRequest) -> bool:
    return request.GET.get("export") == "xlsx"


def file(rows: list[list[Any]], name: str) -> HttpResponse:
    content_type, written = spreadsheets.KINDS["xlsx"]
    disposition = content_disposition_header(True, f"{name.lower().replace(',', '').replace(' ', '-')}.xlsx")
    return HttpResponse(written(rows, name), content_type=content_type, headers={"Content-Disposition": disposition})
