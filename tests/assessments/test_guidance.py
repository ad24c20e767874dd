"""The guide's words on a row's element, and what the utility's own initiatives ask there: in the row, or as a page."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from initiatives.models import Initiative
from pdca.models import Element
from tests.factories import GapAnalysisFactory

pytestmark = pytest.mark.django_db

IN_PLACE = ["/initiatives/cmom/", "/initiatives/iso-14001/"]
IN_THE_ROW = {"HX-Request": "true"}


def initiatives_in(html: str) -> list[str]:
    """The addresses of the initiatives that the guidance names."""
    text = html.partition('class="guidance__text"')[2].partition('<p><a href="/pdca/')[0]
    return [part.partition('"')[0] for part in text.split('<dt><a href="')[1:]]


def test_it_has_the_elements_purpose_questions_and_opportunities(url, analysis, as_, viewer):
    element = Element.objects.get(slug="policy-statements")

    html = as_(viewer).get(url("guidance", analysis, element.slug)).text

    assert escape(element.purpose) in html
    assert element.questions
    assert all(escape(question) in html for question in element.questions)
    [opportunity] = element.opportunities.all()
    assert f'href="{opportunity.get_absolute_url()}"' in html
    for part in (opportunity.title, opportunity.shared, opportunity.benefit, opportunity.caution):
        assert escape(part) in html
    assert f'href="{element.get_absolute_url()}"' in html


def test_of_the_initiatives_only_those_in_place_have_their_say(url, analysis, as_, manager):
    html = as_(manager).get(url("guidance", analysis, "vision")).text

    assert initiatives_in(html) == IN_PLACE
    for slug in ("cmom", "iso-14001"):
        assert escape(Initiative.objects.get(slug=slug).asked["vision"]["text"]) in html
    assert escape(Initiative.objects.get(slug="asset-management").asked["vision"]["text"]) not in html


def test_a_retired_initiative_in_place_is_still_heard_and_a_draft_is_not(url, analysis, as_, manager):
    Initiative.objects.filter(slug="cmom").update(retired_on="2026-01-01")
    Initiative.objects.filter(slug="iso-14001").update(published=False)

    assert initiatives_in(as_(manager).get(url("guidance", analysis, "vision")).text) == ["/initiatives/cmom/"]


def test_where_none_is_in_place_it_says_so(url, utility, manager, as_, catalog):
    bare = GapAnalysisFactory(utility=utility, by=manager)

    html = as_(manager).get(url("guidance", bare, "vision")).text

    assert initiatives_in(html) == []
    assert "No initiatives are in place yet" in html


def test_in_the_row_it_comes_without_the_page_around_it(url, analysis, as_, viewer):
    browser = as_(viewer)
    part = browser.get(url("guidance", analysis, "vision"), headers=IN_THE_ROW)
    page = browser.get(url("guidance", analysis, "vision"))

    assert part.text.strip().startswith('<div class="guidance__text">')
    assert "<h1" not in part.text
    assert "<h4>" in part.text
    assert "HX-Request" in part["Vary"]
    assert "<h1>Guidance: Vision</h1>" in page.text
    assert "<h4>" not in page.text
    assert f'href="{analysis.get_absolute_url()}#row-vision"' in page.text


@pytest.mark.parametrize("headers", [{}, IN_THE_ROW], ids=["page", "in the row"])
def test_it_is_for_those_who_may_read_the_analysis(url, analysis, as_, manager, contributor, viewer, stranger, headers):
    path = url("guidance", analysis, "vision")

    assert [as_(user).get(path, headers=headers).status_code for user in (manager, contributor, viewer)] == [200] * 3
    assert as_(stranger).get(path, headers=headers).status_code == 404
    assert Client().get(path, headers=headers).status_code == (286 if headers else 302)


@pytest.mark.parametrize("element", ["nothing", "details"])
def test_an_element_that_does_not_exist_has_none(url, analysis, as_, manager, element):
    assert as_(manager).get(url("guidance", analysis, element)).status_code == 404


def test_every_row_that_is_read_leads_to_its_own(url, complete, as_, manager):
    html = as_(manager).get(url("analysis", complete)).text
    slugs = list(Element.objects.values_list("slug", flat=True))
    assert len(slugs) == 18
    assert [slug for slug in slugs if f'<a href="{url("guidance", complete, slug)}"' in html] == slugs


def test_a_row_to_fill_in_has_a_question_and_guidance_once_it_is_open(url, analysis, as_, manager):
    browser = as_(manager)
    assert "guidance" not in browser.get(url("analysis", analysis)).text
    for element in Element.objects.all():
        html = browser.get(url("details", analysis, element.slug)).text
        assert element.question.endswith("?")
        assert escape(element.question) in html
        assert f'<a href="{url("guidance", analysis, element.slug)}"' in html


def test_rows_kept_in_memory_lead_into_the_analysis_that_shows_them(url, analysis, utility, manager, as_):
    other = GapAnalysisFactory(utility=utility, by=manager)
    for shown, hidden in ((analysis, other), (other, analysis)):
        html = as_(manager).get(url("analysis", shown)).text
        assert f"{url('analysis', shown)}?open=vision" in html
        assert f"{url('analysis', hidden)}?open=vision" not in html


@pytest.mark.parametrize("headers", [{}, IN_THE_ROW], ids=["page", "in the row"])
def test_it_costs_the_same_however_many_are_in_place(url, analysis, as_, manager, headers):
    def queries() -> int:
        browser = as_(manager)
        with CaptureQueriesContext(connection) as captured:
            browser.get(url("guidance", analysis, "vision"), headers=headers)
        return len(captured)

    with_two = queries()
    analysis.initiatives.set(Initiative.objects.all())
    assert queries() == with_two <= 8
