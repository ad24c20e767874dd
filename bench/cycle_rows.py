"""The rows of a cycle that ``bench/cycle.py`` leads to its release, and what its reviewers do, made in bulk."""

from datetime import date, timedelta

from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Case, F, Value, When
from django.db.models.functions import Mod
from django.utils import timezone

from accounts.models import Identifier, Membership, Role, StaffGroup, User, Utility
from accounts.regions import REGION_OF_STATE
from bench.applications import CONTENT
from recognition.models import (
    Application,
    ApplicationEvent,
    ComplianceCheck,
    Cycle,
    Edition,
    PanelMember,
    Rating,
    Recommendation,
    Seat,
    Submission,
)

APPLICATIONS, REVIEWERS = 1500, 40
DISSENT = 50  # every so many recommendations have one
TEXT = "Shown in the text; the measures are from the last five years. "
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


def review_half(cycle: Cycle) -> int:
    """Makes the reviews and recommendations of half of the applications, whose panels have declared. Returns how many.

    By the pages it is each reviewer's own work of weeks: reading, a rating for each criterion, the panel's talk.
    """
    now = timezone.now()
    half = list(cycle.applications.filter(status=Status.PANEL).order_by("pk")[: APPLICATIONS // 2])
    keys = [row.pk for row in half]
    value = Case(When(nth=0, then=Value("partly")), default=Value("met"))
    ratings = Rating.objects.annotate(nth=Mod(F("pk"), 7)).filter(seat__application__in=keys)
    ratings.update(value=value, first_value=value, comment=TEXT, version=F("version") + 1, changed_at=now)
    Seat.objects.active().filter(application__in=keys).update(submitted_at=now, summary=TEXT)
    leads = dict(Seat.objects.active().filter(application__in=keys, lead=True).values_list("application", "member"))
    advised = {row.pk: n % 10 > 0 for n, row in enumerate(half)}
    Recommendation.objects.bulk_create(
        Recommendation(
            application=row,
            recommends=advised[row.pk],
            reasons=TEXT * 3,
            dissent=TEXT if n % DISSENT == 0 else "",
            by_id=leads[row.pk],
        )
        for n, row in enumerate(half)
    )
    for recommends, to in ((True, Status.RECOMMENDED), (False, Status.NOT_RECOMMENDED)):
        those = [key for key, is_so in advised.items() if is_so is recommends]
        Application.objects.filter(pk__in=those).update(status=to, status_since=now, handler=None)
        ApplicationEvent.objects.bulk_create(
            ApplicationEvent(application_id=key, by_id=leads[key], from_status=Status.PANEL, to_status=to)
            for key in those
        )
    analyze()
    return len(half)


def analyze() -> None:
    """Tidies the tables and counts their rows, as autovacuum does within minutes."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
