"""The list of letters on paper: those that wait to be mailed, and those that were."""

from typing import Any

import django_tables2 as tables
from django.utils.safestring import mark_safe
from django_filters import CharFilter, ChoiceFilter

from accounts.models import User, Utility
from recognition.models import Application, Cycle, PaperLetter
from recognition.models.paper_letter import PaperLetterQuerySet
from workflow.lists import DateColumn, Filters, Table


def of_cycle(user: User, cycle: Cycle) -> PaperLetterQuerySet:
    """Returns the letters of a cycle that ``user`` prints, without those about a panel they sit on."""
    theirs = Application.objects.mailed_by(user).filter(cycle=cycle)
    letters = PaperLetter.objects.filter(application__in=theirs.values("pk"))
    return letters.select_related("application__utility", "application__cycle", "mailed_by")


WAITS = '<span class="tag tag--warn">To be mailed</span>'


class LetterTable(Table):
    page_name = "Letters to mail"
    utility = tables.TemplateColumn(
        template_name="recognition/mailing/letters.html#choice",
        verbose_name="To",
        order_by="application__utility__name",
    )
    subject = tables.Column("Letter", linkify=True)
    written_at = DateColumn("Written")
    mailed_on = DateColumn("Mailed", empty_values=())
    mailed_by = tables.Column("Recorded by", order_by="mailed_by__name")
    pdf = tables.TemplateColumn(
        template_name="recognition/mailing/letters.html#pdf",
        accessor="pk",
        verbose_name="PDF",
        orderable=False,
        exclude_from_export=True,
    )

    class Meta:
        order_by = "written_at"

    def value_utility(self, record: Any) -> str:
        return str(record.application.utility)

    def render_mailed_on(self, value: Any, column: Any) -> Any:
        return column.__class__.render(column, value) if value else mark_safe(WAITS)  # noqa: S308  # our own words

    def value_mailed_on(self, value: Any) -> Any:
        return value


class LetterFilters(Filters):
    words = CharFilter(label="Name or city", method="by_words")
    mailed = ChoiceFilter(
        label="Mailed", choices=[("no", "To be mailed"), ("yes", "Mailed")], empty_label="All", method="by_mailed"
    )

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(application__utility__in=Utility.objects.matching(value).values("pk"))

    def by_mailed(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(mailed_on__isnull=value == "no")
