"""The page "The round of the year", and the same as a calendar: a feed at a secret address, and a file."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from ims import ical
from ims.access import utility_of
from ims.check.periods import FIRST_YEAR, LAST_YEAR
from ims.editions import later
from ims.people import Person
from ims.plan.units import Unit
from ims.system.feed import RoundFeed
from ims.system.round import Chosen, Dated, Round, State
from pdca.models import Area, Component
from reports import load, ring

UNDATED = 12  # that are shown
FED = 24  # months in a feed: this year and the next


class RoundFilters(forms.Form):
    component = forms.ChoiceField(required=False)
    area = forms.ChoiceField(required=False)
    unit = forms.ChoiceField(required=False)
    owner = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, request: AuthenticatedRequest, utility: Utility, **options: Any) -> None:
        super().__init__(*args, **options)
        units: Any = Unit.objects.visible_to(request.user).open()
        people = Person.objects.filter(utility=utility).here().order_by("name")
        self._offer("component", "All components", Component.objects.values_list("slug", "name"))
        self._offer("area", "All areas", Area.objects.values_list("code", "name"))
        self._offer("unit", "All units", units.filter(utility=utility).order_by("title").values_list("pk", "title"))
        self._offer("owner", "Everyone", people.values_list("pk", "name"))

    def _offer(self, name: str, empty: str, rows: Any) -> None:
        self.fields[name].choices = [("", empty), *((str(value), words) for value, words in rows)]  # type: ignore[attr-defined]

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def chosen(self) -> Chosen:
        keys = {name: int(value) for name, value in self.given.items() if name in ("unit", "owner")}
        return Chosen(**self.given | keys)  # type: ignore[arg-type]

    @property
    def query(self) -> str:
        return urlencode(self.given)


def _first(asked: str | None) -> date:
    """Returns the first day of the month 2027-01, without one of this year. Raises Http404 for anything else."""
    if not asked:
        return timezone.localdate().replace(month=1, day=1)
    match = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", asked, re.ASCII)
    if not match or not FIRST_YEAR <= int(match[1]) < LAST_YEAR:
        raise Http404
    return date(int(match[1]), int(match[2]), 1)


def _asked(request: AuthenticatedRequest, utility: Utility, **options: bool) -> tuple[Round, RoundFilters]:
    """Returns the round of the months and filters in the address. Raises Http404 for what nobody can choose."""
    filters = RoundFilters(request.GET, request=request, utility=utility)
    if not filters.is_valid():
        raise Http404
    first = _first(request.GET.get("from"))
    return Round(utility, request.user, first, chosen=filters.chosen, **options), filters


@login_required
@require_safe
def year(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _page(request, utility_of(request, utility_pk))


def _page(request: AuthenticatedRequest, utility: Utility, address: str = "") -> HttpResponse:
    shown, filters = _asked(request, utility)
    marks = [
        ring.Mark(name, name[:1].upper(), min(each.day for each in dated), len(dated), _title(dated), _is_open(dated))
        for month in shown.months
        for name in month.counts
        for dated in [[each for each in month.dated if each.component == name]]
    ]
    columns = [load.Column(month.first, month.counts) for month in shown.months]
    this_month = shown.today.replace(day=1)
    context = {
        "utility": utility,
        "round": shown,
        "filters": filters,
        "n_filters": len(filters.given),
        "last": later(shown.end, -1),
        "is_calendar_year": shown.first.month == 1,
        "spans": [
            (each, f"{each.year}" if each.month == 1 else "From this month", each == shown.first)
            for each in _spans(shown.first, this_month)
        ],
        "undated": shown.undated[:UNDATED],
        "n_more_undated": max(0, len(shown.undated) - UNDATED),
        "ring": ring.drawn_round(marks, shown.first, shown.today),
        "load": load.drawn_load(columns, shown.balance),
        "has_feed": RoundFeed.objects.of(request.user, utility).exists(),
        "address": address,
    }
    return render(request, "ims/system/year.html", context)


def _spans(first: date, this_month: date) -> list[date]:
    """Returns the first months that are offered: the years around the one that is shown, and this month."""
    years = {date(n, 1, 1) for n in range(first.year - 1, first.year + 2) if FIRST_YEAR <= n < LAST_YEAR}
    return sorted({*years, this_month})


def _title(dated: list[Dated]) -> str:
    first = dated[0]
    more = f", and {len(dated) - 1} more in {first.day:%B}" if len(dated) > 1 else ""
    return f"{first.day:%B %-d}: {first.words}{more}"


def _is_open(dated: list[Dated]) -> bool:
    return all(each.state is State.EXPECTED for each in dated)


# As a calendar.


def _days(shown: Round) -> list[ical.Day]:
    now = timezone.now()
    return [
        ical.Day(
            key=each.key,
            date=each.day,
            summary=f"{'Expected: ' if each.state is State.EXPECTED else ''}{each.words}",
            description=", ".join(filter(None, [str(shown.utility), each.source, each.owner, each.state.value])),
            path=each.url,
            stamp=each.changed_at or now,
            sequence=each.version,
            is_tentative=each.state is State.EXPECTED,
        )
        for each in shown.dated[: ical.MAX_DAYS]
    ]


@login_required
@require_safe
def download(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Returns what the page shows as a file. It leaves the site, so nothing of closed registers is in it."""
    utility = utility_of(request, utility_pk)
    shown, _ = _asked(request, utility, for_others=True)
    answer = ical.answer(f"The round of the year, {utility}", _days(shown))
    answer["Content-Disposition"] = f'attachment; filename="round-{shown.first:%Y-%m}.ics"'
    return answer


@require_safe
@never_cache
def feed(request: HttpRequest, utility_pk: int, secret: str) -> HttpResponse:
    """Returns the whole round of this year and the next to who has the address, as the person may read it today."""
    found = get_object_or_404(RoundFeed.objects.with_secret(secret), utility=utility_pk)
    utility = get_object_or_404(Utility.objects.visible_to(found.user), pk=utility_pk)
    first = timezone.localdate().replace(month=1, day=1)
    shown = Round(utility, found.user, first, n_months=FED, for_others=True)
    return ical.answer(f"The round of the year, {utility}", _days(shown))


@login_required
@require_POST
@never_cache
def new_feed(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Makes a new address, which is shown once."""
    utility = utility_of(request, utility_pk)
    return _page(request, utility, settings.SITE_URL.rstrip("/") + RoundFeed.new(request.user, utility))


@login_required
@require_POST
def end_feed(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    RoundFeed.objects.of(request.user, utility).delete()
    messages.success(request, "The calendar feed has ended. Its address no longer works.")
    return redirect("ims:year", utility.pk)
