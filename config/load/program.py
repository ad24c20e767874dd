"""The recognition program: cycles, panel members, and three applications of each utility, with their reviews."""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import StaffGroup, User
from config.load.utilities import Place, address
from recognition.application.content import claimed
from recognition.models import (
    Application,
    ApplicationEvent,
    CheckItem,
    Cycle,
    Decision,
    Edition,
    PanelMember,
    Rating,
    Recognition,
    Recommendation,
    Seat,
    Submission,
)
from recognition.models.recognition import last_day

Status = Application.Status
OF_EACH, SEATS, MEMBERS = 3, 3, 30  # applications of a utility, seats of a panel, panel members for each block
PAST, VALID = 17, 8  # earlier cycles, however many applications there are; those whose recognitions are still valid
APART = 100  # days from one of them to the next
RECOGNIZED = 300  # of a block
CONTENT: dict[str, dict[str, Any]] = {
    "eligibility": {"facility_types": ["drinking_water"], "drinking_water_population": 4200},
    "contact": {"email": "contact@load.example.org"},
    "attributes.product-quality": {"chosen": True, "assessed": "We looked at five years of samples. " * 20},
    "categories.climate-change": {"chosen": True, "narrative": "We plan for drought. " * 20},
}
PANEL = (Status.SUBMITTED, Status.COMPLETENESS, Status.COMPLIANCE, Status.PANEL)
# The last stage → the stages on the way there.
WAYS: dict[str, tuple[str, ...]] = {
    Status.SUBMITTED: PANEL[:1],
    Status.COMPLETENESS: PANEL[:2],
    Status.RETURNED: (*PANEL[:2], Status.RETURNED),
    Status.COMPLIANCE: PANEL[:3],
    Status.REGION: (*PANEL[:3], Status.REGION),
    Status.PANEL: PANEL,
    Status.RECOMMENDED: (*PANEL, Status.RECOMMENDED),
    Status.NOT_RECOMMENDED: (*PANEL, Status.NOT_RECOMMENDED),
    Status.RECOGNIZED: (*PANEL, Status.RECOMMENDED, Status.RECOGNIZED),
    Status.NOT_RECOGNIZED: (*PANEL, Status.NOT_RECOMMENDED, Status.NOT_RECOGNIZED),
    Status.INCOMPLETE: (*PANEL[:2], Status.RETURNED, Status.INCOMPLETE),
    Status.NOT_ELIGIBLE: (*PANEL[:3], Status.NOT_ELIGIBLE),
    Status.WITHDRAWN: (Status.SUBMITTED, Status.WITHDRAWN),
}
UNDER_WAY = [status for status in WAYS if status in Application.UNDER_REVIEW]
ENDED = [Status.NOT_RECOGNIZED, Status.INCOMPLETE, Status.NOT_ELIGIBLE, Status.WITHDRAWN]
STAFF = {"staff": StaffGroup.PROGRAM, "compliance": StaffGroup.COMPLIANCE, "official": StaffGroup.OFFICIAL}


@dataclass(frozen=True)
class Program:
    """``waiting`` and ``mixed`` are cycles in review, ``decided`` and ``past`` are over."""

    staff: User
    official: User
    waiting: Cycle
    mixed: Cycle
    decided: Cycle
    past: list[Cycle]


def begin(password: str) -> Program:
    """Creates the cycles, one that is open among them, and the staff, who can sign in with ``password``."""
    people = {}
    for name, group in STAFF.items():
        email, secret = address(name, 0), make_password(password or None)
        people[name] = User.objects.create(email=email, name=f"{name.capitalize()} Prather", password=secret)
        people[name].groups.add(Group.objects.get(name=group))
    email, secret = address("admin", 0), make_password(password or None)
    User.objects.create(email=email, name="Admin Prather", password=secret, is_staff=True, is_superuser=True)
    year, review, decided = timezone.localdate().year, Cycle.Status.REVIEW, Cycle.Status.DECIDED
    _cycle(f"Recognition {year + 1}", -10, Cycle.Status.PLANNED)
    return Program(
        staff=people["staff"],
        official=people["official"],
        waiting=_cycle(f"Recognition {year}, spring", -200, review),
        mixed=_cycle(f"Recognition {year}, fall", -120, review),
        decided=_cycle(f"Recognition {year - 1}", -400, decided),
        past=[_cycle(f"Recognition {year - 2 - n}", -400 - APART * n, decided) for n in range(PAST)],
    )


def _cycle(title: str, opens: int, status: str) -> Cycle:
    begins = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0) + dt.timedelta(days=opens)
    return Cycle.objects.create(
        title=title,
        edition=Edition.objects.get(),
        status=status,
        opens=begins,
        closes=begins + dt.timedelta(days=60),
        panel_from=begins.date() + dt.timedelta(days=70),
        panel_until=begins.date() + dt.timedelta(days=230),
        letters_from=begins.date() + dt.timedelta(days=240),
        letters_until=begins.date() + dt.timedelta(days=250),
        signatory_name="Adelaide Worth",
        signatory_title="Director",
    )


