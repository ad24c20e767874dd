"""The list of a register, as a table or a board, and its saved views."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import Role, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, register_in, utility_of
from ims.forms import SavedViewForm
from ims.lists import AllRecordsTable, MyRecordsFilters, MyRecordsTable, filters_of, filters_of_all, table_of
from ims.records import Record
from ims.registers import Move, Register
from ims.saved import SavedView
from workflow.lists import list_page
from workflow.saved import TooManyViews, faults, kept_query

MAX_CARDS = 30  # in one column of a board


@login_required
def record_list(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    foreign = [name for name in described.columns if described.model._meta.get_field(name).is_relation]
    rows: Any = described.model.objects.listed_in(utility, register)
    rows = described.listed(rows.select_related(*foreign) if foreign else rows)
    filters = filters_of(described, utility.pk)
    context = {
        "utility": utility,
        "register": described,
        "can_edit": can_edit(utility),
        "has_examples": bool(described.examples()),
        "views": SavedView.objects.of_list(request.user, utility=utility, register=register),
        "query": kept_query(request.GET),
        "view_form": SavedViewForm(),
        "removes_shared": utility.my_role == Role.MANAGER,
        "as_table": _with(request.GET, layout=""),
        "as_board": _with(request.GET, layout="board"),
    }
    if request.GET.get("layout") != "board":
        base = Record.objects.filter(utility=utility, register=register)
        return list_page(request, table_of(described), filters, rows, "ims/record_list.html", context, base=base)
    shown = filters(request.GET, rows, request=request)
    n_filters = len(shown.form.changed_data)
    context |= {
        "filters": shown,
        "table": table_of(described)(()),
        "n_filters": n_filters,
        "is_filtered": n_filters > 0,
        "show_all": f"{request.path}?layout=board",
        "also": [("layout", "board")],
        "columns": _columns(described, shown.qs),
    }
    return render(request, "ims/record_board.html", context)


@login_required
def mine(request: AuthenticatedRequest) -> HttpResponse:
    """Lists the open records that the person owns, of all registers and utilities."""
    rows = Record.objects.visible_to(request.user).open().filter(owner__user=request.user)
    return list_page(request, MyRecordsTable, MyRecordsFilters, rows, "ims/records_mine.html")


@login_required
def everything(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Lists the open records of a utility, of all registers."""
    utility = utility_of(request, utility_pk)
    rows = Record.objects.of_all_registers(utility, request.user).open()
    filters = filters_of_all(utility.pk)
    return list_page(request, AllRecordsTable, filters, rows, "ims/records_all.html", {"utility": utility})


def _with(asked: QueryDict, **changed: str) -> str:
    changed_query = asked.copy()
    changed_query.update(changed)
    for name, value in changed.items():
        changed_query[name] = value
    return f"?{kept_query(changed_query)}"


class Column(NamedTuple):
    """A status of a board. ``n`` counts its records; ``cards`` are the first of them; ``moves`` lead on from it."""

    value: str
    label: str
    n: int
    cards: list[Any]
    moves: list[Move]


def _columns(described: Register, rows: QuerySet[Any]) -> list[Column]:
    """Returns a column for each status, those that are due first on top. Makes two queries."""
    counts = dict(rows.order_by().values_list("status").annotate(n=Count("pk")))
    order = (F("due").asc(nulls_last=True), F("number").asc())
    place = Window(RowNumber(), partition_by=F("status"), order_by=order)
    first = list(rows.annotate(place=place).filter(place__lte=MAX_CARDS).order_by(*order))
    return [
        Column(
            value,
            label,
            counts.get(value, 0),
            [row for row in first if row.status == value],
            [move for move in described.moves_from(value) if not (move.asks or move.needs_why)],
        )
        for value, label in described.stages
        if value not in described.aside or counts.get(value)
    ]


@login_required
@require_POST
def save_view(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    """Keeps the list as it is shown, under a name."""
    utility = utility_of(request, utility_pk)
    register_in(request, utility, register)
    form = SavedViewForm(request.POST)
    query = kept_query(QueryDict(request.POST.get("query", "")))
    if not form.is_valid():
        messages.error(request, faults(form))
    else:
        kept = form.cleaned_data | {"query": query}
        kept["is_shared"] &= can_edit(utility)
        try:
            SavedView.objects.keep(request.user, {"utility": utility, "register": register}, **kept)
        except TooManyViews:
            messages.error(request, "You have too many views of this list. Remove one first.")
        else:
            messages.success(request, f"The view “{kept['name']}” was saved.")
    return redirect(f"{reverse('ims:list', args=[utility.pk, register])}?{query}")


@login_required
@require_POST
def remove_view(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Removes a view of one's own; a manager may also remove one that is shared."""
    views = SavedView.objects.seen_by(request.user).filter(utility__in=Utility.objects.visible_to(request.user))
    view = get_object_or_404(views.select_related("utility"), pk=pk)
    if view.by_id != request.user.pk and not view.utility.membership_of(request.user).can_manage:
        raise PermissionDenied
    view.delete()
    messages.success(request, f"The view “{view.name}” was removed.")
    return redirect("ims:list", view.utility_id, view.register)
