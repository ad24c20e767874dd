"""The email that reminds a reviewer of all reviews to submit in a cycle."""

from datetime import date

from django.conf import settings
from django.urls import reverse

from accounts.models import User
from letters import wordings
from letters.models import Message
from recognition.models import Cycle


def remind_of_reviews(cycle: Cycle, person: User, occasion: str, *, n_open: int, n_late: int, due: date) -> bool:
    """Returns False if the person was told on this occasion before. ``due``: the first date."""
    words = {
        "program": cycle.program,
        "cycle": cycle,
        "person": person,
        "link": settings.SITE_URL.rstrip("/") + reverse("recognition:queue", args=["my-reviews"]),
        "panels": _counted(n_open),
        "late": _counted(n_late) if n_late else "",
        "due": f"{due:%B %-d, %Y}",
    }
    key = f"reviews-reminder:{cycle.pk}:{occasion}"
    return Message.write(cycle, key, person.email, *wordings.rendered("reviews-reminder", **words))


def _counted(n: int) -> str:
    return "1 application" if n == 1 else f"{n} applications"
