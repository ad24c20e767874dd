"""From the results on: the smallest mix, every initiative cell by cell, and what can be extended first."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import RoadMap
from initiatives.models import Initiative
from pdca.models import Opportunity

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(analysis, save, manager):
    save(manager, analysis, "document-control", rating=1, areas=["E"])
    save(manager, analysis, "policy-statements", rating=1, areas=["S"])
    return analysis


def offers(page) -> dict:
    return {offer.initiative.slug: offer for offer in page.context["recommended"].ranking}


def test_results_lead_to_what_closes_the_gaps(rated, url, as_, viewer):
    page = as_(viewer).get(url("results", rated))
    found = page.context["recommended"]
    assert found.gaps == 88
    assert [offer.initiative.slug for offer in found.smallest] == sorted(o.initiative.slug for o in found.smallest)
    for offer in found.smallest:
        assert f'<a href="{offer.initiative.get_absolute_url()}">' in page.text
        assert ("extend it" if offer.in_place else "new") in page.text
    assert url("recommendations", rated) in page.text


def test_what_supports_one_area_is_extended_first_with_the_guides_advice(rated, url, as_, viewer):
    page = as_(viewer).get(url("results", rated))
    reuse = page.context["recommended"].reuse
    assert [one.element.slug for one in reuse] == ["policy-statements", "document-control"], "key to alignment first"
    assert [area.code for area in reuse[0].could_serve] == ["E", "Q", "F", "H"]
    policies = Opportunity.objects.get(slug="policies-that-agree")
    assert f'<a href="{policies.get_absolute_url()}">' in page.text
    assert policies.title in page.text
    assert policies.caution in page.text.replace("&#x27;", "'")


def test_each_initiative_is_told_cell_by_cell_with_what_it_requires(rated, url, as_, viewer):
    page = as_(viewer).get(url("recommendations", rated))
    offer = offers(page)["cmom"]
    assert offer.in_place
    assert {area.code for one in offer.at for area in one.areas} <= {"E", "S"}
    assert sum(len(one.areas) for one in offer.at) == offer.closes
    asked = Initiative.objects.get(slug="cmom").asked
    assert all(one.asked == asked.get(one.element.slug) for one in offer.at)


def test_a_weaker_strength_closes_more(rated, url, as_, viewer):
    browser = as_(viewer)

    def unclosed(strength) -> int:
        found = browser.get(url("recommendations", rated), {"strength": strength}).context["recommended"]
        return sum(len(one.areas) for one in found.unclosed)

    assert unclosed(1) >= unclosed(2) >= unclosed(3)
    assert unclosed(1) > unclosed(3)
    assert unclosed("nothing") == unclosed(1)


def test_what_no_longer_exists_is_left_out_unless_asked_for(rated, url, as_, viewer):
    Initiative.objects.filter(slug="baldrige").update(today="ended", today_text="Another award took its place.")
    browser = as_(viewer)
    page = browser.get(url("recommendations", rated), {"strength": 3})
    assert "baldrige" not in offers(page)
    assert "no longer exist" in page.text
    asked = browser.get(url("recommendations", rated), {"strength": 3, "ended": "on"})
    assert "baldrige" in offers(asked)
    assert "Another award took its place." in asked.text


def test_initiatives_of_other_systems_are_left_out(rated, utility, url, as_, viewer):
    utility.systems = ["drinking_water"]
    utility.save()
    found = offers(as_(viewer).get(url("recommendations", rated), {"strength": 3}))
    assert "nbp-ems" not in found
    assert "iso-14001" in found


def test_without_gaps_nothing_asks_for_a_weaker_strength(analysis, answer_all, url, as_, viewer, manager):
    answer_all(analysis, areas=list(analysis.areas))
    page = as_(viewer).get(url("recommendations", analysis)).text
    assert "There are no gaps" in page
    assert "weaker" not in page
    assert "Chosen for the fewest" not in page
    page = as_(manager).get(url("road_map_suggested", analysis)).text
    assert "There is nothing to suggest" in page
    assert "Nothing yet" not in page


def test_at_the_weakest_strength_none_weaker_is_offered(rated, url, as_, viewer):
    browser = as_(viewer)
    assert "choose a weaker strength above" in browser.get(url("recommendations", rated)).text
    Initiative.objects.update(retired_on="2026-01-01")
    assert "weaker" in browser.get(url("recommendations", rated)).text
    assert "weaker" not in browser.get(url("recommendations", rated), {"strength": 3}).text


@pytest.mark.parametrize("name", ["recommendations", "road_map_suggested"])
def test_what_is_not_answered_is_told(rated, answer_all, url, as_, viewer, name):
    said = "16 elements are not answered yet and count as not covered."
    assert said in as_(viewer).get(url(name, rated)).text
    answer_all(rated)
    assert "not answered yet" not in as_(viewer).get(url(name, rated)).text


def test_they_are_for_those_who_may_read_the_analysis(rated, url, as_, stranger, client):
    for name in ("results", "recommendations"):
        assert as_(stranger).get(url(name, rated)).status_code == 404
        assert client.get(url(name, rated)).status_code == 302


@pytest.mark.parametrize("name", ["results", "recommendations"])
def test_they_take_few_queries(rated, url, as_, viewer, name):
    browser = as_(viewer)
    with CaptureQueriesContext(connection) as captured:
        browser.get(url(name, rated))
    assert len(captured) <= 15


def test_the_strength_is_not_called_optional_and_begins_with_strong(rated, url, as_, viewer):
    form = as_(viewer).get(url("recommendations", rated)).context["form"]
    assert form["strength"].value() == "1"
    assert form.fields["strength"].required
    assert not form.errors


def test_results_lead_to_the_road_map_that_is_kept(rated, url, as_, manager, viewer):
    assert url("road_map_suggested", rated) in as_(viewer).get(url("results", rated)).text
    as_(manager).post(url("road_map_suggested", rated), {"version": 0})
    assert RoadMap.objects.get().get_absolute_url() in as_(viewer).get(url("results", rated)).text


def test_each_element_leads_to_its_row_the_guide_and_a_case(rated, url, as_, viewer):
    page = as_(viewer).get(url("results", rated))
    for row, case in page.context["rows"]:
        times = 2 if row.strategic_alignment else 1  # in the table, and among those key to alignment
        assert page.text.count(f'href="/pdca/{row.slug}/"') >= times, row.slug
        assert page.text.count(f'#row-{row.slug}"') > times
        assert case is None or page.text.count(f'{case.get_absolute_url()}#integrated"') >= times
    assert sum(case is not None for _, case in page.context["rows"]) >= 17
