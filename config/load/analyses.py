"""Gap analyses: of each utility a complete one and one in progress, with every row answered."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import F
from django.utils import timezone

from assessments.models import Finding, GapAnalysis, GapAnalysisEvent, InitiativeInPlace
from config.load.utilities import Place
from initiatives.models import Initiative
from pdca.models import Area, Element

OF_EACH = 2
PATTERNS = 3  # ways to answer: the rating of an element and that of the next differ
TEXT = "The environmental team keeps this under document control and reviews it each spring with operations."


def build(places: list[Place]) -> None:
    areas = list(Area.objects.values_list("code", flat=True))
    initiatives = list(Initiative.objects.order_by("slug")[:2])
    today = timezone.localdate()
    analyses = GapAnalysis.objects.bulk_create(
        GapAnalysis(
            utility=place.utility,
            name=f"Integrated management system, round {number + 1}",
            as_of=today - dt.timedelta(days=300 * (OF_EACH - number)),
            areas=areas,
            created_by=place.manager,
        )
        for number in range(OF_EACH)
        for place in places
    )
    InitiativeInPlace.objects.bulk_create(
        InitiativeInPlace(analysis=analysis, initiative=each) for analysis in analyses for each in initiatives
    )
    elements = list(Element.objects.all())
    slugs = [each.slug for each in initiatives]
    Finding.objects.bulk_create(
        Finding(analysis=analysis, element=element, **_answer(n + place, areas, slugs))
        for n, analysis in enumerate(analyses)
        for place, element in enumerate(elements)
    )
    _complete(analyses[: len(places)])


def _answer(n: int, areas: list[str], slugs: list[str]) -> dict[str, Any]:
    rating = n % PATTERNS
    used = slugs if rating else []
    return {"rating": rating, "areas": areas[: (0, 1, 3)[rating]], "initiatives": used, "evidence": TEXT, "notes": TEXT}


def _complete(analyses: list[GapAnalysis]) -> None:
    """Completes them. All that are answered in one way have the same results."""
    now = timezone.now()
    for pattern in range(PATTERNS):
        alike = analyses[pattern::PATTERNS]
        done = {"status": GapAnalysis.Status.COMPLETE, "completed_at": now, "completed_by": F("created_by")}
        rows = GapAnalysis.objects.filter(pk__in=_keys(alike))
        rows.update(frozen=alike[0].measured().as_json(), **done)
    GapAnalysisEvent.objects.bulk_create(
        GapAnalysisEvent(analysis=each, by=each.created_by, from_status="draft", to_status="complete")
        for each in analyses
    )


def _keys(analyses: Iterable[GapAnalysis]) -> list[int]:
    return [each.pk for each in analyses]
