"""The request of a signed-in user."""

from typing import cast

from django.http import HttpRequest

from accounts.models import ApiToken, User


class AuthenticatedRequest(HttpRequest):
    """The request that a ``login_required`` view gets."""

    user: User


class TokenRequest(HttpRequest):
    """The request of a program that sent an API token (``accounts.bearer``)."""

    auth: ApiToken


def person(request: HttpRequest) -> User:
    """Returns the signed-in user of an admin page, which nobody else can open."""
    return cast(User, request.user)
