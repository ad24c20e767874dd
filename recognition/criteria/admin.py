"""Admin pages for the criteria."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from pdca.index import refresh
from recognition.criteria.models import Attribute, CapacityElement, Category, Edition, Option


class WordsOnly(admin.options.BaseModelAdmin):
    """A base for criteria: once a cycle that uses them has opened, only the fields in ``words`` may change."""

    words: tuple[str, ...] = ()
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput(attrs={"class": "vLargeTextField"})},
        models.TextField: {"widget": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 3})},
    }

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = list(super().get_readonly_fields(request, obj))
        if _in_use(obj):
            fixed += [name for name in flatten(self.fields or ()) if name not in self.words]
        return fixed

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _in_use(obj) and super().has_delete_permission(request, obj)


class Found(admin.ModelAdmin):
    """A base for criteria that the search finds: the index is rebuilt with every change."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        refresh()

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        refresh()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        super().delete_queryset(request, queryset)
        refresh()


def _in_use(obj: Any) -> bool:
    """Whether ``obj``, an edition or a row of one, is in use."""
    edition = obj if isinstance(obj, Edition) or obj is None else obj.edition
    return edition is not None and edition.pk is not None and edition.in_use


class Within(WordsOnly, admin.StackedInline):
    """An inline that takes no new rows once in use."""

    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return not _in_use(obj) and super().has_add_permission(request, obj)


class AttributeInline(Within):
    model = Attribute
    fields = ["order", "slug", "name", "description", "source"]
    words = ("name", "description", "source")
    show_change_link = True
    classes = ["collapse"]


class CategoryForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        """Checks what the database also checks, for a readable error."""
        cleaned = super().clean() or {}
        limits = (cleaned.get("least_reduction_percent"), cleaned.get("least_sustainable_percent"))
        if cleaned.get("rule") == Category.Rule.ENERGY and None in limits:
            self.add_error("rule", "This rule needs both percentages.")
        return cleaned


CATEGORY_FIELDS = (
    "order",
    "slug",
    "name",
    "description",
    "boxes",
    "rule",
    "minimum",
    "least_reduction_percent",
    "least_sustainable_percent",
    "found_by",
    "source",
)


class CategoryInline(Within):
    model = Category
    form = CategoryForm
    fields = CATEGORY_FIELDS
    words = ("name", "description", "found_by", "source")
    show_change_link = True
    classes = ["collapse"]


@admin.register(Edition)
class EditionAdmin(WordsOnly, Found):
    list_display = ["name", "slug", "large_attributes", "small_attributes", "large_boxes", "small_boxes"]
    fields = (
        "name",
        "program",
        "slug",
        "source",
        ("large_attributes", "small_attributes"),
        ("large_boxes", "small_boxes"),
        ("most_words", "most_photos"),
        "large_wastewater_mgd",
        "large_drinking_water_population",
        "large_stormwater_population",
    )
    words = ("name", "program", "source")
    inlines = [AttributeInline, CategoryInline]


class OfAnEdition(WordsOnly, Found):
    """A page for rows that are added and deleted on their edition's page."""

    list_filter = ["edition"]
    readonly_fields = ["edition"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Attribute)
class AttributeAdmin(OfAnEdition):
    """An attribute, with the elements of a gap analysis and the capacity elements that it is mapped to."""

    list_display = ["name", "edition", "n_elements"]
    fields = ["edition", "order", "slug", "name", "description", "source", "elements", "capacity"]
    words = ("name", "description", "source", "elements", "capacity")
    filter_horizontal = ["elements", "capacity"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        return super().get_queryset(request).select_related("edition").prefetch_related("elements")

    @admin.display(description="elements whose evidence can start it")
    def n_elements(self, attribute: Attribute) -> int:
        return len(attribute.elements.all())


class OptionInline(Within):
    model = Option
    fields = ["order", "kind", "slug", "label", "description"]
    words = ("label", "description")


@admin.register(Category)
class CategoryAdmin(OfAnEdition):
    form = CategoryForm
    list_display = ["name", "edition", "boxes", "rule", "minimum"]
    list_select_related = ["edition"]
    fields = ("edition", *CATEGORY_FIELDS)
    words = ("name", "description", "found_by", "source")
    inlines = [OptionInline]


@admin.register(CapacityElement)
class CapacityElementAdmin(Found):
    list_display = ["name", "kind", "order"]
    fields = ["order", "kind", "slug", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keeps the slug, which the data files use."""
        return ["slug"] if obj else []
