"""The cast of the recognition program: staff of every role, an open cycle, an application at any stage."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db.models import F
from django.utils import timezone

from accounts.models import StaffGroup, User
from recognition.models import Application, Cycle, Decision, Edition, PanelMember, Recommendation, Seat, Section
from recognition.models.review import (
    ComplianceCheck,
    begin_completeness,
    find_complete,
    find_compliant,
)
from tests.factories import UserFactory

Status = Application.Status


def person_in(group: StaffGroup, email: str, name: str) -> User:
    user = UserFactory(email=email, name=name)
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.fixture
def staff(catalog) -> User:
    return person_in(StaffGroup.PROGRAM, "staff@example.org", "Sam Prather")


@pytest.fixture
def compliance(catalog) -> User:
    return person_in(StaffGroup.COMPLIANCE, "compliance@example.org", "Cora Lyle")


@pytest.fixture
def official(catalog) -> User:
    return person_in(StaffGroup.OFFICIAL, "official@example.org", "Olive Deane")


@pytest.fixture
def panelists(catalog) -> list[User]:
    """Headquarters, a Region, an outside expert, and one in reserve."""
    names = ["Paula Nell", "Pete Nolan", "Pia Nestor", "Paul Nash"]
    people = [person_in(StaffGroup.PANEL, f"panelist{n}@example.org", name) for n, name in enumerate(names, start=1)]
    for person, affiliation in zip(people, ["hq", "region", "expert", "hq"], strict=True):
        PanelMember.objects.create(user=person, affiliation=affiliation)
    return people


@pytest.fixture
def cycle(catalog) -> Cycle:
    """Open since a week, for three more; signed, so that decisions can be released."""
    now = timezone.now()
    return Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=now - timedelta(days=7),
        closes=now + timedelta(days=21),
        signatory_name="Dana Whitfield",
        signatory_title="Director",
    )


def words(about: str, n: int = 30) -> str:
    return " ".join(f"{about}{place}" for place in range(n))


ATTRIBUTES = ["product-quality", "customer-satisfaction", "operational-optimization", "financial-viability"]


def whole_content() -> dict[str, dict]:
    """What a small drinking water system says that lacks nothing."""
    prompts = ("assessed", "measures", "evaluated", "changes")
    content = {
        "eligibility": {"facility_types": ["drinking_water"], "drinking_water_population": 4200},
        "attestation": {"attested": True},
        "contact": {
            "organization": "Riverbend Water and Sewer",
            "city": "Riverbend",
            "state": "OR",
            "manager": "Mara Gerr",
            "title": "General manager",
            "address": "1 Mill Road",
            "zip": "97000",
            "phone": "541 555 0100",
            "email": "manager@example.org",
            "identifiers": ["OR4100001"],
        },
        "certification": {"name": "Mara Gerr", "title": "Manager", "date": "2025-09-30", "agreed": True},
        "categories.climate-change": {"chosen": True, "narrative": words("climate"), "activities": ["VULNERABILITY"]},
        "categories.water-efficiency": {"chosen": True, "narrative": words("water"), "activities": ["THREE"]},
    }
    for slug in ATTRIBUTES:
        content[f"attributes.{slug}"] = {"chosen": True} | {prompt: words(f"{slug}-{prompt}-", 8) for prompt in prompts}
    return content


def fill(application: Application, by: User, **changes) -> None:
    """Give every section of the draft its answers; ``changes`` are section name → answers that replace.

    In one go, as hundreds of tests begin like this: what ``Section.answer`` would write one by one.
    """
    criteria = application.cycle.edition.criteria.categories
    content = whole_content()
    content["categories.climate-change"]["activities"] = list(criteria["climate-change"].activities)[:1]
    content["categories.water-efficiency"]["activities"] = list(criteria["water-efficiency"].activities)[:3]
    if managers := application.utility.managers:
        content["contact"]["email"] = managers[0].email  # so that each gets one letter
    content |= changes
    sections = list(application.sections.filter(name__in=content))
    for section in sections:
        section.version += 1
        section.changed_by, section.changed_at, section.answers = by, timezone.now(), content[section.name]
    Section.objects.bulk_update(sections, ["version", "changed_by", "changed_at", "answers"])


def answer_points(application: Application, by: User, answer: str = "Added.") -> None:
    """Answer each point for which the application was returned."""
    for section in application.sections.filter(name__startswith="points."):
        section.application = application
        section.answer(section.version, section.answers | {"answer": answer}, by=by)


@pytest.fixture
def draft(cycle, utility, manager) -> Application:
    """A complete draft, as its manager fetches it."""
    started = Application.start(utility=utility, cycle=cycle, by=manager)
    fill(started, manager)
    return Application.objects.visible_to(manager).get(pk=started.pk)


@pytest.fixture
def at(draft, manager, staff, compliance, official, panelists):
    """``at(status)`` leads the application along the usual way to ``status``, by those whose steps these are."""

    def lead_to(status: Status) -> Application:
        application = Application.objects.visible_to(manager).get(pk=draft.pk)
        for reached, step in [
            (Status.DRAFT, lambda: None),
            (Status.SUBMITTED, lambda: application.submit(by=manager)),
            (Status.COMPLETENESS, lambda: begin_completeness(application, by=staff)),
            (Status.COMPLIANCE, lambda: pass_completeness(application, staff)),
            (Status.PANEL, lambda: pass_compliance(application, compliance)),
            (Status.RECOMMENDED, lambda: pass_panel(application, staff, panelists[:3])),
            (Status.RECOGNIZED, lambda: pass_decision(application, official)),
        ]:
            step()
            if reached == status:
                return application
        raise ValueError(status)

    return lead_to


@pytest.fixture
def seats(at, staff, panelists) -> list[Seat]:
    """The first three panelists on the application's panel, the first one its lead; nobody has declared yet."""
    application = at(Status.PANEL)
    due = date.today() + timedelta(days=14)
    return [
        Seat.assign(application, member, by=staff, due=due, lead=place == 0)
        for place, member in enumerate(panelists[:3])
    ]


def pass_completeness(application: Application, staff: User) -> None:
    application.submission.checklist.update(met=True)
    find_complete(application, by=staff)


def pass_compliance(application: Application, compliance: User) -> None:
    for kind in ComplianceCheck.Kind:
        ComplianceCheck.objects.create(
            application=application, kind=kind, source="ECHO", checked_on=date(2026, 11, 1), result="clear"
        )
    find_compliant(application, by=compliance)


def review(seat: Seat, value: str = "met") -> None:
    """Declare no conflict, rate everything, submit."""
    seat.declare()
    seat.ratings.update(version=F("version") + 1, value=value, comment="Shown in the text.", changed_by=seat.member)
    seat.submit()


def pass_panel(application: Application, staff: User, members: list[User]) -> None:
    due = date.today() + timedelta(days=14)
    seats = [
        Seat.assign(application, member, by=staff, due=due, lead=place == 0) for place, member in enumerate(members)
    ]
    for seat in seats:
        review(seat)
    Recommendation.record(seats[0], recommends=True, reasons="Everything is met.")
    put_in_review(application.cycle)


def put_in_review(cycle: Cycle) -> None:
    """Without waiting for it to close: decisions are made in its review only."""
    Cycle.objects.filter(pk=cycle.pk).update(status=Cycle.Status.REVIEW)


def pass_decision(application: Application, official: User) -> None:
    Decision.make(application, by=official, recognize=True)
    Decision.objects.release(application.cycle, by=official)
    application.refresh_from_db()
