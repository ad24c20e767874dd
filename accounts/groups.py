"""Groups of utilities that some people see side by side: a county, a region, a holding, an advisor's.

A utility is seen only while one of its own managers agreed, and only its figures. Whoever has a role at a utility may
make a group, so limits keep invitations from becoming advertising: few groups for a person, few open questions for a
group, no web address in a name, no email to anyone, and who declined or left is not asked again for some time.
``accounts/models.py`` imports this.
"""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.inviting import addresses_found
from accounts.people import User
from accounts.roles import Role, belongs
from workflow.models import Event, StateMachine, WrongState
from workflow.rights import NotAllowed

MAX_GROUPS, MAX_PEOPLE, MAX_UTILITIES, MAX_ASKED = 5, 50, 200, 20
AGAIN = timedelta(days=90)  # until a utility that declined or left may be asked again


class GroupQuerySet(models.QuerySet["UtilityGroup"]):
    def visible_to(self, user: User) -> Self:
        """Returns the groups in which ``user`` looks, annotated with ``leads``."""
        mine = GroupPerson.objects.filter(group=OuterRef("pk"), user=user)
        lasting = self.filter(Exists(mine), ended_at=None)
        return lasting.annotate(leads=Exists(mine.filter(is_lead=True))).order_by(Lower("name"), "pk")

    @transaction.atomic
    def begin(self, *, by: User, name: str, kind: str) -> "UtilityGroup":
        """Makes a group that ``by`` leads. Raises NotAllowed without a role at a utility, WrongState at the limit."""
        if not by.memberships.exists():
            raise NotAllowed("Only people with a role at a utility make a group.")
        get_user_model()._default_manager.select_for_update().get(pk=by.pk)
        if self.filter(created_by=by, ended_at=None).count() >= MAX_GROUPS:
            raise WrongState(f"You made {MAX_GROUPS} groups already. End one first.")
        group: UtilityGroup = self.create(name=name, kind=kind, created_by=by)
        now = timezone.now()
        group.people.create(email=by.email, user=by, is_lead=True, invited_by=by, accepted_at=now)
        return group


class UtilityGroup(models.Model):
    class Kind(models.TextChoices):
        COUNTY = "county", "County"
        REGION = "region", "Region"
        HOLDING = "holding", "Holding"
        ADVISORY = "advisory", "Advisory"
        OTHER = "other", "Other"

    name = models.CharField(
        max_length=100,
        validators=[RegexValidator(r"(?i)://|www\.|@", "Leave out web and email addresses.", inverse_match=True)],
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GroupQuerySet.as_manager()
    people: Any
    utilities: Any
    leads: bool  # of one that was fetched through ``visible_to``

    class Meta:
        verbose_name = "group of utilities"
        verbose_name_plural = "groups of utilities"
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="group_has_a_name")]

    def __str__(self) -> str:
        return self.name

    def require_lead(self) -> None:
        """Raises NotAllowed for who only looks."""
        if not self.leads:
            raise NotAllowed("Only who leads the group can do this.")

    def _locked(self) -> None:
        if not UtilityGroup.objects.select_for_update().filter(pk=self.pk, ended_at=None).exists():
            raise WrongState("The group has ended.")

    @transaction.atomic
    def invite(self, email: str, *, by: User, is_lead: bool = False) -> None:
        """Invites a person, who sees it on their home page; nobody is emailed. Raises NotAllowed, WrongState."""
        self.require_lead()
        self._locked()
        email = email.lower()
        if self.people.filter(Q(email__iexact=email) | Q(user__email__iexact=email)).exists():
            raise WrongState("This person is in the group or invited already.")
        if self.people.count() >= MAX_PEOPLE:
            raise WrongState(f"A group has at most {MAX_PEOPLE} people.")
        self.people.create(email=email, invited_by=by, is_lead=is_lead)

    @transaction.atomic
    def ask(self, utility: Any, *, by: User) -> None:
        """Asks the managers of a utility whether it may be seen. Raises NotAllowed, WrongState."""
        self.require_lead()
        self._locked()
        counts: Any = self.utilities.aggregate(
            asked=Count("pk", filter=Q(status="asked")), open=Count("pk", filter=Q(status__in=["asked", "agreed"]))
        )
        if counts["asked"] >= MAX_ASKED:
            raise WrongState(f"{MAX_ASKED} utilities have not answered yet. Ask others once some have.")
        if counts["open"] >= MAX_UTILITIES:
            raise WrongState(f"A group has at most {MAX_UTILITIES} utilities.")
        row = self.utilities.filter(utility=utility).first()
        if row is None:
            row = self.utilities.create(utility=utility)
            row.events.create(by=by, from_status="", to_status=row.status)
        else:
            row.ask_again(by=by)

    @transaction.atomic
    def drop(self, person: "GroupPerson", *, by: User) -> None:
        """Takes a person out, or back an invitation. Everyone may leave. Raises NotAllowed, WrongState."""
        if person.user_id != by.pk:
            self.require_lead()
        self._locked()
        leads = self.people.filter(is_lead=True).exclude(user=None)
        if person.user_id and person.is_lead and not leads.exclude(pk=person.pk).exists():
            raise WrongState("A group needs someone who leads it. End the group instead.")
        person.delete()

    def end(self, *, by: User) -> None:
        """Ends it for everyone; what happened in it is kept. Raises NotAllowed."""
        self.require_lead()
        UtilityGroup.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now())


