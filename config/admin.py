"""The audit log in the administration: filtered by who, what and when, and exported."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

from config.audit import WHAT, AuditEntry
from workflow.admin import CountedOnce, ReadOnly
from workflow.lists import as_file

HEADS = ["When", "Who", "From", "What", "Number", "Action", "Before", "After"]


class WhatFilter(admin.SimpleListFilter):
    title = parameter_name = "what"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return sorted(WHAT.items(), key=lambda pair: pair[1])

    def queryset(self, request: HttpRequest, entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return entries.filter(table=self.value()) if self.value() else entries


@admin.register(AuditEntry)
class AuditLog(ReadOnly, CountedOnce, admin.ModelAdmin):
    """Read-only. The database lets nobody change or delete an entry."""

    list_display = ["at", "name", "address", "what", "row", "action", "what_changed"]
    list_filter = [WhatFilter, "action", "at"]
    date_hierarchy = "at"
    search_fields = ["name__matches", "address__matches", "row__matches"]
    search_help_text = "A part of an email address, of an IP address or of a number."
    fields = ["at", "name", "address", "what", "row", "action", "what_changed"]
    list_per_page = 50
    actions = ["as_csv", "as_excel"]

    @admin.display(description="Changes")
    def what_changed(self, entry: AuditEntry) -> str:
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in entry.changes.splitlines()))

    @admin.action(description="Download selected entries as CSV", permissions=["view"])
    def as_csv(self, request: HttpRequest, entries: QuerySet[AuditEntry]) -> HttpResponse:
        return as_file("Audit log", _rows(entries), "csv")

    @admin.action(description="Download selected entries as Excel", permissions=["view"])
    def as_excel(self, request: HttpRequest, entries: QuerySet[AuditEntry]) -> HttpResponse:
        return as_file("Audit log", _rows(entries), "xlsx")


def _rows(entries: QuerySet[AuditEntry]) -> Iterator[list[Any]]:
    yield HEADS
    for entry in entries.iterator():
        of_entry = [entry.at, entry.name, entry.address, entry.what, entry.row, entry.get_action_display()]
        yield [*of_entry, _lines(entry.before), _lines(entry.after)]


def _lines(values: dict[str, Any]) -> str:
    return "\n".join(f"{name}: {value}" for name, value in sorted(values.items()))
