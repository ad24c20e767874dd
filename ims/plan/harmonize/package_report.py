"""What the report of a budget package tells: what is chosen and paid for, what is left out and why, and the scores."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from string import ascii_uppercase
from typing import Any

from django.db.models import QuerySet
from django.template.defaultfilters import floatformat

from accounts.models import User
from ims.plan.harmonize import package
from ims.plan.harmonize.board import Board, Budgeted, Cell, Line
from ims.plan.harmonize.models import Proposal, Workshop
from workflow.spreadsheets import Rows

READY = [Workshop.Status.PACKAGE, Workshop.Status.CLOSED]


def readable(user: User) -> QuerySet[Any]:
    """Returns the workshops whose package the user may read: those that have come so far."""
    return Workshop.objects.visible_to(user).filter(status__in=READY)


def managed(user: User) -> QuerySet[Any]:
    return Workshop.objects.managed_by(user).filter(status__in=READY)


def find(user: User, object_id: int) -> Workshop | None:
    rows = readable(user).select_related("criteria", "utility").prefetch_related("criteria__rows")
    found: Workshop | None = rows.filter(pk=object_id).first()
    return found


@dataclass(frozen=True)
class PackageReport:
    """The package as of now, or as it was kept when the workshop was closed."""

    board: Board

    @property
    def workshop(self) -> Workshop:
        return self.board.workshop

    @cached_property
    def chosen(self) -> list[Budgeted]:
        return [line for line in self.board.budget if line.part.chosen]

    @cached_property
    def left_out(self) -> list[tuple[Budgeted, list[str]]]:
        """Each with why: what it costs more than is left, which conflict it has, or that the team chose others."""
        return [(line, self._why(line)) for line in self.board.budget if not line.part.chosen]

    def _why(self, line: Budgeted) -> list[str]:
        board, workshop = self.board, self.workshop
        lacks = package.lacks(line.part, board.parts, workshop.amount, workshop.hours)
        why = []
        if line.rank is None:
            why.append("It is not ranked.")
        if lacks.dollars:
            why.append(f"It costs {dollars(line.part.cost)}; {dollars(line.part.cost - lacks.dollars)} is left.")
        if lacks.hours:
            words = (
                f"It takes {number(line.part.hours)} hours of work; {number(line.part.hours - lacks.hours)} are left."
            )
            why.append(words)
        keys = {each.proposal.pk for each in self.chosen}
        for cell in board.conflicts:
            other = cell.second if cell.first == line.proposal else cell.first
            if line.proposal in (cell.first, cell.second) and other.pk in keys:
                why.append(f"It is in conflict with “{other}”, which is chosen.")
        return why or ["It would fit; the team chose others."]

    @property
    def conflicts(self) -> list[tuple[Cell, str]]:
        """Each with what was agreed."""
        return [
            (
                cell,
                f"{cell.pair.get_outcome_display()}: {cell.pair.agreed}" if not cell.pair.is_open else "Not settled.",
            )
            for cell in self.board.conflicts
            if cell.pair
        ]

    @property
    def joined(self) -> list[tuple[Proposal, Proposal]]:
        """What says the same as another objective, with that one."""
        by_pk = {each.pk: each for each in self.board.proposals}
        return [(each, by_pk[each.joined_to_id]) for each in self.board.joined if each.joined_to_id in by_pk]

    @cached_property
    def criteria(self) -> list[tuple[str, Any, int, str]]:
        """(letter, criterion, weight, with which weights the first place holds); none for votes."""
        if self.board.by_votes:
            return []
        holds = {each.criterion.key: f"{each.first.low} to {each.first.high}" for each in self.board.holds}
        return [
            (letter, row, self.board.weights.get(row.key, 0), holds.get(row.key, ""))
            for letter, row in zip(ascii_uppercase, self.board.criteria, strict=False)
        ]

    @cached_property
    def scores(self) -> list[tuple[Line, list[str]]]:
        """The ranking, each with its averages by the criteria and their range where people differ."""
        return [(line, [_score(each) for each in line.in_order]) for line in self.board.lines]

    @property
    def n_people(self) -> int:
        return len({ballot.participant_id for ballot in self.board.ballots})

    @property
    def has_hours(self) -> bool:
        return any(line.part.hours for line in self.board.budget)

    @property
    def is_short(self) -> bool:
        """Whether something chosen gets less than its cost."""
        return any(line.part.missing for line in self.chosen)


def _score(opinion: Any) -> str:
    if opinion is None:
        return "not scored"
    average = floatformat(opinion.average, 1)
    return average if opinion.low == opinion.high else f"{average} ({opinion.low}–{opinion.high})"


def dollars(amount: Decimal) -> str:
    return f"−${number(-amount)}" if amount < 0 else f"${number(amount)}"


def number(value: Decimal) -> str:
    return str(floatformat(value, "0g"))


def context(workshop: Workshop) -> dict[str, Any]:
    """Makes a fixed number of queries."""
    board = Board(workshop)
    return {"workshop": workshop, "utility": workshop.utility, "board": board, "report": PackageReport(board)}


# --- In Excel


def sheets(context: dict[str, Any]) -> Mapping[str, Rows]:
    """Returns the sheets, without those that would have no rows."""
    report: PackageReport = context["report"]
    heads = ["Rank", "Number", "Objective", "Chosen", "Cost", "Gets", "Short of", "Hours", "Why it is left out"]
    by_criterion = [f"{letter} {row}" for letter, row, *_ in report.criteria]
    total = "Votes" if report.board.by_votes else "Total, of 100"
    made = {
        "Summary": [["What", "Value"], *_summary(report)],
        "Package": [[*heads, "What cutting it breaks"], *_package(report)],
        "Scores": [["Rank", "Number", "Objective", total, *by_criterion], *_scores(report)],
        "Criteria": [["Letter", "Criterion", "Weight", "First place holds from", "to"], *_criteria(report)],
        "Conflicts": [["Objective", "Hinders", "Why", "Outcome"], *_conflicts(report)],
        "Joined": [["Objective", "Says the same as"], *([str(one), str(other)] for one, other in report.joined)],
    }
    return {name: rows for name, rows in made.items() if len(rows) > 1}


def _summary(report: PackageReport) -> Iterator[list[Any]]:
    workshop, board = report.workshop, report.board
    yield ["Workshop", str(workshop)]
    yield ["Utility", str(workshop.utility)]
    yield ["Status", workshop.status_label]
    yield ["Closed on", workshop.closed_at]
    yield ["Led by", str(workshop.owner or "")]
    yield ["People who scored", report.n_people]
    yield ["Objectives", len(board.proposals)]
    yield ["Objectives chosen", len(report.chosen)]
    yield ["Dollars available", workshop.amount]
    yield ["Dollars in the package", board.cost]
    yield ["Dollars left", board.left]
    yield ["Hours available", workshop.hours]
    yield ["Hours in the package", board.hours]
    yield ["Hours left", board.hours_left]
    yield ["First place", board.robust]


def _package(report: PackageReport) -> Iterator[list[Any]]:
    why = {line.proposal.pk: " ".join(words) for line, words in report.left_out}
    for line in report.board.budget:
        part, proposal = line.part, line.proposal
        yield [
            *[line.rank, proposal.objective.number, _title(proposal), "yes" if part.chosen else "no"],
            *[part.cost, part.gets, part.missing if part.chosen else "", part.hours, why.get(proposal.pk, "")],
            "; ".join(map(str, line.breaks)),
        ]


def _scores(report: PackageReport) -> Iterator[list[Any]]:
    for line, _ in report.scores:
        averages = [float(each.average) if each else "" for each in line.in_order] if report.criteria else []
        number, title = line.proposal.objective.number, _title(line.proposal)
        yield [line.rank, number, title, round(float(line.total), 1), *averages]


def _title(proposal: Proposal) -> str:
    """Returns the title without the number, which a proposal of a closed workshop begins with."""
    return str(proposal).removeprefix(f"{proposal.objective.number} ")


def _criteria(report: PackageReport) -> Iterator[list[Any]]:
    holds = {each.criterion.key: [each.first.low, each.first.high] for each in report.board.holds}
    for letter, row, weight, _ in report.criteria:
        yield [letter, str(row), weight, *holds.get(row.key, ["", ""])]


def _conflicts(report: PackageReport) -> Iterator[list[Any]]:
    for cell, outcome in report.conflicts:
        yield [str(cell.second), str(cell.first), cell.pair.note if cell.pair else "", outcome]
