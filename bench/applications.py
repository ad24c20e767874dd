"""The review queue of a full cycle, each application read by three panel members."""

from datetime import timedelta

from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Identifier, StaffGroup, System, User, Utility
from accounts.regions import REGION_OF_STATE
from recognition.application.content import claimed
from recognition.models import Application, Cycle, Edition, PanelMember, Rating, Seat, Submission

APPLICATIONS, SEATS, MEMBERS = 1000, 3, 30  # with those of config.load, 1,500 wait for their panel
CONTENT = {
    "eligibility": {"facility_types": ["drinking_water"], "drinking_water_population": 4200},
    "attributes.product-quality": {"chosen": True, "assessed": "We looked at five years of samples. " * 40},
    "categories.climate-change": {"chosen": True, "narrative": "We plan for drought. " * 40},
}


def build() -> tuple[Cycle, User]:
    """Creates the rows in bulk, as the models' own methods would leave them. Returns the cycle and a panel member."""
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="A full cycle",
        edition=Edition.objects.get(),
        status=Cycle.Status.REVIEW,
        opens=now - timedelta(days=90),
        closes=now - timedelta(days=30),
    )
    submissions = _submissions(_applications(cycle))
    members = User.objects.bulk_create(
        User(email=f"member{number}@example.org", name=f"Member {number}") for number in range(MEMBERS)
    )
    Group.objects.get(name=StaffGroup.PANEL).user_set.add(*members)
    PanelMember.objects.bulk_create(PanelMember(user=each, affiliation="hq") for each in members)
    _reviews(submissions, members)
    return cycle, members[0]


def _applications(cycle: Cycle) -> list[Application]:
    states = sorted(REGION_OF_STATE)
    utilities = Utility.objects.bulk_create(
        Utility(
            name=f"Applicant {number}",
            city="Riverbend",
            state=states[number % len(states)],
            systems=[System.DRINKING_WATER],
        )
        for number in range(APPLICATIONS)
    )
    Identifier.objects.bulk_create(
        Identifier(utility=utility, kind=Identifier.Kind.PWSID, value=f"{utility.state}9{number:06}")
        for number, utility in enumerate(utilities)
    )
    return Application.objects.bulk_create(
        Application(utility=utility, cycle=cycle, status=Application.Status.PANEL) for utility in utilities
    )


def _submissions(applications: list[Application]) -> list[Submission]:
    return Submission.objects.bulk_create(
        Submission(
            application=application,
            number=1,
            content=CONTENT,
            size="small",
            words=320,
            counted_attributes=1,
            counted_boxes=1,
        )
        for application in applications
    )


def _reviews(submissions: list[Submission], members: list[User]) -> None:
    now = timezone.now()
    seats = Seat.objects.bulk_create(
        Seat(
            application=submission.application,
            member=members[(number + place) % MEMBERS],
            lead=place == 0,
            due=now.date(),
            declared_at=now,
            submitted_at=now,
        )
        for number, submission in enumerate(submissions)
        for place in range(SEATS)
    )
    Rating.objects.bulk_create(
        Rating(seat=seat, criterion=name, value="met", comment="Shown in the text.")
        for seat in seats
        for name in claimed(CONTENT)
    )
