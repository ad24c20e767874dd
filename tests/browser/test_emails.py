"""Program staff find an email that failed, read why, and send it again; and they confirm a new utility."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import StaffGroup
from letters.models import Delivery, Message
from tests.browser.conftest import look
from tests.factories import MembershipFactory, UserFactory, UtilityFactory
from tests.processes import broker_at

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def staff(catalog):
    staff = UserFactory(name="Stacy Ford")
    staff.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))
    return staff


@pytest.fixture(autouse=True)
def no_broker():
    with broker_at("redis://127.0.0.1:1/0"):
        yield


def test_from_home_to_an_email_that_is_sent_again(visits, staff, utility):
    for number, (how, *why) in enumerate(
        [
            ("sent",),
            ("try_later", "The mail server did not answer within 20 seconds."),
            ("doubt", "The program stopped while it was sending this email, so the email may have arrived."),
            ("refuse", "The mail server refused the address: 550 5.1.1 No such user at this domain."),
        ]
    ):
        Message.write(utility, f"join-request:{number}", f"person-{number}@example.org", "Subject", "Text")
        getattr(Delivery.objects.claim(), how)(*why)
    page = visits(staff)
    look(page, "home-of-staff")
    page.get_by_role("link", name="Review : 1 email was not sent").click()
    look(page, "emails-failed")
    page.goto(visits.url + reverse("accounts:emails"))
    look(page, "emails")
    page.get_by_role("link", name="person-3@example.org").click()
    look(page, "email")
    page.get_by_role("button", name="Send again").press("Enter")
    expect(page.get_by_text("It is sent again now")).to_be_visible()
    look(page, "email-again")
    assert Delivery.objects.get(email__to="person-3@example.org").status == "waiting"


def test_a_new_utility_is_confirmed(visits, staff, manager):
    new = MembershipFactory(user=manager, utility=UtilityFactory(name="Fern Water", confirmed_at=None)).utility
    look(visits(manager, reverse("accounts:invite", args=[new.pk])), "invite-for-a-new-utility")
    page = visits(staff, reverse("accounts:new_utilities"))
    look(page, "new-utilities")
    page.get_by_role("button", name="Confirm Fern Water").press("Enter")
    expect(page.get_by_text("Fern Water is confirmed")).to_be_visible()
    new.refresh_from_db()
    assert new.confirmed_by == staff
