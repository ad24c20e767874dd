"""The PDF report of a gap analysis: everything that was entered, and the results."""

from typing import Any

from django.db.models import QuerySet

from accounts.models import Role, User
from assessments import charts
from assessments.models import REPORT, Finding, GapAnalysis
from assessments.operations import VALUE_CHAINS
from assessments.results import phases
from reports.kinds import Kind, Sharing, register


def find(user: User, object_id: int) -> GapAnalysis | None:
    return GapAnalysis.objects.visible_to(user).filter(pk=object_id).first()


def managed(user: User) -> QuerySet[GapAnalysis]:
    return GapAnalysis.objects.visible_to(user).filter(my_role=Role.MANAGER)


def title(analysis: GapAnalysis) -> str:
    return f"Gap analysis: {analysis}, {analysis.utility}"


def context(analysis: GapAnalysis) -> dict[str, Any]:
    results, findings = analysis.results_with_findings()
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
        "phases": [
            (component, [pair for pair in pairs if _is_told(pair[0])], [row for one, row in pairs if not _is_told(one)])
            for component, pairs in phases(results, findings)
        ],
        "tells_providers": any(extension.row.initiatives for extension in results.extensions),
    }


def _is_told(finding: Finding) -> bool:
    """Returns whether the finding has a rating or anything else to show."""
    told = finding.rating is not None or finding.evidence or finding.changes or finding.notes
    return bool(told or finding.initiatives or finding.evidence_items.all())


register(
    Kind(
        name=REPORT,
        label="Gap analysis",
        template="assessments/reports/gap_analysis.html",
        find=find,
        title=title,
        filename=lambda analysis: f"gap-analysis-{analysis.as_of:%Y-%m-%d}",
        context=context,
        in_word=True,
        sharing=Sharing(readable=GapAnalysis.objects.visible_to, managed=managed),
    )
)
