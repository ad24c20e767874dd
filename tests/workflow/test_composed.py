"""A query that is composed once is asked for each person with their own keys, and for nobody else's."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import F
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


@pytest.mark.parametrize("name", ["email", "name", "is_superuser", "is_staff"])
def test_what_else_the_person_is_must_not_make_a_difference(manager, name):
    with pytest.raises(ObjectDoesNotExist):
        composed.rows(lambda user: User.objects.filter(**{name: getattr(user, name)}).values_list("pk"), manager)


def test_nor_their_role(manager):
    def of_role(user):
        return Membership.objects.filter(role=next(iter(user.memberships.all())).role).values_list("pk")

    with pytest.raises(ObjectDoesNotExist):
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
    monkeypatch.setattr(composed, "MOST", 2)
    for _ in range(5):
        composed.rows(lambda user: User.objects.filter(pk=user.pk).values_list("pk"), manager)
    assert 0 < len(composed._statements) <= 2
