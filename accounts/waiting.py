"""Home page items: invitations, the search for one's utility, what the user decides as a manager."""

from django.urls import reverse

from accounts.groups import GroupPerson, GroupUtility
from accounts.models import Claim, Invitation, Membership, User, Utility
from accounts.roles import Role, belongs
from accounts.zones import site_today
from workflow.waiting import Waiting, source


@source(order=5)
def invitations(user: User) -> list[Waiting]:
    open_ones = Invitation.objects.open().addressed_to(user).select_related("utility", "invited_by")
    return [
        Waiting(
            f"Invitation to {invitation.utility}",
            f"{invitation.invited_by or 'A manager'} invited you as {invitation.get_role_display().lower()}.",
            "View invitation",
            reverse("accounts:invitation", args=[invitation.token]),
        )
        for invitation in open_ones
    ]


@source(order=6)
def first_utility(user: User) -> list[Waiting]:
    """The first step of someone new: to join or register a utility."""
    if not user.needs_a_utility:
        return []
    if claim := Claim.objects.open().filter(user=user).select_related("utility").first():
        why = "We will email you when a manager has decided. Until then, you can read the guide."
        return [Waiting(f"You asked to join {claim.utility}", why, "View request", reverse("accounts:list"))]
    why = "Check whether your utility is already here. If so, ask to join it. If not, register it."
    return [Waiting("Find your utility", why, "Find or register your utility", reverse("accounts:search"))]


@source(order=10)
def claims(user: User) -> list[Waiting]:
    if not _manages(user):
        return []
    claims = Claim.objects.open().filter(belongs(user, "utility", [Role.MANAGER])).select_related("user", "utility")
    return [
        Waiting(
            f"{claim.user} wants to join {claim.utility}",
            "Approve or decline the request.",
            "Review",
            reverse("accounts:utility", args=[claim.utility_id]),
        )
        for claim in claims
    ]


@source(order=11)
def groups(user: User) -> list[Waiting]:
    """The groups that invited the user to look, and those that ask the utilities that the user manages."""
    mine = [
        Waiting(
            f"Invitation to {place.group}",
            f"{place.invited_by or 'Someone'} invited you to see the utilities of this group side by side.",
            "View invitation",
            f"{reverse('accounts:list')}#groups",
        )
        for place in GroupPerson.objects.open().addressed_to(user)
    ]
    if not _manages(user):
        return mine
    asked = GroupUtility.objects.lasting().filter(belongs(user, "utility", [Role.MANAGER]), status="asked")
    return mine + [
        Waiting(
            f"{place.group} asks {place.utility} to join",
            "Its people would see figures of your utility beside others. See which, then agree or decline.",
            "Review",
            reverse("accounts:groups_of_utility", args=[place.utility_id]),
        )
        for place in asked.select_related("group", "utility")
    ]


@source(order=12)
def advisors(user: User) -> list[Waiting]:
    """The advisors of utilities that the user manages who end within two weeks, or ended within the last two."""
    if not _manages(user):
        return []
    of_mine = Membership.with_ended.filter(utility__in=Utility.objects.managed_by(user)).ending()
    recent = of_mine.filter(until__gte=site_today() - Membership.SOON).select_related("user", "utility")
    return [
        Waiting(
            f"{advisor.user}, advisor of {advisor.utility}",
            f"{'The last day was' if advisor.has_ended else 'The last day is'} {advisor.last_day}."
            " Extend it, or remove the advisor.",
            "Review",
            f"{reverse('accounts:utility', args=[advisor.utility_id])}#members",
        )
        for advisor in recent
    ]


def _manages(user: User) -> bool:
    return any(membership.can_manage for membership in user.memberships.all())
