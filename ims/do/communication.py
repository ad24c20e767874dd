"""Communication, internal and external (guide 2004, §4.2.2): who is to learn what, by which method, and how often."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from ims.editions import later
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import InManual, Merging, Move, Register, register
from ims.triggers import needs


class Rhythm(models.TextChoices):
    ONCE = "once", "Once"
    WEEKLY = "weekly", "Every week"
    MONTHLY = "monthly", "Every month"
    QUARTERLY = "quarterly", "Every quarter"
    HALF_YEARLY = "half-yearly", "Twice a year"
    YEARLY = "yearly", "Once a year"

    def after(self, day: date, times: int = 1) -> date:
        """Returns the day so many times later. Raises KeyError for what happens once."""
        if self == Rhythm.WEEKLY:
            return day + timedelta(weeks=times)
        return later(day, MONTHS[self] * times)


MONTHS = {Rhythm.MONTHLY: 1, Rhythm.QUARTERLY: 3, Rhythm.HALF_YEARLY: 6, Rhythm.YEARLY: 12}


class Communication(Record):
    """One thing that is communicated. ``due`` is the next day."""

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        DONE = "done", "Done"
        ENDED = "ended", "No longer planned"

    class Audience(models.TextChoices):
        """Guide 2004, §4.2.2: employees are inside, the others outside."""

        EMPLOYEES = "employees", "Employees"
        CONTRACTORS = "contractors", "Contractors and consultants"
        REGULATORS = "regulators", "Regulators"
        RESIDENTS = "residents", "Residents nearby"
        CUSTOMERS = "customers", "Customers, homes and industry"
        GROUPS = "groups", "Community, environmental and other groups"
        OFFICIALS = "officials", "Elected officials and the board"
        OTHER = "other", "Others"

    class Method(models.TextChoices):
        """Guide 2004, Table 5: the first six are internal, the others external."""

        NEWSLETTER = "newsletter", "Newsletter"
        STAFF_MEETING = "staff-meeting", "Staff meeting"
        TRAINING = "training", "Staff training"
        BOARD = "board", "Bulletin board"
        EMAIL = "email", "Email"
        RETREAT = "retreat", "Staff retreat"
        TOUR = "tour", "Public tour"
        OPEN_HOUSE = "open-house", "Open house"
        PRESS = "press", "Press release"
        BRIEFING = "briefing", "One-on-one meeting or briefing"
        HOTLINE = "hotline", "Hotline"
        BROCHURE = "brochure", "Brochure, flyer or bill insert"
        REPORT = "report", "Performance report"
        WEBSITE = "website", "Website"
        ADVISORY = "advisory", "Advisory group"
        MEETING = "meeting", "Public meeting"
        OTHER = "other", "Another method"

    REGISTER, PREFIX = "communication", "COM"
    OPEN = frozenset({Status.PLANNED})
    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.PLANNED, Status.DONE, Status.ENDED}),
        Status.DONE: frozenset({Status.PLANNED}),
        Status.ENDED: frozenset({Status.PLANNED}),
    }
    OWN = ("audience", "who", "message", "method", "rhythm")
    HISTORY = (*Record.SHARED, *OWN)
    INTERNAL = frozenset({Audience.EMPLOYEES})

    record = extends_record()
    audience = models.CharField(max_length=12, choices=Audience.choices, default=Audience.EMPLOYEES)
    who = models.CharField(
        "who exactly", max_length=200, blank=True, help_text="Such as “operators of both plants” or “the county”."
    )
    message = models.TextField("what they are to learn", max_length=4000, blank=True)
    method = models.CharField(max_length=16, choices=Method.choices, default=Method.STAFF_MEETING)
    rhythm = models.CharField("how often", max_length=12, choices=Rhythm.choices, default=Rhythm.ONCE)
    last_on = models.DateField("done last on", null=True, blank=True)
    last_done = models.TextField("what was done last", max_length=2000, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on=None, last_done="") | Q(last_on__isnull=False) & ~Q(last_done=""),
                name="communication_done_says_what",
            ),
        ]

    @property
    def is_internal(self) -> bool:
        return self.audience in self.INTERNAL

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if self.status != self.Status.PLANNED or to == self.Status.ENDED:
            return
        on = given.get("last_on")
        if not (on and given.get("last_done")):
            yield None, "Enter on which day it was done, and what was done."
        elif on > timezone.localdate():
            yield "last_on", "This date is in the future."
        elif self.last_on and on < self.last_on:
            yield "last_on", f"It was done again after that, on {self.last_on:%B %-d, %Y}."
        if to == self.Status.PLANNED and self.rhythm == Rhythm.ONCE:
            yield None, "It is planned once. Change how often first, or choose “It was done for the last time”."

    @transaction.atomic
    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Keeps each time that it was done, and sets the day of the next. Raises as Record.move does."""
        if to == self.status:
            begun = changes.get("last_on") or timezone.localdate()
            if self.rhythm != Rhythm.ONCE:
                changes |= {"due": Rhythm(self.rhythm).after(begun), "reminded_on": timezone.localdate()}
        super().move(to, by=by, why=why, **changes)
        if changes.get("last_on"):
            self.times.create(on=changes["last_on"], what=changes["last_done"], entered_by=by)


class Communicated(models.Model):
    """One time that something was communicated."""

    communication = models.ForeignKey(Communication, on_delete=models.CASCADE, related_name="times")
    on = models.DateField()
    what = models.TextField(max_length=2000)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(what=""), name="communicated_says_what")]

    def __str__(self) -> str:
        return f"{self.on:%B %-d, %Y}: {self.what}"


needs(
    "communication_was_done",
    Communication.REGISTER,
    Communication.Status.DONE,
    "EXISTS (SELECT 1 FROM ims_communication c WHERE c.record_id = NEW.id AND c.last_on IS NOT NULL)",
)


def living(record: Record) -> str:
    communication: Any = record
    if communication.status != Communication.Status.PLANNED:
        return "It is not planned any more."
    if communication.is_late:
        return f"It was due on {communication.due:%B %-d, %Y}."
    return "" if communication.last_on else "It was not done yet."


def recurs(communication: Communication) -> list[Recurring]:
    if communication.status != Communication.Status.PLANNED:
        return []
    rhythm = Rhythm(communication.rhythm)
    weeks = 1 if rhythm == Rhythm.WEEKLY else 0
    return [Recurring("Communication", communication.due, months=MONTHS.get(rhythm, 0), weeks=weeks)]


PLANNED = frozenset({Communication.Status.PLANNED})
ASKS = ("last_on", "last_done")
register(
    Register(
        model=Communication,
        name="Communication plan",
        one="communication",
        about="Who is to learn what, inside and outside, by which method and how often.",
        element="communication",
        component="do",
        fields=Communication.OWN,
        columns=("audience", "method", "rhythm"),
        filtered=("audience", "method"),
        in_manual=InManual(("audience", "who", "method", "rhythm")),
        leads_to=("actions", "changes"),
        moves=(
            Move("done", "It was done", PLANNED, Communication.Status.PLANNED, asks=ASKS, did="carried out"),
            Move("last", "It was done for the last time", PLANNED, Communication.Status.DONE, asks=ASKS),
            Move("end", "No longer needed", PLANNED, Communication.Status.ENDED, needs_why=True),
            Move(
                "plan",
                "Plan it again",
                frozenset({Communication.Status.DONE, Communication.Status.ENDED}),
                Communication.Status.PLANNED,
            ),
        ),
        aside=frozenset({Communication.Status.ENDED}),
        reads=("last_on",),
        merges=Merging("end"),
        living=living,
        recurs=recurs,
    )
)
