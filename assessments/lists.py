"""The columns and filters of the list of gap analyses."""

from typing import Any

import django_tables2 as tables
from django.utils.safestring import SafeString
from django_filters import CharFilter, ChoiceFilter

from accounts.current import utilities_of
from assessments.models import GapAnalysis
from workflow.addresses import address
from workflow.cells import link
from workflow.lists import DateColumn, Filters, StateColumn, Table


class AnalysisTable(Table):
    page_name = "Gap analyses"
    name = tables.Column("Name", linkify=True)
    utility = tables.Column("Utility", order_by="utility__name")
    as_of = DateColumn("As of", initial_sort_descending=True)
    status = StateColumn("Status", tones={"complete": "good"})
    n_answered = tables.Column("Answered", initial_sort_descending=True)
    # The key, not the property of this name, which queries the database.
    results = tables.Column("Results", accessor="pk", orderable=False, exclude_from_export=True)

    class Meta:
        order_by = "utility"

    def render_n_answered(self, value: int, record: Any) -> str:
        return f"{value} of {record.n_findings}"

    def value_n_answered(self, value: int) -> int:
        return value

    def render_results(self, record: Any) -> SafeString | str:
        if record.status != GapAnalysis.Status.COMPLETE:
            return ""
        return link(address("assessments:results", record.pk), "Results", f" of {record}")


class AnalysisFilters(Filters):
    name = CharFilter(label="Name contains", lookup_expr="matches")
    utility = ChoiceFilter(label="Utility", empty_label="All utilities")
    status = ChoiceFilter(label="Status", choices=GapAnalysis.Status.choices, empty_label="All statuses")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.offer("utility", [(utility.pk, str(utility)) for utility in utilities_of(self.request)])
