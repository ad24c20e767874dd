"""Who may do what in a utility: every action for every kind of person, and the last manager."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from accounts.models import Claim, Invitation, LastManager, Membership, NotAMember, Role, Utility
from tests.factories import MembershipFactory, UserFactory, UtilityFactory


@pytest.fixture
def cast(manager, contributor, advisor, viewer, stranger, former):
    return {
        "manager": manager,
        "contributor": contributor,
        "advisor": advisor,
        "viewer": viewer,
        "stranger": stranger,
        "former": former,
    }


@pytest.fixture
def things(utility, cast):
    """The ids that the addresses below need."""
    return {
        "utility": utility,
        "other": MembershipFactory(utility=utility, role=Role.VIEWER),
        "invitation": Invitation.objects.invite(utility, "in@example.org", Role.VIEWER, cast["manager"]),
        "claim": Claim.objects.ask(utility, UserFactory(), "please"),
    }


def address(name: str, things) -> str:
    pk = things["utility"].pk
    args = {
        "change_role": [pk, things["other"].pk],
        "remove": [pk, things["other"].pk],
        "withdraw": [pk, things["invitation"].pk],
        "grant": [things["claim"].pk],
        "decline": [things["claim"].pk],
    }.get(name, [pk])
    return reverse(f"accounts:{name}", args=args)


GOOD = {
    "edit": {"name": "New name", "city": "Salem", "state": "OR", "systems": ["wastewater"]},
    "invite": {"email": "someone@example.org", "role": "viewer"},
    "withdraw": {},
    "change_role": {"role": "contributor"},
    "remove": {},
    "representative": {"person": ""},
    "grant": {"role": "viewer"},
    "decline": {},
}
POST_ONLY = ["withdraw", "change_role", "remove", "representative", "grant", "decline", "leave"]


def state(utility) -> list:
    """Everything that the actions could change."""
    return [
        list(Utility.objects.filter(pk=utility.pk).values()),
        list(utility.memberships.order_by("pk").values("pk", "role")),
        list(utility.invitations.order_by("pk").values("pk", "ended")),
        list(utility.claims.order_by("pk").values("pk", "decided_at")),
    ]


@pytest.mark.parametrize("action", GOOD)
def test_a_manager_may(action, cast, things, as_, utility):
    if action == "representative":
        utility.name_representative(cast["viewer"].pk)
    before = state(utility)
    answer = as_(cast["manager"]).post(address(action, things), GOOD[action])
    assert answer.status_code == 302
    assert answer.url == reverse("accounts:utility", args=[utility.pk])
    assert state(utility) != before


@pytest.mark.parametrize("who", ["contributor", "advisor", "viewer", "stranger", "former"])
@pytest.mark.parametrize("action", GOOD)
def test_others_may_not(action, who, cast, things, as_, utility):
    before = state(utility)
    answer = as_(cast[who]).post(address(action, things), GOOD[action])
    is_known = who not in ("stranger", "former") and action not in ("grant", "decline")
    assert answer.status_code == (403 if is_known else 404)
    assert state(utility) == before


@pytest.mark.parametrize("action", [*GOOD, "utility", "leave", "ask"])
def test_someone_not_signed_in_is_asked_to_sign_in(action, things, client, utility):
    before = state(utility)
    answer = client.post(address(action, things), GOOD.get(action, {}))
    assert answer.url.startswith(reverse("account_login"))
    assert state(utility) == before


@pytest.mark.parametrize("action", POST_ONLY)
def test_actions_are_not_done_by_following_a_link(action, cast, things, as_, utility):
    before = state(utility)
    assert as_(cast["manager"]).get(address(action, things)).status_code == 405
    assert state(utility) == before


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("manager", 200),
        ("contributor", 200),
        ("advisor", 200),
        ("viewer", 200),
        ("stranger", 404),
        ("former", 404),
    ],
)
def test_members_see_the_utility_and_strangers_do_not(who, status, cast, things, as_, utility):
    assert as_(cast[who]).get(address("utility", things)).status_code == status


def test_staff_and_superusers_are_not_members(utility, manager, as_):
    boss = UserFactory(is_staff=True, is_superuser=True)
    assert as_(boss).get(reverse("accounts:utility", args=[utility.pk])).status_code == 404


def test_only_managers_see_the_controls(cast, things, as_):
    for who, count in {"manager": True, "contributor": False, "advisor": False, "viewer": False}.items():
        text = as_(cast[who]).get(address("utility", things)).content.decode()
        assert ("in@example.org" in text) is count
        assert ("Requests to join" in text) is count
        assert ("/role/" in text) is count


def test_ids_of_another_utility_do_not_help(cast, things, as_, utility):
    """A forged address: my utility, someone else's member or invitation."""
    theirs = MembershipFactory()
    other = MembershipFactory(utility=theirs.utility, role=Role.VIEWER)
    foreign = Invitation.objects.invite(theirs.utility, "x@example.org", Role.VIEWER, theirs.user)
    me = as_(cast["manager"])
    assert me.post(reverse("accounts:remove", args=[utility.pk, other.pk])).status_code == 404
    role = reverse("accounts:change_role", args=[utility.pk, other.pk])
    assert me.post(role, {"role": "manager"}).status_code == 404
    me.post(reverse("accounts:withdraw", args=[utility.pk, foreign.pk]))
    assert Invitation.objects.open().filter(pk=foreign.pk).exists()
    assert Membership.objects.get(pk=other.pk).role == Role.VIEWER


