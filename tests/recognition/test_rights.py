"""Who may do what at which stage: every role against every action, from the program's rules written out once more."""

from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Membership, Role, StaffGroup, User
from recognition.models import Application, PanelMember, Seat
from recognition.rights import Act, NotAllowed, Rights
from tests.applications import person_in
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

DRAFT, RETURNED, PANEL = {"draft"}, {"returned"}, {"panel"}
PENDING = {"recommended", "not_recommended"}
OUTCOME = {"recognized", "not_recognized"}
PAST_PANEL = PENDING | OUTCOME
FROM_PANEL = PANEL | PAST_PANEL
FROM_COMPLIANCE = {"compliance", "not_eligible", "region"} | FROM_PANEL
BEFORE_PANEL = {"submitted", "completeness", "returned", "resubmitted", "compliance", "region"}
SENT = BEFORE_PANEL | FROM_PANEL | {"incomplete", "not_eligible", "withdrawn"}
ANY = DRAFT | SENT

READS = {"READ_CONTACT", "READ_TEXT", "READ_CONFIDENTIAL"}
READER = dict.fromkeys(READS, ANY) | {"SEE_FEEDBACK": OUTCOME, "GET_LETTER": OUTCOME}
CONTRIBUTOR = READER | {"EDIT": DRAFT | RETURNED, "REPORT_HOURS": SENT}
MANAGER = CONTRIBUTOR | {
    "SUBMIT": DRAFT | RETURNED,
    "DELETE": DRAFT,
    "WITHDRAW": BEFORE_PANEL | PANEL | PENDING,
    "PUBLISH": {"recognized"},
}
PROGRAM = dict.fromkeys(READS, SENT) | {
    "SEE_PEOPLE": ANY,
    "SEE_CHECKLIST": SENT,
    "SEE_COMPLIANCE": FROM_COMPLIANCE,
    "SEE_REVIEWS": FROM_PANEL,
    "SEE_RECOMMENDATION": PAST_PANEL,
    "SEE_FEEDBACK": OUTCOME,
    "EXTEND": DRAFT | RETURNED,
    "TAKE_UP": {"submitted", "resubmitted"},
    "CHECK": {"completeness"},
    "CLOSE_LATE": RETURNED,
    "RECORD_REGION": {"region"},
    "ASSIGN": PANEL,
    "EDIT_LETTER": PENDING,
    "WRITE_FEEDBACK": PENDING | OUTCOME,
    "GET_LETTER": OUTCOME,
    "MAIL": ANY,
    "WRITE": ANY,
    "NOTIFY": OUTCOME,
    "REOPEN": {"incomplete"},
    "SEE_SCORES": PAST_PANEL,
    "SEE_STATISTICS": ANY,
    "LOG_HOURS": SENT,
    "MOVE_CYCLE": ANY,
    "HANDLE": BEFORE_PANEL | PANEL | PENDING,
    "NOTE": SENT,
    "APPOINT": ANY,
}
# For what came on paper.
CLERK = (
    PROGRAM
    | dict.fromkeys(READS, ANY)
    | {
        "EDIT": DRAFT | RETURNED,
        "SUBMIT": DRAFT | RETURNED,
        "DELETE": DRAFT,
        "WITHDRAW": BEFORE_PANEL | PANEL | PENDING,
    }
)
COMPLIANCE = dict.fromkeys(["READ_CONTACT", "SEE_PEOPLE", "SEE_COMPLIANCE"], FROM_COMPLIANCE) | {
    "RECORD_COMPLIANCE": {"compliance", "region", "not_eligible"} | PANEL | PENDING,
    "CLEAR": {"compliance"},
    "BAR": {"compliance", "region"} | PANEL | PENDING,
    "REOPEN": {"not_eligible"},
    "SCREEN": {"compliance"},
    "LOG_HOURS": FROM_COMPLIANCE,
    "HANDLE": {"compliance"},
    "NOTE": FROM_COMPLIANCE,
}
SEAT = {"DECLARE": PANEL}
MEMBER = dict.fromkeys(READS, FROM_PANEL) | {"DECLARE": PANEL, "RATE": PANEL, "LOG_HOURS": FROM_PANEL}
REVIEWED = MEMBER | {
    "SEE_PEOPLE": FROM_PANEL,
    "SEE_REVIEWS": FROM_PANEL,
    "SEE_RECOMMENDATION": PAST_PANEL,
    "DISCUSS": PANEL,
}
LEAD = REVIEWED | {"RECOMMEND": PANEL}
OFFICIAL = dict.fromkeys([*READS, "SEE_PEOPLE", "SEE_COMPLIANCE", "SEE_REVIEWS", "SEE_RECOMMENDATION"], PAST_PANEL) | {
    "SEE_FEEDBACK": OUTCOME,
    "DECIDE": PENDING,
    "EDIT_LETTER": PENDING,
    "REVOKE": {"recognized"},
    "SEE_SCORES": PAST_PANEL,
    "SEE_STATISTICS": PAST_PANEL,
    "HANDLE": PENDING,
    "NOTE": PAST_PANEL,
}


