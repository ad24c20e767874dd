"""The home page: what needs a person's attention, what others changed, the year, and how the coverage moves."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.current import know
from accounts.models import Membership, User
from accounts.requests import AuthenticatedRequest
from config.models import Visit
from initiatives.models import Initiative
from pdca.models import Element
from reports import ring
from workflow import composed
from workflow.recent import MAX_AGE, recent_for
from workflow.waiting import waiting_for
from workflow.year import year_for


def home(request: HttpRequest) -> HttpResponse:
    """Describes the site to visitors. To a person, what needs attention and, to members, what goes on."""
    if request.user.is_authenticated:
        return _of_person(request)  # type: ignore[arg-type]
    context = {"n_initiatives": Initiative.objects.readable().count(), "n_elements": Element.objects.count()}
    return render(request, "config/visitor.html", context)


def _of_person(request: AuthenticatedRequest) -> HttpResponse:
    user = request.user
    last = _standing(user)
    know(request, [membership.utility for membership in user.memberships.all()])
    waiting = waiting_for(user)
    context: dict[str, Any] = {
        "waiting": waiting,
        "n": sum(item.n for item in waiting),
        "n_late": sum(item.n for item in waiting if item.is_late),
        "memberships": user.memberships.all(),
        "greeting": _greeting(user),
    }
    if context["memberships"]:
        context |= _recent(request, user, last) | _year(user)
    return render(request, "config/home.html", context)


def _standing(user: User) -> Visit | None:
    """Reads the person's memberships and, of a member, the last visit: one query for both."""
    found: Any = composed.rows(_memberships, user)
    mine: Any = user.memberships.all()
    mine._result_cache = found  # as prefetch_related leaves it
    user._prefetched_objects_cache = {"memberships": mine}  # type: ignore[attr-defined]
    return getattr(found[0].user, "visit", None) if found else None


def _memberships(user: User) -> QuerySet[Membership]:
    rows = Membership.objects.filter(user=user).select_related("utility", "user__visit")
    return rows.order_by("utility__name", "pk")


def _greeting(user: User) -> str:
    hour = timezone.localtime().hour
    words = "Good morning" if hour < 12 else "Good afternoon" if hour < 18 else "Good evening"
    first_name = user.name.partition(" ")[0]
    return f"{words}, {first_name}." if first_name else f"{words}."


def _recent(request: HttpRequest, user: User, last: Visit | None) -> dict[str, Any]:
    """What changed since the last visit, or in the last days where the person asks for these or was never here."""
    longest = timezone.now() - MAX_AGE
    before = Visit.begin(user, last)
    since = longest if before is None or "days" in request.GET else max(before, longest)
    return {"recent": recent_for(user, since), "since": since, "is_longest": since == longest, "n_days": MAX_AGE.days}


def _year(user: User) -> dict[str, Any]:
    groups = year_for(user)
    marks = [ring.Mark(group.component, group.letter, group.first, group.n) for group in groups]
    return {"groups": groups, "ring": ring.drawn_year(marks, timezone.localdate())}
