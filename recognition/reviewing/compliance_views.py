"""The compliance review, and the EPA Region's recommendation that may follow it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from files.models import RefusedFile
from recognition.access import step
from recognition.application import shown
from recognition.models import Application, ComplianceCheck, Unfinished
from recognition.models.review import find_compliant, find_not_eligible, hear_region, not_eligible_letter
from recognition.models.screening import latest_findings
from recognition.previewing import is_confirmed, preview
from recognition.reviewing.compliance_forms import CheckForm, FindingForm, RegionForm
from recognition.rights import Act, Rights
from recognition.screening import asking
from workflow import polling, saving


@require_safe
@step(Act.SEE_COMPLIANCE)
def compliance(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Shows the applicant and the compliance record; only compliance staff can add to it."""
    return _page(request, application, rights)


@require_POST
@step(Act.RECORD_COMPLIANCE)
def record(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in ComplianceCheck.Kind.values:
        raise Http404
    form = CheckForm(request.POST, request.FILES, kind=kind)
    if form.is_valid():
        try:
            found = ComplianceCheck.record(application, by=request.user, **form.facts)
        except RefusedFile as error:
            form.add_error("attachment", f"{error} Nothing was recorded. Your other entries are kept below.")
        else:
            messages.success(request, f"Recorded. {found}.")
            return redirect("recognition:compliance", application.pk)
    return _page(request, application, rights, form)


@require_POST
@step(Act.CLEAR)
def compliant(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    try:
        find_compliant(application, by=request.user)
    except Unfinished as error:
        messages.error(request, f"The application was not moved. {error}")
        return redirect("recognition:compliance", application.pk)
    messages.success(
        request,
        f"No violation found. {application.utility} moved to the next stage: {application.get_status_display()}.",
    )
    return redirect("recognition:queue", "compliance")


@step(Act.BAR)
def not_eligible(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Asks for the finding in words for the applicant, shows the letter, and sends it once confirmed."""
    form = FindingForm(request.POST or None)
    try:
        not_eligible_letter(application)  # raises if it can't be written yet
        if is_confirmed(request, form):
            find_not_eligible(application, by=request.user, **form.cleaned_data)
            messages.success(
                request, f"{application.utility} is not eligible in this cycle. {application.how_notified}"
            )
            return redirect("recognition:queue", "compliance")
        letter = preview(request, form, application, lambda said: not_eligible_letter(application, **said))
    except Unfinished as error:
        messages.error(request, f"The application was not moved. {error}")
        return redirect("recognition:compliance", application.pk)
    records = application.compliance_checks.select_related("recorded_by", "attachment").by_kind().values()
    context = {"application": application, "form": form, "records": records, "letter": letter}
    return render(
        request, "recognition/reviewing/application_not_eligible.html", context, status=saving.status_of(form)
    )


@require_POST
@step(Act.SCREEN)
def ask(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    if not asking.request(application):
        messages.error(request, "ECHO can’t be queried right now. Nothing was changed. Try again later.")
    return redirect(f"{reverse('recognition:compliance', args=[application.pk])}#echo")


@require_safe
@never_cache
@step(Act.SEE_COMPLIANCE)
def echo(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Returns ECHO's answers for htmx, or 204 if nothing changed."""
    panel = asking.panel(application)
    context = {"application": application, "panel": panel, "may_ask": rights.may(Act.SCREEN)}
    fragment = "recognition/reviewing/application_compliance.html#echo"
    return polling.answer(request, fragment, context, seen=panel.seen, is_finished=panel.since is None)


@require_safe
@step(Act.SEE_COMPLIANCE)
def attachment(request: AuthenticatedRequest, application: Application, rights: Rights, record_pk: int) -> HttpResponse:
    records = application.compliance_checks.filter(attachment__isnull=False).select_related("attachment")
    return get_object_or_404(records, pk=record_pk).attachment.response()  # type: ignore[union-attr,return-value]


def _page(
    request: AuthenticatedRequest,
    application: Application,
    rights: Rights,
    sent: CheckForm | None = None,
) -> HttpResponse:
    submission = application.submission
    assert submission  # noqa: S101  # it was submitted
    records = list(application.compliance_checks.select_related("recorded_by", "attachment"))
    latest = {record.kind: record for record in records}
    found = {record.result for record in latest.values()}
    is_recorded = len(latest) == len(ComplianceCheck.Kind)
    context: dict[str, Any] = {
        "application": application,
        "contact": shown.contact(submission.content)[1],
        "panel": asking.panel(application),
        "may_ask": rights.may(Act.SCREEN),
        "screened": latest_findings(application).select_related("screening"),
        "kinds": [_kind(kind, latest.get(kind), records, sent) for kind in ComplianceCheck.Kind],
        "may_record": rights.may(Act.RECORD_COMPLIANCE),
        "is_clear": is_recorded and found == {ComplianceCheck.Result.CLEAR},
        "has_violation": ComplianceCheck.Result.VIOLATION in found,
        "is_recorded": is_recorded,
        "has_errors": bool(sent and sent.errors),
    }
    status = 422 if context["has_errors"] else 200
    return render(request, "recognition/reviewing/application_compliance.html", context, status=status)


def _kind(
    kind: ComplianceCheck.Kind, last: ComplianceCheck | None, records: list[ComplianceCheck], sent: CheckForm | None
) -> dict[str, Any]:
    """Returns one kind of check: the record that counts, the earlier ones, the form for the next."""
    form = sent if sent and sent.kind == kind else CheckForm(kind=kind)
    earlier = [record for record in records if record.kind == kind and record != last]
    return {"kind": kind, "last": last, "earlier": earlier[::-1], "form": form}


@step(Act.RECORD_REGION)
def region(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    form = RegionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        hear_region(application, by=request.user, **form.cleaned_data)
        messages.success(request, f"Recorded. The application of {application.utility} moved to panel review.")
        return redirect("recognition:queue", "region")
    context = {"application": application, "form": form, "region": application.utility.epa_region}
    return render(request, "recognition/reviewing/application_region.html", context, status=saving.status_of(form))
