"""Groups: some people see utilities side by side, only those whose manager agreed, only figures, and only so long."""

import csv
import io
import itertools
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.groups import GroupPerson, GroupUtility, UtilityGroup
from accounts.models import Role, Utility
from assessments.models import Finding, GapAnalysis
from ims.closed import ClosedRegister
from ims.models import CorrectiveAction, Measure, Objective, Reading, Record
from tests.conftest import main_of
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory, UtilityFactory
from tests.keeping import make_administrator
from workflow.models import WrongState
from workflow.overview import Figure, side_by_side
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db
Status = GroupUtility.Status
TODAY = timezone.localdate()
SECRET = "Robin Marsh fell from the ladder"


@pytest.fixture
def lead(db):
    """Leads the group; belongs to another utility."""
    return MembershipFactory(user__email="county@example.org", user__name="Cory Unger").user


@pytest.fixture
def group(lead) -> UtilityGroup:
    made = UtilityGroup.objects.begin(by=lead, name="Linn County", kind="county")
    return UtilityGroup.objects.visible_to(lead).get(pk=made.pk)


@pytest.fixture
def asked(group, utility, manager, lead) -> GroupUtility:
    group.ask(utility, by=lead)
    return group.utilities.get()


@pytest.fixture
def agreed(asked, manager) -> GroupUtility:
    asked.answer(Status.AGREED, by=manager)
    return asked


@pytest.fixture
def watcher(group, lead):
    """Only looks."""
    user = UserFactory(email="watcher@example.org", name="Wanda Ott")
    group.invite(user.email, by=lead)
    group.people.get(email=user.email).accept(by=user)
    return user


def board(browser, group):
    return browser.get(reverse("accounts:group", args=[group.pk]))


def answer(browser, place, words):
    return browser.post(reverse("accounts:answer_group", args=[place.utility_id, place.pk]), {"answer": words})


# Agreeing and leaving.


def test_a_utility_is_seen_from_agreeing_to_leaving(asked, group, utility, lead, watcher, manager, as_):
    browser, looking = as_(manager), as_(watcher)
    assert "Linn County asks Riverbend Water and Sewer to join" in browser.get(reverse("home")).text
    assert "Riverbend" not in main_of(board(looking, group)), "it was only asked"
    page = main_of(browser.get(reverse("accounts:groups_of_utility", args=[utility.pk])))
    for words in ("Linn County", "Cory Unger, county@example.org", "Wanda Ott", "Late records", "Agree"):
        assert words in page
    answer(browser, asked, "agree")
    assert "Riverbend Water and Sewer" in main_of(board(looking, group))
    assert "asks Riverbend" not in browser.get(reverse("home")).text
    answer(browser, asked, "leave")
    assert "Riverbend" not in main_of(board(looking, group))
    for ending in ("csv", "xlsx"):
        file = looking.get(reverse("accounts:group", args=[group.pk]), {"export": ending})
        assert b"Riverbend" not in file.content
    assert [(event.by, event.to_status) for event in asked.events.all()] == [
        (lead, "asked"),
        (manager, "agreed"),
        (manager, "left"),
    ]


def test_who_agreed_and_when_is_kept(agreed, manager, viewer, utility, as_):
    agreed.refresh_from_db()
    assert agreed.agreed_by == manager
    assert agreed.agreed_at is not None
    assert "Mara Gerr agreed on" in as_(viewer).get(reverse("accounts:groups_of_utility", args=[utility.pk])).text


@pytest.mark.parametrize("role", ["contributor", "advisor", "viewer"])
def test_only_a_manager_answers(role, asked, as_, request):
    user = request.getfixturevalue(role)
    assert answer(as_(user), asked, "agree").status_code == 403
    with pytest.raises(NotAllowed):
        asked.answer(Status.AGREED, by=user)
    assert GroupUtility.objects.get().status == "asked"


@pytest.mark.parametrize("role", ["stranger", "former", "lead"])
def test_nobody_else_answers_or_sees_the_question(role, asked, as_, request):
    browser = as_(request.getfixturevalue(role))
    assert answer(browser, asked, "agree").status_code == 404
    assert browser.get(reverse("accounts:groups_of_utility", args=[asked.utility_id])).status_code == 404
    assert GroupUtility.objects.get().status == "asked"


def test_a_manager_does_not_answer_for_another_utility(asked, stranger, as_):
    theirs = stranger.memberships.get().utility
    forged = reverse("accounts:answer_group", args=[theirs.pk, asked.pk])
    assert as_(stranger).post(forged, {"answer": "agree"}).status_code == 404
    assert GroupUtility.objects.get().status == "asked"