def without(rights: dict, *acts: str) -> dict:
    return {act: stages for act, stages in rights.items() if act not in acts}


def only_text(rights: dict) -> dict:
    """An outside expert's: never contacts, never what is claimed as confidential."""
    return without(rights, "READ_CONTACT", "READ_CONFIDENTIAL")


# Until the own review is in, nothing that shows the others': not even who could be assigned.
AS_STAFF_ON_THE_PANEL = without(
    PROGRAM, "SEE_PEOPLE", "SEE_REVIEWS", "SEE_SCORES", "SEE_RECOMMENDATION", "ASSIGN", "MAIL", "NOTE", "WRITE"
) | {
    "DECLARE": PANEL,
    "RATE": PANEL,
}

# person → (where the application exists for them, what they may do)
WHO_MAY_WHAT = {
    "reader": (ANY, READER),
    "contributor": (ANY, CONTRIBUTOR),
    "advisor": (ANY, CONTRIBUTOR),
    "former": (set(), {}),
    "manager": (ANY, MANAGER),
    "program": (ANY, PROGRAM),
    "compliance": (FROM_COMPLIANCE, COMPLIANCE),
    "official": (PAST_PANEL, OFFICIAL),
    "program and official": (ANY, PROGRAM | {"DECIDE": PENDING, "REVOKE": {"recognized"}}),
    "panel group, no seat": (set(), {}),
    "seat": (ANY, SEAT),
    "member": (ANY, MEMBER),
    "reviewed": (ANY, REVIEWED),
    "lead": (ANY, LEAD),
    "lead, not reviewed": (ANY, MEMBER),
    "expert seat": (ANY, SEAT),
    "expert member": (ANY, only_text(MEMBER)),
    "expert reviewed": (ANY, only_text(REVIEWED)),
    "unknown expert": (ANY, only_text(MEMBER)),  # no record says where they stand: an outsider until it does
    "stepped down": (set(), {}),
    "program with a seat": (ANY, AS_STAFF_ON_THE_PANEL),
    "own staff": (ANY, CONTRIBUTOR),
    "own panelist": (ANY, READER),
    "administrator": (set(), {}),
    "superuser": (set(), {}),
    "stranger": (set(), {}),
}


def joins(user: User, *groups: str) -> User:
    user.groups.add(*Group.objects.filter(name__in=groups))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def cast(
    draft, manager, contributor, advisor, viewer, stranger, former, staff, compliance, official
) -> dict[str, User]:
    """Everyone of the table, the panel seated whatever the stage."""
    now, utility = timezone.now(), draft.utility

    def seat(name: str, affiliation: str = "hq", *groups: str, **state) -> User:
        user = joins(UserFactory(email=f"{name.replace(' ', '.')}@example.org"), StaffGroup.PANEL, *groups)
        if affiliation:
            PanelMember.objects.create(user=user, affiliation=affiliation)
        Seat.objects.create(application=draft, member=user, due=date(2030, 1, 1), **state)
        return user

    declared = {"declared_at": now}
    reviewed = declared | {"submitted_at": now}
    people = {
        "reader": viewer,
        "contributor": contributor,
        "advisor": advisor,
        "manager": manager,
        "former": former,
        "program": staff,
        "compliance": compliance,
        "official": official,
        "program and official": joins(UserFactory(), StaffGroup.PROGRAM, StaffGroup.OFFICIAL),
        "panel group, no seat": joins(UserFactory(), StaffGroup.PANEL),
        "seat": seat("seat"),
        "member": seat("member", "region", **declared),
        "reviewed": seat("reviewed", **reviewed),
        "lead": seat("lead", lead=True, **reviewed),
        "expert seat": seat("expert seat", "expert"),
        "expert member": seat("expert member", "expert", **declared),
        "expert reviewed": seat("expert reviewed", "expert", **reviewed),
        "unknown expert": seat("unknown expert", "", **declared),
        "stepped down": seat("stepped down", recused_at=now, conflict="other", conflict_reason="x", **declared),
        "program with a seat": seat("program with a seat", "hq", StaffGroup.PROGRAM, **declared),
        "own staff": joins(UserFactory(), StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL),
        "own panelist": seat("own panelist", "hq", StaffGroup.PROGRAM, **reviewed),
        "administrator": person_in(StaffGroup.ADMINISTRATOR, "admin@example.org", "Ada Min"),
        "superuser": User.objects.create_superuser("root@example.org", "sixteen-rivers-run"),
        "stranger": stranger,
    }
    Membership.objects.create(utility=utility, user=people["own staff"], role=Role.CONTRIBUTOR)
    Membership.objects.create(utility=utility, user=people["own panelist"], role=Role.VIEWER)
    return people


