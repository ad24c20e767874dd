"""The public API: ``recognition/criteria``, ``recognition/check``, ``recognition/burden``, ``recognition/register``.

It stores nothing.
"""

from datetime import date
from typing import Annotated, Any, Literal

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from ninja.errors import ValidationError
from pydantic import BaseModel, ConfigDict, Field, create_model

from accounts.models import System
from accounts.regions import REGIONS, states
from accounts.zones import LATEST
from pdca.api import cacheable, revalidated
from recognition.burden import estimate as burden
from recognition.criteria import completeness
from recognition.criteria.completeness import FACILITY_TYPES, Answers, CategoryAnswer, CategoryRule, Criteria
from recognition.models import Cycle, Recognition
from recognition.register import content as register
from workflow import spreadsheets

router = Router(tags=["Recognition"])


def current_criteria() -> Criteria:
    edition = Cycle.current_edition()
    if edition is None:
        raise Http404
    return edition.criteria


class AttributeOut(Schema):
    slug: str
    name: str


class OptionOut(Schema):
    slug: str
    label: str


class CategoryOut(Schema):
    slug: str
    name: str
    boxes: int
    minimum: int
    activities: list[OptionOut]
    components: list[OptionOut]


class CriteriaOut(Schema):
    attributes: list[AttributeOut]
    categories: list[CategoryOut]


@router.get("recognition/criteria", response=CriteriaOut, summary="The current edition of the criteria")
@cacheable
def criteria(request: HttpRequest) -> dict[str, Any]:
    rules = current_criteria()
    return {
        "attributes": [{"slug": slug, "name": name} for slug, name in rules.attributes.items()],
        "categories": [
            {
                "slug": rule.slug,
                "name": rule.name,
                "boxes": rule.boxes,
                "minimum": rule.minimum,
                "activities": _options(rule.activities),
                "components": _options(rule.components),
            }
            for rule in rules.categories.values()
        ],
    }


def _options(labels: Any) -> list[dict[str, str]]:
    return [{"slug": slug, "label": label} for slug, label in labels.items()]


Figure = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Population = Annotated[int, Field(ge=0)]


class Strict(BaseModel):
    """Rejects wrong types instead of converting them: "12" as a number, or a list as a contact (Schema accepts it)."""

    model_config = ConfigDict(strict=True)


class CategoryIn(Strict):
    activities: list[str] = []
    components: list[str] = []
    narrative: str = ""
    approved_program: bool = False
    certified_ems: bool = False
    audit: bool = False
    reduction_percent: Figure | None = None
    sustainable_percent: Figure | None = None


class ContactIn(Strict):
    organization: str = ""
    city: str = ""
    state: str = ""
    manager: str = ""
    title: str = ""
    address: str = ""
    zip: str = ""
    phone: str = ""
    email: str = ""


class PhotoIn(Strict):
    filename: str = ""
    caption: str = ""


class CertificationIn(Strict):
    name: str = ""
    title: str = ""
    date: str = ""


class CheckIn(Strict):
    facility_types: list[Literal[FACILITY_TYPES]] = []  # type: ignore[valid-type]
    wastewater_mgd: Figure | None = None
    drinking_water_population: Population | None = None
    stormwater_population: Population | None = None
    identifiers: list[str] = []
    contact: ContactIn = ContactIn()
    attributes: dict[str, str] = {}
    categories: dict[str, CategoryIn] = {}
    photos: list[PhotoIn] = []
    certification: CertificationIn = CertificationIn()


class DeficiencyOut(Schema):
    code: str
    field: str
    message: str


class CheckOut(Schema):
    """``size`` and the required numbers are null if a figure that determines them is missing."""

    size: Literal["large", "small"] | None
    required_attributes: int | None
    required_boxes: int | None
    counted_attributes: int
    counted_boxes: int
    words: int
    complete: bool
    deficiencies: list[DeficiencyOut]
    notes: list[str]


@router.post("recognition/check", response=CheckOut, summary="What an application is missing; nothing is saved")
def check(request: HttpRequest, entry: CheckIn) -> completeness.Outcome:
    rules = current_criteria()
    if unknown := list(_unknown_slugs(entry, rules)):
        raise ValidationError(unknown)
    today = timezone.localdate(timezone=LATEST)
    return completeness.check(_as_entry(entry), rules, today)


def _unknown_slugs(entry: CheckIn, rules: Criteria) -> Any:
    """Yields an error for each slug that is not in the criteria, in the format of a type error."""
    for slug in entry.attributes.keys() - rules.attributes.keys():
        yield _unknown("attributes", slug)
    for slug, answer in entry.categories.items():
        rule = rules.categories.get(slug)
        if rule is None:
            yield _unknown("categories", slug)
            continue
        for kind in ("activities", "components"):
            for option in getattr(answer, kind):
                if option not in _known(rule, kind):
                    yield _unknown("categories", slug, kind, option)


def _known(rule: CategoryRule, kind: str) -> Any:
    return getattr(rule, kind)


def _unknown(*place: str) -> dict[str, Any]:
    return {"type": "unknown_slug", "loc": ["body", "entry", *place], "msg": f"“{place[-1]}” is not in the criteria"}


def _as_entry(sent: CheckIn) -> Answers:
    plain = sent.model_dump()
    plain["categories"] = {slug: CategoryAnswer(**answer) for slug, answer in plain["categories"].items()}
    plain["photos"] = [(photo["filename"], photo["caption"]) for photo in plain["photos"]]
    return Answers(**plain)


