"""The log of contacts from outside and of complaints (guide 2004, §4.2.2: complaint tracking and response).

Names of people are personal: they are in fields of their own, and the title, which lists and emails show, has none.
"""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import django_tables2 as tables
from django.db import models, transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import User
from ims.records import Record, extends_record
from ims.registers import Move, Register, register
from ims.triggers import keeps, needs


class Contact(Record):
    """What somebody outside told the utility. ``due`` is the day by which it is to be answered."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        ANSWERED = "answered", "Answered"
        CLOSED = "closed", "Closed"
        NO_ANSWER = "no-answer", "No answer needed"

    class Way(models.TextChoices):
        PHONE = "phone", "Telephone"
        EMAIL = "email", "Email"
        LETTER = "letter", "Letter"
        IN_PERSON = "in-person", "In person"
        WEBSITE = "website", "Form on the website"
        SOCIAL = "social", "Social media"
        MEETING = "meeting", "Public meeting"
        AGENCY = "agency", "Through another agency"
        OTHER = "other", "Another way"

    class About(models.TextChoices):
        COMPLAINT = "complaint", "Complaint"
        QUESTION = "question", "Question"
        REQUEST = "request", "Request"
        PROBLEM = "problem", "Report of a problem"
        PRAISE = "praise", "Praise"
        REGULATOR = "regulator", "From a regulator"

    REGISTER, PREFIX = "contacts", "CON"
    OPEN = frozenset({Status.RECEIVED, Status.ANSWERED})
    TRANSITIONS = {
        Status.RECEIVED: frozenset({Status.ANSWERED, Status.NO_ANSWER}),
        Status.ANSWERED: frozenset({Status.CLOSED, Status.RECEIVED}),
        Status.CLOSED: frozenset({Status.RECEIVED}),
        Status.NO_ANSWER: frozenset({Status.RECEIVED}),
    }
    PERSONAL = ("name", "phone", "email")
    OWN = ("about", "received_on", "way", "name", "organization", "phone", "email", "said")
    ANSWER = ("answer", "answered_by", "answered_on")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    about = models.CharField("kind", max_length=12, choices=About.choices, default=About.COMPLAINT)
    received_on = models.DateField("received on", default=timezone.localdate)
    way = models.CharField("how it came", max_length=12, choices=Way.choices, default=Way.PHONE)
    name = models.CharField("name of the person", max_length=120, blank=True, help_text="Here, not in the title.")
    organization = models.CharField(max_length=200, blank=True)
    phone = models.CharField("telephone", max_length=40, blank=True)
    email = models.EmailField("email", blank=True)
    said = models.TextField("what they said", max_length=5000, blank=True)
    answer = models.TextField("what was answered", max_length=5000, blank=True)
    answered_by = models.CharField("who answered", max_length=120, blank=True)
    answered_on = models.DateField("answered on", null=True, blank=True)
    answer_due = models.DateField("the answer was due on", null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", answered_by="", answered_on=None)
                | ~Q(answer="") & ~Q(answered_by="") & Q(answered_on__isnull=False),
                name="contact_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(answered_on=None) | Q(answered_on__gte=F("received_on")),
                name="contact_answered_after_it_came",
            ),
        ]
        triggers = [
            keeps("contact_keeps_its_answer", ("answer", "answered_by", "answered_on"), ("received", "answered"))
        ]

    @property
    def days(self) -> int:
        """How many days it took to answer, or has taken so far."""
        return ((self.answered_on or timezone.localdate()) - self.received_on).days

    @property
    def days_over(self) -> int:
        """How many days the answer came after it was due; 0 or less if it came in time."""
        return (self.answered_on - self.answer_due).days if self.answered_on and self.answer_due else 0

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        title = given.get("title", "").casefold()
        for name in self.PERSONAL:
            words = given.get(name, "").strip().casefold()
            if words and words in title:
                yield "title", f"Leave out “{given[name].strip()}”: lists, emails and calendars show the title."
        came = given.get("received_on")
        if came and came > timezone.localdate():
            yield "received_on", "This date is in the future."
        elif came and self.answered_on and came > self.answered_on:
            yield "received_on", f"It was answered on {self.answered_on:%B %-d, %Y}."
        if came and given.get("due") and given["due"] < came:
            yield "due", "The answer can’t be due before it came."

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to != self.Status.ANSWERED:
            return
        on: Any = given.get("answered_on")
        if not all(given.get(name) for name in self.ANSWER):
            yield None, "Enter what was answered, who answered, and on which day."
        elif on > timezone.localdate():
            yield "answered_on", "This date is in the future."
        elif on < self.received_on:
            yield "answered_on", f"It came on {self.received_on:%B %-d, %Y}. Enter that day or a later one."

    @transaction.atomic
    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Once it is answered, nothing is due. Reopened, it waits for another answer; the history keeps this one."""
        if to == self.Status.ANSWERED:
            changes |= {"answer_due": self.due, "due": None}
        if to == self.Status.RECEIVED and self.answer:
            kept = f"{self.answer} ({self.answered_by}, {self.answered_on:%B %-d, %Y})"
            changes |= {"answer": "", "answered_by": "", "answered_on": None, "answer_due": None}
            self.history.create(by=by, before={"answer": kept})
        super().move(to, by=by, why=why, **changes)


