"""Read-only admin page for reported hours, without names."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.requests import person
from recognition.models import Application, Hours
from workflow.admin import ReadOnly


@admin.register(Hours)
class HoursAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["application", "step", "hours", "at"]
    list_filter = ["application__cycle", "step"]
    list_select_related = ["application__utility", "application__cycle"]
    search_fields = ["application__utility__plain_name__matches"]
    readonly_fields = ["application", "step", "hours", "at"]
    fields = tuple(readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Hours]:
        known = Application.objects.without_part_of(person(request))
        return super().get_queryset(request).filter(application__in=known.values("pk"))
