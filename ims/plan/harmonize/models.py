"""A workshop, what takes part in it, who scores what, and how the parts affect each other (guide 2004, §4.1.6)."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Case, Count, F, OuterRef, Q, Subquery, Sum, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import CAN_EDIT, Role, User, Utility
from accounts.roles import belongs
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.people import Person
from ims.plan.criteria import Criteria, Criterion, scores_are_known, scores_of
from ims.plan.harmonize import triggers
from ims.plan.objectives import Objective
from ims.records import Record, extends_record
from ims.registers import Move, Register, register
from workflow.models import Stale, Versioned, WrongState
from workflow.rights import NotAllowed

YEAR = timedelta(days=366)
MAX_VOTES = 100  # of one person


def broken(error: IntegrityError) -> str:
    """Returns the name of the rule that the database refused to break."""
    cause: Any = error.__cause__
    return str(cause.diag.constraint_name)


class Workshop(Record):
    """``round`` is the round of scoring, ``revealed`` the last round that everyone sees (0: none).

    The owner leads it; so may any manager. Its parts do not change once it is closed.
    """

    class Status(models.TextChoices):
        GATHER = "gather", "Gather"
        SCORE = "score", "Score"
        SETTLE = "settle", "Settle"
        PACKAGE = "package", "Budget package"
        CLOSED = "closed", "Closed"
        CANCELED = "canceled", "Canceled"

    class Method(models.TextChoices):
        WEIGHTS = "weights", "Scores by weighted criteria"
        VOTES = "votes", "Votes"

    REGISTER, PREFIX = "workshops", "WS"
    OPEN = frozenset({Status.GATHER, Status.SCORE, Status.SETTLE, Status.PACKAGE})
    TRANSITIONS = {
        Status.GATHER: frozenset({Status.SCORE, Status.CANCELED}),
        Status.SCORE: frozenset({Status.SETTLE, Status.GATHER, Status.CANCELED}),
        Status.SETTLE: frozenset({Status.PACKAGE, Status.SCORE, Status.CANCELED}),
        Status.PACKAGE: frozenset({Status.CLOSED, Status.SETTLE, Status.CANCELED}),
        Status.CLOSED: frozenset(),
        Status.CANCELED: frozenset({Status.GATHER}),
    }
    HISTORY = ("title", "owner", "due", "method", "dots", "weights", "amount", "hours")

    record = extends_record()
    criteria = models.ForeignKey(Criteria, on_delete=models.RESTRICT, related_name="+", editable=False)
    method = models.CharField(
        "how the team compares",
        max_length=8,
        choices=Method.choices,
        default=Method.WEIGHTS,
        help_text="Votes are quicker; scores by criteria show why something comes first.",
    )
    dots = models.PositiveSmallIntegerField(
        "votes per person",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_VOTES)],
        help_text="Only for votes.",
    )
    weights = models.JSONField(default=dict, editable=False)
    round = models.PositiveSmallIntegerField(default=1, editable=False)
    revealed = models.PositiveSmallIntegerField(default=0, editable=False)
    amount = models.DecimalField("dollars available", max_digits=12, decimal_places=2, null=True, blank=True)
    hours = models.DecimalField("hours available", max_digits=9, decimal_places=1, null=True, blank=True)
    closed_at = models.DateTimeField(null=True, editable=False)

    proposals: Any
    participants: Any
    pairs: Any

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(dots__gte=1, dots__lte=MAX_VOTES), name="workshop_votes_1_to_100"),
            models.CheckConstraint(condition=Q(revealed__lte=F("round")), name="workshop_revealed_to_round"),
            models.CheckConstraint(
                condition=(Q(amount=None) | Q(amount__gte=0)) & (Q(hours=None) | Q(hours__gte=0)),
                name="workshop_amount_and_hours_not_negative",
            ),
        ]
        triggers = [triggers.NO_OPEN_CONFLICT]

    @classmethod
    @transaction.atomic
    def open_in(cls, utility: Utility, *, by: User, **fields: Any) -> Self:
        """Opens a workshop with the criteria in use, all proposed objectives, and the person who opens it."""
        criteria = Criteria.begun(utility, by=by)
        me = Person.objects.of(utility).filter(user=by).first()
        fields["owner"] = fields.get("owner") or me
        made = super().open_in(utility, by=by, criteria=criteria, weights=criteria.weights, **fields)
        proposed: Any = Objective.objects.filter(utility=utility, status=Objective.Status.PROPOSED)
        Proposal.objects.bulk_create(Proposal(workshop=made, objective=each) for each in proposed)
        if fields["owner"]:
            made.participants.create(person=fields["owner"])
        return made

    def is_led_by(self, user: User) -> bool:
        """Whether the user takes it from step to step: its owner who may edit, or a manager."""
        is_owner = self.owner is not None and self.owner.user_id == user.pk
        return self.my_role == Role.MANAGER or (is_owner and self.my_role in CAN_EDIT)

    def require_leader(self, user: User) -> None:
        """Raises NotAllowed for everyone who does not lead it."""
        if not self.is_led_by(user):
            raise NotAllowed("Only the person who leads the workshop, or a manager, can do this.")

    def require_status(self, *expected: str) -> None:
        """Raises WrongState unless it is at one of these steps."""
        if self.status not in expected:
            raise WrongState(f"The workshop is now at “{self.status_label}”.")

    def save_over(self, version: int, *, by: AbstractBaseUser, **options: Any) -> Self:
        """Raises WrongState too if the way to compare is to change after scoring has begun."""
        ways = [name for name in ("method", "dots") if name in options and options[name] != getattr(self, name)]
        if ways and self.status != self.Status.GATHER:
            raise WrongState("How the team compares can be changed only while it gathers.")
        return super().save_over(version, by=by, **options)

    @transaction.atomic
    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Takes the workshop to another step. Raises NotAllowed, WrongState.

        Settling reveals the scores; scoring again begins a round with everyone's last scores. See closing.close too.
        """
        self.require_leader(by)
        start = self.status
        if to == self.Status.SETTLE and start == self.Status.SCORE:
            changes["revealed"] = self.round
        elif to == self.Status.SCORE and start == self.Status.SETTLE:
            changes["round"] = self.round + 1
        elif to == self.Status.CLOSED:
            changes["closed_at"] = timezone.now()
        try:
            with transaction.atomic():
                super().move(to, by=by, why=why, **changes)
        except IntegrityError as error:
            if broken(error) != "workshop_conflicts_settled":
                raise
            raise WrongState("A conflict is neither settled nor accepted with a reason.") from error
        if "round" in changes:
            self._copy_ballots()

    def _copy_ballots(self) -> None:
        last = Ballot.objects.filter(participant__workshop=self, round=self.round - 1)
        Ballot.objects.bulk_create(
            Ballot(
                participant_id=each.participant_id,
                proposal_id=each.proposal_id,
                round=self.round,
                scores=each.scores,
                dots=each.dots,
                changed_at=each.changed_at,
                changed_by_id=each.changed_by_id,
            )
            for each in last
        )
        self.participants.update(done_at=None)

    @transaction.atomic
    def keep_weights(self, version: int, weights: dict[str, int], *, by: User) -> None:
        """Saves the weights the team settled on. Raises NotAllowed, WrongState, Stale."""
        self.require_leader(by)
        self.require_status(self.Status.SETTLE)
        self.save_over(version, by=by, only_if=Q(is_open=True), weights=weights)


