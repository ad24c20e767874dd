"""Gap analyses in the administration pages: to look at, not to change."""

from django.contrib import admin

from assessments.models import Finding, GapAnalysis, GapAnalysisEvent
from workflow.admin import ReadOnly


class FindingInline(ReadOnly, admin.TabularInline):
    model = Finding
    fields = ["element", "rating", "areas", "initiatives", "to_confirm", "changed_by", "changed_at"]


class EventInline(ReadOnly, admin.TabularInline):
    model = GapAnalysisEvent


@admin.register(GapAnalysis)
class GapAnalysisAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["name", "utility", "as_of", "status", "created_by", "completed_at"]
    list_filter = ["status"]
    list_select_related = ["utility", "created_by"]
    search_fields = ["name", "utility__name"]
    date_hierarchy = "as_of"
    inlines = [FindingInline, EventInline]
