"""Utilities, the people who belong to them, the role each person holds in each, and the two ways to join."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Concat, Lower
from django.utils import timezone
from django.utils.text import slugify

from accounts.api_tokens import ApiToken as ApiToken
from accounts.groups import GroupPerson as GroupPerson
from accounts.groups import GroupUtility as GroupUtility
from accounts.groups import GroupUtilityEvent as GroupUtilityEvent
from accounts.groups import UtilityGroup as UtilityGroup
from accounts.identifiers import Identifier as Identifier
from accounts.identifiers import IdentifierTaken as IdentifierTaken
from accounts.identifiers import Number as Number
from accounts.identifiers import could_be_number
from accounts.inviting import ByEmail, ByEmailQuerySet
from accounts.inviting import InvitationClosed as InvitationClosed
from accounts.inviting import InvitationForSomeoneElse as InvitationForSomeoneElse
from accounts.inviting import TooManyInvitations as TooManyInvitations
from accounts.inviting import addresses_of as addresses_of
from accounts.inviting import new_token as new_token
from accounts.names import check_name
from accounts.people import StaffGroup as StaffGroup
from accounts.people import User as User
from accounts.regions import REGIONS, region_of, states
from accounts.representatives import FIELD, REPRESENTATIVES_ARE_KEPT
from accounts.representatives import RepresentativeChange as RepresentativeChange
from accounts.roles import CAN_EDIT as CAN_EDIT
from accounts.roles import Role as Role
from accounts.roles import belongs, lasting, only_advisors_end
from accounts.triggers import INVITATIONS_END_WITH_THE_ROLE, UTILITY_KEEPS_A_MANAGER
from accounts.zones import OF_STATE, site_today
from accounts.zones import choices as zone_choices
from workflow.matching import Pieces, pieces, plain, plain_form


class System(models.TextChoices):
    DRINKING_WATER = "drinking_water", "Drinking water"
    WASTEWATER = "wastewater", "Wastewater"
    STORMWATER = "stormwater", "Stormwater"
    DECENTRALIZED = "decentralized", "Decentralized wastewater"


NAME_AND_CITY = Pieces(Concat("plain_name", models.Value(" ", models.TextField()), "plain_city"))


class UtilityQuerySet(models.QuerySet["Utility"]):
    def visible_to(self, user: User) -> "UtilityQuerySet":
        """Returns the utilities that ``user`` belongs to, annotated with ``my_role`` there."""
        return self.filter(belongs(user)).annotate(my_role=models.F("memberships__role"))

    def editable_by(self, user: User) -> "UtilityQuerySet":
        return self.filter(belongs(user, roles=CAN_EDIT))

    def managed_by(self, user: User) -> "UtilityQuerySet":
        return self.filter(belongs(user, roles=[Role.MANAGER]))

    def without_manager(self) -> "UtilityQuerySet":
        """Returns the utilities where nobody can decide who joins, so program staff decide.

        A manager whose account is deactivated decides nothing.
        """
        return self.exclude(models.Exists(Membership.objects.deciding().filter(utility=models.OuterRef("pk"))))

    def to_confirm(self) -> "UtilityQuerySet":
        """Returns the utilities that nobody has vouched for yet, with someone who could invite to them."""
        managers = Membership.objects.deciding().filter(utility=models.OuterRef("pk"))
        return self.filter(models.Exists(managers), confirmed_at=None)

    def matching(self, words: str, *, state: bool = True, number: bool = True) -> "UtilityQuerySet":
        """Returns the utilities for which every word is in the name or city, or is the state or a number.

        ``state`` and ``number`` say whether these two are compared.
        """
        found: Any = self if plain(words).split() else self.none()
        for word in plain(words).split():
            here = models.Q(plain_name__matches=word) | models.Q(plain_city__matches=word)
            if state and len(word) == 2:
                here |= models.Q(state__iexact=word)
            numbered = Identifier.objects.filter(value__plain=word).order_by().values("utility")
            if not (number and could_be_number(word)):
                found = found.perhaps_named(word).filter(here)
            elif pieces(word):  # as a set, since a condition with "or" could not use both indexes
                named = Utility.objects.order_by().perhaps_named(word).filter(here)
                found = found.filter(pk__in=named.values("pk").union(numbered))
            else:
                found = found.filter(here | models.Q(pk__in=numbered))
        return found

    def perhaps_named(self, word: str) -> "UtilityQuerySet":
        """Leaves out those that an index knows not to have ``word``, in its plain form, in their name or city."""
        known = pieces(word)
        rows: Any = self.alias(pieces=NAME_AND_CITY)
        return rows.filter(pieces__contains=known) if known else self

    def named(self, word: str) -> "UtilityQuerySet":
        """Returns those with ``word``, in its plain form, in their name."""
        return self.perhaps_named(word).filter(plain_name__matches=word)

    def in_region(self, region: int) -> "UtilityQuerySet":
        """Returns those of an EPA region, by the first tribal number or the state, as ``regions.region_of`` does."""
        tribal = Identifier.objects.tribal().order_by()
        first = tribal.values("utility").annotate(first=models.Min("value"))
        there = first.filter(first__startswith=f"{region:02}").values("utility")
        in_state = models.Q(state__in=REGIONS[region].split()) & ~models.Q(pk__in=tribal.values("utility"))
        return self.filter(models.Q(pk__in=there) | in_state)

    def seen_by(self, user: User) -> "UtilityQuerySet":
        """Annotates ``is_mine`` (``user`` belongs to it) and ``is_asked`` (``user`` has an open claim)."""
        mine = Membership.objects.filter(utility=models.OuterRef("pk"), user=user)
        asked = Claim.objects.open().filter(utility=models.OuterRef("pk"), user=user)
        return self.annotate(is_mine=models.Exists(mine), is_asked=models.Exists(asked))

    def alike(self, name: str, state: str) -> "UtilityQuerySet":
        """Returns likely duplicates: utilities with the same name, accents and case aside, in the same state."""
        return self.filter(plain_name=plain(" ".join(name.split())), state=state)

    @transaction.atomic
    def register(self, by: "User", identifiers: "Iterable[Number]", **fields: Any) -> "Utility":
        """Creates a utility with ``by`` as its manager. Raises IdentifierTaken."""
        utility = self.create(**fields)
        utility.set_identifiers(identifiers)
        Membership.objects.create(utility=utility, user=by, role=Role.MANAGER)
        if by.has_trusted_address:
            utility.confirm(by)
        return utility


class NotAMember(Exception):
    """Only a member who is no advisor can be the management representative. Nothing was changed."""


class Utility(models.Model):
    HISTORY = (FIELD,)

    name = models.CharField(max_length=200, validators=[check_name])
    city = models.CharField(max_length=100)
    state = models.CharField("state or territory", max_length=2, choices=states)
    systems = ArrayField(models.CharField(max_length=20, choices=System.choices), verbose_name="systems it operates")
    time_zone = models.CharField(max_length=40, choices=zone_choices, blank=True)
    management_representative = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(User, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    plain_name, plain_city = plain_form("name"), plain_form("city")

    objects = UtilityQuerySet.as_manager()
    my_role: str  # of one that was fetched through ``visible_to``

    class Meta:
        verbose_name_plural = "utilities"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(systems=[]), name="utility_runs_a_system"),
            models.CheckConstraint(
                condition=models.Q(systems__contained_by=System.values), name="utility_systems_known"
            ),
        ]
        indexes = [
            models.Index(Lower("name"), name="utility_by_name"),  # lists of the country are in this order
            models.Index("state", Lower("name"), name="utility_by_state"),
            models.Index("id", name="utility_to_confirm", condition=models.Q(confirmed_at=None)),
            GinIndex(NAME_AND_CITY, name="utility_by_part_of_name"),
        ]
        triggers = [REPRESENTATIVES_ARE_KEPT]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone or OF_STATE[self.state])

    @property
    def epa_region(self) -> int | None:
        """The EPA region, 1 to 10: from a tribal system's identifier if there is one, else from the state."""
        systems = [number.value for number in self.identifiers.all() if number.kind == Identifier.Kind.PWSID]
        return region_of(self.state, systems)

    @transaction.atomic
    def set_identifiers(self, numbers: Iterable[Number]) -> None:
        """Replaces the utility's numbers. Raises IdentifierTaken if one belongs to another utility."""
        wanted = set(numbers)
        for identifier in self.identifiers.all():
            if (identifier.kind, identifier.value) not in wanted:
                identifier.delete()
        wanted -= set(self.identifiers.values_list("kind", "value"))
        try:
            with transaction.atomic():
                Identifier.objects.bulk_create(
                    Identifier(utility=self, kind=kind, value=value) for kind, value in sorted(wanted)
                )
        except IntegrityError as error:
            if Identifier.objects.filter(value__in=[value for _, value in wanted]).exists():
                raise IdentifierTaken from error
            raise

    @transaction.atomic
    def name_representative(self, user_id: int | None, *, by: User | None = None) -> None:
        """Sets the representative. Raises NotAMember. The row lock keeps the person from leaving at the same time."""
        before = Utility.objects.select_for_update().get(pk=self.pk).management_representative_id
        if user_id is not None and not self.memberships.of_its_own().filter(user=user_id).exists():
            raise NotAMember
        self.management_representative_id = user_id
        self.save(update_fields=[FIELD])
        if user_id != before:
            RepresentativeChange.sign(self.pk, by)

    def confirm(self, by: User) -> bool:
        """Says that the utility is what it says. Returns False if someone else had done so."""
        self.confirmed_at, self.confirmed_by = timezone.now(), by
        fields = {"confirmed_at": self.confirmed_at, "confirmed_by": by}
        return bool(Utility.objects.filter(pk=self.pk, confirmed_at=None).update(**fields))

    def membership_of(self, user: User) -> "Membership":
        """Returns the membership. Raises Membership.DoesNotExist if ``user`` is not a member."""
        return self.memberships.get(user=user)

    @property
    def managers(self) -> models.QuerySet[User]:
        return User.objects.filter(memberships__in=self.memberships.deciding()).order_by("pk")

    @property
    def in_file_names(self) -> str:
        """The name as the names of files have it, of which an advisor collects those of many utilities."""
        return slugify(self.name)[:60].strip("-") or f"utility-{self.pk}"

    def get_systems_display(self) -> str:
        return ", ".join(System(system).label.lower() for system in self.systems).capitalize()