@pytest.mark.parametrize("odd", ["", "AGREE", "removed"])
def test_an_odd_answer_is_none(odd, asked, manager, as_):
    assert answer(as_(manager), asked, odd).status_code == 404
    assert GroupUtility.objects.get().status == "asked"


# Who looks.


def test_strangers_see_no_group(agreed, group, stranger, manager, as_, client):
    for name in ("group", "group_members"):
        for user in (stranger, manager):  # also not the manager of one of its utilities
            assert as_(user).get(reverse(f"accounts:{name}", args=[group.pk])).status_code == 404
    assert board(client, group).url.startswith("/account/login/")


def test_who_is_taken_out_sees_nothing_at_once(agreed, group, watcher, lead, as_):
    looking = as_(watcher)
    assert board(looking, group).status_code == 200
    place = group.people.get(user=watcher)
    as_(lead).post(reverse("accounts:remove_from_people", args=[group.pk, place.pk]))
    assert board(looking, group).status_code == 404
    assert "Linn County" not in looking.get(reverse("accounts:list")).text


def test_who_only_looks_changes_nothing(agreed, group, watcher, lead, as_):
    browser, other = as_(watcher), UtilityFactory()
    place = group.people.get(user=lead)
    assert browser.get(reverse("accounts:group_members", args=[group.pk])).status_code == 403
    for name, args in {
        "group_members": [group.pk],
        "ask_utility": [group.pk, other.pk],
        "remove_from_group": [group.pk, agreed.pk],
        "remove_from_people": [group.pk, place.pk],
        "end_group": [group.pk],
    }.items():
        sent = {"email": "x@example.org"}
        assert browser.post(reverse(f"accounts:{name}", args=args), sent).status_code == 403, name
    assert group.people.count() == 2
    assert list(group.utilities.values_list("status", flat=True)) == ["agreed"]


def test_an_invitation_is_for_its_address(group, lead, as_, stranger):
    as_(lead).post(reverse("accounts:group_members", args=[group.pk]), {"email": "New@Example.org"})
    place = GroupPerson.objects.get(email="new@example.org")
    address = reverse("accounts:answer_invitation", args=[place.pk])
    assert as_(stranger).post(address).status_code == 404
    invited = as_(UserFactory(email="new@example.org"))
    assert "Invitation to Linn County" in invited.get(reverse("home")).text
    assert board(invited, group).status_code == 404
    invited.post(address)
    assert board(invited, group).status_code == 200
    assert invited.post(address).status_code == 404


def test_a_group_keeps_a_lead(group, lead, watcher, as_):
    page = as_(lead).post(reverse("accounts:leave_group", args=[group.pk]), follow=True)
    assert "End the group instead" in page.text
    as_(watcher).post(reverse("accounts:leave_group", args=[group.pk]))
    assert list(group.people.values_list("user", flat=True)) == [lead.pk]


def test_an_ended_group_is_gone_for_everyone(agreed, group, lead, manager, utility, as_):
    as_(lead).post(reverse("accounts:end_group", args=[group.pk]))
    assert board(as_(lead), group).status_code == 404
    page = as_(manager).get(reverse("accounts:groups_of_utility", args=[utility.pk]))
    assert "sees your figures" not in page.text
    assert agreed.events.count() == 2, "what happened is kept"


def test_an_administrator_ends_one(agreed, group, lead, as_, catalog):
    data = {"action": "end", "_selected_action": [group.pk]}
    listed = reverse("admin:accounts_utilitygroup_changelist")
    assert as_(UserFactory(is_staff=True)).post(listed, data).status_code == 403
    as_(make_administrator()).post(listed, data)
    assert board(as_(lead), group).status_code == 404


# Limits, so that questions do not become advertising.


def test_who_has_no_utility_makes_no_group(as_):
    answer = as_(UserFactory()).post(reverse("accounts:new_group"), {"name": "Mine", "kind": "other"})
    assert answer.status_code == 403
    assert not UtilityGroup.objects.exists()


def test_a_person_makes_five_groups(lead, as_):
    browser = as_(lead)
    sent = [browser.post(reverse("accounts:new_group"), {"name": f"G{n}", "kind": "other"}) for n in range(6)]
    assert [each.status_code for each in sent] == [302] * 5 + [422]
    assert UtilityGroup.objects.count() == 5


