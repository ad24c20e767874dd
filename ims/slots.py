"""What the management system adds to pages of the apps below."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Max, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import User, Utility
from assessments.models import GapAnalysis
from assessments.results import AreaInScope
from ims.plan.actions import Action
from ims.plan.objectives import Objective
from ims.records import Record
from pdca.models import Element, Opportunity
from workflow.slots import fills


@fills("utility.work", order=20)
def plan_of(utility: Utility, user: User) -> SafeString:
    """Says how far the plan of a utility that the user belongs to is, and how much is open in its system."""
    late = Q(is_open=True, due__lt=timezone.localdate())
    rows = Record.objects.visible_to(user).filter(utility=utility).order_by().values("register", "status", "is_open")
    counts = list(rows.annotate(n=Count("pk"), n_late=Count("pk", filter=late)))
    context = {
        "utility": utility,
        "actions": _progress(counts, Action, Action.Status.CLOSED, Action.Status.CANCELED),
        "objectives": _progress(counts, Objective, Objective.Status.REACHED, Objective.Status.DROPPED),
        "n_open": sum(row["n"] for row in counts if row["is_open"]),
        "n_late": sum(row["n_late"] for row in counts),
    }
    return render_to_string("ims/_of_utility.html", context)


def _progress(counts: list[Any], model: type[Record], done: str, given_up: str) -> dict[str, int]:
    """Returns how many records of a register are ``open``, ``late`` and ``done``, of ``all`` that are not given up."""
    rows = [row for row in counts if row["register"] == model.REGISTER and row["status"] != given_up]
    return {
        "all": sum(row["n"] for row in rows),
        "open": sum(row["n"] for row in rows if row["is_open"]),
        "late": sum(row["n_late"] for row in rows),
        "done": sum(row["n"] for row in rows if row["status"] == done),
    }


@fills("home.year")
def calendar_of_person(user: User) -> SafeString:
    return format_html('<p><a href="{}">Calendar feed</a></p>', reverse("ims:preferences"))


@fills("account.panels")
def email_and_calendar() -> SafeString:
    return render_to_string("ims/_email_and_calendar.html")


@fills("opportunity.taken_up")
def of_opportunity(opportunity: Opportunity, utility_pk: int) -> SafeString:
    return _link(utility_pk, opportunity.title, opportunity=opportunity.slug)


@fills("gap.actions")
def of_gap(element: Element, areas: Iterable[AreaInScope], utility_pk: int) -> SafeString:
    return _link(utility_pk, element.name, element=element.slug, areas="".join(area.code for area in areas))


def _link(utility_pk: int, about: str, **asked: str) -> SafeString:
    new = reverse("ims:new", args=[utility_pk, "actions"])
    html = '<a href="{}?{}">Make it an action<span class="usa-sr-only">: {}</span></a>'
    return format_html(html, new, urlencode(asked), about)


@fills("analyses.compared")
def closed_between(utility: Utility, first: GapAnalysis, last: GapAnalysis) -> SafeString:
    """Lists the actions that were closed after the date of the first analysis and up to that of the last."""
    closed: Any = Action.objects.filter(utility=utility, status=Action.Status.CLOSED)
    rows = closed.annotate(closed_at=Max("events__at", filter=Q(events__to_status=Action.Status.CLOSED)))
    between = rows.filter(closed_at__date__gt=first.as_of, closed_at__date__lte=last.as_of)
    actions = between.select_related("element", "objective").order_by("closed_at", "number")
    return render_to_string("ims/_closed.html", {"actions": actions}) if actions else SafeString("")