for status in (Contact.Status.ANSWERED, Contact.Status.CLOSED):
    needs(
        f"contact_{status}_with_an_answer",
        Contact.REGISTER,
        status,
        # Reopened in the same transaction, it has no answer any more.
        f"""EXISTS (
            SELECT 1 FROM ims_contact c JOIN ims_record r ON r.id = c.record_id
            WHERE r.id = NEW.id AND (c.answer <> '' OR r.status <> '{status}')
        )""",  # noqa: S608 (its parts are from the code)
    )


class DaysColumn(tables.Column):
    """How many days it took to answer; of what waits, how many so far."""

    def render(self, value: timedelta, record: Any) -> str:
        return f"{value.days} so far" if record.status == Contact.Status.RECEIVED else str(value.days)

    def value(self, value: timedelta) -> int:
        return value.days


def with_days(rows: Any) -> Any:
    """Adds how long the answer took. What needs none has no number."""
    taken = ExpressionWrapper(
        Coalesce(F("answered_on"), Value(timezone.localdate())) - F("received_on"), output_field=DurationField()
    )
    none = models.Case(models.When(status=Contact.Status.NO_ANSWER, then=Value(None)), default=taken)
    return rows.annotate(took=none)


def living(record: Record) -> str:
    contact: Any = record
    if contact.is_late:
        return f"Its answer was due on {contact.due:%B %-d, %Y}."
    return "It was not answered yet." if contact.status == Contact.Status.RECEIVED else ""


def begins(record: Record) -> dict[str, Any]:
    contact: Any = record
    source = "complaint" if contact.about == Contact.About.COMPLAINT else "observation"
    return {"source": source, "found_on": contact.received_on}


S = Contact.Status
register(
    Register(
        model=Contact,
        name="Contacts and complaints",
        one="contact",
        about="What people outside told you, who answered what, and how many days it took.",
        element="communication",
        component="do",
        fields=Contact.OWN,
        columns=("about", "received_on"),
        filtered=("about", "way"),
        in_manual=None,  # what single people asked or complained of
        computed=lambda: {"took": DaysColumn("Days")},
        listed=with_days,
        leads_to=("corrective", "actions", "changes"),
        begins=begins,
        escalates=timedelta(days=7),
        closable=True,
        moves=(
            Move("answer", "Answer it", frozenset({S.RECEIVED}), S.ANSWERED, asks=Contact.ANSWER),
            Move("none", "No answer needed", frozenset({S.RECEIVED}), S.NO_ANSWER, needs_why=True),
            Move("close", "Close", frozenset({S.ANSWERED}), S.CLOSED),
            Move("reopen", "Reopen it", frozenset({S.ANSWERED, S.CLOSED, S.NO_ANSWER}), S.RECEIVED, needs_why=True),
        ),
        aside=frozenset({S.NO_ANSWER}),
        living=living,
    )
)
