"""How every page of the room gets its application: one that exists for the person, and the right to what is asked."""

from typing import Any

from django.shortcuts import get_object_or_404

from recognition.models import Application
from recognition.rights import Act, Rights

CRITERIA = ("cycle__edition__attributes", "cycle__edition__categories__options")


def application_for(user: Any, pk: int, act: Act | None = None) -> tuple[Application, Rights]:
    """The application and what ``user`` may do with it. Raises Http404 or, without the right, NotAllowed."""
    rows = Application.objects.visible_to(user).select_related("cycle__edition").prefetch_related(*CRITERIA)
    application = get_object_or_404(rows, pk=pk)
    rights = Rights(user, application)
    if act:
        rights.require(act)
    return application, rights
