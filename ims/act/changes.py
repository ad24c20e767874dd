"""Change management (guide 2004, §4.4.2): each management area in scope says what a change means for it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from ims.records import AREAS, Record, extends_record
from ims.registers import InManual, Move, Register, register
from ims.triggers import keeps, needs
from ims.verified import ASKS, Verified, by_someone, closes_verified
from workflow.models import WrongState


class PlannedChange(Verified, Record):
    """A change of the utility. It is approved only when every area that it concerns has answered."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        IN_REVIEW = "in-review", "Areas are answering"
        APPROVED = "approved", "Approved"
        DONE = "done", "Carried out, to be checked"
        CLOSED = "closed", "Closed"
        REJECTED = "rejected", "Rejected"

    class Kind(models.TextChoices):
        """What a management system typically must respond to (guide 2004, §4.4.2), and the system itself."""

        EQUIPMENT = "equipment", "Equipment or facility"
        PROCESS = "process", "Process or procedure"
        MATERIAL = "material", "Chemical or material"
        REQUIREMENT = "requirement", "Legal or other requirement"
        PEOPLE = "people", "Organization or people"
        FINANCE = "finance", "Budget or financing"
        PUBLIC = "public", "Customers and the public"
        SYSTEM = "system", "The management system itself"

    REGISTER, PREFIX = "changes", "CHG"
    OPEN = frozenset({Status.PROPOSED, Status.IN_REVIEW, Status.APPROVED, Status.DONE})
    TRANSITIONS = {
        Status.PROPOSED: frozenset({Status.IN_REVIEW, Status.REJECTED}),
        Status.IN_REVIEW: frozenset({Status.APPROVED, Status.PROPOSED, Status.REJECTED}),
        Status.APPROVED: frozenset({Status.DONE, Status.PROPOSED, Status.REJECTED}),
        Status.DONE: frozenset({Status.CLOSED, Status.APPROVED}),
        Status.CLOSED: frozenset({Status.APPROVED}),
        Status.REJECTED: frozenset({Status.PROPOSED}),
    }
    OWN = ("kind", "what", "why", "takes_effect")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    kind = models.CharField("kind of change", max_length=12, choices=Kind.choices, default=Kind.PROCESS)
    what = models.TextField("what changes", blank=True, max_length=4000)
    why = models.TextField("why", blank=True, max_length=2000)
    takes_effect = models.DateField("takes effect on", null=True, blank=True)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [
            by_someone("change_verified_by_someone"),
        ]
        triggers = [keeps("change_keeps_what_is_answered", ("kind", "what", "why", "takes_effect"), ("proposed",))]

    @property
    def frozen(self) -> frozenset[str]:
        """What the areas answer to stays as it is; to change it, it is proposed again and they answer again."""
        return frozenset() if self.status == self.Status.PROPOSED else frozenset({"title", "areas", *self.OWN})

    def missing(self) -> list[str]:
        """Returns the letters of the areas that have not answered, in order."""
        answered = set(self.answers.values_list("area", flat=True))
        return [code for code in AREAS if code in self.areas and code not in answered]

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterator[tuple[str | None, str]]:
        if to in (self.Status.IN_REVIEW, self.Status.APPROVED) and not self.areas:
            yield None, "Choose the areas that it may concern first."
        elif to == self.Status.APPROVED and self.status == self.Status.IN_REVIEW and (missing := self.missing()):
            yield None, f"These areas have not answered yet: {', '.join(missing)}."
        yield from super().move_faults(to, given)

    @transaction.atomic
    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Asking the areas begins their answers anew; the history keeps the earlier ones."""
        if to == self.Status.IN_REVIEW:
            self.answers.all().delete()
        super().move(to, by=by, why=why, **changes)

    @transaction.atomic
    def answer(self, area: str, *, by: User, is_affected: bool, says: str) -> None:
        """Keeps what an area answers. Raises NotAllowed; WrongState if no answer is asked for now."""
        self.require_editor()
        locked = PlannedChange.objects.select_for_update().filter(pk=self.pk, status=self.Status.IN_REVIEW)
        if area not in self.areas or not locked.exists():
            raise WrongState("It is not waiting for an answer of this area.")
        kept = {"is_affected": is_affected, "says": says, "by": by, "at": timezone.now()}
        after, _ = self.answers.update_or_create(area=area, defaults=kept)
        self.history.create(by=by, after={f"answer_{area}": str(after)})


class AreaAnswer(models.Model):
    """What one management area says about a change."""

    change = models.ForeignKey(PlannedChange, on_delete=models.CASCADE, related_name="answers")
    area = models.CharField(max_length=1)
    is_affected = models.BooleanField("does it concern this area?")
    says = models.TextField("what it means, and what must follow", blank=True, max_length=2000)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["area"]
        constraints = [
            models.UniqueConstraint(fields=["change", "area"], name="change_answer_once_per_area"),
            models.CheckConstraint(condition=Q(area__in=AREAS), name="change_answer_area_known"),
            models.CheckConstraint(condition=Q(is_affected=False) | ~Q(says=""), name="change_answer_says_what"),
        ]

    def __str__(self) -> str:
        if not self.is_affected:
            return f"not affected. {self.says}".strip()
        return self.says


ANSWERED_BY_ALL = """NEW.areas <> '{}' AND NOT EXISTS (
    SELECT 1 FROM unnest(NEW.areas) code
    WHERE code NOT IN (SELECT a.area FROM ims_areaanswer a WHERE a.change_id = NEW.id)
)"""
needs("change_approved_by_all_areas", PlannedChange.REGISTER, PlannedChange.Status.APPROVED, ANSWERED_BY_ALL)
closes_verified("change_closes_checked", PlannedChange)


def answers_of(change: PlannedChange) -> Iterable[tuple[str, AreaAnswer | None]]:
    """Yields the letter of each area in scope with its answer, in the usual order."""
    given = {answer.area: answer for answer in change.answers.select_related("by")}
    return [(code, given.get(code)) for code in AREAS if code in change.areas]


S = PlannedChange.Status
register(
    Register(
        model=PlannedChange,
        name="Change management",
        one="change",
        about="What will change, what it means for each management area, and what must follow.",
        element="change-management",
        component="act",
        fields=PlannedChange.OWN,
        columns=("kind", "takes_effect"),
        leads_to=("actions", "objectives", "controls", "training", "documents"),
        in_manual=InManual(("kind", "takes_effect", "status")),
        moves=(
            Move("ask", "Ask the areas", frozenset({S.PROPOSED}), S.IN_REVIEW),
            Move("approve", "Approve", frozenset({S.IN_REVIEW}), S.APPROVED),
            Move("finish", "Mark as carried out", frozenset({S.APPROVED}), S.DONE),
            Move("close", "Close after the check", frozenset({S.DONE}), S.CLOSED, asks=ASKS),
            Move("redo", "Not carried out as approved", frozenset({S.DONE}), S.APPROVED, needs_why=True),
            Move("revise", "Revise it", frozenset({S.IN_REVIEW, S.APPROVED}), S.PROPOSED, needs_why=True),
            Move("reject", "Reject", frozenset({S.PROPOSED, S.IN_REVIEW, S.APPROVED}), S.REJECTED, needs_why=True),
            Move("reopen", "Reopen", frozenset({S.CLOSED}), S.APPROVED, needs_why=True),
            Move("propose", "Propose it again", frozenset({S.REJECTED}), S.PROPOSED),
        ),
        aside=frozenset({S.REJECTED}),
        living=lambda change: "" if change.status != S.REJECTED else "It was rejected.",
    )
)
