"""The read-only admin of gap analyses."""

from typing import Any

from django.contrib import admin
from django.db.models import Q

from assessments.models import Finding, GapAnalysis, GapAnalysisEvent
from initiatives.models import Initiative
from pdca import references
from workflow.admin import ReadOnly


@references.counts("gap analyses")
def naming(entry: Any) -> int:
    """Counts analyses with the initiative in place, or with a finding that has its slug."""
    if not isinstance(entry, Initiative):
        return 0
    named = Q(initiatives=entry) | Q(findings__initiatives__contains=[entry.slug])
    return GapAnalysis.objects.filter(named).distinct().count()


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
    search_fields = ["name__matches", "utility__plain_name__matches"]
    date_hierarchy = "as_of"
    inlines = [FindingInline, EventInline]
