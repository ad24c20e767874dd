"""Estimates what a round of applications costs applicants and the agency, in hours and dollars, over plain values.

Every assumption of the information collection request (ICR 2010, §6 and App. D) is a field of ``Assumptions``, with
the source's figure as default. The page, the API and the command offer the same fields under the same names.
Figures are rounded only where they are shown.
"""

from collections.abc import Iterator
from dataclasses import Field, dataclass, field, fields
from typing import Any, NamedTuple, TypedDict

MAX_APPLICATIONS = 10_000_000
HOURS, MINUTES, SHARE, RATE = (
    "hours per application",
    "minutes per application",
    "share, from 0 to 1",
    "dollars per hour",
)
MEMBERS, OTHER_COST, RECIPIENT_MINUTES = "people", "dollars per recipient", "minutes per recipient"
# The largest value accepted for each unit: far above any realistic one, yet too small for a product to overflow.
MAX_OF_UNIT = {
    HOURS: 100_000,
    MINUTES: 100_000,
    SHARE: 1,
    RATE: 100_000,
    MEMBERS: 1_000,
    OTHER_COST: 1_000_000,
    RECIPIENT_MINUTES: 100_000,
}
WASTEWATER, DRINKING_WATER = "Wastewater application", "Drinking water application"
APPLICANT_PAY, AGENCY_PAY = "Applicant hourly rates", "Agency hourly rates"
COMPLETENESS, COMPLIANCE = "Completeness review", "Compliance review"
PANEL, AFTERWARDS = "Panel review", "Certificates and letters"
GS_13 = "ICR 2010, §6(c): GS-13, step 5, $38.35, plus 50% for overhead"
GS_8 = "ICR 2010, §6(c): GS-8, step 5, $20.13, plus 50% for overhead"
TWENTY_MINUTES = "ICR 2010, §6(c): 20 minutes in all; its printed hours and dollars follow from 10 at each rate"


class WrongValue(ValueError):
    """A figure is not a number or is out of range. ``name`` says which."""

    def __init__(self, name: str, most: float) -> None:
        self.name = name
        super().__init__(f"{name} must be a number from 0 to {most:,}.")


def _assumed(default: float, part: str, label: str, unit: str, source: str) -> Any:
    return field(default=default, metadata={"part": part, "label": label, "unit": unit, "source": source})


def maximum(assumption: Field[Any]) -> float:
    return MAX_OF_UNIT[assumption.metadata["unit"]]


def _check(name: str, value: object, most: float, whole: bool = False) -> None:
    number = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
    if not number or not 0 <= value <= most:  # type: ignore[operator]  # NaN is refused too: it is not between them
        raise WrongValue(name, most)


