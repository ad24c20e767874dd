"""The pages and parts of one row: saving, details, guidance, history, evidence."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from assessments.forms import FindingForm, VersionForm
from assessments.models import Evidence, Finding
from assessments.views import details_context, read_context, table, visible
from files.forms import FileForm, LinkForm
from files.models import RefusedFile
from workflow import composed, saving
from workflow.models import Stale, WrongState

MAX_CHANGES = 50  # shown in a row's history


def _row(request: AuthenticatedRequest, pk: int, element: str) -> Finding:
    found: Finding = composed.get_or_404(_visible, request.user, pk, element)
    return found


def _visible(user: User, analysis: int, element: str) -> QuerySet[Finding]:
    return Finding.objects.visible_to(user).filter(analysis=analysis, element__slug=element)


def _answered(analysis: int) -> QuerySet[Any]:
    """Returns the slugs of the elements that are answered."""
    return Finding.objects.filter(analysis=analysis).answered().values_list("element__slug", flat=True)


@login_required
@require_POST
def save_finding(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    """Saves a row if it still has the version that was read (workflow.saving)."""
    finding = _row(request, pk, element)
    form = FindingForm(request.POST, finding=finding)

    def save() -> Finding:
        finding.answer(form.cleaned_data["version"], by=request.user, **form.changes_made)
        return finding

    def more(finding: Finding) -> dict[str, Any]:
        return {
            "rating": finding.rating,
            "missing_reason": finding.missing_reason(finding.analysis.areas),
            "answered": composed.rows(_answered, None, pk),
        }

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        analysis = visible(request, pk)
        if not analysis.can_edit:
            return render(request, "assessments/analysis_read.html", read_context(analysis), status=status)
        shown = _whole(request, conflict.get("current", finding), finding)
        details = details_context(finding, shown, conflict=conflict, status=status)
        return table(request, analysis, opened=element, **details)

    block = saving.Block(element, finding.analysis.get_absolute_url())
    return saving.save_block(request, form, block, save=save, more=more, page=page)


def _whole(request: AuthenticatedRequest, stored: Finding, finding: Finding) -> FindingForm:
    """Returns the form as it was sent; if the row was sent closed, with the stored details."""
    data = request.POST.copy()
    if not data.get("details"):
        data["details"] = "1"
        for name in FindingForm.DETAILS:
            value = getattr(stored, name)
            data.setlist(name, value if isinstance(value, list) else [value])
    form = FindingForm(data, finding=finding)
    form.is_valid()
    return form


@login_required
def details(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    """Returns the opened part of a row, to be inserted into the page."""
    finding = _row(request, pk, element)
    context = details_context(finding, FindingForm(finding=finding))
    return render(request, "assessments/analysis_fill.html#details", context)


@login_required
@vary_on_headers("HX-Request")
def guidance(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    """Shows the guide on a row's element, and what the initiatives in place ask there: in the row or as a page."""
    finding = _row(request, pk, element)
    context = {
        "analysis": finding.analysis,
        "element": finding.element,
        "in_place": list(finding.analysis.initiatives.values_list("slug", flat=True)),
    }
    part = "#text" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"assessments/analysis_guidance.html{part}", context)


# History.


@login_required
@vary_on_headers("HX-Request")
def history(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    """Shows who changed a row, when, and from what to what: in the row or as a page."""
    return _history(request, _row(request, pk, element))


def _history(request: AuthenticatedRequest, finding: Finding, status: int = 200, **more: Any) -> HttpResponse:
    labels = finding.history_labels()
    changes = finding.history.select_related("by")[: MAX_CHANGES + 1]
    context = {
        "analysis": finding.analysis,
        "finding": finding,
        "changes": [(change, change.lines(labels)) for change in changes[:MAX_CHANGES]],
        "most": MAX_CHANGES,
        "are_more": len(changes) > MAX_CHANGES,
    }
    part = "#list" if request.htmx else ""  # type: ignore[attr-defined]
    return render(request, f"assessments/finding_history.html{part}", context | more, status=status)


@login_required
@require_POST
def undo(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    """Undoes the last change of a row if nobody changed the row since the page was read."""
    finding = _row(request, pk, element)
    finding.require_editor()
    form = VersionForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No version was sent.")
    try:
        finding.undo(form.cleaned_data["version"], by=request.user)
    except Stale as stale:
        finding = _row(request, pk, element)
        return _history(request, finding, 409, changed=stale.current)
    except WrongState as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The last change of “{finding.element}” was undone.")
    return redirect(f"{finding.analysis.get_absolute_url()}?open={element}#row-{element}")


# Evidence.


def _editable_row(request: AuthenticatedRequest, pk: int, element: str) -> Finding:
    finding = _row(request, pk, element)
    if not finding.can_edit:
        raise PermissionDenied
    return finding


def _evidence(request: AuthenticatedRequest, finding: Finding, **more: Any) -> HttpResponse:
    """Shows the row's evidence again, or without htmx the whole page with that row open."""
    if not request.htmx and not more:  # type: ignore[attr-defined]
        slug = finding.element.slug
        return redirect(f"{finding.analysis.get_absolute_url()}?open={slug}#row-{slug}")
    context = details_context(finding, FindingForm(finding=finding)) | more
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "assessments/analysis_fill.html#evidence", context | {"adding": True})
    return table(request, visible(request, finding.analysis_id), opened=finding.element.slug, **context)


@login_required
@require_POST
def add_link(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    finding = _editable_row(request, pk, element)
    form = LinkForm(request.POST, auto_id=f"id_{element}_link_%s")
    if not form.is_valid():
        return _evidence(request, finding, link_form=form)
    try:
        finding.attach_link(by=request.user, **form.cleaned_data)
    except WrongState as error:
        form.add_error(None, str(error))
        return _evidence(request, finding, link_form=form)
    return _evidence(request, finding)


@login_required
@require_POST
def add_file(request: AuthenticatedRequest, pk: int, element: str) -> HttpResponse:
    finding = _editable_row(request, pk, element)
    form = FileForm(request.POST, request.FILES, auto_id=f"id_{element}_file_%s")
    if form.is_valid():
        try:
            finding.attach_file(form.cleaned_data["file"], by=request.user)
        except (RefusedFile, WrongState) as error:
            form.add_error("file", str(error))
        else:
            return _evidence(request, finding)
    return _evidence(request, finding, file_form=form)


@login_required
@require_POST
def remove_evidence(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(Evidence.objects.visible_to(request.user), pk=pk)
    finding = _editable_row(request, item.finding.analysis_id, item.finding.element.slug)
    try:
        item.discard(by=request.user)
    except WrongState as error:
        messages.error(request, str(error))
        return redirect(finding.analysis)
    return _evidence(request, finding)


@login_required
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    items = Evidence.objects.visible_to(request.user).select_related("file")
    item = get_object_or_404(items, pk=pk, file__isnull=False)
    return item.file.response()  # type: ignore[union-attr,return-value]
