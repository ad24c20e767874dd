"""What a utility's system says today, element by element: coverage, who asks what, what is done twice.

A gap analysis can be filled with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, Utility
from assessments.integration.board import latest
from assessments.models import Evidence, Finding, GapAnalysis, InitiativeInPlace
from ims import registers
from ims.apart import KeptApart
from ims.check.periods import Every, moved
from ims.check.quarters import Quarter
from ims.plan.statements import CrossCheck
from ims.plan.units import Unit
from ims.records import AREAS
from ims.system.coverage import Held, Proposal, evidence, proposal
from ims.system.doubles import Double, doubles
from ims.system.living import held, living_records
from ims.system.matrix import Asker, Figures, Row, figures, matrix, sentence
from initiatives.models import Initiative
from pdca.models import Area, Component, Element, Opportunity

MEASURED, REPORTED = "measuring-and-monitoring", "reporting"  # elements
SHOWN = 10  # pairs on the page
LINKED = 20  # records that become links of a row's evidence
TITLE = 200  # characters of the title of a link


@dataclass(frozen=True)
class Line:
    """An element: what the records propose, and what the latest gap analysis says of it."""

    element: Element
    proposal: Proposal
    areas: list[Area]
    finding: Finding | None
    was: list[Area]

    @property
    def differs(self) -> bool:
        """Whether an analysis of today would say something else than the latest one."""
        found = self.finding
        if self.proposal.rating is None or found is None or found.rating is None:
            return False
        return (self.proposal.rating, self.proposal.areas) != (found.rating, [area.code for area in self.was])

    @property
    def tone(self) -> str:
        return {None: "", 0: "bad", 1: "warn", 2: "good"}[self.proposal.rating]

    @property
    def words(self) -> str:
        rating = self.proposal.rating
        return "Not known" if rating is None else str(Finding.Rating(rating).label)


@dataclass(frozen=True)
class Covered:
    """The cells (element × area) of a component that living records cover, of those in scope.

    ``more`` is by how many that differs from the latest complete gap analysis, None without one.
    """

    component: Component
    covered: int
    cells: int
    more: int | None

    @property
    def change(self) -> str:
        """By how many more or fewer than then, in words."""
        return "same" if not self.more else f"{abs(self.more)} {'more' if self.more > 0 else 'fewer'}"


@dataclass(frozen=True)
class OneJob:
    """Two records that do one job: why, where they are compared, and what the guide says of sharing the element."""

    pair: Double
    both: list[tuple[Held, str]]  # each with the names of its initiatives
    element: Element
    why: str
    page: str  # the name of the address that compares them
    opportunity: Opportunity | None


class Today:
    """A utility's system as of now. Makes at most 12 queries, at any number of records.

    The initiatives whose requirements are counted are those of the catalog that the latest gap analysis has in place,
    and those that a living record names. What the utility follows besides, the catalog says nothing about.
    """

    def __init__(self, utility: Utility) -> None:
        self.utility = utility

    @cached_property
    def analysis(self) -> GapAnalysis | None:
        return latest(self.utility)

    @cached_property
    def scope(self) -> list[str]:
        return self.analysis.areas if self.analysis else AREAS

    @cached_property
    def areas(self) -> dict[str, Area]:
        return {area.code: area for area in Area.objects.all()}

    @cached_property
    def elements(self) -> dict[str, Element]:
        rows = Element.objects.known().select_related("component").order_by("order")
        return {element.slug: element for element in rows}

    @cached_property
    def held(self) -> dict[str, list[Held]]:
        """The records by the element that they serve; not those of closed registers, which are for some only."""
        found: dict[str, list[Held]] = {}
        for register, record in living_records(self.utility):
            found.setdefault(register.serves(record), []).append(held(register, record))
        if report := _last_report(self.utility, found.get(MEASURED, [])):
            found.setdefault(REPORTED, []).append(report)
        return found

    # What a gap analysis of today would say.

    @cached_property
    def lines(self) -> list[Line]:
        findings: dict[int, Finding] = {}
        if self.analysis:
            findings = {each.element_id: each for each in self.analysis.findings.all()}
        made = []
        for element in self.elements.values():
            proposed = proposal(self.held.get(element.slug, []), self.scope)
            finding = findings.get(element.pk)
            was = [code for code in self.scope if finding and code in finding.areas]
            made.append(Line(element, proposed, self._named(proposed.areas), finding, self._named(was)))
        return made

    def _named(self, codes: Sequence[str]) -> list[Area]:
        return [self.areas[code] for code in codes]

    @property
    def n_known(self) -> int:
        return sum(line.proposal.rating is not None for line in self.lines)

    @property
    def n_different(self) -> int:
        return sum(line.differs for line in self.lines)

    @cached_property
    def complete(self) -> GapAnalysis | None:
        """The analysis that today is compared with."""
        found = self.analysis
        return found if found and found.status == GapAnalysis.Status.COMPLETE else None

    @cached_property
    def coverage(self) -> list[Covered]:
        by_component: dict[Component, list[Line]] = {}
        for line in self.lines:
            by_component.setdefault(line.element.component, []).append(line)
        return [
            Covered(
                component,
                covered := sum(len(line.areas) for line in lines),
                len(lines) * len(self.scope),
                covered - sum(len(line.was) for line in lines) if self.complete else None,
            )
            for component, lines in by_component.items()
        ]

    # Who asks, and which record answers.

    @cached_property
    def askers(self) -> list[Asker]:
        """The initiatives that are in place, with what they ask; those that ask most come first."""
        living = (each for records in self.held.values() for each in records if not each.lacks)
        named = {slug for each in living for slug in each.initiatives}
        in_place = InitiativeInPlace.objects.filter(analysis=self.analysis).values("initiative")
        rows = Initiative.objects.known().filter(Q(pk__in=in_place) | Q(slug__in=named)).order_by("short_name")
        found = [
            Asker(row.slug, row.short_name, {slug: each["text"] for slug, each in row.required.items()}) for row in rows
        ]
        return sorted(found, key=lambda asker: -len(asker.asks))

    @cached_property
    def rows(self) -> list[Row]:
        twice = {(pair.element, slug) for pair in self.doubles for slug in pair.initiatives}
        return matrix(self.elements, self.askers, self.held, twice)

    @property
    def matrix(self) -> list[tuple[Element, Row]]:
        return [(self.elements[row.element], row) for row in self.rows]

    @cached_property
    def figures(self) -> Figures:
        return figures(self.rows)

    @property
    def sentence(self) -> str:
        return sentence(self.figures, len(self.askers), len(self.doubles))

    @property
    def holes(self) -> list[tuple[Element, Row]]:
        """The elements at which something is asked that nobody answers, those with most of it first."""
        return sorted((each for each in self.matrix if each[1].open), key=lambda each: -len(each[1].open))

    # One job, done twice.

    @cached_property
    def apart(self) -> list[KeptApart]:
        """The pairs that are two jobs, as somebody said, of records that people see here."""
        shown = Q(first__utility=self.utility, first__restricted=False)
        return list(KeptApart.objects.valid().filter(shown).select_related("first", "second"))

    @cached_property
    def doubles(self) -> list[Double]:
        """The pairs that do one job, the most certain first."""
        by_unit = {each.slug for each in registers.known() if each.merges and each.merges.by_unit}
        merged = {each.slug for each in registers.known() if each.merges}
        jobs = {slug: [each for each in records if each.slug in merged] for slug, records in self.held.items()}
        found = doubles(jobs, by_unit, {(each.first_id, each.second_id) for each in self.apart})
        if any(pair.first.slug == "statements" for pair in found):
            agree = _that_agree(self.utility)
            found = [pair for pair in found if (pair.first.key, pair.second.key) not in agree]
        return found

    def shown(self, pairs: Sequence[Double]) -> list[OneJob]:
        """Returns pairs with what a page shows of them. Makes two queries, none without pairs."""
        if not pairs:
            return []
        opportunities = Opportunity.by_element()
        units = dict(Unit.objects.filter(utility=self.utility).values_list("pk", "title"))
        names = {asker.slug: asker.name for asker in self.askers}
        return [
            OneJob(
                pair,
                [
                    (each, ", ".join(names.get(slug, slug) for slug in each.initiatives) or "no initiative")
                    for each in (pair.first, pair.second)
                ],
                self.elements[pair.element],
                pair.why(units),
                _page_of(pair),
                best_opportunity(opportunities.get(pair.element, []), pair.initiatives),
            )
            for pair in pairs
        ]

    @cached_property
    def first_doubles(self) -> list[OneJob]:
        return self.shown(self.doubles[:SHOWN])


def best_opportunity(found: Sequence[Opportunity], initiatives: set[str]) -> Opportunity | None:
    """Returns the opportunity of an element that joins most of the initiatives, the first of several; None of none."""
    return max(found, key=lambda each: len(initiatives & set(each.initiatives)), default=None)


def _page_of(pair: Double) -> str:
    merges = registers.get(pair.first.slug).merges
    return merges.page if merges else ""


def _that_agree(utility: Utility) -> set[tuple[int, int]]:
    """Returns the pairs of policies that somebody compared, and kept as two that agree (guide 2004, §4.1.3)."""
    checks = CrossCheck.objects.filter(first__utility=utility).exclude(result=CrossCheck.Result.CONFLICT)
    return set(checks.values_list("first", "second"))


def _last_report(utility: Utility, measures: Sequence[Held]) -> Held | None:
    """Returns the last quarterly performance report that somebody commented on.

    It covers the areas and serves the initiatives of the living measures.
    """
    quarter = Quarter.objects.filter(utility=utility).exclude(summary="").order_by("-first").first()
    if quarter is None:
        return None
    living = [each for each in measures if not each.lacks]
    areas = [code for code in AREAS if any(code in each.areas for each in living)]
    initiatives = sorted({slug for each in living for slug in each.initiatives})
    due = moved(quarter.first, Every.QUARTER, 3)
    lacks = f"The next one was due by {due:%B %-d, %Y}." if timezone.localdate() >= due else ""
    url = quarter.get_absolute_url()
    return Held(str(quarter), "Quarterly performance", "Performance", url, areas, initiatives, lacks)


@transaction.atomic
def fill(analysis: GapAnalysis, today: Today, *, by: User) -> int:
    """Proposes the rows of a draft that nobody answered yet, each to be confirmed. Returns how many.

    The living records become the evidence. Raises NotAllowed; WrongState if the analysis is complete.
    """
    analysis.require_editor()
    analysis.lock_draft()
    held, in_place, n = today.held, analysis.in_place().keys(), 0
    site = settings.SITE_URL.rstrip("/")
    links: list[Evidence] = []
    rows = Finding.objects.visible_to(by).filter(analysis=analysis, rating=None)
    for finding in rows:
        proposed = proposal(held.get(finding.element.slug, []), analysis.areas)
        if proposed.rating is None:
            continue
        initiatives = [slug for slug in proposed.initiatives if slug in in_place]
        text = finding.evidence or evidence(proposed.living)
        finding.propose(by=by, rating=proposed.rating, areas=proposed.areas, initiatives=initiatives, evidence=text)
        links += [
            Evidence(finding=finding, added_by=by, url=site + each.url, title=f"{each.number} {each.title}"[:TITLE])
            for each in proposed.living[:LINKED]
        ]
        n += 1
    Evidence.objects.bulk_create(links)
    return n
