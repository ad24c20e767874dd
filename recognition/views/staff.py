"""What the staff's steps on one application have in common."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.requests import AuthenticatedRequest
from recognition.models import Application
from recognition.requests import application_for
from recognition.rights import Act, Rights
from workflow.models import WrongState

Step = Callable[..., HttpResponse]  # of request, application, rights and what else the address names


def step(*acts: Act) -> Callable[[Step], Callable[..., HttpResponse]]:
    """A page or an action for whoever may do one of ``acts``: a stranger gets 404, another role 403.

    Who has the role but comes when the stage is over (a second click, the back button, a colleague who was quicker)
    gets back to the application, with a word.
    """

    def wrap(view: Step) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(view)
        def stepped(request: AuthenticatedRequest, pk: int, **more: Any) -> HttpResponse:
            application, rights = application_for(request.user, pk)
            if any(rights.may(act) for act in acts):
                try:
                    return view(request, application, rights, **more)
                except WrongState as error:
                    return _refused(request, application, str(error))
            elif not any(rights.includes(act) for act in acts):
                raise PermissionDenied
            return moved_on(request, application)

        return stepped

    return wrap


def _refused(request: AuthenticatedRequest, read: Application, why: str) -> HttpResponse:
    """Someone was quicker; or, where the stage is as it was read, the rule itself says why."""
    stored, _ = application_for(request.user, read.pk)
    if stored.status != read.status:
        return moved_on(request, stored)
    messages.error(request, f"Nothing was changed. {why}")
    return redirect(stored)


def moved_on(request: AuthenticatedRequest, application: Application) -> HttpResponse:
    knows = Rights(request.user, application).may(Act.SEE_RECOMMENDATION)
    stage = (application.get_status_display() if knows else application.stage_shown).lower()
    messages.info(request, f"Nothing was changed: the application of {application.utility} is at “{stage}” now.")
    return redirect(application)
