"""Who may edit the catalog in the admin, and what is fixed there."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import StaffGroup
from initiatives.models import Initiative
from pdca.models import Area, Component, Element
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

PAGES = ["pdca_area", "pdca_component", "pdca_element", "initiatives_initiative"]


@pytest.fixture
def administrator(catalog):
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=StaffGroup.ADMINISTRATOR))
    return user


@pytest.mark.parametrize("page", PAGES)
def test_an_administrator_lists_and_searches_the_catalog(administrator, as_, page):
    answer = as_(administrator).get(reverse(f"admin:{page}_changelist"), {"q": "environment"})

    assert answer.status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_others_do_not_get_in(catalog, manager, as_, page):
    assert as_(manager).get(reverse(f"admin:{page}_changelist")).status_code == 302


def test_other_staff_may_not_edit_the_catalog(catalog, as_):
    staff = UserFactory(is_staff=True)
    staff.groups.add(Group.objects.get(name=StaffGroup.PROGRAM))

    assert as_(staff).get(reverse("admin:initiatives_initiative_changelist")).status_code == 403


def test_an_administrator_edits_an_initiative_but_not_its_slug(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")
    sent = {
        "name": "CMOM",
        "short_name": "CMOM",
        "slug": "other",
        "group": "best-practices",
        "key_feature": "Our own words",
        "source": "us",
        "areas": ["E", "S", "Q"],
        "plan": 1,
        "do": 1,
        "check_strength": 3,
        "act": 2,
    }

    answer = as_(administrator).post(reverse("admin:initiatives_initiative_change", args=[cmom.pk]), sent)

    assert answer.status_code == 302
    cmom.refresh_from_db()
    assert (cmom.slug, cmom.key_feature, cmom.check_strength, cmom.areas.count()) == ("cmom", "Our own words", 3, 3)


def test_a_strength_out_of_range_is_refused_with_a_message(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")

    answer = as_(administrator).post(reverse("admin:initiatives_initiative_change", args=[cmom.pk]), {"plan": 4})

    assert answer.status_code == 200
    assert "4 is not one of the available choices" in answer.text


@pytest.mark.parametrize("model", [Area, Component, Element])
def test_the_cycle_takes_no_new_rows_and_loses_none(administrator, as_, model):
    administrator.is_superuser = True
    administrator.save()
    browser = as_(administrator)
    name = model._meta.model_name

    assert browser.get(reverse(f"admin:pdca_{name}_add")).status_code == 403
    assert browser.post(reverse(f"admin:pdca_{name}_delete", args=[model.objects.first().pk])).status_code == 403


def test_an_administrator_edits_the_words_of_an_element_not_its_place(administrator, as_):
    vision = Element.objects.get(slug="vision")
    sent = {
        "name": "Vision and mission",
        "purpose": "Ours",
        "source": "us",
        "order": 18,
        "slug": "x",
        "component": "act",
    }

    as_(administrator).post(reverse("admin:pdca_element_change", args=[vision.pk]), sent)

    vision.refresh_from_db()
    assert (vision.name, vision.order, vision.slug, vision.component_id) == ("Vision and mission", 2, "vision", "plan")
