"""The catalog in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from initiatives.models import Initiative


@admin.register(Initiative)
class InitiativeAdmin(admin.ModelAdmin):
    list_display = ["name", "group", "group_is_judgement", "area_letters", "plan", "do", "check_strength", "act"]
    list_filter = ["group", "group_is_judgement", "areas"]
    search_fields = ["name", "short_name", "slug", "key_feature"]
    filter_horizontal = ["areas"]
    fieldsets = [
        (None, {"fields": ["name", "short_name", "slug", "key_feature", "source"]}),
        ("Group", {"fields": ["group", "group_is_judgement", "group_reason"]}),
        ("What it supports", {"fields": ["areas", "plan", "do", "check_strength", "act"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Initiative]:
        return super().get_queryset(request).prefetch_related("areas")

    @admin.display(description="areas")
    def area_letters(self, initiative: Initiative) -> str:
        return " ".join(area.code for area in initiative.areas.all())

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": ["short_name"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Links, the API and the data files know an initiative by its slug."""
        return ["slug"] if obj else []
