"""How the sign-in library sends its e-mail."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction

from accounts.emails import sender


class Adapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Like all our e-mail: on commit, and a broker that is away does not break the page. The message is a
        row by then, and the next sweep sends it."""
        about = {"request": current.request, "email": email, "current_site": get_current_site(current.request)}
        about |= sender()
        message = self.render_mail(template_prefix, email, about | context)

        def send() -> None:
            message.send()

        transaction.on_commit(send, robust=True)
