"""The API of a person's records, for programs with an API token: the rules and the errors of the pages.

One set of addresses serves all registers; ``kind`` is the slug of one. ``GET registers/{kind}`` describes its values.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import cache_control
from ninja import Query, Router, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import Field

from accounts.bearer import ApiTokenBearer
from accounts.models import CAN_EDIT, Utility
from accounts.requests import TokenRequest
from assessments.analyses_api import MAX_ROWS, STALE, Id, Moment, Sent, Text, UtilityOut, Version
from ims import registers
from ims.access import register_of
from ims.closed import ClosedRegister
from ims.emails import tell_mentioned
from ims.forms import CommentForm, MoveForm, RecordForm, form_of
from ims.records import Record
from ims.registers import Register
from workflow.conflicts import differences
from workflow.models import Stale, WrongState
from workflow.problems import problem
from workflow.saving import errors_of

router = Router(tags=["Records of the management system (API token)"], auth=ApiTokenBearer())
router.add_decorator(cache_control(no_store=True), mode="view")
to_change = ApiTokenBearer(to_change=True)

TYPES = {  # the first that a form's field is of
    forms.MultipleChoiceField: "list",
    forms.ModelChoiceField: "id",
    forms.ChoiceField: "choice",
    forms.BooleanField: "yes or no",
    forms.DateField: "date",
    forms.IntegerField: "number",  # so are FloatField and DecimalField
}
FITS: dict[str, tuple[type, ...]] = {
    "list": (list,),
    "id": (int, str),
    "yes or no": (bool,),
    "number": (int, float, str),
}
Value = Text | bool | int | float | list[Text | int] | None
Values = Annotated[
    dict[Text, Value],
    Field(description="name → value, as “registers/{kind}” describes them. Exact numbers may be sent as texts."),
]


# --- What is sent.


class RecordIn(Sent):
    """A new record. ``utility`` is the number in the address of the utility's page."""

    utility: Id
    values: Values


class RecordChange(Sent):
    """What is left out of ``values`` stays as it is."""

    version: Version
    values: Values


class MoveIn(Sent):
    """``why`` and ``values``: what the move asks for."""

    why: Text = ""
    values: Values = {}


class CommentIn(Sent):
    text: Text


class Part(Schema):
    """Which part of a list. All are optional."""

    limit: Annotated[int, Field(ge=1, description=f"at most {MAX_ROWS} are returned")] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class RecordsAsked(Part):
    """Filters of the list; ``owner`` is the number of a person, ``area`` a letter."""

    utility: Id | None = None
    status: str | None = None
    owner: Id | None = None
    area: Annotated[str, Field(pattern="^[A-Z]$")] | None = None
    open: bool | None = None
    late: bool | None = None
    changed_since: Moment | None = None


class RegisterAsked(Schema):
    """The choices are those of a utility: its people, units and objectives too."""

    utility: Id


# --- What is returned.


class MoveOut(Schema):
    """A step from one of the statuses ``start`` to ``end``. ``asks`` names the values that it needs."""

    slug: str
    label: str
    start: list[str]
    end: str
    asks: list[str]
    needs_why: bool


class ChoiceOut(Schema):
    value: str | int
    label: str


class FieldOut(Schema):
    """``type``: text, choice, list, id, date, number, or yes or no."""

    name: str
    label: str
    type: str
    required: bool
    max_length: int | None
    choices: list[ChoiceOut]


class RegisterOut(Schema):
    slug: str
    name: str
    about: str
    element: str
    component: str
    statuses: list[ChoiceOut]
    moves: list[MoveOut]


class RegisterList(Schema):
    items: list[RegisterOut]
    count: int


class DescribedOut(RegisterOut):
    fields: list[FieldOut]


class RecordOut(Schema):
    """``told`` has what a move asked for or what the record was made from; it is not changed with ``values``.

    ``living`` is empty, or says why the record does not count. ``role`` is the token owner's in the utility.
    """

    id: int
    register_name: str = Field(serialization_alias="register")
    utility: UtilityOut
    number: str
    status: str
    is_open: bool
    is_late: bool
    living: str
    moves: list[str]
    version: int
    role: str
    values: dict[str, Any]
    told: dict[str, Any]
    page: str
    created_at: datetime
    changed_at: datetime | None


