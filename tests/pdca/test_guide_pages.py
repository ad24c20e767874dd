"""The guide to the cycle, for anyone."""

import re
from html import escape, unescape

import pytest
from django.db import connection
from django.db.models import Q
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.text import slugify

from initiatives.models import Case, Initiative
from pdca.index import refresh
from pdca.models import Area, Element, Flow, Opportunity, SourceTable, Topic

pytestmark = pytest.mark.django_db


def test_the_guide_shows_components_elements_and_areas_without_an_account(client, catalog):
    page = client.get(reverse("pdca:guide"))

    assert page.status_code == 200
    for element in Element.objects.all():
        assert f'href="/pdca/{element.slug}/"' in page.text
        assert escape(element.purpose) in page.text
    assert page.text.count("Initiatives that support") == 4
    assert "Human resources and skills" in page.text


def test_six_elements_carry_the_alignment_mark(client, catalog):
    page = client.get(reverse("pdca:guide"))

    # One more where the mark is explained.
    assert page.text.count('<span class="key">key to alignment</span>') == 6 + 1


def test_the_guide_is_readable_before_anything_is_loaded(client, no_catalog):
    assert "has not been loaded" in client.get(reverse("pdca:guide")).text


def test_an_element_says_what_it_is_for_and_where_it_belongs(client, catalog):
    page = client.get("/pdca/management-review/")

    element = Element.objects.get(slug="management-review")
    assert element.purpose in page.text
    assert "element 15 of 18" in page.text
    assert element.source in page.text
    assert 'href="/initiatives/?component=check"' in page.text
    assert 'href="/pdca/#check"' in page.text
    assert '<a href="/pdca/management-review/" aria-current="page">' in page.text
    assert '<a href="/pdca/auditing/">' in page.text


@pytest.mark.parametrize(("slug", "marked"), [("policy-statements", True), ("vision", False)])
def test_an_element_explains_its_alignment_mark(client, catalog, slug, marked):
    page = client.get(f"/pdca/{slug}/")

    said = text_of(page.text)
    assert ("One of the six" in said) is marked
    assert ("not one of the six" in said.lower()) is not marked
    assert ('<span class="key">key to alignment</span>' in page.text) is marked


@pytest.mark.parametrize(
    ("slug", "previous", "following"),
    [
        ("management-commitment", None, "vision"),
        ("training-awareness-competence", "management-programs", "communication"),
        ("change-management", "corrective-preventive-action", None),
    ],
)
def test_elements_lead_to_their_neighbors(client, catalog, slug, previous, following):
    page = client.get(f"/pdca/{slug}/")

    assert _linked(page.text, "prev") == previous
    assert _linked(page.text, "next") == following


def _linked(html: str, rel: str) -> str | None:
    before, found, _ = html.partition(f'" rel="{rel}">')
    return before.rpartition("/pdca/")[2].strip("/") if found else None


