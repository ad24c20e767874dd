"""The results of a gap analysis: what the elements cover, and what could be extended.

Coverage is the one measure: the cells, which are pairs of an element and an area in scope, that something covers. A row
that is not answered yet covers nothing. It is said as a fraction, because a percentage hides how much was counted.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from django.utils.text import get_text_list

AREA_CODES = ["E", "S", "Q", "F", "H"]  # in the order of guide 2004, Table 1

Paired = TypeVar("Paired")  # what is paired with a row: its finding


@dataclass(frozen=True)
class AreaInScope:
    code: str
    name: str
    short_name: str


@dataclass(frozen=True)
class Row:
    """One element: its rating (None: not answered), the codes of its areas and the names of its initiatives."""

    slug: str
    name: str
    component: str
    strategic_alignment: bool
    rating: int | None
    areas: list[str]
    initiatives: list[str]


@dataclass(frozen=True)
class Coverage:
    """How many cells of some elements are covered, and how many of the elements exist."""

    slug: str
    name: str
    covered: int
    cells: int
    existing: int
    elements: int

    @property
    def percent(self) -> int:
        return round(100 * self.covered / self.cells) if self.cells else 0

    @property
    def fraction(self) -> str:
        return f"{self.covered} of {self.cells}"


@dataclass(frozen=True)
class Extension:
    """A row that serves one area and could serve others."""

    row: Row
    serves: AreaInScope
    could_serve: list[AreaInScope]


@dataclass(frozen=True)
class Results:
    """``components`` are (slug, name) in order."""

    areas: list[AreaInScope]
    initiatives: list[str]
    rows: list[Row]
    components: list[tuple[str, str]]

    # How it is stored with a complete analysis.

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"components": [list(each) for each in self.components]}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Results":
        """Also reads what was stored before coverage: the components then stood with their scores."""
        components = kept.get("components") or [(score["slug"], score["name"]) for score in kept["scores"]]
        return cls(
            areas=[AreaInScope(**area) for area in kept["areas"]],
            initiatives=kept["initiatives"],
            rows=[Row(**row) for row in kept["rows"]],
            components=[(slug, name) for slug, name in components],
        )

    # Coverage.

    def _coverage(self, slug: str, name: str, rows: list[Row]) -> Coverage:
        return Coverage(
            slug=slug,
            name=name,
            covered=sum(len(row.areas) for row in rows),
            cells=len(rows) * len(self.areas),
            existing=sum(bool(row.rating) for row in rows),
            elements=len(rows),
        )

    @property
    def coverage(self) -> list[Coverage]:
        """The coverage of each component."""
        return [
            self._coverage(slug, name, [row for row in self.rows if row.component == slug])
            for slug, name in self.components
        ]

    @property
    def overall(self) -> Coverage:
        return self._coverage("overall", "Overall", self.rows)

    @property
    def alignment(self) -> Coverage:
        return self._coverage("alignment", "Strategic alignment", self.alignment_rows)

    # Figures and sentences.

    @property
    def answered(self) -> list[Row]:
        return [row for row in self.rows if row.rating is not None]

    @property
    def existing(self) -> list[Row]:
        return [row for row in self.rows if row.rating]

    @property
    def shared(self) -> list[Row]:
        return [row for row in self.rows if len(row.areas) > 1]

    @property
    def absent(self) -> list[Row]:
        return [row for row in self.rows if row.rating == 0]

    @property
    def alignment_rows(self) -> list[Row]:
        return [row for row in self.rows if row.strategic_alignment]

    @property
    def gap_cells(self) -> int:
        """The number of cells that nothing covers."""
        return self.overall.cells - self.overall.covered

    @property
    def gap_words(self) -> str:
        """A sentence with the number of gaps. A row not answered yet covers nothing."""
        among = ", including unanswered rows" if len(self.answered) < len(self.rows) else ""
        return f"{self.gap_cells} of the {self.overall.cells} cells are gaps{among}."

    @property
    def extensions(self) -> list[Extension]:
        """The single-area rows that could serve more areas, the strategic alignment elements first."""
        found = [
            Extension(row, area, [other for other in self.areas if other != area])
            for row in self.rows
            for area in self.areas
            if row.rating == 1 and row.areas == [area.code] and len(self.areas) > 1
        ]
        return sorted(found, key=lambda extension: not extension.row.strategic_alignment)

    @property
    def headline(self) -> str:
        """A one-line summary, such as “Strong on Do, weak on Check, nothing yet on Act”."""
        if not self.existing:
            return "Nothing in place yet" if self.answered else "Not answered yet"
        bands: dict[str, list[str]] = {}
        for each in self.coverage:
            bands.setdefault(_band(each.percent), []).append(each.name)
        parts = [f"{band} {get_text_list(bands[band], 'and')}" for band in BANDS if band in bands]
        line = ", ".join(parts)
        return line[0].upper() + line[1:]

    @property
    def sentences(self) -> list[str]:
        """The figures as sentences."""
        several = len(self.areas) > 1
        overall = self.overall
        words = [
            f"{overall.fraction} cells {'is' if overall.covered == 1 else 'are'} covered.",
            f"{_of(len(self.existing), len(self.rows), 'element')} {_exist(len(self.existing))}"
            + (f"; {_serve(len(self.shared))} more than one area." if several else "."),
        ]
        if unanswered := len(self.rows) - len(self.answered):
            verbs = ("is", "counts") if unanswered == 1 else ("are", "count")
            words.append(f"{unanswered} {verbs[0]} not answered yet and {verbs[1]} as not covered.")
        if several and self.extensions:
            n = len(self.extensions)
            words.append(
                f"{n} {'supports' if n == 1 else 'support'} a single area and could be extended to others"
                " before you build anything new."
            )
        alignment = self.alignment_rows
        shared = sum(len(row.areas) > 1 for row in alignment)
        if several and alignment:
            words.append(
                f"Of the {len(alignment)} elements that matter most for strategic alignment,"
                f" {shared or 'none'} {'supports' if shared == 1 else 'support'} multiple areas."
            )
        return words


def phases(results: Results, findings: Sequence[tuple[Paired, Row]]) -> list[tuple[Coverage, list[tuple[Paired, Row]]]]:
    """Groups the findings and their rows under Plan, Do, Check and Act, each with its coverage."""
    return [(each, [pair for pair in findings if pair[1].component == each.slug]) for each in results.coverage]


BANDS = ("strong on", "moderate on", "weak on", "nothing yet on")


def _band(percent: int) -> str:
    if percent >= 67:
        return BANDS[0]
    if percent >= 34:
        return BANDS[1]
    return BANDS[2] if percent else BANDS[3]


def _of(n: int, total: int, noun: str) -> str:
    return f"{n or 'None'} of {'the ' if not n else ''}{total} {noun}s"


def _exist(n: int) -> str:
    return "exists" if n == 1 else "exist"


def _serve(n: int) -> str:
    return f"{n or 'none'} {'supports' if n == 1 else 'support'}"
