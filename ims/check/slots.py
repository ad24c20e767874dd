"""What checking adds to the pages of records and lists."""

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import CAN_EDIT, User, Utility
from ims.check.attendance import wanted
from ims.check.audits import Audit
from ims.check.charts import line
from ims.check.measures import Measure
from ims.check.readings import Standing, latest
from ims.check.reviews import Review
from ims.check.trends import RULE
from ims.plan.objectives import Objective
from workflow.slots import fills

CHARTED = 36  # readings


@fills("record.objectives")
def measures_of(record: Objective, user: User) -> SafeString:
    """Shows the measures that serve an objective, each with its chart."""
    measures = Measure.objects.filter(objective=record, is_open=True).prefetch_related(latest()).order_by("number")
    measured = [(standing, line(standing) if standing.readings else "") for standing in map(Standing.of, measures)]
    return render_to_string("ims/check/_of_objective.html", {"measured": measured}) if measured else SafeString("")


@fills("record.measures")
def readings_of(record: Measure, user: User) -> SafeString:
    """Shows the readings of a measure: where it stands, the chart and its numbers."""
    rows = list(record.readings.filter(value__isnull=False).order_by("-period")[:CHARTED])
    for row in rows:
        row.measure = record
    standing = Standing(record, rows[::-1])
    context = {"measure": record, "standing": standing, "chart": line(standing) if rows else "", "rule": RULE}
    return render_to_string("ims/check/_of_measure.html", context)


@fills("list.measures")
def above_measures(utility: Utility, user: User) -> SafeString:
    can_edit = utility.membership_of(user).role in CAN_EDIT
    return render_to_string("ims/check/_of_list.html", {"utility": utility, "can_edit": can_edit, "rule": RULE})


@fills("record.reviews")
def of_review(record: Review, user: User) -> SafeString:
    """Shows who takes part, and what was decided with what was made of it."""
    can_edit = record.my_role in CAN_EDIT
    context = {
        "record": record,
        "wanted": wanted(record),
        "present": record.present.all(),
        "decisions": record.decisions.select_related("owner", "made"),
        "can_edit": can_edit and record.is_open,
        "can_decide": can_edit and record.status == Review.Status.HELD,
        "can_follow_up": can_edit and record.status in (Review.Status.HELD, Review.Status.CLOSED),
    }
    return render_to_string("ims/check/_of_review.html", context)


@fills("record.audits")
def of_audit(record: Audit, user: User) -> SafeString:
    """Shows the team, how far the checklist is, and the findings with what was made of them."""
    lines = list(record.lines.select_related("made"))
    context = {
        "record": record,
        "team": record.team.select_related("person"),
        "lines": lines,
        "n_answered": sum(bool(line.finding) for line in lines),
        "findings": [line for line in lines if line.is_worse or line.finding == line.Finding.OPPORTUNITY],
        "can_prepare": record.my_role in CAN_EDIT and record.status in Audit.BEFORE_REPORT,
        "can_follow_up": record.my_role in CAN_EDIT and record.status != Audit.Status.CANCELED,
    }
    return render_to_string("ims/check/_of_audit.html", context)


@fills("list.audits")
def to_program(utility: Utility, user: User) -> SafeString:
    return format_html('<a href="{}">Audit program</a>', reverse("ims:audit_program", args=[utility.pk]))
