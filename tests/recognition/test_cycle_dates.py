"""The dates of a cycle as one picture with its table; what a cycle warns of; the program's name is its edition's."""

from datetime import date, timedelta
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from recognition.cycles import dates
from recognition.models import Cycle, Edition
from reports import kinds
from tests.applications import Status
from workflow.waiting import waiting_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned(cycle) -> Cycle:
    today = timezone.localdate()
    cycle.panel_from, cycle.panel_until = today + timedelta(days=40), today + timedelta(days=70)
    cycle.letters_from, cycle.letters_until = today + timedelta(days=80), today + timedelta(days=90)
    cycle.save()
    return cycle


def bars(picture: str) -> list[tuple[float, float]]:
    """Left and width of each bar that lies on a track."""
    found = ElementTree.fromstring(picture).iter(  # noqa: S314  # our own
        "{http://www.w3.org/2000/svg}rect"
    )
    return [(float(each.get("x")), float(each.get("width"))) for each in found if float(each.get("width")) != 390]


def test_each_period_has_its_place_between_first_and_last_day(planned):
    shown = dates.for_staff(planned, [dates.Mark("In review", planned.panel_from)])
    opens, closes = shown.periods[0].first, shown.periods[0].last
    whole = (planned.letters_until - opens).days
    expected = [
        (opens, closes),
        (closes, planned.panel_from),
        (planned.panel_from, planned.panel_until),
        (planned.letters_from, planned.letters_until),
    ]
    for (left, width), (first, last) in zip(bars(shown.picture), expected, strict=True):
        assert left == pytest.approx(4 + 382 * (first - opens).days / whole, abs=0.01)
        assert width == pytest.approx(382 * (last - first).days / whole, abs=0.01)
    assert "1 step was taken." in shown.picture
    assert shown.on == ["Applications"]


def test_what_is_not_set_has_no_bar_and_says_so(cycle):
    shown = dates.for_staff(cycle)
    assert len(bars(shown.picture)) == 1
    assert shown.picture.count(">not set<") == 2, "the panel and the letters"
    assert [each.label for each in dates.for_applicants(cycle).periods] == ["You can apply"]


def test_staff_and_applicants_see_their_own(planned, staff, manager, as_):
    of_staff = as_(staff).get(reverse("recognition:cycle", args=[planned.pk])).text
    assert "<title>The dates of Recognition 2027" in of_staff
    assert "Completeness and compliance" in of_staff
    of_applicant = as_(manager).get(reverse("recognition:list")).text
    assert "Letters with the outcome" in of_applicant
    assert "Panel review" not in of_applicant


# What held before, kept so.


def test_an_approval_that_has_expired_is_told_on_the_form_the_cycle_and_home(cycle, staff, draft, manager, as_):
    page = reverse("recognition:cycle", args=[cycle.pk])
    Cycle.objects.update(omb_control_number="2040-0101", omb_expires=timezone.localdate() + timedelta(days=2))
    assert "expired" not in as_(staff).get(page).text
    Cycle.objects.update(omb_expires=date(2026, 1, 31))
    assert "The approval of OMB control number 2040-0101 expired on January 31, 2026." in as_(staff).get(page).text
    assert any("approval has expired" in item.what for item in waiting_for(staff))


def test_the_name_of_the_program_is_its_editions_on_pages_letters_and_certificates(at, manager, as_, client):
    Edition.objects.update(program="Clear Streams Award")
    recognized = at(Status.RECOGNIZED)
    assert "Clear Streams Award" in as_(manager).get(reverse("recognition:list")).text
    assert "Clear Streams Award" in as_(manager).get(recognized.get_absolute_url()).text
    assert "Clear Streams Award" in client.get(reverse("recognition:criteria")).text
    subject, body = recognized.rendered("application-withdrawn", person="", by_mail="")
    assert "Clear Streams Award" in subject + body
    assert "Sustainable Water Leadership" not in subject + body
    kind = kinds.single("certificate")
    certificate = render_to_string(kind.template, kind.context(kind.find(manager, recognized.pk)))
    assert "Clear Streams Award" in certificate
    assert "Sustainable Water Leadership" not in certificate


def test_a_refusal_to_move_on_names_those_who_wait_with_links(at, staff, as_, cycle):
    application = at(Status.SUBMITTED)
    Cycle.objects.update(status="review")
    address = reverse("recognition:cycle_move", args=[cycle.pk])
    answer = as_(staff).post(address, {"status": "review"}, follow=True)
    assert "1 application waits: Riverbend Water and Sewer (submitted)." in answer.text
    assert f'href="{application.get_absolute_url()}"' in answer.text
