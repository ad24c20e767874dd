"""Fetches the application of a page and checks the user's rights.

``application_for`` fetches it for any view; ``step`` decorates views that need a right.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.criteria.models import rules_of
from recognition.models import Application
from recognition.rights import Act, Rights
from workflow import composed
from workflow.models import WrongState

Step = Callable[..., HttpResponse]  # takes request, application, rights and the other URL arguments


def application_for(user: User, pk: int, act: Act | None = None) -> tuple[Application, Rights]:
    """Returns the application and the rights of ``user``.

    Raises Http404 if the application is not visible to ``user``, NotAllowed without the right to ``act``.
    """
    application = composed.get_or_404(_visible, user, pk)
    edition = application.cycle.edition
    edition.criteria = edition.criteria_from(application.rules)
    rights = Rights(user, application)
    if act:
        rights.require(act)
    return application, rights


def _visible(user: User, pk: int) -> QuerySet[Application]:
    rows = Application.objects.visible_to(user).filter(pk=pk).select_related("cycle__edition", "handler")
    return rows.annotate(rules=rules_of("cycle__edition"))


def step(*acts: Act) -> Callable[[Step], Callable[..., HttpResponse]]:
    """Restricts a view to users who may do one of ``acts``.

    Responds 404 if the application is not visible to the user, 403 if the user's role never includes one of ``acts``.
    If the role does, but at another stage (a double click, the back button, a colleague who was faster), redirects to
    the application with a message.
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
    """Redirects with a message: the stage has changed or, if it has not, the reason ``why``."""
    stored, _ = application_for(request.user, read.pk)
    if stored.status != read.status:
        return moved_on(request, stored)
    messages.error(request, f"Nothing was changed. {why}")
    return redirect(stored)


def moved_on(request: AuthenticatedRequest, application: Application) -> HttpResponse:
    knows = Rights(request.user, application).may(Act.SEE_RECOMMENDATION)
    stage = (application.get_status_display() if knows else application.stage_shown).lower()
    messages.info(request, f"Nothing was changed: the application of {application.applicant} is now at “{stage}”.")
    return redirect(application)
