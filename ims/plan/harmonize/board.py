"""A workshop as its pages show it: the ranking, where people disagree, the matrix, the budget package."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any

from django.db.models import Count, Q, Sum

from ims.plan import ranking
from ims.plan.actions import Action
from ims.plan.criteria import Criterion
from ims.plan.harmonize import package
from ims.plan.harmonize.models import Ballot, Pair, Participant, Proposal, Workshop
from ims.plan.harmonize.opinions import Opinion, opinions
from ims.plan.ranking import Interval, Place

TO_PAY = Q(status__in=[Action.Status.PLANNED, Action.Status.UNDER_WAY])  # what is done costs nothing more


@dataclass(frozen=True)
class Line:
    """A proposal in the ranking. ``total`` is 0 to 100, or the number of votes; ``width`` that of its bar."""

    proposal: Proposal
    rank: int
    total: Fraction | Decimal
    width: Fraction | Decimal
    opinions: Mapping[str, Opinion]
    in_order: list[Opinion | None]  # by the criteria; None where nobody scored
    up: int = 0  # places gained by weights that are tried


@dataclass(frozen=True)
class Holds:
    """With which weights of a criterion the first place holds, and the whole order. None if nobody knows yet."""

    criterion: Criterion
    weight: int
    first: Interval
    order: Interval


@dataclass(frozen=True)
class Cell:
    first: Proposal
    second: Proposal
    pair: Pair | None

    @property
    def effect(self) -> int:
        return self.pair.effect if self.pair else 0

    @property
    def next(self) -> int:
        """What a click makes of it: nothing, help, hinder, nothing."""
        return {0: 1, 1: -1, -1: 0}[self.effect]

    @property
    def version(self) -> int:
        return self.pair.version if self.pair else 0

    @property
    def name(self) -> str:
        return {0: "nothing", 1: "helps", -1: "hinders"}[self.effect]

    @property
    def sign(self) -> str:
        return {0: "·", 1: "+", -1: "−"}[self.effect]

    @property
    def words(self) -> str:
        return {0: "nothing", 1: "they help each other", -1: "they hinder each other"}[self.effect]


@dataclass(frozen=True)
class Budgeted:
    """A line of the budget package, with what cutting it would break."""

    proposal: Proposal
    rank: int | None
    total: Any
    part: package.Part
    n_actions: int
    n_costed: int
    breaks: list[Proposal]


class Board:
    """Reads a workshop in a constant number of queries, and only when it is asked. Only revealed scores are read."""

    def __init__(self, workshop: Workshop, tried: Mapping[str, int] | None = None) -> None:
        self.workshop = workshop
        self.weights: Mapping[str, int] = tried or workshop.weights
        self.is_tried = tried is not None and dict(tried) != workshop.weights

    @property
    def by_votes(self) -> bool:
        return self.workshop.method == Workshop.Method.VOTES

    @cached_property
    def criteria(self) -> list[Criterion]:
        return list(self.workshop.criteria.rows.all())

    @cached_property
    def everything(self) -> list[Proposal]:
        return list(self.workshop.proposals.select_related("objective"))

    @cached_property
    def proposals(self) -> list[Proposal]:
        """Those that are compared: joined ones are not."""
        return [each for each in self.everything if each.joined_to_id is None]

    @cached_property
    def joined(self) -> list[Proposal]:
        return [each for each in self.everything if each.joined_to_id is not None]

    @cached_property
    def participants(self) -> list[Participant]:
        return list(self.workshop.participants.select_related("person"))

    @cached_property
    def pairs(self) -> dict[tuple[int, int], Pair]:
        return {(each.first_id, each.second_id): each for each in self.workshop.pairs.all()}

    # --- The ranking ---------------------------------------------------------------------------------

    @cached_property
    def ballots(self) -> list[Ballot]:
        return list(Ballot.objects.revealed(self.workshop).filter(round=self.workshop.revealed))

    @cached_property
    def opinions(self) -> dict[int, dict[str, Opinion]]:
        """Proposal → key → opinion."""
        given: dict[int, dict[int, dict[str, int]]] = {}
        for ballot in self.ballots:
            given.setdefault(ballot.proposal_id, {})[ballot.participant_id] = ballot.by_criterion
        keys = [row.key for row in self.criteria]
        return {each.pk: opinions(given.get(each.pk, {}), keys) for each in self.proposals}

    @cached_property
    def averages(self) -> dict[int, dict[str, Fraction]]:
        """Proposal → key → average, of the proposals that have a score by every criterion."""
        return {
            pk: {key: opinion.average for key, opinion in found.items()}
            for pk, found in self.opinions.items()
            if len(found) == len(self.criteria)
        }

    def _places(self, weights: Mapping[str, int]) -> list[Place[int]]:
        if not self.by_votes:
            return ranking.ranked(self.averages, lambda item: weights)
        votes = {each.pk: Fraction() for each in self.proposals}
        for ballot in self.ballots:
            if ballot.proposal_id in votes:
                votes[ballot.proposal_id] += ballot.dots
        return ranking.placed(votes) if any(votes.values()) else []

    @cached_property
    def places(self) -> list[Place[int]]:
        return self._places(self.weights)

    @cached_property
    def lines(self) -> list[Line]:
        """The ranking; as it was kept if the workshop is closed and no weights are tried."""
        by_pk = {each.pk: each for each in self.proposals}
        if self.workshop.closed_at and not self.is_tried:
            kept = sorted((each for each in self.proposals if each.place), key=lambda each: (each.place, each.pk))
            top = max((each.points or Decimal() for each in kept), default=Decimal()) if self.by_votes else 100
            return [self._line(each, each.place or 0, each.points or Decimal(), top) for each in kept]
        up = dict(ranking.moved(self._places(self.workshop.weights), self.places)) if self.is_tried else {}
        most = max((place.total for place in self.places), default=Fraction()) if self.by_votes else 100
        return [
            self._line(by_pk[place.item], place.rank, place.total, most, up.get(place.item, 0)) for place in self.places
        ]

    def _line(self, proposal: Proposal, rank: int, total: Any, most: Any, up: int = 0) -> Line:
        found = self.opinions[proposal.pk]
        in_order = [found.get(row.key) for row in self.criteria]
        return Line(proposal, rank, total, total * 100 / most if most else total, found, in_order, up)

    @property
    def unranked(self) -> list[Proposal]:
        found = {line.proposal.pk for line in self.lines}
        return [each for each in self.proposals if each.pk not in found]

    @cached_property
    def holds(self) -> list[Holds]:
        """How far the order holds by each criterion. Empty if fewer than two are ranked, or by votes."""
        if self.by_votes or len(self.places) < 2:
            return []
        order = [self.averages[place.item] for place in self.places]
        return [
            Holds(
                row,
                self.weights.get(row.key, 0),
                ranking.first_holds(order, self.weights, row.key),
                ranking.order_holds(order, self.weights, row.key),
            )
            for row in self.criteria
        ]

    @property
    def robust(self) -> str:
        """Says in one sentence how far the first place holds."""
        if len(self.places) < 2:
            return ""
        first, second = self.places[:2]
        if first.rank == second.rank:
            n = sum(place.rank == 1 for place in self.places)
            return f"{n} objectives share first place."
        if self.by_votes:
            ahead = first.total - second.total
            return f"First place is {ahead} {'vote' if ahead == 1 else 'votes'} ahead."
        narrow = [each for each in self.holds if not each.first.is_all]
        if not narrow:
            return "First place holds, whichever one weight you change."
        least = min(narrow, key=lambda each: each.first.high - each.first.low)
        return (
            f"First place holds for every weight between {least.first.low} and {least.first.high}"
            f" on “{least.criterion}”."
        )

    def disagreements(self) -> Iterator[tuple[Line, Criterion, Opinion, list[tuple[Participant, int]]]]:
        """Yields where people disagree, the widest spread first, with who gave what."""
        people = {each.pk: each for each in self.participants}
        rows = {row.key: row for row in self.criteria}
        found = [
            (line, rows[key], opinion)
            for line in self.lines
            for key, opinion in line.opinions.items()
            if opinion.disagree
        ]
        for line, row, opinion in sorted(found, key=lambda each: -each[2].spread):
            given = sorted(opinion.given.items(), key=lambda each: (each[1], each[0]))
            yield line, row, opinion, [(people[who], score) for who, score in given]

    def rounds(self) -> Iterator[tuple[int, list[tuple[Proposal, int, Any]]]]:
        """Yields the earlier rounds, the last first, with (proposal, rank, total) in order. One query."""
        by_pk = {each.pk: each for each in self.proposals}
        every = list(Ballot.objects.revealed(self.workshop).filter(round__lt=self.workshop.revealed))
        for number in range(self.workshop.revealed - 1, 0, -1):
            earlier = Board(self.workshop)
            ballots = [each for each in every if each.round == number]
            earlier.__dict__ |= {"proposals": self.proposals, "criteria": self.criteria, "ballots": ballots}
            yield number, [(by_pk[place.item], place.rank, place.total) for place in earlier.places]

    def voters(self) -> Iterator[tuple[Proposal, list[tuple[Participant, int]]]]:
        """Yields who gave votes to each proposal that got any, in the order of the ranking."""
        people = {each.pk: each for each in self.participants}
        for line in self.lines:
            given = [each for each in self.ballots if each.proposal_id == line.proposal.pk and each.dots]
            if given:
                yield line.proposal, [(people[each.participant_id], each.dots) for each in given]

    # --- Help or hinder --------------------------------------------------------------------------------

    @cached_property
    def matrix(self) -> list[tuple[Proposal, list[Cell]]]:
        """Each proposal with its pairs with those before it, in the order of the ranking."""
        order = [line.proposal for line in self.lines] + self.unranked
        return [
            (each, [Cell(before, each, self.pairs.get(_key(before, each))) for before in order[:n]])
            for n, each in enumerate(order)
        ]

    @property
    def conflicts(self) -> list[Cell]:
        return [cell for _, cells in self.matrix for cell in cells if cell.effect == Pair.Effect.HINDERS]

    @property
    def open_conflicts(self) -> list[Cell]:
        return [cell for cell in self.conflicts if cell.pair and cell.pair.is_open]

    @property
    def seen(self) -> str:
        """Differs once a pair has been changed."""
        return f"{self.workshop.status}-{len(self.pairs)}-{sum(pair.version for pair in self.pairs.values())}"

    # --- The budget package -----------------------------------------------------------------------------

    @cached_property
    def helps(self) -> set[frozenset[int]]:
        return {frozenset(key) for key, pair in self.pairs.items() if pair.effect == Pair.Effect.HELPS}

    @cached_property
    def budget(self) -> list[Budgeted]:
        """The package in the order of the ranking. Costs are those of planned and started actions; kept on close."""
        actions: Any = Action.objects.filter(TO_PAY)
        rows = actions.filter(objective__in=[each.objective_id for each in self.everything])
        work = {
            row["objective"]: row
            for row in rows.order_by()
            .values("objective")
            .annotate(n=Count("pk"), costed=Count("cost"), cost=Sum("cost"), hours=Sum("hours"))
        }
        main = {each.pk: each.joined_to_id or each.pk for each in self.everything}
        costs: dict[int, list[dict[str, Any]]] = {}
        for each in self.everything:
            costs.setdefault(main[each.pk], []).append(work.get(each.objective_id, {}))
        ranked = {line.proposal.pk: line for line in self.lines}
        order = [*ranked, *(each.pk for each in self.unranked)]
        by_pk = {each.pk: each for each in self.proposals}
        parts = [self._part(by_pk[pk], costs[pk]) for pk in order]
        return [
            Budgeted(
                by_pk[part.key],
                ranked[part.key].rank if part.key in ranked else None,
                ranked[part.key].total if part.key in ranked else None,
                part,
                sum(each.get("n", 0) for each in costs[part.key]),
                sum(each.get("costed", 0) for each in costs[part.key]),
                [by_pk[key] for key in package.breaks(part, parts, self.helps)],
            )
            for part in parts
        ]

    def _part(self, proposal: Proposal, work: list[dict[str, Any]]) -> package.Part:
        cost = sum((each.get("cost") or package.NOTHING for each in work), package.NOTHING)
        hours = sum((each.get("hours") or package.NOTHING for each in work), package.NOTHING)
        if self.workshop.closed_at:
            cost, hours = proposal.cost or package.NOTHING, proposal.work or package.NOTHING
        return package.Part(proposal.pk, cost, hours, proposal.chosen, proposal.granted)

    @property
    def parts(self) -> list[package.Part]:
        return [each.part for each in self.budget]

    @property
    def cuts(self) -> list[tuple[Budgeted, list[Proposal]]]:
        """The parts that lack money and that chosen ones rely on."""
        by_key = {each.part.key: each for each in self.budget}
        return [
            (by_key[cut.part.key], [by_key[key].proposal for key in cut.breaks])
            for cut in package.cuts(self.parts, self.helps)
        ]

    @property
    def cost(self) -> Decimal:
        return sum((part.gets for part in self.parts), package.NOTHING)

    @property
    def hours(self) -> Decimal:
        return sum((part.hours for part in self.parts if part.chosen), package.NOTHING)

    @property
    def left(self) -> Decimal | None:
        return package.left(self.parts, self.workshop.amount)

    @property
    def over_or_left(self) -> Decimal:
        return abs(self.left or package.NOTHING)

    @property
    def hours_over(self) -> Decimal:
        return abs(self.hours_left or package.NOTHING)

    @property
    def hours_left(self) -> Decimal | None:
        return package.hours_left(self.parts, self.workshop.hours)


def _key(one: Proposal, other: Proposal) -> tuple[int, int]:
    return (min(one.pk, other.pk), max(one.pk, other.pk))
