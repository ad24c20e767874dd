"""What the staff pages of a cycle share: access and tabs. Also the list of cycles."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.models import Cycle
from recognition.rights import Act, offered

# URL name, tab label, and the act that a staff role must include.
PAGES = [
    ("decisions", "Decisions", Act.EDIT_LETTER),
    ("outbox", "Outbox", Act.EDIT_LETTER),
    ("documents", "Letters and certificates", Act.NOTIFY),
    ("notices", "Notices", Act.NOTIFY),
    ("statistics", "Statistics", Act.SEE_STATISTICS),
    ("screening", "Compliance data", Act.SCREEN),
]


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    url: str
    n: int | None  # the number of items, if the page gives it


def tabs(user: User, cycle: Cycle, counts: Mapping[str, int] | None = None) -> list[Tab]:
    """Returns the cycle's pages that the person's staff roles include."""
    counts = counts or {}
    return [
        Tab(name, label, reverse(f"recognition:{name}", args=[cycle.pk]), counts.get(name))
        for name, label, act in PAGES
        if offered(user, act)
    ]


def cycle_for(user: User, pk: int, act: Act) -> Cycle:
    """Returns the cycle. Raises Http404 if none of the person's staff roles includes ``act``."""
    if not offered(user, act):
        raise Http404
    return get_object_or_404(Cycle.objects.select_related("edition"), pk=pk)


def has_pages(user: User) -> bool:
    return any(offered(user, act) for _, _, act in PAGES)


@login_required
@require_safe
def cycle_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists every cycle with the pages that the person's staff roles include."""
    if not has_pages(request.user):
        raise Http404
    cycles = [(cycle, tabs(request.user, cycle)) for cycle in Cycle.objects.all()]
    return render(request, "recognition/cycles/cycle_list.html", {"cycles": cycles})
