"""A query that is composed once is asked for each person with their own keys, and for nobody else's."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.db.models import Count, F, Max, Q
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership, Role, StaffGroup, User
from tests.applications import person_in
from tests.factories import MembershipFactory
from workflow import composed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def none_kept(monkeypatch):
    monkeypatch.setattr(composed, "_statements", {})


def colleagues(user):
    """The others at the person's utilities, as a list of keys finds them."""
    mine = [membership.utility_id for membership in user.memberships.all()]
    rows = Membership.objects.filter(utility__in=mine).exclude(user=user)
    return rows.order_by("user__email").values_list("user__email", "utility")


def joined_since(user, since):
    return Membership.objects.filter(user=user, user__date_joined__gt=since).values_list("user__email", F("role"))


def test_each_finds_what_is_theirs(utility, manager, contributor, stranger):
    several = MembershipFactory(user=stranger, utility=utility, role=Role.VIEWER).utility
    assert composed.rows(colleagues, manager) == [(contributor.email, utility.pk), (stranger.email, several.pk)]
    assert composed.rows(colleagues, contributor) == [(manager.email, utility.pk), (stranger.email, utility.pk)]
    assert composed.rows(colleagues, User.objects.get(pk=stranger.pk)) == [
        (contributor.email, utility.pk),
        (manager.email, utility.pk),
    ]
    assert len(composed._statements) == 1


def test_who_belongs_to_no_utility_asks_nothing(db):
    alone = User.objects.create(email="alone@example.org")
    assert not alone.staff_groups
    with CaptureQueriesContext(connection) as asked:
        assert composed.rows(colleagues, alone) == []
    assert len(asked) == 1, "the memberships"


def test_a_moment_is_that_of_the_person_who_asks(manager):
    now = timezone.now()
    assert composed.rows(joined_since, manager, now - timedelta(days=1)) == [(manager.email, "manager")]
    assert composed.rows(joined_since, manager, now + timedelta(days=1)) == []
    assert len(composed._statements) == 1


def test_a_moment_of_its_own_is_refused(manager):
    with pytest.raises(ValueError, match="moment"):
        composed.rows(lambda user: User.objects.filter(date_joined__lt=timezone.now()).values_list("pk"), manager)


def test_nothing_is_asked_while_it_is_composed(manager):
    def of_some(user):
        return User.objects.filter(pk__in=list(User.objects.values_list("pk", flat=True))).values_list("pk")

    with pytest.raises(ValueError, match="nothing before"):
        composed.rows(of_some, manager)


@pytest.mark.parametrize("name", ["email", "name", "is_superuser", "is_staff"])
def test_what_else_the_person_is_must_not_make_a_difference(manager, name):
    with pytest.raises(ValueError, match="nothing before"):
        composed.rows(lambda user: User.objects.filter(**{name: getattr(user, name)}).values_list("pk"), manager)


def test_nor_their_role(manager):
    def of_role(user):
        return Membership.objects.filter(role=next(iter(user.memberships.all())).role).values_list("pk")

    with pytest.raises(ValueError, match="nothing before"):
        composed.rows(of_role, manager)


def test_staff_roles_dates_and_zones_have_statements_of_their_own(utility, manager):
    staff = person_in(StaffGroup.PROGRAM, "member@example.org", "Sam")
    MembershipFactory(user=staff, utility=utility, role=Role.VIEWER)

    def n() -> int:
        composed.rows(colleagues, User.objects.get(pk=manager.pk))
        return len(composed._statements)

    assert n() == n() == 1
    composed.rows(colleagues, staff)
    assert n() == 2
    with timezone.override("Pacific/Auckland"):
        assert n() == 3
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert n() == 4


def test_so_many_are_kept_and_no_more(manager, monkeypatch):
    monkeypatch.setattr(composed, "MAX_KEPT", 2)
    for _ in range(5):
        composed.rows(lambda user: User.objects.filter(pk=user.pk).values_list("pk"), manager)
    assert 0 < len(composed._statements) <= 2


