"""Home page items: what a cycle waits for, to the program staff who move it on and the administrators who set it up."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from recognition.models import Cycle
from recognition.rights import Act, offered
from workflow import composed
from workflow.waiting import Waiting, source

Status = Cycle.Status


@source(order=24)
def cycles(user: User) -> Iterator[Waiting]:
    """Yields what is to be done about the cycles that are not decided yet. One query."""
    moves, sets_up = offered(user, Act.MOVE_CYCLE), user.is_staff and user.has_perm("recognition.change_cycle")
    if not (moves or sets_up):
        return
    for cycle in composed.rows(_begun, None, timezone.now()):
        page = reverse("recognition:cycle", args=[cycle.pk])
        settings = reverse("admin:recognition_cycle_change", args=[cycle.pk]) if sets_up else page
        if cycle.approval_is_over:
            why = f"The approval of {cycle.omb_control_number} is over. Nobody has to answer until it is renewed."
            yield Waiting(f"{cycle}: the form’s approval has expired", why, "Open", settings, is_late=True)
        if not cycle.is_signed:
            yield Waiting(f"{cycle}: nobody signs", "Decisions can’t be released without a signer.", "Open", settings)
        if moves and cycle.stage == "Closed":
            yield Waiting(f"{cycle} has closed", "Begin its review, so that decisions can be made.", "Open", page)


def _begun(now: datetime) -> QuerySet[Cycle]:
    return Cycle.objects.filter(status__in=(Status.PLANNED, Status.REVIEW), opens__lte=now)