@dataclass(frozen=True)
class Assumptions:
    """The assumptions. Each field's metadata has its part of the estimate, label, unit, and place in the source."""

    wastewater_manager_hours: float = _assumed(
        2, WASTEWATER, "Manager’s hours, wastewater", HOURS, "ICR 2010, §6(a), App. D-1"
    )
    wastewater_staff_hours: float = _assumed(
        16, WASTEWATER, "Staff hours, wastewater", HOURS, "ICR 2010, §6(a), App. D-1"
    )
    wastewater_support_hours: float = _assumed(
        2, WASTEWATER, "Support hours, wastewater", HOURS, "ICR 2010, §6(a), App. D-1"
    )
    drinking_water_manager_hours: float = _assumed(
        2, DRINKING_WATER, "Manager’s hours, drinking water", HOURS, "ICR 2010, §6(a), App. D-2"
    )
    drinking_water_staff_hours: float = _assumed(
        16, DRINKING_WATER, "Staff hours, drinking water", HOURS, "ICR 2010, §6(a), App. D-2"
    )
    drinking_water_support_hours: float = _assumed(
        2, DRINKING_WATER, "Support hours, drinking water", HOURS, "ICR 2010, §6(a), App. D-2"
    )
    manager_rate: float = _assumed(55.00, APPLICANT_PAY, "Manager", RATE, "ICR 2010, §6(b)(i)")
    staff_rate: float = _assumed(46.86, APPLICANT_PAY, "Staff", RATE, "ICR 2010, §6(b)(i)")
    support_rate: float = _assumed(23.12, APPLICANT_PAY, "Administrative support", RATE, "ICR 2010, §6(b)(i)")
    agency_manager_rate: float = _assumed(57.53, AGENCY_PAY, "Program manager", RATE, GS_13)
    agency_support_rate: float = _assumed(30.20, AGENCY_PAY, "Program support", RATE, GS_8)
    completeness_minutes: float = _assumed(
        10, COMPLETENESS, "Checking each application", MINUTES, "ICR 2010, §6(c), App. D-3"
    )
    incomplete_share: float = _assumed(
        0.1, COMPLETENESS, "Share that is incomplete", SHARE, "ICR 2010, §6(c), App. D-3"
    )
    follow_up_minutes: float = _assumed(
        30, COMPLETENESS, "Following up on an incomplete application", MINUTES, "ICR 2010, §6(c), App. D-3"
    )
    compliance_enforcement_minutes: float = _assumed(
        15, COMPLIANCE, "Enforcement staff", MINUTES, "ICR 2010, App. D-3 (§6(c): 20 in all)"
    )
    compliance_water_minutes: float = _assumed(
        5, COMPLIANCE, "Water program staff", MINUTES, "ICR 2010, App. D-3 (§6(c): 20 in all)"
    )
    compliant_share: float = _assumed(
        0.8, COMPLIANCE, "Share of complete applications in compliance", SHARE, "ICR 2010, §5(a), App. D-3"
    )
    panel_minutes: float = _assumed(20, PANEL, "Each member’s time", MINUTES, "ICR 2010, §6(c), App. D-3")
    panel_members: int = _assumed(3, PANEL, "Panel members", MEMBERS, "ICR 2010, §6(c), App. D-3")
    recognized_share: float = _assumed(
        0.75, PANEL, "Share of compliant applications recognized", SHARE, "ICR 2010, App. D-3"
    )
    post_review_manager_minutes: float = _assumed(
        10, AFTERWARDS, "Program manager’s time", RECIPIENT_MINUTES, TWENTY_MINUTES
    )
    post_review_support_minutes: float = _assumed(
        10, AFTERWARDS, "Program support’s time", RECIPIENT_MINUTES, TWENTY_MINUTES
    )
    post_review_other_cost: float = _assumed(8, AFTERWARDS, "Printing and postage", OTHER_COST, "ICR 2010, App. D-3")

    def __post_init__(self) -> None:
        for each in fields(self):
            _check(each.name, getattr(self, each.name), maximum(each), each.type is int)


ASSUMED: tuple[Field[Any], ...] = fields(Assumptions)
AS_PRINTED = Assumptions()


class Spent(TypedDict):
    hours: float
    cost: float


class Agency(TypedDict):
    completeness: Spent
    compliance: Spent
    substantive: Spent
    post_review: Spent
    total: Spent


class Estimate(TypedDict):
    applications: float
    incomplete: float
    for_compliance_review: float
    meeting_compliance: float
    recognized: float
    not_recognized: float
    respondent: Spent
    agency: Agency


def estimate(wastewater: float, drinking_water: float, assumptions: Assumptions = AS_PRINTED) -> Estimate:
    """Accepts fractions, since the source's numbers are means. Raises WrongValue."""
    _check("wastewater", wastewater, MAX_APPLICATIONS)
    _check("drinking_water", drinking_water, MAX_APPLICATIONS)
    applications = wastewater + drinking_water
    complete = applications * (1 - assumptions.incomplete_share)
    compliant = complete * assumptions.compliant_share
    recognized = compliant * assumptions.recognized_share
    incomplete = applications * assumptions.incomplete_share
    return {
        "applications": applications,
        "incomplete": incomplete,
        "for_compliance_review": complete,
        "meeting_compliance": compliant,
        "recognized": recognized,
        "not_recognized": applications - recognized,
        "respondent": _respondent(wastewater, drinking_water, assumptions),
        "agency": _agency(applications, incomplete, complete, compliant, recognized, assumptions),
    }


def _respondent(wastewater: float, drinking_water: float, a: Assumptions) -> Spent:
    manager = wastewater * a.wastewater_manager_hours + drinking_water * a.drinking_water_manager_hours
    staff = wastewater * a.wastewater_staff_hours + drinking_water * a.drinking_water_staff_hours
    support = wastewater * a.wastewater_support_hours + drinking_water * a.drinking_water_support_hours
    cost = manager * a.manager_rate + staff * a.staff_rate + support * a.support_rate
    return {"hours": manager + staff + support, "cost": cost}


