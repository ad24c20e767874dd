"""How a person stands towards an application, written out; and what hangs on the seat on a panel."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from accounts.models import Role, StaffGroup, User
from recognition.models import Application, Cycle, PanelMember, Seat
from recognition.rights import Act, NotAllowed, Rights, groups_for, offered, stages, standing

NOW = datetime(2026, 10, 1, tzinfo=UTC)
PROGRAM, COMPLIANCE, OFFICIAL = "Program staff", "Compliance staff", "Deciding official"


@pytest.mark.parametrize(
    ("role", "ways"),
    [
        ("viewer", {"reader"}),
        ("contributor", {"reader", "writer"}),
        ("advisor", {"reader", "writer"}),
        ("manager", {"reader", "writer", "manager"}),
    ],
)
def test_who_belongs_to_the_utility_is_nothing_else(role, ways):
    everything = frozenset({PROGRAM, COMPLIANCE, "Panel member", OFFICIAL, "Administrator"})
    assert standing(Role(role), frozenset(), None) == ways
    assert standing(role, everything, seat("expert", declared_at=NOW, submitted_at=NOW, lead=True)) == ways
    assert standing(role, everything, None, on_paper=True) == ways


@pytest.mark.parametrize(
    ("groups", "ways", "on_paper"),
    [
        (set(), set(), set()),
        ({PROGRAM}, {"program"}, {"program", "clerk"}),
        ({COMPLIANCE}, {"compliance"}, {"compliance"}),
        ({OFFICIAL}, {"official"}, {"official"}),
        ({"Panel member"}, set(), set()),
        ({"Administrator"}, set(), set()),
        ({PROGRAM, OFFICIAL}, {"program", "official"}, {"program", "clerk", "official"}),
        ({PROGRAM, COMPLIANCE, OFFICIAL}, {"program", "compliance", "official"}, None),
    ],
)
def test_staff_stand_by_their_groups(groups, ways, on_paper):
    assert standing(None, frozenset(groups), None) == ways
    if on_paper is not None:
        assert standing(None, frozenset(groups), None, on_paper=True) == on_paper


def seat(affiliation: str | None, **state) -> Seat:
    """Not stored; ``affiliation`` None is a person without a record of where they stand."""
    member = User(email="pia@example.org")
    if affiliation is not None:
        member.panel_member = PanelMember(affiliation=affiliation)
    return Seat(member=member, **state)


@pytest.mark.parametrize(
    ("affiliation", "state", "ways"),
    [
        ("hq", {}, {"seat"}),
        ("hq", {"lead": True}, {"seat"}),
        ("hq", {"declared_at": NOW}, {"seat", "member"}),
        ("hq", {"declared_at": NOW, "lead": True}, {"seat", "member"}),  # leads once the own review is in
        ("hq", {"declared_at": NOW, "submitted_at": NOW}, {"seat", "member", "reviewed"}),
        ("region", {"declared_at": NOW, "submitted_at": NOW, "lead": True}, {"seat", "member", "reviewed", "lead"}),
        ("expert", {}, {"seat", "expert"}),
        ("expert", {"declared_at": NOW}, {"seat", "member", "expert"}),
        (None, {}, {"seat", "expert"}),
        (None, {"declared_at": NOW}, {"seat", "member", "expert"}),
    ],
)
def test_a_seat_on_the_panel(affiliation, state, ways):
    assert standing(None, frozenset(), seat(affiliation, **state)) == ways
    assert standing(None, frozenset({PROGRAM}), seat(affiliation, **state)) == ways | {"program"}


def person(*groups: str) -> User:
    user = User(email="sam@example.org")
    user.staff_groups = frozenset(groups)
    return user


def application(status: str, *, role: str | None = None, on_paper: bool = False) -> Application:
    """As ``visible_to`` brings it, not stored."""
    found = Application(status=status, on_paper=on_paper, cycle=Cycle())
    found.my_role, found.my_seat = role, None
    return found


def with_seat(monkeypatch, on: Seat, status: str, *groups: str) -> Rights:
    """The rights of who has a seat; the seat is not looked up in the database."""
    asked: list[dict] = []
    found = SimpleNamespace(get=lambda **key: asked.append(key) or on)
    monkeypatch.setattr(Seat, "objects", SimpleNamespace(select_related=lambda *names: found))
    row = application(status)
    row.my_seat = 17
    rights = Rights(person(*groups), row)
    assert (asked, rights.seat) == ([{"pk": 17}], on)
    return rights


def test_a_role_in_the_utility_counts_for_rights_and_a_seat_is_none():
    rights = Rights(person(PROGRAM), application("panel", role="contributor"))
    assert rights.seat is None
    assert rights.who == {"reader", "writer"}
    assert rights.may(Act.READ_CONFIDENTIAL)
    assert not rights.may(Act.ASSIGN)


def test_rights_know_what_came_on_paper():
    assert not Rights(person(PROGRAM), application("draft")).may(Act.EDIT)
    assert Rights(person(PROGRAM), application("draft", on_paper=True)).may(Act.EDIT)


@pytest.mark.parametrize("act", [Act.READ_CONFIDENTIAL, Act.READ_CONTACT])
def test_what_outside_experts_never_read(monkeypatch, act):
    """Not even where another role of theirs includes it."""
    declared = {"declared_at": NOW, "submitted_at": NOW}
    assert not with_seat(monkeypatch, seat("expert", **declared), "panel", PROGRAM).may(act)
    assert with_seat(monkeypatch, seat("hq", **declared), "panel").may(act)
    assert with_seat(monkeypatch, seat("expert", **declared), "panel").may(Act.READ_TEXT)


@pytest.mark.parametrize("act", [Act.SEE_SCORES, Act.SEE_REVIEWS, Act.SEE_PEOPLE, Act.SEE_RECOMMENDATION, Act.ASSIGN])
def test_what_members_see_after_the_own_review_only(monkeypatch, act):
    """As program staff too, at the stage where staff do."""
    stage = "panel" if act == Act.ASSIGN else "recommended"
    before, after = seat("hq", declared_at=NOW), seat("hq", declared_at=NOW, submitted_at=NOW)
    assert not with_seat(monkeypatch, before, stage, PROGRAM).may(act)
    assert with_seat(monkeypatch, after, stage, PROGRAM).may(act)
    assert Rights(person(PROGRAM), application(stage)).may(act)


@pytest.mark.parametrize("act", [Act.MAIL, Act.NOTE, Act.WRITE])
def test_program_staff_on_the_panel_write_no_letter_and_no_note(monkeypatch, act):
    reviewed = seat("hq", declared_at=NOW, submitted_at=NOW)
    assert not with_seat(monkeypatch, reviewed, "panel", PROGRAM).may(act)
    assert Rights(person(PROGRAM), application("panel")).may(act)


@pytest.mark.parametrize("is_blind", [True, False])
def test_the_panel_of_a_blind_cycle_does_not_read_who_applies(monkeypatch, is_blind):
    rights = with_seat(monkeypatch, seat("hq", declared_at=NOW), "panel")
    rights.application.my_blind = is_blind
    assert rights.may(Act.READ_CONTACT) is not is_blind
    assert rights.may(Act.READ_TEXT)


@pytest.mark.parametrize(
    ("act", "status", "role", "groups"),
    [
        (Act.EDIT, "draft", "contributor", ()),
        (Act.SUBMIT, "draft", "manager", ()),
        (Act.EXTEND, "draft", None, (PROGRAM,)),
        (Act.REOPEN, "incomplete", None, (PROGRAM,)),
        (Act.WRITE, "panel", None, (PROGRAM,)),
        (Act.WRITE_FEEDBACK, "recognized", None, (PROGRAM,)),
        (Act.NOTIFY, "recognized", None, (PROGRAM,)),
        (Act.REPORT_HOURS, "recognized", "contributor", ()),
        (Act.LOG_HOURS, "recognized", None, (PROGRAM,)),
    ],
)
def test_what_ends_with_the_cycle(act, status, role, groups):
    row = application(status, role=role)
    rights = Rights(person(*groups), row)
    assert rights.may(act)
    row.cycle.status = "archived"
    assert not rights.may(act)
    assert rights.includes(act)


@pytest.mark.parametrize("act", [Act.READ_TEXT, Act.SEE_STATISTICS, Act.GET_LETTER, Act.SEE_CHECKLIST])
def test_an_archived_cycle_can_still_be_read(act):
    row = application("recognized")
    row.cycle.status = "archived"
    assert Rights(person(PROGRAM), row).may(act)


def test_at_which_stages_the_staff_have_an_act():
    assert stages(person(PROGRAM), Act.CHECK) == {"completeness"}
    assert stages(person(PROGRAM, OFFICIAL), Act.DECIDE) == {"recommended", "not_recommended"}
    assert stages(person(COMPLIANCE), Act.HANDLE) == {"compliance"}
    assert stages(person(COMPLIANCE), Act.CHECK) == stages(person(), Act.CHECK) == set()


def test_which_groups_have_an_act_at_a_stage():
    assert groups_for(Act.CHECK, ["completeness"]) == [PROGRAM]
    assert groups_for(Act.HANDLE, ["compliance"]) == [PROGRAM, COMPLIANCE]
    assert groups_for(Act.HANDLE, ["region", "compliance"]) == [PROGRAM, COMPLIANCE]
    assert groups_for(Act.HANDLE, ["region"]) == [PROGRAM]
    assert groups_for(Act.DECIDE, ["draft"]) == groups_for(Act.CHECK, []) == []


def test_an_act_of_the_role_at_another_stage_is_included_and_refused():
    rights = Rights(person(PROGRAM), application("submitted"))
    assert rights.includes(Act.ASSIGN)
    assert not rights.includes(Act.DECIDE)
    rights.require(Act.TAKE_UP)
    with pytest.raises(NotAllowed, match="^Your role does not include this step at this stage.$"):
        rights.require(Act.ASSIGN)


@pytest.mark.parametrize(
    ("groups", "acts"),
    [
        ((PROGRAM,), {Act.CHECK, Act.RECORD_REGION, Act.ASSIGN, Act.SEE_STATISTICS}),
        ((COMPLIANCE,), {Act.RECORD_COMPLIANCE}),
        ((OFFICIAL,), {Act.DECIDE, Act.SEE_STATISTICS}),
        ((COMPLIANCE, OFFICIAL), {Act.RECORD_COMPLIANCE, Act.DECIDE, Act.SEE_STATISTICS}),
        (("Panel member", "Administrator"), set()),
        ((), set()),
    ],
)
def test_whose_lists_there_are(groups, acts):
    asked = [Act.CHECK, Act.RECORD_COMPLIANCE, Act.RECORD_REGION, Act.ASSIGN, Act.DECIDE, Act.SEE_STATISTICS, Act.RATE]
    assert {act for act in asked if offered(person(*groups), act)} == acts


def test_the_groups_are_those_of_the_staff():
    assert (StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL) == (PROGRAM, COMPLIANCE, OFFICIAL)
