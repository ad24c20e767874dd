"""The kinds of report of the management system, and what it adds to those of gap analyses."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import User, Utility
from assessments.models import REPORT, GapAnalysis
from assessments.results import Results
from ims import plan_chapter
from ims.check import audit_report
from ims.check.attendance import wanted
from ims.check.audits import Audit
from ims.check.pasting import exported
from ims.check.performance import CHARTED, Line, Report, report
from ims.check.quarters import Quarter
from ims.check.reviews import Review
from ims.closed import ClosedRegister
from ims.plan.harmonize import package_report
from reports.kinds import Chapter, Kind, Sharing, adds_to, limits, register
from workflow.spreadsheets import Rows

PERFORMANCE = "performance"
HEADS = ["Number", "Measure", "Unit", "How often", "Direction", "This quarter", "Last quarter", "A year ago", "Target"]


def find(user: User, object_id: int) -> Quarter | None:
    return Quarter.objects.visible_to(user).select_related("utility").filter(pk=object_id).first()


def context(quarter: Quarter) -> dict[str, Any]:
    return {"quarter": quarter, "utility": quarter.utility, "report": report(quarter, readings=CHARTED)}


def sheets(context: dict[str, Any]) -> Mapping[str, Rows]:
    """Returns the sheets, without those that would have no rows."""
    performance: Report = context["report"]
    quarter = performance.quarter
    late = [[*_record(each), each.due] for each in performance.late]
    made = {
        "Summary": [["Quarter", "Utility", "Summary"], [str(quarter), str(quarter.utility), quarter.summary]],
        "Measures": [[*HEADS, "Target met", "Trend", "Notes", "Owner"], *map(_measure, performance.lines)],
        "Readings": list(exported([reading for line in performance.lines for reading in line.standing.readings])),
        "No reading": [["Number", "Measure", "Period", "Reason"], *_missing(performance)],
        "Objectives reached": [["Number", "Objective", "Owner"], *_records(performance.reached)],
        "Actions done": [["Number", "Action", "Owner"], *_records(performance.done)],
        "Actions not done": [["Number", "Action", "Owner", "Due"], *late],
    }
    return {name: rows for name, rows in made.items() if len(rows) > 1}


def _measure(line: Line) -> list[Any]:
    measure, trend = line.measure, line.standing.trend
    return [
        *[measure.number, measure.title, measure.unit, measure.get_every_display(), measure.get_direction_display()],
        *(value.value if value else "" for value in (line.now, line.before, line.year_ago)),
        *[line.standing.goal_words, line.met, trend.label if trend else ""],
        "; ".join(f"{name}: {note}" for name, note in line.notes),
        str(measure.owner or ""),
    ]


def _missing(performance: Report) -> Iterator[list[Any]]:
    for line, missing in performance.missing:
        for period, why in missing:
            yield [line.measure.number, line.measure.title, period, why]


def _records(rows: list[Any]) -> Iterator[list[Any]]:
    return (_record(each) for each in rows)


def _record(record: Any) -> list[Any]:
    return [record.number, record.title, str(record.owner or "")]


register(
    Kind(
        name=PERFORMANCE,
        label="Quarterly performance",
        template="ims/reports/performance.html",
        find=find,
        title=lambda quarter: f"Performance in {quarter}: {quarter.utility}",
        filename=lambda quarter: f"{quarter.utility.in_file_names}-performance-{quarter.first:%Y-%m}",
        context=context,
        sheets=sheets,
        sharing=Sharing.of_utility(Quarter),
    )
)

register(
    Kind(
        name="budget-package",
        label="Budget package",
        template="ims/reports/budget_package.html",
        find=package_report.find,
        title=lambda workshop: f"Budget package: {workshop.title}, {workshop.utility}",
        filename=lambda workshop: f"{workshop.utility.in_file_names}-budget-package-{workshop.number}",
        context=package_report.context,
        in_word=True,
        sheets=package_report.sheets,
        sharing=Sharing(readable=package_report.readable, managed=package_report.managed),
    )
)


def review_of(user: User, object_id: int) -> Review | None:
    return Review.objects.visible_to(user).filter(pk=object_id).first()  # type: ignore[return-value]


def pack(review: Review) -> dict[str, Any]:
    return {
        "review": review,
        "utility": review.utility,
        "topics": review.topics(),
        "wanted": wanted(review),
        "present": review.present.all(),
        "decisions": review.decisions.select_related("owner", "made"),
    }


register(
    Kind(
        name="management-review",
        label="Management review",
        template="ims/reports/management_review.html",
        find=review_of,
        title=lambda review: f"{review.title}: {review.utility}",
        filename=lambda review: f"{review.utility.in_file_names}-management-review-{review.number}",
        context=pack,
        in_word=True,
        sharing=Sharing.of_utility(Review),
    )
)


register(
    Kind(
        name="audit",
        label="Audit",
        template="ims/reports/audit.html",
        find=audit_report.find,
        title=lambda audit: f"{audit.title}: {audit.utility}",
        filename=lambda audit: f"{audit.utility.in_file_names}-audit-{audit.number}",
        context=audit_report.context,
        in_word=True,
        sheets=audit_report.sheets,
        sharing=Sharing.of_utility(Audit),
    )
)


@adds_to(REPORT)
def plan_of_utility(analysis: GapAnalysis, results: Results) -> Chapter:
    plan = plan_chapter.plan_of(analysis, results)
    return Chapter("ims/reports/plan.html", plan, plan_chapter.sheets(plan))


@limits
def not_closed_since(user: User, objects: QuerySet[Any], utility: str) -> QuerySet[Any]:
    """A report from before a register was closed may name its records: then it is for those who may read them."""
    closed = ClosedRegister.objects.exclude(readers=user).filter(changed_at__gt=OuterRef(OuterRef("requested_at")))
    is_manager = Q(**{f"{utility}__in": Utility.objects.managed_by(user)})
    return objects.filter(is_manager | ~Exists(closed.filter(utility=OuterRef(utility))))
