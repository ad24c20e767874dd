"""Documents (guide 2004, §4.2.3): one register for all areas; reviewed, approved by name, replaced by a new edition."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

import django_tables2 as tables
import pgtrigger
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.aggregates import StringAgg
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Count, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.text import get_text_list

from accounts.models import User
from ims.do.signatures import CLEARED, DocumentReader, Signature
from ims.editions import Edition, later
from ims.people import Person
from ims.records import Record, RecordAttachment, extends_record
from ims.recurring import review
from ims.registers import InManual, Merging, Move, Register, register
from ims.triggers import keeps, needs
from workflow.models import WrongState


class Document(Edition, Record):
    """One edition of a document. ``due`` is the day by which it is to be ready, then that of its next review."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in-review", "In review"
        IN_FORCE = "in-force", "Approved"
        REPLACED = "replaced", "Replaced"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Kind(models.TextChoices):
        MANUAL = "manual", "Manual"
        PROCEDURE = "procedure", "Procedure"
        INSTRUCTION = "instruction", "Work instruction"
        FORM = "form", "Form or checklist"
        PLAN = "plan", "Plan"
        RECORDS = "records", "Record list"
        DRAWING = "drawing", "Drawing or map"
        OUTSIDE = "outside", "Document from outside"

    REGISTER, PREFIX = "documents", "DOC"
    OPEN = frozenset({Status.DRAFT, Status.IN_REVIEW, Status.IN_FORCE})
    AHEAD = frozenset({Status.DRAFT, Status.IN_REVIEW})
    FILES_STAY = frozenset({Status.IN_REVIEW, Status.IN_FORCE, Status.REPLACED, Status.WITHDRAWN})
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.IN_REVIEW, Status.WITHDRAWN}),
        Status.IN_REVIEW: frozenset({Status.IN_FORCE, Status.DRAFT, Status.WITHDRAWN}),
        Status.IN_FORCE: frozenset({Status.IN_FORCE, Status.REPLACED, Status.WITHDRAWN}),
        Status.REPLACED: frozenset(),
        Status.WITHDRAWN: frozenset({Status.DRAFT, Status.IN_FORCE}),
    }
    OWN = ("kind", "code", "purpose", "text", "used_at", "every")
    HISTORY = (*Record.SHARED, *OWN)
    TEXTS = frozenset({"title", "areas", "kind", "code", "purpose", "text"})

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PROCEDURE)
    code = models.CharField("own number", max_length=40, blank=True, help_text="Such as SOP-12.")
    purpose = models.TextField("what it is for", max_length=1000, blank=True)
    text = models.TextField(
        "text", max_length=15_000, blank=True, help_text="Leave it empty if the document is a file or behind a link."
    )
    used_at = models.TextField(
        "where it is used", max_length=1000, blank=True, help_text="Places, systems, printed copies."
    )
    every = models.PositiveSmallIntegerField(
        "review every … months", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    approved_on = models.DateField("approved on", null=True, editable=False)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [models.CheckConstraint(condition=Q(every=None) | Q(every__gte=1), name="document_rhythm")]
        triggers = [keeps("document_keeps_its_text", ("kind", "code", "purpose", "text"), ("draft",))]

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to == self.Status.IN_REVIEW:
            if not (self.text.strip() or self.attachments.exists()):
                yield None, "Enter its text first, or add its file or a link to it."
            if not self.approvers.exists():
                yield None, "Choose first who approves it."
        if to == self.Status.IN_FORCE and self.status == self.Status.IN_REVIEW:
            missing = [str(each.person) for each in self.approvers.filter(signed_on=None).select_related("person")]
            if missing or not self.approvers.exists():
                yield None, f"It is not approved yet by {get_text_list(missing, 'and') or 'anyone'}."
        if self.status == self.Status.WITHDRAWN:
            yield from self._return_faults(to)

    def _return_faults(self, to: str) -> Iterator[tuple[None, str]]:
        """What was approved comes back as it was; what was not becomes a draft again. One edition at a time."""
        if self.approved_on and to == self.Status.DRAFT:
            yield None, "It was approved, so it does not change. Put it in force again, or add a new document."
        if not self.approved_on and to == self.Status.IN_FORCE:
            yield None, "It was never approved. Make it a draft again."
        beside = Q(replaces=self.replaces_id, status__in=[*self.AHEAD, self.IN_FORCE]) & ~Q(replaces=None)
        other = Document.objects.filter(beside | Q(replaces=self.pk, status=self.IN_FORCE)).exclude(pk=self.pk).first()
        if other:
            yield None, f"{other.number} has taken its place."

    @transaction.atomic
    def _move(self, to: str, *, by: AbstractBaseUser | None = None, **options: Any) -> None:
        """Leaving the review clears the approvals unless it is approved. Approvals and reviews date the next review."""
        if self.status == self.Status.IN_REVIEW and to != self.Status.IN_FORCE:
            self._lock(self.Status.IN_REVIEW)
            self.approvers.update(**CLEARED)
        if to == self.Status.IN_FORCE and self.status != self.Status.WITHDRAWN:
            day: date = timezone.localdate()
            if self.status == self.Status.IN_REVIEW:
                day = options["approved_on"] = self.approvers.aggregate(day=Max("signed_on"))["day"] or day
            options["due"] = later(day, self.every) if self.every else None
        super()._move(to, by=by, **options)

    def _advance(self, to: str, *, by: User, why: str = "") -> None:
        """Moves it also for an approver who may not edit."""
        self._move(to, by=by, why=why, is_open=True, version=F("version") + 1)

    def _lock(self, *statuses: str, **unchanged: Any) -> None:
        """Locks its row until the end of the transaction. Raises WrongState if somebody changed it first."""
        rows = Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, status__in=statuses, **unchanged)
        if not rows.exists():
            raise WrongState("Somebody has just changed it.")

    # Who approves it.

    def ask_approvers(self, people: Iterable[Person], *, by: User) -> None:
        """Chooses who approves it. Raises NotAllowed, WrongState if it is no draft."""
        self._ask(self.approvers, people, (self.Status.DRAFT,), by=by)

    def ask_readers(self, people: Iterable[Person], *, by: User) -> None:
        """Chooses who must know it; who has confirmed stays. Raises NotAllowed, WrongState if it is closed."""
        self._ask(self.readers, people, tuple(self.OPEN), by=by)

    @transaction.atomic
    def _ask(self, signatures: Any, people: Iterable[Person], statuses: tuple[str, ...], *, by: User) -> None:
        self.require_editor()
        self._lock(*statuses)
        label = "approvers" if signatures.model is not DocumentReader else "who_must_know_it"
        before = [str(each.person) for each in signatures.select_related("person")]
        chosen = set(people)
        signatures.filter(signed_on=None).exclude(person__in=chosen).delete()
        known = set(signatures.values_list("person", flat=True))
        signatures.bulk_create(
            signatures.model(document=self, person=person) for person in chosen if person.pk not in known
        )
        after = [str(each.person) for each in signatures.select_related("person")]
        # Apart from each other, so that nothing offers to undo them.
        if added := [name for name in after if name not in before]:
            self.history.create(by=by, after={label: added})
        if removed := [name for name in before if name not in after]:
            self.history.create(by=by, before={label: removed})

    @transaction.atomic
    def approve(self, person: Person, *, by: User, on: date | None = None) -> None:
        """Keeps that the person approves it as it was read; the last approval puts it in force.

        ``on`` is the day on paper, for a person without an account. Raises NotAllowed, WrongState.
        """
        self._lock(self.Status.IN_REVIEW, version=self.version)
        signature = self._signature(self.approvers, person)
        if signature.signed_on:
            raise WrongState(f"{person} has approved it already.")
        signature.sign(on, by=by, role=self.my_role)
        self.history.create(by=by, after={"approval": str(signature)})
        if not self.approvers.filter(signed_on=None).exists():
            self._advance(self.Status.IN_FORCE, by=by)

    @transaction.atomic
    def send_back(self, *, by: User, why: str) -> None:
        """Makes it a draft again. An approver may, also one who may not edit. Raises NotAllowed, WrongState."""
        if not self.approvers.filter(person__user=by).exists():
            self.require_editor()
        if not why.strip():
            raise WrongState("Enter why you send it back.")
        self._advance(self.Status.DRAFT, by=by, why=why)

    # Who must know it.

    @transaction.atomic
    def confirm(self, person: Person, *, by: User, on: date | None = None) -> None:
        """Keeps that the person read it. Raises NotAllowed; WrongState if it is not approved, or confirmed already."""
        self._lock(self.Status.IN_FORCE)
        signature = self._signature(self.readers, person)
        if signature.signed_on:
            raise WrongState(f"{person} has confirmed it already.")
        signature.sign(on, by=by, role=self.my_role)

    @transaction.atomic
    def confirm_for(self, people: Iterable[Person], *, by: User, on: date) -> None:
        """Keeps who of the people without an account read it, from a signed sheet. Raises as ``confirm`` does."""
        for person in people:
            self.confirm(person, by=by, on=on)

    @transaction.atomic
    def correct_reading(self, person: Person, *, by: User) -> None:
        """Removes what was entered by mistake for a person without an account. Raises NotAllowed, WrongState."""
        self.require_editor()
        self._lock(self.Status.IN_FORCE)
        if not self.readers.filter(person=person, person__user=None, signed_on__isnull=False).update(**CLEARED):
            raise WrongState("Only what was entered for a person without an account is removed.")
        self.history.create(by=by, before={"confirmed_reading": str(person)})

    def _signature(self, signatures: Any, person: Person) -> Signature:
        found: Signature | None = signatures.select_related("person").filter(person=person).first()
        if found is None:
            raise WrongState(f"{person} is not asked.")
        return found

    @transaction.atomic
    def begin_next(self, *, by: User) -> "Document":
        """Copies it into a draft, with who approves it and who must know it; not its links and files."""
        made: Document = super().begin_next(by=by)
        signatures: Any = ((self.approvers, made.approvers), (self.readers, made.readers))
        for mine, theirs in signatures:
            here = Person.objects.here().filter(pk__in=mine.values("person"))
            theirs.bulk_create(theirs.model(document=made, person=person) for person in here)
        return made


