"""Who sits at the table for each function, subgroups, and the scope that a utility without a gap analysis chose."""

from typing import Any
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from assessments.operations import OPERATIONS
from ims.people import Person
from ims.records import AREAS
from workflow.changes import Change, WithHistory
from workflow.models import Stale

OWN = "own-"  # how the slug of a function begins that a utility added


class TeamScope(OfUtility, WithHistory):
    """What the system is to cover, chosen by a utility that has no gap analysis yet (guide 2004, §3.1.2)."""

    HISTORY = ("areas", "operations", "initiatives")

    utility = models.OneToOneField(Utility, on_delete=models.CASCADE, related_name="team_scope", editable=False)
    areas = ArrayField(models.CharField(max_length=1), default=list, blank=True, verbose_name="management areas")
    operations = ArrayField(
        models.CharField(max_length=40), default=list, blank=True, verbose_name="operations inside the fence line"
    )
    initiatives = ArrayField(models.SlugField(), default=list, blank=True, verbose_name="initiatives in place")

    objects = OfUtilityQuerySet["TeamScope"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(areas__contained_by=AREAS), name="team_scope_areas_known"),
            models.CheckConstraint(
                condition=Q(operations__contained_by=list(OPERATIONS)), name="team_scope_operations_known"
            ),
        ]

    def __str__(self) -> str:
        return f"scope of {self.utility}"

    @classmethod
    @transaction.atomic
    def choose(cls, utility: Utility, version: int, *, by: User, **changes: Any) -> "TeamScope":
        """Saves what someone who may edit chose. ``version`` is 0 for a first choice. Raises Stale."""
        scope, is_new = cls.objects.get_or_create(utility=utility)
        if not version and not is_new:
            raise Stale(scope)
        scope.save_over(version or scope.version, by=by, **changes)
        return scope


class Seat(OfUtility, WithHistory):
    """Who represents one function. ``function`` is a slug of ims/data/functions.yaml, or one of the utility's own.

    An own function has its ``name`` and why it is needed here. ``left_out`` is why a function has no seat.
    """

    HISTORY = ("person", "alternate", "left_out")

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="seats", editable=False)
    function = models.SlugField(max_length=40, editable=False)
    name = models.CharField("function", max_length=60, blank=True)
    why = models.CharField("why it is needed", max_length=200, blank=True)
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="seats", verbose_name="represented by"
    )
    alternate = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="seats_as_alternate"
    )
    left_out = models.CharField("why it has no seat", max_length=300, blank=True)

    objects = OfUtilityQuerySet["Seat"].as_manager()
    person_id: int | None
    alternate_id: int | None

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "function"], name="seat_once_per_function"),
            models.CheckConstraint(condition=~Q(alternate=F("person")), name="seat_alternate_is_someone_else"),
            models.CheckConstraint(
                condition=Q(left_out="") | Q(person=None, alternate=None), name="seat_left_out_is_empty"
            ),
            models.CheckConstraint(
                condition=Q(function__startswith=OWN) & ~Q(name="") | ~Q(function__startswith=OWN) & Q(name="", why=""),
                name="seat_own_function_has_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.function

    @classmethod
    @transaction.atomic
    def fill(cls, utility: Utility, function: str, version: int, *, by: User, **changes: Any) -> "Seat":
        """Saves who represents a function. ``version`` is 0 for a first save. Raises Stale."""
        seat, is_new = cls.objects.get_or_create(utility=utility, function=function)
        if not version and not is_new:
            raise Stale(seat)
        seat.save_over(version or seat.version, by=by, **changes)
        return seat

    @classmethod
    def add(cls, utility: Utility, *, by: User, name: str, why: str) -> "Seat":
        """Adds a function of the utility's own."""
        function = f"{OWN}{uuid4().hex[:12]}"
        return cls.objects.create(utility=utility, function=function, name=name, why=why, changed_by=by)


class Subgroup(OfUtility, WithHistory):
    """Some of the team, for one management area or initiative (guide 2004, §3.1.3)."""

    HISTORY = ("name", "purpose", "lead", "is_closed")  # and its members, which no column has

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="subgroups", editable=False)
    name = models.CharField(max_length=100)
    purpose = models.TextField(blank=True, max_length=1000)
    lead = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="leads")
    members = models.ManyToManyField(Person, blank=True, related_name="subgroups")
    is_closed = models.BooleanField("closed", default=False, editable=False)

    objects = OfUtilityQuerySet["Subgroup"].as_manager()
    utility_id: int

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="subgroup_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("ims:subgroup", args=[self.utility_id, self.pk])

    @classmethod
    @transaction.atomic
    def form(cls, utility: Utility, *, by: User, members: Any, **fields: Any) -> "Subgroup":
        group = cls.objects.create(utility=utility, changed_by=by, **fields)
        group.members.set(members)
        return group

    @transaction.atomic
    def change(self, version: int, *, by: User, members: Any = None, **changes: Any) -> None:
        """``members`` are people, None to leave them. Raises NotAllowed, Stale."""
        self.require_editor()
        before = sorted(self.members.values_list("pk", flat=True))
        self.save_over(version, by=by, **changes)
        if members is not None:
            self.members.set(members)
            after = sorted(person.pk for person in members)
            self._keep({"members": before}, {"members": after}, by=by, is_undo=False)


class TeamScopeChange(Change):
    row = models.ForeignKey(TeamScope, on_delete=models.CASCADE, related_name="history")


class SeatChange(Change):
    row = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="history")


class SubgroupChange(Change):
    row = models.ForeignKey(Subgroup, on_delete=models.CASCADE, related_name="history")
