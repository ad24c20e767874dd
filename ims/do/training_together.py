"""Which trainings one session could cover for several areas (guide 2004, §4.2.1).

The guide's examples: procedures for maintenance serve asset management and the environment, those for hazardous
materials serve safety and the environment. One session that teaches both spares people a second one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from django.db.models import Q
from django.utils.text import get_text_list

from accounts.models import Utility
from ims.do.training import Covered, TrainingTopic
from ims.do.training_matrix import Matrix
from ims.links import RecordLink
from ims.people import Person
from ims.plan.units import Unit
from ims.records import Record
from initiatives.models import Initiative
from pdca.models import Area

MIN_PEOPLE = 2  # people who need both
MAX_PAIRS = 12  # pairs on the page
NAMED = 5  # people by name


@dataclass(frozen=True)
class Pair:
    """Two topics, why one session could cover both, who needs both, and who of them has a session due in each."""

    one: TrainingTopic
    other: TrainingTopic
    areas: list[str]
    teaches: list[str]
    units: list[str]
    initiatives: list[str]
    people: list[Person]
    due_in_both: list[Person]

    @property
    def serves_more_areas(self) -> bool:
        return set(self.one.areas) != set(self.other.areas)

    @property
    def rank(self) -> tuple[int, int, int]:
        """The same procedure comes first, then other common ground; then where most people are spared a session."""
        grounds = 4 * bool(self.teaches) + 2 * bool(self.units) + bool(self.initiatives) + self.serves_more_areas
        return grounds, len(self.due_in_both), len(self.people)

    @property
    def names(self) -> str:
        names = [str(each) for each in self.people]
        if len(names) > NAMED + 1:
            names[NAMED:] = [f"{len(names) - NAMED} more"]
        return get_text_list(names, "and")

    @property
    def every(self) -> int | None:
        """Months after which both are due again; None if one of them does not expire."""
        return max(self.one.months, self.other.months) if self.one.months and self.other.months else None


class Together:
    """The pairs of a utility's trainings that one session could cover, the most promising first.

    At least two people need both trainings of a pair, and at least half of those who need either. It
    serves different areas, or teaches the same procedure, unit or initiative. Makes ten queries.
    """

    def __init__(self, utility: Utility) -> None:
        self.matrix = Matrix(utility)
        self.topics = {topic.pk: topic for topic in self.matrix.topics}
        self.needed: dict[int, dict[Person, bool]] = {pk: {} for pk in self.topics}  # → whether a session is due
        for row in self.matrix.rows:
            for topic, cell in row.needed:
                self.needed[topic.pk][row.person] = cell.state.is_open
        self.linked = _linked(self.topics)
        self.units = dict(Unit.objects.filter(utility=utility).values_list("pk", "title"))
        self.initiatives = dict(Initiative.objects.known().values_list("slug", "short_name"))
        self.areas = dict(Area.objects.values_list("code", "name"))
        self.n_joint, self.held = _held_together(self.topics)

    @cached_property
    def pairs(self) -> list[Pair]:
        return sorted(self._pairs(), key=lambda pair: pair.rank, reverse=True)

    @property
    def shown(self) -> list[Pair]:
        return self.pairs[:MAX_PAIRS]

    def _pairs(self) -> Iterator[Pair]:
        for one, other in combinations(self.topics.values(), 2):
            if frozenset((one.pk, other.pk)) in self.held:
                continue
            first, second = self.needed[one.pk], self.needed[other.pk]
            both = [person for person in first if person in second]
            if len(both) < max(MIN_PEOPLE, len(first | second) / 2):
                continue
            pair = Pair(
                one,
                other,
                [self.areas[code] for code in self.areas if code in {*one.areas, *other.areas}],
                sorted(str(each) for each in self.linked[one.pk] & self.linked[other.pk]),
                _common(one.units, other.units, self.units),
                _common(one.initiatives, other.initiatives, self.initiatives),
                both,
                [person for person in both if first[person] and second[person]],
            )
            serves_more = bool(one.areas and other.areas) and pair.serves_more_areas
            if serves_more or pair.teaches or pair.units or pair.initiatives:
                yield pair


def _common(one: Iterable[Any], other: Iterable[Any], names: dict[Any, str]) -> list[str]:
    return [names[key] for key in names if key in set(one) & set(other)]


def _linked(topics: Iterable[int]) -> dict[int, set[Record]]:
    """Returns topic → the records in its chain, such as the procedures that it teaches. Makes one query."""
    keys = set(topics)
    links = RecordLink.objects.filter(Q(earlier__in=keys) | Q(later__in=keys)).select_related("earlier", "later")
    found: dict[int, set[Record]] = defaultdict(set)
    for link in links:
        for topic, record in ((link.earlier, link.later), (link.later, link.earlier)):
            if topic.pk in keys:
                found[topic.pk].add(record)
    return found


def _held_together(topics: Iterable[int]) -> tuple[int, set[frozenset[int]]]:
    """Returns how many sessions covered several topics, and the pairs whose last session was one. Makes one query."""
    rows = Covered.objects.filter(topic__in=set(topics), session__is_withdrawn=False)
    sessions: dict[int, set[int]] = defaultdict(set)
    last: dict[int, int] = {}
    for topic, session in rows.order_by("session__on", "session").values_list("topic", "session"):
        sessions[session].add(topic)
        last[topic] = session
    joint = {session: found for session, found in sessions.items() if len(found) > 1}
    pairs = {frozenset(pair) for found in joint.values() for pair in combinations(sorted(found), 2)}
    return len(joint), {pair for pair in pairs if len({last[topic] for topic in pair}) == 1}
