"""People, and the staff roles. ``accounts/models.py`` imports this."""

from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.names import check_name
from accounts.roles import CAN_EDIT


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Creates an administrator who can sign in at once: nobody needs to be able to receive email yet."""
        from allauth.account.models import EmailAddress  # imports this module

        user = self.create_user(email, password, is_staff=True, is_superuser=True, **fields)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person, identified by email address (stored in lower case)."""

    email = models.EmailField(unique=True)
    name = models.CharField("full name", max_length=150, blank=True, validators=[check_name])
    is_staff = models.BooleanField("can sign in to the administration pages", default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")]

    def __str__(self) -> str:
        return self.name or self.email

    @cached_property
    def staff_groups(self) -> frozenset[str]:
        """The person's staff roles, as in StaffGroup."""
        return frozenset(self.groups.values_list("name", flat=True))

    def stand_in(self, pk: int, utility: int) -> Any:
        """Returns someone with the same staff roles who belongs to ``utility`` and of whom nothing else is known.

        For workflow.composed: to ask for another field raises ValueError there.
        """
        anyone: Any = type(self).from_db(None, ["id"], [pk])
        anyone.staff_groups = self.staff_groups
        belongs = self.memberships.model.from_db(None, ["id", "utility_id"], [pk, utility])
        anyone._prefetched_objects_cache = {"memberships": [belongs]}
        return anyone

    @cached_property
    def needs_a_utility(self) -> bool:
        """Whether joining a utility is the first step: of someone who belongs to none and is no staff."""
        return not (self.is_staff or self.staff_groups or self.memberships.exists())

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the person's utility; without one, of the site."""
        first = self.memberships.select_related("utility").order_by("utility__name").first()
        return first.utility.zone if first else ZoneInfo(settings.TIME_ZONE)

    @property
    def edits(self) -> bool:
        """Whether the person may change what some utility keeps."""
        return any(membership.role in CAN_EDIT for membership in self.memberships.all())

    @property
    def is_program_staff(self) -> bool:
        return self.is_superuser or StaffGroup.PROGRAM in self.staff_groups

    @property
    def watches_email(self) -> bool:
        """Whether the person reads which emails failed and sends them again."""
        return self.is_superuser or bool(self.staff_groups & {StaffGroup.PROGRAM, StaffGroup.ADMINISTRATOR})

    @property
    def has_trusted_address(self) -> bool:
        """Whether a verified address of the person is of a domain that only a public body or a known utility has."""
        verified = self.emailaddress_set.filter(verified=True)  # type: ignore[attr-defined]  # allauth's model
        domains = [f".{address.lower().partition('@')[2]}" for address in verified.values_list("email", flat=True)]
        trusted = tuple(f".{each.lower().lstrip('.')}" for each in settings.TRUSTED_EMAIL_DOMAINS if each)
        return any(domain.endswith(trusted) for domain in domains)


class StaffGroup(models.TextChoices):
    """The Django groups for staff roles, which ``load_catalog`` creates."""

    PROGRAM = "Program staff"
    COMPLIANCE = "Compliance staff"
    PANEL = "Panel member"
    OFFICIAL = "Deciding official"
    ADMINISTRATOR = "Administrator"
