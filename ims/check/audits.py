"""Audits (guide 2004, §4.3.3): one audit may cover several areas and meet what several initiatives ask.

Its team and its checklist are in ims/check/audit_rows.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import django_tables2 as tables
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import User
from ims import registers
from ims.editions import later
from ims.people import Person
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import InManual, Move, Register, register
from ims.triggers import needs
from initiatives.models import Initiative
from pdca.models import Element
from workflow.models import WrongState

MONTHS = 12  # how long an audit shows that the system is audited
WORSE = ("minor", "major")  # findings that need a corrective action


class Audit(Record):
    """One audit. Its areas, initiatives, units and elements are its scope.

    ``due`` is the day on which it is to be done; once it is done, the day by which its findings are followed up.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        UNDER_WAY = "under-way", "Under way"
        DONE = "done", "Done, to be followed up"
        CLOSED = "closed", "Closed"
        CANCELED = "canceled", "Canceled"

    REGISTER, PREFIX = "audits", "AUD"
    OPEN = frozenset({Status.PLANNED, Status.UNDER_WAY, Status.DONE})
    BEFORE_REPORT = (Status.PLANNED, Status.UNDER_WAY)
    TRANSITIONS = {
        Status.PLANNED: frozenset({Status.UNDER_WAY, Status.CANCELED}),
        Status.UNDER_WAY: frozenset({Status.DONE, Status.CANCELED}),
        Status.DONE: frozenset({Status.CLOSED, Status.UNDER_WAY}),
        Status.CLOSED: frozenset(),
        Status.CANCELED: frozenset({Status.PLANNED}),
    }
    OWN = ("elements", "purpose", "conclusion")
    HISTORY = (*Record.SHARED, *OWN)
    REPORTED = frozenset({"areas", "initiatives", "units", "elements", "conclusion"})

    record = extends_record()
    elements = ArrayField(
        models.SlugField(), default=list, blank=True, help_text="None: all that the initiatives ask something about."
    )
    purpose = models.TextField("what it is to find out", max_length=2000, blank=True)
    conclusion = models.TextField(
        "conclusion", max_length=10_000, blank=True, help_text="What the report begins with. It can be written later."
    )
    done_on = models.DateField("done on", null=True, blank=True)
    team: Any
    lines: Any

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="audit_keeps_its_report",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("elements", "conclusion", "done_on"),
                condition=pgtrigger.Q(old__done_on__isnull=False)
                & (
                    pgtrigger.Q(old__elements__df=pgtrigger.F("new__elements"))
                    | pgtrigger.Q(old__conclusion__df=pgtrigger.F("new__conclusion"))
                    | pgtrigger.Q(old__done_on__df=pgtrigger.F("new__done_on"))
                ),
                func="""
                    IF (SELECT r.status FROM ims_record r WHERE r.id = NEW.record_id) IN ('done', 'closed') THEN
                        RAISE EXCEPTION 'the report of an audit stays as it is'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_keeps_its_report';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    @property
    def frozen(self) -> frozenset[str]:
        return frozenset() if self.status in self.BEFORE_REPORT else self.REPORTED

    def get_elements_display(self) -> str:
        names = dict(Element.objects.known().values_list("slug", "name"))
        return ", ".join(names.get(slug, slug) for slug in self.elements) or "All"

    # The team.

    def owned(self, people: Iterable[Person]) -> dict[int, list[Record]]:
        """Returns the open records in its scope that these people own, by their keys: nobody audits their own work."""
        rows = Record.objects.open().filter(utility=self.utility_id, owner__in=people).exclude(register=self.REGISTER)
        for name in ("areas", "initiatives", "units"):
            if chosen := getattr(self, name):
                rows = rows.filter(**{f"{name}__overlap": chosen})
        if self.elements:
            rows = rows.filter(register__in=[each.slug for each in registers.known() if each.element in self.elements])
        found: dict[int, list[Record]] = defaultdict(list)
        for record in rows.order_by("number"):
            found[record.owner_id or 0].append(record)
        return found

    # The checklist.

    def asked(self) -> dict[str, list[dict[str, str]]]:
        """Returns what its initiatives ask at each element in scope: {slug: [{initiative, name, text}]}."""
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for initiative in Initiative.objects.known().filter(slug__in=self.initiatives).order_by("short_name"):
            for element, each in initiative.required.items():
                if not self.elements or element in self.elements:
                    requirement = {"initiative": initiative.slug, "name": initiative.short_name, "text": each["text"]}
                    found[element].append(requirement)
        return found

    def lock(self, *statuses: str) -> None:
        """Keeps its status until the end of the transaction. Raises NotAllowed; WrongState if it has none of these."""
        self.require_editor()
        rows = Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, status__in=statuses)
        if not rows.exists():
            raise WrongState("The audit is not in a status in which this can be changed.")

    @transaction.atomic
    def fill(self, *, by: User) -> int:
        """Makes one line for each element of what the initiatives ask there. Returns how many lines changed.

        What was answered stays as it was asked. Raises NotAllowed, WrongState once the audit is done.
        """
        self.lock(*self.BEFORE_REPORT)
        asked, changed = self.asked(), 0
        lines = {line.element: line for line in self.lines.filter(question="")}
        for slug, order in Element.objects.known().values_list("slug", "order"):
            line, asks = lines.get(slug), asked.get(slug, [])
            if line is None and asks:
                self.lines.create(element=slug, place=order, asked=asks)
            elif line and not line.finding and not asks:
                line.delete()
            elif line and not line.finding and line.asked != asks:
                self.lines.filter(pk=line.pk).update(asked=asks, version=F("version") + 1)
            else:
                continue
            changed += 1
        if changed:
            self.history.create(by=by, after={"checklist": f"{self.lines.count()} lines"})
        return changed

    @transaction.atomic
    def ask(self, *, by: User, question: str, element: str = "") -> Any:
        """Adds a question of the utility's own. Raises NotAllowed, WrongState once the audit is done."""
        self.lock(*self.BEFORE_REPORT)
        place = Element.objects.known().filter(slug=element).values_list("order", flat=True).first() or 99
        line = self.lines.create(element=element, place=place, question=question)
        self.history.create(by=by, after={"question": question})
        return line

    # Its moves.

    def to_follow_up(self) -> Any:
        """Returns the nonconformities without a corrective action, or with one that was canceled."""
        followed = Q(made__register="corrective") & ~Q(made__status="canceled")
        return self.lines.filter(finding__in=WORSE).exclude(followed)

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == self.Status.UNDER_WAY and self.status == self.Status.PLANNED:
            team = list(self.team.select_related("person"))
            if not any(each.role == each.Role.LEAD for each in team):
                yield None, "Enter first who leads the audit."
            owned = self.owned([each.person for each in team])
            for each in team:
                for _, words in each.faults(owned.get(each.person_id, [])):
                    yield None, f"{each.person}: {words}"
        if to == self.Status.DONE:
            if not self.lines.exists():
                yield None, "Fill the checklist first."
            elif n := self.lines.filter(finding="").count():
                yield (
                    None,
                    f"{n} {'line' if n == 1 else 'lines'} of the checklist {'has' if n == 1 else 'have'} no answer.",
                )
            if not given.get("conclusion"):
                yield "conclusion", "Enter the conclusion."
            if not given.get("done_on") or given["done_on"] > timezone.localdate():
                yield "done_on", "Enter the day on which it was done. It is not in the future."
        if to == self.Status.CLOSED and (n := self.to_follow_up().count()):
            many = "nonconformity has" if n == 1 else "nonconformities have"
            yield None, f"{n} {many} no corrective action yet."

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Once it is done, a month is left to follow up. To continue it takes the day back."""
        if to == self.Status.DONE and changes.get("done_on"):
            changes["due"] = later(changes["done_on"], 1)
        if to == self.Status.UNDER_WAY and self.status == self.Status.DONE:
            changes["done_on"] = None
        super().move(to, by=by, why=why, **changes)

    @property
    def shown_on(self) -> date | None:
        """The day on which the program of the year shows it."""
        return self.done_on or self.due


needs(
    "audit_has_a_lead",
    Audit.REGISTER,
    Audit.Status.UNDER_WAY,
    "EXISTS (SELECT 1 FROM ims_auditor a WHERE a.audit_id = NEW.id AND a.role = 'lead')",
)
needs(
    "audit_is_answered",
    Audit.REGISTER,
    Audit.Status.DONE,
    # One that is continued in the same transaction has no report any more.
    """(SELECT r.status FROM ims_record r WHERE r.id = NEW.id) NOT IN ('done', 'closed') OR (
        EXISTS (SELECT 1 FROM ims_audit a WHERE a.record_id = NEW.id AND a.done_on IS NOT NULL AND a.conclusion <> '')
        AND EXISTS (SELECT 1 FROM ims_auditline l WHERE l.audit_id = NEW.id)
        AND NOT EXISTS (SELECT 1 FROM ims_auditline l WHERE l.audit_id = NEW.id AND l.finding = '')
    )""",
)
needs(
    "audit_is_followed_up",
    Audit.REGISTER,
    Audit.Status.CLOSED,
    """NOT EXISTS (
        SELECT 1 FROM ims_auditline l LEFT JOIN ims_record m ON m.id = l.made_id
        WHERE l.audit_id = NEW.id AND l.finding IN ('minor', 'major')
        AND (m.id IS NULL OR m.register <> 'corrective' OR m.status = 'canceled')
    )""",
)


def living(record: Record) -> str:
    audit: Any = record
    if not audit.done_on:
        return "It is not done yet."
    if timezone.localdate() > (end := later(audit.done_on, MONTHS)):
        return f"It was done more than a year ago; another was due by {end:%B %-d, %Y}."
    return ""


def recurs(audit: Audit) -> list[Recurring]:
    """The audit itself; once it is done, also the day by which its findings are followed up."""
    found = [Recurring("Audit", audit.shown_on, is_done=audit.done_on is not None)]
    return [*found, Recurring("Follow-up of findings", audit.due)] if audit.status == Audit.Status.DONE else found


S = Audit.Status
register(
    Register(
        model=Audit,
        name="Audits",
        one="audit",
        about="What is audited, by whom, what each initiative asks, what was found, and what followed.",
        element="auditing",
        component="check",
        fields=Audit.OWN,
        columns=("done_on",),
        in_manual=InManual(("done_on",)),
        computed=lambda: {"n_worse": tables.Column("Nonconformities")},
        listed=lambda rows: rows.annotate(n_worse=Count("lines", filter=Q(lines__finding__in=WORSE))),
        leads_to=("corrective", "actions", "changes", "audits"),
        moves=(
            Move("start", "Start the audit", frozenset({S.PLANNED}), S.UNDER_WAY),
            Move("finish", "Mark as done", frozenset({S.UNDER_WAY}), S.DONE, asks=("done_on", "conclusion")),
            Move("close", "Close: it is followed up", frozenset({S.DONE}), S.CLOSED),
            Move("reopen", "Continue the audit", frozenset({S.DONE}), S.UNDER_WAY, needs_why=True),
            Move("cancel", "Cancel", frozenset(Audit.BEFORE_REPORT), S.CANCELED, needs_why=True),
            Move("plan", "Plan it again", frozenset({S.CANCELED}), S.PLANNED),
        ),
        aside=frozenset({S.CANCELED}),
        reads=("done_on",),
        living=living,
        recurs=recurs,
    )
)
