"""Registers items for the home page: reviews to submit, and the sizes of staff queues."""

from collections.abc import Iterator

from django.db.models import Count, Max, Q
from django.urls import reverse

from accounts.models import StaffGroup, User
from recognition.models import Application, Seat
from recognition.rights import PENDING
from workflow.waiting import Waiting, source

Status = Application.Status


@source(order=21)
def reviews(user: User) -> Iterator[Waiting]:
    """Yields the reviews that a panel member still has to submit, at most ten."""
    if StaffGroup.PANEL not in user.staff_groups:
        return
    seats = Seat.objects.to_do().filter(member=user).with_progress().select_related("application__utility")
    for seat in seats.order_by("due", "pk")[:10]:
        due = f"{'It was due' if seat.is_late else 'Due'} {seat.due:%B %-d}."
        left = seat.n_criteria - seat.n_rated
        if seat.declared_at is None:
            why = f"First declare whether you have a conflict of interest. {due}"
        elif left:
            why = f"{left} of {seat.n_criteria} criteria still need{'s' if left == 1 else ''} your rating. {due}"
        else:
            why = f"Everything is rated. Check your review and submit it. {due}"
        what = f"Your review of {seat.application.utility}"
        do = "Continue" if seat.declared_at else "Start"
        yield Waiting(what, why, do, seat.get_absolute_url(), by=seat.due, is_late=seat.is_late)


@source(order=22)
def queues(user: User) -> Iterator[Waiting]:
    """Yields how many applications wait for program staff, compliance staff and the official."""
    groups = user.staff_groups & {StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL}
    if not groups:
        return
    outbox = Q(decision__isnull=False, decision__released_at=None)
    n = (
        Application.objects.visible_to(user)
        .of_others()
        .aggregate(
            new=Count("pk", filter=Q(status__in=(Status.SUBMITTED, Status.RESUBMITTED))),
            begun=Count("pk", filter=Q(status=Status.COMPLETENESS)),
            compliance=Count("pk", filter=Q(status=Status.COMPLIANCE)),
            to_decide=Count("pk", filter=Q(status__in=PENDING, decision=None)),
            outbox=Count("pk", filter=outbox),
            outbox_of=Max("cycle", filter=outbox),
        )
    )
    if StaffGroup.PROGRAM in groups:
        queue = reverse("recognition:queue", args=["completeness"])
        yield from _some(
            n["new"], "to check for completeness", "Submitted. The completeness review has not started.", queue
        )
        yield from _some(n["begun"], "in completeness review", "The checklist is not finished.", queue)
    if StaffGroup.COMPLIANCE in groups:
        queue = reverse("recognition:queue", args=["compliance"])
        yield from _some(n["compliance"], "in compliance review", "The compliance record needs to be checked.", queue)
    if StaffGroup.OFFICIAL in groups:
        why = "The panel has made its recommendation."
        yield from _some(n["to_decide"], "to decide", why, reverse("recognition:decisions"))
    if StaffGroup.OFFICIAL in groups and n["outbox"]:
        letters = reverse("recognition:outbox", args=[n["outbox_of"]])
        yield from _some(n["outbox"], "in the outbox", "Decided. The letters are not released yet.", letters)


def _some(n: int, what: str, why: str, url: str) -> Iterator[Waiting]:
    if n:
        yield Waiting(f"{n} application{'' if n == 1 else 's'} {what}", why, "Open", url)
