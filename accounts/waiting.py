"""Home page items: invitations, the search for one's utility, what the user decides as a manager."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db.models import BigIntegerField, CharField, Count, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils import timezone

from accounts.groups import GroupPerson, GroupUtility
from accounts.models import Claim, Invitation, Membership, User, Utility
from accounts.roles import Role, belongs
from accounts.zones import site_today
from letters.models import Delivery
from workflow import composed
from workflow.counting import counted
from workflow.waiting import Waiting, source


@source(order=5)
def invitations(user: User) -> list[Waiting]:
    since = timezone.now() - Invitation.LIFETIME
    return [
        Waiting(
            f"Invitation to {invitation.utility}",
            f"{invitation.invited_by or 'A manager'} invited you as {invitation.get_role_display().lower()}.",
            "View invitation",
            reverse("accounts:invitation", args=[invitation.token]),
        )
        for invitation in composed.rows(_invited, user, since)
    ]


def _invited(user: User, since: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.open(since).addressed_to(user).select_related("utility", "invited_by")


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
def asked(user: User) -> list[Waiting]:
    """Groups that invited the user; to managers also who wants to join, and which groups ask. One query for all."""
    rows = composed.rows(_asked_of_manager if _manages(user) else _asked, user)
    worded: dict[int, Callable[[str, str, Any], Waiting]] = {1: _claim, 2: _group, 3: _invitation}
    return [worded[kind](one, other, pk) for kind, _, one, other, pk in sorted(rows)]


def _asked(user: User) -> QuerySet[Any]:
    nothing = Value(None, output_field=BigIntegerField())
    invitations = GroupPerson.objects.open().addressed_to(user).order_by()
    return invitations.values_list(Value(3), "pk", "group__name", _name_of("invited_by"), nothing)


def _asked_of_manager(user: User) -> QuerySet[Any]:
    managed = belongs(user, "utility", [Role.MANAGER])
    claims = Claim.objects.open().filter(managed).order_by()
    groups = GroupUtility.objects.lasting().filter(managed, status=GroupUtility.Status.ASKED).order_by()
    return _asked(user).union(
        claims.values_list(Value(1), "pk", _name_of("user"), "utility__name", "utility"),
        groups.values_list(Value(2), "pk", "group__name", "utility__name", "utility"),
    )


def _name_of(path: str) -> Coalesce:
    known = (NullIf(f"{path}__name", Value("")), f"{path}__email", Value("Someone"))
    return Coalesce(*known, output_field=CharField())


def _claim(person: str, utility: str, pk: int) -> Waiting:
    address = reverse("accounts:utility", args=[pk])
    return Waiting(f"{person} wants to join {utility}", "Approve or decline the request.", "Review", address)


def _group(group: str, utility: str, pk: int) -> Waiting:
    why = "Its people would see figures of your utility beside others. See which, then agree or decline."
    address = reverse("accounts:groups_of_utility", args=[pk])
    return Waiting(f"{group} asks {utility} to join", why, "Review", address)


def _invitation(group: str, by: str, _: None) -> Waiting:
    why = f"{by} invited you to see the utilities of this group side by side."
    return Waiting(f"Invitation to {group}", why, "View invitation", f"{reverse('accounts:list')}#groups")


@source(order=12)
def advisors(user: User) -> list[Waiting]:
    """The advisors of utilities that the user manages who end within two weeks, or ended within the last two."""
    if not _manages(user):
        return []
    return [
        Waiting(
            f"{advisor.user}, advisor of {advisor.utility}",
            f"{'The last day was' if advisor.has_ended else 'The last day is'} {advisor.last_day}."
            " Extend it, or remove the advisor.",
            "Review",
            f"{reverse('accounts:utility', args=[advisor.utility_id])}#members",
        )
        for advisor in composed.rows(_ending, user)
    ]


def _ending(user: User) -> QuerySet[Membership]:
    of_mine = Membership.with_ended.filter(utility__in=Utility.objects.managed_by(user)).ending()
    return of_mine.filter(until__gte=site_today() - Membership.SOON).select_related("user", "utility")


@source(order=30)
def new_utilities(user: User) -> list[Waiting]:
    if not user.is_program_staff or not (n := composed.figures(_to_confirm, None)["n"]):
        return []
    what = "A new utility waits to be confirmed" if n == 1 else f"{n} new utilities wait to be confirmed"
    why = "Until then, it can invite only a few people." if n == 1 else "Until then, they can invite only a few people."
    return [Waiting(what, why, "Review", reverse("accounts:new_utilities"), n=n)]


def _to_confirm() -> composed.Summed:
    return Utility.objects.to_confirm(), {"n": Count("pk")}


@source(order=32)
def emails(user: User) -> list[Waiting]:
    """Emails that failed or may have arrived, and, while the mail server is away, that others are late."""
    if not user.watches_email:
        return []
    counts = composed.figures(Delivery.objects.counts, None, timezone.now() - timedelta(hours=1))
    return [
        Waiting(counted(n, *words), why, "Review", f"{reverse('accounts:emails')}?status={status}", n=n)
        for status, words, why in UNDELIVERED
        if (n := counts[status])
    ]


UNDELIVERED = [
    (
        Delivery.Status.FAILED,
        ("email was not sent", "emails were not sent"),
        "The mail server refused it, or could not be reached for three days. Send it again, or dismiss it.",
    ),
    (
        Delivery.Status.BOUNCED,
        ("email was returned", "emails were returned"),
        "Nobody reads that address. Ask for another one, then dismiss it.",
    ),
    (
        Delivery.Status.DOUBTFUL,
        ("email may have arrived", "emails may have arrived"),
        "Sending it was interrupted. Ask whether it arrived; send it again, or dismiss it.",
    ),
    (
        Delivery.Status.WAITING,
        ("email has been waiting for more than an hour", "emails have been waiting for more than an hour"),
        "They are tried again automatically, for three days. The list says why they wait.",
    ),
]


def _manages(user: User) -> bool:
    return any(membership.can_manage for membership in user.memberships.all())
