"""The API of a person's readings, for programs with an API token: the rules and the errors of the pages.

Values are returned as text, so that no digit is lost. They may be sent as numbers or, exactly, as text.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import cache_control
from ninja import Query, Router, Schema
from ninja.errors import HttpError

from accounts.bearer import ApiTokenBearer
from accounts.requests import TokenRequest
from assessments.analyses_api import MAX_ROWS, STALE, Date, Id, Moment, Sent, Text, UtilityOut, Version
from ims.api import Part, as_sent, check, require_known
from ims.check.forms import CorrectionForm, ReadingForm
from ims.check.measures import Measure
from ims.check.numbers import exact
from ims.check.planning import MAX_NOTE
from ims.check.readings import Reading, enter
from workflow.models import Stale, WrongState
from workflow.problems import problem

router = Router(tags=["Readings of measures (API token)"], auth=ApiTokenBearer())
router.add_decorator(cache_control(no_store=True), mode="view")
to_change = ApiTokenBearer(to_change=True)

Number = Text | int | float | None


class ReadingIn(Sent):
    """A new reading. ``measure`` is the ``id`` of a record of the register “measures”.

    ``period`` is its first day or is written as on the pages: 2026-03-01, March 2026, Q1 2026, 2026. Without a
    ``value``, ``why`` says why there is none.
    """

    measure: Id
    period: Text
    value: Number = None
    note: Text = ""
    why: Text = ""


class ReadingPatch(Sent):
    """A correction and the reason for it. What is left out stays as it is; null removes the value."""

    version: Version
    value: Number = None
    note: Text = ""
    why: Text


class ReadingsAsked(Part):
    """Filters of the list. ``period_from`` and ``period_to`` are the first days of the first and the last period."""

    utility: Id | None = None
    measure: Id | None = None
    period_from: Date | None = None
    period_to: Date | None = None
    changed_since: Moment | None = None


class MeasureOut(Schema):
    id: int
    number: str
    title: str
    unit: str
    every: str


class ReadingOut(Schema):
    """``period`` is its first day, ``name`` how pages write it. Without a ``value``, ``why`` says why there is none;
    with one, why it was corrected. ``role`` is the token owner's in the utility."""

    id: int
    utility: UtilityOut
    measure: MeasureOut
    period: date
    name: str
    value: str | None
    note: str
    why: str
    version: int
    role: str
    page: str
    entered_at: datetime
    changed_at: datetime | None


class ReadingList(Schema):
    items: list[ReadingOut]
    count: int


class SentForm(ReadingForm):
    """A reading as a program sends it: with a value or the reason why there is none."""

    why = forms.CharField(required=False, max_length=MAX_NOTE)

    def __init__(self, data: Any, *, measure: Measure) -> None:
        super().__init__(data, measure=measure)
        self.fields["value"].required = False

    def clean(self) -> None:
        given = self.cleaned_data
        if not self.errors and given["value"] is None and not given["why"]:
            self.add_error("why", "Enter a value, or the reason why there is none.")


def _rows(request: TokenRequest) -> QuerySet[Reading]:
    return Reading.objects.visible_to(request.auth.user).select_related("measure__utility")


def _out(row: Any) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ("id", "measure", "period", "note", "why", "version")},
        "utility": row.measure.utility,
        "name": str(row),
        "value": None if row.value is None else exact(row.value),
        "role": row.my_role,
        "page": row.get_absolute_url(),
        "entered_at": row.entered_at,
        "changed_at": row.changed_at,
    }


def _conflict(row: Any, detail: str) -> HttpResponse:
    return problem(409, "Conflict", detail=detail, current=ReadingOut.from_orm(_out(row)).model_dump())


def _texts(given: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what was sent as a form gets it. A number is written with all of its digits, and never as 1e-05."""
    value = given.get("value")
    as_text = f"{Decimal(repr(value)):f}" if isinstance(value, float) else "" if value is None else str(value)
    return as_sent(given) | ({"value": as_text} if "value" in given else {})


@router.get("readings", response=ReadingList, summary="Your utilities’ readings")
def readings(request: TokenRequest, asked: Query[ReadingsAsked]) -> dict[str, Any]:
    require_known(request, ReadingsAsked)
    found = _rows(request).order_by("measure__utility__name", "measure__number", "period", "pk")
    exactly = {
        "measure__utility": asked.utility,
        "measure": asked.measure,
        "period__gte": asked.period_from,
        "period__lte": asked.period_to,
    }
    found = found.filter(**{name: value for name, value in exactly.items() if value is not None})
    if asked.changed_since:
        since = asked.changed_since
        since = since if since.tzinfo else timezone.make_aware(since)
        found = found.filter(Q(entered_at__gte=since) | Q(changed_at__gte=since))
    part = found[asked.offset : asked.offset + min(asked.limit, MAX_ROWS)]
    return {"items": [_out(row) for row in part], "count": found.count()}


@router.post("readings", response={201: ReadingOut}, auth=to_change, summary="Add a reading")
def add(request: TokenRequest, asked: ReadingIn, response: HttpResponse) -> Any:
    """If the period has a reading already, the answer is 409 with it, to be corrected by its version."""
    measure: Any = get_object_or_404(Measure.objects.visible_to(request.auth.user), pk=asked.measure)
    measure.require_editor()
    form = SentForm(_texts(asked.model_dump(exclude={"measure"})), measure=measure)
    check(form, outside=tuple(form.fields))
    try:
        made = enter(measure, by=request.auth.user, **form.cleaned_data)
    except WrongState as refused:
        if there := _rows(request).filter(measure=measure, period=form.cleaned_data["period"]).first():
            return _conflict(there, str(refused))
        raise HttpError(409, str(refused)) from refused
    response["Location"] = f"{request.path}/{made.pk}"
    return _out(_rows(request).get(pk=made.pk))


@router.get("readings/{int:id}", response=ReadingOut, summary="One reading")
def one(request: TokenRequest, id: int) -> dict[str, Any]:
    return _out(get_object_or_404(_rows(request), pk=id))


@router.patch("readings/{int:id}", response=ReadingOut, auth=to_change, summary="Correct a reading")
def correct(request: TokenRequest, id: int, asked: ReadingPatch) -> Any:
    """The same values sent twice are no conflict."""
    row: Any = get_object_or_404(_rows(request), pk=id)
    row.require_editor()
    stored = {"value": "" if row.value is None else exact(row.value), "note": row.note}
    form = CorrectionForm(stored | _texts(asked.given) | {"version": asked.version}, reading=row)
    check(form, outside=tuple(form.fields))
    given = form.cleaned_data
    try:
        row.correct(by=request.auth.user, **given)
    except Stale as stale:
        current = _rows(request).get(pk=id)
        if any(getattr(stale.current, name) != given[name] for name in asked.given):
            return _conflict(current, STALE)
        return _out(current)
    except WrongState as refused:
        raise HttpError(409, str(refused)) from refused
    return _out(_rows(request).get(pk=id))
