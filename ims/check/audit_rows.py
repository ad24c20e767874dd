"""The team of an audit, and the lines of its checklist with what was found."""

from collections.abc import Iterable, Iterator
from typing import Any

import pgtrigger
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.check.audits import WORSE, Audit
from ims.people import Person
from ims.records import Record
from workflow.models import Versioned, WrongState

SHOWN = 5  # records that a message names


class AuditorQuerySet(OfUtilityQuerySet["Auditor"]):
    utility = "audit__utility"


class Auditor(OfUtility, models.Model):
    """Who takes part in an audit. Auditors are trained in auditing; experts know the area (guide 2004, §4.3.3)."""

    class Role(models.TextChoices):
        LEAD = "lead", "Leads the audit"
        AUDITOR = "auditor", "Auditor"
        EXPERT = "expert", "Expert on the area: explains, does not judge"

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="team", editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="audits")
    role = models.CharField("part", max_length=8, choices=Role.choices, default=Role.AUDITOR)
    training = models.CharField("training in auditing", max_length=200, blank=True, help_text="Course, or experience.")
    trained_on = models.DateField("trained on", null=True, blank=True)
    apart = models.CharField(
        "who audits what this person owns",
        max_length=300,
        blank=True,
        help_text="Nobody audits their own work. Needed only if the person owns records in the scope.",
    )

    objects = AuditorQuerySet.as_manager()
    person_id: int

    class Meta:
        ordering = ["-role", "person__name"]  # the lead, the experts, the auditors
        constraints = [
            models.UniqueConstraint(fields=["audit", "person"], name="auditor_once"),
            models.UniqueConstraint(fields=["audit"], condition=Q(role="lead"), name="auditor_one_leads"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="auditor_before_the_report",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("audit_id", "role"),
                func="""
                    IF (SELECT r.status FROM ims_record r WHERE r.id = NEW.audit_id) NOT IN ('planned', 'under-way')
                    THEN RAISE EXCEPTION 'the team of an audit that is done does not change'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'auditor_before_the_report';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="auditor_of_the_utility",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("audit_id", "person_id"),
                func="""
                    IF (SELECT p.utility_id FROM ims_person p WHERE p.id = NEW.person_id)
                        <> (SELECT r.utility_id FROM ims_record r WHERE r.id = NEW.audit_id)
                    THEN RAISE EXCEPTION 'an auditor is one of the people of the utility'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'auditor_of_the_utility';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display().partition(':')[0].lower()}"

    def faults(self, owned: Iterable[Record]) -> Iterator[tuple[str, str]]:
        """Returns what forbids that the person audits, who owns these records in scope, as (field, words)."""
        numbers = [record.number for record in owned]
        if not numbers or self.role == self.Role.EXPERT:
            return
        more = f" and {len(numbers) - SHOWN} more" if len(numbers) > SHOWN else ""
        owns = f"owns {', '.join(numbers[:SHOWN])}{more} in this scope"
        if self.role == self.Role.LEAD:
            yield "role", f"Whoever leads the audit owns nothing that is audited; this person {owns}."
        elif not self.apart.strip():
            yield "apart", f"This person {owns}. Enter who audits that."

    @classmethod
    @transaction.atomic
    def choose(cls, audit: Audit, *, by: User, auditor: "Auditor | None" = None, **values: Any) -> "Auditor":
        """Adds somebody to the team, or changes an entry. Raises NotAllowed; WrongState if a rule forbids it."""
        audit.lock(*Audit.BEFORE_REPORT)
        chosen = auditor or cls(audit=audit)
        before = str(chosen) if auditor else ""
        for name, value in values.items():
            setattr(chosen, name, value)
        for _, words in chosen.faults(audit.owned([chosen.person]).get(chosen.person_id, [])):
            raise WrongState(words)
        chosen.save()
        if before != str(chosen):
            audit.history.create(by=by, before={"team": before} if before else {}, after={"team": str(chosen)})
        return chosen

    @transaction.atomic
    def leave(self, *, by: User) -> None:
        """Raises NotAllowed; WrongState once the audit is done, or if the lead of one under way is to leave."""
        self.audit.lock(Audit.Status.PLANNED, *([] if self.role == self.Role.LEAD else [Audit.Status.UNDER_WAY]))
        self.audit.history.create(by=by, before={"team": str(self)})
        self.delete()


class AuditLineQuerySet(OfUtilityQuerySet["AuditLine"]):
    utility = "audit__utility"

    def to_follow_up(self, utility: Utility) -> "AuditLineQuerySet":
        """Returns the findings that a record can be made of: none was made, or it was canceled."""
        free = Q(made=None) | Q(made__status="canceled")
        rows = self.filter(free, audit__utility=utility, finding__in=[*WORSE, AuditLine.Finding.OPPORTUNITY])
        return rows.select_related("audit", "made")

    def open_nonconformities(self) -> "AuditLineQuerySet":
        """Returns those of which nothing was made yet, or whose corrective action is still open."""
        rows = self.filter(finding__in=WORSE).exclude(audit__status=Audit.Status.CANCELED)
        return rows.filter(Q(made=None) | Q(made__is_open=True) | Q(made__status="canceled"))


class AuditLine(OfUtility, Versioned):
    """One line of a checklist: what the initiatives ask at one element, or a question of the utility's own.

    ``asked`` is kept as it was asked: [{"initiative": slug, "name": …, "text": …}].
    """

    class Finding(models.TextChoices):
        CONFORMS = "conforms", "Conforms"
        OPPORTUNITY = "opportunity", "Opportunity"
        MINOR = "minor", "Minor nonconformity"
        MAJOR = "major", "Major nonconformity"
        LEFT_OUT = "left-out", "Not audited"

    TONES = {"conforms": "good", "minor": "warn", "major": "bad"}

    audit = models.ForeignKey(Audit, on_delete=models.CASCADE, related_name="lines", editable=False)
    element = models.SlugField(blank=True)
    place = models.PositiveSmallIntegerField(default=99, editable=False)
    asked = models.JSONField(default=list, editable=False)
    question = models.CharField("your own question", max_length=500, blank=True)
    finding = models.CharField(max_length=12, choices=Finding.choices, blank=True)
    seen = models.TextField("what was seen", max_length=5000, blank=True)
    made = models.ForeignKey(Record, null=True, on_delete=models.RESTRICT, related_name="+", editable=False)

    objects = AuditLineQuerySet.as_manager()
    made_id: int | None

    class Meta:
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["audit", "element"], condition=Q(question=""), name="audit_line_once"),
            models.CheckConstraint(condition=~Q(question="") | ~Q(asked=[]), name="audit_line_asks_something"),
            models.CheckConstraint(condition=Q(finding="") | ~Q(seen=""), name="audit_finding_has_evidence"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="audit_line_while_audited",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("audit_id", "element", "asked", "question", "finding", "seen"),
                declare=[("state", "varchar")],
                func="""
                    SELECT status INTO state FROM ims_record WHERE id = NEW.audit_id;
                    IF state NOT IN ('planned', 'under-way')
                        OR (state = 'planned' AND TG_OP = 'INSERT' AND NEW.finding <> '')
                        OR (state = 'planned' AND TG_OP = 'UPDATE'
                            AND (NEW.finding, NEW.seen) IS DISTINCT FROM (OLD.finding, OLD.seen))
                    THEN RAISE EXCEPTION 'a checklist is answered while the audit is under way'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_line_while_audited';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.get_finding_display() or "No answer yet"

    @property
    def what(self) -> str:
        """What is asked, in one text."""
        return self.question or "\n".join(f"{each['name']}: {each['text']}" for each in self.asked)

    @property
    def asked_by(self) -> list[str]:
        return [each["initiative"] for each in self.asked]

    @property
    def tone(self) -> str:
        return self.TONES.get(self.finding, "")

    @property
    def is_worse(self) -> bool:
        return self.finding in WORSE

    @property
    def can_lead_on(self) -> bool:
        """Whether a record can be made of it: a finding of which nothing was made, or whose action was canceled."""
        return bool((self.is_worse or self.finding == self.Finding.OPPORTUNITY) and not self.is_followed)

    @property
    def is_followed(self) -> bool:
        return bool(self.made and self.made.status != "canceled")

    @transaction.atomic
    def answer(self, version: int, *, by: User, **changes: Any) -> None:
        """Saves a finding and what was seen. Raises NotAllowed, Stale; WrongState if the audit is not under way."""
        self.audit.lock(Audit.Status.UNDER_WAY)
        if self.made_id and changes.get("finding", self.finding) != self.finding:
            raise WrongState("A record was already made of this finding.")
        self.save_over(version, by=by, **changes)

    @transaction.atomic
    def drop(self, *, by: User) -> None:
        """Removes a question of the utility's own that has no answer. Raises NotAllowed, WrongState."""
        self.audit.lock(*Audit.BEFORE_REPORT)
        if not self.question or AuditLine.objects.filter(~Q(finding=""), pk=self.pk).exists():
            raise WrongState("Only questions of your own without an answer are removed.")
        self.audit.history.create(by=by, before={"question": self.question})
        self.delete()

    @property
    def source(self) -> Audit:
        """The record that a record which is made of it follows from."""
        return self.audit

    def suggested(self, register: str) -> dict[str, Any]:
        """Returns what a record that is made of the finding begins with."""
        audit = self.audit
        found: dict[str, Any] = {
            "title": " ".join(self.seen.split())[:200],
            "areas": audit.areas,
            "initiatives": self.asked_by or audit.initiatives,
            "units": audit.units,
        }
        if register == "corrective":
            day = audit.done_on or timezone.localdate()
            happened = "corrective" if self.is_worse else "preventive"
            found |= {"source": "audit", "kind": happened, "found": self.seen[:4000], "found_on": day}
        return found

    def keep_made(self, record: Record) -> None:
        """Keeps what was made of it, if nothing was."""
        free = Q(made=None) | Q(made__status="canceled")
        rows = AuditLine.objects.filter(free, pk=self.pk)
        AuditLine.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(
            made=record.pk, version=F("version") + 1
        )