class Proposal(models.Model):
    """An objective that takes part. ``joined_to`` is the one that says the same and stands for both.

    ``granted`` is what it gets in the budget package if that is not its whole cost. The last fields are kept on close.
    """

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="proposals")
    objective = models.ForeignKey(Objective, on_delete=models.RESTRICT, related_name="proposals")
    joined_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="joined")
    chosen = models.BooleanField(default=False)
    granted = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    title = models.CharField(max_length=230, blank=True)
    cost = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    work = models.DecimalField("hours", max_digits=10, decimal_places=1, null=True)
    place = models.PositiveSmallIntegerField(null=True)
    points = models.DecimalField(max_digits=6, decimal_places=1, null=True)

    class Meta:
        ordering = ["objective__number"]
        constraints = [
            models.UniqueConstraint(fields=["workshop", "objective"], name="proposal_once"),
            models.CheckConstraint(condition=~Q(joined_to=F("id")), name="proposal_not_joined_to_itself"),
            models.CheckConstraint(condition=Q(joined_to=None) | Q(chosen=False), name="proposal_joined_is_not_chosen"),
            models.CheckConstraint(condition=Q(granted=None) | Q(granted__gte=0), name="proposal_granted_not_negative"),
        ]
        triggers = [
            triggers.frozen_once_closed(
                "objective_id", "joined_to_id", "chosen", "granted", "title", "cost", "work", "place", "points"
            )
        ]

    def __str__(self) -> str:
        return self.title or self.objective.title


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def to_score(self, user: User) -> Self:
        """Returns the user in each workshop in which scores of theirs are missing: ``n_given`` of ``n_asked``.

        Who is finished, or has given everything, is left out; in another round, where everyone's last scores are
        kept, only for who has not said so.
        """
        rows = self.filter(belongs(user, "workshop__utility"), person__user=user, left_at=None, done_at=None)
        rows = rows.filter(workshop__status=Workshop.Status.SCORE).select_related("workshop__utility")
        ballots = Ballot.objects.filter(
            participant=OuterRef("pk"), round=OuterRef("workshop__round"), proposal__joined_to=None
        )
        by_votes = Q(workshop__method=Workshop.Method.VOTES)
        criteria = _n(Criterion.objects.filter(criteria=OuterRef("workshop__criteria")), "criteria")
        rows = rows.annotate(n_criteria=criteria).annotate(
            n_asked=Case(
                When(by_votes, then=F("workshop__dots")),
                default=_n(Proposal.objects.filter(workshop=OuterRef("workshop"), joined_to=None), "workshop"),
            ),
            n_given=Case(
                When(by_votes, then=_n(ballots, "participant", Sum("dots"))),
                default=_n(ballots.filter(scores__len__gte=OuterRef("n_criteria")), "participant"),
            ),
        )
        return rows.filter(Q(n_given__lt=F("n_asked")) | Q(workshop__round__gt=1))


