"""The analysis before another one, and why elements moved between the two, as their findings say."""

from collections.abc import Iterable
from dataclasses import dataclass

from assessments.models import Evidence, Finding, GapAnalysis
from assessments.movement import ElementMoved


@dataclass(frozen=True)
class Why:
    """What the findings of the first and the last analysis say about an element that moved."""

    planned: str  # what needed to change, in the first
    evidence: str  # in the last, if it is another text than in the first
    added: list[Evidence]  # links and files of the last that the first does not have
    providers: list[str]  # initiatives that provide it in the last, and did not in the first

    def __bool__(self) -> bool:
        return bool(self.planned or self.evidence or self.added or self.providers)


def earlier(analysis: GapAnalysis) -> GapAnalysis | None:
    """Returns the utility's complete analysis before this one."""
    complete = GapAnalysis.objects.filter(utility=analysis.utility_id, status=GapAnalysis.Status.COMPLETE)
    return complete.filter(as_of__lt=analysis.as_of).order_by("-as_of", "-pk").defer("frozen").first()


def with_reasons(
    moved: Iterable[ElementMoved], first: GapAnalysis, last: GapAnalysis
) -> Iterable[tuple[ElementMoved, Why]]:
    """Makes four queries."""
    before, after = _findings(first), _findings(last)
    names = {row.slug: row for row in last.results.rows}
    for element in moved:
        slug = element.element.slug
        if slug in before and slug in after:
            yield element, _why(before[slug], after[slug], names[slug].initiatives)
        else:
            yield element, Why("", "", [], [])


def _findings(analysis: GapAnalysis) -> dict[str, Finding]:
    rows = analysis.findings.select_related("element").prefetch_related("evidence_items__file")
    return {finding.element.slug: finding for finding in rows}


def _why(before: Finding, after: Finding, names: list[str]) -> Why:
    had = {(item.url, item.file_id) for item in before.evidence_items.all()}
    return Why(
        planned=before.changes,
        evidence=after.evidence if after.evidence != before.evidence else "",
        added=[item for item in after.evidence_items.all() if (item.url, item.file_id) not in had],
        providers=[
            name for slug, name in zip(after.initiatives, names, strict=False) if slug not in before.initiatives
        ],
    )
