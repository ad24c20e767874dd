"""Training, awareness and competence (guide 2004, §4.2.1): what is taught, who needs it, and the log of sessions.

A topic names the jobs that need it; whoever has one of these jobs needs it. A session may cover several topics and is
entered once for all who took part.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import F, Max, OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.do.training_states import EVERYONE, plain, plain_set, standing
from ims.people import Person
from ims.records import Record, extends_record
from ims.recurring import Recurring
from ims.registers import InManual, Merging, Move, Register, register
from ims.team.functions import functions
from ims.team.models import Seat
from workflow.models import Versioned, WrongState

PAIR = """
    IF (SELECT utility_id FROM {one} WHERE {one_key} = NEW.{one_id})
       <> (SELECT utility_id FROM {other} WHERE id = NEW.{other_id})
    THEN RAISE EXCEPTION 'a training joins people and topics of one utility'
        USING ERRCODE = 'check_violation', CONSTRAINT = '{name}';
    END IF;
    RETURN NEW;
"""
TABLES = {"session": "ims_trainingsession", "topic": "ims_record", "person": "ims_person"}


def _of_one_utility(name: str, one: str, other: str) -> pgtrigger.Trigger:
    tables = {"one": TABLES[one], "one_key": "id", "one_id": f"{one}_id", "other": TABLES[other]}
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func=PAIR.format(name=name, other_id=f"{other}_id", **tables),
    )


class TrainingTopic(Record):
    """Something that is taught. ``jobs`` are words as people have them; ``due`` is when the next session is needed.

    ``last_on`` is the day of the last session. It and ``due`` follow when a session is entered or corrected.
    """

    class Status(models.TextChoices):
        IN_USE = "in-use", "In use"
        RETIRED = "retired", "No longer given"

    class Kind(models.TextChoices):
        """Phase 1 report, appendix C; certification from guide 2004, §1.2; auditing from §4.3.5."""

        OPERATIONS = "operations", "Operations and maintenance"
        SYSTEM = "system", "Management system"
        SAFETY = "safety", "Safety"
        COMPLIANCE = "compliance", "Compliance"
        CERTIFICATE = "certificate", "License or certificate"
        AUDITING = "auditing", "Auditing"

    REGISTER, PREFIX = "training", "TRN"
    OPEN = frozenset({Status.IN_USE})
    TRANSITIONS = {Status.IN_USE: frozenset({Status.RETIRED}), Status.RETIRED: frozenset({Status.IN_USE})}
    OWN = ("kind", "covers", "months", "jobs")
    HISTORY = (*Record.SHARED, *OWN)

    record = extends_record()
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.OPERATIONS)
    covers = models.TextField(
        "what it covers",
        max_length=4000,
        blank=True,
        help_text="The procedures, the policies, and what can happen if they are not followed.",
    )
    months = models.PositiveSmallIntegerField(
        "holds for … months",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Empty: it does not expire.",
    )
    jobs = ArrayField(
        models.CharField(max_length=120), default=list, blank=True, verbose_name="jobs and functions that need it"
    )
    also = models.ManyToManyField(Person, through="AlsoNeeds", related_name="needs_training", editable=False)
    last_on = models.DateField("last session", null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(months=None) | Q(months__gte=1), name="training_months")]

    def get_jobs_display(self) -> str:
        return ", ".join(self.jobs)

    def faults(self, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        if given.get("months") == 0:
            yield "months", "Enter 1 or more, or leave it empty."

    @property
    def plain_jobs(self) -> frozenset[str]:
        return plain_set(self.jobs)

    @transaction.atomic
    def need(self, people: Iterable[Person], *, by: User) -> None:
        """Keeps which single people need it besides its jobs. Raises NotAllowed, WrongState if it is retired."""
        self.require_editor()
        _require_given([self])
        before, after = set(self.also.all()), set(people)
        self.also.set(after)
        changes = {"needed_by": after - before, "no_longer_needed_by": before - after}
        named = {name: sorted(map(str, found)) for name, found in changes.items() if found}
        if named:
            self.history.create(by=by, after=named)

    def hold(self, *, by: User, **values: Any) -> "TrainingSession":
        """Enters a session of this topic alone (TrainingSession.enter)."""
        return TrainingSession.enter([self], by=by, **values)

    def follow(self) -> None:
        """Sets the day of the last session, and when the next is needed: as soon as one who needs it lapses.

        While someone was never trained, an earlier date that is set stays.
        """
        self.refresh_from_db(fields=["due", "months", "jobs"])
        today = timezone.localdate()
        last = last_sessions([self.pk])
        also = set(self.also.values_list("pk", flat=True))
        people: list[Any] = with_jobs(Person.objects.filter(utility=self.utility_id).here())
        needing = [each for each in people if each.pk in also or each.jobs & self.plain_jobs]
        found = [standing(last.get((self.pk, each.pk)), self.months, today, is_needed=True) for each in needing]
        dates = [each.expires for each in found if each.expires]
        if self.due and any(each.on is None for each in found):
            dates.append(self.due)
        days = [day for (topic, _), day in last.items() if topic == self.pk]
        mine: Any = TrainingTopic.objects.filter(pk=self.pk)
        mine.update(last_on=max(days, default=None))
        due = min(dates, default=None)
        if due != self.due:  # a form that was opened before must not put the old date back
            Record.objects.filter(pk=self.pk).update(due=due, reminded_on=today, version=F("version") + 1)
            self.due = due


class AlsoNeeds(models.Model):
    """A person who needs a topic though the person's job does not."""

    topic = models.ForeignKey(TrainingTopic, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["topic", "person"], name="training_need_once")]
        triggers = [_of_one_utility("training_need_within_a_utility", "topic", "person")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.person}"


