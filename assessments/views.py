"""The pages of gap analyses: list, start, table, rows, evidence, completion, results."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.current import current, utilities_of
from accounts.models import CAN_EDIT, User, Utility
from accounts.requests import AuthenticatedRequest
from assessments.forms import (
    AnalysisForm,
    ConfirmForm,
    DeleteForm,
    FindingForm,
    ReopenForm,
    StartForm,
)
from assessments.lists import AnalysisFilters, AnalysisTable
from assessments.models import COMPLETED, Deletion, Finding, GapAnalysis, Incomplete, InUse
from assessments.results import phases
from assessments.rows import AreaShown, markup, rows_of
from files.forms import FileForm, LinkForm
from pdca.models import Area, Component
from workflow import composed, saving
from workflow.lists import Listed, list_page
from workflow.models import Stale, WrongState

SCOPE_CHANGED = "Someone else changed these while you were editing. Check your entries; saving again replaces theirs."


@login_required
def analysis_list(request: AuthenticatedRequest) -> HttpResponse:
    startable = [utility for utility in utilities_of(request) if utility.my_role in CAN_EDIT]
    start_for = startable[0] if len(startable) == 1 else current(request)
    context = {
        "start_for": start_for if start_for in startable else None,
        "startable": [utility for utility in startable if utility != start_for],
        "deletions": composed.rows(Deletion.objects.shown_to, request.user),
    }
    rows = Listed(_listed, GapAnalysis, request.user, bare=GapAnalysis.objects.visible_to)
    return list_page(request, AnalysisTable, AnalysisFilters, rows, "assessments/analysis_list.html", context)


def _listed(user: User) -> QuerySet[GapAnalysis]:
    rows = GapAnalysis.objects.visible_to(user).with_progress().order_by("utility__name", "-as_of", "-pk")
    return rows.defer("frozen", "operations", "fence_line")  # long, and not shown here


@login_required
def start(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=utility_pk)
    if not utility.memberships.filter(user=request.user, role__in=CAN_EDIT).exists():
        raise PermissionDenied
    if "fill" in request.POST:  # with the scope of a previous one
        form = StartForm.filled(request.POST, utility=utility)
    else:
        form = StartForm(request.POST or None, utility=utility, initial={"previous": request.GET.get("from")})
    if form.is_valid():
        previous = form.cleaned_data.get("previous")
        analysis = GapAnalysis.start(utility=utility, by=request.user, previous=previous, **form.frame)
        return redirect(analysis)
    return render(
        request, "assessments/analysis_start.html", {"form": form, "utility": utility}, status=saving.status_of(form)
    )


def visible(request: AuthenticatedRequest, pk: int) -> GapAnalysis:
    found: GapAnalysis = composed.get_or_404(_visible, request.user, pk)
    return found


def _visible(user: User, pk: int) -> QuerySet[GapAnalysis]:
    return GapAnalysis.objects.visible_to(user).filter(pk=pk)


@login_required
def analysis(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    if not analysis.can_edit:
        return render(request, "assessments/analysis_read.html", read_context(analysis))
    return table(request, analysis, opened=request.GET.get("open", ""))


def table(request: AuthenticatedRequest, analysis: GapAnalysis, *, opened: str = "", **more: Any) -> HttpResponse:
    """Shows Table 2 to fill in, with the row ``opened`` open; ``more`` may have that row's bound form."""
    rows = rows_of(analysis)
    names = composed.rows(_names_of_areas, None)
    scope = tuple(AreaShown(code, name) for code, name in names if code in analysis.areas)
    if not more:
        finding = analysis.findings.select_related("element").filter(element__slug=opened).first() if opened else None
        more = _opened(analysis, finding) if finding else {}
    made = markup(request, rows, scope, analysis.get_absolute_url(), opened, more)
    components = {row.component: row.component_name for row in rows}
    context = {
        "analysis": analysis,
        "rows": rows,
        "phases": [
            (Component(slug=slug, name=name), [row for component, row in made if component == slug])
            for slug, name in components.items()
        ],
        "n_answered": sum(row.is_answered for row in rows),
        "n_to_confirm": sum(row.to_confirm for row in rows),
        "next": next((row.slug for row in rows if not row.is_answered), ""),
        "missing": analysis.missing() if "missing" in request.GET else [],
    }
    return render(request, "assessments/analysis_fill.html", context, status=more.get("status", 200))


def _names_of_areas() -> QuerySet[Any]:
    return Area.objects.values_list("code", "short_name")


def _opened(analysis: GapAnalysis, finding: Finding) -> dict[str, Any]:
    finding.analysis = analysis
    return details_context(finding, FindingForm(finding=finding))


def read_context(analysis: GapAnalysis) -> dict[str, Any]:
    results, findings = analysis.results_with_findings()
    return {
        "analysis": analysis,
        "phases": phases(results, findings),
        "events": analysis.events.select_related("by"),
        "reopen_form": ReopenForm(),
    }