class LastManager(Exception):
    """A utility keeps at least one manager. Nothing was changed."""


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_its_own(self) -> "MembershipQuerySet":
        """Leaves out advisors."""
        return self.exclude(role=Role.ADVISOR)

    def deciding(self) -> "MembershipQuerySet":
        """Returns the managers who can sign in: a utility with none of them counts as without a manager."""
        return self.filter(role=Role.MANAGER, user__is_active=True)

    def ended(self) -> "MembershipQuerySet":
        return self.exclude(lasting())

    def ending(self) -> "MembershipQuerySet":
        """Returns the advisors who end within two weeks or have ended, the earliest first."""
        return self.filter(until__lte=site_today() + Membership.SOON).order_by("until", "pk")

    def add(self, utility: Utility, user: User, role: str, until: date | None = None) -> None:
        """Makes ``user`` a member. A member keeps the role; an advisor who has ended gets the new one."""
        fields = {"role": role, "until": until}
        if not self.ended().filter(utility=utility, user=user).update(since=timezone.now(), **fields):
            self.get_or_create(utility=utility, user=user, defaults=fields)


class LastingManager(models.Manager.from_queryset(MembershipQuerySet)):  # type: ignore[misc]
    """The memberships that give rights today."""

    def get_queryset(self) -> MembershipQuerySet:
        return super().get_queryset().filter(lasting())