def build(program: Program, block: int, places: list[Place], password: str = "") -> None:
    """Creates the applications of a block's utilities. The first block's are under way."""
    members = _members(block, password)
    n = len(places)
    ended = [Status.RECOGNIZED] * min(RECOGNIZED, n) + ENDED * n
    others = [ENDED[at % len(ENDED)] for at in range(n)]
    mixed = [UNDER_WAY[at % len(UNDER_WAY)] for at in range(n)]
    rounds: list[tuple[Cycle, Sequence[str]]]
    if block == 0:
        rounds = [(program.decided, ended), (program.waiting, [Status.PANEL] * n), (program.mixed, mixed)]
    else:
        rounds = [(program.past[0], ended), (program.past[VALID], others), (program.past[VALID + 1], others)]
    for cycle, statuses in rounds:
        _apply(program, cycle, list(zip(places, statuses, strict=False)), members)


def _members(block: int, password: str) -> list[User]:
    numbers = range(block * MEMBERS, (block + 1) * MEMBERS)
    people = User.objects.bulk_create(
        User(
            email=address("panelist", n),
            name=f"Panel Member {n}",
            password=make_password((not n and password) or None),
        )
        for n in numbers
    )
    group = Group.objects.get(name=StaffGroup.PANEL)
    group.user_set.add(*people)
    PanelMember.objects.bulk_create(PanelMember(user=each, affiliation="hq") for each in people)
    return people


def _apply(program: Program, cycle: Cycle, rows: list[tuple[Place, str]], members: list[User]) -> None:
    sent = cycle.closes - dt.timedelta(days=1)
    applications = Application.objects.bulk_create(
        Application(
            utility=place.utility,
            cycle=cycle,
            status=status,
            created_by=place.manager,
            created_at=cycle.opens,
            status_since=min(sent + dt.timedelta(days=10 * len(WAYS[status]), minutes=at), timezone.now()),
            resubmit_by=cycle.closes + dt.timedelta(days=90),
        )
        for at, (place, status) in enumerate(rows)
    )
    ApplicationEvent.objects.bulk_create(event for each in applications for event in _events(each, sent))
    submissions = Submission.objects.bulk_create(
        Submission(
            application=each,
            number=1,
            content=CONTENT,
            size=("small", "large")[at % 2],
            words=160,
            counted_attributes=1,
            counted_boxes=1,
            submitted_at=sent,
            submitted_by=each.created_by,
        )
        for at, each in enumerate(applications)
    )
    for submission in submissions:
        if submission.application.status == Status.COMPLETENESS:
            CheckItem.draw_up(submission)
    _review([each for each in applications if Status.PANEL in WAYS[each.status]], sent, members)
    _decide(program, applications, cycle)


def _events(application: Application, at: dt.datetime) -> Iterator[ApplicationEvent]:
    for n, (before, after) in enumerate(pairwise((Status.DRAFT, *WAYS[application.status]))):
        by = application.created_by if after in (Status.SUBMITTED, Status.WITHDRAWN) else None
        moment = at + dt.timedelta(days=10 * n)
        yield ApplicationEvent(application=application, at=moment, by=by, from_status=before, to_status=after)


def _review(applications: list[Application], sent: dt.datetime, members: list[User]) -> None:
    """Seats three members on each panel. While it sits, the third review of every third application is to be done."""
    assigned, done = sent + dt.timedelta(days=31), sent + dt.timedelta(days=38)
    seats = Seat.objects.bulk_create(
        Seat(
            application=application,
            member=members[(at + place) % len(members)],
            lead=place == 0,
            due=done.date(),
            assigned_at=assigned,
            declared_at=assigned,
            submitted_at=None if _is_open(application, at, place) else done,
        )
        for at, application in enumerate(applications)
        for place in range(SEATS)
    )
    Rating.objects.bulk_create(
        Rating(seat=seat, criterion=name, **_rated(seat, at + n))
        for at, seat in enumerate(seats)
        for n, name in enumerate(claimed(CONTENT))
    )


def _is_open(application: Application, at: int, place: int) -> bool:
    return application.status == Status.PANEL and place == SEATS - 1 and at % 3 == 0


def _rated(seat: Seat, n: int) -> dict[str, Any]:
    if seat.submitted_at is None and n % 2:
        return {"value": ""}
    value = (Rating.Value.MET, Rating.Value.MET, Rating.Value.PARTLY)[n % 3]
    return {"value": value, "first_value": value if seat.submitted_at else "", "comment": "Shown in the text."}


def _decide(program: Program, applications: Iterable[Application], cycle: Cycle) -> None:
    reviewed = [each for each in applications if each.status in Application.PAST_PANEL]
    favorable = (Status.RECOMMENDED, Status.RECOGNIZED)
    Recommendation.objects.bulk_create(
        Recommendation(application=each, recommends=each.status in favorable, reasons="The text shows it.")
        for each in reviewed
    )
    decided = [each for each in reviewed if each.status in Application.OUTCOME]
    Decision.objects.bulk_create(
        Decision(
            application=each,
            recognize=each.status == Status.RECOGNIZED,
            recommended=each.status == Status.RECOGNIZED,
            by=program.official,
            at=each.status_since,
            subject="Your application",
            body="Thank you for applying.",
            released_at=each.status_since,
        )
        for each in decided
    )
    since = cycle.letters_from or timezone.localdate()
    Recognition.objects.bulk_create(
        Recognition(application=each, since=since, until=last_day(since))
        for each in decided
        if each.status == Status.RECOGNIZED
    )
