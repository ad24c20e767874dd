"""The rows of each queue, with everything that its columns show, in one query.

Staff who belong to a utility are only its applicants (see rights.py), so none of their queues has its applications.
"""

from functools import cache
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Greatest, Substr
from django.db.models.lookups import LessThan, LessThanOrEqual
from django.utils import timezone

from accounts.models import Identifier, User, Utility
from accounts.regions import REGIONS
from letters.models import Delivery, Message
from recognition.models import Application, Decision, PaperLetter, Rating, Seat, Submission
from recognition.models.application_rows import ApplicationQuerySet
from workflow.composed import Summed
from workflow.matching import plain

Status = Application.Status
Rows = ApplicationQuerySet


def handled(user: User, statuses: Any) -> Rows:
    """Returns the applications at these stages that ``user`` handles."""
    return Application.objects.visible_to(user).of_others(user).filter(status__in=statuses)


def waiting(user: User, statuses: Any) -> Rows:
    """Returns the same with region, size, version number, due date."""
    rows = handled(user, statuses)
    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    return (
        rows.annotate(
            region=region(),
            size=Subquery(last.values("size")[:1]),
            number=Subquery(last.values("number")[:1]),
            due_on=due(),
        )
        .select_related("handler")
        .defer("cycle__certification", "cycle__comments_address")
        .order_by("status_since")
    )


@cache
def region(utility: str = "utility") -> Coalesce:
    """The EPA region of the utility that the field leads to, as in ``accounts.regions.region_of``: a tribal system's
    number begins with its region.
    """
    tribal = Identifier.objects.tribal().filter(utility=OuterRef(utility)).order_by("value")
    number = Subquery(tribal.values(region=Cast(Substr("value", 1, 2), IntegerField()))[:1])
    state = f"{utility}__state__in"
    whens = [When(**{state: states.split()}, then=Value(region)) for region, states in REGIONS.items()]
    return Coalesce(number, Case(*whens, output_field=IntegerField()))


@cache
def due() -> Case:
    """The day by which the stage should be over, in the cycle's time zone."""
    return Case(
        When(status=Status.DRAFT, then=_day(Coalesce("extended_until", "cycle__closes"))),
        When(status=Status.RETURNED, then=_day(F("resubmit_by"))),
        When(status__in=Application.BEFORE_PANEL, then=F("cycle__panel_from")),
        When(status=Status.PANEL, then=F("cycle__panel_until")),
        When(status__in=Application.PENDING, then=F("cycle__letters_from")),
        output_field=DateField(),
    )


def late() -> Q:
    """Which applications are late, as ``lists.is_late`` says of one row."""
    now = Value(timezone.now(), DateTimeField())
    ends = Case(  # an extension never shortens the time: GREATEST leaves out nulls
        When(status=Status.DRAFT, then=Greatest("extended_until", "cycle__closes")),
        When(status=Status.RETURNED, then=F("resubmit_by")),
        output_field=DateTimeField(),
    )
    is_over = Q(LessThan(due(), _day(now))) & ~Q(status__in=Application.EDITABLE)
    return Q(LessThanOrEqual(ends, now)) | is_over


def _day(moment: Any) -> Cast:
    local = Func(F("cycle__time_zone"), moment, function="timezone", output_field=DateTimeField())
    return Cast(local, DateField())


def with_panel(rows: Rows, user: User) -> Rows:
    """Adds ``n_seats`` and ``reviews``, which is null for a panel member whose own review is still due."""
    seats = Seat.objects.active().filter(application=OuterRef("pk"))
    own = seats.filter(member=user, submitted_at=None)
    return rows.annotate(
        n_seats=counted(seats),
        reviews=Case(When(Exists(own), then=None), default=counted(seats.exclude(submitted_at=None))),
    )


# Why an application stalls at the panel: name → the filter's words.
STALLS = {
    "none": "No panel yet",
    "short": "Members are lacking",
    "recused": "A member left and is not replaced",
    "lead": "No lead",
    "late": "A review is late",
    "ready": "All reviews are in",
}


def stalls(user: User) -> dict[str, Q]:
    """Returns which applications at the panel stall, by the names in ``STALLS``.

    What others did is unknown to a member whose own review is due (see rights.py), so it counts for none of those.
    """
    seats = Seat.objects.filter(application=OuterRef("pk"))
    panel = seats.active()
    is_short = Q(LessThan(counted(panel), F("cycle__panel_size")))
    has_late = panel.filter(submitted_at=None, due__lt=timezone.localdate())
    knows = ~Exists(panel.filter(member=user, submitted_at=None))
    return {
        "none": Q(~Exists(panel)),
        "short": Q(Exists(panel)) & is_short,
        "recused": Q(Exists(seats.exclude(recused_at=None))) & is_short,
        "lead": Q(Exists(panel)) & ~Q(Exists(panel.filter(lead=True))),
        "late": Q(Exists(has_late)) & Q(knows),
        "ready": ~is_short & ~Q(Exists(panel.filter(submitted_at=None))),
    }