@pytest.mark.parametrize("role", ["", "owner", "MANAGER"])
def test_a_forged_role_changes_nothing(role, cast, things, as_, utility):
    before = state(utility)
    me = as_(cast["manager"])
    assert "Choose manager" in me.post(address("change_role", things), {"role": role}, follow=True).content.decode()
    assert "Choose manager" in me.post(address("grant", things), {"role": role}, follow=True).content.decode()
    assert me.post(address("invite", things), {"email": "a@example.org", "role": role}).status_code == 200
    assert state(utility) == before


def test_the_sets_by_right(cast, utility):
    rights = {
        "visible_to": "manager contributor advisor viewer",
        "editable_by": "manager contributor advisor",
        "managed_by": "manager",
    }
    for name, who in rights.items():
        having = getattr(Utility.objects, name)
        assert [person for person in cast if utility in having(cast[person])] == who.split()


# --- the last manager


def test_the_last_manager_can_not_leave(utility, manager, viewer, as_):
    page = as_(manager).post(reverse("accounts:leave", args=[utility.pk]), follow=True)
    assert "needs at least one manager" in page.content.decode()
    assert utility.membership_of(manager).can_manage


def test_the_last_manager_can_not_step_down(utility, manager, viewer, as_):
    mine = utility.membership_of(manager)
    page = as_(manager).post(
        reverse("accounts:change_role", args=[utility.pk, mine.pk]), {"role": "viewer"}, follow=True
    )
    assert "needs at least one manager" in page.content.decode()
    assert utility.membership_of(manager).can_manage


def test_a_manager_leaves_when_there_is_another(utility, manager, as_):
    MembershipFactory(utility=utility, role=Role.MANAGER)
    utility.name_representative(manager.pk)
    assert as_(manager).post(reverse("accounts:leave", args=[utility.pk])).url == reverse("accounts:list")
    utility.refresh_from_db()
    assert not utility.memberships.filter(user=manager).exists()
    assert utility.management_representative is None


def test_a_viewer_leaves(utility, viewer, as_):
    as_(viewer).post(reverse("accounts:leave", args=[utility.pk]))
    assert not utility.memberships.filter(user=viewer).exists()


def test_a_viewer_leaves_a_utility_that_has_no_manager(utility):
    member = MembershipFactory(utility=utility, role=Role.VIEWER)
    member.leave()
    assert not utility.memberships.exists()


@pytest.mark.django_db(transaction=True)
def test_two_managers_who_leave_at_once_do_not_both_succeed():
    utility = UtilityFactory()
    both = [MembershipFactory(utility=utility), MembershipFactory(utility=utility)]
    ready, outcomes = threading.Barrier(2), []

    def leave(membership):
        try:
            ready.wait(timeout=10)
            membership.leave()
            outcomes.append("left")
        except LastManager:
            outcomes.append("kept")
        finally:
            connection.close()

    threads = [threading.Thread(target=leave, args=[membership]) for membership in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["kept", "left"]
    assert utility.managers.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["delete", "demote"])
def test_the_database_keeps_a_manager(way):
    """Even where no model method is called: utility_keeps_a_manager."""
    member = MembershipFactory()
    MembershipFactory(utility=member.utility, role=Role.VIEWER)
    managers = Membership.objects.filter(pk=member.pk)
    with pytest.raises(IntegrityError, match="keeps at least one manager"):
        managers.delete() if way == "delete" else managers.update(role=Role.VIEWER)
    assert managers.get().role == Role.MANAGER


def test_the_database_lets_the_manager_change_within_a_transaction(utility, manager, viewer):
    with transaction.atomic():
        Membership.objects.filter(user=manager).update(role=Role.VIEWER)
        Membership.objects.filter(user=viewer).update(role=Role.MANAGER)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert utility.membership_of(viewer).can_manage


# --- the management representative


def test_a_manager_names_the_representative(utility, manager, viewer, as_):
    url = reverse("accounts:representative", args=[utility.pk])
    page = as_(manager).post(url, {"person": viewer.pk}, follow=True)
    utility.refresh_from_db()
    assert utility.management_representative == viewer
    assert "is the management representative" in page.content.decode()


def test_a_stranger_can_not_be_named(utility, manager, stranger, as_):
    page = as_(manager).post(
        reverse("accounts:representative", args=[utility.pk]), {"person": stranger.pk}, follow=True
    )
    utility.refresh_from_db()
    assert utility.management_representative is None
    assert "Nothing was changed" in page.content.decode()
    with pytest.raises(NotAMember):
        utility.name_representative(stranger.pk)
