"""Management commitments, vision and policies (guide 2004, §4.1.1 to 4.1.3), and whether the policies agree."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User, Utility
from ims.editions import Edition, later
from ims.records import Record, extends_record
from ims.recurring import review
from ims.registers import InManual, Merging, Move, Page, Register, add_page, register
from ims.triggers import keeps, needs, within_a_utility


class Statement(Edition, Record):
    """What top management states in writing. ``due`` is the day of its next review."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_FORCE = "in-force", "In force"
        REPLACED = "replaced", "Replaced"
        WITHDRAWN = "withdrawn", "Withdrawn"

    class Kind(models.TextChoices):
        POLICY = "policy", "Policy"
        COMMITMENT = "commitment", "Management commitment"
        VISION = "vision", "Vision or mission"

    REGISTER, PREFIX = "statements", "POL"
    OPEN = frozenset({Status.DRAFT, Status.IN_FORCE})
    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.IN_FORCE, Status.WITHDRAWN}),
        Status.IN_FORCE: frozenset({Status.IN_FORCE, Status.REPLACED, Status.WITHDRAWN}),
        Status.REPLACED: frozenset(),
        Status.WITHDRAWN: frozenset({Status.DRAFT}),
    }
    OWN = ("kind", "text", "published", "every")
    HISTORY = (*Record.SHARED, *OWN)
    TEXTS = frozenset({"title", "areas", "kind", "text"})

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.POLICY)
    text = models.TextField("what it states", max_length=10_000, blank=True)
    published = models.CharField("where it is published", max_length=300, blank=True)
    every = models.PositiveSmallIntegerField(
        "review every … months", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    signed_by = models.CharField("signed by", max_length=200, blank=True)
    signed_on = models.DateField("signed on", null=True, blank=True)

    class Meta:
        ordering = ["number"]  # a mixin that stands before Record hides its own
        constraints = [models.CheckConstraint(condition=Q(every=None) | Q(every__gte=1), name="statement_rhythm")]
        triggers = [keeps("statement_keeps_its_text", ("kind", "text"), ("draft",))]

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Any:
        if to == self.Status.IN_FORCE and self.status == self.Status.DRAFT:
            if not self.text.strip():
                yield None, "Enter first what it states."
            if not (given.get("signed_by") and given.get("signed_on")):
                yield None, "Enter who signed it, and when."

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Putting it in force, and each review, sets the day of the next review."""
        if to == self.Status.IN_FORCE and self.every:
            changes["due"] = later(changes.get("signed_on") or timezone.localdate(), self.every)
        super().move(to, by=by, why=why, **changes)


needs(
    "statement_is_signed",
    Statement.REGISTER,
    Statement.Status.IN_FORCE,
    """EXISTS (
        SELECT 1 FROM ims_statement s WHERE s.record_id = NEW.id AND s.signed_by <> '' AND s.signed_on IS NOT NULL
    )""",
)


class CrossCheck(models.Model):
    """Whether two policies agree, as somebody compared them. ``first`` is the older row."""

    class Result(models.TextChoices):
        AGREE = "agree", "They agree"
        CONFLICT = "conflict", "They conflict"
        SETTLED = "settled", "They conflicted; it is settled"

    first = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Statement, on_delete=models.CASCADE, related_name="+")
    result = models.CharField(max_length=8, choices=Result.choices)
    note = models.TextField("where they conflict, and how it is settled", max_length=2000, blank=True)
    compared = models.CharField(max_length=64, editable=False)  # a hash of both texts
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="cross_check_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="cross_check_in_order"),
            models.CheckConstraint(condition=Q(result="agree") | ~Q(note=""), name="cross_check_says_what"),
        ]
        triggers = [within_a_utility("cross_check_within_a_utility", "first", "second")]

    def __str__(self) -> str:
        return f"{self.first.number} and {self.second.number}: {self.get_result_display().lower()}"

    @classmethod
    @transaction.atomic
    def keep(cls, one: Statement, other: Statement, *, by: User, result: str, note: str) -> "CrossCheck":
        """Keeps the result for two policies. The history of both tells it. Raises NotAllowed."""
        first, second = sorted((one, other), key=lambda each: each.pk)
        first.require_editor()
        kept, _ = cls.objects.update_or_create(
            first=first,
            second=second,
            defaults={
                "result": result,
                "note": note,
                "compared": texts_of(first, second),
                "by": by,
                "at": timezone.now(),
            },
        )
        for each in (first, second):
            each.history.create(by=by, after={"cross_check": str(kept)})
        return kept

    @property
    def is_outdated(self) -> bool:
        """A text changed after they were compared."""
        return self.compared != texts_of(self.first, self.second)


def texts_of(first: Statement, second: Statement) -> str:
    return sha256(f"{first.text}\0{second.text}".encode()).hexdigest()


class Pairs:
    """The policies of a utility that are in force or drafts, and each pair of them with its check."""

    def __init__(self, utility: Utility) -> None:
        rows: Any = Statement.objects.open()
        self.policies: list[Statement] = list(rows.filter(utility=utility, kind=Statement.Kind.POLICY).order_by("pk"))
        known = {policy.pk: policy for policy in self.policies}
        found = CrossCheck.objects.filter(first__in=known, second__in=known).select_related("by")
        self.checks: dict[tuple[int, int], CrossCheck] = {}
        for check in found:
            check.first, check.second = known[check.first_id], known[check.second_id]
            self.checks[check.first_id, check.second_id] = check

    @property
    def rows(self) -> list[tuple[Statement, list[tuple[Statement, CrossCheck | None]]]]:
        """Each policy but the first, with those before it and the check of both."""
        return [
            (second, [(first, self.checks.get((first.pk, second.pk))) for first in self.policies[:place]])
            for place, second in enumerate(self.policies)
            if place
        ]

    @property
    def n_open(self) -> int:
        """Counts the pairs that nobody compared, that conflict, or of which a text changed since."""
        checks = [check for _, cells in self.rows for _, check in cells]
        conflict = CrossCheck.Result.CONFLICT
        return sum(check is None or check.result == conflict or check.is_outdated for check in checks)


def living(record: Record) -> str:
    statement: Any = record
    if statement.status != Statement.Status.IN_FORCE:
        return "It is not in force."
    return f"Its review was due on {statement.due:%B %-d, %Y}." if statement.is_late else ""


ELEMENTS = {
    Statement.Kind.POLICY: "policy-statements",
    Statement.Kind.COMMITMENT: "management-commitment",
    Statement.Kind.VISION: "vision",
}
S = Statement.Status
register(
    Register(
        model=Statement,
        name="Commitments, vision and policies",
        one="statement",
        about="What top management states in writing: who signed it, where it is published, when it is reviewed.",
        element="policy-statements",
        element_of=lambda statement: ELEMENTS[statement.kind],  # type: ignore[attr-defined]
        elements=tuple(ELEMENTS.values()),
        component="plan",
        fields=Statement.OWN,
        columns=("kind",),
        filtered=("kind",),
        in_manual=InManual(("edition", "signed_by", "signed_on", "published"), text="text"),
        origins=("replaces",),
        leads_to=("objectives", "actions"),
        moves=(
            Move("sign", "Put it in force", frozenset({S.DRAFT}), S.IN_FORCE, asks=("signed_by", "signed_on")),
            Move("review", "Reviewed: it still fits", frozenset({S.IN_FORCE}), S.IN_FORCE),
            Move("withdraw", "Withdraw", frozenset({S.DRAFT, S.IN_FORCE}), S.WITHDRAWN, needs_why=True),
            Move("redraft", "Make it a draft again", frozenset({S.WITHDRAWN}), S.DRAFT),
        ),
        aside=frozenset({S.REPLACED, S.WITHDRAWN}),
        reads=("kind",),
        merges=Merging("withdraw", within="kind"),
        living=living,
        recurs=review,
    )
)


add_page(
    Page(
        slug="cross-check",
        name="Policies cross-checked",
        about="Each pair of policies: do they agree, and how is a conflict settled?",
        component="plan",
        element="policy-statements",
        url_name="ims:cross_check",
    )
)
