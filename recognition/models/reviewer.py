"""Reviewers: the people who may sit on panels, with what they know and whom they can't judge."""

from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Count, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership, StaffGroup, System, User, Utility
from accounts.regions import states
from recognition.models.application import Application
from workflow.models import Versioned


class CannotSit(Exception):
    """The person may not sit on this panel; the message says why. Nothing was changed."""


class ReviewerProfile(models.Model):
    """What is known of a reviewer, and of someone invited as one: where they work, what they know, whom they can't
    judge, how much they take."""

    class Affiliation(models.TextChoices):
        HEADQUARTERS = "hq", "EPA headquarters"
        REGION = "region", "EPA Region"
        EXPERT = "expert", "Outside expert"

    affiliation = models.CharField(max_length=8, choices=Affiliation.choices)
    organization = models.CharField(max_length=150, blank=True)
    state = models.CharField("works in", max_length=2, choices=states, blank=True)
    systems = ArrayField(
        models.CharField(max_length=20, choices=System.choices),
        verbose_name="kinds of system they know",
        default=list,
        blank=True,
    )
    topics = ArrayField(
        models.CharField(max_length=80),
        verbose_name="topics of interest",
        default=list,
        blank=True,
        help_text="Attributes and categories, such as attributes.product-quality.",
    )
    conflict_states = ArrayField(
        models.CharField(max_length=2, choices=states),
        verbose_name="states with a conflict",
        default=list,
        blank=True,
        help_text="States and territories whose utilities the person can't review.",
    )
    most_panels = models.PositiveSmallIntegerField(
        "most panels in a cycle", null=True, blank=True, validators=[MinValueValidator(1)]
    )
    interests = models.ManyToManyField(
        Utility,
        blank=True,
        related_name="+",
        help_text="Utilities the person is connected with and can't review.",
    )

    class Meta:
        abstract = True


# The columns of a profile; the utilities with a conflict, ``interests``, are rows of their own.
PROFILE = ("affiliation", "organization", "state", "systems", "topics", "conflict_states", "most_panels")


class PanelMember(ReviewerProfile, Versioned):
    """A person who may sit on panels."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="panel_member")
    available = models.BooleanField(default=True)
    confirmed_at = models.DateTimeField("last confirmed by the reviewer", null=True, blank=True, editable=False)

    class Meta:
        ordering = ["user__name", "user__email"]
        constraints = [
            models.CheckConstraint(
                condition=Q(affiliation__in=["hq", "region", "expert"]), name="panel_affiliation_known"
            ),
            models.CheckConstraint(
                condition=Q(systems__contained_by=System.values), name="panel_member_knows_known_systems"
            ),
            models.CheckConstraint(condition=Q(most_panels__gte=1), name="panel_member_takes_a_panel"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_affiliation_display()}"

    @staticmethod
    def who_may_sit() -> models.QuerySet[User]:
        """Returns available panel members, and people in the staff group who have no row here."""
        listed, everyone = PanelMember.objects.filter(available=True), PanelMember.objects.values("user")
        in_group = User.groups.through.objects.filter(group__name=StaffGroup.PANEL).exclude(user__in=everyone)
        # Their keys first: there are few of them among the people of the country.
        return User.objects.filter(is_active=True, pk__in=listed.values("user").union(in_group.values("user")))

    @classmethod
    def who_may_join(cls, application: Application) -> models.QuerySet[User]:
        """Returns people who never had a seat on it, each with ``n_open`` reviews to do."""
        to_do = application.seats.model.objects.to_do().filter(member=OuterRef("pk")).order_by().values("member")
        had_part = application.seats.values("member")
        return (
            cls.who_may_sit()
            .exclude(pk__in=had_part)
            .annotate(n_open=Coalesce(Subquery(to_do.annotate(n=Count("pk")).values("n")), 0))
            .select_related("panel_member")
            .prefetch_related("panel_member__interests", Prefetch("memberships", Membership.with_ended.all()))
            .order_by("name", "email")
        )

    @staticmethod
    def conflict_of(user: User, utility: Utility) -> str:
        """Returns why ``user`` can't judge ``utility``; empty if no conflict is recorded."""
        if Membership.with_ended.filter(utility=utility, user=user).exists():  # one's advice may be what they judge
            return f"{user} is a member of {utility}, or was its advisor."
        if PanelMember.objects.filter(user=user, interests=utility).exists():
            return f"{user} has declared an interest in {utility}."
        if PanelMember.objects.filter(user=user, conflict_states__contains=[utility.state]).exists():
            return f"{user} has declared a conflict with {utility.get_state_display()}."
        return ""

    @staticmethod
    def conflicts(people: Iterable[User]) -> dict[int, frozenset[int]]:
        """Returns the utilities that each person can't judge: members', former advisors', and declared interests'."""
        found: dict[int, set[int]] = {person.pk: set() for person in people}
        belonged = Membership.with_ended.filter(user__in=found).values_list("user", "utility")
        declared = PanelMember.interests.through.objects.filter(panelmember__user__in=found)
        for person, utility in [*belonged, *declared.values_list("panelmember__user", "utility")]:
            found[person].add(utility)
        return {person: frozenset(utilities) for person, utilities in found.items()}
