"""How allauth, the sign-in library, sends its email."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.sites.shortcuts import get_current_site

from accounts.emails import sender
from letters.models import post


class Adapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends the email through the same outbox as all others."""
        about = {"request": current.request, "email": email, "current_site": get_current_site(current.request)}
        about |= sender()
        message = self.render_mail(template_prefix, email, about | context)
        post(email, message.subject, message.body)
