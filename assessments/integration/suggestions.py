"""The road map suggested for a gap analysis: which approach fits, and the steps in its order."""

from itertools import groupby

from django.utils.text import get_text_list

from assessments.catalog import Recommended
from assessments.integration.paths import Kind, Move, Standing, in_order, when
from assessments.integration.steps import Step
from assessments.models import Approach, GapAnalysis
from assessments.operations import OPERATIONS, VALUE_CHAINS
from assessments.results import Results
from initiatives.models import Initiative


def standing(analysis: GapAnalysis, results: Results) -> Standing:
    """Makes one query: the names of the frameworks in place."""
    frameworks = analysis.initiatives.filter(group=Initiative.Group.IMPROVEMENT_FRAMEWORK)
    return Standing(
        existing=len(results.existing),
        elements=len(results.rows),
        single=len(results.extensions),
        frameworks=list(frameworks.values_list("short_name", flat=True)),
        operations=len(analysis.operations),
        operations_of_chains=len(analysis.operations) + len(outside(analysis)),
    )


def outside(analysis: GapAnalysis) -> list[str]:
    """Returns the operations that the fence line leaves out, of the value chains that it touches."""
    touched = [chain for chain in VALUE_CHAINS.values() if not chain.keys().isdisjoint(analysis.operations)]
    return [slug for chain in touched for slug in chain if slug not in analysis.operations]


def suggested(approach: Approach, analysis: GapAnalysis, recommended: Recommended) -> list[Step]:
    """Returns the steps in the order of the approach, a third of them for each time."""
    steps: dict[str, Step] = {}
    moves: list[Move] = []

    def add(kind: Kind, about: str, text: str, *, aligned: bool = False, plans: bool = False, **links: str) -> None:
        key = f"{kind}-{about}"
        moves.append(Move(kind, key, aligned, plans))
        steps[key] = {"key": key, "text": text} | links

    for reuse in recommended.reuse:
        element, serves = reuse.element, reuse.serves.short_name.lower()
        areas = get_text_list([area.short_name.lower() for area in reuse.could_serve], "and")
        add(
            Kind.EXTEND,
            element.slug,
            f"Extend {_lower(str(element))} from {serves} to {areas}.",
            aligned=element.strategic_alignment,
            plans=element.component_id == "plan",
            element=element.slug,
        )
    for offer in recommended.smallest:
        name, gaps = offer.initiative.short_name, f"{offer.closes} {'gap' if offer.closes == 1 else 'gaps'}"
        add(
            Kind.USE if offer.in_place else Kind.ADOPT,
            offer.initiative.slug,
            f"Extend {name}, already in place: it can close {gaps}."
            if offer.in_place
            else f"Adopt {name}: it can close {gaps}.",
            plans=offer.initiative.plan == Initiative.Strength.STRONGEST,
            initiative=offer.initiative.slug,
        )
    for component, group in groupby(recommended.unclosed, key=lambda one: one.element.component):
        names = get_text_list([_lower(str(one.element)) for one in group], "and")
        add(
            Kind.BUILD,
            component.slug,
            f"Set up what no initiative provides in {component}: {names}.",
            plans=component.slug == "plan",
        )
    if left_out := outside(analysis):
        names = "; ".join(OPERATIONS[slug].lower() for slug in left_out)
        add(Kind.WIDEN, "operations", f"Extend the system to the operations outside the fence line: {names}.")
    ordered = in_order(approach, moves)
    return [steps[move.key] | {"when": when(place, len(ordered))} for place, move in enumerate(ordered)]


def _lower(name: str) -> str:
    return name[0].lower() + name[1:]
