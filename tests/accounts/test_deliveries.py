"""The page of emails: who sees it, what it says and keeps to itself, and sending again."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import StaffGroup
from letters.models import Delivery, Message, post
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
Status = Delivery.Status
WHY = "The mail server refused the address: 550 No such user."


def staff_member(role: str):
    user = UserFactory(name="Stacy Ford")
    user.groups.add(Group.objects.get_or_create(name=role)[0])
    return user


@pytest.fixture
def staff():
    return staff_member(StaffGroup.PROGRAM)


def ended(address: str, how: str, *reason: str) -> Delivery:
    post(address, "A secret subject", "A secret text")
    delivery = Delivery.objects.claim()
    getattr(delivery, how)(*reason)
    return delivery


def page(name: str, *args: int) -> str:
    return reverse(f"accounts:{name}", args=args)


def test_staff_read_what_failed_and_why_and_not_what_it_said(staff, as_, utility):
    Message.write(utility, "join-request:1", "joe@example.org", "A secret subject", "A secret text")
    delivery = Delivery.objects.claim()
    delivery.refuse(WHY)
    ended("ada@example.org", "sent")
    browser = as_(staff)
    listed = browser.get(page("emails")).text
    assert "joe@example.org" in listed
    assert "ada@example.org" in listed
    assert WHY in listed
    assert "Sent to the utility&#x27;s managers, or to program staff" in listed
    failed = browser.get(page("emails") + "?status=failed").text
    assert "joe@example.org" in failed
    assert "ada@example.org" not in failed
    detail = browser.get(page("email", delivery.pk)).text
    assert WHY in detail
    assert "Send again" in detail
    exported = browser.get(page("emails") + "?export=csv").content.decode()
    assert "joe@example.org" in exported
    assert "secret" not in listed + detail + exported


@pytest.mark.parametrize("role", [StaffGroup.PROGRAM, StaffGroup.ADMINISTRATOR])
def test_staff_send_it_again(role, as_, sent_tasks):
    delivery, person = ended("joe@example.org", "refuse", WHY), staff_member(role)
    browser = as_(person)
    answer = browser.post(page("email_again", delivery.pk), follow=True)
    assert "It is sent again now" in answer.text
    assert [sent.task for sent in sent_tasks] == ["letters.tasks.send"]
    delivery.refresh_from_db()
    assert delivery.status == Status.WAITING
    assert [event.by for event in delivery.events.filter(to_status="waiting")] == [person]
    again = browser.post(page("email_again", delivery.pk), follow=True)
    assert "Nothing was changed" in again.text
    assert delivery.events.filter(to_status="waiting").count() == 1


def test_staff_dismiss_what_need_not_be_sent(staff, as_):
    delivery = ended("joe@example.org", "doubt", "The connection broke.")
    browser = as_(staff)
    assert "1 email may have arrived" in browser.get("/").text
    browser.post(page("email_dismiss", delivery.pk))
    assert "may have arrived" not in browser.get("/").text
    delivery.refresh_from_db()
    assert delivery.status == Status.DISMISSED


def test_everything_that_failed_is_sent_again_at_once_and_doubts_are_not(staff, as_, sent_tasks):
    for name in ("ada", "ben"):
        ended(f"{name}@example.org", "refuse", WHY)
    ended("cleo@example.org", "doubt", "The connection broke.")
    answer = as_(staff).post(page("emails_again"), follow=True)
    assert "2 failed emails are sent again now" in answer.text
    assert sorted(Delivery.objects.values_list("status", flat=True)) == ["doubtful", "waiting", "waiting"]


def test_home_names_what_failed_and_what_waits_for_long(staff, as_):
    browser = as_(staff)
    ended("joe@example.org", "refuse", WHY)
    ended("ada@example.org", "try_later", "The mail server could not be reached.")
    shown = browser.get("/").text
    assert "1 email was not sent" in shown
    assert "has been waiting" not in shown
    Email.objects.update(created=timezone.now() - timedelta(minutes=61))
    assert "1 email has been waiting for more than an hour" in browser.get("/").text


@pytest.mark.parametrize("who", ["manager", "viewer", "stranger", "compliance", "nobody"])
def test_the_pages_are_for_program_staff_and_administrators(who, request, as_, client, utility):
    delivery = ended("joe@example.org", "refuse", WHY)
    person = staff_member(StaffGroup.COMPLIANCE) if who == "compliance" else None
    browser = client if who == "nobody" else as_(person or request.getfixturevalue(who))
    expected = 302 if who == "nobody" else 403
    assert browser.get(page("emails")).status_code == expected
    assert browser.get(page("email", delivery.pk)).status_code == expected
    for name in ("email_again", "email_dismiss"):
        assert browser.get(page(name, delivery.pk)).status_code in (302, 405)
        assert browser.post(page(name, delivery.pk)).status_code == expected
    assert browser.post(page("emails_again")).status_code == expected
    delivery.refresh_from_db()
    assert delivery.status == Status.FAILED
    if who != "nobody":
        assert "was not sent" not in browser.get("/").text


def test_the_list_makes_the_same_queries_for_3_and_60(staff, as_, django_assert_max_num_queries):
    def n_queries() -> int:
        browser = as_(staff)
        with django_assert_max_num_queries(15) as seen:
            browser.get(page("emails"))
        return len(seen)

    for number in range(3):
        ended(f"person-{number}@example.org", "refuse", WHY)
    few = n_queries()
    for number in range(57):
        post(f"more-{number}@example.org", "x", "y")
    assert n_queries() == few


@pytest.mark.parametrize("query", ["?status=%00", "?status=none", "?to=%00", "?page=99999999999999999999", "?sort=x"])
def test_odd_questions_are_no_errors(query, staff, as_):
    ended("joe@example.org", "sent")
    assert as_(staff).get(page("emails") + query).status_code in (200, 400)
