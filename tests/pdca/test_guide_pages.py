"""The guide to the cycle, for anyone."""

import pytest
from django.urls import reverse

from pdca.models import Element

pytestmark = pytest.mark.django_db


def test_the_guide_shows_components_elements_and_areas_without_an_account(client, catalog):
    page = client.get(reverse("pdca:guide"))

    assert page.status_code == 200
    for element in Element.objects.all():
        assert f'href="/pdca/{element.slug}/"' in page.text
        assert element.purpose in page.text
    assert page.text.count("Initiatives that support") == 4
    assert "Human resources and skills" in page.text


def test_six_elements_carry_the_alignment_mark(client, catalog):
    page = client.get(reverse("pdca:guide"))

    # One more where the mark is explained.
    assert page.text.count('<span class="key">key to alignment</span>') == 6 + 1


def test_the_guide_is_readable_before_anything_is_loaded(client, db):
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

    assert ("one of the six" in page.text) is marked
    assert ("not one of the" in page.text) is not marked


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


def test_the_guide_costs_the_same_however_much_it_lists(client, catalog, django_assert_num_queries):
    with django_assert_num_queries(3):
        client.get("/pdca/")
    Element.objects.filter(order__gt=2).delete()
    with django_assert_num_queries(3):
        client.get("/pdca/")


def test_an_element_page_costs_four_queries_however_many_siblings(client, catalog, django_assert_num_queries):
    for slug in ("vision", "change-management"):
        with django_assert_num_queries(4):
            client.get(f"/pdca/{slug}/")