class RecordList(Schema):
    items: list[RecordOut]
    count: int


class CommentOut(Schema):
    id: int
    by: str
    at: datetime
    text: str

    @staticmethod
    def resolve_by(comment: Any) -> str:
        return str(comment.by or "a former member")


class CommentList(Schema):
    items: list[CommentOut]
    count: int


# --- Parts of several answers.


def _rows(request: TokenRequest, register: Register) -> QuerySet[Any]:
    return register.model.objects.visible_to(request.auth.user)


def _utility(request: TokenRequest, pk: int, register: Register) -> Utility:
    """Returns one of the user's utilities, unless its register is closed to the user."""
    utility = get_object_or_404(Utility.objects.visible_to(request.auth.user), pk=pk)
    if register.closable and register.slug in ClosedRegister.closed_to(request.auth.user, utility):
        raise Http404
    return utility


def _record(request: TokenRequest, kind: str, pk: int) -> Any:
    return get_object_or_404(_rows(request, register_of(kind)), pk=pk)


def _plain(value: Any) -> Any:
    """Returns a value as JSON has it: numbers with decimals as text, so that none is rounded."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def _values(row: Any, register: Register, names: Iterable[str]) -> dict[str, Any]:
    fields = {name: register.model._meta.get_field(name) for name in names}
    return {name: _plain(getattr(row, field.attname)) for name, field in fields.items()}  # type: ignore[union-attr]


def _out(row: Any, register: Register) -> dict[str, Any]:
    return {
        "id": row.pk,
        "register_name": register.slug,
        "utility": row.utility,
        "number": row.number,
        "status": row.status,
        "is_open": row.is_open,
        "is_late": row.is_late,
        "living": register.living(row),
        "moves": [move.slug for move in register.moves_from(row.status)],
        "version": row.version,
        "role": row.my_role,
        "values": _values(row, register, (*register.shared, *register.fields)),
        "told": _values(row, register, register.recorded),
        "page": row.get_absolute_url(),
        "created_at": row.created_at,
        "changed_at": row.changed_at,
    }


def invalid(errors: Iterable[tuple[tuple[str, ...], str]], where: str = "body") -> ValidationError:
    """Returns errors in the format of a type error: (names that lead to the value, words)."""
    return ValidationError([{"type": "invalid", "loc": [where, *place], "msg": words} for place, words in errors])


def require_known(request: TokenRequest, asked: type[Schema]) -> None:
    """Rejects unknown parameters; otherwise a mistyped filter would return everything."""
    if unknown := sorted(request.GET.keys() - asked.model_fields.keys()):
        raise invalid([((name,), "unknown parameter") for name in unknown], "query")


def _type(field: forms.Field) -> str:
    return next((name for known, name in TYPES.items() if isinstance(field, known)), "text")


def _require_types(values: Mapping[str, Any], fields: Mapping[str, forms.Field]) -> None:
    """Rejects unknown names and values of a wrong type: nothing is ignored or converted."""
    wrong = []
    for name, value in values.items():
        if name not in fields or name == "version":
            wrong.append((("asked", "values", name), "unknown name"))
        elif value is not None and not isinstance(value, FITS.get(kind := _type(fields[name]), (str,))):
            wrong.append((("asked", "values", name), f"not of the type “{kind}”"))
        elif isinstance(value, bool) and _type(fields[name]) != "yes or no":
            wrong.append((("asked", "values", name), "unexpected true or false"))
    if wrong:
        raise invalid(wrong)


def check(form: forms.BaseForm, outside: tuple[str, ...] = ()) -> None:
    """Raises ValidationError if the form is not valid. ``outside`` names what is not among the values."""
    if not form.is_valid():
        errors = [(each["name"], each["message"]) for each in errors_of(form)]
        raise invalid(
            (("asked", name) if name in outside else ("asked", "values", name) if name else ("asked",), words)
            for name, words in errors
        )


def as_sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``values`` as a browser sends them: one character for a line break."""
    return {name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in values.items()}