class SpentOut(Schema):
    hours: float
    cost: float


class AgencyOut(Schema):
    completeness: SpentOut
    compliance: SpentOut
    substantive: SpentOut
    post_review: SpentOut
    total: SpentOut


class BurdenOut(Schema):
    """Numbers of applications, hours and dollars, not rounded."""

    applications: float
    incomplete: float
    for_compliance_review: float
    meeting_compliance: float
    recognized: float
    not_recognized: float
    respondent: SpentOut
    agency: AgencyOut


def _parameter(about: str, most: float, kind: Any, default: Any) -> tuple[Any, Any]:
    finite: dict[str, Any] = {"allow_inf_nan": False} if kind is float else {}
    return Annotated[kind, Field(ge=0, le=most, description=about, **finite)], default


def _assumption(each: Any) -> tuple[Any, Any]:
    about = "{part} · {label}: {unit}. {source}".format(**each.metadata)
    return _parameter(about, burden.maximum(each), each.type, each.default)


PARAMETERS: dict[str, Any] = {
    "wastewater": _parameter("Wastewater applications", burden.MAX_APPLICATIONS, float, ...),
    "drinking_water": _parameter("Drinking water applications", burden.MAX_APPLICATIONS, float, ...),
} | {each.name: _assumption(each) for each in burden.ASSUMED}
BurdenIn = create_model("BurdenIn", **PARAMETERS)


@router.get("recognition/burden", response=BurdenOut, summary="Cost estimate for a round of applications")
@cacheable
def estimate(request: HttpRequest, given: Query[BurdenIn]) -> burden.Estimate:  # type: ignore[valid-type]
    """Rejects unknown parameters; otherwise a mistyped assumption would silently keep its default."""
    if unknown := request.GET.keys() - PARAMETERS.keys():
        known = "unknown parameter"
        raise ValidationError([{"type": "unknown", "loc": ["query", name], "msg": known} for name in sorted(unknown)])
    figures = dict(vars(given))
    applications = figures.pop("wastewater"), figures.pop("drinking_water")
    return burden.estimate(*applications, burden.Assumptions(**figures))


class RegisterIn(Schema):
    """Filters of the list of recognized utilities. All are optional."""

    state: Literal[tuple(code for code, _ in states())] | None = None  # type: ignore[valid-type]
    region: Annotated[int, Field(ge=min(REGIONS), le=max(REGIONS))] | None = None
    system: Literal[tuple(System.values)] | None = None  # type: ignore[valid-type]
    q: Annotated[str, Field(max_length=100, pattern=r"^[^\x00]*$", description="Words in the name or city")] = ""


class AchievementOut(Schema):
    """``section`` is "attributes." or "categories." followed by the slug in the criteria."""

    section: str
    name: str


class RecognizedOut(Schema):
    """A valid recognition. ``region`` is the EPA region, 1 to 10; ``url`` is its public page."""

    name: str
    city: str
    state: str
    region: int | None
    systems: list[str]
    cycle: str
    since: date
    until: date
    achievements: list[AchievementOut]
    summary: str
    url: str


class RecognizedList(Schema):
    items: list[RecognizedOut]
    count: int


@router.get("recognition/register", response=RecognizedList, summary="Recognized utilities")
@revalidated
def recognized(request: HttpRequest, asked: Query[RegisterIn]) -> dict[str, Any]:
    items = _recognized(asked)
    return {"items": items, "count": len(items)}


CSV = {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}


@router.get("recognition/register.csv", summary="Recognized utilities as a CSV file", openapi_extra={"responses": CSV})
@revalidated
def recognized_csv(request: HttpRequest, asked: Query[RegisterIn]) -> HttpResponse:
    """Starts with a byte order mark, which Excel needs. Several values in one cell are separated by semicolons."""
    head = list(RecognizedOut.model_fields)
    rows = [[_cell(entry[name]) for name in head] for entry in _recognized(asked)]
    return HttpResponse(spreadsheets.as_csv([head, *rows], "register"), content_type="text/csv; charset=utf-8")


def _cell(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return "; ".join(each["name"] if isinstance(each, dict) else each for each in value)


def _recognized(asked: RegisterIn) -> list[dict[str, Any]]:
    rows = register.matching(register.entries(), asked.q)
    if asked.state:
        rows = rows.filter(application__utility__state=asked.state)
    if asked.region:
        rows = rows.filter(region=asked.region)
    if asked.system:
        rows = rows.filter(application__utility__systems__contains=[asked.system])
    names = register.achievement_names()
    return [_entry(recognition, names) for recognition in rows]


def _entry(recognition: Recognition, names: dict[str, str]) -> dict[str, Any]:
    utility = recognition.application.utility
    published = [{"section": each, "name": names[each]} for each in recognition.published if each in names]
    return {
        "name": utility.name,
        "city": utility.city,
        "state": utility.state,
        "region": recognition.region,  # type: ignore[attr-defined]
        "systems": utility.systems,
        "cycle": str(recognition.application.cycle),
        "since": recognition.since,
        "until": recognition.until,
        "achievements": published,
        "summary": recognition.summary,
        "url": settings.SITE_URL.rstrip("/") + recognition.get_absolute_url(),
    }
