"""The list of a proposal's panels."""

from typing import Any

import django_tables2 as tables
from django.db.models import F
from django.utils.html import format_html, format_html_join
from django_filters import CharFilter, ChoiceFilter

from accounts.regions import states
from recognition.models import PlannedPanel
from recognition.reviewing.lists import ByWords, CodeColumn
from workflow.lists import Table
from workflow.matching import plain


class PlannedTable(Table):
    page_name = "Proposed panels"
    one, many = "panel", "panels"
    utility = tables.Column(
        "Utility",
        accessor="application__utility",
        order_by="application__utility__name",
        linkify=lambda record: record.get_absolute_url(),
    )
    state = CodeColumn("State", accessor="application__utility__state")
    systems = tables.Column("Systems", accessor="application__utility__get_systems_display", orderable=False)
    members = tables.Column("New members", accessor="pk", orderable=False)
    need = tables.Column("Empty seats")
    why = tables.Column("Note", accessor="pk", orderable=False)

    class Meta:
        order_by = "utility"

    def render_state(self, record: PlannedPanel) -> str:
        return str(record.application.utility.state)

    def render_members(self, record: PlannedPanel) -> str:
        seats = list(record.seats.all())
        names = [(seat.member, format_html(' <b class="key">{}</b>', "lead") if seat.lead else "") for seat in seats]
        return format_html_join(", ", "{}{}", names) if names else "Nobody"

    def value_members(self, record: PlannedPanel) -> str:
        return ", ".join(f"{seat.member}{' (lead)' if seat.lead else ''}" for seat in record.seats.all())

    def render_why(self, record: PlannedPanel) -> str:
        return str(note(record) or "–")

    def value_why(self, record: PlannedPanel) -> str:
        return note(record)


def note(panel: PlannedPanel) -> str:
    """Returns why seats stay empty, or why the panel was not assigned."""
    if panel.left_out:
        return f"Not assigned: {panel.left_out}"
    empty = panel.need - len(panel.seats.all())
    if empty <= 0:
        return ""
    return panel.why or f"{empty} seat{'' if empty == 1 else 's'} stay{'s' if empty == 1 else ''} empty."


class PlannedFilters(ByWords):
    words = CharFilter(label="Utility", method="by_words")
    state = ChoiceFilter(label="State", field_name="application__utility__state", empty_label="All states")
    member = ChoiceFilter(label="Reviewer", field_name="seats__member", empty_label="All reviewers")
    shown = ChoiceFilter(
        label="Show",
        choices=[("short", "With empty seats"), ("left", "Not assigned")],
        method="by_note",
        empty_label="All panels",
    )

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        known = self.queryset.order_by("seats__member__name").distinct()
        found = list(known.values_list("application__utility__state", "seats__member", "seats__member__name"))
        here = {state for state, _, _ in found}
        self.offer("state", [(code, name) for code, name in states() if code in here])
        self.offer("member", list(dict.fromkeys((key, name) for _, key, name in found if key)))

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        for word in plain(value).split():
            rows = rows.filter(application__utility__plain_name__matches=word)
        return rows

    def by_note(self, rows: Any, name: str, value: str) -> Any:
        return rows.exclude(left_out="") if value == "left" else rows.filter(n_seats__lt=F("need"))
