"""Advisors: their last day, what ends with it, who is told. The role matrices of each room have them too."""

import re
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from post_office.models import Email

from accounts.models import Claim, Invitation, Membership, NotAMember, Role, User, Utility
from accounts.zones import site_today
from assessments.models import REPORT, GapAnalysis
from ims.models import Person, Record, Unit
from letters import reminders
from recognition.models import Application
from reports.models import Report
from tests.factories import MembershipFactory, UserFactory, UtilityFactory
from workflow.search import own_places
from workflow.waiting import waiting_for

pytestmark = pytest.mark.django_db


def day(days: int):
    return site_today() + timedelta(days=days)


@pytest.fixture
def joe():
    return UserFactory(email="joe@example.org", name="Joe Brook")


# --- the rule


SETS = {
    "utilities": lambda user: Utility.objects.visible_to(user),
    "utilities to edit": lambda user: Utility.objects.editable_by(user),
    "gap analyses": lambda user: GapAnalysis.objects.visible_to(user),
    "records": lambda user: Record.objects.visible_to(user),
    "people": lambda user: Person.objects.visible_to(user),
    "applications": lambda user: Application.objects.visible_to(user),
    "reports": lambda user: Report.objects.visible_to(user),
    "own memberships": lambda user: user.memberships.all(),
    "search": lambda user: own_places(user, "Riverbend"),
    "home": lambda user: waiting_for(user),
}


@pytest.mark.parametrize("name", SETS)
def test_the_last_day_gives_every_right_and_the_next_none(name, utility, analysis, advisor, manager, cycle):
    Application.start(utility=utility, cycle=cycle, by=advisor)
    Person.objects.of(utility)
    Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    Report.objects.create(kind=REPORT, object_id=analysis.pk, title="Theirs", requested_by=advisor)
    assert list(SETS[name](advisor))
    with time_machine.travel(timedelta(days=1) + timezone.now()):
        again = User.objects.get(pk=advisor.pk)  # as the next request reads it
        assert not [row for row in SETS[name](again) if "Find your utility" not in str(row)]


def test_no_code_joins_to_memberships_past_the_rule():
    """Such a join would find advisors who have ended: ``accounts.roles.belongs`` is for it."""
    rooms = ["accounts", "assessments", "config", "files", "ims", "letters", "recognition", "reports", "workflow"]
    files = chain.from_iterable((Path(settings.BASE_DIR) / room).rglob("*.py") for room in rooms)
    joins = re.compile(r"memberships__(?!role=Role\.MANAGER|utility=self|in=|isnull)\w+\s*=")
    found = {str(file.relative_to(settings.BASE_DIR)) for file in files if joins.search(file.read_text("utf-8"))}
    assert not found


# --- what the database keeps


@pytest.mark.parametrize(("role", "until"), [("advisor", None), ("contributor", 30), ("manager", 30), ("viewer", 30)])
def test_an_advisor_has_a_last_day_and_nobody_else_has_one(role, until, utility, manager, joe):
    last = until and day(until)
    with transaction.atomic(), pytest.raises(IntegrityError, match="membership_of_advisors_ends"):
        Membership.objects.create(utility=utility, user=joe, role=role, until=last)
    with transaction.atomic(), pytest.raises(IntegrityError, match="invitation_of_advisors_ends"):
        Invitation.objects.create(utility=utility, email="joe@example.org", role=role, until=last)
    with pytest.raises(ValidationError, match="An advisor has a last day"):
        Membership(utility=utility, user=joe, role=role, until=last).full_clean()


# --- inviting, adding, extending


def test_a_manager_invites_an_advisor_who_accepts(utility, manager, joe, as_):
    sent = {"email": "joe@example.org", "role": "advisor", "until": day(90).isoformat()}
    as_(manager).post(reverse("accounts:invite", args=[utility.pk]), sent)
    invitation = Invitation.objects.get()
    last = date_format(day(90), "F j, Y")
    assert f"Your role will be advisor, through {last}." in Email.objects.get().message
    link = reverse("accounts:invitation", args=[invitation.token])
    assert f"as advisor, through {last}." in as_(joe).get(link).text
    as_(joe).post(link)
    mine = utility.membership_of(joe)
    assert (mine.role, mine.until) == (Role.ADVISOR, day(90))
    assert not mine.can_manage
    assert f"Your role is advisor until {last}" in as_(joe).get(reverse("accounts:utility", args=[utility.pk])).text


@pytest.mark.parametrize(
    ("role", "days", "error"),
    [("advisor", None, "Enter the last day"), ("advisor", -1, "not in the past"), ("viewer", 30, "")],
)
def test_the_form_asks_for_the_last_day_of_an_advisor_only(role, days, error, utility, manager, as_):
    sent = {"email": "joe@example.org", "role": role, "until": day(days).isoformat() if days else ""}
    page = as_(manager).post(reverse("accounts:invite", args=[utility.pk]), sent)
    if error:
        assert error in page.text
        assert not Invitation.objects.exists()
    else:
        assert Invitation.objects.get().until is None


