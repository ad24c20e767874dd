"""People × trainings of a utility: who is trained, whose training lapses, who was never trained, and the totals."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Exists, F, Max, OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import User, Utility
from ims.do.training import AlsoNeeds, Covered, TrainingTopic, jobs_of, last_sessions, seats_of, with_jobs
from ims.do.training_states import URGENT, Standing, State, plain, plain_set, standing
from ims.people import Person
from workflow.spreadsheets import Rows


@dataclass(frozen=True)
class Row:
    """A person and where the person stands with each topic, in their order."""

    person: Person
    cells: list[tuple[TrainingTopic, Standing]]

    @property
    def needed(self) -> list[tuple[TrainingTopic, Standing]]:
        return [(topic, cell) for topic, cell in self.cells if cell.state.is_needed]

    @property
    def n_needed(self) -> int:
        return len(self.needed)

    @property
    def n_done(self) -> int:
        return sum(cell.state.holds for _, cell in self.needed)


@dataclass(frozen=True)
class Total:
    """Of the people who need a topic, how many are trained."""

    topic: TrainingTopic
    n_needed: int
    n_done: int


class Matrix:
    """The people who are here × the topics that are given. Makes five queries.

    ``area`` is a letter, ``initiative`` a slug, ``job`` words as ``job_choices`` has them. With one of them, the people
    and the topics between which nothing is left are left out.
    """

    def __init__(
        self,
        utility: Utility,
        *,
        area: str = "",
        initiative: str = "",
        job: str = "",
        only: TrainingTopic | None = None,
    ) -> None:
        self.today = timezone.localdate()
        rows = TrainingTopic.objects.filter(utility=utility)
        rows = rows.filter(pk=only.pk) if only else rows.filter(is_open=True)
        if area:
            rows = rows.filter(areas__contains=[area])
        if initiative:
            rows = rows.filter(initiatives__contains=[initiative])
        topics: list[Any] = list(rows.annotate(also_needed=ArrayAgg("also", distinct=True)).order_by("title", "pk"))
        people: list[Any] = with_jobs(Person.objects.of(utility).here())
        if job:
            people = [each for each in people if plain(job) in each.jobs]
        last = last_sessions([each.pk for each in topics])
        asked = [(topic, topic.plain_jobs, set(topic.also_needed)) for topic in topics]
        made = [
            Row(
                person,
                [
                    (topic, self._cell(topic, person, last, is_needed=bool(person.jobs & jobs) or person.pk in also))
                    for topic, jobs, also in asked
                ],
            )
            for person in people
        ]
        self.is_filtered = bool(area or initiative or job)
        self.rows, self.topics = self._without_empty(made, topics) if self.is_filtered else (made, topics)

    def _cell(
        self, topic: TrainingTopic, person: Person, last: Mapping[tuple[int, int], date], *, is_needed: bool
    ) -> Standing:
        return standing(last.get((topic.pk, person.pk)), topic.months, self.today, is_needed=is_needed)

    def _without_empty(self, rows: list[Row], topics: list[Any]) -> tuple[list[Row], list[Any]]:
        rows = [row for row in rows if any(cell.state is not State.NOT_NEEDED for _, cell in row.cells)]
        kept = {topic.pk for row in rows for topic, cell in row.cells if cell.state is not State.NOT_NEEDED}
        return (
            [Row(row.person, [each for each in row.cells if each[0].pk in kept]) for row in rows],
            [topic for topic in topics if topic.pk in kept],
        )

    @property
    def totals(self) -> list[Total]:
        """The totals of the topics, in their order."""
        found: Counter[tuple[int, bool]] = Counter(
            (topic.pk, cell.state.holds) for row in self.rows for topic, cell in row.needed
        )
        return [
            Total(topic, found[topic.pk, True] + found[topic.pk, False], found[topic.pk, True]) for topic in self.topics
        ]

    @property
    def counts(self) -> list[tuple[State, int]]:
        """How many cells have each state that matters, in the order of the legend."""
        found = Counter(cell.state for row in self.rows for _, cell in row.cells)
        return [(state, found[state]) for state in State if state is not State.NOT_NEEDED]

    @property
    def n_needed(self) -> int:
        return sum(row.n_needed for row in self.rows)

    @property
    def n_done(self) -> int:
        return sum(row.n_done for row in self.rows)

    def of(self, topic: TrainingTopic) -> Iterator[tuple[Person, Standing]]:
        for row in self.rows:
            yield from ((row.person, cell) for each, cell in row.cells if each.pk == topic.pk)

    def sheets(self) -> dict[str, Rows]:
        """Returns the workbook: the matrix, one line for each need, and the totals."""
        header = ["Person", "Function or job title", *(f"{each.number} {each.title}" for each in self.topics)]
        matrix = [[row.person.name, row.person.job, *(str(cell) for _, cell in row.cells)] for row in self.rows]
        lines = [
            [row.person.name, row.person.job, topic.number, topic.title, cell.state.words, cell.on, cell.expires]
            for row in self.rows
            for topic, cell in row.cells
            if cell.state is not State.NOT_NEEDED
        ]
        totals = [[each.topic.number, each.topic.title, each.n_needed, each.n_done] for each in self.totals]
        return {
            "Matrix": [header, *matrix],
            "Each training": [
                ["Person", "Function or job title", "Number", "Training", "State", "Last session", "Holds until"],
                *lines,
            ],
            "Totals": [["Number", "Training", "People who need it", "Of these trained"], *totals],
        }


def by_state(found: Iterable[tuple[Person, Standing]]) -> list[tuple[State, list[tuple[Person, Standing]]]]:
    """Returns the people of one topic by state, the most urgent first, without those who do not need it."""
    people: Sequence[tuple[Person, Standing]] = list(found)
    groups = [(state, [each for each in people if each[1].state is state]) for state in URGENT]
    return [(state, group) for state, group in groups if group and state is not State.NOT_NEEDED]


def facts_for(user: User, utilities: Collection[int]) -> Any:
    """Returns what tells for each topic of the utilities whether a member needs it, as ``facts`` of one query."""
    single = AlsoNeeds.objects.filter(topic=OuterRef("pk"), person=OuterRef("person"))
    held = Covered.objects.filter(topic=OuterRef("pk"), session__is_withdrawn=False, session__people=OuterRef("person"))
    last = held.order_by().values("topic").annotate(day=Max("session__on")).values("day")
    mine = {"utility__people__user": user, "utility__people__has_left": False}
    rows: Any = TrainingTopic.objects.filter(utility__in=utilities, is_open=True, **mine).order_by()
    rows = rows.annotate(person=F("utility__people"), **seats_of("person"))
    facts = JSONObject(
        title="title",
        number="number",
        utility_id="utility_id",
        utility="utility__name",
        person="person",
        months="months",
        jobs="jobs",
        job="utility__people__job",
        seats="seats_taken",
        is_single=Exists(single),
        last=Subquery(last),
    )
    return rows.annotate(facts=facts)


def standing_of(facts: Mapping[str, Any]) -> Standing:
    """Returns where a member stands with the topic of ``facts_for``."""
    is_needed = facts["is_single"] or bool(plain_set(facts["jobs"]) & jobs_of(facts["job"], facts["seats"]))
    last = date.fromisoformat(facts["last"]) if facts["last"] else None
    return standing(last, facts["months"], timezone.localdate(), is_needed=is_needed)
