"""The way back for an application that was closed by mistake: as incomplete, or as not eligible."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts import zones
from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.models import Application, Unfinished
from recognition.models.review import closed_from, reopen, reopened_letter
from recognition.previewing import is_confirmed, preview
from recognition.reviewing.completeness_forms import ReasonForm, ReopenForm
from recognition.rights import Act, Rights
from workflow import saving


@step(Act.REOPEN)
def reopen_one(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Asks why, shows the letter, and leads the application back once confirmed."""
    to = Application.Status(closed_from(application))
    form = _form(request, application, to)
    try:
        if is_confirmed(request, form):
            reopen(application, by=request.user, **form.cleaned_data)
            messages.success(request, f"Reopened: {_shown(to, rights).lower()}. {application.how_notified}")
            return redirect(application)
    except Unfinished as error:
        messages.error(request, f"Not reopened. {error}")
        return redirect("recognition:compliance", application.pk)
    letter = preview(request, form, application, lambda said: reopened_letter(application, **said))
    context = {"application": application, "form": form, "to": _shown(to, rights), "letter": letter}
    return render(request, "recognition/reviewing/application_reopen.html", context, status=saving.status_of(form))


def _form(request: AuthenticatedRequest, application: Application, to: str) -> Any:
    if to != Application.Status.RETURNED:
        return ReasonForm(request.POST or None)
    today = zones.today(ZoneInfo(application.cycle.time_zone))
    start = {"due": today + timedelta(days=application.cycle.days_to_resubmit)}
    return ReopenForm(request.POST or None, today=today, initial=start)


def _shown(to: Application.Status, rights: Rights) -> str:
    """Returns the stage in words, without the panel's recommendation for those who may not know it."""
    hidden = to in Application.PENDING and not rights.includes(Act.SEE_RECOMMENDATION)
    return "Awaiting decision" if hidden else to.label