@pytest.mark.parametrize("name", ["See https://example.org", "www.example.org", "Write to a@b.org", "", "x" * 101])
def test_a_name_has_no_address(name, lead, as_):
    assert as_(lead).post(reverse("accounts:new_group"), {"name": name, "kind": "other"}).status_code == 422
    assert not UtilityGroup.objects.exists()


def test_twenty_questions_are_open_at_once(group, lead):
    for _ in range(20):
        group.ask(UtilityFactory(), by=lead)
    with pytest.raises(WrongState):
        group.ask(UtilityFactory(), by=lead)
    assert group.utilities.count() == 20


@pytest.mark.parametrize("way", [[Status.DECLINED], [Status.AGREED, Status.LEFT]])
def test_who_declined_or_left_is_not_asked_for_ninety_days(way, asked, group, utility, manager, lead):
    for step in way:
        asked.answer(step, by=manager)
    for days, again in ((89, False), (91, True)):
        asked.events.update(at=timezone.now() - timedelta(days=days))
        if again:
            group.ask(utility, by=lead)
        else:
            with pytest.raises(WrongState):
                group.ask(utility, by=lead)
    assert GroupUtility.objects.get().status == "asked"


def test_no_email_is_sent(asked, group, watcher, mailoutbox):
    assert mailoutbox == []


# What is seen.


def analysis(utility, by, as_of, answers) -> None:
    """A complete one of two areas; ``answers``: slug of an element → its areas."""
    made = GapAnalysisFactory(utility=utility, by=by, areas=["E", "S"], as_of=as_of)
    made.findings.update(rating=0)
    for slug, areas in answers.items():
        Finding.objects.filter(analysis=made, element__slug=slug).update(rating=len(areas), areas=areas)
    GapAnalysis.objects.visible_to(by).get(pk=made.pk).complete(by=by)


def test_the_figures_of_a_utility(catalog, utility, manager):
    analysis(utility, manager, date(2025, 6, 30), {"vision": ["E"]})
    analysis(utility, manager, date(2026, 3, 31), {"vision": ["E", "S"], "auditing": ["S"]})
    analysis(utility, manager, date(2026, 6, 30), {"vision": ["E", "S"], "auditing": ["E", "S"]})
    GapAnalysisFactory(utility=utility, by=manager, as_of=date(2026, 9, 30))  # in progress: does not count
    for n, status in enumerate(["agreed", "reached", "reached", "dropped", "proposed"]):
        made = Objective.open_in(utility, by=manager, title=f"Number {n}", due=TODAY - timedelta(days=1))
        is_open = status in ("agreed", "proposed")
        Record.objects.filter(pk=made.pk).update(status=status, is_open=is_open)
    for target, value in ((4, 3), (4, 5), (None, 5), (4, None)):
        measure = Measure.open_in(utility, by=manager, title="Measure", target=target)
        if value:
            Reading.objects.create(measure=measure, period=date(2026, 1, 1), value=Decimal(9))
            Reading.objects.create(measure=measure, period=date(2026, 2, 1), value=Decimal(value))
    CorrectiveAction.open_in(utility, by=manager, title=SECRET, due=TODAY - timedelta(days=1))
    ClosedRegister.close(utility, "corrective", [], by=manager)
    assert {name: found.get(utility.pk) for name, found in side_by_side([utility.pk])} == {
        "Coverage": Figure(4, 36, (1, 36)),
        "Plan": Figure(2, 14),
        "Do": Figure(0, 10),
        "Check": Figure(2, 8),
        "Act": Figure(0, 4),
        "Open records": Figure(6),
        "Late records": Figure(2),
        "Objectives reached": Figure(2, 3),
        "Measures on target": Figure(1, 2),
    }


def test_nothing_but_figures_is_seen(catalog, agreed, group, utility, manager, watcher, lead, as_):
    Objective.open_in(utility, by=manager, title=SECRET, why=SECRET)
    MembershipFactory(utility=utility, role=Role.VIEWER, user__name=SECRET)
    page = board(as_(watcher), group).text
    assert SECRET not in page
    assert "Mara Gerr" not in page
    assert f"/utilities/{utility.pk}/" not in page
    assert f"/system/{utility.pk}/" not in page
    assert "Mara Gerr" not in as_(lead).get(reverse("accounts:group_members", args=[group.pk])).text
    MembershipFactory(utility=utility, user=watcher, role=Role.VIEWER)
    assert f'href="/utilities/{utility.pk}/"' in board(as_(watcher), group).text