class TrainingSession(OfUtility, Versioned):
    """One session that was held. It is never deleted: what was wrong is corrected or withdrawn, and ``why`` is kept.

    What changed is told in the histories of its topics.
    """

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="training_sessions", editable=False)
    on = models.DateField("held on")
    trainer = models.CharField("who taught it", max_length=120)
    competence = models.CharField(
        "how you checked that they can do it",
        max_length=300,
        blank=True,
        help_text="Such as a test, or each one did it under supervision.",
    )
    proof = models.CharField(
        "where the proof is",
        max_length=300,
        blank=True,
        help_text="Such as the folder of the sign-in sheet, or its link.",
    )
    topics = models.ManyToManyField(TrainingTopic, through="Covered", related_name="sessions")
    people = models.ManyToManyField(Person, through="Attendance", related_name="training_sessions")
    is_withdrawn = models.BooleanField("it was entered by mistake and does not count", default=False)
    why = models.CharField("why it was corrected", max_length=300, blank=True, editable=False)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    entered_at = models.DateTimeField(default=timezone.now, editable=False)
    entered_on = models.DateField(default=timezone.localdate, editable=False)

    objects = OfUtilityQuerySet["TrainingSession"].as_manager()
    utility_id: int

    class Meta:
        ordering = ["-on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(on__lte=F("entered_on")), name="training_session_was_held"),
            models.CheckConstraint(condition=~Q(trainer=""), name="training_session_by_someone"),
            models.CheckConstraint(condition=Q(is_withdrawn=False) | ~Q(why=""), name="training_withdrawn_says_why"),
        ]

    def __str__(self) -> str:
        names = ", ".join(sorted(str(each) for each in self.people.all()))
        withdrawn = "withdrawn: " if self.is_withdrawn else ""
        return f"{withdrawn}{self.on:%B %-d, %Y}, {self.trainer}: {names}"

    @classmethod
    @transaction.atomic
    def enter(
        cls, topics: Sequence[TrainingTopic], *, by: User, people: Iterable[Person], **values: Any
    ) -> "TrainingSession":
        """Enters a session that covered ``topics``, which were fetched through ``visible_to``.

        Raises NotAllowed, WrongState if one of the topics is no longer given.
        """
        for topic in topics:
            topic.require_editor()
        _require_given(topics)
        made = cls.objects.create(utility=topics[0].utility, entered_by=by, **values)
        made.topics.set(topics)
        made.people.set(people)
        for topic in topics:
            topic.history.create(by=by, after={"session": str(made)})
            topic.follow()
        return made

    @transaction.atomic
    def correct(
        self,
        version: int,
        *,
        by: User,
        why: str,
        topics: Iterable[TrainingTopic],
        people: Iterable[Person],
        **values: Any,
    ) -> None:
        """Raises NotAllowed, Stale."""
        self.require_editor()
        old = list(self.topics.all())
        _locked([*old, *topics])
        before = str(self)
        self.save_over(version, by=by, why=why, **values)
        self.topics.set(topics)
        self.people.set(people)
        for topic in {*old, *topics}:
            topic.history.create(by=by, before={"session": before}, after={"corrected": str(self), "why": why})
            topic.follow()


class Covered(models.Model):
    """A topic that a session covered."""

    session = models.ForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(TrainingTopic, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "topic"], name="training_topic_once")]
        triggers = [_of_one_utility("training_topic_within_a_utility", "session", "topic")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.topic}"


class Attendance(models.Model):
    """A person who took part in a session."""

    session = models.ForeignKey(TrainingSession, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "person"], name="training_person_once")]
        triggers = [_of_one_utility("training_person_within_a_utility", "session", "person")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.person}"


def _locked(topics: Iterable[TrainingTopic]) -> set[int]:
    """Locks topics until the end of the transaction. Returns the keys of those that are given."""
    rows = Record.objects.select_for_update().filter(pk__in={each.pk for each in topics}).order_by("pk")
    return {pk for pk, is_open in rows.values_list("pk", "is_open") if is_open}


def _require_given(topics: Iterable[TrainingTopic]) -> None:
    open_ones = _locked(topics)
    for topic in topics:
        if topic.pk not in open_ones:
            raise WrongState(f"{topic.number} is no longer given.")