needs(
    "document_is_approved",
    Document.REGISTER,
    Document.Status.IN_FORCE,
    """NOT EXISTS (SELECT 1 FROM ims_record r WHERE r.id = NEW.id AND r.status = 'in-force')
        OR EXISTS (SELECT 1 FROM ims_document d WHERE d.record_id = NEW.id AND d.approved_on IS NOT NULL)
        AND EXISTS (SELECT 1 FROM ims_documentapprover a WHERE a.document_id = NEW.id)
        AND NOT EXISTS (SELECT 1 FROM ims_documentapprover a WHERE a.document_id = NEW.id AND a.signed_on IS NULL)""",
)
pgtrigger.register(
    pgtrigger.Trigger(
        name="document_keeps_its_title",
        when=pgtrigger.Before,
        operation=pgtrigger.UpdateOf("title", "areas", "number"),
        condition=pgtrigger.Q(old__register=Document.REGISTER) & ~pgtrigger.Q(old__status=Document.Status.DRAFT),
        func="""
            IF (NEW.title, NEW.areas, NEW.number) IS DISTINCT FROM (OLD.title, OLD.areas, OLD.number) THEN
                RAISE EXCEPTION 'a document that is no draft keeps its title'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'document_keeps_its_title';
            END IF;
            RETURN NEW;
        """,
    )
)(Record)
pgtrigger.register(
    pgtrigger.Trigger(
        name="document_keeps_its_files",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("record_id", "title", "url", "file_id"),
        declare=[("state", "varchar")],
        func="""
            FOR state IN SELECT r.status FROM ims_record r
                WHERE r.id IN (NEW.record_id, OLD.record_id) AND r.register = 'documents' FOR SHARE
            LOOP
                IF state <> 'draft' THEN
                    RAISE EXCEPTION 'a document that is no draft keeps its links and files'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'document_keeps_its_files';
                END IF;
            END LOOP;
            RETURN COALESCE(NEW, OLD);
        """,
    )
)(RecordAttachment)


