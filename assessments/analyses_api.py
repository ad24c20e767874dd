"""The API of a person's gap analyses, for programs with an API token: the rules and the errors of the pages."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import cache_control
from ninja import Query, Router, Schema
from ninja.errors import HttpError, ValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from accounts.bearer import ApiTokenBearer
from accounts.models import CAN_EDIT, Utility
from accounts.requests import TokenRequest
from assessments.forms import AnalysisForm, FindingForm, ReopenForm, StartForm
from assessments.models import Finding, GapAnalysis, Incomplete, InUse
from initiatives.models import Initiative
from pdca.models import Area
from workflow.conflicts import differences
from workflow.models import Stale, WrongState
from workflow.problems import problem
from workflow.saving import errors_of

router = Router(tags=["Gap analyses (API token)"], auth=ApiTokenBearer())
router.add_decorator(cache_control(no_store=True), mode="view")
to_change = ApiTokenBearer(to_change=True)

MAX_ROWS = 100  # of a list in one response
SCOPE_IS_FINAL = "This gap analysis is complete, so its scope can’t be changed. A manager can reopen it."
ROWS_ARE_FINAL = "This gap analysis is complete, so its rows can’t be changed. A manager can reopen it."
STALE = "Not saved: this changed after you read it. “current” has it as it is now; send your change with its version."


# --- What is sent. Unknown names and values of a wrong type are errors: nothing is ignored or converted.


class Sent(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")

    @property
    def given(self) -> dict[str, Any]:
        """What was sent besides the version; what was left out stays as it is."""
        return self.model_dump(exclude_unset=True, exclude={"version"})


def _storable(text: str) -> str:
    """Rejects half a character, which JSON can write (``"\\ud800"``) but the database can't store."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("it contains a character that is not complete") from error
    return text


def _no_number(value: Any) -> Any:
    """Refuses a number of seconds, which pydantic would take for a time; the description names none."""
    if isinstance(value, str) and value.strip().lstrip("+-").replace(".", "").isdigit():
        raise ValueError("This is a number, not a date.")
    return value


Date = Annotated[date, BeforeValidator(_no_number)]
Moment = Annotated[datetime, BeforeValidator(_no_number)]
Text = Annotated[str, AfterValidator(_storable)]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
Version = Annotated[int, Field(ge=1, le=2**31 - 2, description="the version that you read")]
Day = Annotated[str, Field(pattern="^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"})]


class AnalysisIn(Sent):
    """A new gap analysis. Scope and initiatives that are left out are those of ``previous``, or all areas.

    ``utility`` is the number in the address of the utility's page, which its gap analyses have too.
    """

    utility: Id
    previous: Id | None = None
    name: Text
    as_of: Day
    areas: list[Text] = []
    operations: list[Text] = []
    fence_line: Text = ""
    initiatives: list[Text] = []
    other_initiatives: list[Text] = []


class AnalysisChange(Sent):
    """The scope of a gap analysis. What is left out stays as it is."""

    version: Version
    name: Text = ""
    as_of: Day = ""
    areas: list[Text] = []
    operations: list[Text] = []
    fence_line: Text = ""
    initiatives: list[Text] = []
    other_initiatives: list[Text] = []


class FindingChange(Sent):
    """One row. What is left out stays as it is; a row that was carried over counts as confirmed."""

    version: Version
    rating: int | None = Field(None, description="0 does not exist, 1 single area, 2 multiple areas")
    areas: list[Text] = []
    initiatives: list[Text] = []
    evidence: Text = ""
    changes: Text = ""
    notes: Text = ""


class ReopenIn(Sent):
    reason: Text


class AnalysesAsked(Schema):
    """Filters of the list, and which part of it. All are optional."""

    utility: Id | None = None
    status: Literal[tuple(GapAnalysis.Status.values)] | None = None  # type: ignore[valid-type]
    limit: Annotated[int, Field(ge=1, description=f"at most {MAX_ROWS} are returned")] = 50
    offset: Annotated[int, Field(ge=0, le=1_000_000)] = 0