def allowed(user: User, application: Application) -> tuple[bool, set[str]]:
    """Whether it exists for ``user``, and what they may do with it now."""
    seen = Application.objects.visible_to(user).filter(pk=application.pk).first()
    if seen is None:
        return False, set()
    rights = Rights(user, seen)
    return True, {act.name for act in Act if rights.may(act)}


def put(application: Application, stage: str, **more) -> None:
    Application.objects.filter(pk=application.pk).update(status=stage, resubmit_by=timezone.now(), **more)


def test_every_role_and_every_action_at_every_stage(draft, cast):
    known = {act for _, acts in WHO_MAY_WHAT.values() for act in acts}
    assert known == {act.name for act in Act}, "the table knows every action"
    assert set(Application.Status.values) == ANY
    lead = Seat.objects.get(lead=True)
    for who, (stages, acts) in WHO_MAY_WHAT.items():
        if who == "lead, not reviewed":
            Seat.objects.filter(pk=lead.pk).update(submitted_at=None)
            cast[who] = cast["lead"]
        for stage in Application.Status.values:
            put(draft, stage)
            expected = {act for act, at in acts.items() if stage in at}
            assert allowed(cast[who], draft) == (stage in stages, expected), f"{who} at {stage}"
        Seat.objects.filter(pk=lead.pk).update(submitted_at=lead.submitted_at)


def test_program_staff_enter_what_came_on_paper_and_nothing_else(draft, cast):
    for stage in Application.Status.values:
        put(draft, stage, on_paper=True)
        expected = {act for act, at in CLERK.items() if stage in at}
        assert allowed(cast["program"], draft) == (True, expected), stage
        for who in ("compliance", "official", "reviewed", "expert reviewed", "reader", "stranger"):
            stages, acts = WHO_MAY_WHAT[who]
            assert allowed(cast[who], draft)[1] == {act for act, at in acts.items() if stage in at}, f"{who} at {stage}"


def test_a_utility_sees_its_own_and_no_other(draft, manager, stranger, cycle):
    theirs = Application.start(utility=stranger.memberships.get().utility, cycle=cycle, by=stranger)
    assert list(Application.objects.visible_to(manager).of_utilities_of(manager)) == [draft]
    assert list(Application.objects.visible_to(stranger).of_utilities_of(stranger)) == [theirs]


def test_each_row_tells_how_the_person_stands(draft, cast, staff):
    roles = {who: Application.objects.visible_to(cast[who]).get(pk=draft.pk) for who in ("manager", "seat", "program")}
    seat = Seat.objects.get(member=cast["seat"])
    assert {who: (row.my_role, row.my_seat) for who, row in roles.items()} == {
        "manager": ("manager", None),
        "seat": (None, seat.pk),
        "program": (None, None),
    }


def test_two_roles_and_a_second_seat_make_no_second_row(draft, cast):
    """One who stepped down and was assigned again, in two groups: the application is there once."""
    person = cast["stepped down"]
    Seat.objects.create(application=draft, member=person, due=date(2030, 1, 1))
    joins(person, StaffGroup.COMPLIANCE, StaffGroup.PROGRAM)
    again = User.objects.get(pk=person.pk)
    assert Application.objects.visible_to(again).count() == 1


def test_a_missing_right_is_refused_by_its_name(draft, viewer):
    rights = Rights(viewer, Application.objects.visible_to(viewer).get(pk=draft.pk))
    rights.require(Act.READ_TEXT)
    with pytest.raises(NotAllowed, match="at this stage"):
        rights.require(Act.SUBMIT)
