"""The numbers of permits and water systems that applications name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery

from accounts.models import Identifier, System
from echo.reading import services_for
from recognition.criteria.completeness import normal
from recognition.models import Application, Submission


@dataclass(frozen=True)
class Applicant:
    """An application. ``numbers``: number in its last version → ECHO's services that may know it (none: malformed)."""

    pk: int
    numbers: dict[str, tuple[str, ...]]


def applicants(applications: QuerySet[Application]) -> Iterator[Applicant]:
    """Yields the numbers of submitted ``applications``. Makes two queries."""
    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number")
    rows = list(
        applications.order_by("pk").values_list(
            "pk",
            "utility",
            Subquery(last.values("content__contact__identifiers")[:1]),
            Subquery(last.values("content__eligibility__facility_types")[:1]),
        )
    )
    registered = Identifier.objects.filter(Q(utility__in={utility for _, utility, _, _ in rows}))
    kinds = {(utility, value): kind for utility, value, kind in registered.values_list("utility", "value", "kind")}
    for pk, utility, given, types in rows:
        wastewater = types != [System.DRINKING_WATER]
        numbers = {normal(str(value)): "" for value in _listed(given)}
        yield Applicant(
            pk, {number: services_for(number, kinds.get((utility, number), ""), wastewater) for number in numbers}
        )


def _listed(given: Any) -> Iterable[Any]:
    return given if isinstance(given, list) else []
