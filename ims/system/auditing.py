"""What a utility can show the auditor of an initiative, read from its records."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from accounts.models import Utility
from assessments.integration.board import latest
from ims import registers
from ims.records import AREAS, Record, RecordAttachment, RecordQuerySet, concerning
from ims.registers import Register
from ims.system.asked_first import asked_first
from ims.system.coverage import Held
from ims.system.index import Index, Item, Line, Proof
from ims.system.proof import Answered, answered, asks_of, named_by, not_asked
from ims.system.today import Today
from initiatives.models import Initiative
from pdca.models import Area, Element


def elements() -> dict[str, tuple[str, str]]:
    """Returns slug → (name, slug of the component) of each element, in order."""
    rows = Element.objects.known().order_by("order").values_list("slug", "name", "component__slug")
    return {slug: (name, component) for slug, name, component in rows}


def held(utility: Utility) -> dict[str, Sequence[Held]]:
    """Returns the records by element, without those of registers that name no initiatives."""
    silent = {each.name for each in registers.known() if "initiatives" not in each.shared}
    found = Today(utility).held
    return {slug: [each for each in records if each.register not in silent] for slug, records in found.items()}


def serving(element: str) -> list[Register]:
    """Returns the registers whose records can serve an element and name initiatives."""
    return [each for each in registers.known() if each.may_serve(element) and "initiatives" in each.shared]


@dataclass(frozen=True)
class Choice:
    """An initiative to choose, with its figures."""

    initiative: Initiative
    n: int
    n_proven: int


class Choices:
    """The initiatives of the catalog: those that a utility has in place or its records name, and the others."""

    def __init__(self, utility: Utility) -> None:
        analysis, records, known = latest(utility), held(utility), elements()
        in_place = analysis.in_place() if analysis else {}
        named = in_place.keys() | named_by(records)
        self.mine: list[Choice] = []
        self.others: list[Choice] = []
        initiatives = list(Initiative.objects.known().order_by("short_name"))
        for each in initiatives:
            lines = answered(asks_of(each.required, known), records, each.slug)
            choice = Choice(each, len(lines), sum(not line.is_gap for line in lines))
            if each.slug in named:
                self.mine.append(choice)
            elif each.retired_on is None:
                self.others.append(choice)
        catalog = {each.slug for each in initiatives}
        self.outside = [name for slug, name in in_place.items() if slug not in catalog]


class Auditing:
    """What a utility can show the auditor of one initiative, as of now. ``scope`` are letters of areas, none for all.

    Records of closed registers are only counted, because everyone in the utility may read it.
    """

    def __init__(self, utility: Utility, initiative: Initiative, scope: str = "") -> None:
        self.utility, self.initiative = utility, initiative
        self.scope = [code for code in AREAS if code in scope]
        self.elements = elements()

    @cached_property
    def answered(self) -> list[Answered]:
        asks = asks_of(self.initiative.required, self.elements)
        return answered(asks, held(self.utility), self.initiative.slug, self.scope)

    def index(self, most: int | None = None, *, with_items: bool = False) -> Index:
        """Returns it as plain values. ``most`` limits the records of an ask that are listed.

        Besides the queries for what is held it makes seven, with links and files eight.
        """
        shown = [each.number for line in self.answered for each in (*line.proof[:most], *line.failing[:most])]
        rows = {row.number: row for row in self._rows().filter(number__in=shown)}
        items = self._items(shown) if with_items else {}

        def proofs(records: Iterable[Held]) -> list[Proof]:
            return [_proof(each, rows.get(each.number), items.get(each.number, [])) for each in records]

        return Index(
            self.initiative.name,
            self.initiative.short_name,
            list(Area.objects.filter(code__in=self.scope).order_by("order").values_list("name", flat=True)),
            [
                Line(
                    line.ask,
                    proofs(line.proof[:most]),
                    proofs(line.failing[:most]),
                    len(line.proof),
                    len(line.failing),
                    len(line.unnamed),
                )
                for line in self.answered
            ],
            not_asked(self.initiative.required, self.elements),
            asked_first(self.utility, self.initiative.slug, self.scope),
            self._n_closed(),
        )

    def _n_closed(self) -> int:
        rows = Record.objects.filter(utility=self.utility, restricted=True)
        rows = rows.filter(initiatives__contains=[self.initiative.slug])
        return rows.filter(concerning(self.scope)).count()

    def _rows(self) -> RecordQuerySet:
        return Record.objects.filter(utility=self.utility, restricted=False).select_related("owner")

    def _items(self, shown: Sequence[str]) -> Mapping[str, list[Item]]:
        """Returns the links and files by the number of their record."""
        found: dict[str, list[Item]] = {}
        rows = RecordAttachment.objects.filter(record__utility=self.utility, record__restricted=False)
        rows = rows.filter(record__number__in=shown).order_by("pk")
        for number, pk, title, url, name in rows.values_list("record__number", "pk", "title", "url", "file__name"):
            found.setdefault(number, []).append(Item(pk, name or title or url, url))
        return found


def _proof(each: Held, row: Record | None, items: list[Item]) -> Proof:
    """``row`` is None for what is no record, such as the report of a quarter."""
    about = (each.number, each.title, each.register, each.url, each.lacks)
    if row is None:
        return Proof(*about)
    return Proof(*about, registers.status_label(row), str(row.owner or ""), row.due, items)
