"""The elements and initiatives of the catalog as the plain values that the recommendations take."""

from assessments.recommendations import Candidate, ElementOf
from initiatives.models import Initiative
from pdca.models import Element


def elements() -> list[ElementOf]:
    """Returns the elements in their order: one query."""
    rows = Element.objects.order_by("order").values_list("slug", "component_id", "strategic_alignment")
    return [ElementOf(*row) for row in rows]


def candidates() -> list[Candidate]:
    """Returns the initiatives that readers can find: two queries."""
    return [
        Candidate(
            slug=initiative.slug,
            areas=frozenset(area.code for area in initiative.areas.all()),
            support=initiative.support,
            systems=frozenset(initiative.systems),
        )
        for initiative in Initiative.objects.readable().prefetch_related("areas")
    ]
