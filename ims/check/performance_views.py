"""The page of the quarterly performance report, and saving what people say about the quarter."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT, User, Utility
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.access import utility_of
from ims.check import periods
from ims.check.performance import report
from ims.check.periods import Every
from ims.check.quarters import Quarter
from reports.views import report_request
from workflow import saving

OFFERED = 12  # quarters


class SummaryForm(forms.ModelForm):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Quarter
        fields = ["summary"]
        widgets = {"summary": forms.Textarea(attrs={"rows": 4})}


def _quarter(utility: Utility, user: User, named: str) -> Quarter:
    """Returns the quarter with the name 2026-04, its first month. Raises Http404 for any other, and for the future."""
    match = re.fullmatch(r"(\d{4})-(01|04|07|10)", named)
    if not match or not periods.FIRST_YEAR <= int(match[1]) <= periods.LAST_YEAR:
        raise Http404
    first = date(int(match[1]), int(match[2]), 1)
    if first > timezone.localdate():
        raise Http404
    return Quarter.of(utility, first, user=user)


@login_required
def performance(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    last = periods.last_ended(timezone.localdate(), Every.QUARTER)
    quarter = _quarter(utility, request.user, request.GET.get("quarter") or f"{last:%Y-%m}")
    return _page(request, quarter, SummaryForm(instance=quarter, initial={"version": quarter.version}))


def _page(request: AuthenticatedRequest, quarter: Quarter, form: SummaryForm, **more: Any) -> HttpResponse:
    this = periods.start(timezone.localdate(), Every.QUARTER)
    offered = [periods.moved(this, Every.QUARTER, -n) for n in range(OFFERED)]
    if quarter.first not in offered:
        offered.append(quarter.first)
    made = report(quarter)
    context = {
        "heads": ["Measure", str(quarter), "Last quarter", "A year ago", "Target", "Trend", "Notes"],
        "parts": [
            ("reached", "Objectives reached", made.reached, "None in this quarter."),
            ("done", "Actions done", made.done, "None in this quarter."),
            ("late", "Due by the end of the quarter and not done", made.late, "None."),
        ],
        **{"utility": quarter.utility, "register": registers.get("measures"), "quarter": quarter, "form": form},
        "quarters": [(f"{first:%Y-%m}", periods.named(first, Every.QUARTER)) for first in offered],
        "can_edit": quarter.my_role in CAN_EDIT,
        "report": made,
    }
    status = more.pop("status", 200)
    return render(request, "ims/check/performance.html", context | more, status=status)


@login_required
@require_POST
def comment(request: AuthenticatedRequest, utility_pk: int, quarter: str) -> HttpResponse:
    """Saves what people say about a quarter if it still has the version that was read (workflow.saving)."""
    found = _quarter(utility_of(request, utility_pk), request.user, quarter)
    found.require_editor()
    form = SummaryForm(request.POST)

    def keep() -> Quarter:
        row = found.stored()
        row.comment(form.cleaned_data["version"], by=request.user, summary=form.cleaned_data["summary"])
        return row

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, found, form, conflict=conflict, status=status)

    block = saving.Block("summary", found.get_absolute_url())
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
@require_POST
def request_report(request: AuthenticatedRequest, utility_pk: int, quarter: str) -> HttpResponse:
    """Requests the report of a quarter as a file, which every member may."""
    found = _quarter(utility_of(request, utility_pk), request.user, quarter)
    return report_request(request, "performance", found.stored().pk)
