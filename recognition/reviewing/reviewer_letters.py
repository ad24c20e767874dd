"""Emails to reviewers: the invitation, and the reminder of all reviews to submit in a cycle."""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.emails import link
from accounts.models import User
from accounts.names import harmless
from letters import wordings
from letters.models import Message
from recognition.models import Cycle, ReviewerInvitation
from workflow.counting import counted


def invite_reviewer(invitation: ReviewerInvitation) -> None:
    edition = Cycle.current_edition()
    words = {
        "program": edition.program if edition else "",
        "person": harmless(invitation.name),
        "inviter": harmless(invitation.invited_by.name if invitation.invited_by else ""),
        "address": invitation.email,
        "closes": f"{timezone.localtime(invitation.expires_at):%B %-d, %Y}",
        "link": link("recognition:reviewer_invitation", invitation.token),
    }
    key = f"reviewer-invitation:{invitation.pk}"
    Message.write(invitation, key, invitation.email, *wordings.rendered("reviewer-invitation", **words))


def remind_of_reviews(cycle: Cycle, person: User, occasion: str, *, n_open: int, n_late: int, due: date) -> bool:
    """Returns False if the person was told on this occasion before. ``due``: the first date."""
    words = {
        "program": cycle.program,
        "cycle": cycle,
        "person": person,
        "link": settings.SITE_URL.rstrip("/") + reverse("recognition:queue", args=["my-reviews"]),
        "panels": counted(n_open, "application", "applications"),
        "late": counted(n_late, "application", "applications") if n_late else "",
        "due": f"{due:%B %-d, %Y}",
    }
    key = f"reviews-reminder:{cycle.pk}:{occasion}"
    return Message.write(cycle, key, person.email, *wordings.rendered("reviews-reminder", **words))


def tell_of_late(wording: str, cycle: Cycle, person: User, occasion: str, *, n: int, lines: Iterable[str]) -> bool:
    """Sends a lead (``panel-late``) or staff (``reviews-late``) one list of what is late. False if told before."""
    pages = {"panel-late": ("queue", "my-reviews"), "reviews-late": ("reviewers", cycle.pk)}
    name, of = pages[wording]
    words = {
        "program": cycle.program,
        "cycle": cycle,
        "person": person,
        "link": link(f"recognition:{name}", of),
        "late": counted(n, "review", "reviews"),
        "list": "\n".join(f"- {line}" for line in lines),
    }
    return Message.write(cycle, f"{wording}:{cycle.pk}:{occasion}", person.email, *wordings.rendered(wording, **words))
