"""The emergency plan: what it says about the ten topics of the guide, and what each situation counts on.

The topics are those of guide 2004, §4.2.4, in ims/data/emergency_topics.yaml in our own words.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.do.emergencies import Drill, Emergency, living
from ims.do.emergency_means import EmergencyContact, EmergencyEquipment
from ims.examples import DATA
from ims.links import RecordLink
from ims.records import Record
from ims.registers import Page, add_page
from pdca.loading import read
from workflow.changes import Change, WithHistory
from workflow.models import Stale

MEANS = (EmergencyEquipment.REGISTER, EmergencyContact.REGISTER)


@dataclass(frozen=True)
class Topic:
    """``ask`` says what the plan should tell; ``register`` is where this product keeps it, if it does."""

    slug: str
    name: str
    ask: str
    register: str = ""


@cache
def topics() -> dict[str, Topic]:
    return {row["slug"]: Topic(**row) for row in read(DATA / "emergency_topics.yaml")}


class PlanTopicQuerySet(OfUtilityQuerySet["PlanTopic"]):
    pass


class PlanTopic(OfUtility, WithHistory):
    """What a utility's emergency plan says about one topic."""

    class Answer(models.TextChoices):
        COVERED = "covered", "Covered"
        PARTLY = "partly", "Partly"
        MISSING = "missing", "Missing"
        NOT_APPLICABLE = "not-applicable", "Does not apply"

    HISTORY = ("answer", "where", "why")

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="plan_topics", editable=False)
    slug = models.SlugField(max_length=40, editable=False)
    answer = models.CharField("does the plan cover it?", max_length=16, choices=Answer.choices, blank=True)
    where = models.TextField("where it stands, and what is missing", max_length=2000, blank=True)
    why = models.CharField("why it does not apply", max_length=300, blank=True)

    objects = PlanTopicQuerySet.as_manager()
    utility_id: int

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["utility", "slug"], name="plan_topic_once"),
            models.CheckConstraint(condition=~Q(answer="not-applicable") | ~Q(why=""), name="plan_topic_says_why"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_answer_display() or 'not answered'}"

    def get_absolute_url(self) -> str:
        return f"{reverse('ims:emergency_plan', args=[self.utility_id])}#row-{self.slug}"

    @property
    def name(self) -> str:
        return topics()[self.slug].name if self.slug in topics() else self.slug

    @classmethod
    @transaction.atomic
    def give(cls, utility: Utility, slug: str, version: int, *, by: User, **changes: Any) -> "PlanTopic":
        """Saves an answer. ``version`` is 0 for a first one; ``by`` must be able to edit. Raises Stale."""
        topic, is_new = cls.objects.get_or_create(utility=utility, slug=slug)
        if not version and not is_new:
            raise Stale(topic)
        return topic.save_over(version or topic.version, by=by, **changes)


class PlanTopicChange(Change):
    row = models.ForeignKey(PlanTopic, on_delete=models.CASCADE, related_name="history")


@dataclass(frozen=True)
class Situation:
    """A situation with what it counts on."""

    record: Emergency
    why_not: str
    equipment: list[Record] = field(default_factory=list)
    contacts: list[Record] = field(default_factory=list)


class Plan:
    """The situations that a utility's plan covers, its drills, and what is overdue. Makes six queries."""

    def __init__(self, utility: Utility) -> None:
        rows: Any = Emergency.objects.open().filter(utility=utility).order_by("number")
        linked = self._linked(utility)
        self.situations = [
            Situation(row, living(row), linked[row.pk, MEANS[0]], linked[row.pk, MEANS[1]]) for row in rows
        ]
        late = Record.objects.late().filter(utility=utility, register__in=MEANS)
        self.late = list(late.select_related("owner").order_by("due", "number"))
        drills: Any = Drill.objects.filter(utility=utility, emergency=None)
        self.drills: list[Drill] = list(drills.prefetch_related("lessons__made"))

    @staticmethod
    def _linked(utility: Utility) -> dict[tuple[int, str], list[Record]]:
        """Returns the equipment and the contacts that situations name, by (situation, register)."""
        means = Q(later__register__in=MEANS, earlier__register=Emergency.REGISTER)
        back = Q(earlier__register__in=MEANS, later__register=Emergency.REGISTER)
        links = RecordLink.objects.filter(means | back, earlier__utility=utility)
        named: dict[tuple[int, str], list[Record]] = defaultdict(list)
        for link in links.select_related("earlier", "later").order_by("pk"):
            ends = (link.earlier, link.later)
            situation, thing = ends if ends[0].register == Emergency.REGISTER else ends[::-1]
            if thing.is_open:
                named[situation.pk, thing.register].append(thing)
        return named


def answers_of(utility: Utility) -> dict[str, PlanTopic]:
    return {topic.slug: topic for topic in PlanTopic.objects.filter(utility=utility)}


def covered(answers: dict[str, PlanTopic]) -> tuple[int, int]:
    """Returns how many topics the plan covers, and how many apply."""
    given = [answers[slug].answer if slug in answers else "" for slug in topics()]
    apply = [answer for answer in given if answer != PlanTopic.Answer.NOT_APPLICABLE]
    return sum(answer == PlanTopic.Answer.COVERED for answer in apply), len(apply)


add_page(
    Page(
        slug="emergency-plan",
        name="Emergency plan",
        about="Ten topics that the plan should cover, the situations with what they count on, and the drills.",
        component="do",
        element="emergency-preparedness-response",
        url_name="ims:emergency_plan",
    )
)