class Membership(models.Model):
    """One person's role in one utility, of an advisor through the day ``until``, by the site's calendar.

    What has ended is kept until a manager extends or removes it, and gives no right; only ``with_ended`` finds it.
    """

    SOON: ClassVar[timedelta] = timedelta(days=14)

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now, editable=False)
    until = models.DateField("last day of an advisor", null=True, blank=True)

    objects = LastingManager()
    with_ended = MembershipQuerySet.as_manager()

    class Meta:
        ordering = ["user__name", "user__email"]
        constraints = [
            only_advisors_end("membership_of_advisors_ends"),
            models.UniqueConstraint(fields=["user", "utility"], name="membership_once_per_utility"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]
        triggers = [UTILITY_KEEPS_A_MANAGER, INVITATIONS_END_WITH_THE_ROLE]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} of {self.utility}"

    @property
    def can_edit(self) -> bool:
        return self.role in CAN_EDIT

    @property
    def can_manage(self) -> bool:
        return self.role == Role.MANAGER

    @property
    def has_ended(self) -> bool:
        return self.until is not None and self.until < site_today()

    @property
    def last_day(self) -> str:
        """Returns an advisor's last day, as June 30, 2027; empty for others."""
        return f"{self.until:%B %-d, %Y}" if self.until else ""

    @property
    def ends_soon(self) -> bool:
        return self.ends_within(self.SOON)

    @property
    def days_left(self) -> int | None:
        """Returns how many days follow until an advisor's last day, 0 on that day; None for others."""
        return (self.until - site_today()).days if self.until else None

    def ends_within(self, span: timedelta) -> bool:
        return self.until is not None and not self.has_ended and self.until <= site_today() + span

    @transaction.atomic
    def change_role(self, role: str, until: date | None = None, *, by: User | None = None) -> None:
        """Changes the role and an advisor's last day. Raises LastManager if the utility would have no manager left."""
        if role != Role.MANAGER:
            self._keep_a_manager()
        if role == Role.ADVISOR:
            self._represent_no_more(by)
        Membership.with_ended.filter(pk=self.pk).update(role=role, until=until)
        self.role, self.until = role, until

    @transaction.atomic
    def leave(self, *, by: User | None = None) -> None:
        """Removes the person from the utility. Raises LastManager if it would have no manager left."""
        self._keep_a_manager()
        self._represent_no_more(by)
        self.delete()

    def _represent_no_more(self, by: User | None) -> None:
        represented = Utility.objects.filter(pk=self.utility_id, management_representative=self.user_id)
        if represented.update(management_representative=None):
            RepresentativeChange.sign(self.utility_id, by)

    def _keep_a_manager(self) -> None:
        Utility.objects.select_for_update().get(pk=self.utility_id)
        managers = Membership.objects.filter(utility=self.utility_id, role=Role.MANAGER)
        if managers.deciding().filter(pk=self.pk).exists():
            managers = managers.deciding()
        if list(managers.values_list("pk", flat=True)) == [self.pk]:
            raise LastManager


