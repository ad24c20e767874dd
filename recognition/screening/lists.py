"""The columns and filters of a screening's findings."""

from collections.abc import Iterable
from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html_join
from django_filters import ChoiceFilter

from accounts.regions import states
from echo.reading import Verdict
from workflow.lists import Filters, StateColumn, Table

TONES: dict[str, str] = {Verdict.CLEAR: "good", Verdict.FOUND: "bad", Verdict.UNKNOWN: "warn"}


def _compliance_page(record: Any) -> str:
    return reverse("recognition:compliance", args=[record.application_id])


class FindingTable(Table):
    page_name = "Findings in ECHO’s files"
    utility = tables.Column(
        "Utility",
        accessor="application__utility",
        linkify=_compliance_page,
        order_by=("application__utility__name", "identifier", "file"),
    )
    identifier = tables.Column("Number", attrs={"td": {"class": "code"}})
    verdict = StateColumn("Suggestion", tones=TONES)
    findings = tables.Column("Findings", orderable=False)
    file = tables.Column("File")
    state = tables.Column("State", accessor="application__utility__state")

    class Meta:
        order_by = "utility"

    def render_findings(self, value: Iterable[str]) -> str:
        return format_html_join("", '<span class="line">{}</span>', ((line,) for line in value))

    def value_findings(self, value: Iterable[str]) -> str:
        return "; ".join(value)

    def render_file(self, value: str) -> str:
        return value.removesuffix(".csv")

    def render_state(self, record: Any) -> str:
        return str(record.application.utility.state)


class FindingFilters(Filters):
    verdict = ChoiceFilter(label="Suggestion", empty_label="All suggestions", choices=Verdict.choices)
    file = ChoiceFilter(label="File", empty_label="All files")
    state = ChoiceFilter(label="State", field_name="application__utility__state", empty_label="All states")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        known = self.queryset.order_by().values_list("file", "application__utility__state").distinct()
        files, found = {file for file, _ in known if file}, {state for _, state in known}
        self.offer("file", [(file, file.removesuffix(".csv")) for file in sorted(files)])
        self.offer("state", [(code, name) for code, name in states() if code in found])
