"""The view in which people report the hours they spent on an application."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.burden.hours import given, of_application, steps
from recognition.burden.hours_forms import HoursForm
from recognition.models import Application, Hours
from recognition.rights import Act, Rights
from workflow import saving
from workflow.rights import NotAllowed


def asked(user: User, application: Application, rights: Rights) -> dict[str, Any]:
    """Returns the context of recognition/burden/_hours.html: a form for each step, and sums for program staff."""
    known = given(user, application)
    forms = [HoursForm(step=each, given=known.get(each)) for each in steps(rights)]
    return {"forms": forms, "sums": of_application(application, rights)}


@require_http_methods(["GET", "HEAD", "POST"])
@step(Act.REPORT_HOURS, Act.LOG_HOURS)
def hours(request: AuthenticatedRequest, application: Application, rights: Rights, name: str) -> HttpResponse:
    """Saves one figure: the applicant's for the application, or the person's own for a step of the review."""
    if name not in Hours.Step.values:
        raise Http404
    if name not in steps(rights):
        raise NotAllowed("Your role does not include this step at this stage.")
    data = request.POST if request.method == "POST" else None
    form = HoursForm(data, step=name, given=given(request.user, application).get(name))
    if form.is_valid():
        kept = Hours.report(application, name, form.cleaned_data["hours"], by=request.user)
        messages.success(request, f"Thank you. Saved: {kept}. You can change it here at any time.")
        return redirect(application)
    context = {"application": application, "form": form}
    return render(request, "recognition/burden/hours_form.html", context, status=saving.status_of(form))
