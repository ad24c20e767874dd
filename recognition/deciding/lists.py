"""Tables and filters for applications that await a decision, and for the letters of those decided."""

from functools import cache
from typing import Any

import django_tables2 as tables
from django.db.models import F
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django_filters import CharFilter, ChoiceFilter

from accounts.models import Utility
from recognition.models import Application, ComplianceCheck, Deciding
from recognition.reviewing import agreement
from recognition.reviewing.list_cells import checkbox
from recognition.reviewing.lists import AgeColumn, ByWords, WalkedTable
from workflow.addresses import address
from workflow.lists import DateColumn, Filters, StateColumn, Table

Status = Application.Status


class DocumentTable(Table):
    page_name = "Letters and certificates"
    utility = tables.Column("Utility", linkify=True, order_by="utility__name")
    status = StateColumn("Outcome", tones={Status.RECOGNIZED: "good", Status.NOT_RECOGNIZED: "bad"})
    released = DateColumn("Released", accessor="decision__released_at", initial_sort_descending=True)
    until = DateColumn("Valid until", accessor="recognition__until")
    number = tables.Column("Number", accessor="recognition__number")
    single = tables.TemplateColumn(
        template_name="recognition/deciding/cycle_documents.html#single",
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
        empty_label="All",
    )


class AwaitingTable(WalkedTable):
    """What the deciding official needs to know of each application that a panel has reviewed."""

    page_name = "Applications awaiting a decision"
    utility = tables.Column("Utility", order_by="utility__name")
    size = tables.Column("Size")
    panel = tables.Column("Panel", accessor="recommendation__recommends", initial_sort_descending=True)
    reasons = tables.Column("Reasons", accessor="recommendation__reasons", visible=False)
    members = tables.Column("Members", accessor="pk", orderable=False)
    dissent = tables.Column("Dissent", accessor="recommendation__dissent", orderable=False, empty_values=())
    compliance = tables.Column("Compliance", accessor="pk", orderable=False)
    age = AgeColumn("Days waiting", accessor="status_since", order_by="-status_since", initial_sort_descending=True)

    class Meta:
        order_by = "utility"

    @classmethod
    @cache
    def of(cls, cycle_pk: int) -> type[WalkedTable]:
        """Returns the table of a cycle, whose links lead from one of its applications to the next."""
        return type(cls.__name__, (cls,), {"queue": f"decide-{cycle_pk}", "Meta": cls.Meta})

    def render_utility(self, record: Any) -> SafeString:
        return format_html('<a href="{}{}">{}</a>', record.get_absolute_url(), self.way, record.utility)

    def value_utility(self, record: Any) -> str:
        return str(record.utility)

    def render_size(self, value: str) -> str:
        return value.capitalize()

    def render_panel(self, record: Any) -> SafeString:
        tone = "good" if record.recommendation.recommends else "bad"
        return format_html(
            '<span class="tag tag--{}">{}</span><small class="reasons">{}</small>',
            tone,
            self.value_panel(record),
            Truncator(record.recommendation.reasons).words(30),
        )

    def value_panel(self, record: Any) -> str:
        return "Recognize" if record.recommendation.recommends else "Do not recognize"

    def render_members(self, record: Any) -> str:
        return agreement.in_short(agreement.of_ratings(record.given)) or "one review"

    def render_dissent(self, value: str) -> Any:
        return format_html('<span class="tag tag--warn">{}</span>', "Yes") if value else "None"

    def value_dissent(self, value: str) -> str:
        return value

    def render_compliance(self, record: Any) -> str:
        return ComplianceCheck.in_a_word(record.compliance_checks.all())


class DecidingTable(AwaitingTable):
    """The same table with checkboxes, for people who may decide."""

    def render_utility(self, record: Any) -> SafeString:
        return checkbox(record, f"{address('recognition:decide', record.pk)}{self.way}")


class AwaitingFilters(ByWords):
    panel = ChoiceFilter(
        label="Panel recommendation",
        field_name="recommendation__recommends",
        choices=[(True, "Recognize"), (False, "Do not recognize")],
        empty_label="All",
    )
    size = ChoiceFilter(label="Size", choices=[("large", "Large"), ("small", "Small")], empty_label="All sizes")
    look = ChoiceFilter(
        label="To look at",
        choices=[
            ("dissent", "A panel member disagreed"),
            ("barred", "A violation is recorded"),
            ("refused", "Not decided by the last run"),
        ],
        empty_label="All",
        method="by_look",
    )

    def by_look(self, rows: Any, name: str, value: str) -> Any:
        """Keeps what should not be decided with many others unread."""
        if value == "dissent":
            return rows.exclude(recommendation__dissent="")
        if value == "barred":
            return rows.filter(pk__in=ComplianceCheck.objects.that_bar().values("application"))
        last = Deciding.objects.filter(cycle__in=rows.order_by().values("cycle")).first()
        return rows.filter(pk__in=[each["pk"] for each in last.failed] if last else [])


# The link to the letter, the button that holds it or lets it go by a form of the page, and the link to the application.
LETTER = (
    '<span class="singles"><a href="{letter}">View or edit<span class="usa-sr-only"> the letter to {name}</span></a>'
    ' <button class="usa-button usa-button--unstyled" type="submit" form="{form}" formaction="{hold}">{words}'
    '<span class="usa-sr-only"> {name}</span></button>'
    ' <a href="{application}">Application<span class="usa-sr-only"> of {name}</span></a></span>'
)


class OutboxTable(Table):
    page_name = "Outbox"
    utility = tables.Column("Utility", accessor="application__utility", order_by="application__utility__name")
    decision = tables.Column("Decision", accessor="recognize", initial_sort_descending=True)
    at = DateColumn("Decided")
    by = tables.Column("By", order_by="by__name")
    edited = DateColumn("Letter edited", accessor="changed_at")
    do = tables.Column("Letter", accessor="pk", orderable=False, exclude_from_export=True)

    class Meta:
        order_by = "utility"

    def render_decision(self, record: Any) -> SafeString:
        tags = [
            ("good" if record.recognize else "bad", str(record), True),
            ("warn", "differs from panel", record.recognize != record.recommended),
            ("", "held", record.held),
            ("bad", "violation recorded: not released", record.barred),
        ]
        shown = ((f" tag--{tone}" if tone else "", words) for tone, words, holds in tags if holds)
        return format_html_join(" ", '<span class="tag{}">{}</span>', shown)

    def value_decision(self, record: Any) -> str:
        return str(record)

    def render_do(self, record: Any) -> SafeString:
        pk = record.application_id
        return format_html(
            LETTER,
            letter=address("recognition:letter", pk),
            form="free" if record.held else "hold",
            hold=address("recognition:hold", pk),
            words="Remove hold" if record.held else "Hold",
            application=record.application.get_absolute_url(),
            name=record.application.utility,
        )


class OutboxFilters(Filters):
    words = CharFilter(label="Name or city", method="by_words")
    recognize = ChoiceFilter(
        label="Decision", choices=[(True, "Recognized"), (False, "Not recognized")], empty_label="All"
    )
    held = ChoiceFilter(label="On hold", choices=[(True, "On hold"), (False, "Not on hold")], empty_label="All")
    differs = ChoiceFilter(
        label="Panel", choices=[("yes", "Differs from the panel")], empty_label="All", method="by_difference"
    )

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(application__utility__in=Utility.objects.matching(value).values("pk"))

    def by_difference(self, rows: Any, name: str, value: str) -> Any:
        return rows.exclude(recognize=F("recommended"))
