"""The steps of the applications of a person's utilities, for the home page. They name nobody of the program's staff."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.models import Membership, User
from recognition.models import Application, ApplicationEvent
from workflow.recent import ChangeText, Facts, source

STARTED = "Started"  # the reason of the event with which an application begins


def _text(facts: Facts) -> ChangeText:
    name = f"{facts['utility']}, {facts['cycle']}"
    url = reverse("recognition:application", args=[facts["application"]])
    if facts["to"] == Application.Status.DRAFT:
        return ChangeText("started", name, url)
    stage = Application(status=facts["to"]).stage_shown
    if facts["is_own"]:
        return ChangeText("moved", name, url, f"to “{stage}”")
    return ChangeText("", name, url, f"is now “{stage}”", who="")


@source(text=_text, utility="application__utility")
def steps(user: User) -> QuerySet[Any]:
    """The changes of stage that applicants see (recognition.applying.timeline), and the start."""
    own = Application.objects.of_utilities_of(user).order_by().values("pk")
    members = Membership.objects.filter(utility=OuterRef("application__utility"), user=OuterRef("by"))
    facts = JSONObject(
        application="application",
        utility="application__utility__name",
        cycle="application__cycle__title",
        to="to_status",
        is_own=Exists(members),
    )
    begins = Q(from_status=Application.Status.DRAFT, to_status=Application.Status.DRAFT, why=STARTED)
    events = ApplicationEvent.objects.filter(application__in=own)
    return events.filter(begins | ~Q(from_status=F("to_status"))).annotate(facts=facts)
