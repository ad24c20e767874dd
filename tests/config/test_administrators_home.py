"""The home page of an administrator leads to the administration, and to what waits there."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from post_office.models import STATUS, Email

from accounts.models import StaffGroup
from initiatives.models import Initiative
from letters.models import Message
from recognition.models import Application, Cycle
from tests.factories import UserFactory, UtilityFactory
from workflow.waiting import waiting_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(catalog):
    person = UserFactory(is_staff=True)
    person.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return person


def waits(person) -> dict[str, str]:
    return {item.what: item.url for item in waiting_for(type(person).objects.get(pk=person.pk))}


def test_home_leads_to_the_administration_for_administrators_only(administrator, manager, as_):
    link = f'<p><a href="{reverse("admin:index")}">Administration'
    assert link in as_(administrator).get("/").text
    assert link not in as_(manager).get("/").text


def test_what_waits_there_is_at_home(administrator, manager, cycle):
    assert waits(administrator) == {}
    application = Application.objects.create(utility=UtilityFactory(), cycle=cycle)
    for n in range(2):
        Message.write(application, f"x{n}", "someone@example.org", "Subject", "Text")
    Email.objects.update(status=STATUS.failed)
    first = Initiative.objects.order_by("pk").first()
    first.keep_draft({"name": "Another name"})
    Cycle.objects.update(signatory_name="")
    there = waits(administrator)
    assert there == {
        "2 emails could not be sent": f"{reverse('admin:letters_message_changelist')}?email__status__exact=1",
        "1 entry of the catalog has a draft": f"{reverse('admin:index')}#catalog",
        "Recognition 2027: nobody signs": reverse("admin:recognition_cycle_change", args=[cycle.pk]),
    }
    assert not any(what in there for what in waits(manager))


def test_each_leads_to_a_page_that_opens(administrator, as_):
    browser = as_(administrator)
    for address in (f"{reverse('admin:letters_message_changelist')}?email__status__exact=1", reverse("admin:index")):
        assert browser.get(address).status_code == 200