def test_an_invitation_closes_with_the_last_day(utility, manager, joe, as_):
    invitation = Invitation.objects.invite(utility, joe.email, Role.ADVISOR, manager, until=day(3))
    assert list(Invitation.objects.open()) == [invitation]
    with time_machine.travel(timedelta(days=4) + timezone.now()):
        assert not Invitation.objects.open().exists()
        link = reverse("accounts:invitation", args=[invitation.token])
        assert as_(joe).post(link).status_code == 410
    assert not Membership.with_ended.filter(user=joe).exists()


def test_a_manager_approves_a_request_as_advisor(utility, manager, joe, as_):
    claim = Claim.objects.ask(utility, joe, "I consult.")
    grant = reverse("accounts:grant", args=[claim.pk])
    assert "Enter the last day" in as_(manager).post(grant, {"role": "advisor", "until": ""}, follow=True).text
    as_(manager).post(grant, {"role": "advisor", "until": day(30).isoformat()})
    assert utility.membership_of(joe).until == day(30)


def test_a_manager_extends_and_removes_who_has_ended(utility, manager, former, as_):
    mine = Membership.with_ended.get(user=former)
    page = as_(manager).get(reverse("accounts:utility", args=[utility.pk])).text
    assert "Former advisors" in page
    change = reverse("accounts:change_role", args=[utility.pk, mine.pk])
    as_(manager).post(change, {"role": "advisor", "until": day(10).isoformat()})
    assert list(Utility.objects.visible_to(former)) == [utility]
    as_(manager).post(reverse("accounts:remove", args=[utility.pk, mine.pk]))
    assert not Membership.with_ended.filter(user=former).exists()


def test_only_managers_see_who_has_ended(utility, former, advisor, viewer, as_):
    for person in (advisor, viewer):
        assert former.email not in as_(person).get(reverse("accounts:utility", args=[utility.pk])).text


@pytest.mark.parametrize("way", ["invited", "asks"])
def test_who_has_ended_can_come_back(way, utility, manager, former, as_):
    """Their row is still there; a second one would break the constraint."""
    if way == "invited":
        Invitation.objects.invite(utility, former.email, Role.VIEWER, manager).accept(by=former)
    else:
        Claim.objects.ask(utility, former, "").decide(Role.VIEWER, by=manager)
    assert utility.membership_of(former).role == Role.VIEWER
    assert Membership.with_ended.get(user=former).until is None


@pytest.mark.django_db(transaction=True)
def test_who_has_ended_comes_back_to_a_utility_without_a_manager():
    mine = MembershipFactory(role=Role.ADVISOR, until=day(-1))
    boss = UserFactory()
    Claim.objects.ask(mine.utility, mine.user, "").decide(Role.VIEWER, by=boss)
    assert mine.utility.membership_of(mine.user).role == Role.VIEWER


# --- never the representative, never the manager


def test_an_advisor_is_never_the_representative(utility, manager, contributor, advisor, as_):
    with pytest.raises(NotAMember):
        utility.name_representative(advisor.pk)
    page = as_(manager).get(reverse("accounts:utility", args=[utility.pk]))
    assert advisor not in page.context["representative_form"].fields["person"].queryset
    utility.name_representative(contributor.pk)
    utility.membership_of(contributor).change_role(Role.ADVISOR, day(30))
    utility.refresh_from_db()
    assert utility.management_representative is None


def test_a_utility_with_an_advisor_only_has_no_manager(advisor):
    alone = UtilityFactory()
    MembershipFactory(utility=alone, user=advisor, role=Role.ADVISOR, until=day(30))
    assert alone in Utility.objects.without_manager()
    assert not alone.managers


# --- who is told


def test_both_sides_are_told_two_weeks_before_and_once(utility, manager, joe):
    MembershipFactory(utility=utility, user=joe, role=Role.ADVISOR, until=day(15))
    reminders.remind()
    assert not Email.objects.exists()
    for days in (1, 1, 2):
        with time_machine.travel(timedelta(days=days) + timezone.now()):
            reminders.remind()
    subjects = {email.to[0]: email.subject for email in Email.objects.all()}
    last = date_format(day(15), "F j, Y")
    assert subjects == {
        joe.email: f"Headworks: Your access to {utility} ends on {last}",
        manager.email: f"Headworks: Joe Brook is an advisor of {utility} until {last}",
    }
    assert Email.objects.count() == 2


def test_nobody_is_reminded_of_what_has_ended(former):
    reminders.remind()
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("days", "said"), [(15, ""), (14, "The last day is"), (0, "The last day is"), (-1, "The last day was"), (-15, "")]
)
def test_home_tells_managers_who_ends_and_who_has_ended(days, said, utility, manager, viewer, joe):
    MembershipFactory(utility=utility, user=joe, role=Role.ADVISOR, until=day(days))
    reasons = [item.why for item in waiting_for(manager) if item.what.startswith("Joe Brook")]
    assert [why.partition(said)[1] for why in reasons] == ([said] if said else [])
    assert not [item for item in waiting_for(viewer) if item.what.startswith("Joe Brook")]