def _conflict(row: Any, register: Register, detail: str) -> HttpResponse:
    current = RecordOut.from_orm(_out(row, register)).model_dump(by_alias=True)
    return problem(409, "Conflict", detail=detail, current=current)


# --- Registers.


def _described(register: Register) -> dict[str, Any]:
    return {
        "slug": register.slug,
        "name": register.name,
        "about": register.about,
        "element": register.element,
        "component": register.component,
        "statuses": [{"value": value, "label": label} for value, label in register.stages],
        "moves": [
            {
                "slug": move.slug,
                "label": move.label,
                "start": sorted(move.start),
                "end": move.end,
                "asks": list(move.asks),
                "needs_why": move.needs_why,
            }
            for move in register.moves
        ],
    }


@router.get("registers", response=RegisterList, summary="The registers: their statuses and moves")
def register_list(request: TokenRequest) -> dict[str, Any]:
    items = [_described(each) for each in registers.known()]
    return {"items": items, "count": len(items)}


@router.get("registers/{slug:kind}", response=DescribedOut, summary="One register and the values of its records")
def one_register(request: TokenRequest, kind: str, asked: Query[RegisterAsked]) -> dict[str, Any]:
    require_known(request, RegisterAsked)
    described = register_of(kind)
    utility = _utility(request, asked.utility, described)
    form = form_of(described)(utility=utility)
    fields = [
        {
            "name": name,
            "label": str(form[name].label),
            "type": _type(field),
            "required": field.required,
            "max_length": getattr(field, "max_length", None),
            "choices": list(_choices(field)),
        }
        for name, field in form.fields.items()
    ]
    return _described(described) | {"fields": fields}


def _choices(field: forms.Field) -> Iterable[dict[str, Any]]:
    for value, label in getattr(field, "choices", ()):
        if value != "":
            yield {"value": getattr(value, "value", value), "label": str(label)}


# --- Records.


@router.get("records/{slug:kind}", response=RecordList, by_alias=True, summary="Your utilities’ records")
def records(request: TokenRequest, kind: str, asked: Query[RecordsAsked]) -> dict[str, Any]:
    require_known(request, RecordsAsked)
    described = register_of(kind)
    if asked.status and asked.status not in described.model.Status.values:
        raise invalid([(("status",), "not a status of this register")], "query")
    found = _rows(request, described).order_by("utility__name", "number", "pk")
    exact = {"utility": asked.utility, "status": asked.status, "owner": asked.owner, "is_open": asked.open}
    found = found.filter(**{name: value for name, value in exact.items() if value is not None})
    if asked.area:
        found = found.filter(areas__contains=[asked.area])
    if asked.changed_since:
        since = asked.changed_since
        found = found.filter(changed_at__gte=since if since.tzinfo else timezone.make_aware(since))
    if asked.late is not None:
        late = {"is_open": True, "due__lt": timezone.localdate()}
        found = found.filter(**late) if asked.late else found.exclude(**late)
    part = found[asked.offset : asked.offset + min(asked.limit, MAX_ROWS)]
    return {"items": [_out(row, described) for row in part], "count": found.count()}


@router.post("records/{slug:kind}", response={201: RecordOut}, by_alias=True, auth=to_change, summary="Add a record")
def add(request: TokenRequest, kind: str, asked: RecordIn, response: HttpResponse) -> dict[str, Any]:
    described, user = register_of(kind), request.auth.user
    utility = _utility(request, asked.utility, described)
    if utility.membership_of(user).role not in CAN_EDIT:
        raise PermissionDenied("Viewers can read but not make changes.")
    empty = form_of(described)(utility=utility)
    _require_types(asked.values, empty.fields)
    start = {name: empty.get_initial_for_field(field, name) for name, field in empty.fields.items()}
    form = form_of(described)(as_sent(start | asked.values), utility=utility, from_values=True)
    check(form)
    made = described.model.open_in(utility, by=user, **form.changes)
    response["Location"] = f"{request.path}/{made.pk}"
    return _out(_record(request, kind, made.pk), described)


