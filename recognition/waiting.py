"""Registers items for the home page: applications to edit, reviews to submit, and the sizes of staff queues."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffGroup, User
from recognition.applying.latest import to_write
from recognition.models import Application, Seat
from recognition.models.application import check_content
from recognition.rights import PENDING
from workflow.waiting import Waiting, source

Status = Application.Status


@source(order=20)
def applications(user: User) -> list[Waiting]:
    """Returns applications that the user can still edit, of the five that close first."""
    return [_application(application) for application in to_write(user)]


def _application(application: Any) -> Waiting:
    by = application.for_reader(application.deadline)
    if application.status == Status.RETURNED:
        why = f"Something is missing. Complete it and resubmit it by {by}."
        what, day = f"{application}: returned to you", _last_day(application)
        return Waiting(what, why, "Complete", application.get_absolute_url(), by=day)
    photos = [(photo["name"], photo["caption"]) for photo in application.draft_photos]
    content = {section["name"]: section["answers"] for section in application.draft_sections}
    n = len(check_content(content, photos, application.cycle).deficiencies)
    if n:
        missing = f"{n} item{' is' if n == 1 else 's are'} missing."
    else:
        can_submit = application.my_role == Role.MANAGER
        missing = "Ready to submit." if can_submit else "Ready for a manager to submit."
    why = f"{missing} {_days_left(application)}: submit it by {by}."
    return Waiting(str(application), why, "Continue", application.get_absolute_url(), by=_last_day(application))


def _last_day(application: Application) -> date:
    return application.deadline.astimezone(ZoneInfo(application.cycle.time_zone)).date()


def _days_left(application: Application) -> str:
    left = (_last_day(application) - timezone.localdate(timezone=ZoneInfo(application.cycle.time_zone))).days
    return "Last day" if left == 0 else f"{left} day{'s' if left > 1 else ''} left"


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
