"""The admin of initiatives and cases, and the export and import of the whole catalog."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.utils import timezone

from accounts.requests import person
from initiatives import exchange, importing
from initiatives.catalog import TABLES
from initiatives.models import Case, Initiative
from pdca.admin import EntryAdmin, EntryForm
from pdca.models import Element
from workflow.shapes.forms import KeyedRecordsField


class InitiativeForm(EntryForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "asks" in self.fields:  # absent if the page is read-only
            column: Any = Initiative._meta.get_field("asks")
            elements = list(Element.objects.values_list("slug", "name"))
            label = self.fields["asks"].label
            self.fields["asks"] = KeyedRecordsField(column.shape.keys, "element", elements, label=label, required=False)


@admin.register(Initiative)
class InitiativeAdmin(EntryAdmin):
    form = InitiativeForm
    list_display = ["name", "state", "group", "area_letters", "strengths", "today"]
    list_filter = [*EntryAdmin.list_filter, "group", "group_is_judgement", "areas", "today", "today_verified"]
    search_fields = [
        "name__matches",
        "short_name__matches",
        "slug__matches",
        "key_feature__matches",
        "kind__matches",
        "sponsors__matches",
        "participants__matches",
        "today_text__matches",
    ]
    fieldsets = [
        ("Name and source", {"fields": ["name", ("short_name", "slug"), "key_feature", "source"]}),
        ("Group", {"fields": [("group", "group_is_judgement"), "group_reason"]}),
        (
            "Support for each part of the cycle",
            {
                "classes": ["strengths"],
                "fields": [
                    ("plan", "plan_note"), ("do", "do_note"), ("check_strength", "check_note"), ("act", "act_note"),
                ],
            },
        ),
        ("Systems and value chains", {"fields": ["areas", ("systems", "chains"), "value_chain", "fence_line"]}),
        ("Who it is for", {"fields": ["kind", "grouping", "sponsors", "participants", "profile_source"]}),
        ("Why and how", {"fields": ["drivers", "goals", "benefits", "steps", "lacks", "participation"]}),
        ("Requirements by element", {"classes": ["asks"], "fields": ["asks"]}),
        ("Status today", {"fields": [("today", "today_verified"), "today_text", "today_source", "reading"]}),
        ("Reasons for empty fields", {"fields": ["unsaid"]}),
    ]  # fmt: skip
    named_after = "short_name"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Initiative]:
        return super().get_queryset(request).prefetch_related("areas")

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, **kwargs | {"widget": forms.CheckboxSelectMultiple, "help_text": ""}
        )

    @admin.display(description="areas")
    def area_letters(self, initiative: Initiative) -> str:
        return " ".join(area.code for area in initiative.areas.all())

    @admin.display(description="plan, do, check, act")
    def strengths(self, initiative: Initiative) -> str:
        return " ".join(map(str, initiative.support.values()))

    def get_urls(self) -> list[Any]:
        return [
            path("catalog/", self.admin_site.admin_view(catalog), name="catalog"),
            path("catalog/headworks-catalog.<str:kind>", self.admin_site.admin_view(export), name="catalog_export"),
            path("catalog/import/", self.admin_site.admin_view(bring_in), name="catalog_import"),
            *super().get_urls(),
        ]


@admin.register(Case)
class CaseAdmin(EntryAdmin):
    list_display = ["name", "place", "approach", "order", "state"]
    list_filter = [*EntryAdmin.list_filter, "approach"]
    search_fields = [
        "name__matches",
        "place__matches",
        "slug__matches",
        "initiatives__matches",
        "path__matches",
        "integrated__matches",
        "note__matches",
    ]
    fieldsets = [
        ("Name and source", {"fields": ["name", "slug", ("place", "order"), "source"]}),
        ("The utility", {"fields": ["systems", "facts", "initiatives", "other_initiatives"]}),
        ("What it integrated", {"fields": ["approach", "path", "integrated", "benefits", "note"]}),
        ("Table", {"fields": ["table_columns", "table_rows", "table_note"]}),
    ]


# The whole catalog.


class CatalogFile(forms.Form):
    file = forms.FileField(
        label="YAML or Excel file", help_text="You can review the changes before anything is imported."
    )

    def clean_file(self) -> Any:
        uploaded = self.cleaned_data["file"]
        if uploaded.size > exchange.MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {exchange.MAX_BYTES // 1024**2} MB.")
        return uploaded


def _only_administrators(request: HttpRequest) -> None:
    names = [(table.model._meta.app_label, table.model._meta.model_name) for table in TABLES]
    if not request.user.has_perms([f"{app}.change_{model}" for app, model in names]):
        raise PermissionDenied


def catalog(request: HttpRequest) -> HttpResponse:
    """Offers the export and starts the import: dry-runs a posted file and shows what it would change."""
    _only_administrators(request)
    form = CatalogFile(request.POST, request.FILES) if request.method == "POST" else CatalogFile()
    if form.is_valid():
        uploaded = form.cleaned_data["file"]
        content = uploaded.read()
        try:
            plan = importing.dry_run(exchange.read(content))
        except exchange.Unreadable as error:
            form.add_error("file", str(error))
        else:
            return _show_plan(request, plan, uploaded.name, content)
    return _page(request, "catalog", "Export or import the catalog", form=form)


def export(request: HttpRequest, kind: str) -> HttpResponse:
    _only_administrators(request)
    if kind not in exchange.FILES:
        raise Http404
    content_type, made = exchange.FILES[kind]
    try:
        content = made()
    except exchange.TooLong as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("admin:catalog"))
    name = f"headworks-catalog-{timezone.localdate():%Y-%m-%d}.{kind}"
    return HttpResponse(content, content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def bring_in(request: HttpRequest) -> HttpResponse:
    """Imports what the dry run showed. If the changes would differ now, shows them instead."""
    _only_administrators(request)
    token = request.POST.get("token", "")
    kept = cache.get(_key(request, token)) if request.method == "POST" else None
    if kept is None:
        messages.error(request, "Nothing was imported: the file was stored for only an hour. Choose it again.")
        return HttpResponseRedirect(reverse("admin:catalog"))
    name, content = kept
    over = request.POST.getlist("over")  # rows that changed since the export
    contents, why = exchange.read(content), f"Imported from {name}"
    plan, done = importing.carry_out(contents, token, by=person(request), why=why, over=over)
    if not done:
        # Errors appear now if a row needs one that was not selected, or if the catalog has changed.
        said = "These are the errors now" if plan.faults else "The catalog has just changed. These are the changes now"
        messages.warning(request, f"Nothing was imported. {said}.")
        return _show_plan(request, plan, name, content)
    cache.delete(_key(request, token))
    skipped = len(plan.changes) - len(plan.done)
    kept = f" Skipped because they changed since the export: {skipped}." if skipped else ""
    messages.success(request, f"Imported: {len(plan.done)} rows changed or added.{kept}")
    return HttpResponseRedirect(reverse("admin:catalog"))


def _show_plan(request: HttpRequest, plan: importing.Plan, name: str, content: bytes) -> HttpResponse:
    cache.set(_key(request, plan.token), (name, content), 3600)
    return _page(request, "catalog_plan", f"Changes in {name}", plan=plan, name=name)


def _key(request: HttpRequest, token: str) -> str:
    return f"catalog-import:{request.user.pk}:{token[:64]}"


def _page(request: HttpRequest, template: str, title: str, **own: Any) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": title, "catalog_page": True}
    return render(request, f"pdca/admin/{template}.html", context | own)
