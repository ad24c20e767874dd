"""The request of a person who is signed in."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """What a view behind ``login_required`` gets."""

    user: User


def person(request: HttpRequest) -> User:
    """Who is signed in, where nobody else gets in: in the administration pages."""
    return cast(User, request.user)
