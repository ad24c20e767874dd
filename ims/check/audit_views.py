"""The pages of an audit: its team, its checklist, its report; and the program of a year."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.access import can_edit, record_of, utility_of
from ims.check.audit_forms import AuditorForm, LineForm, QuestionForm
from ims.check.audit_program import Program
from ims.check.audit_rows import AuditLine, Auditor
from ims.check.audits import Audit
from pdca.models import Element
from reports.views import report_request
from workflow import saving
from workflow.models import WrongState

REPORT = "audit"


def _audit(request: AuthenticatedRequest, utility_pk: int, number: str, *, editor: bool = True) -> Audit:
    audit: Audit = record_of(request, utility_pk, Audit.REGISTER, number)
    if editor and audit.my_role not in CAN_EDIT:
        raise PermissionDenied
    return audit


def _line(request: AuthenticatedRequest, audit: Audit, pk: int) -> AuditLine:
    line: AuditLine = get_object_or_404(
        AuditLine.objects.visible_to(request.user).select_related("made"), pk=pk, audit=audit
    )
    line.audit = audit
    return line


def checklist_url(audit: Audit) -> str:
    return reverse("ims:checklist", args=[audit.utility_id, audit.number])


@login_required
def auditor(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int | None = None) -> HttpResponse:
    """Adds somebody to the team or changes an entry; "remove" takes it out."""
    audit = _audit(request, utility_pk, number)
    found = (
        get_object_or_404(Auditor.objects.visible_to(request.user).select_related("person"), pk=pk, audit=audit)
        if pk
        else None
    )
    if found:
        found.audit = audit
    form = AuditorForm(request.POST or None, instance=found, audit=audit)
    if request.method == "POST" and ("remove" in request.POST or form.is_valid()):
        try:
            if found and "remove" in request.POST:
                found.leave(by=request.user)
            else:
                Auditor.choose(audit, by=request.user, auditor=found, **form.cleaned_data)
            messages.success(request, f"The team of {number} was saved.")
        except WrongState as error:
            messages.info(request, f"Nothing was changed. {error}")
        return redirect(f"{audit.get_absolute_url()}#team")
    context = {"audit": audit, "form": form, "auditor": found}
    return render(request, "ims/check/auditor.html", context, status=saving.status_of(form))


@login_required
def checklist(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    return _checklist_page(request, _audit(request, utility_pk, number, editor=False))


def _checklist_page(request: AuthenticatedRequest, audit: Audit, **more: Any) -> HttpResponse:
    """``more`` may have ``sent``, the form of a line, with its ``conflict``; or ``question_form``."""
    status, sent = more.pop("status", 200), more.pop("sent", None)
    can_answer = audit.my_role in CAN_EDIT and audit.status == Audit.Status.UNDER_WAY
    lines = list(audit.lines.select_related("made", "changed_by"))
    for line in lines:
        line.audit = audit

    def form_of(line: AuditLine) -> LineForm | None:
        if not can_answer:
            return None
        return sent if sent and sent.instance.pk == line.pk else LineForm(instance=line)

    at = {each.element: each for each in registers.known()}
    context = {
        "audit": audit,
        "rows": [(line, form_of(line), at.get(line.element)) for line in lines],
        "names": dict(Element.objects.known().values_list("slug", "name")),
        "n_answered": sum(bool(line.finding) for line in lines),
        "findings": AuditLine.Finding.choices,
        "can_prepare": audit.my_role in CAN_EDIT and audit.status in Audit.BEFORE_REPORT,
        "can_lead_on": audit.my_role in CAN_EDIT and audit.status != Audit.Status.CANCELED,
        "question_form": QuestionForm(),
        "status": status,
    }
    return render(request, "ims/check/checklist.html", context | more, status=status)


@login_required
@require_POST
def fill(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    audit = _audit(request, utility_pk, number)
    try:
        n = audit.fill(by=request.user)
    except WrongState as error:
        messages.info(request, f"Nothing was changed. {error}")
    else:
        words = f"{n} {'line' if n == 1 else 'lines'} changed." if n else "The checklist is up to date."
        messages.success(request, words)
    return redirect(checklist_url(audit))


@login_required
@require_POST
def ask(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    audit = _audit(request, utility_pk, number)
    form = QuestionForm(request.POST)
    if not form.is_valid():
        return _checklist_page(request, audit, question_form=form, status=422)
    try:
        line = audit.ask(by=request.user, **form.cleaned_data)
    except WrongState as error:
        messages.info(request, f"Nothing was changed. {error}")
        return redirect(checklist_url(audit))
    return redirect(f"{checklist_url(audit)}#row-{line.pk}")


@login_required
@require_POST
def save_line(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int) -> HttpResponse:
    """Saves a finding if the line still has the version that was read (workflow.saving)."""
    audit = _audit(request, utility_pk, number)
    line = _line(request, audit, pk)
    form = LineForm(request.POST, instance=line)

    def keep() -> AuditLine:
        line.answer(form.cleaned_data["version"], by=request.user, **form.changes)
        return line

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _checklist_page(request, audit, sent=form, conflict=conflict, status=status)

    block = saving.Block(str(line.pk), checklist_url(audit))
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
@require_POST
def drop(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int) -> HttpResponse:
    audit = _audit(request, utility_pk, number)
    try:
        _line(request, audit, pk).drop(by=request.user)
        messages.success(request, "The question was removed.")
    except WrongState as error:
        messages.info(request, f"Nothing was changed. {error}")
    return redirect(checklist_url(audit))


@login_required
@require_POST
def request_report(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    return report_request(request, REPORT, _audit(request, utility_pk, number, editor=False).pk)


@login_required
def program(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows the audits of a year by month, and what was not audited for long. ``year`` in the address chooses it."""
    utility = utility_of(request, utility_pk)
    asked, today = request.GET.get("year", ""), timezone.localdate()
    year = int(asked) if asked.isdecimal() and len(asked) == len("2026") and int(asked) else today.year
    context = {
        "utility": utility,
        "program": Program(utility, request.user, year, today),
        "can_edit": can_edit(utility),
    }
    return render(request, "ims/check/audit_program.html", context)