def test_the_guide_costs_the_same_however_much_it_lists(client, catalog):
    def queries(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        return len(captured)

    before = queries("/pdca/"), queries("/pdca/change-management/")
    SourceTable.objects.all().delete()
    Flow.objects.all().delete()
    Opportunity.objects.exclude(element="change-management").delete()
    Element.objects.filter(order__lt=16).delete()
    assert (queries("/pdca/"), queries("/pdca/change-management/")) == before


def text_of(html: str) -> str:
    """What a reader gets to read, without the marks of explained terms."""
    return unescape(re.sub(r"<[^>]+>|, explained|\u2060", "", html))


def test_an_element_page_has_all_that_the_guide_says_there(client, catalog):
    element = Element.objects.get(slug="objectives-and-targets")

    html = text_of(client.get("/pdca/objectives-and-targets/").text)

    assert element.alignment["text"] in html
    for opportunity in element.opportunities.all():
        assert all(text in html for text in (opportunity.title, opportunity.shared, opportunity.benefit))
        assert all(text in html for text in (opportunity.caution, opportunity.source, *opportunity.how))
    assert all(text in html for text in [*element.questions, *element.outline, *(e["text"] for e in element.examples)])
    assert all(f"{clause['clause']} {clause['title']}" in html for clause in element.clauses)
    for table in SourceTable.objects.filter(element=element):
        assert table.title in html
        assert all(line in html for row in table.rows for cell in row for line in cell.splitlines())


def test_an_element_page_says_what_every_initiative_asks_there(client, catalog):
    html = client.get("/pdca/auditing/").text
    asking = {initiative.slug for initiative in Initiative.objects.all() if "auditing" in initiative.asked}

    named = re.findall(r'<dt><a href="/initiatives/([a-z0-9-]+)/">', html)
    assert set(named) == asking
    assert len(named) == len(asking) > 4


@pytest.mark.parametrize(("slug", "field"), [("vision", "clauses"), ("change-management", "examples")])
def test_where_the_sources_say_nothing_the_page_says_why(client, catalog, slug, field):
    assert Element.objects.get(slug=slug).unsaid[field] in text_of(client.get(f"/pdca/{slug}/").text)


def test_topics_stand_under_their_kind_and_document(client, catalog):
    html = client.get("/pdca/integrating/").text

    kinds = [kind for kind in Topic.Kind.values if kind != Topic.Kind.START]
    assert re.findall(r'<h2 id="([^"]+)">', html) == kinds
    for topic in Topic.objects.filter(kind__in=kinds):
        part = html.partition(f'<h2 id="{topic.kind}">')[2].partition("<h2")[0]
        assert f'<li id="{topic.slug}">' in part
        assert all(point in text_of(part) for point in topic.points)


@pytest.mark.parametrize("change", [{"published": False}, {"retired_on": "2026-01-01"}], ids=["draft", "retired"])
def test_drafts_and_retired_parts_are_not_shown(client, catalog, change):
    topic, table = (
        Topic.objects.get(slug="benefit-2004-teamwork"),
        SourceTable.objects.get(slug="table-4-ems-objectives"),
    )
    seen = {"/pdca/integrating/": topic.slug, "/pdca/objectives-and-targets/": table.slug}
    assert all(f'id="{slug}"' in client.get(path).text for path, slug in seen.items())

    Topic.objects.filter(pk=topic.pk).update(**change)
    SourceTable.objects.filter(pk=table.pk).update(**change)
    refresh()

    assert all(f'id="{slug}"' not in client.get(path).text for path, slug in seen.items())


def test_a_draft_of_changes_is_seen_by_no_reader(client, catalog):
    vision = Element.objects.get(slug="vision")
    vision.keep_draft(vision.plain() | {"purpose": "Quokkas", "name": "Quokka"})

    for path in ("/pdca/", "/pdca/vision/", "/api/v1/elements", "/api/v1/elements/vision"):
        assert "Quokka" not in client.get(path).text, path


@pytest.mark.parametrize("path", ["/pdca/nothing/", "/pdca/VISION/", "/pdca/integrating/more/"])
def test_what_does_not_exist_is_not_found(client, catalog, path):
    assert client.get(path).status_code == 404


def test_every_page_for_readers_is_reached_from_the_guide(client, catalog):
    html = client.get("/pdca/").text

    for name in (
        "pdca:start",
        "pdca:topics",
        "pdca:glossary",
        "pdca:search",
        "pdca:map",
        "initiatives:cases",
        "initiatives:list",
    ):
        assert reverse(name) in html.partition("<main")[2].partition("</main")[0], name


def test_getting_started_is_by_what_exists_by_size_and_by_systems_and_leads_on(client, catalog):
    html = client.get("/pdca/getting-started/").text
    parts = ["what-you-have-today", "the-size-of-your-utility", "the-systems-you-run", "first-steps-for-every-utility"]

    assert re.findall(r'<h2 id="([^"]+)">', html) == [*parts, "tools"]
    for topic in Topic.objects.filter(kind="start"):
        part = html.partition(f'<h2 id="{slugify(topic.group)}">')[2].partition("<h2")[0]
        assert f'<li id="{topic.slug}">' in part
        assert all(point in text_of(part) for point in topic.points)
        assert all(f'href="/initiatives/{slug}/"' in part for slug in topic.initiatives)
    main = html.partition("<main")[2].partition("</main")[0]
    for path in ("/gap-analyses/", "/initiatives/compare/", "/initiatives/cases/", "/pdca/map/", "/pdca/integrating/"):
        assert f'href="{path}"' in main
    for system in ("wastewater", "drinking_water", "stormwater"):
        assert f'href="/initiatives/?system={system}"' in main


def test_getting_started_is_reached_from_the_first_page(client, as_, viewer, catalog):
    for browser in (client, as_(viewer)):
        assert 'href="/pdca/getting-started/"' in browser.get("/").text.partition("<main")[2]


def test_counts_come_from_the_catalog(client, catalog):
    """An edition of the catalog with other numbers of areas, elements that are key, and cases would say so."""
    Element.objects.filter(slug="vision").update(strategic_alignment=True)
    Flow.objects.filter(Q(start="auditing") | Q(end="auditing")).delete()
    Opportunity.objects.filter(element="auditing").delete()
    Element.objects.filter(slug="auditing").delete()
    Area.objects.filter(code="H").delete()

    guide, vision, home = (client.get(path).text for path in ("/pdca/", "/pdca/vision/", "/"))

    assert "four components made up of 17 elements" in guide
    assert "The four management areas" in guide
    assert "For seven elements" in guide
    assert "of 17" in vision
    assert "Rate 17 elements" in home


def test_the_title_of_the_case_examples_counts_them(client, catalog):
    Case.objects.get(slug="sydney").retire("2026-11-22")

    assert "<h1>Five utilities that integrated initiatives</h1>" in client.get("/initiatives/cases/").text
