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

from accounts.models import CAN_EDIT, User, Utility
from assessments.models import GapAnalysis
from assessments.results import AreaInScope
from ims.act.changes import PlannedChange, answers_of
from ims.check.charts import line
from ims.check.measures import Measure
from ims.check.readings import Standing, latest
from ims.check.trends import RULE
from ims.plan.actions import Action
from ims.plan.assessing import Assessment
from ims.plan.objectives import Objective
from ims.plan.programs.glance import flags_of
from ims.plan.requirements import Requirement
from ims.plan.statements import Statement
from ims.records import Record
from pdca.models import Area, Element, Opportunity
from workflow.slots import fills

CHARTED = 36  # readings


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


@fills("record.measures")
def readings_of(record: Measure, user: User) -> SafeString:
    """Shows the readings of a measure: where it stands, the chart and its numbers."""
    rows = list(record.readings.filter(value__isnull=False).order_by("-period")[:CHARTED])
    for row in rows:
        row.measure = record
    standing = Standing(record, rows[::-1])
    context = {"measure": record, "standing": standing, "chart": line(standing) if rows else "", "rule": RULE}
    return render_to_string("ims/check/_of_measure.html", context)


@fills("record.objectives")
def measures_of(record: Objective, user: User) -> SafeString:
    """Shows the measures that serve an objective, each with its chart."""
    measures = Measure.objects.filter(objective=record, is_open=True).prefetch_related(latest()).order_by("number")
    measured = [(standing, line(standing) if standing.readings else "") for standing in map(Standing.of, measures)]
    return render_to_string("ims/check/_of_objective.html", {"measured": measured}) if measured else SafeString("")


@fills("list.measures")
def above_measures(utility: Utility, user: User) -> SafeString:
    can_edit = utility.membership_of(user).role in CAN_EDIT
    return render_to_string("ims/check/_of_list.html", {"utility": utility, "can_edit": can_edit, "rule": RULE})


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


@fills("list.actions")
def to_programs(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Programs at a glance</a>', reverse("ims:programs", args=[utility.pk]))


@fills("record.actions")
def of_action(record: Action, user: User) -> SafeString:
    """Says with which other actions this one collides."""
    found = flags_of(record, user, timezone.localdate())
    if not found:
        return SafeString("")
    context = {"record": record, "flags": found, "can_edit": record.my_role in CAN_EDIT}
    return render_to_string("ims/plan/programs/_of_action.html", context)


@fills("record.changes")
def answers_to(record: PlannedChange, user: User) -> SafeString:
    """Shows what each area says about a change, and lets it answer."""
    areas = {area.code: area for area in Area.objects.all()}
    context = {
        "record": record,
        "answers": [(areas[code], answer) for code, answer in answers_of(record)],
        "can_answer": record.my_role in CAN_EDIT and record.status == PlannedChange.Status.IN_REVIEW,
    }
    return render_to_string("ims/act/_answers.html", context)


@fills("record.requirements")
def evaluations_of(record: Requirement, user: User) -> SafeString:
    context = {
        "record": record,
        "evaluations": record.evaluations.all(),
        "can_evaluate": record.my_role in CAN_EDIT and record.status == Requirement.Status.IN_FORCE,
    }
    return render_to_string("ims/plan/_evaluations.html", context)


@fills("record.statements")
def edition_of(record: Statement, user: User) -> SafeString:
    context = {
        "record": record,
        "next_draft": record.next_draft,
        "can_begin": record.my_role in CAN_EDIT and record.status == Statement.IN_FORCE,
    }
    return render_to_string("ims/plan/_of_statement.html", context)


@fills("list.statements")
def to_cross_check(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Policies cross-checked</a>', reverse("ims:cross_check", args=[utility.pk]))


@fills("list.assessments")
def to_ranked(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Ranked findings</a>', reverse("ims:ranked", args=[utility.pk]))


@fills("record.assessments")
def of_finding(record: Assessment, user: User) -> SafeString:
    """Makes an objective of a finding, and leads to the ranked list."""
    return render_to_string("ims/plan/_of_finding.html", {"finding": record, "can_edit": record.my_role in CAN_EDIT})
