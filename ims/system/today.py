"""What a utility's system says today, element by element, and filling a gap analysis with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import User, Utility
from assessments.integration.board import latest
from assessments.models import Evidence, Finding, GapAnalysis
from ims import registers
from ims.check.periods import Every, moved
from ims.check.quarters import Quarter
from ims.records import AREAS, Record
from ims.registers import Register
from ims.system.coverage import Held, Proposal, evidence, proposal
from pdca.models import Area, Element

MEASURED = "measuring-and-monitoring"
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


class Today:
    """A utility's system as of now. Makes one query for each register and a few more, at any number of records."""

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
    def held(self) -> dict[str, list[Held]]:
        """The records by the element that they serve; not those of closed registers, which are for some only."""
        found: dict[str, list[Held]] = {}
        for register in registers.known():
            for record in _rows(register, self.utility):
                found.setdefault(register.serves(record), []).append(_held(record, register))
        if report := _last_report(self.utility, found.get(MEASURED, [])):
            found.setdefault("reporting", []).append(report)
        return found

    @cached_property
    def lines(self) -> list[Line]:
        findings: dict[str, Finding] = {}
        if self.analysis:
            findings = {each.element.slug: each for each in self.analysis.findings.select_related("element")}
        made = []
        for element in Element.objects.known().select_related("component").order_by("order"):
            told = proposal(self.held.get(element.slug, []), self.scope)
            finding = findings.get(element.slug)
            was = [code for code in self.scope if finding and code in finding.areas]
            made.append(Line(element, told, self._named(told.areas), finding, self._named(was)))
        return made

    def _named(self, codes: Sequence[str]) -> list[Area]:
        return [self.areas[code] for code in codes]

    @property
    def n_known(self) -> int:
        return sum(line.proposal.rating is not None for line in self.lines)

    @property
    def n_different(self) -> int:
        return sum(line.differs for line in self.lines)


def _rows(register: Register, utility: Utility) -> Any:
    return register.model.objects.filter(utility=utility, restricted=False).order_by("number")


def _held(record: Record, register: Register) -> Held:
    lacks = register.living(record)
    return Held(
        record.number,
        record.title,
        register.name,
        record.get_absolute_url(),
        record.areas,
        record.initiatives,
        lacks,
    )


def _last_report(utility: Utility, measures: Sequence[Held]) -> Held | None:
    """Returns the last quarterly performance report that somebody commented on. It covers the areas of the measures."""
    quarter = Quarter.objects.filter(utility=utility).exclude(summary="").order_by("-first").first()
    if quarter is None:
        return None
    areas = [code for code in AREAS if any(code in each.areas for each in measures if not each.lacks)]
    due = moved(quarter.first, Every.QUARTER, 3)
    lacks = f"The next one was due by {due:%B %-d, %Y}." if timezone.localdate() >= due else ""
    return Held(str(quarter), "Quarterly performance", "Performance", quarter.get_absolute_url(), areas, [], lacks)


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
        told = proposal(held.get(finding.element.slug, []), analysis.areas)
        if told.rating is None:
            continue
        initiatives = [slug for slug in told.initiatives if slug in in_place]
        text = finding.evidence or evidence(told.living)
        finding.propose(by=by, rating=told.rating, areas=told.areas, initiatives=initiatives, evidence=text)
        links += [
            Evidence(finding=finding, added_by=by, url=site + each.url, title=f"{each.number} {each.title}"[:TITLE])
            for each in told.living[:LINKED]
        ]
        n += 1
    Evidence.objects.bulk_create(links)
    return n
