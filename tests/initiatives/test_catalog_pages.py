"""The catalog for anyone: Table 1 as a page, narrowed and sorted by links, and a page for each initiative."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.models import Initiative

pytestmark = pytest.mark.django_db


def slugs(html: str) -> list[str]:
    """The initiatives that a catalog page lists, in its order."""
    return re.findall(r'<th role="rowheader" scope="row"><a href="/initiatives/([a-z0-9-]+)/"', html)


def test_the_catalog_lists_all_fifteen_by_name_without_an_account(client, catalog):
    page = client.get("/initiatives/")

    assert page.status_code == 200
    assert "15 initiatives" in page.text
    assert slugs(page.text) == [i.slug for i in Initiative.objects.order_by("name")]


def test_a_row_says_its_areas_and_strengths_in_words_and_numbers(client, catalog):
    html = client.get("/initiatives/").text
    row = html[html.index('href="/initiatives/partnership-safe-water/"') :].partition("</tr>")[0]

    assert re.findall(r'<span class="usa-sr-only">(yes|no)</span>', row) == ["yes", "no", "no", "no", "no"]
    assert re.findall(r'class="strength strength--\d">(\d)</span>', row) == ["1", "2", "1", "3"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?area=S", {"apwa-accreditation", "awwa-accreditation", "cmom", "osha-vpp", "qualserve"}),
        ("?group=business-planning", {"balanced-scorecard", "bid-to-goal", "gasb-34"}),
        ("?group=business-planning&area=H", {"balanced-scorecard"}),
    ],
)
def test_filters_narrow_the_list(client, catalog, query, expected):
    page = client.get(f"/initiatives/{query}")

    assert set(slugs(page.text)) == expected
    assert "Show all, by name" in page.text


@pytest.mark.parametrize("component", ["plan", "do", "check", "act"])
def test_a_component_sorts_by_strength_then_name_and_marks_its_column(client, catalog, component):
    html = client.get(f"/initiatives/?component={component}").text

    listed = [Initiative.objects.get(slug=slug) for slug in slugs(html)]
    assert len(listed) == 15
    strengths = [initiative.support[component] for initiative in listed]
    assert strengths == sorted(strengths)
    strongest = [initiative.slug for initiative in listed if initiative.support[component] == 1]
    assert strongest == [i.slug for i in Initiative.objects.order_by("name") if i.support[component] == 1]
    assert html.count(f'class="support {component} chosen"') == 15
    assert html.count('aria-sort="ascending"') == 1


def test_sorting_keeps_the_filter(client, catalog):
    html = client.get("/initiatives/?area=E&group=best-practices").text

    assert 'href="?component=check&amp;area=E&amp;group=best-practices"' in html


@pytest.mark.parametrize("query", ["?area=X", "?group=nothing", "?component=undo", "?area=E'--&component=%00"])
def test_a_value_that_is_not_offered_filters_nothing(client, catalog, query):
    page = client.get(f"/initiatives/{query}")

    assert page.status_code == 200
    assert len(slugs(page.text)) == 15


def test_where_nothing_fits_the_page_says_so(client, catalog):
    page = client.get("/initiatives/?group=business-planning&area=S")

    assert slugs(page.text) == []
    assert "No initiative fits" in page.text


def test_an_initiative_page_says_what_it_supports_and_where_that_comes_from(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")

    html = client.get("/initiatives/cmom/").text

    assert cmom.key_feature in html
    assert cmom.source in html
    assert "Environmental performance" in html
    assert "Financial performance" not in html
    assert re.findall(r"strength--\d\">(.*?)</span>", html) == [
        "1, strongest",
        "1, strongest",
        "2, moderate",
        "2, moderate",
    ]


def test_a_group_of_ours_is_called_our_judgement_with_its_reason(client, catalog):
    ours, guides = client.get("/initiatives/cmom/").text, client.get("/initiatives/iso-14001/").text

    assert "our judgement" in ours
    assert Initiative.objects.get(slug="cmom").group_reason in ours
    assert "our judgement" not in guides


def test_the_list_costs_the_same_however_long(client, catalog):
    with CaptureQueriesContext(
        connection,
    ) as for_one:
        assert len(slugs(client.get("/initiatives/?group=business-planning&area=H").text)) == 1
    with CaptureQueriesContext(connection) as for_all:
        client.get("/initiatives/?component=plan")

    assert len(for_one) == len(for_all) <= 6


def test_an_initiative_page_costs_three_queries(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get("/initiatives/qualserve/")
