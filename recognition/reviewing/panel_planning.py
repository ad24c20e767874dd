"""Plans the panels of many applications at once. Plain functions on plain values; HiGHS solves it (docs/adr/0021).

A panel has as many members as the cycle asks for (ICR 1287.10, App. B assumes three): people from EPA's headquarters
and Regions, and perhaps experts from outside (ibid., §4(a)). What must hold, always: nobody sits on a panel twice, nor
judges a utility or state of a conflict, nor takes more panels than they offered. What is wanted, by ``COSTS``: equal
load, other states, someone who knows the kinds of system, topics of interest, a mix of affiliations. The same values
give the same panels.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SECONDS = 25.0  # at most, for each of the two steps
UNBOUNDED = 1_000_000


@dataclass(frozen=True)
class Costs:
    """What speaks against a member, in points for each seat."""

    same_state: int = 8
    unknown_systems: int = 6  # knows none of the utility's kinds of system
    unstated_systems: int = 2  # has not said what they know
    topic: int = -1  # for each claimed criterion that interests them, at most three
    same_affiliation: int = 5  # for the second and each later member of one affiliation
    uneven: int = 12  # above or below the load that all would have if it were equal
    empty: int = 10_000  # a seat that stays empty


COSTS = Costs()
MAX_TOPICS = 3


class NoPlan(Exception):
    """No plan was found in time. The message says so to the person who waits."""


@dataclass(frozen=True)
class Reviewer:
    """A person who may sit. ``taken``: panels in this cycle already; ``most``: panels at most, None for no limit.

    ``utilities`` and ``states``: which the person may not judge. ``state`` and ``affiliation`` are empty if not known.
    """

    id: int
    affiliation: str = ""
    state: str = ""
    systems: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    utilities: frozenset[int] = frozenset()
    states: frozenset[str] = frozenset()
    taken: int = 0
    leads: int = 0
    most: int | None = None

    @property
    def left(self) -> int:
        return UNBOUNDED if self.most is None else max(self.most - self.taken, 0)


@dataclass(frozen=True)
class OpenPanel:
    """An application with empty seats. ``seated``: affiliations of its present members; ``barred``: who had a seat."""

    id: int
    utility: int
    state: str
    systems: frozenset[str] = frozenset()
    topics: frozenset[str] = frozenset()
    need: int = 3
    seated: tuple[str, ...] = ()
    barred: frozenset[int] = frozenset()
    has_lead: bool = False

    def takes(self, one: Reviewer) -> bool:
        """Returns whether ``one`` may judge it: no conflict, and no seat on its panel before."""
        return one.id not in self.barred and self.utility not in one.utilities and self.state not in one.states


@dataclass(frozen=True)
class Panel:
    """The proposed new members of an application; ``why`` says why seats stay empty."""

    id: int
    members: tuple[int, ...]
    lead: int | None
    why: str = ""


def cost(entry: OpenPanel, one: Reviewer) -> int:
    """Returns what speaks against this member on this panel, in points."""
    known = 0 if one.systems & entry.systems else COSTS.unknown_systems if one.systems else COSTS.unstated_systems
    same = COSTS.same_state if one.state and one.state == entry.state else 0
    return known + same + COSTS.topic * min(len(entry.topics & one.topics), MAX_TOPICS)


def plan(entries: Iterable[OpenPanel], reviewers: Iterable[Reviewer], *, seconds: float = SECONDS) -> list[Panel]:
    """Returns a panel for each entry, in the order of their ids. Raises NoPlan."""
    entries, people = sorted(entries, key=lambda each: each.id), sorted(reviewers, key=lambda each: each.id)
    if not entries:
        return []
    offers = [{n: cost(entry, one) for n, one in enumerate(people) if entry.takes(one)} for entry in entries]
    chosen = _chosen(
        [entry.need for entry in entries],
        offers,
        [one.taken for one in people],
        [one.left for one in people],
        [one.affiliation for one in people],
        [Counter(entry.seated) for entry in entries],
        seconds,
    )
    leads = _leads(entries, people, chosen, seconds)
    return [
        Panel(
            entry.id,
            tuple(people[n].id for n in members),
            people[lead].id if lead is not None else None,
            _why(entry, members, len(offer), people),
        )
        for entry, members, lead, offer in zip(entries, chosen, leads, offers, strict=True)
    ]


def _leads(
    entries: Sequence[OpenPanel], people: Sequence[Reviewer], chosen: list[list[int]], seconds: float
) -> list[int | None]:
    """Returns the lead of each panel without one: a new member, so that everyone leads about as often."""
    needs = [0 if entry.has_lead or not members else 1 for entry, members in zip(entries, chosen, strict=True)]
    offers: list[dict[int, int]] = [dict.fromkeys(members, 0) for members in chosen]
    n = len(people)
    nobody: list[Counter[str]] = [Counter() for _ in entries]
    found = _chosen(needs, offers, [one.leads for one in people], [UNBOUNDED] * n, None, nobody, seconds)
    return [members[0] if members else None for members in found]


def _why(entry: OpenPanel, members: Sequence[int], n_may: int, people: Sequence[Reviewer]) -> str:
    empty = entry.need - len(members)
    if empty <= 0:
        return ""
    seats = "1 seat stays empty" if empty == 1 else f"{empty} seats stay empty"
    if n_may < entry.need:
        who = "reviewer has" if n_may == 1 else "reviewers have"
        return f"{seats}: only {n_may} of {len(people)} {who} no conflict of interest and no earlier seat on it."
    return f"{seats}: the {n_may} reviewers who may take it have reached the most panels that they take."


def level(taken: Sequence[int], left: Sequence[int], n: int) -> int:
    """Returns the whole load that everyone reaches, as far as they take more, when ``n`` seats are given out evenly."""
    low, high = 0, max(taken, default=0) + n
    while low < high:
        middle = (low + high + 1) // 2
        given = sum(min(max(middle - has, 0), can) for has, can in zip(taken, left, strict=True))
        low, high = (middle, high) if given <= n else (low, middle - 1)
    return low


class _Program:
    """A linear program in the form that HiGHS takes: columns with costs and bounds, rows that they add up in.

    It is a network (each column leaves one row and enters another), so its best corner has whole numbers.
    """

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.upper: list[float] = []
        self.starts: list[int] = [0]
        self.index: list[int] = []
        self.value: list[float] = []
        self.totals: list[float] = []

    def row(self, total: float) -> int:
        self.totals.append(total)
        return len(self.totals) - 1

    def column(self, cost: float, upper: float, *entries: tuple[int, float]) -> int:
        self.costs.append(cost)
        self.upper.append(upper)
        for row, value in entries:
            self.index.append(row)
            self.value.append(value)
        self.starts.append(len(self.index))
        return len(self.costs) - 1

    def solved(self, seconds: float) -> list[float]:
        """Returns the value of each column. Raises NoPlan."""
        import highspy  # here, because only this task needs it: it brings numpy

        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = len(self.costs), len(self.totals)
        model.col_cost_, model.col_lower_, model.col_upper_ = self.costs, [0.0] * len(self.costs), self.upper
        model.row_lower_ = model.row_upper_ = self.totals
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_, model.a_matrix_.index_ = self.starts, self.index
        model.a_matrix_.value_ = self.value
        solver = highspy.Highs()
        solver.silent()
        options: dict[str, Any] = {
            "solver": "simplex",  # which ends in a corner
            "threads": 1,  # the same steps each time
            "random_seed": 0,
            "time_limit": seconds,
        }
        for name, option in options.items():
            solver.setOptionValue(name, option)
        solver.passModel(model)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise NoPlan(f"No plan was found within {seconds:.0f} seconds. Assign some panels by hand and try again.")
        return list(solver.getSolution().col_value)


def _chosen(
    needs: Sequence[int],
    offers: Sequence[dict[int, int]],
    taken: Sequence[int],
    left: Sequence[int],
    kinds: Sequence[str] | None,
    present: Sequence[Counter[str]],
    seconds: float,
) -> list[list[int]]:
    """Returns for each panel the numbers of the people chosen for its ``needs`` seats.

    ``offers``: person → cost. ``taken``, ``left``: of each person, what they have and how many more they take.
    ``kinds``: of each person; several of one kind on a panel cost, and ``present`` has those who sit there already.
    """
    program = _Program()
    even = level(taken, left, sum(needs))
    of_person = [_loads(program, even, has, can) for has, can in zip(taken, left, strict=True)]
    placed: list[list[tuple[int, int]]] = []
    for need, offer, here in zip(needs, offers, present, strict=True):
        of_panel = program.row(need)
        program.column(COSTS.empty, need, (of_panel, 1))
        into = _into(program, of_panel, here, need)
        placed.append(
            [
                (n, program.column(points, 1, (into(kinds[n] if kinds else ""), 1), (of_person[n], 1)))
                for n, points in offer.items()
            ]
            if need
            else []
        )
    values = program.solved(seconds)
    return [[n for n, column in columns if values[column] > 0.5] for columns in placed]


def _loads(program: _Program, even: int, has: int, can: int) -> int:
    """Returns the row in which a person's seats add up, with what they cost: cheap up to ``even``, expensive beyond."""
    row = program.row(0)
    up_to = min(max(even - has, 0), can)
    at = min(1 if has <= even else 0, can - up_to)
    program.column(-COSTS.uneven, up_to, (row, -1))
    program.column(0, at, (row, -1))
    for step in range(1, 4):  # each seat beyond costs more
        program.column(COSTS.uneven * step, min(2, max(can - up_to - at - 2 * (step - 1), 0)), (row, -1))
    program.column(COSTS.uneven * 4, max(can - up_to - at - 6, 0), (row, -1))
    return row


def _into(program: _Program, of_panel: int, here: Counter[str], need: int) -> Callable[[str], int]:
    """Returns which row a person of a kind enters: one for each kind, from which the first costs nothing.

    Without a kind it is the panel's own row.
    """
    rows: dict[str, int] = {}

    def row_of(kind: str) -> int:
        if not kind:
            return of_panel
        if kind not in rows:
            rows[kind] = program.row(0)
            program.column(0, 0 if here[kind] else 1, (rows[kind], -1), (of_panel, 1))
            program.column(COSTS.same_affiliation, need, (rows[kind], -1), (of_panel, 1))
        return rows[kind]

    return row_of