def _n(rows: models.QuerySet[Any], of: str, counted: Any = None) -> Coalesce:
    """Returns how many of the rows have the same ``of``, or what they come to; 0 of none."""
    found = rows.order_by().values(of).annotate(n=counted or Count("pk")).values("n")
    return Coalesce(Subquery(found), 0)


def to_do(method: str, round_: int, n_given: int, n_asked: int) -> str:
    if n_given >= n_asked:
        return f"round {round_}: check your scores"
    return f"{n_given} of {n_asked} {'votes given' if method == Workshop.Method.VOTES else 'objectives scored'}"


class Participant(models.Model):
    """Someone who scores. Whoever left keeps the scores given so far, and no more are asked for."""

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="participants")
    person = models.ForeignKey(Person, on_delete=models.RESTRICT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()
    n_asked: int  # both of to_score
    n_given: int

    class Meta:
        ordering = ["person__name", "pk"]
        constraints = [models.UniqueConstraint(fields=["workshop", "person"], name="participant_once")]
        triggers = [triggers.frozen_once_closed("person_id", "left_at")]

    def __str__(self) -> str:
        return self.person.name

    @property
    def to_do(self) -> str:
        """Says what is still to be given. Only of those that ``to_score`` returns."""
        return to_do(self.workshop.method, self.workshop.round, self.n_given, self.n_asked)

    def is_scored_for_by(self, user: User, workshop: Workshop) -> bool:
        """Everyone scores alone; whoever leads the workshop enters the scores of people without an account."""
        if self.person.user_id:
            return self.person.user_id == user.pk
        return workshop.is_led_by(user)


class BallotQuerySet(OfUtilityQuerySet["Ballot"]):
    utility = "participant__workshop__utility"

    def revealed(self, workshop: Workshop) -> "BallotQuerySet":
        """Returns the ballots of the rounds that everyone may see. No other query shows what others gave."""
        return self.filter(participant__workshop=workshop, round__lte=workshop.revealed)


class Ballot(OfUtility, Versioned):
    """What one person gives one proposal in one round: scores such as ["severity:4"], or votes."""

    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="ballots")
    proposal = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="ballots")
    round = models.PositiveSmallIntegerField()
    scores = ArrayField(models.CharField(max_length=44), default=list, blank=True)
    dots = models.PositiveSmallIntegerField("votes", default=0)

    objects = BallotQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["participant", "proposal", "round"], name="ballot_once_per_round"),
            models.CheckConstraint(condition=scores_are_known(), name="ballot_scores_known"),
        ]
        triggers = [triggers.SCORED_WHILE_OPEN]

    def __str__(self) -> str:
        return ", ".join(self.scores) or f"{self.dots} votes"

    @classmethod
    @transaction.atomic
    def cast(
        cls, participant: Participant, proposal: Proposal, version: int, *, by: User, workshop: Workshop, **changes: Any
    ) -> "Ballot":
        """Saves what a person gives. ``version`` is 0 for the first time. Raises NotAllowed, WrongState, Stale."""
        if not participant.is_scored_for_by(by, workshop):
            raise NotAllowed("Everyone scores alone.")
        workshop.require_status(workshop.Status.SCORE)
        try:
            with transaction.atomic():
                ballot, is_new = cls.objects.get_or_create(
                    participant=participant, proposal=proposal, round=workshop.round
                )
                if not version and not is_new:
                    raise Stale(ballot)
                ballot.save_over(version or ballot.version, by=by, **changes)
        except IntegrityError as error:
            if broken(error) == "ballot_dots_at_most":
                raise WrongState(f"Each person has {workshop.dots} votes. Take one back first.") from error
            if broken(error) == "ballot_while_scoring":
                raise WrongState(
                    "The scores have just been revealed. Ask for another round to change yours."
                ) from error
            raise
        Participant.objects.filter(pk=participant.pk, left_at__isnull=False).update(left_at=None)
        return ballot

    @property
    def by_criterion(self) -> dict[str, int]:
        return scores_of(self.scores)


