"""Staff invite reviewers by email: account, role and profile in one step."""

from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from accounts.inviting import (
    ByEmail,
    ByEmailQuerySet,
    InvitationClosed,
    InvitationForSomeoneElse,
    TooManyInvitations,
)
from accounts.models import StaffGroup, User
from accounts.names import check_name
from recognition.models.reviewer import PROFILE, PanelMember, ReviewerProfile
from workflow.models import WrongState

LIMIT = 200  # invitations in 24 hours by one person; a cycle of 1,500 applications has 40 reviewers


class AlreadyReviewer(WrongState):
    """The person is a reviewer. Nothing was changed."""


class TooMany(TooManyInvitations, WrongState):
    """The person sent as many invitations within a day as one may. Nothing was changed."""

    def __init__(self) -> None:
        super().__init__(f"You can send at most {LIMIT} invitations in 24 hours. Send the next ones tomorrow.")


class ReviewerInvitationQuerySet(ByEmailQuerySet):
    @transaction.atomic
    def invite(self, email: str, by: User, *, interests: Any = (), **profile: Any) -> "ReviewerInvitation":
        """Creates an invitation; the link of an earlier one to the address stops working.

        Raises AlreadyReviewer or TooMany. The lock keeps two at once from passing the limit together.
        """
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        if reviewer_at(email):
            raise AlreadyReviewer(f"{email} is a reviewer already.")
        if self.since_yesterday().filter(invited_by=by).count() >= LIMIT:
            raise TooMany
        self.filter(email__iexact=email).end(ReviewerInvitation.Ended.REPLACED)
        invitation: ReviewerInvitation = self.create(email=email.lower(), invited_by=by, **profile)
        invitation.interests.set(interests)
        return invitation


def accounts_at(email: str) -> models.QuerySet[User]:
    """Returns the account with this address, or with it among its verified ones."""
    others = Q(emailaddress__email__iexact=email, emailaddress__verified=True)
    return User.objects.filter(Q(email__iexact=email) | others).distinct()


def reviewer_at(email: str) -> User | None:
    """Returns the reviewer with this address: someone with the role and a profile."""
    people = accounts_at(email).filter(groups__name=StaffGroup.PANEL, panel_member__isnull=False)
    return people.first()


class ReviewerInvitation(ReviewerProfile, ByEmail):
    """An invitation to review. Whoever accepts gets the role, and this profile if they have none."""

    class Ended(models.TextChoices):
        WITHDRAWN = "withdrawn", "Withdrawn"
        REPLACED = "replaced", "Replaced by a newer one"

    name = models.CharField("full name", max_length=150, validators=[check_name])
    ended = models.CharField(max_length=10, choices=Ended.choices, blank=True)

    objects = ReviewerInvitationQuerySet.as_manager()

    class Meta(ByEmail.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"), condition=Q(accepted_at=None, ended_at=None), name="reviewer_invitation_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended="")
                | Q(ended_at__isnull=False, accepted_at=None, ended__in=["withdrawn", "replaced"]),
                name="reviewer_invitation_ended_or_accepted",
            ),
            models.CheckConstraint(
                condition=Q(affiliation__in=["hq", "region", "expert"]), name="reviewer_invitation_affiliation_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.email})"

    def get_absolute_url(self) -> str:
        return f"{reverse('recognition:reviewer_list')}#invitations"

    @property
    def lost_its_sender(self) -> bool:
        """Whether the person who sent it may no longer appoint reviewers."""
        sender = self.invited_by
        groups = {group.name for group in sender.groups.all()} if sender else set()  # lists prefetch them
        return sender is None or not sender.is_active or StaffGroup.PROGRAM not in groups

    @property
    def profile(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in PROFILE}

    def again(self, by: User) -> "ReviewerInvitation":
        """Sends it again with a new link and for another 14 days. Raises as ``invite``, or InvitationClosed."""
        if self.accepted_at or self.ended_at:
            raise InvitationClosed
        interests = list(self.interests.all())
        return ReviewerInvitation.objects.invite(self.email, by, name=self.name, interests=interests, **self.profile)

    @transaction.atomic
    def accept(self, by: User) -> PanelMember:
        """Gives the role; who has a profile keeps it. Raises InvitationForSomeoneElse or InvitationClosed."""
        if not self.is_for(by):
            raise InvitationForSomeoneElse
        now = ReviewerInvitation.objects.select_for_update(of=("self",)).select_related("invited_by").get(pk=self.pk)
        if not now.is_open:
            raise InvitationClosed
        ReviewerInvitation.objects.filter(pk=self.pk).update(accepted_at=timezone.now())
        by.groups.add(Group.objects.get(name=StaffGroup.PANEL))
        member, is_new = PanelMember.objects.get_or_create(user=by, defaults=self.profile)
        if is_new:
            member.interests.set(self.interests.all())
        elif not member.available:
            PanelMember.objects.filter(pk=member.pk).update(available=True)
        return member
