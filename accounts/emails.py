"""What people are told by e-mail. Sent when the transaction is committed: no message about what did not happen."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.models import Claim, Invitation, StaffGroup, User


def sender() -> dict[str, str]:
    """What every message says about who it is from."""
    return {"site_url": settings.SITE_URL.rstrip("/"), "contact_email": settings.CONTACT_EMAIL}


def send(template: str, to: Iterable[str], **context: Any) -> None:
    """One message to each address. The template's first line is the subject."""
    text = render_to_string(f"accounts/email/{template}.txt", context | sender())
    subject, _, body = text.partition("\n")
    for address in to:
        _queue(f"Headworks: {subject.strip()}", body.strip() + "\n", address)


def _queue(subject: str, body: str, address: str) -> None:
    def post() -> None:
        send_mail(subject, body, None, [address])

    # Robust: where the broker is away, the message is a row by then and the next sweep sends it.
    transaction.on_commit(post, robust=True)


def link(name: str, *args: Any) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)


def invite(invitation: Invitation) -> None:
    url = link("accounts:invitation", invitation.token)
    send("invitation", [invitation.email], invitation=invitation, url=url)


def ask_deciders(claim: Claim) -> None:
    """The utility's managers, or program staff where it has none."""
    managers = claim.utility.managers
    if managers:
        url = link("accounts:utility", claim.utility_id)
        send("claim_asked", [person.email for person in managers], claim=claim, url=url)
        return
    staff = User.objects.filter(Q(is_superuser=True) | Q(groups__name=StaffGroup.PROGRAM), is_active=True).distinct()
    send("claim_asked", [person.email for person in staff], claim=claim, url=link("accounts:claims"))


def answer(claim: Claim) -> None:
    """Granted or declined, to the person who asked."""
    url = link("accounts:utility", claim.utility_id) if claim.granted_role else link("accounts:search")
    send("claim_answered", [claim.user.email], claim=claim, url=url)