class GroupPersonQuerySet(models.QuerySet["GroupPerson"]):
    def open(self) -> Self:
        return self.filter(user=None, group__ended_at=None).select_related("group", "invited_by")

    def addressed_to(self, user: User) -> Self:
        """Returns those of one of the person's verified addresses."""
        return self.filter(email__in=addresses_found(user))


class GroupPerson(models.Model):
    """Someone who looks at a group, or is invited to by email address (in lower case), without ``user`` yet."""

    group = models.ForeignKey(UtilityGroup, on_delete=models.CASCADE, related_name="people")
    email = models.EmailField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="group_places"
    )
    is_lead = models.BooleanField("leads the group", default=False)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = GroupPersonQuerySet.as_manager()
    user_id: int | None

    class Meta:
        ordering = ["-is_lead", "accepted_at", "pk"]
        constraints = [
            models.UniqueConstraint("group", Lower("email"), name="group_email_once"),
            models.UniqueConstraint(fields=["group", "user"], name="group_person_once"),
            models.CheckConstraint(
                condition=Q(user=None, accepted_at=None) | Q(user__isnull=False, accepted_at__isnull=False),
                name="group_person_accepted",
            ),
        ]

    def __str__(self) -> str:
        return str(self.user or self.email)

    @transaction.atomic
    def accept(self, *, by: User) -> None:
        """Lets the invited person look. Raises WrongState if the invitation is gone or they are in the group."""
        mine = GroupPerson.objects.open().addressed_to(by).filter(pk=self.pk)
        if not mine.exists() or GroupPerson.objects.filter(group=self.group, user=by).exists():
            raise WrongState("The invitation is no longer open.")
        GroupPerson.objects.filter(pk=self.pk, user=None).update(user=by, accepted_at=timezone.now())


class GroupUtilityQuerySet(models.QuerySet["GroupUtility"]):
    def lasting(self) -> Self:
        return self.filter(group__ended_at=None)

    def agreed(self) -> Self:
        return self.filter(status=GroupUtility.Status.AGREED)

    def current(self) -> Self:
        """Returns those that were asked or agreed."""
        return self.lasting().filter(status__in=[GroupUtility.Status.ASKED, GroupUtility.Status.AGREED])


class GroupUtility(StateMachine):
    """A utility in a group. It is seen while its status is agreed; its events say who asked, agreed and left."""

    class Status(models.TextChoices):
        ASKED = "asked", "Asked"
        AGREED = "agreed", "Agreed"
        DECLINED = "declined", "Declined"
        LEFT = "left", "Left"
        REMOVED = "removed", "Removed"

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        Status.ASKED: frozenset({Status.AGREED, Status.DECLINED, Status.REMOVED}),
        Status.AGREED: frozenset({Status.LEFT, Status.REMOVED}),
        Status.DECLINED: frozenset({Status.ASKED}),
        Status.LEFT: frozenset({Status.ASKED}),
        Status.REMOVED: frozenset({Status.ASKED}),
    }

    group = models.ForeignKey(UtilityGroup, on_delete=models.CASCADE, related_name="utilities")
    utility = models.ForeignKey("accounts.Utility", on_delete=models.CASCADE, related_name="group_places")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ASKED, editable=False)
    agreed_at = models.DateTimeField(null=True, editable=False)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    objects = GroupUtilityQuerySet.as_manager()

    class Meta:
        ordering = ["utility__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["group", "utility"], name="group_utility_once"),
            models.CheckConstraint(
                condition=Q(status="agreed", agreed_at__isnull=False, agreed_by__isnull=False)
                | (~Q(status="agreed") & Q(agreed_at=None, agreed_by=None)),
                name="group_utility_agreed_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.utility} in {self.group}"

    @property
    def last_event(self) -> "GroupUtilityEvent":
        events: Any = self.events
        return list(events.all())[-1]

    def ask_again(self, *, by: User) -> None:
        """Raises WrongState if it is asked or agreed, or declined or left less than AGAIN ago."""
        last = self.last_event
        refused = self.status in (self.Status.DECLINED, self.Status.LEFT)
        if refused and last.at > timezone.now() - AGAIN:
            raise WrongState(
                f"This utility {self.status} on {last.at:%B %-d, %Y}. Wait {AGAIN.days} days to ask again."
            )
        if self.status in (self.Status.ASKED, self.Status.AGREED):
            raise WrongState("This utility is asked already.")
        self._move(self.Status.ASKED, by=by)

    def answer(self, to: str, *, by: User) -> None:
        """Agrees, declines or leaves for the utility. Raises NotAllowed for who is not its manager; WrongState."""
        if not GroupUtility.objects.filter(belongs(by, "utility", [Role.MANAGER]), pk=self.pk).exists():
            raise NotAllowed("Only a manager of the utility can do this.")
        if self.group.ended_at:
            raise WrongState("The group has ended.")
        agreed = {"agreed_at": timezone.now(), "agreed_by": by} if to == self.Status.AGREED else NOT_AGREED
        self._move(to, by=by, **agreed)

    def remove(self, *, by: User) -> None:
        """Takes it out of the group, or back the question. Raises WrongState."""
        self._move(self.Status.REMOVED, by=by, **NOT_AGREED)


NOT_AGREED: dict[str, Any] = {"agreed_at": None, "agreed_by": None}


class GroupUtilityEvent(Event):
    row = models.ForeignKey(GroupUtility, on_delete=models.CASCADE, related_name="events")