def n_stalling(user: User) -> Summed:
    """Counts the applications at the panel that stall, by the names in ``STALLS``.

    What ``stalls`` says of one application, said of all of them in one pass over their seats.
    """
    there, to_do = Q(seats__recused_at=None), Q(seats__recused_at=None, seats__submitted_at=None)
    rows = Application.objects.of_others(user).filter(status=Status.PANEL).order_by()
    counted = rows.values("pk").annotate(
        size=F("cycle__panel_size"),
        n=Count("seats", filter=there),
        n_left=Count("seats", filter=Q(seats__recused_at__isnull=False)),
        n_leads=Count("seats", filter=there & Q(seats__lead=True)),
        n_to_do=Count("seats", filter=to_do),
        n_late=Count("seats", filter=to_do & Q(seats__due__lt=timezone.localdate())),
        n_own=Count("seats", filter=to_do & Q(seats__member=user)),
    )
    is_short = Q(n__lt=F("size"))
    which = {
        "none": Q(n=0),
        "short": Q(n__gt=0) & is_short,
        "recused": Q(n_left__gt=0) & is_short,
        "lead": Q(n__gt=0, n_leads=0),
        "late": Q(n_late__gt=0, n_own=0),
        "ready": ~is_short & Q(n_to_do=0),
    }
    return counted, {name: Count("pk", filter=each) for name, each in which.items()}


def with_failed_mail() -> Q:
    """Whether an email about the application failed or is in doubt, and nobody has sent it again or dismissed it."""
    return Q(pk__in=_with_failed_mail())  # of few emails, so they are found first


def not_notified() -> QuerySet[Any]:
    """Returns the keys of applications about which an email failed or is in doubt, or a letter waits to be mailed."""
    return _with_failed_mail().union(PaperLetter.objects.to_mail().order_by().values("application"))


def _with_failed_mail() -> QuerySet[Any]:
    written = Message.objects.filter(
        about_type__app_label="recognition",
        about_type__model="application",
        email__delivery__status__in=Delivery.UNSOLVED,
    )
    return written.order_by().values("about_id")


def with_letter_to_mail() -> Exists:
    """Whether a letter about the application waits to be mailed."""
    return Exists(PaperLetter.objects.to_mail().filter(application=OuterRef("pk")))


def with_decision(rows: Rows, user: User) -> Rows:
    """Adds ``decided``: whether a decision was made and waits for its release."""
    made = Decision.objects.filter(application=OuterRef("pk"))
    return rows.annotate(
        decided=Case(When(Exists(made), then=Value("Decided, not released")), default=Value("Not decided"))
    )


def with_seat(rows: Rows, user: User) -> Rows:
    """Keeps those to whose panel ``user`` is assigned; adds ``doing``, ``left`` to rate and the seat's due date."""
    seat = Seat.objects.filter(pk=OuterRef("my_seat"))
    blank = Rating.objects.filter(seat=OuterRef("my_seat"), value="")
    rows = rows.with_a_seat().annotate(
        seat_due=Subquery(seat.values("due")[:1]),
        applicant_order=Case(When(my_blind=True, then=Value("")), default=F("utility__name")),
        state_order=Case(When(my_blind=True, then=Value("")), default=F("utility__state")),
        declared=Exists(seat.exclude(declared_at=None)),
        submitted=Exists(seat.exclude(submitted_at=None)),
    )
    doing = Case(
        When(submitted=True, then=Value("Submitted")),
        When(declared=False, then=Value("Not declared")),
        When(~Exists(blank), then=Value("Ready to submit")),
        default=Value("In progress"),
        output_field=CharField(),
    )
    return rows.annotate(doing=doing, left=Case(When(declared=True, then=counted(blank, "seat"))))


def counted(rows: QuerySet[Any], by: str = "application") -> Coalesce:
    """Returns how many of ``rows`` there are for each value of ``by``, to which they are bound."""
    return Coalesce(Subquery(rows.order_by().values(by).annotate(n=Count("pk")).values("n")), 0)


def matching(rows: Rows, words: str) -> Rows:
    """Keeps the rows for which every word is in the utility's name or city, or is one of its numbers."""
    found = Utility.objects.order_by().matching(words, state=False)
    return rows.filter(utility__in=found.values("pk")) if plain(words).split() else rows