def _agency(
    applications: float, incomplete: float, complete: float, compliant: float, recognized: float, a: Assumptions
) -> Agency:
    """Computes all reviews at the manager's rate; support staff only help with certificates and letters."""
    rate = a.agency_manager_rate
    completeness = _spent(applications * a.completeness_minutes + incomplete * a.follow_up_minutes, rate)
    compliance = _spent(complete * (a.compliance_enforcement_minutes + a.compliance_water_minutes), rate)
    substantive = _spent(compliant * a.panel_minutes * a.panel_members, rate)
    by_manager = _spent(recognized * a.post_review_manager_minutes, rate)
    by_support = _spent(recognized * a.post_review_support_minutes, a.agency_support_rate)
    post_review = _sum(by_manager, by_support, {"hours": 0, "cost": recognized * a.post_review_other_cost})
    return {
        "completeness": completeness,
        "compliance": compliance,
        "substantive": substantive,
        "post_review": post_review,
        "total": _sum(completeness, compliance, substantive, post_review),
    }


def _spent(minutes: float, rate: float) -> Spent:
    return {"hours": minutes / 60, "cost": minutes / 60 * rate}


def _sum(*parts: Spent) -> Spent:
    return {"hours": sum(part["hours"] for part in parts), "cost": sum(part["cost"] for part in parts)}


# Applications in the source's three years, (wastewater, drinking water), unrounded. Rounds are every other year.
YEARS = ((194, 335.66), (0, 0), (432, 1074.5))


class Printed(NamedTuple):
    """A figure that the source prints for an average year. ``path`` is its keys in an ``Estimate``."""

    what: str
    figure: float
    source: str
    path: str
    dollars: bool = False


# If the source prints different values for a figure, each is listed.
PRINTED = (
    Printed("Applications", 679, "§1(b), §6(a), Table 1", "applications"),
    Printed("Applications", 678, "§6(f)", "applications"),
    Printed("Applicants’ hours", 13_574, "§1(b), §6(a), Table 3", "respondent hours"),
    Printed("Applicants’ hours", 13_564, "Table 1", "respondent hours"),
    Printed("Applicants’ hours", 13_600, "§6(a), “approximately”", "respondent hours"),
    Printed("Applicants’ cost", 614_919, "§1(b), Table 1, total", "respondent cost", True),
    Printed("Applicants’ cost", 614_315, "Table 1, labor", "respondent cost", True),
    Printed("Completeness review, hours", 147, "§6(c)", "agency completeness hours"),
    Printed("Completeness review, cost", 8_454, "§6(c)", "agency completeness cost", True),
    Printed("Compliance review, hours", 204, "§6(c)", "agency compliance hours"),
    Printed("Compliance review, cost", 11_717, "§6(c)", "agency compliance cost", True),
    Printed("Panel review, hours", 489, "§6(c)", "agency substantive hours"),
    Printed("Panel review, cost", 28_111, "§6(c)", "agency substantive cost", True),
    Printed("Certificates and letters, hours", 122, "§6(c)", "agency post_review hours"),
    Printed("Certificates and letters, cost", 8_294, "§6(c)", "agency post_review cost", True),
    Printed("The agency’s cost", 56_575, "§1(b), Table 2", "agency total cost", True),
)


def average_year() -> Estimate:
    """Returns the source's own case. Estimates are linear, so the mean year's is the mean of the years' estimates."""
    wastewater, drinking_water = (sum(of_year) / len(YEARS) for of_year in zip(*YEARS, strict=True))
    return estimate(wastewater, drinking_water)


def held_against_the_source() -> Iterator[tuple[Printed, float, float]]:
    """Yields each printed figure, the estimated one, and their difference in percent of the printed one."""
    average = average_year()
    for printed in PRINTED:
        here = _figure(average, printed.path)
        yield printed, here, abs(here - printed.figure) / printed.figure * 100


def _figure(made: Estimate, path: str) -> float:
    found: Any = made
    for key in path.split():
        found = found[key]
    return float(found)
