"""Who may edit the catalog in the admin, and what is fixed there."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts.models import StaffGroup
from initiatives.models import Initiative
from pdca.models import Area, Component, Element
from tests.factories import UserFactory
from tests.keeping import address, make_administrator, save

pytestmark = pytest.mark.django_db

PAGES = ["pdca_area", "pdca_component", "pdca_element", "pdca_flow", "pdca_sourcetable", "pdca_topic", "pdca_term"]
PAGES += ["pdca_opportunity", "initiatives_initiative", "initiatives_case"]


@pytest.fixture
def administrator(catalog):
    return make_administrator()


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
    sent = {"name": "CMOM", "slug": "other", "key_feature": "Our own words", "areas": ["E", "S", "Q"]}

    answer = save(as_(administrator), cmom, "_publish", **sent, check_strength=3)

    assert answer.status_code == 302
    cmom.refresh_from_db()
    assert (cmom.slug, cmom.key_feature, cmom.check_strength, cmom.areas.count()) == ("cmom", "Our own words", 3, 3)


def test_what_it_asks_is_a_grid_of_the_18_elements(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")
    own = {record["element"]: record for record in cmom.asks}
    sent = {"asks-vision-text": "A picture of ten years", "asks-vision-source": "us", "asks-reporting-text": ""}
    sent |= {"asks-vision-stance": "nothing", "asks-reporting-stance": ""}
    sent |= {"asks-reporting-source": "", "asks-reporting-note": ""}

    page = as_(administrator).get(address(cmom, "change")).text
    save(as_(administrator), cmom, "_publish", **sent)

    for element in Element.objects.all():
        assert f'<th scope="row">{element.name}</th>' in page
    expected = own | {
        "vision": {"element": "vision", "stance": "nothing", "text": "A picture of ten years", "source": "us"}
    }
    expected.pop("reporting", None)
    cmom.refresh_from_db()
    assert cmom.asked == expected


def test_what_it_asks_has_its_source_said_by_the_elements_name(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")

    answer = save(as_(administrator), cmom, **{"asks-vision-text": "A picture", "asks-vision-source": ""})

    assert "Vision is missing: source." in answer.text
    assert "A picture</textarea>" in answer.text


def test_whether_something_is_required_is_a_choice(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")
    page = as_(administrator).get(address(cmom, "change")).text
    select = page[page.index('name="asks-vision-stance"') :].partition("</select>")[0]

    answer = save(as_(administrator), cmom, **{"asks-vision-stance": ""})

    assert [line for line in ("Not stated", "Required", "Not required") if f">{line}</option>" in select] == [
        "Not stated", "Required", "Not required",
    ]  # fmt: skip
    assert '<option value="nothing" selected>' in select
    assert "Vision is missing: requirement." in answer.text


def test_the_four_strengths_are_one_grid(administrator, as_):
    page = as_(administrator).get(address(Initiative.objects.get(slug="cmom"), "change"))

    grid = next(fieldset for fieldset in page.context["adminform"] if fieldset.classes == "strengths")
    assert [[field.field.name for field in row] for row in grid] == [
        ["plan", "plan_note"], ["do", "do_note"], ["check_strength", "check_note"], ["act", "act_note"],
    ]  # fmt: skip


def test_who_may_only_look_has_no_buttons(catalog, as_):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_initiative"))

    page = as_(looker).get(address(Initiative.objects.get(slug="cmom"), "change"))

    assert page.status_code == 200
    assert "Save as draft" not in page.text
    assert as_(looker).post(address(Initiative.objects.get(slug="cmom"), "retire")).status_code == 403


def test_a_strength_out_of_range_is_refused_with_a_message(administrator, as_):
    cmom = Initiative.objects.get(slug="cmom")

    answer = save(as_(administrator), cmom, plan=4)

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
    sent = {"name": "Vision and mission", "purpose": "Ours", "source": "us", "order": 18, "slug": "x"}

    save(as_(administrator), vision, "_publish", **sent, component="act")

    vision.refresh_from_db()
    assert (vision.name, vision.order, vision.slug, vision.component_id) == ("Vision and mission", 2, "vision", "plan")