@router.get("records/{slug:kind}/{int:id}", response=RecordOut, by_alias=True, summary="One record")
def one(request: TokenRequest, kind: str, id: int) -> dict[str, Any]:
    return _out(_record(request, kind, id), register_of(kind))


@router.patch(
    "records/{slug:kind}/{int:id}", response=RecordOut, by_alias=True, auth=to_change, summary="Change a record"
)
def change(request: TokenRequest, kind: str, id: int, asked: RecordChange) -> Any:
    """Saves all of it or nothing. The same values sent twice are no conflict."""
    described, row = register_of(kind), _record(request, kind, id)
    row.require_editor()
    if not row.is_open:
        return _conflict(row, described, f"It is “{row.status_label}”, so it can’t be changed. Reopen it first.")
    form = _form(described, row, asked)
    try:
        row.change(asked.version, by=request.auth.user, **{name: form.cleaned_data[name] for name in asked.values})
    except Stale as stale:
        current = _record(request, kind, id)
        if differences(form, stale.current):
            return _conflict(current, described, STALE)
        return _out(current, described)
    except WrongState as error:
        raise HttpError(409, "It was just closed.") from error
    return _out(_record(request, kind, id), described)


def _form(register: Register, row: Any, asked: RecordChange) -> RecordForm:
    """Returns the valid form of the record with what was sent. Raises ValidationError."""
    names = (*register.shared, *register.fields)
    stored = {name: getattr(row, register.model._meta.get_field(name).attname) for name in names}  # type: ignore[union-attr]
    data = as_sent(stored | asked.values) | {"version": asked.version}
    form = form_of(register)(data, utility=row.utility, instance=row, from_values=True)
    _require_types(asked.values, form.fields)
    check(form)
    return form


@router.post(
    "records/{slug:kind}/{int:id}/moves/{slug:move}",
    response=RecordOut,
    by_alias=True,
    auth=to_change,
    summary="Move a record to another status",
)
def move(request: TokenRequest, kind: str, id: int, move: str, asked: MoveIn) -> Any:
    described, row = register_of(kind), _record(request, kind, id)
    row.require_editor()
    chosen = next((each for each in described.moves if each.slug == move), None)
    if chosen is None:
        raise Http404
    form = MoveForm(as_sent(asked.values | {"why": asked.why}), record=row, move=chosen)
    values = {name: field for name, field in form.fields.items() if name != "why"}
    _require_types(asked.values, values)
    check(form, outside=("why",))
    try:
        if row.status not in chosen.start:
            raise WrongState
        asks = {name: form.cleaned_data[name] for name in chosen.asks}
        row.move(chosen.end, by=request.auth.user, why=form.cleaned_data.get("why", ""), **asks)
    except WrongState:
        current = _record(request, kind, id)
        return _conflict(current, described, f"Nothing was changed: it is now “{current.status_label}”.")
    return _out(_record(request, kind, id), described)


# --- Comments.


@router.get("records/{slug:kind}/{int:id}/comments", response=CommentList, summary="Its comments, oldest first")
def comments(request: TokenRequest, kind: str, id: int, asked: Query[Part]) -> dict[str, Any]:
    require_known(request, Part)
    found = _record(request, kind, id).comments.select_related("by")
    part = found[asked.offset : asked.offset + min(asked.limit, MAX_ROWS)]
    return {"items": list(part), "count": found.count()}


@router.post(
    "records/{slug:kind}/{int:id}/comments",
    response={201: CommentOut},
    auth=to_change,
    summary="Comment; whoever is mentioned gets an email",
)
@transaction.atomic
def comment(request: TokenRequest, kind: str, id: int, asked: CommentIn) -> Any:
    row: Record = _record(request, kind, id)
    form = CommentForm(as_sent({"text": asked.text}))
    check(form, outside=("text",))
    said = row.say(form.cleaned_data["text"], by=request.auth.user)
    tell_mentioned(said, row)
    return said
