"""Demo data: the rounds of readiness of ims/data/demo.yaml."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User, Utility
from ims.people import Person
from ims.team.readiness.factors import factors
from ims.team.readiness.models import ReadinessPoint, ReadinessRating, ReadinessRound


def load(
    rounds: Iterable[Mapping[str, Any]], utility: Utility, named: Mapping[str, Person], *, by: User
) -> dict[str, ReadinessPoint]:
    """Creates the rounds, the earliest first, each rated and shown. Returns the points of the last by their slugs."""
    points: dict[str, ReadinessPoint] = {}
    for each in rounds:
        made = _round(each, utility, named, by)
        points = {point.slug: point for point in ReadinessPoint.objects.visible_to(by).filter(round=made)}
        for slug, said in each.get("barriers", {}).items():
            points[slug].change(points[slug].version, by=by, applies=True, **said)
    return points


def _round(data: Mapping[str, Any], utility: Utility, named: Mapping[str, Person], by: User) -> ReadinessRound:
    began, shown = (timezone.now() + timedelta(days=data[name]) for name in ("began", "shown"))
    made = ReadinessRound.begin(utility, by=by, name=f"Readiness {began.year}", rate_by=shown.date())
    notes = data.get("remarks", {})
    for name, given in data["ratings"].items():
        for factor, value in zip(factors(), given, strict=True):
            note = notes.get(factor, {}).get(name, "")
            ReadinessRating.give(made, named[name], factor, 0, by=by, value=int(value), note=note)
    found = ReadinessRound.objects.visible_to(by).get(pk=made.pk)
    found.show(by=by)
    found.events.update(at=shown)
    ReadinessRound.objects.filter(pk=found.pk).update(began_on=began.date())
    return found
