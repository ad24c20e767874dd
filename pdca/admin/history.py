"""Admin history of catalog rows: who changed what and when, the differences, and reverting to a version."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from simple_history.admin import SimpleHistoryAdmin

from accounts.models import User
from accounts.requests import person
from pdca.differences import differences
from pdca.entries import OWN, assign, plain, plain_then
from pdca.index import refresh
from pdca.references import unknown_in


class KeptAdmin(SimpleHistoryAdmin):
    """Admin of a catalog row with its history. Reverting to a version adds a new one, so no version is lost."""

    change_list_template = "pdca/admin/entry_list.html"
    object_history_template = "pdca/admin/history.html"
    history_list_per_page = 20
    actions = None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        refresh()  # pages take their ETag from the index

    def address(self, name: str, *args: Any) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=args)

    def may_revert(self, row: Any) -> bool:
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        own = {"may_revert": row is not None and self.has_change_permission(request, row) and self.may_revert(row)}
        return super().history_view(request, object_id, own | (extra_context or {}))

    def set_history_delta_changes(
        self, request: HttpRequest, historical_records: Sequence[Any], foreign_keys_are_objs: bool = True
    ) -> None:
        """Sets each record's ``changes`` from the one before it: [(field label, difference)], None for the first."""
        records = list(historical_records)
        newest = records[0].history_id if records and historical_records.number == 1 else None  # type: ignore[attr-defined]
        last = records[-1].prev_record if records else None
        plains = [plain_then(record) for record in records + ([last] if last else [])]
        for record, after, before in zip(records, plains, [*plains[1:], None], strict=False):
            record.is_newest = record.history_id == newest
            record.changes = differences(self.model, before, after) if before else None

    @transaction.atomic
    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """On GET, shows what reverting would change; on POST, reverts the row to that version."""
        row: Any = self.get_object(request, unquote(object_id))
        record = row.history.filter(pk=version_id).first() if row and version_id.isdecimal() else None
        if record is None or not self.may_revert(row):
            raise Http404
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        now, then = plain(row), plain_then(record)
        when = date_format(timezone.localtime(record.history_date), "DATETIME_FORMAT")
        faults = self._faults_of(row, then)
        if request.method == "POST" and not faults:
            self.put_back(row, then, by=person(request), why=f"Restored the version of {when}")
            self.log_change(request, row, f"Restored the version of {when}.")
            messages.success(request, f"“{row}” was restored to the version of {when}.")
            return HttpResponseRedirect(self.address("history", row.pk))
        context = self.admin_site.each_context(request) | {
            "title": f"Restore the version of {when}",
            "original": row,
            "opts": self.opts,
            "changes": differences(self.model, now, then),
            "faults": faults,
            "draft": getattr(row, "draft", None),
        }
        return render(request, "pdca/admin/revert.html", context)

    def _faults_of(self, row: Any, values: dict[str, Any]) -> list[str]:
        """Returns why ``values`` are no longer valid, for example because another entry now has the name."""
        tried = self.model._base_manager.get(pk=row.pk)
        assign(tried, {name: value for name, value in values.items() if not self._many(name)})
        try:
            tried.full_clean(exclude=OWN)
        except ValidationError as error:
            return error.messages
        return [wrong for _, wrong in unknown_in(tried)]

    def _many(self, name: str) -> bool:
        return bool(self.opts.get_field(name).many_to_many)

    def put_back(self, row: Any, values: dict[str, Any], *, by: User, why: str) -> None:
        assign(row, values)
        row._history_user, row._change_reason = by, why
        row.save()
        refresh()


class FixedRows:
    """Mixin for rows that come from the guide: none can be added or deleted."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
