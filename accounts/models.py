"""People, the utilities they belong to, and the role each person holds in each utility."""

import secrets
from typing import Any

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from localflavor.us.us_states import USPS_CHOICES

from accounts.regions import region_of


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by e-mail address (kept in lower case)."""

    email = models.EmailField(unique=True)
    name = models.CharField("full name", max_length=150, blank=True)
    is_staff = models.BooleanField("may enter the administration pages", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: list[str] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_program_staff(self) -> bool:
        return self.is_superuser or self.groups.filter(name=StaffGroup.PROGRAM).exists()


class StaffGroup(models.TextChoices):
    """The Django groups that stand for staff roles; made by ``load_catalog``."""

    PROGRAM = "Program staff"
    COMPLIANCE = "Compliance staff"
    PANEL = "Panel member"
    OFFICIAL = "Deciding official"
    ADMINISTRATOR = "Administrator"


class Role(models.TextChoices):
    """What a person may do in a utility; each includes what the one below may."""

    MANAGER = "manager", "Manager"
    CONTRIBUTOR = "contributor", "Contributor"
    VIEWER = "viewer", "Viewer"


CAN_EDIT = (Role.MANAGER, Role.CONTRIBUTOR)


class System(models.TextChoices):
    DRINKING_WATER = "drinking_water", "Drinking water"
    WASTEWATER = "wastewater", "Wastewater"
    STORMWATER = "stormwater", "Stormwater"
    DECENTRALIZED = "decentralized", "Decentralized wastewater"


class UtilityQuerySet(models.QuerySet["Utility"]):
    def visible_to(self, user: Any) -> "UtilityQuerySet":
        """The utilities that ``user`` belongs to."""
        return self.filter(memberships__user=user)

    def matching(self, words: str) -> "UtilityQuerySet":
        """By name, city or identifier, for the search that comes before creating one."""
        return self.filter(
            models.Q(name__icontains=words)
            | models.Q(city__icontains=words)
            | models.Q(identifiers__value__iexact=words.strip())
        ).distinct()


class Utility(models.Model):
    name = models.CharField(max_length=200)
    city = models.CharField(max_length=100)
    state = models.CharField("state or territory", max_length=2, choices=USPS_CHOICES)
    systems = ArrayField(models.CharField(max_length=20, choices=System.choices), verbose_name="systems it runs")
    management_representative = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = UtilityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "utilities"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(systems=[]), name="utility_runs_a_system"),
            models.CheckConstraint(
                condition=models.Q(systems__contained_by=System.values), name="utility_systems_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def epa_region(self) -> int | None:
        """1 to 10: from a tribal system's identifier where there is one, else from the state."""
        return region_of(self.state, [identifier.value for identifier in self.identifiers.all()])

    def get_systems_display(self) -> str:
        return ", ".join(System(system).label.lower() for system in self.systems).capitalize()


class Identifier(models.Model):
    """A permit or system number; each belongs to one utility only."""

    class Kind(models.TextChoices):
        NPDES = "NPDES", "NPDES permit number"
        PWSID = "PWSID", "Public water system identifier"

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="identifiers")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    value = models.CharField("number", max_length=9, unique=True, validators=[RegexValidator(r"^[A-Z0-9]{9}$")])

    class Meta:
        ordering = ["kind", "value"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind="NPDES", value__regex=r"^[A-Z0-9]{9}$")
                | models.Q(kind="PWSID", value__regex=r"^([A-Z]{2}|0[1-9]|10)[0-9]{7}$"),
                name="identifier_well_formed",
            )
        ]

    def __str__(self) -> str:
        return self.value


class LastManager(Exception):
    """A utility keeps at least one manager. Nothing was changed."""


class Membership(models.Model):
    """One person's role in one utility."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role.choices)
    since = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["user__name", "user__email"]
        constraints = [
            models.UniqueConstraint(fields=["user", "utility"], name="membership_once_per_utility"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]
        triggers = [
            # Held at the end of the transaction, so that two managers who leave at once can't both succeed
            # unseen: `change_role` and `leave` also lock the utility's row.
            pgtrigger.Trigger(
                name="utility_keeps_a_manager",
                when=pgtrigger.After,
                operation=pgtrigger.Update | pgtrigger.Delete,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (SELECT 1 FROM accounts_membership m WHERE m.utility_id = OLD.utility_id)
                       AND NOT EXISTS (SELECT 1 FROM accounts_membership m
                                       WHERE m.utility_id = OLD.utility_id AND m.role = 'manager')
                    THEN RAISE EXCEPTION 'a utility keeps at least one manager'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'utility_keeps_a_manager';
                    END IF;
                    RETURN NULL;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} of {self.utility}"

    @property
    def can_edit(self) -> bool:
        return self.role in CAN_EDIT

    @property
    def can_manage(self) -> bool:
        return self.role == Role.MANAGER

    @transaction.atomic
    def change_role(self, role: str) -> None:
        """Raises LastManager where it would leave the utility without one."""
        if role != Role.MANAGER:
            self._keep_a_manager()
        Membership.objects.filter(pk=self.pk).update(role=role)
        self.role = role

    @transaction.atomic
    def leave(self) -> None:
        """Take the person out of the utility. Raises LastManager where it would leave none."""
        self._keep_a_manager()
        Utility.objects.filter(pk=self.utility_id, management_representative=self.user_id).update(
            management_representative=None
        )
        self.delete()

    def _keep_a_manager(self) -> None:
        Utility.objects.select_for_update().get(pk=self.utility_id)
        managers = Membership.objects.filter(utility=self.utility_id, role=Role.MANAGER)
        if not managers.exclude(pk=self.pk).exists():
            raise LastManager


def new_token() -> str:
    return secrets.token_urlsafe(32)


class Invitation(models.Model):
    """A manager asks a person by e-mail to join; the link works for that address, once, for 14 days."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=12, choices=Role.choices)
    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(default=timezone.now, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-invited_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"), "utility", condition=models.Q(accepted_at=None), name="invitation_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} to {self.utility}"


class Claim(models.Model):
    """Someone asks to join a utility that exists: its managers decide, or staff where it has none."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="claims")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="claims")
    message = models.TextField(blank=True, max_length=1000)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    granted_role = models.CharField(max_length=12, choices=Role.choices, blank=True)

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["utility", "user"], condition=models.Q(decided_at=None), name="claim_open_once"
            ),
            models.CheckConstraint(
                condition=models.Q(granted_role="") | models.Q(decided_at__isnull=False), name="claim_granted_when_decided"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} asks to join {self.utility}"
