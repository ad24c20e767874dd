"""The road map that a utility keeps: what it does first, next and later."""

from collections.abc import Sequence
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from assessments.models.analysis import GapAnalysis
from workflow.models import Stale, Versioned
from workflow.shapes.columns import Shaped
from workflow.shapes.values import Key, Records


class When(models.TextChoices):
    NOW = "now", "Start now"
    NEXT = "next", "Next"
    LATER = "later", "Later"


class Approach(models.TextChoices):
    """The sequencing approaches of guide 2004, §3.2."""

    PLANNING = "planning", "Start by planning and self-assessing"
    OPERATIONS = "operations", "Expand the system to more operations"
    AREAS = "areas", "Extend what exists to more management areas"


STEP = [
    Key("key", "Key", "line"),
    Key("text", "Step", "line"),
    Key("when", "When", "choice", choices=tuple(When.choices)),
    Key("element", "Element (slug)", "slug", required=False),
    Key("initiative", "Initiative (slug)", "slug", required=False),
]


class RoadMapQuerySet(OfUtilityQuerySet["RoadMap"]):
    def visible_to(self, user: User) -> "RoadMapQuerySet":
        return super().visible_to(user).select_related("utility", "analysis", "changed_by")


class RoadMap(OfUtility, Versioned):
    """One for each utility. ``steps`` are in order, those of one time together."""

    utility = models.OneToOneField(Utility, on_delete=models.CASCADE, related_name="road_map", editable=False)
    analysis = models.ForeignKey(
        GapAnalysis, null=True, on_delete=models.SET_NULL, related_name="road_maps", editable=False
    )
    approach = models.CharField(max_length=12, choices=Approach.choices)
    steps = Shaped(Records(*STEP))

    objects = RoadMapQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(approach__in=Approach.values), name="road_map_approach_known")
        ]

    def __str__(self) -> str:
        return f"Road map of {self.utility}"

    def get_absolute_url(self) -> str:
        return reverse("assessments:road_map", args=[self.utility_id])

    @classmethod
    @transaction.atomic
    def keep(cls, analysis: GapAnalysis, version: int, *, by: User, approach: str, steps: Sequence[Any]) -> "RoadMap":
        """Keeps the steps suggested for an analysis; ``version`` is that of the road map replaced, 0 if there is none.

        Raises NotAllowed, Stale.
        """
        analysis.require_editor()
        fields: dict[str, Any] = {"analysis": analysis, "approach": approach, "steps": list(steps)}
        if version:
            return cls.objects.get(utility=analysis.utility_id).save_over(version, by=by, **fields)
        try:
            with transaction.atomic():
                return cls.objects.create(utility=analysis.utility, changed_by=by, changed_at=timezone.now(), **fields)
        except IntegrityError as error:
            raise Stale(cls.objects.get(utility=analysis.utility_id)) from error

    def rearrange(self, version: int, steps: Sequence[Any], *, by: User) -> None:
        """Replaces the steps. Raises NotAllowed, Stale."""
        self.require_editor()
        self.save_over(version, by=by, steps=list(steps))