class AlreadyMember(Exception):
    """The person belongs to the utility. Nothing was changed."""


class NotTheManager(Exception):
    """The person does not manage the utility, perhaps since a moment ago. Nothing was changed."""


class NotConfirmedYet(Exception):
    """The utility is new, nobody has vouched for it, and it invited as many people as it may. Nothing was changed."""


class InvitationQuerySet(ByEmailQuerySet):
    def open(self, since: datetime | None = None) -> Self:
        return super().open(since).filter(lasting())

    @transaction.atomic
    def invite(self, utility: Utility, email: str, role: str, by: User, until: date | None = None) -> "Invitation":
        """Creates an invitation; the link of an earlier one to the address stops working.

        Raises NotTheManager, AlreadyMember, TooManyInvitations or NotConfirmedYet. The locks keep two invitations at
        once from passing a limit together, and the manager from leaving at the same time.
        """
        utility = Utility.objects.select_for_update().get(pk=utility.pk)
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if not utility.memberships.filter(user=by, role=Role.MANAGER).exists():
            raise NotTheManager
        theirs = models.Q(user__email__iexact=email) | models.Q(
            user__emailaddress__email__iexact=email, user__emailaddress__verified=True
        )
        if utility.memberships.filter(theirs).exists():
            raise AlreadyMember
        self._within_limits(utility, email, by)
        self.filter(utility=utility, email__iexact=email).end(Invitation.Ended.REPLACED)
        return self.create(utility=utility, email=email.lower(), role=role, until=until, invited_by=by)

    def _within_limits(self, utility: Utility, email: str, by: User) -> None:
        today = self.since_yesterday()
        if any(
            rows.count() >= settings.INVITATIONS_PER_DAY
            for rows in (today.filter(utility=utility), today.filter(invited_by=by))
        ):
            raise TooManyInvitations
        if utility.confirmed_at is None and by.has_trusted_address:
            utility.confirm(by)
        if utility.confirmed_at is None and self.not_accepted(utility, email) >= settings.INVITATIONS_UNTIL_CONFIRMED:
            raise NotConfirmedYet

    def not_accepted(self, utility: Utility, besides: str = "") -> int:
        """Returns how many addresses have an invitation that nobody accepted, whatever became of it."""
        others = self.filter(utility=utility, accepted_at=None).exclude(email__iexact=besides)
        return others.order_by().values(address=Lower("email")).distinct().count()