def with_jobs(people: Any) -> list[Person]:
    """Returns people, each with ``jobs``: the job, the functions represented on the team, and "everyone".

    Makes one query. The words are as training_states.plain returns them.
    """
    found: list[Any] = list(people.annotate(**seats_of("pk")))
    for person in found:
        person.jobs = jobs_of(person.job, person.seats_taken)
    return found


def seats_of(person: str) -> dict[str, Any]:
    """Returns what annotates rows with the functions that a person represents. ``person`` is the path to the person."""
    taken = Seat.objects.filter(Q(person=OuterRef(person)) | Q(alternate=OuterRef(person)))
    return {"seats_taken": ArraySubquery(taken.values_list(JSONObject(function="function", name="name")))}


def jobs_of(job: str, seats: Iterable[Mapping[str, str]]) -> frozenset[str]:
    """Returns all by which a person may need a training."""
    return plain_set([EVERYONE, job, *(_function(seat["function"], seat["name"]) for seat in seats)])


def _function(slug: str, name: str) -> str:
    """Returns the name of a function: the utility's own, or that of the data; empty if the data has it no more."""
    known = functions().get(slug)
    return name or (known.name if known else "")


def job_choices(utility: Utility) -> list[tuple[str, str]]:
    """Returns what may need a training: everyone, the jobs that people have, the functions of the team."""
    jobs = Person.objects.filter(utility=utility).here().exclude(job="").values_list("job", flat=True)
    seats = Seat.objects.filter(utility=utility, left_out="").values_list("function", "name")
    named = sorted((*jobs, *(_function(slug, name) for slug, name in seats)), reverse=True)
    found = {plain(job): " ".join(job.split()) for job in named}  # of two spellings the one with the capital letter
    others = sorted(words for key, words in found.items() if key not in ("", plain(EVERYONE)))
    return [(job, job) for job in (EVERYONE, *others)]


def last_sessions(topics: Any, until: date | None = None) -> dict[tuple[int, int], date]:
    """Returns (topic, person) → the day of the last session that counts, up to ``until``. Makes one query."""
    rows = Covered.objects.filter(topic__in=topics, session__is_withdrawn=False, session__people__isnull=False)
    if until:
        rows = rows.filter(session__on__lte=until)
    last = rows.values_list("topic", "session__people").annotate(day=Max("session__on"))
    return {(topic, person): day for topic, person, day in last}


def trained(
    utility: Utility, on: date, *, topic: TrainingTopic | None = None, kind: str = TrainingTopic.Kind.AUDITING
) -> list[Person]:
    """Returns who is trained on a day, by name: in ``topic``, or in any topic of ``kind``. Makes three queries.

    People who have left are not among them. Audits find their auditors with it (guide 2004, §4.3.5).
    """
    asked = {"pk": topic.pk} if topic else {"kind": kind}
    rows: Any = TrainingTopic.objects.filter(utility=utility, **asked)
    topics = dict(rows.values_list("pk", "months"))
    last = last_sessions(topics, on)
    found = {person for (pk, person), day in last.items() if standing(day, topics[pk], on, is_needed=True).state.holds}
    return [person for person in Person.objects.filter(utility=utility).here() if person.pk in found]


def living(record: Record) -> str:
    topic: Any = record
    if topic.status != TrainingTopic.Status.IN_USE:
        return "It is no longer given."
    if topic.last_on is None:
        return "Nobody has been trained in it yet."
    return f"The next session was needed by {topic.due:%B %-d, %Y}." if topic.is_late else ""


def carry(other: Any, stays: Any, by: User) -> None:
    """What was taught in a topic that is merged counts for the one that stays too; who needed it needs that one."""
    for session in other.sessions.filter(is_withdrawn=False):
        session.topics.add(stays)
    stays.also.add(*other.also.all())
    stays.follow()


S = TrainingTopic.Status
register(
    Register(
        model=TrainingTopic,
        name="Training",
        one="training",
        about="What people are taught, which jobs need it, who has been trained, and when it expires.",
        element="training-awareness-competence",
        component="do",
        fields=TrainingTopic.OWN,
        columns=("kind", "last_on"),
        filtered=("kind",),
        in_manual=InManual(("kind", "jobs", "months", "last_on")),
        leads_to=("actions", "corrective", "changes"),
        moves=(
            Move("retire", "It is no longer given", frozenset({S.IN_USE}), S.RETIRED, needs_why=True),
            Move("restore", "It is given again", frozenset({S.RETIRED}), S.IN_USE),
        ),
        aside=frozenset({S.RETIRED}),
        reads=("last_on", "jobs"),
        merges=Merging("retire", same="jobs", joins=("jobs",), carried=("sessions",), carry=carry),
        living=living,
        recurs=lambda topic: [Recurring("Session", topic.due, months=topic.months or 0)],
    )
)
