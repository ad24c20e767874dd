"""The request of a signed-in user."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """The request that a ``login_required`` view gets."""

    user: User


def person(request: HttpRequest) -> User:
    """Returns the signed-in user of an admin page, which nobody else can open."""
    return cast(User, request.user)
