"""Pages on which a utility chooses what the register shows of its recognition, and staff revoke it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.models import Application, Recognition
from recognition.previewing import is_confirmed, preview
from recognition.register import content as register
from recognition.register.forms import RevokeForm, ShownForm
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import WrongState


def _valid(application: Application) -> Recognition:
    """Returns the recognition. Raises Http404 if there is none, WrongState if it is no longer valid."""
    recognition = get_object_or_404(Recognition, application=application)
    if recognition.state != "valid":
        raise WrongState("The recognition is no longer valid, so the utility is not listed.")
    recognition.application = application
    return recognition


@step(Act.PUBLISH)
def publish(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Edits what the register shows, with a view of the result. A POST with "preview" saves nothing."""
    recognition = _valid(application)
    form = ShownForm(request.POST or None, recognition=recognition)
    conflict: dict[str, Any] = {}
    if form.is_valid() and "preview" not in request.POST:
        conflict = saving.tried(form, request, recognition.publish)
        if not conflict:
            messages.success(request, "Saved. The public listing is updated.")
            return redirect("recognition:publish", application.pk)
    words = form.words if form.is_valid() else {name: getattr(recognition, name) for name in ("published", "summary")}
    context = {
        "application": application,
        "entry": recognition,
        "form": form,
        "conflict": conflict,
        "shown": register.shown(application, **words),
        "is_preview": form.is_bound,
    }
    status = 409 if conflict else saving.status_of(form)
    return render(request, "recognition/register/register_publish.html", context, status=status)


@step(Act.REVOKE)
def revoke(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Asks for a reason, shows the letter, and revokes once confirmed. The public sees it at once."""
    recognition = _valid(application)
    form = RevokeForm(request.POST or None)
    if is_confirmed(request, form):
        recognition.revoke(by=request.user, **form.cleaned_data)
        messages.success(request, f"The recognition of {application.utility} was revoked. {application.how_notified}")
        return redirect(application)
    letter = preview(request, form, application, lambda said: recognition.revocation_letter(**said))
    context = {"application": application, "recognition": recognition, "form": form, "letter": letter}
    return render(request, "recognition/register/recognition_revoke.html", context, status=saving.status_of(form))
