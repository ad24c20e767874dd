"""The criteria: editions, attributes, resource categories and their options."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.utils import flatten
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest

from recognition.criteria.models import Attribute, CapacityElement, Category, Edition, Option


class WordsOnly(admin.options.BaseModelAdmin):
    """Once a cycle by them has opened, the criteria keep their numbers and slugs: only ``words`` may change."""

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


def _in_use(obj: Any) -> bool:
    """Of an edition, or of what belongs to one."""
    edition = obj if isinstance(obj, Edition) or obj is None else obj.edition
    return edition is not None and edition.pk is not None and edition.in_use


class Within(WordsOnly, admin.StackedInline):
    """Rows on their parent's page."""

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
        """The rule that the database also keeps, said before it has to refuse."""
        cleaned = super().clean() or {}
        limits = (cleaned.get("least_reduction_percent"), cleaned.get("least_sustainable_percent"))
        if cleaned.get("rule") == Category.Rule.ENERGY and None in limits:
            self.add_error("rule", "This way of counting needs both percentages.")
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
    "source",
)


class CategoryInline(Within):
    model = Category
    form = CategoryForm
    fields = CATEGORY_FIELDS
    words = ("name", "description", "source")
    show_change_link = True
    classes = ["collapse"]


@admin.register(Edition)
class EditionAdmin(WordsOnly, admin.ModelAdmin):
    list_display = ["name", "slug", "large_attributes", "small_attributes", "large_boxes", "small_boxes"]
    fields = (
        "name",
        "slug",
        "source",
        ("large_attributes", "small_attributes"),
        ("large_boxes", "small_boxes"),
        ("most_words", "most_photos"),
        "large_wastewater_mgd",
        "large_drinking_water_population",
        "large_stormwater_population",
    )
    words = ("name", "source")
    inlines = [AttributeInline, CategoryInline]


class OfAnEdition(WordsOnly, admin.ModelAdmin):
    """A page of its own for what is added and taken away on its edition's page."""

    list_filter = ["edition"]
    readonly_fields = ["edition"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Attribute)
class AttributeAdmin(OfAnEdition):
    """Here is also said which elements of a gap analysis, and which capacity elements, answer to an attribute."""

    list_display = ["name", "edition", "n_elements"]
    fields = ["edition", "order", "slug", "name", "description", "source", "elements", "capacity"]
    words = ("name", "description", "source", "elements", "capacity")
    filter_horizontal = ["elements", "capacity"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attribute]:
        return super().get_queryset(request).select_related("edition").prefetch_related("elements")

    @admin.display(description="elements that can start it")
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
    words = ("name", "description", "source")
    inlines = [OptionInline]


@admin.register(CapacityElement)
class CapacityElementAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "order"]
    fields = ["order", "kind", "slug", "name"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The data files know it by its slug."""
        return ["slug"] if obj else []
