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
            f"{claim.user} asks to join {claim.utility}",
            "You decide as its manager.",
            "Decide",
            reverse("accounts:utility", args=[claim.utility_id]),
        )
        for claim in claims
    ]