def details_context(finding: Finding, form: FindingForm, **more: Any) -> dict[str, Any]:
    return {
        "finding": finding,
        "form": form,
        "items": finding.evidence_items.select_related("file"),
        "link_form": LinkForm(auto_id=f"id_{finding.element.slug}_link_%s"),
        "file_form": FileForm(auto_id=f"id_{finding.element.slug}_file_%s"),
    } | more


@login_required
def confirm(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Lists the rows that were carried over, and confirms those that are checked as they are."""
    analysis = visible(request, pk)
    if analysis.my_role not in CAN_EDIT:
        raise PermissionDenied
    form = ConfirmForm(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            n, changed = analysis.confirm(form.versions, by=request.user)
        except WrongState as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{n} {'row was' if n == 1 else 'rows were'} confirmed.")
            if changed:
                names = ", ".join(f"“{finding.element}”" for finding in changed)
                messages.warning(request, f"Not confirmed, because someone else has just changed them: {names}.")
        return redirect(analysis)
    rows = analysis.findings.filter(to_confirm=True).select_related("element")
    if analysis.status == GapAnalysis.Status.COMPLETE or not rows:
        messages.info(request, "No rows need confirmation.")
        return redirect(analysis)
    areas = dict(Area.objects.values_list("code", "name"))
    context = {
        "analysis": analysis,
        "rows": [(row, [areas[code] for code in row.areas]) for row in rows if row.can_be_confirmed],
        "others": [row for row in rows if not row.can_be_confirmed],
        "error": form.errors.get("rows") if request.method == "POST" else None,
    }
    return render(request, "assessments/analysis_confirm.html", context, status=422 if context["error"] else 200)


@login_required
def scope(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    if analysis.my_role not in CAN_EDIT:
        raise PermissionDenied
    if analysis.status == GapAnalysis.Status.COMPLETE:
        messages.info(request, "This gap analysis is complete, so its scope can’t be changed. A manager can reopen it.")
        return redirect(analysis)
    form = AnalysisForm(request.POST or None, instance=analysis)
    if request.method == "POST" and form.is_valid():
        analysis = visible(request, pk)
        try:
            analysis.rescope(form.cleaned_data["version"], by=request.user, **form.frame)
        except InUse as in_use:
            names = analysis.in_place()
            for what, finding in in_use.uses:
                field = "areas" if len(what) == 1 else "initiatives"
                used = names.get(what, what)
                form.add_error(field, f"“{finding.element}” uses {used}. Change that row first or keep it here.")
        except Stale as stale:
            form.data = request.POST.copy()
            form.data["version"] = str(stale.current.version)
            form.add_error(None, SCOPE_CHANGED)
        except WrongState:
            messages.error(request, COMPLETED)
            return redirect(analysis)
        else:
            messages.success(request, "Saved.")
            return redirect(analysis)
    context = {"form": form, "analysis": analysis}
    return render(request, "assessments/analysis_scope.html", context, status=saving.status_of(form))


# Completion, deletion, results.


@login_required
@require_POST
def complete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    try:
        analysis.complete(by=request.user)
    except Incomplete:
        return redirect(f"{analysis.get_absolute_url()}?missing=1#missing")
    except WrongState:
        messages.info(request, "It was already marked complete.")
    else:
        messages.success(request, "Marked complete. Its rows are now read-only.")
    return redirect("assessments:results", pk)


@login_required
@require_POST
def reopen(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    analysis = visible(request, pk)
    if not analysis.can_manage:
        raise PermissionDenied
    form = ReopenForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Enter a reason for reopening. It will be kept in the history.")
        return redirect(analysis)
    try:
        analysis.reopen(by=request.user, why=form.cleaned_data["why"])
    except WrongState:
        messages.info(request, "It was already reopened.")
    else:
        messages.success(request, "Reopened. Its rows can be changed.")
    return redirect(analysis)


@login_required
def delete(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for confirmation, and for a reason if it was ever complete, then deletes it."""
    if request.method == "POST" and request.session.get("deleted") == pk:  # a double click
        return redirect("assessments:list")
    analysis = visible(request, pk)
    if not analysis.can_manage:
        raise PermissionDenied
    form = DeleteForm(request.POST if "why" in request.POST else None) if analysis.was_complete else None
    if request.method == "POST" and (form is None or form.is_valid()):
        try:
            analysis.discard(by=request.user, why=form.cleaned_data["why"] if form else "")
        except WrongState as error:
            messages.error(request, str(error))
            return redirect("assessments:list")
        request.session["deleted"] = pk
        messages.success(request, f"“{analysis}” was deleted.")
        return redirect("assessments:list")
    context = {"analysis": analysis, "form": form, "n_files": analysis.files().count()}
    status = saving.status_of(form) if form else 200
    return render(request, "assessments/analysis_delete.html", context, status=status)
