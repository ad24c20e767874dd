"""The request of a person who is signed in."""

from django.http import HttpRequest

from accounts.models import User


class AuthenticatedRequest(HttpRequest):
    """What a view behind ``login_required`` gets."""

    user: User
