"""The report of a gap analysis: everything that was entered, the results, and what follows from them."""

from typing import Any

from django.utils import timezone

from accounts.models import User
from assessments import charts
from assessments.catalog import Catalog, recommended
from assessments.compared import earlier, with_reasons
from assessments.integration.board import board
from assessments.models import REPORT, Finding, GapAnalysis, RoadMap, When
from assessments.movement import movement
from assessments.operations import VALUE_CHAINS
from assessments.results import phases
from assessments.sheets import sheets
from reports.kinds import Kind, Sharing, chapters, register


def find(user: User, object_id: int) -> GapAnalysis | None:
    return GapAnalysis.objects.visible_to(user).filter(pk=object_id).first()


def title(analysis: GapAnalysis) -> str:
    return f"Gap analysis: {analysis}, {analysis.utility}"


def context(analysis: GapAnalysis) -> dict[str, Any]:
    """Recommendations, opportunities, answers, road map and chapters are as of now, also for a complete analysis.

    A chapter is made of the analysis and its results.
    """
    results, findings = analysis.results_with_findings()
    catalog, before = Catalog(), earlier(analysis)
    advice = recommended(analysis, results, catalog)
    rows = {row.slug: row for row in results.rows}
    first_at = {row.element_id: row for row in reversed(catalog.opportunities.values())}
    road = RoadMap.objects.filter(utility=analysis.utility_id).select_related("analysis", "changed_by").first()
    moved = movement([before.results, results]) if before else None
    return {
        "analysis": analysis,
        "results": results,
        "heat_map": charts.heat_map(results, labels=330, row=26),  # fits on a page below something else
        "coverage_bars": charts.coverage_bars(results),
        "operations": [
            (chain, [name for slug, name in steps.items() if slug in analysis.operations])
            for chain, steps in VALUE_CHAINS.items()
            if any(slug in analysis.operations for slug in steps)
        ],
        "components": [(each, [finding for finding, _ in pairs]) for each, pairs in phases(results, findings)],
        "phases": [
            (
                component,
                [pair for pair in pairs if _has_answer(pair[0])],
                [row for one, row in pairs if not _has_answer(one)],
            )
            for component, pairs in phases(results, findings)
        ],
        "today": timezone.localdate(),
        "recommended": advice,
        "smallest": {offer.initiative.slug for offer in advice.smallest},
        "extensions": [(one, rows[one.element.slug]) for one in advice.reuse],
        "tells_providers": any(rows[one.element.slug].initiatives for one in advice.reuse),
        "unclosed": [(one, first_at.get(one.element.slug)) for one in advice.unclosed],
        "board": board(analysis, results, catalog),
        "road": road,
        "steps": [(When(step["when"]).label, step["text"]) for step in road.steps] if road else [],
        "earlier": before,
        "moved": moved,
        "reasons": list(with_reasons(moved.moved, before, analysis)) if before and moved else [],
        "chapters": chapters(REPORT, analysis, results),
    }


def _has_answer(finding: Finding) -> bool:
    """Returns whether the finding has a rating or anything else to show."""
    is_filled = finding.rating is not None or finding.evidence or finding.changes or finding.notes
    return bool(is_filled or finding.initiatives or finding.evidence_items.all())


register(
    Kind(
        name=REPORT,
        label="Gap analysis",
        template="assessments/reports/gap_analysis.html",
        find=find,
        title=title,
        filename=lambda analysis: f"{analysis.utility.in_file_names}-gap-analysis-{analysis.as_of:%Y-%m-%d}",
        context=context,
        in_word=True,
        sheets=sheets,
        sharing=Sharing.of_utility(GapAnalysis),
    )
)
