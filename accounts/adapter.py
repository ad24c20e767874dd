"""How allauth, the sign-in library, sends its email and sets passwords, and which addresses need no confirmation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest

from accounts.emails import link, sender
from accounts.models import User
from letters.models import post

PROVEN = "proven_address"  # in the session: the address to which the invitation that was opened here was sent


class Adapter(DefaultAccountAdapter):
    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        return bool(request.session.get(PROVEN) == email.lower())

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Also revokes the API tokens: whoever changes a password wants nobody else to have access any longer."""
        super().set_password(user, password)
        user.api_tokens.revoke()

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Returns the link by SITE_URL, and not by the host that a stranger's request named. So does the next one."""
        return link("account_reset_password_from_key", *key.split("-", 1))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return link("account_confirm_email", emailconfirmation.key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends the email through the same outbox as all others."""
        about = {"request": current.request, "email": email, "current_site": get_current_site(current.request)}
        about |= sender()
        message = self.render_mail(template_prefix, email, about | context)
        post(email, message.subject, message.body)
