"""What a register is, said once: its model, fields, columns, moves, and when a record of it counts as living.

A page of the system that is no register, such as that of the team, is a Page: it stands beside the registers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from accounts.models import User, Utility
from ims.examples import Example
from ims.records import Record
from ims.recurring import Recurring


@dataclass(frozen=True)
class Move:
    """A step from one of the statuses ``start`` to ``end``. ``asks`` names the fields that must be filled in for it.

    ``needs_why`` asks for a reason, which the history keeps. ``did`` is what a person did by it if the status stays.
    """

    slug: str
    label: str
    start: frozenset[str]
    end: str
    asks: tuple[str, ...] = ()
    needs_why: bool = False
    did: str = "reviewed"


@dataclass(frozen=True)
class Merging:
    """How two records of a register that do one job become one (ims/system/merging.py).

    ``closes`` is the slug of the move by which the one that is taken over ends. Two records can do one job only if
    they have the same ``within``; ``same`` is a list of its own that tells as much as a unit in common. ``joins`` are
    lists of its own that are joined as areas, initiatives and units are. ``carry(other, stays, by)`` moves what
    belongs to the one taken over, which ``carried`` names; all else stays with it. Where ``by_unit``, a unit in
    common is enough and titles need not be alike. ``page`` is the address of the page that compares two.
    """

    closes: str
    within: str = ""
    same: str = ""
    joins: tuple[str, ...] = ()
    carried: tuple[str, ...] = ()  # names by which Django reaches the rows from a record
    carry: Callable[[Any, Any, User], None] = lambda other, stays, by: None
    by_unit: bool = False
    page: str = "ims:merge"


@dataclass(frozen=True)
class InManual:
    """What the system manual says of a record besides its number, title, areas, owner, initiatives and due date.

    ``facts`` names fields, or attributes of its rows that ``rows`` adds to a query; ``text`` the field that is printed
    in full.
    """

    facts: tuple[str, ...] = ()
    text: str = ""
    rows: Callable[[Any], Any] = lambda rows: rows


@dataclass(frozen=True)
class Register:
    """``fields`` are the model's own that the form has, ``columns`` those that the list shows besides the usual.

    ``shared`` names the fields of every record that the form has. ``aside`` are the statuses off the usual way.
    ``origins`` names fields that tell what a record was made from; nobody edits them. ``leads_to`` names the
    registers in which a record of this one is followed up; ``begins`` returns what the form of such a record begins
    with, where it has the field. Managers are told of records that are late by ``escalates``.
    ``living`` returns why a record does not count as living, empty if it does.

    ``examples`` returns what a utility may start from, usually ``lambda: from_file("measures")``, which reads
    ims/data/measures.yaml (ims/examples.py). With it the list offers "Start from examples", where a person chooses
    several; each becomes a record of the register, with the title and the fields of its example.

    What else a register shows is in slots that ims/slots.py fills (workflow/slots.py): ``record.<slug>`` under the
    fields of a record gets ``record`` and ``user``; ``list.<slug>`` beside "Add" above the list gets ``utility`` and
    ``user``. ``filtered`` are fields with choices by which the list filters. ``computed`` are columns that are no
    fields; ``listed`` fetches with its rows what they show. A manager may close a ``closable`` one to all but some
    people (ims/closed.py). ``element_of`` returns the element of a record where that is not the same for all;
    ``elements`` are all of them then. ``reads`` are the fields of its own that ``living``, ``element_of`` and
    ``merges`` need, so that one query reads the records of all registers (ims/system/living.py). Without ``merges``
    its records tell what happened, such as a complaint or an audit, or are settled elsewhere; two of them are never
    one job. ``in_manual`` is what the system manual says of a record; None where it names none. ``recurs`` returns
    what of a record has a date in the round of the year; None: it has none there.
    """

    model: type[Record]
    name: str
    one: str
    about: str
    element: str  # its slug
    component: str
    fields: tuple[str, ...]
    columns: tuple[str, ...]
    moves: tuple[Move, ...]
    living: Callable[[Record], str]
    aside: frozenset[str] = frozenset()
    origins: tuple[str, ...] = ()
    leads_to: tuple[str, ...] = ()
    begins: Callable[[Record], Mapping[str, Any]] = lambda record: {}
    escalates: timedelta | None = None
    shared: tuple[str, ...] = Record.SHARED
    examples: Callable[[], list[Example]] = list
    filtered: tuple[str, ...] = ()
    closable: bool = False
    computed: Callable[[], Mapping[str, Any]] = dict  # name → django_tables2.Column
    listed: Callable[[Any], Any] = lambda rows: rows
    element_of: Callable[[Record], str] | None = None
    elements: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    merges: Merging | None = None
    in_manual: InManual | None = InManual()
    recurs: Callable[[Any], Iterable[Recurring]] | None = None

    def serves(self, record: Record) -> str:
        """Returns the slug of the element that a record serves."""
        return self.element_of(record) if self.element_of else self.element

    def may_serve(self, element: str) -> bool:
        """Returns whether a record can serve the element with this slug."""
        return element in (self.elements or (self.element,))

    @property
    def slug(self) -> str:
        return self.model.REGISTER

    @property
    def prefix(self) -> str:
        return self.model.PREFIX

    @property
    def slot_of_record(self) -> str:
        return f"record.{self.slug}"

    @property
    def slot_of_list(self) -> str:
        return f"list.{self.slug}"

    @property
    def on_page(self) -> tuple[str, ...]:
        """The fields in the order in which a page asks for them: what it is, who and when, for what."""
        return (*self.shared[:1], *self.fields, "owner", "due", *self.shared)

    @property
    def recorded(self) -> tuple[str, ...]:
        """The fields that no form has: what a record was made from, and what moves alone ask for."""
        asked = (name for move in self.moves for name in move.asks)
        return tuple(dict.fromkeys(name for name in (*self.origins, *asked) if name not in self.fields))

    @property
    def a_new_one(self) -> str:
        return f"{'an' if self.one[0] in 'aeio' else 'a'} {self.one}"

    def moves_from(self, status: str) -> list[Move]:
        return [move for move in self.moves if status in move.start]

    def move(self, slug: str) -> Move:
        """Returns one of its moves. Raises StopIteration for a name that none has."""
        return next(each for each in self.moves if each.slug == slug)

    def done_in(self, status: str) -> str:
        """Returns what a person did by a move that keeps the status: "reviewed"."""
        return next((move.did for move in self.moves_from(status) if move.end == status), "reviewed")

    @property
    def stages(self) -> list[tuple[str, str]]:
        """The statuses (value, label) in order."""
        return [(value, str(label)) for value, label in self.model.Status.choices]


@dataclass(frozen=True)
class Page:
    """``url_name`` is an address that takes the key of a utility. ``state`` returns in a few words how it stands there.

    The words may be empty, as for a page where nothing can be missing. A page about the whole system names no
    component and no element.
    """

    slug: str
    name: str
    about: str
    url_name: str
    component: str = ""
    element: str = ""  # its slug
    state: Callable[[Utility, User], str] = lambda utility, user: ""


_registers: dict[str, Register] = {}
_pages: dict[str, Page] = {}


def register(*found: Register) -> None:
    for each in found:
        _require_new(each.slug)
        _registers[each.slug] = each


def add_page(page: Page) -> None:
    """Adds a page to the system. Its slug begins its addresses, so no register may have the same one."""
    _require_new(page.slug)
    _pages[page.slug] = page


def _require_new(slug: str) -> None:
    if slug in _registers or slug in _pages:
        raise ValueError(f"{slug!r} is registered twice")


def get(slug: str) -> Register:
    """Returns the register. Raises KeyError for a name that none has."""
    return _registers[slug]


def known() -> Iterable[Register]:
    return _registers.values()


def status_label(record: Record) -> str:
    """Returns the status in words, also of a row that was read from the table of all records."""
    return str(get(record.register).model.Status(record.status).label)


def pages() -> Iterable[Page]:
    return _pages.values()
