"""What the ICR of 2010 (1287.10) has on its form, and the law behind the program, on pages and paper."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from recognition.deciding.documents import kinds_of_system
from recognition.models import Addressee, Cycle, Edition
from recognition.models.cycle import CERTIFICATION, LAW
from tests.applications import fill, whole_content
from workflow.waiting import waiting_for

pytestmark = pytest.mark.django_db
NOTICE = "unless the form shows a currently valid OMB control number"


@pytest.fixture
def form(draft, manager, as_):
    return lambda: as_(manager).get(reverse("recognition:step", args=[draft.pk, "facility"])).text


def test_nobody_need_answer_without_a_current_number(form):
    """§6(g); it stands where the number does."""
    assert NOTICE not in form()
    Cycle.objects.update(omb_control_number="2040-0101")
    assert NOTICE in form()


@pytest.mark.parametrize(("days", "is_over"), [(-2, True), (2, False), (None, False)])
def test_an_approval_that_is_over_is_said_to_applicants_and_staff(form, staff, days, is_over):
    until = None if days is None else timezone.localdate() + timedelta(days=days)
    Cycle.objects.update(omb_control_number="2040-0101", omb_expires=until)
    assert ("The approval of this form expired on" in form()) == is_over
    assert any("approval has expired" in item.what for item in waiting_for(staff)) == is_over


@pytest.mark.parametrize(
    "said",
    [
        "everything attached",
        "under my direction or supervision",
        "a system that is designed to assure that qualified people gather and evaluate",
        "I asked the people who gathered it and those who are responsible",
        "To the best of my knowledge and belief, it is true, accurate and complete",
        "federal, state, tribal and local water quality requirements",
        "past 12 months",
        "satisfactory environmental record",
        "penalties",
    ],
)
def test_the_certification_says_each_thing_of_the_form(said, cycle):
    """Appendix C, V, and the penalties for false statements."""
    assert said in " ".join(CERTIFICATION.split())
    assert cycle.certification == CERTIFICATION


def test_a_legal_text_is_shown_as_it_is_entered(draft, manager, as_):
    Cycle.objects.update(certification="I certify & declare.\n\nUnder 18 U.S.C. 1001.")
    page = as_(manager).get(reverse("recognition:step", args=[draft.pk, "certification"])).text
    assert "<p>I certify &amp; declare.</p>\n\n<p>Under 18 U.S.C. 1001.</p>" in page


def test_the_manager_s_title_is_required(draft, manager):
    fill(draft, manager, contact=whole_content()["contact"] | {"title": " "})
    assert [(each.code, each.field) for each in draft.checked().deficiencies] == [("contact-missing", "contact.title")]


@pytest.mark.parametrize(
    ("office", "salutation", "greeting"),
    [
        ("governor", "", "Governor"),
        ("governor", "  ", "Governor"),
        ("speaker", "", "Speaker"),
        ("president", "Mr. President", "Mr. President"),
        ("tribal_leader", "", "Tribal Leader"),
    ],
)
def test_nobody_is_dear_the_honorable(office, salutation, greeting):
    assert Addressee(office=office, name="The Honorable Ann Lee", salutation=salutation).greeting == greeting


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (["wastewater"], "Wastewater system"),
        (["drinking_water", "wastewater"], "Drinking water and wastewater systems"),
        (["drinking_water", "wastewater", "stormwater"], "Drinking water, wastewater and stormwater systems"),
        ([], ""),
    ],
)
def test_a_certificate_names_the_kind_of_system(kinds, words):
    assert kinds_of_system({"eligibility": {"facility_types": kinds}}) == words


def test_the_program_has_the_source_s_name_unless_an_edition_gives_another(at, manager, as_, client):
    assert Edition().program == "Sustainable Water Leadership Program"
    at("recognized")
    pages = [as_(manager).get(reverse("recognition:list")).text, client.get(reverse("recognition:register")).text]
    for page in pages:
        assert "Sustainable Water Leadership Program" in page
        assert LAW in page
