"""Compares initiatives: Table 1, what each one is, and what each asks at every element.

Pages, spreadsheets and PDFs show the same values. The caller makes the queries.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import System
from initiatives.models import Initiative, Stance
from pdca.models import Area, Component, Element, Opportunity

Rows = list[list[Any]]  # of a spreadsheet; the first row is the header


# --- Table 1 as a matrix ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """``value`` returns a cell's plain value, ``rank`` its sort key. ``kind``: name, words, area or strength."""

    name: str
    label: str
    kind: str
    value: Callable[[Initiative], Any]
    rank: Callable[[Initiative], Any]
    letter: str = ""


def columns(areas: Iterable[Area], components: Iterable[Component]) -> list[Column]:
    """Returns the columns of guide 2004, Table 1, and those for the phase 1 grouping, the systems and today."""
    by_area = [
        Column(f"area-{area.code}", area.short_name, "area", _serves(area), _serves(area, last=True), area.code)
        for area in areas
    ]
    by_component = [
        Column(component.slug, component.name, "strength", _strength(component), _strength(component), component.letter)
        for component in components
    ]
    return [
        Column("name", "Initiative", "name", lambda row: row.name, lambda row: row.name.lower()),
        Column("group", "Group", "words", _group, lambda row: Initiative.Group.values.index(row.group)),
        Column("grouping", "Phase 1 grouping", "words", lambda row: row.get_grouping_display(), _grouping_rank),
        *by_area,
        *by_component,
        Column("systems", "Systems", "words", lambda row: ", ".join(row.systems_shown), _systems_rank),
        Column("today", "Status today", "words", lambda row: row.get_today_display(), _today_rank),
    ]


def _serves(area: Area, *, last: bool = False) -> Callable[[Initiative], bool]:
    """Returns a test for serving the area; with ``last`` for not serving it, which sorts those that do first."""
    return lambda row: (area in row.areas.all()) is not last


def _strength(component: Component) -> Callable[[Initiative], int]:
    return lambda row: row.support[component.slug]


def _group(row: Initiative) -> str:
    return f"{row.get_group_display()}{' (our judgment)' if row.group_is_judgement else ''}"


def _grouping_rank(row: Initiative) -> int:
    return [*Initiative.Grouping.values, ""].index(row.grouping)


def _systems_rank(row: Initiative) -> tuple[int, list[str]]:
    """Sorts those that fit the most systems first."""
    return -(len(row.systems) or len(System)), row.systems_shown


def _today_rank(row: Initiative) -> int:
    return Initiative.Today.values.index(row.today)


def in_order(rows: Iterable[Initiative], known: Sequence[Column], asked: str) -> tuple[list[Initiative], str]:
    """Returns ``rows`` sorted by the column ``asked`` (in reverse with a leading ``-``), and the sort that was used.

    Ties are sorted by name. If there is no such column, the first one is used.
    """
    by_name = sorted(rows, key=known[0].rank)
    column = next((column for column in known if column.name == asked.removeprefix("-")), None)
    if column is None:
        return by_name, known[0].name
    return sorted(by_name, key=column.rank, reverse=asked.startswith("-")), asked


def table_1(rows: Iterable[Initiative], known: Sequence[Column]) -> list[list[tuple[Column, Any]]]:
    return [[(column, column.value(row)) for column in known] for row in rows]


def table_1_sheet(rows: Iterable[Initiative], known: Sequence[Column]) -> Rows:
    head = [column.label for column in known]
    words = {True: "yes", False: "no"}
    return [
        head,
        *([words[v] if isinstance(v, bool) else v for _, v in cells] for cells in table_1(rows, known)),
    ]


# --- Two to four side by side -----------------------------------------------------------------------


@dataclass(frozen=True)
class Statement:
    """What the sources say about one aspect of an initiative. If ``lines`` is empty, ``why`` may say why."""

    lines: list[str] = field(default_factory=list)
    source: str = ""
    note: str = ""
    why: str = ""
    strength: int | None = None

    def __str__(self) -> str:
        return "\n".join(self.lines) or self.why or "Not stated."


@dataclass(frozen=True)
class Aspect:
    name: str
    cells: list[Statement]
    component: str = ""  # set if the aspect is a strength
    in_order: bool = False  # the lines are ordered steps


def aspects(chosen: Sequence[Initiative], components: Iterable[Component]) -> list[Aspect]:
    def row(name: str, statement: Callable[[Initiative], Statement], **more: Any) -> Aspect:
        return Aspect(name, [statement(initiative) for initiative in chosen], **more)

    strengths = [row(one.name, _support(one.slug), component=one.slug) for one in components]
    return [
        row("What it is", lambda one: Statement([one.kind] if one.kind else [], one.profile_source)),
        row("Phase 1 grouping", lambda one: Statement(_some(one.get_grouping_display()), one.profile_source)),
        row("Group", lambda one: Statement([_group(one)], one.source)),
        row("Sponsors", lambda one: Statement(one.sponsors, one.profile_source, why=one.unsaid.get("sponsors", ""))),
        row("Who can participate", _statement("participants")),
        row("Systems", lambda one: Statement(one.systems_shown)),
        row("Management areas", lambda one: Statement([area.name for area in one.areas.all()], one.source)),
        *strengths,
        row("Drivers", _statement("drivers")),
        row("Goals", _statement("goals")),
        row("Benefits", _statement("benefits")),
        row("Steps and requirements", _statement("steps"), in_order=True),
        row("What it does not provide", _statement("lacks")),
        row("Status today", lambda one: Statement([one.get_today_display(), *_some(one.today_text)], one.today_source)),
    ]


