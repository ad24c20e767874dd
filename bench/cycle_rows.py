"""The rows of a cycle that ``bench/cycle.py`` leads from its panels to its release."""

from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from accounts.models import Identifier, Membership, Role, StaffGroup, User, Utility
from accounts.regions import REGION_OF_STATE
from bench.applications import CONTENT
from recognition.models import (
    Application,
    ComplianceCheck,
    Cycle,
    Edition,
    PanelMember,
    Submission,
)

APPLICATIONS, REVIEWERS = 1500, 40
Status = Application.Status


def one_of(group: StaffGroup, email: str, name: str) -> User:
    """Creates a person of the staff."""
    person = User.objects.create_user(email, "only-for-measuring", name=name)
    person.groups.add(Group.objects.get(name=group))
    return person


def cycle_in_review() -> Cycle:
    """Creates 1,500 applications at the panel, each of a utility with a manager, and 40 reviewers without a seat."""
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        status=Cycle.Status.REVIEW,
        opens=now - timedelta(days=90),
        closes=now - timedelta(days=30),
        panel_from=date.today() - timedelta(days=20),
        panel_until=date.today() + timedelta(days=40),
        letters_from=date.today() + timedelta(days=60),
        signatory_name="Dana Whitfield",
        signatory_title="Director",
    )
    _reviewers()
    _applications(cycle)
    analyze()
    return cycle


def _applications(cycle: Cycle) -> None:
    states = sorted(REGION_OF_STATE)
    systems = [["drinking_water"], ["wastewater"], ["drinking_water", "wastewater"]]
    utilities = Utility.objects.bulk_create(
        Utility(name=f"Applicant {n:04}", city="Riverbend", state=states[n % len(states)], systems=systems[n % 3])
        for n in range(APPLICATIONS)
    )
    managers = User.objects.bulk_create(
        User(email=f"manager{n}@example.org", name=f"Manager {n}") for n in range(APPLICATIONS)
    )
    Membership.objects.bulk_create(
        Membership(user=person, utility=utility, role=Role.MANAGER)
        for person, utility in zip(managers, utilities, strict=True)
    )
    Identifier.objects.bulk_create(
        Identifier(utility=utility, kind=Identifier.Kind.PWSID, value=f"{utility.state}{n:07}")
        for n, utility in enumerate(utilities)
    )
    rows = Application.objects.bulk_create(
        Application(utility=utility, cycle=cycle, status=Status.PANEL) for utility in utilities
    )
    Submission.objects.bulk_create(
        Submission(
            application=row,
            number=1,
            content=CONTENT | {"contact": {"manager": person.name, "email": person.email}},
            size="small" if n % 3 else "large",
            words=320,
            counted_attributes=1,
            counted_boxes=1,
        )
        for n, (row, person) in enumerate(zip(rows, managers, strict=True))
    )
    ComplianceCheck.objects.bulk_create(
        ComplianceCheck(application=row, kind=kind, source="ECHO", checked_on=date.today(), result="clear")
        for row in rows
        for kind in ComplianceCheck.Kind
    )


def _reviewers() -> None:
    states = sorted(REGION_OF_STATE)
    people = User.objects.bulk_create(
        User(email=f"reviewer{n}@example.org", name=f"Reviewer {n:02}") for n in range(REVIEWERS)
    )
    group = Group.objects.get(name=StaffGroup.PANEL)
    User.groups.through.objects.bulk_create(User.groups.through(user=one, group=group) for one in people)
    PanelMember.objects.bulk_create(
        PanelMember(
            user=one,
            affiliation=["hq", "region", "expert"][n % 3],
            state=states[n % len(states)],
            systems=[["drinking_water"], ["wastewater"], []][n % 3],
            conflict_states=[states[n]] if n % 8 == 7 else [],
            most_panels=60 if n % 10 == 0 else None,
        )
        for n, one in enumerate(people)
    )


def analyze() -> None:
    """Tidies the tables and counts their rows, as autovacuum does within minutes."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
