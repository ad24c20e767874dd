"""Integration opportunities for readers: their pages, their element's page, the API."""

import html
import re
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils.text import slugify

from initiatives.models import Initiative
from pdca.index import Indexed, refresh
from pdca.models import Element, Opportunity
from pdca.references import uses_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
LIST = "/pdca/opportunities/"
ONE = f"{LIST}one-emergency-plan/"
API = "/api/v1/opportunities"


def text_of(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>|, explained|\u2060", "", page))


def opportunity(slug: str = "one-emergency-plan") -> Opportunity:
    return Opportunity.objects.get(slug=slug)


def new(**values) -> Opportunity:
    row = {"slug": "new", "element_id": "vision", "order": 2, "title": "New", "shared": "S", "benefit": "B"}
    return Opportunity(**row | {"source": "us"} | values)


# Rules.


def test_two_cannot_have_one_slug(catalog):
    with pytest.raises(IntegrityError, match="slug"):
        new(slug="one-message").save()


def test_it_belongs_to_an_element_that_exists_and_stays(catalog):
    with pytest.raises(ProtectedError):
        Element.objects.get(slug="vision").delete()
    with pytest.raises(ValidationError, match="element"):
        new(element_id="nowhere").full_clean()


@pytest.mark.parametrize("missing", ["title", "shared", "benefit", "source"])
def test_it_says_what_is_shared_the_benefit_and_its_source(catalog, missing):
    new(slug="whole").full_clean()

    with pytest.raises(ValidationError, match=missing):
        new(**{missing: ""}).full_clean()


def test_an_initiative_that_one_joins_is_in_use(catalog):
    joined = sum("cmom" in row.initiatives for row in Opportunity.objects.all())

    assert (joined, "integration opportunities") in uses_of(Initiative.objects.get(slug="cmom"))


# Pages.


def test_its_page_has_everything_the_source_and_the_initiatives_it_joins(client, catalog):
    row = opportunity()

    page = client.get(ONE).text

    words = text_of(page)
    assert all(text in words for text in (row.title, row.shared, row.benefit, row.caution, row.source, *row.how))
    assert "key to alignment" not in page.partition("<h1>")[0]
    for slug in row.initiatives:
        initiative = Initiative.objects.get(slug=slug)
        assert f'<a href="{initiative.get_absolute_url()}">{html.escape(initiative.name)}</a>' in page
    assert page.count('<a href="/pdca/emergency-preparedness-response/"') == 3, "at the top, in the cycle, its place"
    assert f'<a href="{LIST}risk-data-put-to-use/">' in page, "the other one at this element"
    assert '<a href="/pdca/map/#emergency-preparedness-response">' in page
    assert f'<li><a href="{LIST}">Integration opportunities</a></li>' in page


def test_the_cycle_marks_its_element(client, catalog):
    page = client.get(ONE).text

    assert len(re.findall(r'aria-label="\d+ ', page)) == 18
    assert re.findall(r'<a href="([^"]+)"[^>]* aria-current="location"', page) == [
        "/pdca/emergency-preparedness-response/"
    ]
    assert '<a id="emergency-preparedness-response" href=' in client.get("/pdca/map/").text


def test_neighbors_lead_through_all_of_them_in_order(client, catalog):
    rows = list(Opportunity.objects.all())
    seen, address = [], rows[0].get_absolute_url()
    while address:
        page = client.get(address).text
        seen.append(address)
        found = re.search(r'href="([^"]+)" rel="next"', page)
        back = re.search(r'href="([^"]+)" rel="prev"', page)
        assert (back[1] if back else None) == (seen[-2] if len(seen) > 1 else None)
        address = found and found[1]

    assert seen == [row.get_absolute_url() for row in rows]
    assert len(seen) == 34


def test_where_the_source_names_no_initiative_the_page_says_so(client, catalog):
    page = client.get(f"{LIST}one-mission-for-all-initiatives/").text

    assert "The source names none." in page
    assert '<a href="/pdca/vision/#asks">' in page


def test_the_list_has_them_by_component_and_element_with_those_key_to_alignment_marked(client, catalog):
    page = client.get(LIST).text

    assert re.findall(r'<h2 id="(\w+)">', page) == ["plan", "do", "check", "act"]
    assert re.findall(r'<h3 id="([a-z-]+)">', page) == list(Element.objects.values_list("slug", flat=True))
    listed = re.findall(rf'<li><a href="({LIST}[^"]+)">', page)
    assert listed == [row.get_absolute_url() for row in Opportunity.objects.all()]
    for element in Element.objects.all():
        heading = page.partition(f'<h3 id="{element.slug}">')[2].partition("</h3>")[0]
        assert ("key to alignment" in heading) is element.strategic_alignment


def test_the_guide_its_elements_and_the_search_lead_to_them(client, catalog):
    assert f'<a href="{LIST}">Integration opportunities</a>' in client.get("/pdca/").text
    page = client.get("/pdca/emergency-preparedness-response/").text
    for row in Opportunity.objects.filter(element="emergency-preparedness-response"):
        anchor = slugify(row.title)  # as links from before they had pages have it
        assert f'<h3 id="{anchor}"><a href="{row.get_absolute_url()}">{row.title}</a></h3>' in page


@pytest.mark.parametrize("change", [{"published": False}, {"retired_on": date(2026, 11, 1)}], ids=["draft", "retired"])
def test_what_is_not_published_or_no_more_is_in_no_list(client, catalog, change):
    Opportunity.objects.filter(slug="one-emergency-plan").update(**change)
    refresh()

    for path in (LIST, "/pdca/emergency-preparedness-response/", f"{LIST}risk-data-put-to-use/"):
        assert ONE not in client.get(path).text, path
    assert "one-emergency-plan" not in client.get(API).text
    assert client.get(f"{API}/one-emergency-plan").status_code == 404
    assert not Indexed.objects.filter(url=ONE).exists()
    assert client.get(ONE).status_code == (200 if "retired_on" in change else 404)
    if "retired_on" in change:
        page = client.get(ONE).text
        assert "No longer in the catalog" in page
        assert 'rel="next"' not in page


def test_an_unpublished_one_is_nobodys_on_the_site(client, catalog, as_):
    new().write({})

    assert client.get(f"{LIST}new/").status_code == 404
    assert as_(UserFactory()).get(f"{LIST}new/").status_code == 404
    assert client.get(f"{LIST}nothing-like-this/").status_code == 404


def test_a_draft_is_not_shown_until_it_is_published(client, catalog):
    row = opportunity()
    row.keep_draft(row.plain() | {"benefit": "A benefit that is drafted"})
    assert "A benefit that is drafted" not in client.get(ONE).text

    opportunity().publish()

    assert "A benefit that is drafted" in client.get(ONE).text
    assert row.history.count() == 2


def test_markup_in_a_title_is_shown_as_text(client, catalog):
    opportunity().publish({"title": "One <b>plan</b>"})

    for path in (ONE, LIST, "/pdca/emergency-preparedness-response/"):
        page = client.get(path).text
        assert "<b>plan</b>" not in page
        assert "One &lt;b&gt;plan&lt;/b&gt;" in page


def test_the_pages_cost_the_same_however_many_there_are(client, catalog):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    paths = [LIST, ONE, "/pdca/emergency-preparedness-response/", "/pdca/map/", API, f"{API}/one-emergency-plan"]
    before = [queries(path) for path in paths]
    Opportunity.objects.exclude(slug="one-emergency-plan").delete()

    assert [queries(path) for path in paths] == before
    assert max(before) <= 8


# The API.


def test_an_opportunity_as_json(client, catalog, settings):
    settings.SITE_URL = "https://headworks.example.org"
    row = opportunity()

    assert client.get(f"{API}/one-emergency-plan").json() == {
        "slug": "one-emergency-plan",
        "element": "emergency-preparedness-response",
        "order": 1,
        "title": row.title,
        "shared": row.shared,
        "benefit": row.benefit,
        "how": row.how,
        "caution": row.caution,
        "initiatives": ["iso-14001", "cmom", "partnership-safe-water"],
        "source": row.source,
        "note": "",
        "url": f"https://headworks.example.org{ONE}",
    }


def test_all_of_them_as_json_in_the_order_of_the_cycle(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(2):
        answer = client.get(API).json()

    assert answer["count"] == len(answer["items"]) == 34
    assert [item["slug"] for item in answer["items"]] == [row.slug for row in Opportunity.objects.all()]
    assert "opportunities" not in client.get("/api/v1/elements/vision").json()


@pytest.mark.parametrize("change", [{"published": False}, {"retired_on": date(2026, 11, 1)}], ids=["draft", "retired"])
def test_only_initiatives_that_readers_find_are_named(client, catalog, change):
    Initiative.objects.filter(slug="cmom").update(**change)
    refresh()

    assert client.get(f"{API}/one-emergency-plan").json()["initiatives"] == ["iso-14001", "partnership-safe-water"]
    assert all("cmom" not in item["initiatives"] for item in client.get(API).json()["items"])
    assert "/initiatives/cmom/" not in client.get(ONE).text.partition('id="initiatives"')[2]


def test_the_openapi_document_and_its_page_describe_them(client, db):
    paths = client.get("/api/v1/openapi.json").json()["paths"]

    assert {API, API + "/{slug}"} <= paths.keys()
    assert f"GET {API}" in client.get("/api/v1/docs").text