# --- What is returned.


class UtilityOut(Schema):
    id: int
    name: str


class AnalysisOut(Schema):
    """``answered`` of ``elements`` rows are answered. ``role`` is the token owner's in the utility."""

    id: int
    utility: UtilityOut
    name: str
    as_of: date
    status: str
    version: int
    answered: int = Field(validation_alias="n_answered")
    elements: int = Field(validation_alias="n_findings")
    role: str = Field(validation_alias="my_role")
    areas: list[str]
    operations: list[str]
    fence_line: str
    initiatives: list[str]
    other_initiatives: list[str]
    previous: int | None = Field(validation_alias="copied_from_id")
    created_at: datetime
    changed_at: datetime | None
    completed_at: datetime | None

    @staticmethod
    def resolve_initiatives(analysis: GapAnalysis) -> list[str]:
        return [initiative.slug for initiative in analysis.initiatives.all()]


class AnalysisList(Schema):
    items: list[AnalysisOut]
    count: int


class FindingOut(Schema):
    """``missing`` says what the row lacks for a complete gap analysis; it is empty if nothing."""

    element: str
    version: int
    rating: int | None
    areas: list[str]
    initiatives: list[str]
    evidence: str
    changes: str
    notes: str
    to_confirm: bool
    missing: str
    changed_at: datetime | None

    @staticmethod
    def resolve_element(finding: Finding) -> str:
        return finding.element.slug

    @staticmethod
    def resolve_missing(finding: Finding) -> str:
        return finding.missing_reason(finding.analysis.areas)


class FindingList(Schema):
    items: list[FindingOut]
    count: int


class CoverageOut(Schema):
    """How many of the cells are covered, and how many of the elements exist."""

    slug: str
    covered: int
    cells: int
    existing: int
    elements: int


class CoveredOut(Schema):
    element: str
    rating: int | None
    covered: list[str]
    gaps: list[str]


class ResultsOut(Schema):
    """Coverage: the cells, which are pairs of an element and an area in scope, that something covers."""

    analysis: int
    status: str
    headline: str
    areas: list[str]
    overall: CoverageOut
    components: list[CoverageOut]
    alignment: CoverageOut
    elements: list[CoveredOut]


# --- Parts of several answers.


def _analyses(request: TokenRequest) -> QuerySet[GapAnalysis]:
    in_place = Prefetch("initiatives", Initiative.objects.only("slug"))
    return GapAnalysis.objects.visible_to(request.auth.user).with_progress().prefetch_related(in_place).defer("frozen")


def _analysis(request: TokenRequest, pk: int) -> GapAnalysis:
    return get_object_or_404(_analyses(request), pk=pk)


def _findings(request: TokenRequest, analysis: int) -> QuerySet[Finding]:
    return Finding.objects.visible_to(request.auth.user).filter(analysis=analysis).defer("analysis__frozen")


def _check(form: forms.BaseForm, named: Mapping[str, str] | None = None) -> None:
    """Raises ValidationError if the form is not valid. ``named`` maps its fields to the names that were sent."""
    if not form.is_valid():
        raise _invalid([((named or {}).get(each["name"], each["name"]), each["message"]) for each in errors_of(form)])


def _invalid(errors: list[tuple[str, str]]) -> ValidationError:
    """Returns the errors, each with the name of its field, in the format of a type error."""
    return ValidationError(
        [{"type": "invalid", "loc": ["body", "asked", name] if name else ["body"], "msg": say} for name, say in errors]
    )


def _conflict(shape: type[Schema], current: Any) -> HttpResponse:
    return problem(409, "Conflict", detail=STALE, current=shape.from_orm(current).model_dump())


