"""The released outcomes of a cycle as a list: what can be printed for each."""

import django_tables2 as tables
from django_filters import ChoiceFilter

from recognition.lists import ByWords
from recognition.models import Application
from workflow.lists import DateColumn, StateColumn, Table

Status = Application.Status


class DocumentTable(Table):
    page_name = "Letters and certificates"
    utility = tables.Column("Utility", linkify=True, order_by="utility__name")
    status = StateColumn("Outcome", tones={Status.RECOGNIZED: "good", Status.NOT_RECOGNIZED: "bad"})
    released = DateColumn("Released", accessor="decision__released_at", initial_sort_descending=True)
    until = DateColumn("Valid until", accessor="recognition__until")
    number = tables.Column("Number", accessor="recognition__number")
    single = tables.TemplateColumn(
        template_name="recognition/cycle_documents.html#single",
        accessor="pk",
        verbose_name="PDF",
        orderable=False,
        exclude_from_export=True,
    )

    class Meta:
        order_by = "utility"


class DocumentFilters(ByWords):
    status = ChoiceFilter(
        label="Outcome",
        choices=[(Status.RECOGNIZED, "Recognized"), (Status.NOT_RECOGNIZED, "Not recognized")],
        empty_label="Either",
    )
