"""The one set of criteria and weights by which a utility compares findings and objectives (guide 2004, §4.1.4).

Each save makes a new edition, and editions do not change: what was ranked before still says by which weights.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import pgtrigger
from django import forms
from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Regex
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.plan.ranking import HIGH, LOW, MAX_WEIGHT, Weights
from workflow.models import Stale

AREAS = ["E", "S", "Q", "F", "H"]
MAX_CRITERIA = 12

# The guide names them as those that several initiatives share. What 1 and 5 mean, and that all count the same, is a
# start that the team changes.
SUGGESTED = [
    (
        "severity",
        "Severity of the risk",
        "A nuisance, soon over",
        "Serious harm to people, the environment or service",
    ),
    ("frequency", "Frequency of the risk", "Hardly ever", "Several times a year, or constantly"),
    ("cost", "Cost effectiveness", "Much money for little improvement", "Much improvement for little money"),
    (
        "location",
        "Location",
        "Far from people and water",
        "Beside homes, a school or a hospital, or beside a receiving water",
    ),
    ("regulation", "Regulation", "No requirement", "A requirement is not met, or soon will not be"),
    ("concern", "Concern of interested parties", "Nobody has asked", "A main concern of customers or neighbors"),
]
SUGGESTED_WEIGHT = 50


class CriteriaQuerySet(OfUtilityQuerySet["Criteria"]):
    def full(self) -> "CriteriaQuerySet":
        return self.prefetch_related("rows__area_weights")


class Criteria(OfUtility, models.Model):
    """One edition of the criteria of a utility. The one with the highest number is in use."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    edition = models.PositiveSmallIntegerField()
    why = models.CharField("what changed, and why", max_length=300, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = CriteriaQuerySet.as_manager()
    rows: Any

    class Meta:
        ordering = ["-edition"]
        constraints = [models.UniqueConstraint(fields=["utility", "edition"], name="criteria_edition_once")]
        triggers = [
            pgtrigger.Protect(
                name="criteria_are_kept", operation=pgtrigger.UpdateOf("utility_id", "edition", "why", "made_at")
            )
        ]

    def __str__(self) -> str:
        return f"edition {self.edition}"

    @classmethod
    def current(cls, utility: Utility) -> "Criteria | None":
        """Returns the edition in use with its rows; None if the team has kept none. Up to three queries."""
        return cls.objects.full().filter(utility=utility).first()

    @classmethod
    @transaction.atomic
    def begun(cls, utility: Utility, *, by: User) -> "Criteria":
        """Returns the edition in use; keeps the suggested set as the first if there is none."""
        if found := cls.current(utility):
            return found
        rows = [{"key": row.key, "name": row.name, "low": row.low, "high": row.high} for row in suggested()]
        cls.keep(utility, 0, rows, by=by)
        return cls.objects.full().get(utility=utility, edition=1)

    @classmethod
    def keep(
        cls,
        utility: Utility,
        base: int,
        rows: Sequence[Mapping[str, Any]],
        exceptions: Collection[Mapping[str, Any]] = (),
        *,
        by: User,
        why: str = "",
    ) -> "Criteria":
        """Adds the edition after ``base``. Raises Stale with the edition in use if there is a later one already.

        ``rows`` have name, low, high and optionally key and weight, ``exceptions`` criterion (its key), area, weight
        and why.
        """
        try:
            with transaction.atomic():
                made = cls.objects.create(utility=utility, edition=base + 1, made_by=by, why=why)
        except IntegrityError as error:
            raise Stale(cls.current(utility)) from error
        with transaction.atomic():
            found: dict[str, Criterion] = {}
            for position, row in enumerate(rows):
                key = row.get("key") or _new_key(str(row["name"]), {*found, *(each.get("key", "") for each in rows)})
                weight = row.get("weight", SUGGESTED_WEIGHT)
                texts = {name: row[name] for name in ("name", "low", "high")}
                found[key] = made.rows.create(key=key, position=position, weight=weight, **texts)
            for each in exceptions:
                if each["criterion"] in found:
                    found[each["criterion"]].area_weights.create(
                        area=each["area"], weight=each["weight"], why=each["why"]
                    )
        return made

    @property
    def weights(self) -> dict[str, int]:
        return {row.key: row.weight for row in self.rows.all()}

    def weights_for(self, areas: Collection[str], weights: Weights | None = None) -> dict[str, int]:
        """Returns the weights that apply to something of ``areas``: by each criterion the highest of its areas.

        An area without a weight of its own has the team's. ``weights`` are tried instead of the team's.
        """
        found = dict(weights or self.weights)
        for row in self.rows.all():
            own = {each.area: each.weight for each in row.area_weights.all()}
            if areas and not own.keys().isdisjoint(areas):
                found[row.key] = max(own.get(area, found[row.key]) for area in areas)
        return found


def _new_key(name: str, taken: Collection[str]) -> str:
    base = slugify(name)[:30] or "criterion"
    return next(key for n in range(1, 100) if (key := base if n == 1 else f"{base}-{n}") not in taken)


class Criterion(models.Model):
    """``key`` stays the same from edition to edition, so that scores do too."""

    criteria = models.ForeignKey(Criteria, on_delete=models.CASCADE, related_name="rows")
    key = models.SlugField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=60)
    low = models.CharField("what 1 means", max_length=120)
    high = models.CharField("what 5 means", max_length=120)
    weight = models.PositiveSmallIntegerField(default=SUGGESTED_WEIGHT)

    area_weights: Any

    class Meta:
        ordering = ["position"]
        verbose_name_plural = "criteria"
        constraints = [
            models.UniqueConstraint(fields=["criteria", "key"], name="criterion_once"),
            models.CheckConstraint(condition=Q(weight__lte=MAX_WEIGHT), name="criterion_weight_to_100"),
            models.CheckConstraint(condition=~Q(name=""), name="criterion_has_a_name"),
        ]
        triggers = [pgtrigger.Protect(name="criterion_is_kept", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.name


class AreaWeight(models.Model):
    """A weight that one management area has by itself, with the reason (guide 2004, §4.1.4)."""

    criterion = models.ForeignKey(Criterion, on_delete=models.CASCADE, related_name="area_weights")
    area = models.CharField(max_length=1)
    weight = models.PositiveSmallIntegerField()
    why = models.CharField("reason", max_length=300)

    class Meta:
        ordering = ["area"]
        constraints = [
            models.UniqueConstraint(fields=["criterion", "area"], name="area_weight_once"),
            models.CheckConstraint(condition=Q(weight__lte=MAX_WEIGHT), name="area_weight_to_100"),
            models.CheckConstraint(condition=Q(area__in=AREAS), name="area_weight_area_known"),
            models.CheckConstraint(condition=~Q(why=""), name="area_weight_has_a_reason"),
        ]
        triggers = [pgtrigger.Protect(name="area_weight_is_kept", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.area}: {self.weight}"


def scores_are_known(field: str = "scores") -> Any:
    """Returns the condition that an array has only scores, such as "severity:4"."""
    text = Func(F(field), Value(","), function="array_to_string", output_field=models.TextField())
    return Regex(text, rf"^([a-z0-9-]+:[{LOW}-{HIGH}](,(?=.)|$))*$")


def scores_of(stored: Iterable[str]) -> dict[str, int]:
    """Returns what an array of scores says: key → score."""
    return {key: int(score) for key, _, score in (each.rpartition(":") for each in stored)}


class ScaleWidget(forms.SelectMultiple):
    """Each criterion is one set of radio buttons, ``<name>-<key>``."""

    scale_template = "ims/plan/_scales.html"  # templates/uswds/field.html includes it
    use_fieldset = True

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        return [value for each, value in sorted(data.items()) if each.startswith(f"{name}-") and value]


class ScoresFormField(forms.MultipleChoiceField):
    """Asks for a score by each criterion. Its value is a list such as ["cost:3", "severity:4"], in that order."""

    widget = ScaleWidget

    def __init__(self, criteria: Criteria | None) -> None:
        self.rows: list[Any] = list(criteria.rows.all()) if criteria else suggested()
        steps = range(LOW, HIGH + 1)
        choices = [(f"{row.key}:{score}", f"{row.name}: {score}") for row in self.rows for score in steps]
        super().__init__(label="Scores", required=False, choices=choices)
        self.scales = [(row, [(f"{row.key}:{score}", score) for score in steps]) for row in self.rows]

    def prepare_value(self, value: Any) -> Any:
        return value or []

    def clean(self, value: Any) -> list[str]:
        """A score by a criterion that has been removed stays out."""
        return sorted({key: f"{key}:{score}" for key, score in scores_of(super().clean(value)).items()}.values())


def suggested() -> list[Criterion]:
    """Returns the suggested set, unsaved."""
    return [
        Criterion(key=key, position=n, name=name, low=low, high=high, weight=SUGGESTED_WEIGHT)
        for n, (key, name, low, high) in enumerate(SUGGESTED)
    ]
