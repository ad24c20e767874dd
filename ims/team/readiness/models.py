"""Rounds in which a team rates its readiness: each person alone, then shown together; and the barriers that apply."""

from datetime import date
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.people import Person
from ims.team.readiness.factors import barriers, factors, points
from ims.team.readiness.spread import Spread, spread
from workflow.changes import Change, WithHistory
from workflow.models import Event, Stale, StateMachine, Versioned, WrongState

IS_SHOWN = "The ratings have just been shown to the team, so they can no longer be changed."
ANOTHER = "Another round is being rated. Show its ratings first."


def on_team() -> Q:
    """Returns the condition that a person is on a team: at the table, as an alternate, or in a subgroup."""
    return (
        Q(seats__isnull=False)
        | Q(seats_as_alternate__isnull=False)
        | Q(subgroups__is_closed=False)
        | Q(leads__is_closed=False)
    )


class ReadinessRoundQuerySet(OfUtilityQuerySet["ReadinessRound"]):
    def to_rate(self, user: User) -> Self:
        """Returns those that a person on the team has not rated in full. Call it after ``visible_to``."""
        mine = Count("ratings", filter=Q(ratings__person__user=user, ratings__value__isnull=False))
        member = Person.objects.filter(on_team(), utility=OuterRef("utility"), user=user)
        rows = self.filter(Exists(member), status=ReadinessRound.Status.RATING).select_related("utility")
        return rows.alias(n_mine=mine).filter(n_mine__lt=len(factors()))


