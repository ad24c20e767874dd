"""The columns and filters of the list of the reports that a user may see."""

from typing import Any

import django_tables2 as tables
from django_filters import ChoiceFilter
from django_tables2.utils import A

from reports import kinds
from reports.models import Report
from workflow.lists import DateColumn, Filters, StateColumn, Table, asked


def _label(kind: str) -> str:
    try:
        return kinds.get(kind).label
    except KeyError:  # the app that registered it was removed
        return kind


class ReportTable(Table):
    page_name = "Reports"
    title = tables.Column("Report", linkify=("reports:report", [A("pk")]))
    kind = tables.Column("Type", visible=False)
    format = tables.Column("Format", order_by="file_type")
    requested_by = tables.Column("Requested by", order_by="requested_by__name")
    requested_at = DateColumn("Requested", format="M j, Y, g:i A T", initial_sort_descending=True)
    status = StateColumn("Status", tones={"running": "warn", "gathering": "warn", "done": "good", "failed": "bad"})
    kept_until = DateColumn("Available until", order_by="finished_at", initial_sort_descending=True)
    actions = tables.TemplateColumn(
        template_name="reports/report_list.html#actions",
        accessor="pk",
        verbose_name="Actions",
        attrs={"td": {"class": "report-actions"}},
        orderable=False,
        exclude_from_export=True,
    )

    class Meta:
        order_by = "-requested_at"

    def render_status(self, value: str, record: Report, column: StateColumn, bound_column: Any) -> str:
        progress = f", {record.progress}%" if record.status == Report.Status.RUNNING else ""
        return column.render(value + progress, record, bound_column)

    def value_status(self, value: str) -> str:
        return value

    def value_kind(self, value: str) -> str:
        return _label(value)


class ReportFilters(Filters):
    status = ChoiceFilter(label="Status", choices=Report.Status.choices, empty_label="All statuses")
    kind = ChoiceFilter(label="Type", empty_label="All types")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.offer("kind", [(kind, _label(kind)) for kind in asked(self.queryset, _kinds)])


def _kinds(rows: Any) -> Any:
    return rows.order_by("kind").values_list("kind", flat=True).distinct()