# --- What is given


def of_keys(keys, name):
    return User.objects.filter(pk__in=keys, name=name).values_list("email", flat=True)


def test_keys_and_texts_are_those_that_are_given(manager, contributor):
    both = [manager.pk, contributor.pk]
    assert composed.rows(of_keys, None, both, "Mara Gerr") == [manager.email]
    assert composed.rows(of_keys, None, both, "Connie Boyd") == [contributor.email]
    assert composed.rows(of_keys, None, [manager.pk], "Connie Boyd") == []
    assert composed.first(of_keys, None, both, "Nobody") is None
    assert len(composed._statements) == 1


def test_a_text_is_never_read_as_sql(manager):
    text = "x'; DROP TABLE accounts_user; --%s"
    User.objects.filter(pk=manager.pk).update(name=text)
    assert composed.rows(of_keys, None, [manager.pk], text) == [manager.email]


def of_key(key):
    return User.objects.filter(pk=key).values_list("email", flat=True)


@pytest.mark.parametrize(
    ("compose", "given"), [(of_keys, ([], "Mara Gerr")), (of_key, (2**63,)), (of_key, (-(2**70),))]
)
def test_keys_that_no_row_can_have_find_nothing(manager, compose, given):
    with CaptureQueriesContext(connection) as asked:
        assert composed.rows(compose, None, *given) == []
    assert not asked.captured_queries


def test_what_is_given_must_be_compared_as_it_is(manager):
    with pytest.raises(ValueError, match="as it is"):
        composed.rows(lambda text: User.objects.filter(name__icontains=text).values_list("pk"), None, "Mara")


# --- Figures


def of_colleagues(user):
    mine = [membership.utility_id for membership in user.memberships.all()]
    rows = Membership.objects.filter(utility__in=mine)
    return rows, {"n": Count("pk"), "others": Count("pk", filter=~Q(user=user)), "last": Max("user__email")}


def test_each_gets_their_own_figures(utility, manager, contributor, stranger):
    of_ours = {"n": 2, "others": 1, "last": manager.email}
    assert composed.figures(of_colleagues, manager) == composed.figures(of_colleagues, contributor) == of_ours
    assert composed.figures(of_colleagues, stranger) == {"n": 1, "others": 0, "last": stranger.email}
    assert composed.figures(of_colleagues, User.objects.create(email="alone@example.org"))["n"] == 0
    assert len(composed._statements) == 1


# --- A connection prepares a statement once


def prepared() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_prepared_statements")
        return cursor.fetchone()[0]


def test_it_is_prepared_once_for_some_numbers_of_keys(manager):
    before = prepared()
    for n in (1, 1, 2, 3, 4, 5, 7, 8, 200, 256):
        keys = [*range(-n, -1), manager.pk]
        assert len(keys) == n
        assert composed.rows(of_keys, None, keys, "Mara Gerr") == [manager.email]
    assert prepared() == before + 5, "for 1, 2, 4, 8 and 256"


def test_it_outlives_a_transaction_that_is_undone(manager):
    with suppress(ZeroDivisionError), transaction.atomic():
        assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]
        raise ZeroDivisionError
    assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]


@pytest.mark.django_db(transaction=True)
def test_another_connection_prepares_its_own(manager):
    assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]
    connection.close()
    assert prepared() == 0
    assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]
    assert prepared() == 1


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_is_replaced(manager):
    assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]
    other = connection.copy()
    with connection.cursor() as cursor, other.cursor() as killing:
        cursor.execute("SELECT pg_backend_pid()")
        killing.execute("SELECT pg_terminate_backend(%s, 10000)", cursor.fetchone())
    other.close()
    connection.health_check_done = False  # as at the beginning of a request
    assert composed.rows(of_keys, None, [manager.pk], "Mara Gerr") == [manager.email]
