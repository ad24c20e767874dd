"""Emails that come back after they were sent: recorded by hand or from a list, told to staff, left out of letters."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.urls import reverse

from accounts import reminders
from accounts.models import StaffGroup
from letters.models import Delivery, Message, ReturnedAddress, post, reached
from tests.factories import UserFactory
from workflow.models import WrongState

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    user = UserFactory(email="staff@example.org")
    user.groups.add(Group.objects.get_or_create(name=StaffGroup.PROGRAM)[0])
    return user


def sent(address: str) -> Delivery:
    post(address, "Subject", "Text")
    delivery = Delivery.objects.claim()
    assert delivery
    delivery.sent()
    return delivery


def test_what_was_sent_can_come_back_and_nothing_else():
    delivery = sent("Joe@example.org")
    assert reached(["joe@example.org", "ada@example.org"]) == ["joe@example.org", "ada@example.org"]
    delivery.came_back(why="550 No such user")
    assert reached(["JOE@example.org", "ada@example.org"]) == ["ada@example.org"]
    with pytest.raises(WrongState):
        delivery.came_back(why="again")
    delivery.send_again(UserFactory())
    assert reached(["joe@example.org"]) == ["joe@example.org"]


def test_a_list_of_returned_email_is_read(tmp_path):
    delivery, other = sent("joe@example.org"), sent("ada@example.org")
    path, said = tmp_path / "returned.txt", StringIO()
    path.write_text("joe@example.org 550 No such user\n\nnobody@example.org\n")
    call_command("came_back", str(path), stdout=said)
    assert said.getvalue() == "joe@example.org: returned\nnobody@example.org: no email was sent there\n"
    delivery.refresh_from_db()
    other.refresh_from_db()
    assert (delivery.status, delivery.reason, other.status) == ("bounced", "550 No such user", "sent")
    assert ReturnedAddress.objects.get().address == "joe@example.org"


def test_staff_record_it_on_its_page_and_home_tells_of_it(staff, as_):
    delivery, browser = sent("joe@example.org"), as_(staff)
    page = reverse("accounts:email", args=[delivery.pk])
    assert "It was returned" in browser.get(page).text
    answer = browser.post(reverse("accounts:email_came_back", args=[delivery.pk]), {"why": "550"}, follow=True)
    assert "Recorded. Letters no longer go" in answer.text
    again = browser.post(reverse("accounts:email_came_back", args=[delivery.pk]), follow=True)
    assert "only an email that was sent can come back" in again.text
    assert "1 email was returned" in browser.get("/").text
    assert "Send again" in browser.get(page).text
    outsider = as_(UserFactory())
    assert outsider.post(reverse("accounts:email_came_back", args=[delivery.pk])).status_code == 403


def test_what_does_not_arrive_is_told_to_staff_once_and_not_of_itself(staff):
    reminders.tell_staff()
    assert not Message.objects.exists()
    sent("joe@example.org").came_back(why="550")
    post("ada@example.org", "Subject", "Text")
    Delivery.objects.claim().refuse("550")
    for _ in range(2):
        reminders.tell_staff()
    notice = Message.objects.get()
    assert notice.email.to == ["staff@example.org"]
    assert notice.email.subject == "Headworks: 2 emails did not arrive"
    Delivery.objects.claim().refuse("550 No such staff")
    reminders.tell_staff()
    assert Message.objects.count() == 1
