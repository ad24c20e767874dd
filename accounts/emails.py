"""Emails about joining a utility and about API tokens, written in the transaction that they report."""

from collections.abc import Iterable

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import ApiToken, Claim, Invitation, Membership, StaffGroup, User
from accounts.names import harmless
from accounts.requests import AuthenticatedRequest
from letters.models import Message
from letters.wordings import rendered

UNDELIVERED = "emails-undelivered"  # the wording that tells staff


def sender() -> dict[str, str]:
    """Returns the site's address and contact, for every email of the sign-in library."""
    return {"site_url": settings.SITE_URL.rstrip("/"), "contact_email": settings.CONTACT_EMAIL}


def link(name: str, *args: object) -> str:
    return settings.SITE_URL.rstrip("/") + reverse(name, args=args)


def invite(invitation: Invitation) -> None:
    subject, body = rendered(
        "invitation",
        utility=harmless(invitation.utility.name),
        inviter=harmless(invitation.invited_by.name if invitation.invited_by else "") or "A manager",
        role=invitation.get_role_display().lower(),
        address=invitation.email,
        until=date_format(timezone.localtime(invitation.expires_at, invitation.utility.zone), "F j, Y"),
        advisor_until=date_format(invitation.until, "F j, Y") if invitation.until else "",
        link=link("accounts:invitation", invitation.token),
    )
    Message.write(invitation, f"invitation:{invitation.pk}", invitation.email, subject, body)


def ask_deciders(claim: Claim) -> None:
    """Emails the utility's managers, or program staff if it has none."""
    if managers := claim.utility.managers:
        _ask(claim, managers, link("accounts:utility", claim.utility_id))
        return
    staff = User.objects.filter(Q(is_superuser=True) | Q(groups__name=StaffGroup.PROGRAM), is_active=True).distinct()
    _ask(claim, staff, link("accounts:claims"))


def _ask(claim: Claim, deciders: Iterable[User], url: str) -> None:
    utility = claim.utility
    subject, body = rendered(
        "join-request",
        utility=utility,
        person=claim.user,
        address=claim.user.email,
        city=utility.city,
        state=utility.state,
        message=claim.message,
        link=url,
    )
    for person in deciders:
        Message.write(claim, f"join-request:{claim.pk}", person.email, subject, body)


def answer(claim: Claim) -> None:
    """Emails the person who asked that the claim was granted or declined."""
    url = link("accounts:utility", claim.utility_id) if claim.granted_role else link("accounts:search")
    role = claim.get_granted_role_display().lower() if claim.granted_role else ""
    subject, body = rendered("join-answer", utility=claim.utility, person=claim.user, role=role, link=url)
    Message.write(claim, f"join-answer:{claim.pk}", claim.user.email, subject, body)


def remind_of_end(advisor: Membership, occasion: str) -> None:
    """Emails the advisor, and the managers, who can extend the advisor's last day."""
    words = {
        "utility": advisor.utility,
        "person": advisor.user,
        "until": advisor.last_day,
        "link": link("accounts:utility", advisor.utility_id),
    }
    subject, body = rendered("advisor-ends", **words)
    Message.write(advisor, f"advisor-ends:{advisor.pk}:{occasion}", advisor.user.email, subject, body)
    subject, body = rendered("advisor-ends-managers", address=advisor.user.email, **words)
    for manager in advisor.utility.managers:
        Message.write(advisor, f"advisor-ends-managers:{advisor.pk}:{occasion}", manager.email, subject, body)


def tell_of_undelivered(person: User, n: int) -> None:
    """Emails a person who watches over email that ``n`` more did not arrive, once a day."""
    count = "1 email" if n == 1 else f"{n} emails"
    subject, body = rendered(UNDELIVERED, person=person, count=count, link=link("accounts:emails"))
    Message.write(person, f"{UNDELIVERED}:{person.pk}:{timezone.localdate()}", person.email, subject, body)


def tell_of_token(request: AuthenticatedRequest, token: ApiToken) -> None:
    """Emails the person that an API token was created for them, as of every change of how one signs in."""
    get_adapter(request).send_notification_mail(
        "accounts/email/apitoken_created", request.user, {"token": token}, email=request.user.email
    )
