"""The admin of the guide.

Areas, components and elements can be edited but not added or deleted: every gap analysis uses the same 18 rows.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from pdca.admin.entries import EntryAdmin
from pdca.admin.history import FixedRows, KeptAdmin
from pdca.models import Area, Component, Element, Flow, Opportunity, SourceTable, Term, Topic


@admin.register(Area)
class AreaAdmin(FixedRows, KeptAdmin):
    list_display = ["code", "name", "short_name", "source"]
    list_display_links = ["code", "name"]
    search_fields = ["name__matches", "description__matches"]
    readonly_fields = ["code", "order"]


@admin.register(Component)
class ComponentAdmin(FixedRows, KeptAdmin):
    list_display = ["name", "purpose", "source"]
    search_fields = ["name__matches", "purpose__matches"]
    readonly_fields = ["slug", "order"]


@admin.register(Element)
class ElementAdmin(FixedRows, EntryAdmin):
    list_display = ["order", "name", "component", "strategic_alignment", "state"]
    list_display_links = ["name"]
    list_filter = [*EntryAdmin.list_filter, "component", "strategic_alignment", "level"]
    list_select_related = ["component"]
    search_fields = [
        "name__matches",
        "slug__matches",
        "purpose__matches",
        "alignment__matches",
        "examples__matches",
        "questions__matches",
    ]
    fixed: ClassVar[list[str]] = ["slug", "order", "component"]
    may_retire = False
    fieldsets = [
        ("Name and purpose", {"fields": ["name", ("order", "component", "slug"), "question", "purpose", "source"]}),
        ("Strategic alignment", {"fields": ["strategic_alignment", "alignment"]}),
        ("Examples and questions", {"fields": ["examples", "questions"]}),
        ("In other frameworks", {"fields": [("level", "level_source"), "outline", "clauses"]}),
        ("Reasons for empty fields", {"fields": ["unsaid"]}),
    ]


@admin.register(Opportunity)
class OpportunityAdmin(EntryAdmin):
    list_display = ["title", "element", "order", "state"]
    list_filter = [*EntryAdmin.list_filter, "element"]
    list_select_related = ["element"]
    search_fields = [
        "title__matches",
        "slug__matches",
        "shared__matches",
        "benefit__matches",
        "how__matches",
        "caution__matches",
    ]
    fieldsets = [
        (None, {"fields": ["title", "slug", ("element", "order")]}),
        ("Content", {"fields": ["shared", "benefit", "how", "caution", "initiatives"]}),
        ("Source", {"fields": ["source", "note"]}),
    ]
    named_after = "title"


@admin.register(Flow)
class FlowAdmin(EntryAdmin):
    list_display = ["start", "end", "text", "state"]
    list_display_links = ["start", "end"]
    list_filter = [*EntryAdmin.list_filter, "start"]
    list_select_related = ["start", "end"]
    search_fields = ["start__name__matches", "end__name__matches", "slug__matches", "text__matches"]
    fieldsets = [(None, {"fields": [("start", "end"), "slug", "text", "source"]})]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {}


@admin.register(SourceTable)
class SourceTableAdmin(EntryAdmin):
    list_display = ["title", "number", "element", "state"]
    list_filter = [*EntryAdmin.list_filter, "element"]
    list_select_related = ["element"]
    search_fields = ["title__matches", "slug__matches", "number__matches", "rows__matches", "note__matches"]
    fieldsets = [
        (None, {"fields": ["title", "slug", ("number", "element"), "source"]}),
        ("Table", {"fields": ["columns", "rows", "note"]}),
    ]
    named_after = "title"


@admin.register(Topic)
class TopicAdmin(EntryAdmin):
    list_display = ["title", "kind", "document", "group", "order", "state"]
    list_filter = [*EntryAdmin.list_filter, "kind", "document"]
    search_fields = ["title__matches", "slug__matches", "text__matches", "points__matches"]
    fieldsets = [
        (None, {"fields": ["title", "slug", ("kind", "document"), ("group", "order"), "source"]}),
        ("Content", {"fields": ["text", "points", "initiatives", "steps"]}),
    ]
    named_after = "title"


@admin.register(Term)
class TermAdmin(EntryAdmin):
    list_display = ["term", "acronym", "text", "state"]
    list_filter = EntryAdmin.list_filter
    search_fields = ["term__matches", "acronym__matches", "slug__matches", "text__matches", "also__matches"]
    fieldsets = [(None, {"fields": ["term", "slug", "acronym", "also", "text", "source"]})]
    named_after = "term"
