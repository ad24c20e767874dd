"""Tables and filters of the checklist's lines to applicants, one kind at a time."""

from typing import Any

import django_tables2 as tables
from django_filters import ChoiceFilter

from accounts.regions import states
from recognition.models import Application
from recognition.reviewing.lists import ByWords, CodeColumn
from workflow.lists import DateColumn, StateColumn, Table

Status = Application.Status


class NeverReady(Table):
    """The table without checkboxes, for a cycle that lacks something that every line needs."""

    page_name = "Notices to applicants"
    utility = tables.Column("Utility", order_by="utility__name")
    city = tables.Column("City", accessor="utility__city")
    state = CodeColumn("State", accessor="utility__state")
    status = StateColumn("Outcome", tones={Status.RECOGNIZED: "good", Status.NOT_RECOGNIZED: "bad"})
    sent_on = DateColumn("Sent on", initial_sort_descending=True)
    how = tables.Column("How")
    recorded_by = tables.Column("Recorded by")
    undo = tables.TemplateColumn(
        template_name="recognition/notices/notice_group.html#undo",
        accessor="notice_pk",
        verbose_name="Undo",
        orderable=False,
        exclude_from_export=True,
    )

    class Meta:
        order_by = "utility"


class GroupTable(NeverReady):
    utility = tables.TemplateColumn(
        template_name="recognition/notices/notice_group.html#choice", verbose_name="Utility", order_by="utility__name"
    )

    class Meta(NeverReady.Meta):
        sequence = ("utility", "...")

    def value_utility(self, record: Any) -> str:
        return str(record.utility)


class PressTable(GroupTable):
    text = tables.TemplateColumn(
        template_name="recognition/notices/notice_group.html#text",
        accessor="pk",
        verbose_name="Text",
        orderable=False,
        exclude_from_export=True,
    )

    class Meta(NeverReady.Meta):
        sequence = ("utility", "text", "...")


class GroupFilters(ByWords):
    state = ChoiceFilter(label="State", field_name="utility__state", empty_label="All states")
    sent = ChoiceFilter(
        label="Sent", choices=[("yes", "Sent"), ("no", "Not sent")], empty_label="All", method="by_sent"
    )

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        found = set(self.queryset.order_by().values_list("utility__state", flat=True).distinct())
        self.offer("state", [(code, name) for code, name in states() if code in found])

    def by_sent(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(sent_on__isnull=value == "no")
