from django.contrib import admin

from reports.models import Report, ReportEvent
from workflow.admin import ReadOnly


class Events(ReadOnly, admin.TabularInline):
    model = ReportEvent
    readonly_fields = ["at", "by", "from_status", "to_status", "why"]
    fields = tuple(readonly_fields)
    extra = 0


@admin.register(Report)
class ReportAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["title", "kind", "status", "requested_by", "requested_at", "finished_at", "attempts"]
    list_filter = ["status", "kind", ("parent", admin.EmptyFieldListFilter)]
    list_select_related = ["requested_by"]
    search_fields = ["title__matches", "requested_by__email__matches"]
    date_hierarchy = "requested_at"
    # Without the file: a report's content is only for the person who requested it, and colleagues.
    readonly_fields = [
        "title", "kind", "object_id", "file_type", "parent", "place", "requested_by", "requested_at", "status",
        "queued_at", "progress", "doing", "attempts", "leased_until", "finished_at", "error",
    ]  # fmt: skip
    fields = tuple(readonly_fields)
    inlines = [Events]
