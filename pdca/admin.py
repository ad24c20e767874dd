"""The cycle in the admin: its words may be edited, its shape may not. Every gap analysis stands on the same 18 rows."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from pdca.models import Area, Component, Element


class FixedRows(admin.ModelAdmin):
    """Rows that come from the guide: no new ones, none deleted, and what tells them apart stays as it is."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Area)
class AreaAdmin(FixedRows):
    list_display = ["code", "name", "short_name", "source"]
    list_display_links = ["code", "name"]
    search_fields = ["name", "description"]
    readonly_fields = ["code", "order"]


@admin.register(Component)
class ComponentAdmin(FixedRows):
    list_display = ["name", "purpose", "source"]
    search_fields = ["name", "purpose"]
    readonly_fields = ["slug", "order"]


@admin.register(Element)
class ElementAdmin(FixedRows):
    list_display = ["order", "name", "component", "strategic_alignment", "source"]
    list_display_links = ["name"]
    list_filter = ["component", "strategic_alignment"]
    list_select_related = ["component"]
    search_fields = ["name", "slug", "purpose"]
    readonly_fields = ["slug", "order", "component"]
