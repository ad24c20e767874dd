"""The home page of an administrator leads to the administration, and to what waits there."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import StaffGroup
from initiatives.models import Initiative
from recognition.models import Cycle
from tests.factories import UserFactory
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
    first = Initiative.objects.order_by("pk").first()
    first.keep_draft({"name": "Another name"})
    Cycle.objects.update(signatory_name="")
    there = waits(administrator)
    assert there == {
        "1 entry of the catalog has a draft": f"{reverse('admin:index')}#catalog",
        "Recognition 2027: nobody signs": reverse("admin:recognition_cycle_change", args=[cycle.pk]),
    }
    assert not any(what in there for what in waits(manager))
