"""Messages: one for each occasion and address, about any row; which of them administrators may read."""

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse
from post_office.models import Email

from accounts import emails
from accounts.models import Invitation, StaffGroup
from letters.models import Message, shown_to
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(catalog):
    administrator = UserFactory(is_staff=True)
    administrator.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return administrator


def test_one_occasion_is_told_once_to_each_address(utility):
    assert Message.write(utility, "flood", "a@example.org", "High water", "Move the pumps.")
    assert not Message.write(utility, "flood", "a@example.org", "High water", "Move the pumps again.")
    assert Message.write(utility, "flood", "b@example.org", "High water", "Move the pumps.")
    assert [message.about for message in Message.objects.all()] == [utility, utility]
    assert sorted(email.to[0] for email in Email.objects.all()) == ["a@example.org", "b@example.org"]


def test_a_worker_is_asked_to_send_once_it_is_committed(utility, sent_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        Message.write(utility, "flood", "a@example.org", "High water", "Move the pumps.")
        assert sent_tasks == []
    assert [sent.task for sent in sent_tasks] == ["letters.tasks.send"]


def test_what_is_rolled_back_is_not_told(utility):
    with transaction.atomic():
        Message.write(utility, "flood", "a@example.org", "High water", "Move the pumps.")
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Email.objects.exists()


def test_administrators_read_messages_about_applications_and_no_link_that_lets_a_person_in(
    administrator, as_, draft, utility, manager
):
    draft.tell_applicants("application-withdrawn", "withdrawn")
    invitation = Invitation.objects.invite(utility=utility, email="new@example.org", role="viewer", by=manager)
    emails.invite(invitation)
    about_application, about_invitation = Message.objects.order_by("pk")
    assert list(shown_to(administrator)) == [about_application]
    browser = as_(administrator)
    shown = browser.get(reverse("admin:letters_message_change", args=[about_application.pk])).text
    assert "Riverbend Water and Sewer" in shown
    hidden = browser.get(reverse("admin:letters_message_change", args=[about_invitation.pk]), follow=True).text
    assert invitation.token not in hidden
    assert invitation.token not in browser.get(reverse("admin:letters_message_changelist")).text


def test_an_administrator_of_the_utility_does_not_read_them(administrator, draft):
    draft.tell_applicants("application-withdrawn", "withdrawn")
    draft.utility.memberships.create(user=administrator, role="viewer")
    assert not shown_to(administrator).exists()