class Pair(Versioned):
    """How two proposals affect each other; each pair once. A pair without a row is one that nobody has set."""

    class Effect(models.IntegerChoices):
        HELPS = 1, "help each other"
        NOTHING = 0, "do not affect each other"
        HINDERS = -1, "hinder each other"

    class Outcome(models.TextChoices):
        SETTLED = "settled", "Settled"
        ACCEPTED = "accepted", "Accepted with a reason"

    workshop = models.ForeignKey(Workshop, on_delete=models.CASCADE, related_name="pairs")
    first = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Proposal, on_delete=models.CASCADE, related_name="+")
    effect = models.SmallIntegerField(choices=Effect.choices, default=Effect.NOTHING)
    note = models.CharField("why", max_length=500, blank=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    agreed = models.CharField("what was agreed, or the reason", max_length=1000, blank=True)

    class Meta:
        ordering = ["first", "second"]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="pair_in_order"),
            models.CheckConstraint(condition=Q(effect__in=[-1, 0, 1]), name="pair_effect_known"),
            models.CheckConstraint(
                condition=Q(outcome="", agreed="") | (~Q(outcome="") & ~Q(agreed="") & Q(effect=-1)),
                name="pair_outcome_of_a_conflict",
            ),
        ]
        triggers = [
            triggers.SAME_WORKSHOP,
            triggers.frozen_once_closed("first_id", "second_id", "effect", "note", "outcome", "agreed"),
        ]

    def __str__(self) -> str:
        return f"{self.first} and {self.second} {self.get_effect_display()}"

    @property
    def is_open(self) -> bool:
        return self.effect == self.Effect.HINDERS and not self.outcome

    @classmethod
    @transaction.atomic
    def set(
        cls, workshop: Workshop, proposals: Iterable[Proposal], version: int, *, by: User, **changes: Any
    ) -> "Pair":
        """Saves how two proposals affect each other, and what was agreed. Raises NotAllowed, WrongState, Stale.

        ``version`` is 0 for a pair that nobody has set. Without a conflict there is no outcome.
        """
        workshop.require_editor()
        workshop.require_status(workshop.Status.SETTLE, workshop.Status.PACKAGE)
        first, second = sorted(proposals, key=lambda each: each.pk)
        pair, is_new = cls.objects.get_or_create(workshop=workshop, first=first, second=second)
        if not version and not is_new:
            raise Stale(pair)
        if changes.get("effect", pair.effect) != cls.Effect.HINDERS:
            changes |= {"outcome": "", "agreed": ""}
        pair.save_over(version or pair.version, by=by, **changes)
        return pair


def living(record: Record) -> str:
    workshop: Any = record
    if workshop.status != Workshop.Status.CLOSED:
        return "It is not closed."
    if workshop.closed_at < timezone.now() - YEAR:
        return "It was held more than a year ago; objectives are reviewed every year."
    return ""


register(
    Register(
        model=Workshop,
        name="Harmonizing objectives",
        one="workshop",
        about="The team compares the objectives of all initiatives, settles conflicts and makes one budget package.",
        element="objectives-and-targets",
        component="plan",
        shared=("title", "owner", "due"),
        fields=("method", "dots"),
        columns=(),
        moves=(
            Move("cancel", "Cancel the workshop", Workshop.OPEN, Workshop.Status.CANCELED, needs_why=True),
            Move("resume", "Gather again", frozenset({Workshop.Status.CANCELED}), Workshop.Status.GATHER),
        ),
        aside=frozenset({Workshop.Status.CANCELED}),
        reads=("closed_at",),
        living=living,
    )
)
