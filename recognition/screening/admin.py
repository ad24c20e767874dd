"""Read-only admin of ECHO's answers and of screenings."""

from django.contrib import admin

from recognition.models import EchoAnswer, Screening, ScreeningEvent
from workflow.admin import ReadOnly


class ScreeningEventInline(ReadOnly, admin.TabularInline):
    model = ScreeningEvent
    readonly_fields = ["at", "by", "from_status", "to_status", "why"]
    fields = tuple(readonly_fields)
    verbose_name_plural = "timeline"


@admin.register(Screening)
class ScreeningAdmin(ReadOnly, admin.ModelAdmin):
    """Screenings without their findings, which only the reviewers' own pages show."""

    list_display = ["cycle", "status", "requested_at", "by", "progress", "rows", "heard_at"]
    list_filter = ["status", "cycle"]
    list_select_related = ["cycle", "by"]
    readonly_fields = [
        "cycle", "status", "requested_at", "by", "progress", "rows", "doing", "heard_at", "files", "error",
    ]  # fmt: skip
    fields = tuple(readonly_fields)
    inlines = [ScreeningEventInline]


@admin.register(EchoAnswer)
class EchoAnswerAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["identifier", "day", "service", "verdict", "error"]
    list_filter = ["service", "verdict"]
    search_fields = ["identifier__matches"]
    date_hierarchy = "day"
    readonly_fields = ["identifier", "day", "service", "verdict", "findings", "error", "raw", "asked_at"]
    fields = tuple(readonly_fields)
