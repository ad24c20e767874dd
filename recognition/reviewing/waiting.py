"""Registers items for the home page: reviews to submit, and the sizes of staff queues."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.text import Truncator

from accounts.models import StaffGroup, User
from recognition.models import Application, NoteReader, Seat
from recognition.reviewing import queues
from recognition.rights import PENDING, Act, offered, stages
from workflow import composed
from workflow.waiting import Waiting, source

Status = Application.Status


@source(order=21)
def reviews(user: User) -> Iterator[Waiting]:
    """Yields the reviews that a panel member still has to submit, at most ten."""
    if StaffGroup.PANEL not in user.staff_groups:
        return
    undeclared = Seat.objects.to_declare(user).order_by().values("member").annotate(n=Count("pk")).values("n")
    rows = (
        Seat.objects.to_do()
        .filter(member=user)
        .with_progress()
        .select_related("application__utility", "application__cycle")
    )
    seats: list[Any] = list(rows.annotate(n_undeclared=Subquery(undeclared)).order_by("due", "pk")[:10])
    if seats and (n := seats[0].n_undeclared or 0) > 1:
        why = "Declare whether you have a conflict of interest, for all of them on one page."
        yield Waiting(f"{n} applications to declare", why, "Declare", reverse("recognition:declare_all"))
    for seat in seats:
        due = f"{'It was due' if seat.is_late else 'Due'} {seat.due:%B %-d}."
        left = seat.n_criteria - seat.n_rated
        if seat.declared_at is None:
            why = f"First declare whether you have a conflict of interest. {due}"
        elif left:
            why = f"{left} of {seat.n_criteria} criteria still need{'s' if left == 1 else ''} your rating. {due}"
        else:
            why = f"Everything is rated. Check your review and submit it. {due}"
        what = f"Your review of {seat.application.shown_to_panel}"
        do = "Continue" if seat.declared_at else "Start"
        yield Waiting(what, why, do, seat.get_absolute_url(), by=seat.due, is_late=seat.is_late)


@source(order=20)
def recommendations(user: User) -> Iterator[Waiting]:
    """Yields the panels that the person leads and that have every review in."""
    if StaffGroup.PANEL not in user.staff_groups:
        return
    seats = Seat.objects.filter(member=user).to_recommend().select_related("application__utility", "application__cycle")
    for seat in seats.order_by("due", "pk")[:10]:
        why = "All reviews are in and you lead the panel. Nobody else can record it."
        url = f"{seat.get_absolute_url()}#recommendation"
        yield Waiting(f"The panel’s recommendation on {seat.application.shown_to_panel}", why, "Record", url)


@source(order=19)
def notes(user: User) -> Iterator[Waiting]:
    """Yields the internal notes that colleagues left for the person, the oldest first, at most ten."""
    if not offered(user, Act.NOTE):
        return
    for each in composed.rows(_notes, user):
        note = each.note
        what = f"A note from {note.by or 'a colleague'}: {note.application.utility}"
        yield Waiting(what, Truncator(note.text).chars(200), "Read", f"{note.application.get_absolute_url()}#notes")


def _notes(user: User) -> QuerySet[NoteReader]:
    mine = NoteReader.objects.filter(user=user, done_at=None)
    known = Application.objects.visible_to(user).of_others(user).without_a_seat()
    known = known.filter(staff_notes__readers__in=mine, status__in=stages(user, Act.NOTE)).order_by()
    rows = mine.filter(note__application__in=known.values("pk")).order_by("pk")
    return rows.select_related("note__by", "note__application__utility")[:10]


# Why an application stalls at the panel (``queues.STALLS``) → what the home page says of it.
AT_PANEL = {
    "none": ("without a panel", "Nobody is assigned yet."),
    "short": ("with members lacking", "The panel can’t recommend before it is full."),
    "recused": ("with a panel that a member left", "Assign someone else."),
    "lead": ("without a panel lead", "Only a lead can record the recommendation. Choose one."),
    "late": ("with a late review", "A member has not submitted by the due date."),
    "ready": ("ready to recommend", "All reviews are in. The recommendation is to be recorded by the lead."),
}


@source(order=22)
def queues_of_staff(user: User) -> Iterator[Waiting]:
    """Yields how many applications wait for program staff, compliance staff and the official, stage by stage."""
    groups = user.staff_groups & {StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL}
    if not groups:
        return
    n = composed.figures(_under_review, user)
    if StaffGroup.PROGRAM in groups:
        queue = _whole("completeness")
        yield from _some(
            n["new"], "to check for completeness", "Submitted. The completeness review has not started.", queue
        )
        yield from _some(n["begun"], "in completeness review", "The checklist is not finished.", queue)
    if StaffGroup.COMPLIANCE in groups:
        queue = _whole("compliance")
        yield from _some(n["compliance"], "in compliance review", "The compliance record needs to be checked.", queue)
    if StaffGroup.PROGRAM in groups:
        queue = _whole("region")
        yield from _some(n["region"], "with the EPA Region", "Its recommendation is not recorded yet.", queue)
        yield from _at_panel(user)
    if StaffGroup.OFFICIAL in groups:
        why = "The panel has made its recommendation."
        yield from _some(n["to_decide"], "to decide", why, reverse("recognition:decisions"))
    if groups & {StaffGroup.PROGRAM, StaffGroup.OFFICIAL} and n["outbox"]:
        letters = reverse("recognition:outbox", args=[n["outbox_of"]])
        yield from _some(n["outbox"], "in the outbox", "Decided. The letters are not released yet.", letters)
    if StaffGroup.PROGRAM in groups:
        yield from _not_reached(user)


def _under_review(user: User) -> composed.Summed:
    outbox = Q(decision__isnull=False, decision__released_at=None)
    return Application.objects.visible_to(user).of_others(user).under_review(), {
        "new": Count("pk", filter=Q(status__in=(Status.SUBMITTED, Status.RESUBMITTED))),
        "begun": Count("pk", filter=Q(status=Status.COMPLETENESS)),
        "compliance": Count("pk", filter=Q(status=Status.COMPLIANCE)),
        "region": Count("pk", filter=Q(status=Status.REGION)),
        "to_decide": Count("pk", filter=Q(status__in=PENDING, decision=None)),
        "outbox": Count("pk", filter=outbox),
        "outbox_of": Max("cycle", filter=outbox),
    }


def _not_reached(user: User) -> Iterator[Waiting]:
    """Yields applications of any stage, also closed ones, whose applicant was not told something yet. One query."""
    n = composed.figures(_not_notified, user)
    if n["to_mail"]:
        letters, why = reverse("recognition:letters", args=[n["to_mail_of"]]), "Nobody can be reached by email."
        yield from _some(n["to_mail"], "with a letter to print and mail", why, f"{letters}?mailed=no")
    why = "The applicant or a reviewer did not get it. Check the address."
    yield from _some(
        n["failed"],
        "with an email that could not be sent",
        why,
        f"{reverse('recognition:queue', args=['all'])}?mail=failed",
    )


def _not_notified(user: User) -> composed.Summed:
    failed, to_mail = queues.with_failed_mail(), Q(queues.with_letter_to_mail(), my_seat=None)
    return Application.objects.visible_to(user).of_others(user).filter(pk__in=queues.not_notified()), {
        "failed": Count("pk", filter=failed),
        "to_mail": Count("pk", filter=to_mail),
        "to_mail_of": Max("cycle", filter=to_mail),
    }


def _at_panel(user: User) -> Iterator[Waiting]:
    """Yields each way to stall at the panel, with its filtered queue. One query."""
    n = composed.figures(queues.n_stalling, user)
    queue = reverse("recognition:queue", args=["panel"])
    for name, (what, why) in AT_PANEL.items():
        yield from _some(n[name], what, why, f"{queue}?stalls={name}")


def _whole(name: str) -> str:
    """Returns the address of a queue with all that it counts, whatever view of it the person sees first."""
    return f"{reverse('recognition:queue', args=[name])}?view=all"


def _some(n: int, what: str, why: str, url: str) -> Iterator[Waiting]:
    if n:
        yield Waiting(f"{n} application{'' if n == 1 else 's'} {what}", why, "Open", url)