def living(record: Record) -> str:
    document: Any = record
    if document.status != Document.Status.IN_FORCE:
        words = {Document.Status.REPLACED: "A new edition replaced it.", Document.Status.WITHDRAWN: "It was withdrawn."}
        return words.get(document.status, "It is not approved.")
    return f"Its review was due on {document.due:%B %-d, %Y}." if document.is_late else ""


class ReadColumn(tables.Column):
    """How many of those who must know it have confirmed it."""

    def render(self, value: Any) -> str:
        return f"{value['n_read']} of {value['n']}"

    value = render


def with_readers(rows: Any) -> Any:
    readers: Any = DocumentReader.objects
    asked = readers.asked().filter(document=OuterRef("pk")).order_by().values("document")
    return rows.annotate(read_by=Subquery(asked.values(all=JSONObject(n=Count("pk"), n_read=Count("signed_on")))))


def with_approvers(rows: Any) -> Any:
    names = StringAgg("approvers__person__name", ", ", order_by="approvers__person__name")
    return rows.annotate(approved_by=names)


S = Document.Status
register(
    Register(
        model=Document,
        name="Documents",
        one="document",
        about="Manuals, procedures, forms and plans of all areas: which edition is approved, by whom, and who read it.",
        element="document-control",
        component="do",
        fields=Document.OWN,
        columns=("code", "edition"),
        filtered=("kind",),
        in_manual=InManual(("kind", "code", "edition", "approved_by", "approved_on", "used_at"), rows=with_approvers),
        computed=lambda: {"read_by": ReadColumn("Read by", orderable=False)},
        listed=with_readers,
        origins=("replaces",),
        leads_to=("changes", "actions", "training"),
        moves=(
            Move("submit", "Send for review", frozenset({S.DRAFT}), S.IN_REVIEW),
            Move("return", "Send back to draft", frozenset({S.IN_REVIEW}), S.DRAFT, needs_why=True),
            Move("review", "Reviewed: it still fits", frozenset({S.IN_FORCE}), S.IN_FORCE),
            Move("withdraw", "Withdraw", frozenset({S.DRAFT, S.IN_REVIEW, S.IN_FORCE}), S.WITHDRAWN, needs_why=True),
            Move("redraft", "Make it a draft again", frozenset({S.WITHDRAWN}), S.DRAFT),
            Move("restore", "Put it in force again", frozenset({S.WITHDRAWN}), S.IN_FORCE, needs_why=True),
        ),
        aside=frozenset({S.REPLACED, S.WITHDRAWN}),
        reads=("kind",),
        merges=Merging("withdraw", within="kind"),
        living=living,
        recurs=review,
    )
)
