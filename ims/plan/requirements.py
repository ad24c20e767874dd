"""Legal and other requirements (guide 2004, §4.1.5): what they ask, who answers for them, and whether they are met.

One register for all areas, because the same procedure identifies and tracks all of them; each department sees its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import django_tables2 as tables
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.html import format_html

from accounts.models import User
from ims.editions import later
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import InManual, Merging, Move, Register, register
from ims.team.functions import functions
from workflow.models import WrongState


def departments() -> list[tuple[str, str]]:
    return [(each.slug, each.name) for each in functions().values()]


class Requirement(Record):
    """Something that the utility must, or chose to, comply with. ``due`` is the day of the next evaluation."""

    class Status(models.TextChoices):
        COMING = "coming", "Coming"
        IN_FORCE = "in-force", "In force"
        ENDED = "ended", "No longer applies"

    class Kind(models.TextChoices):
        """Guide 2004, §4.1.5: legal requirements first, then the others."""

        FEDERAL = "federal", "Federal law or rule"
        STATE = "state", "State law or rule"
        LOCAL = "local", "Local ordinance"
        PERMIT = "permit", "Permit condition"
        CODE = "code", "Industry code or accounting standard"
        PROGRAM = "program", "Standard of a voluntary program"
        OWN = "own", "Code of your own organization"
        CONTRACT = "contract", "Contract, bond or agreement"

    REGISTER, PREFIX = "requirements", "REQ"
    OPEN = frozenset({Status.COMING, Status.IN_FORCE})
    TRANSITIONS = {
        Status.COMING: frozenset({Status.IN_FORCE, Status.ENDED}),
        Status.IN_FORCE: frozenset({Status.ENDED}),
        Status.ENDED: frozenset({Status.IN_FORCE}),
    }
    OWN = ("kind", "citation", "asks", "department", "tracked", "every")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.FEDERAL)
    citation = models.CharField("where it stands", max_length=200, blank=True, help_text="Such as 40 CFR 141.72.")
    asks = models.TextField("what it asks of you", max_length=4000, blank=True)
    department = models.CharField(max_length=40, choices=departments, blank=True)
    tracked = models.TextField("how you track it, and where the proof is", max_length=2000, blank=True)
    every = models.PositiveSmallIntegerField(
        "evaluate every … months", null=True, blank=True, validators=[MinValueValidator(1)]
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(every=None) | Q(every__gte=1), name="requirement_rhythm")]

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if given.get("every") == 0:
            yield "every", "Enter 1 or more."

    @transaction.atomic
    def evaluate(self, *, by: User, **values: Any) -> "Evaluation":
        """Keeps an evaluation and sets the day of the next. Raises NotAllowed; WrongState if it is not in force."""
        self.require_editor()
        rows = Requirement.objects.select_for_update().filter(pk=self.pk, status=self.Status.IN_FORCE)
        if not rows.exists():
            raise WrongState("It is not in force.")
        made = self.evaluations.create(entered_by=by, **values)
        self.history.create(by=by, after={"evaluation": str(made)})
        last = self.evaluations.first()
        if self.every and last:
            Record.objects.filter(pk=self.pk).update(due=later(last.on, self.every), reminded_on=timezone.localdate())
        return made


class Evaluation(models.Model):
    """Whether the utility complied, on one day."""

    class Result(models.TextChoices):
        COMPLIES = "complies", "Complies"
        PARTLY = "partly", "Complies in part"
        FAILS = "fails", "Does not comply"
        UNKNOWN = "unknown", "Could not be judged"

    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="evaluations")
    on = models.DateField("evaluated on")
    result = models.CharField(max_length=8, choices=Result.choices)
    found = models.TextField("what was found", max_length=2000, blank=True)
    evaluator = models.CharField("evaluated by", max_length=120)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    entered_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(result="complies") | ~Q(found=""), name="evaluation_says_what"),
            models.CheckConstraint(condition=~Q(evaluator=""), name="evaluation_by_someone"),
        ]

    def __str__(self) -> str:
        return f"{self.on:%B %-d, %Y}: {self.get_result_display()}. {self.found}".strip()


def living(record: Record) -> str:
    requirement: Any = record
    if requirement.status != Requirement.Status.IN_FORCE:
        return "It is not in force."
    return f"Its evaluation was due on {requirement.due:%B %-d, %Y}." if requirement.is_late else ""


class ResultColumn(tables.Column):
    """The result of the last evaluation."""

    TONES = {"complies": "good", "partly": "warn", "fails": "bad", "unknown": "warn"}

    def render(self, value: str) -> str:
        return format_html('<span class="tag tag--{}">{}</span>', self.TONES[value], Evaluation.Result(value).label)

    def value(self, value: str) -> str:
        return str(Evaluation.Result(value).label)


def with_last_result(rows: Any) -> Any:
    newest = Evaluation.objects.filter(requirement=OuterRef("pk")).values("result")[:1]
    return rows.annotate(last_result=Subquery(newest))


S = Requirement.Status
register(
    Register(
        model=Requirement,
        name="Legal and other requirements",
        one="requirement",
        about="What laws, permits and programs ask of you, who answers for each, and whether you comply.",
        element="legal-and-other-requirements",
        component="plan",
        fields=Requirement.OWN,
        columns=("department",),
        filtered=("kind", "department"),
        in_manual=InManual(("kind", "citation", "department")),
        computed=lambda: {"last_result": ResultColumn("Last evaluation")},
        listed=with_last_result,
        leads_to=("corrective", "actions", "objectives", "changes", "controls"),
        moves=(
            Move("begin", "It is in force now", frozenset({S.COMING}), S.IN_FORCE),
            Move("end", "It no longer applies", frozenset({S.COMING, S.IN_FORCE}), S.ENDED, needs_why=True),
            Move("restore", "It applies again", frozenset({S.ENDED}), S.IN_FORCE),
        ),
        aside=frozenset({S.ENDED}),
        reads=("kind",),
        merges=Merging("end", within="kind"),
        living=living,
        recurs=lambda each: [Recurring("Evaluation", each.due, months=each.every or 0)],
    )
)