def _as_sent(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns ``values`` as a browser sends them: one line for each other initiative, one character a line break."""
    sent = {name: value.replace("\r\n", "\n") if isinstance(value, str) else value for name, value in values.items()}
    if "other_initiatives" in sent:
        sent["other_initiatives"] = "\n".join(" ".join(name.split()) for name in sent["other_initiatives"])
    return sent


def _scope(analysis: GapAnalysis) -> dict[str, Any]:
    names = ("areas", "operations", "fence_line", "other_initiatives")
    in_place = [initiative.slug for initiative in analysis.initiatives.all()]
    return {name: getattr(analysis, name) for name in names} | {"initiatives": in_place}


# --- Gap analyses.


@router.get("analyses", response=AnalysisList, summary="Your utilities’ gap analyses")
def analyses(request: TokenRequest, asked: Query[AnalysesAsked]) -> dict[str, Any]:
    """Rejects unknown parameters; otherwise a mistyped filter would return everything."""
    if unknown := sorted(request.GET.keys() - AnalysesAsked.model_fields.keys()):
        msg = "unknown parameter"
        raise ValidationError([{"type": "unknown", "loc": ["query", name], "msg": msg} for name in unknown])
    found = _analyses(request).order_by("utility__name", "-as_of", "-pk")
    if asked.utility:
        found = found.filter(utility=asked.utility)
    if asked.status:
        found = found.filter(status=asked.status)
    part = found[asked.offset : asked.offset + min(asked.limit, MAX_ROWS)]
    return {"items": list(part), "count": found.count()}


@router.post("analyses", response={201: AnalysisOut}, auth=to_change, summary="Start a gap analysis")
def start(request: TokenRequest, asked: AnalysisIn, response: HttpResponse) -> GapAnalysis:
    user = request.auth.user
    utility = get_object_or_404(Utility.objects.visible_to(user), pk=asked.utility)
    if utility.membership_of(user).role not in CAN_EDIT:
        raise PermissionDenied("Viewers can read but not make changes.")
    given = asked.given
    previous = GapAnalysis.objects.filter(utility=utility, pk=asked.previous or 0).first()
    if asked.previous and not previous:
        raise _invalid([("previous", f"{utility} has no gap analysis {asked.previous}.")])
    offered = _scope(previous) if previous else {"areas": list(Area.objects.values_list("code", flat=True))}
    form = StartForm(_as_sent(offered | given) | {"version": 1}, utility=utility)
    _check(form)
    started = GapAnalysis.start(utility=utility, by=user, previous=previous, **form.frame)
    response["Location"] = f"{request.path}/{started.pk}"
    return _analysis(request, started.pk)


@router.get("analyses/{int:id}", response=AnalysisOut, summary="One gap analysis: scope, progress, status")
def analysis(request: TokenRequest, id: int) -> GapAnalysis:
    return _analysis(request, id)


@router.patch("analyses/{int:id}", response=AnalysisOut, auth=to_change, summary="Change the scope")
def rescope(request: TokenRequest, id: int, asked: AnalysisChange) -> Any:
    analysis = _analysis(request, id)
    analysis.require_editor()
    if not analysis.can_edit:
        raise PermissionDenied(SCOPE_IS_FINAL)
    stored = _scope(analysis) | {"name": analysis.name, "as_of": analysis.as_of.isoformat()}
    form = AnalysisForm(_as_sent(stored | asked.given) | {"version": asked.version}, instance=analysis)
    _check(form)
    analysis = _analysis(request, id)  # the form has changed the other one
    try:
        analysis.rescope(asked.version, by=request.auth.user, **form.frame)
    except InUse as error:
        names = analysis.in_place()
        raise _invalid(
            [
                (
                    "areas" if len(what) == 1 else "initiatives",
                    f"“{finding.element}” uses {names.get(what, what)}. Change that row first or keep it here.",
                )
                for what, finding in error.uses
            ]
        ) from error
    except Stale:
        return _conflict(AnalysisOut, _analysis(request, id))
    except WrongState as error:
        raise HttpError(409, SCOPE_IS_FINAL) from error
    return _analysis(request, id)


@router.post("analyses/{int:id}/complete", response=AnalysisOut, auth=to_change, summary="Mark complete; managers can")
def complete(request: TokenRequest, id: int) -> Any:
    try:
        _analysis(request, id).complete(by=request.auth.user)
    except Incomplete as error:
        rows = [
            {"type": "missing", "loc": ["findings", finding.element.slug], "msg": reason}
            for finding, reason in error.missing
        ]
        return problem(422, "Not complete", detail="Complete these rows first.", errors=rows)
    except WrongState as error:
        raise HttpError(409, "It was already marked complete.") from error
    return _analysis(request, id)


@router.post("analyses/{int:id}/reopen", response=AnalysisOut, auth=to_change, summary="Reopen; managers can")
def reopen(request: TokenRequest, id: int, asked: ReopenIn) -> GapAnalysis:
    analysis = _analysis(request, id)
    analysis.require_manager()
    form = ReopenForm(_as_sent({"why": asked.reason}))
    _check(form, {"why": "reason"})
    try:
        analysis.reopen(by=request.auth.user, why=form.cleaned_data["why"])
    except WrongState as error:
        raise HttpError(409, "It is not marked complete.") from error
    return _analysis(request, id)


@router.get("analyses/{int:id}/results", response=ResultsOut, summary="Coverage, as on the results page")
def results(request: TokenRequest, id: int) -> dict[str, Any]:
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.auth.user), pk=id)
    found = analysis.results
    areas = [area.code for area in found.areas]
    return {
        "analysis": analysis.pk,
        "status": analysis.status,
        "headline": found.headline,
        "areas": areas,
        "overall": found.overall,
        "components": found.coverage,
        "alignment": found.alignment,
        "elements": [
            {
                "element": row.slug,
                "rating": row.rating,
                "covered": row.areas,
                "gaps": [code for code in areas if code not in row.areas],
            }
            for row in found.rows
        ],
    }


# --- Findings: the rows of a gap analysis.


@router.get("analyses/{int:id}/findings", response=FindingList, summary="Its rows, in the order of the elements")
def findings(request: TokenRequest, id: int) -> dict[str, Any]:
    rows = list(_findings(request, id))
    if not rows:  # each has its rows from its start
        get_object_or_404(GapAnalysis.objects.visible_to(request.auth.user), pk=id)
    return {"items": rows, "count": len(rows)}


@router.get("analyses/{int:id}/findings/{slug:element}", response=FindingOut, summary="One row")
def finding(request: TokenRequest, id: int, element: str) -> Finding:
    return get_object_or_404(_findings(request, id), element__slug=element)


@router.patch(
    "analyses/{int:id}/findings/{slug:element}", response=FindingOut, auth=to_change, summary="Change one row"
)
def answer(request: TokenRequest, id: int, element: str, asked: FindingChange) -> Any:
    """Saves all of it or nothing. The same values sent twice are no conflict."""
    row = finding(request, id, element)
    row.require_editor()
    if not row.can_edit:
        raise PermissionDenied(ROWS_ARE_FINAL)
    given = asked.given
    if given.get("rating", 0) is None:
        given.setdefault("areas", [])  # areas alone would bring the rating back
    has_details = not given.keys().isdisjoint(FindingForm.DETAILS)
    names = ("rating", "areas", *(FindingForm.DETAILS if has_details else ()))
    sent = _as_sent({name: getattr(row, name) for name in names} | given)
    form = FindingForm(sent | {"version": asked.version, "details": has_details}, finding=row)
    _check(form)
    try:
        row.answer(asked.version, by=request.auth.user, **form.changes_made)
    except Stale as stale:
        current = finding(request, id, element)
        if differences(form, stale.current):
            return _conflict(FindingOut, current)
        return current
    except WrongState as error:
        raise HttpError(409, str(error)) from error
    return finding(request, id, element)
