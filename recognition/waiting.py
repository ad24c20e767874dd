"""Registers items for the home page: applications to edit, reviews to submit, and the sizes of staff queues."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Prefetch, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffGroup, User
from recognition.models import Application, Photo, Seat
from recognition.models.application import check_content
from recognition.rights import PENDING
from workflow.waiting import Waiting, source

Status = Application.Status


@source(order=20)
def applications(user: User) -> Iterator[Waiting]:
    """Yields applications that the user can still edit, of the five that close first."""
    edition = "cycle__edition"
    photos = Photo.objects.filter(submission=None).select_related("file")
    rows = Application.objects.visible_to(user).to_write()
    rows = rows.select_related(edition).prefetch_related(
        "sections", Prefetch("photos", photos), f"{edition}__attributes", f"{edition}__categories__options"
    )
    for application in rows.order_by("cycle__closes", "pk")[:5]:
        if application.is_editable:
            yield _application(application)


def _application(application: Application) -> Waiting:
    by = application.for_reader(application.deadline)
    if application.status == Status.RETURNED:
        why = f"Something is missing. Complete it and resubmit it by {by}."
        return Waiting(f"{application}: returned to you", why, "Complete", application.get_absolute_url())
    photos = [(photo.file.name, photo.caption) for photo in application.photos.all()]
    n = len(check_content(application.content(), photos, application.cycle).deficiencies)
    if n:
        missing = f"{n} item{' is' if n == 1 else 's are'} missing."
    else:
        can_submit = application.my_role == Role.MANAGER
        missing = "Ready to submit." if can_submit else "Ready for a manager to submit."
    why = f"{missing} {_days_left(application)}: submit it by {by}."
    return Waiting(str(application), why, "Continue", application.get_absolute_url())


def _days_left(application: Application) -> str:
    zone = ZoneInfo(application.cycle.time_zone)
    left = (application.deadline.astimezone(zone).date() - timezone.localdate(timezone=zone)).days
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
        yield Waiting(what, why, "Continue" if seat.declared_at else "Start", seat.get_absolute_url())


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
