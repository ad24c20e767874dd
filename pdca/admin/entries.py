"""The admin of catalog entries: save as a draft, preview, publish, retire, delete."""

import copy
import hashlib
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import path, resolve
from django.utils import timezone

from accounts.models import User
from pdca.admin.history import KeptAdmin
from pdca.differences import differences
from pdca.entries import CatalogEntry, tidy
from pdca.index import refresh
from pdca.references import unknown_in, uses_of

CHANGED_MEANWHILE = (
    "Someone changed this entry after you opened it. Its history shows the changes. "
    "Your text is still here. Save again to replace theirs."
)


class EntryForm(forms.ModelForm):
    """Shows the draft if there is one. ``seen`` is a hash of what the page showed, to detect concurrent changes."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {**self.initial, **(self.instance.draft or {}), "seen": self._state()}

    def _state(self) -> str:
        entry = self.instance
        said = repr((entry.plain(), entry.draft, entry.published)) if entry.pk else ""
        return hashlib.sha256(said.encode()).hexdigest()

    def clean(self) -> dict[str, Any]:
        cleaned = {name: tidy(value) for name, value in (super().clean() or {}).items()}
        for name, value in cleaned.items():
            known = self.initial.get(name)
            if isinstance(self.fields[name], forms.MultipleChoiceField) and sorted(value) == sorted(known or []):
                cleaned[name] = known or []  # check boxes arrive in form order, which has no meaning
        if cleaned.get("seen") and cleaned["seen"] != self._state():
            shown: Any = self.data.copy()  # type: ignore[attr-defined]
            shown["seen"], self.data = self._state(), shown
            self.add_error(None, CHANGED_MEANWHILE)
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for name, wrong in unknown_in(self.instance):
            self.add_error(name, wrong)

    def values(self) -> dict[str, Any]:
        """Returns the submitted values in their plain form."""
        typed: dict[str, Any] = self.instance.plain()
        for field in self.instance._meta.many_to_many:
            typed[field.name] = sorted(str(row.pk) for row in self.cleaned_data[field.name])
        return typed


class StateFilter(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"
    PARTS = {
        "published": ("Published", models.Q(published=True, retired_on=None)),
        "with-draft": ("With a draft", models.Q(published=True, draft__isnull=False)),
        "draft": ("Draft", models.Q(published=False)),
        "retired": ("Retired", models.Q(retired_on__isnull=False)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, label) for value, (label, _) in self.PARTS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        _, condition = self.PARTS.get(self.value() or "", ("", models.Q()))
        return queryset.filter(condition)


class EntryAdmin(KeptAdmin):
    """``fixed``: fields that can't change once the entry exists. ``named_after``: the field a new slug is made from.

    ``may_retire``: False if other code needs every row.
    """

    form = EntryForm
    list_filter: Any = [StateFilter]
    fixed: ClassVar[list[str]] = ["slug"]
    named_after = "name"
    may_retire = True
    change_form_template = "pdca/admin/entry_form.html"
    formfield_overrides = {
        models.CharField: {"widget": forms.TextInput(attrs={"class": "vLargeTextField"})},
        models.TextField: {"widget": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 4})},
    }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, ArrayField):
            label = str(db_field.verbose_name)
            return forms.MultipleChoiceField(
                choices=db_field.base_field.choices or (),
                widget=forms.CheckboxSelectMultiple,
                required=not db_field.blank,
                label=label[:1].upper() + label[1:],
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else {"slug": [self.named_after]}

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Returns ``fixed`` once the entry exists: links, the API and data files identify an entry by its slug."""
        return self.fixed if obj else []

    def view_on_site(self, obj: Any) -> str | None:
        return obj.get_absolute_url() if obj.published else None

    def may_revert(self, row: Any) -> bool:
        return bool(row.published)

    def put_back(self, row: Any, values: dict[str, Any], *, by: User, why: str) -> None:
        row.publish(values, by=by, why=why)

    # Saving: as a draft or published.

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        entry = self.model._base_manager.select_for_update().get(pk=obj.pk) if change else obj
        if "_publish" in request.POST:
            entry.publish(form.values(), by=request.user)
        elif change:
            entry.keep_draft(form.values())
        else:
            entry.write(form.values(), by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Does nothing: ``save_model`` saves related rows too."""

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> str:
        return "Published." if "_publish" in request.POST else "Saved as a draft."

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self.response_change(request, obj)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        if "_publish" in request.POST:
            messages.success(request, f"“{obj}” was published.")
        else:
            messages.info(request, f"“{obj}” was saved as a draft. Readers can’t see it until you publish it.")
        return HttpResponseRedirect(self.address("change", obj.pk))

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        entry = kwargs.get("obj")
        own: dict[str, Any] = {"entry": entry, "may_retire": self.may_retire}
        if entry and entry.draft:
            kept = self.model._base_manager.get(pk=entry.pk)
            own["draft_changes"] = differences(self.model, kept.plain(), kept.plain() | kept.draft)
        own["preview"] = self.address("preview", entry.pk) if entry else self.address("preview_new")
        own["anchor"] = entry.get_absolute_url().partition("#")[2] if entry else ""
        return super().render_change_form(request, context | own, *args, **kwargs)

    # Extra pages.

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        pages = [
            ("add/preview/", self.preview, f"{name}_preview_new"),
            ("<path:object_id>/preview/", self.preview, f"{name}_preview"),
            ("<path:object_id>/discard/", self.discard, f"{name}_discard"),
            ("<path:object_id>/retire/", self.retire, f"{name}_retire"),
        ]
        own = [path(route, self.admin_site.admin_view(view), name=page) for route, view, page in pages]
        return [*own, *super().get_urls()]

    def _fetched(self, request: HttpRequest, object_id: str) -> Any:
        entry = self.get_object(request, unquote(object_id))
        if entry is None:
            raise Http404
        if not self.has_change_permission(request, entry):
            raise PermissionDenied
        return entry

    def preview(self, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
        """Shows the public page with the submitted values, or on GET with the draft. Saves nothing."""
        if object_id is None and not self.has_add_permission(request):
            raise PermissionDenied
        entry = self._fetched(request, object_id) if object_id else None
        if request.method != "POST":
            if entry is None:
                raise Http404
            return as_readers_see(request, entry, entry.draft or {})
        typed = request.POST.copy()
        typed["seen"] = ""  # a preview overwrites nothing
        form = self.get_form(request, entry, change=bool(entry))(typed, instance=entry)
        if form.is_valid():
            return as_readers_see(request, form.instance, form.values())
        faults = [
            (form.fields[name].label if name in form.fields else "", wrong)
            for name, wrongs in form.errors.items()
            for wrong in wrongs
        ]
        return self._page(request, "preview_faults", "No preview yet", original=entry, faults=faults)

    def discard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        entry = self._fetched(request, object_id)
        if entry.draft is None:
            raise Http404
        done = "The draft was discarded. The form shows the published version."
        return self._asked_once(request, entry, entry.discard_draft, "Discard draft", done, "discard")

    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Retires the entry, or brings a retired one back."""
        entry = self._fetched(request, object_id)
        if not entry.published or not self.may_retire:
            raise Http404
        on = None if entry.retired_on else timezone.localdate()
        what, done = ("Retire", "Retired.") if on else ("Restore", "Restored. Readers can find it again.")
        return self._asked_once(request, entry, lambda: entry.retire(on, by=request.user), what, done, "retire")

    def _asked_once(
        self, request: HttpRequest, entry: Any, act: Callable[[], Any], what: str, done: str, action: str
    ) -> HttpResponse:
        if request.method != "POST":
            changes = differences(self.model, entry.plain() | (entry.draft or {}), entry.plain())
            own = {"original": entry, "action": action, "what": what, "changes": changes, "uses": uses_of(entry)}
            return self._page(request, "confirm", what, **own)
        with transaction.atomic():
            act()
            self.log_change(request, entry, done)
        messages.success(request, done)
        return HttpResponseRedirect(self.address("change", entry.pk))

    def _page(self, request: HttpRequest, name: str, title: str, **own: Any) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"title": title, "opts": self.opts}
        return render(request, f"pdca/admin/{name}.html", context | own)

    # Deleting.

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allows users who may change entries. ``delete_view`` refuses entries in use or loaded from a data file."""
        return self.has_change_permission(request, obj)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        entry: Any = self.get_object(request, unquote(object_id))
        uses = uses_of(entry) if entry else []
        if entry and self.has_delete_permission(request, entry) and (uses or entry.loaded):
            return self._page(request, "in_use", "This entry can’t be deleted", original=entry, uses=uses)
        return super().delete_view(request, object_id, extra_context)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        obj._history_user = request.user
        super().delete_model(request, obj)
        refresh()


def as_readers_see(request: HttpRequest, entry: CatalogEntry, values: dict[str, Any]) -> HttpResponse:
    """Renders the public page of ``entry`` as if ``values`` were published, with a message that it is a preview."""
    with entry.previewed(values):
        address = entry.get_absolute_url().partition("#")[0]
        found = resolve(address)
        visit = copy.copy(request)
        visit.method, visit.path, visit.path_info = "GET", address, address
        visit.GET, visit.resolver_match = QueryDict(), found
        messages.warning(visit, f"Preview of “{entry}”. It is not saved and nobody else can see it.")
        return found.func(visit, *found.args, **found.kwargs)