class ReadinessRound(OfUtility, StateMachine):
    """Until it is shown together, nobody sees a rating of someone else."""

    class Status(models.TextChoices):
        RATING = "rating", "Being rated"
        TOGETHER = "together", "Shown together"

    TRANSITIONS = {
        Status.RATING: frozenset({Status.TOGETHER}),
        Status.TOGETHER: frozenset({Status.RATING}),
    }

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="readiness_rounds", editable=False)
    name = models.CharField(max_length=80)
    rate_by = models.DateField("rate by", null=True, blank=True)
    began_on = models.DateField(default=timezone.localdate, editable=False)
    began_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RATING, editable=False)

    objects = ReadinessRoundQuerySet.as_manager()
    utility_id: int

    class Meta:
        ordering = ["-began_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["utility"], condition=Q(status="rating"), name="readiness_one_round_is_being_rated"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="readiness_round_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ims:round", args=[self.utility_id, self.pk])

    @property
    def is_shown(self) -> bool:
        return self.status == self.Status.TOGETHER

    @classmethod
    @transaction.atomic
    def begin(cls, utility: Utility, *, by: User, name: str, rate_by: date | None = None) -> "ReadinessRound":
        """Begins a round with its points. Raises WrongState while another is being rated."""
        try:
            with transaction.atomic():
                made = cls.objects.create(utility=utility, began_by=by, name=name, rate_by=rate_by)
        except IntegrityError as error:
            raise WrongState(ANOTHER) from error
        made.events.create(by=by, from_status="", to_status=made.status)
        ReadinessPoint.objects.bulk_create(ReadinessPoint(round=made, slug=slug) for slug in points())
        return made

    @transaction.atomic
    def show(self, *, by: User) -> None:
        """Shows the ratings to all. Raises NotAllowed, WrongState if there are none or they are shown already."""
        self.require_editor()
        # Ratings being saved finish first: their trigger takes a share lock on this row.
        ReadinessRound.objects.select_for_update().get(pk=self.pk)
        if not self.ratings.filter(value__isnull=False).exists():
            raise WrongState("Nobody has rated yet.")
        self._move(self.Status.TOGETHER, by=by)

    def reopen(self, *, by: User, why: str) -> None:
        """Lets people rate again. Raises NotAllowed, WrongState."""
        self.require_editor()
        try:
            with transaction.atomic():
                self._move(self.Status.RATING, by=by, why=why)
        except IntegrityError as error:
            raise WrongState(ANOTHER) from error

    def spreads(self) -> dict[str, Spread]:
        """Returns what the ratings say, by factor. Raises WrongState before they are shown."""
        if not self.is_shown:
            raise WrongState("The ratings are not shown yet.")
        values: dict[str, list[int]] = {slug: [] for slug in factors()}
        for slug, value in self.ratings.values_list("factor", "value"):
            if value is not None:
                values.setdefault(slug, []).append(value)
        return {slug: spread(slug, found) for slug, found in values.items()}

    def before(self) -> "ReadinessRound | None":
        """Returns the last round before this one whose ratings are shown."""
        rows = ReadinessRound.objects.filter(utility=self.utility_id, status=self.Status.TOGETHER)
        earlier = Q(began_on__lt=self.began_on) | Q(began_on=self.began_on, pk__lt=self.pk)
        return rows.filter(earlier).first()


class ReadinessEvent(Event):
    round = models.ForeignKey(ReadinessRound, on_delete=models.CASCADE, related_name="events")


class ReadinessRatingQuerySet(OfUtilityQuerySet["ReadinessRating"]):
    utility = "round__utility"


class ReadinessRating(OfUtility, Versioned):
    """How far one person thinks one factor is in place: 1 to 5, 0 for "don't know", None if taken back."""

    round = models.ForeignKey(ReadinessRound, on_delete=models.CASCADE, related_name="ratings", editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="ratings", editable=False)
    factor = models.SlugField(max_length=40, editable=False)
    value = models.PositiveSmallIntegerField(null=True, blank=True)
    note = models.CharField("remark", max_length=300, blank=True)

    objects = ReadinessRatingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["round", "person", "factor"], name="readiness_rated_once"),
            models.CheckConstraint(condition=Q(value=None) | Q(value__range=(0, 5)), name="readiness_rating_0_to_5"),
        ]
        triggers = [
            # The share lock keeps the round from being shown between this check and the end of the transaction. The
            # person may change: someone without an account joins.
            pgtrigger.Trigger(
                name="ratings_shown_are_kept",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("state", "varchar")],
                func="""
                    IF TG_OP = 'UPDATE' AND (NEW.round_id, NEW.factor, NEW.value, NEW.note)
                        IS NOT DISTINCT FROM (OLD.round_id, OLD.factor, OLD.value, OLD.note) THEN
                        RETURN NEW;
                    END IF;
                    SELECT status INTO state FROM ims_readinessround WHERE id = NEW.round_id FOR SHARE;
                    IF state <> 'rating' THEN
                        RAISE EXCEPTION 'the ratings of this round are shown'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'readiness_shown_is_kept';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.factor}: {self.value}"

    @classmethod
    @transaction.atomic
    def give(
        cls, round_: ReadinessRound, person: Person, factor: str, version: int, *, by: User, **changes: Any
    ) -> "ReadinessRating":
        """Saves one person's rating. ``version`` is 0 for a first one. Raises Stale, WrongState once it is shown."""
        # The same lock as the trigger's, so that the person is told why.
        stored = ReadinessRound.objects.select_for_update(of=("self",), no_key=True).filter(pk=round_.pk).first()
        if stored is None or stored.is_shown:
            raise WrongState(IS_SHOWN)
        rating, is_new = cls.objects.get_or_create(round=round_, person=person, factor=factor)
        if not version and not is_new:
            raise Stale(rating)
        return rating.save_over(version or rating.version, by=by, **changes)


class ReadinessPointQuerySet(OfUtilityQuerySet["ReadinessPoint"]):
    utility = "round__utility"


class ReadinessPoint(OfUtility, WithHistory):
    """A factor, a barrier or a response in one round: what an action may come from.

    A barrier keeps whether it applies, the slugs of the responses chosen, and a response in the utility's own words.
    What was chosen stays while the barrier does not apply, but counts only if it does.
    """

    HISTORY = ("applies", "responses", "own")

    round = models.ForeignKey(ReadinessRound, on_delete=models.CASCADE, related_name="points", editable=False)
    slug = models.SlugField(max_length=40, editable=False)
    applies = models.BooleanField("it applies to us", default=False)
    responses = ArrayField(
        models.SlugField(max_length=40), default=list, blank=True, verbose_name="what we do about it"
    )
    own = models.CharField("our own response", max_length=200, blank=True)

    objects = ReadinessPointQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["round", "slug"], name="readiness_point_once")]

    def __str__(self) -> str:
        return f"{self.name} ({self.round})"

    def get_absolute_url(self) -> str:
        return f"{self.round.get_absolute_url()}#row-{self.slug}"

    @property
    def name(self) -> str:
        if factor := factors().get(self.slug):
            return factor.name
        if barrier := barriers().get(self.slug):
            return barrier.name
        named = (one.name for barrier in barriers().values() for one in barrier.responses if one.slug == self.slug)
        return next(named, self.slug)

    @property
    def element(self) -> str:
        """The slug of the element where an action belongs."""
        if factor := factors().get(self.slug):
            return factor.element
        at = (each for each in barriers().values() if self.slug in (each.slug, *(one.slug for one in each.responses)))
        return next((each.element for each in at), "")

    def suggested(self) -> dict[str, str]:
        """Returns what an action from it begins with."""
        if factor := factors().get(self.slug):
            return {"title": factor.action, "lines": "\n".join(factor.steps)}
        if barrier := barriers().get(self.slug):
            return {"title": self.own or f"Overcome a barrier: {barrier.name}"}
        found = (one for barrier in barriers().values() for one in barrier.responses if one.slug == self.slug)
        return next(({"title": one.action, "lines": one.about} for one in found), {})

    def change(self, version: int, *, by: User, **changes: Any) -> None:
        """Saves what the team says of a barrier. Raises NotAllowed, Stale."""
        self.require_editor()
        self.save_over(version, by=by, **changes)


class ReadinessChange(Change):
    row = models.ForeignKey(ReadinessPoint, on_delete=models.CASCADE, related_name="history")