@pytest.fixture
def three(catalog, group, lead):
    """Three that agreed: with 2, 0 and 1 open records, and no analysis."""
    for name, n in (("Alder", 2), ("Birch", 0), ("Cedar", 1)):
        member = MembershipFactory(utility__name=name)
        group.ask(member.utility, by=lead)
        group.utilities.get(utility=member.utility).answer(Status.AGREED, by=member.user)
        for each in range(n):
            Objective.open_in(member.utility, by=member.user, title=f"Number {each}")


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Alder", "Birch", "Cedar"]),
        ("-utility", ["Cedar", "Birch", "Alder"]),
        ("open-records", ["Birch", "Cedar", "Alder"]),
        ("-open-records", ["Alder", "Cedar", "Birch"]),
        ("-coverage", ["Alder", "Birch", "Cedar"]),  # unknown for all of them
        ("nonsense", ["Alder", "Birch", "Cedar"]),
        ("--utility", ["Alder", "Birch", "Cedar"]),
    ],
)
def test_sorting_also_in_the_file(three, group, lead, as_, sort, expected):
    path = reverse("accounts:group", args=[group.pk])
    page = main_of(as_(lead).get(path, {"sort": sort}))
    assert sorted(expected, key=page.index) == expected
    file = as_(lead).get(path, {"sort": sort, "export": "csv"}).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(file)))
    assert [row["Utility"] for row in rows] == expected
    assert {row["Utility"]: row["Open records"] for row in rows} == {"Alder": "2", "Birch": "0", "Cedar": "1"}


def test_thirty_utilities_take_as_many_queries_as_three(three, group, lead, as_):
    browser = as_(lead)

    def queries() -> int:
        board(browser, group)
        with CaptureQueriesContext(connection) as captured:
            assert board(browser, group).status_code == 200
        return len(captured)

    few = queries()
    more = Utility.objects.bulk_create(
        Utility(name=f"Utility {n}", city="Salem", state="OR", systems=["wastewater"]) for n in range(27)
    )
    now = timezone.now()
    GroupUtility.objects.bulk_create(
        GroupUtility(group=group, utility=each, status="agreed", agreed_at=now, agreed_by=lead) for each in more
    )
    for each in more:
        GapAnalysisFactory(utility=each, by=lead)
    assert queries() == few <= 15


# What the database keeps.

STEPS = {
    ("asked", "agreed"),
    ("asked", "declined"),
    ("asked", "removed"),
    ("agreed", "left"),
    ("agreed", "removed"),
    ("declined", "asked"),
    ("left", "asked"),
    ("removed", "asked"),
}


def facts(status, by) -> dict:
    return (
        {"agreed_at": timezone.now(), "agreed_by": by} if status == "agreed" else {"agreed_at": None, "agreed_by": None}
    )


@pytest.mark.parametrize("pair", list(itertools.product(Status.values, repeat=2)), ids=" to ".join)
def test_every_pair_of_states(pair, group, utility, lead):
    start, end = pair
    row = group.utilities.create(utility=utility, status=start, **facts(start, lead))
    if pair in STEPS:
        row._move(end, **facts(end, lead))
        assert row.events.get().to_status == end
    else:
        with pytest.raises(WrongState):
            row._move(end, **facts(end, lead))


def test_a_utility_is_in_a_group_once(agreed):
    with pytest.raises(IntegrityError, match="group_utility_once"), transaction.atomic():
        GroupUtility.objects.create(group=agreed.group, utility=agreed.utility)


@pytest.mark.parametrize("without", ["agreed_at", "agreed_by"])
def test_agreed_says_by_whom_and_when(agreed, without):
    with pytest.raises(IntegrityError, match="group_utility_agreed_by_someone"), transaction.atomic():
        GroupUtility.objects.update(**{without: None})


def test_people_are_in_a_group_once_and_invited_or_there(group, lead, watcher):
    place = group.people.get(user=lead)
    with pytest.raises(IntegrityError, match="group_person_accepted"), transaction.atomic():
        GroupPerson.objects.filter(pk=place.pk).update(accepted_at=None)
    with pytest.raises(IntegrityError, match="group_person_once"), transaction.atomic():
        GroupPerson.objects.filter(pk=place.pk).update(user=watcher)
    with pytest.raises(IntegrityError, match="group_email_once"), transaction.atomic():
        group.people.create(email="WATCHER@example.org")
    with pytest.raises(IntegrityError, match="group_has_a_name"), transaction.atomic():
        UtilityGroup.objects.update(name="")
