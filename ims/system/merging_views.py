"""Two records side by side: merged, or kept as two jobs with a reason."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.views.decorators.http import require_POST

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.access import can_edit, utility_of
from ims.apart import KeptApart
from ims.records import Record
from ims.system.merging import begin_edition, belongings, has_editions, joined, merge, merging_of, obstacles
from ims.system.merging_forms import MergeForm, TwoJobsForm, merge_form
from ims.system.today import best_opportunity
from ims.words import names_of, words_of
from pdca.models import Opportunity
from workflow.changes import label_of
from workflow.models import Stale, WrongState

THIS_PAGE = "ims:merge"


def _both(request: AuthenticatedRequest, utility_pk: int, stays: str, other: str) -> tuple[Utility, Any, Any]:
    """Returns the utility and the two records, of one register. Raises Http404, PermissionDenied."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    found = Record.objects.visible_to(request.user).filter(utility=utility, number__in=(stays, other))
    slugs = {record.register for record in found}
    if len(found) != 2 or len(slugs) != 1:
        raise Http404
    rows: Any = registers.get(slugs.pop()).model.objects.visible_to(request.user).filter(utility=utility)
    both = {row.number: row for row in rows.filter(number__in=(stays, other))}
    try:
        merging_of(both[stays], both[other])
    except WrongState as error:
        raise Http404 from error
    return utility, both[stays], both[other]


@login_required
def compare(request: AuthenticatedRequest, utility_pk: int, stays: str, other: str) -> HttpResponse:
    """Shows two records side by side; merges the second into the first."""
    utility, one, second = _both(request, utility_pk, stays, other)
    _, merges = merging_of(one, second)
    if merges.page != THIS_PAGE:
        return redirect(merges.page, utility.pk, *sorted((stays, other)))
    form = merge_form(request.POST or None, stays=one, other=second)
    if request.method != "POST":
        return _page(request, utility, one, second, form)
    is_valid = form.is_valid()
    if changed := form.outdated:
        return _as_they_are_now(request, utility, changed, stays, other)
    if not is_valid:
        return _page(request, utility, one, second, form, status=422)
    versions = form.cleaned_data["version"], form.cleaned_data["other_version"]
    try:
        merge(one, second, versions, by=request.user, **form.changes)
    except Stale as stale:
        return _as_they_are_now(request, utility, stale.current, stays, other)
    except WrongState as error:
        messages.error(request, f"Nothing was merged. {error}")
        return redirect(THIS_PAGE, utility.pk, stays, other)
    messages.success(request, f"{other} was merged into {stays}. Both keep their history.")
    return redirect(one)


def _as_they_are_now(
    request: AuthenticatedRequest, utility: Utility, changed: Any, stays: str, other: str
) -> HttpResponse:
    """Shows both as they are now, with what was chosen and typed; sending it again merges what is shown."""
    who = changed.changed_by or "someone"
    messages.error(request, f"Nothing was merged: {who} has just changed {changed.number}. Compare again.")
    _, one, second = _both(request, utility.pk, stays, other)
    data = request.POST.copy()
    data["version"], data["other_version"] = str(one.version), str(second.version)
    return _page(request, utility, one, second, merge_form(data, stays=one, other=second), status=409)


def _page(
    request: AuthenticatedRequest,
    utility: Utility,
    stays: Any,
    other: Any,
    form: MergeForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    register, merges = merging_of(stays, other)
    names = names_of(utility)
    moves, stay = belongings(other, merges.carried)
    mine, own = belongings(stays, merges.carried)
    opportunities = Opportunity.objects.readable().filter(element__slug=register.serves(stays))
    context = {
        "utility": utility,
        "register": register,
        "stays": stays,
        "other": other,
        "form": form,
        "apart_form": TwoJobsForm(),
        "rows": list(_side_by_side(stays, other, form, names)),
        "together": [(_label(stays, name), _listed(name, each, names)) for name, each in joined(stays, other).items()],
        "obstacles": obstacles(stays, other),
        "can_begin": has_editions(stays) and stays.status == stays.IN_FORCE and not stays.next_draft,
        "closes": other.Status(register.move(merges.closes).end).label,
        "moves": moves,
        "stay": stay,
        "mine": [*mine, *own],
        "opportunity": best_opportunity(list(opportunities), {*stays.initiatives, *other.initiatives}),
    }
    return render(request, "ims/system/merge.html", context | more, status=status)


def _side_by_side(stays: Any, other: Any, form: MergeForm, names: Any) -> Any:
    """Yields (label, value of the one that stays, of the other, is long, differs) of each field that either has."""
    register = registers.get(stays.register)
    for name in dict.fromkeys(register.on_page):
        if name not in {*register.fields, *register.shared}:
            continue
        field = stays._meta.get_field(name)
        mine, theirs = (_value(each, name, names) for each in (stays, other))
        if mine or theirs:
            yield _label(stays, name), mine, theirs, field.get_internal_type() == "TextField", mine != theirs


def _label(record: Any, name: str) -> str:
    return capfirst(label_of(type(record), name))


def _value(record: Any, name: str, names: Any) -> str:
    value = getattr(record, name)
    return _listed(name, value, names) if isinstance(value, list) else str(words_of(record, name))


def _listed(name: str, values: list[Any], names: Any) -> str:
    return ", ".join(str(names.get(name, {}).get(each, each)) for each in values)


@login_required
@require_POST
def new_edition(request: AuthenticatedRequest, utility_pk: int, stays: str, other: str) -> HttpResponse:
    """Begins the next edition of what is in force, with what both serve."""
    utility, one, second = _both(request, utility_pk, stays, other)
    try:
        draft = begin_edition(one, second, by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
        return redirect(THIS_PAGE, utility.pk, stays, other)
    messages.success(request, f"{draft.number} is a draft. When it is in force, merge {other} into it.")
    return redirect(draft)


@login_required
@require_POST
def two_jobs(request: AuthenticatedRequest, utility_pk: int, stays: str, other: str) -> HttpResponse:
    """Keeps that the two are two jobs, and why, so that they are not shown as one any more."""
    utility, one, second = _both(request, utility_pk, stays, other)
    form = TwoJobsForm(request.POST)
    if not form.is_valid():
        form_of_both = merge_form(None, stays=one, other=second)
        return _page(request, utility, one, second, form_of_both, apart_form=form, status=422)
    try:
        KeptApart.keep(one, second, by=request.user, why=form.cleaned_data["why"])
    except WrongState as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{stays} and {other} are two jobs.")
    return redirect("ims:today", utility.pk)


@login_required
@require_POST
def compare_again(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Ends that two are kept as two jobs."""
    utility = utility_of(request, utility_pk)
    rows = KeptApart.objects.visible_to(request.user).filter(first__utility=utility, first__restricted=False)
    kept = get_object_or_404(rows.select_related("first", "second"), pk=pk)
    try:
        kept.end(by=request.user)
    except WrongState as error:
        messages.info(request, str(error))
    else:
        messages.success(request, f"{kept.first.number} and {kept.second.number} are compared again.")
    return redirect("ims:today", utility.pk)