class Invitation(ByEmail):
    """A manager's invitation by email to join a utility.

    It ends with the manager's role (``INVITATIONS_END_WITH_THE_ROLE``).
    """

    class Ended(models.TextChoices):
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Replaced by a newer one"
        ROLE = "role", "Its sender no longer manages the utility"

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=12, choices=Role.choices)
    until = models.DateField("last day of an advisor", null=True, blank=True)
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta(ByEmail.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "utility",
                condition=models.Q(accepted_at=None, ended_at=None),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None, ended="")
                | models.Q(ended_at__isnull=False, accepted_at=None, ended__in=["withdrawn", "replaced", "role"]),
                name="invitation_ended_or_accepted",
            ),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            only_advisors_end("invitation_of_advisors_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.utility}"

    @property
    def lost_its_sender(self) -> bool:
        return self.ended == self.Ended.ROLE or super().lost_its_sender

    @property
    def is_open(self) -> bool:
        return super().is_open and (self.until is None or self.until >= site_today())

    @transaction.atomic
    def accept(self, by: User) -> None:
        """Adds the person; members keep their role. Raises InvitationForSomeoneElse or InvitationClosed.

        The lock on the utility keeps the sender from leaving at the same time.
        """
        if not self.is_for(by):
            raise InvitationForSomeoneElse
        Utility.objects.select_for_update().get(pk=self.utility_id)
        now = Invitation.objects.select_for_update(of=("self",)).get(pk=self.pk)
        if not now.is_open:
            raise InvitationClosed
        Invitation.objects.filter(pk=self.pk).update(accepted_at=timezone.now())
        Membership.with_ended.add(self.utility, by, self.role, self.until)
        # This also answers an open claim of theirs.
        Claim.objects.open().filter(utility=self.utility, user=by).update(
            decided_at=timezone.now(), decided_by=self.invited_by, granted_role=self.role
        )


class AlreadyAsked(Exception):
    """The person already has an open claim. Nothing was changed."""


class AlreadyDecided(Exception):
    """Someone else decided first. Nothing was changed."""


class ClaimQuerySet(models.QuerySet["Claim"]):
    def open(self) -> "ClaimQuerySet":
        return self.filter(decided_at=None)

    def decidable_by(self, user: User) -> "ClaimQuerySet":
        """Returns claims to utilities that ``user`` manages and, for program staff, to those without a manager."""
        may = models.Q(utility__in=Utility.objects.managed_by(user))
        if user.is_program_staff:
            may |= models.Q(utility__in=Utility.objects.without_manager())
        return self.filter(may)

    def ask(self, utility: Utility, user: User, message: str) -> "Claim":
        """Creates a claim. Raises AlreadyMember or AlreadyAsked."""
        if utility.memberships.filter(user=user).exists():
            raise AlreadyMember
        try:
            with transaction.atomic():
                return self.create(utility=utility, user=user, message=message)
        except IntegrityError as error:
            raise AlreadyAsked from error


class Claim(models.Model):
    """A request to join an existing utility. Its managers decide, or program staff if it has none."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="claims")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="claims")
    message = models.TextField(blank=True, max_length=1000)
    asked_at = models.DateTimeField("requested at", default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted_role = models.CharField(max_length=12, choices=Role.choices, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = "request to join"
        verbose_name_plural = "requests to join"
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "user"], condition=models.Q(decided_at=None), name="claim_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(granted_role="") | models.Q(decided_at__isnull=False, granted_role__in=Role.values),
                name="claim_granted_when_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} wants to join {self.utility}"

    @transaction.atomic
    def decide(self, role: str, by: User, until: date | None = None) -> None:
        """Grants the claim with ``role``, or declines it if ``role`` is empty. Raises AlreadyDecided.

        ``until`` is the last day of an advisor.
        """
        self.decided_at, self.decided_by, self.granted_role = timezone.now(), by, role
        decision = {"decided_at": self.decided_at, "decided_by": by, "granted_role": role}
        if not Claim.objects.open().filter(pk=self.pk).update(**decision):
            raise AlreadyDecided
        if role:
            Membership.with_ended.add(self.utility, self.user, role, until)