def _some(text: str) -> list[str]:
    return [text] if text else []


def _statement(name: str) -> Callable[[Initiative], Statement]:
    """Returns a function that makes the statement of a field with a passage or a listing."""

    def statement(one: Initiative) -> Statement:
        value: dict[str, Any] = getattr(one, name)
        lines = value.get("items") or _some(value.get("text", ""))
        return Statement(lines, value.get("source", ""), value.get("note", ""), one.unsaid.get(name, ""))

    return statement


def _support(component: str) -> Callable[[Initiative], Statement]:
    def statement(one: Initiative) -> Statement:
        strength, note = Initiative.Strength(one.support[component]), one.notes[component]
        said = note.get("text") or one.unsaid_note(component)
        source = note.get("source") or one.source
        return Statement([strength.label, *_some(said)], source, note.get("note", ""), strength=strength.value)

    return statement


def aspects_sheet(chosen: Sequence[Initiative], rows: Iterable[Aspect]) -> Rows:
    head = ["Aspect", *(title for one in chosen for title in (one.short_name, f"{one.short_name}: source"))]
    return [head, *([row.name, *(said for cell in row.cells for said in (str(cell), cell.source))] for row in rows)]


# --- Who asks for what ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """What one initiative asks at one element."""

    stance: Stance
    text: str = ""
    source: str = ""
    note: str = ""

    def __str__(self) -> str:
        return f"{self.stance.label}: {self.text}" if self.text else str(self.stance.label)


@dataclass(frozen=True)
class Asked:
    """An element's row. ``sharing``: the initiatives whose demands one procedure can serve; empty or at least two.

    ``opportunities``: the element's integration opportunities, if they can share it.
    """

    element: Element
    asks: list[Ask]
    sharing: list[Initiative]
    opportunities: list[Opportunity]


def ask(initiative: Initiative, element: Element) -> Ask:
    record = initiative.asked.get(element.slug)
    if record is None:
        return Ask(Stance.SILENT)
    return Ask(Stance(record["stance"]), record["text"], record["source"], record.get("note", ""))


def who_asks(chosen: Sequence[Initiative], elements: Iterable[Element]) -> list[Asked]:
    """Returns a row for each element.

    Modeled on guide 2004, Table 6, which shows for one utility which elements its initiatives share. This uses the
    texts: initiatives can share an element if at least two of them ask something there and the guide has an
    integration opportunity for it.
    """
    opportunities = Opportunity.by_element()
    rows = []
    for element in elements:
        own = opportunities.get(element.slug, [])
        asks = [ask(one, element) for one in chosen]
        asking = [one for one, said in zip(chosen, asks, strict=True) if said.stance == Stance.ASKS]
        shares = len(asking) > 1 and bool(own)
        rows.append(Asked(element, asks, asking if shares else [], own if shares else []))
    return rows


def who_asks_sheet(chosen: Sequence[Initiative], rows: Iterable[Asked]) -> Rows:
    titles = [title for one in chosen for title in (one.short_name, f"{one.short_name}: source")]
    return [
        ["Component", "Element", *titles, "One procedure can cover", "What can be shared"],
        *(
            [
                row.element.component.name,
                row.element.name,
                *(said for one in row.asks for said in (str(one), one.source)),
                ", ".join(one.short_name for one in row.sharing),
                "\n".join(opportunity.title for opportunity in row.opportunities),
            ]
            for row in rows
        ),
    ]


# --- What a person chose ----------------------------------------------------------------------------------

MIN_COMPARED, MAX_SIDE_BY_SIDE, MAX_ASKED = 2, 4, 6
# The default. Guide 2004, ch. 4 gives their demands by element: an EMS, asset management, CMOM and the Partnership.
USUAL = ["iso-14001", "asset-management", "cmom", "partnership-safe-water"]


@dataclass(frozen=True)
class Choice:
    """The requested initiatives without duplicates, and the slugs that no published initiative has."""

    found: list[Initiative]
    unknown: list[str]
    most: int

    @property
    def fits(self) -> bool:
        return MIN_COMPARED <= len(self.found) <= self.most

    @property
    def slugs(self) -> list[str]:
        return [one.slug for one in self.found]

    def wrong(self) -> Iterator[str]:
        """Yields messages about what is wrong with the choice."""
        if self.unknown:
            named = ", ".join(f"“{slug[:60]}”" for slug in self.unknown[:3])
            yield f"The catalog has no initiative named {named}. It may have been retired."
        if len(self.found) > self.most:
            yield f"You selected {len(self.found)}. Select at most {self.most}."
        elif len(self.found) < MIN_COMPARED:
            yield f"Select {MIN_COMPARED} to {self.most} initiatives to compare."


def choose(slugs: Iterable[str], known: Mapping[str, Initiative], most: int) -> Choice:
    asked = list(dict.fromkeys(slugs))
    return Choice([known[slug] for slug in asked if slug in known], [slug for slug in asked if slug not in known], most)
