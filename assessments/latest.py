"""The latest gap analyses of a person's utilities: what the home page says of them comes from one query."""

from typing import Any

from django.db.models import Exists, OuterRef, Window
from django.db.models.functions import RowNumber

from accounts.models import User, Utility
from assessments.models import Answer, GapAnalysis, RoadMap
from assessments.models.analysis import GapAnalysisQuerySet
from workflow import composed
from workflow.once import once

KEPT = 8  # of each utility: those in progress, and as many complete ones


@once
def latest(user: User) -> list[GapAnalysis]:
    """Returns the newest first, with progress, coverage, ``is_answered`` and ``has_road_map`` (of the utility)."""
    return composed.rows(_newest, user)


def last(user: User) -> list[GapAnalysis]:
    """Returns the newest in progress and the newest complete one of each utility, the newest first."""
    return composed.rows(_last, user)


def _last(user: User) -> GapAnalysisQuerySet:
    return _newest(user, kept=1)


def _newest(user: User, kept: int = KEPT, **only: Any) -> GapAnalysisQuerySet:
    place = Window(RowNumber(), partition_by=["utility", "status"], order_by=["-as_of", "-pk"])
    newest = GapAnalysis.objects.visible_to(user).filter(**only).annotate(place=place).filter(place__lte=kept)
    rows = GapAnalysis.objects.visible_to(user).filter(pk__in=newest.values("pk"))
    answers = Answer.objects.filter(utility=OuterRef("utility")).exclude(choice="")
    of_utility = {
        "is_answered": Exists(answers),
        "has_road_map": Exists(RoadMap.objects.filter(utility=OuterRef("utility"))),
    }
    return rows.with_progress().with_coverage().annotate(**of_utility).defer("frozen").order_by("-as_of", "-pk")


def latest_of(utility: Utility, user: User) -> list[GapAnalysis]:
    """Returns the same for one utility."""
    return list(_newest(user, utility=utility))


def complete_by_utility(user: User) -> list[list[GapAnalysis]]:
    """Returns the complete ones of each utility, the newest first; the utilities by name."""
    found: dict[int, list[GapAnalysis]] = {}
    for analysis in latest(user):
        if analysis.status == GapAnalysis.Status.COMPLETE:
            found.setdefault(analysis.utility_id, []).append(analysis)
    return sorted(found.values(), key=lambda rows: (rows[0].utility.name, rows[0].utility_id))
