"""Claims that the user decides as a manager."""

from django.urls import reverse

from accounts.models import Claim, Role, User
from workflow.waiting import Waiting, source


@source(order=10)
def claims(user: User) -> list[Waiting]:
    claims = Claim.objects.filter(
        decided_at=None, utility__memberships__user=user, utility__memberships__role=Role.MANAGER
    ).select_related("user", "utility")
    return [
        Waiting(
            f"{claim.user} wants to join {claim.utility}",
            "Approve or decline the request.",
            "Review",
            reverse("accounts:utility", args=[claim.utility_id]),
        )
        for claim in claims
    ]
