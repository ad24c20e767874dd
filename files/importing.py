"""An Excel file of rows goes out, comes back, is previewed and saved: what the pages of all kinds of rows share."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils.http import content_disposition_header

from accounts.requests import AuthenticatedRequest
from files.models import RefusedFile, checked
from workflow.exchange import keeping
from workflow.exchange.planning import Plan, carry_out, planned
from workflow.exchange.rows import Exchange
from workflow.exchange.workbook import written
from workflow.models import Stale, WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS, Unreadable

MAX_BYTES = 5 * 1024 * 1024  # of an Excel file; 18 rows of the longest texts take less


class ExcelForm(forms.Form):
    file = forms.FileField(
        label="Excel file",
        help_text="The .xlsx file that you downloaded here and edited.",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
    )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if not str(upload.name).lower().endswith(".xlsx"):
            raise forms.ValidationError("This is not an Excel workbook. Save it as .xlsx and choose it again.")
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(f"The file is larger than {MAX_BYTES // 1024**2} MB.")
        try:
            checked(upload)
        except RefusedFile as error:
            raise forms.ValidationError(str(error)) from error
        return upload


def as_excel(exchange: Exchange, name: str) -> HttpResponse:
    """Returns the rows as a file to edit, called ``name``."""
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(written(exchange), KINDS["xlsx"][0], headers=headers)


@dataclass(frozen=True)
class Import:
    """The way back of one kind of rows, for views that have found the rows and asked for the right to change them.

    ``rows`` returns the exchange; ``locked`` the same within a transaction, holding the rows, and may raise WrongState.
    ``ask`` and ``plan`` are the templates, which get ``context``. A file waits under ``kept_as`` for its confirmation.
    ``after`` and ``again`` are the pages after saving and after a refusal; ``row`` is what the messages call a row.
    """

    rows: Callable[[], Exchange]
    locked: Callable[[], Exchange]
    ask: str
    plan: str
    context: dict[str, Any]
    kept_as: str
    after: str
    again: str
    row: str = "row"
    summary: Callable[[Plan, int], str] | None = None  # other words for what was saved

    def preview(self, request: AuthenticatedRequest) -> HttpResponse:
        """Asks for the file, then shows what it would change. Saves nothing."""
        form = ExcelForm(request.POST, request.FILES) if request.method == "POST" else ExcelForm()
        if form.is_valid():
            upload = form.cleaned_data["file"]
            content = upload.read()
            try:
                plan = planned(self.rows(), content)
            except Unreadable as error:
                form.add_error("file", str(error))
            else:
                return self._shown(request, plan, upload.name, content)
        return self._asked(request, form, status_of(form))

    def confirm(self, request: AuthenticatedRequest) -> HttpResponse:
        """Saves what the preview showed, all or nothing. If the changes would differ now, shows them instead."""
        token = request.POST.get("token", "")
        kept = keeping.take(request, self.kept_as, token)
        if kept is None:
            messages.error(request, keeping.ERROR_EXPIRED)
            return self._asked(request, ExcelForm(), 422)
        name, content = kept
        try:
            with transaction.atomic():
                over = request.POST.getlist("over")
                plan, saved = carry_out(self.locked(), content, token, over=over, by=request.user)
        except (Stale, WrongState, Unreadable) as error:  # what holds the rows was closed or changed at this moment
            messages.error(request, f"Nothing was imported. {error}")
            return redirect(self.again)
        if saved is None:
            since = f"Nothing was imported, because {self.row}s changed since the preview."
            messages.warning(request, f"{since} This is what the file changes now.")
            return self._shown(request, plan, name, content)
        messages.success(request, (self.summary or self._summary)(plan, len(saved)))
        return redirect(self.after)

    def _summary(self, plan: Plan, n_saved: int) -> str:
        skipped = len(plan.changes) - n_saved
        left = f" {skipped} {self.row}{pluralize(skipped)} stayed as on the site." if skipped else ""
        return f"Imported from Excel: {n_saved} {self.row}{pluralize(n_saved)} changed.{left}"

    def _shown(self, request: AuthenticatedRequest, plan: Plan, name: str, content: bytes) -> HttpResponse:
        if (plan.changes or plan.added) and not plan.faults:
            keeping.keep(request, self.kept_as, plan.token, name, content)
        context = self.context | {"plan": plan, "name": name}
        return render(request, self.plan, context, status=422 if plan.faults else 200)

    def _asked(self, request: AuthenticatedRequest, form: ExcelForm, status: int) -> HttpResponse:
        return render(request, self.ask, self.context | {"form": form}, status=status)
