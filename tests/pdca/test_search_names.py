"""Searches by name: the page that is named comes first; acronyms and synonyms lead to pages and tools."""

import pytest
from django.urls import reverse

from initiatives.models import Initiative
from pdca import loading
from pdca.index import Indexed
from pdca.search import did_you_mean, find
from recognition.models import Attribute, Category, Edition
from tests.pdca.test_search import addresses

pytestmark = pytest.mark.django_db

FIRST = {
    # Names
    "CMOM": "/initiatives/cmom/",
    "asset management": "/initiatives/asset-management/",
    "ISO 14001": "/initiatives/iso-14001/",
    "QualServe": "/initiatives/qualserve/",
    "Partnership for Safe Water": "/initiatives/partnership-safe-water/",
    "balanced scorecard": "/initiatives/balanced-scorecard/",
    "Charleston": "/initiatives/cases/charleston/",
    "Sydney": "/initiatives/cases/sydney/",
    "document control": "/pdca/document-control/",
    "training": "/pdca/training-awareness-competence/",
    "auditing": "/pdca/auditing/",
    "emergency": "/pdca/emergency-preparedness-response/",
    "communication": "/pdca/communication/",
    "policy": "/pdca/policy-statements/",
    "corrective action": "/pdca/corrective-preventive-action/",
    "management review": "/pdca/management-review/",
    "roles": "/pdca/opportunities/structure-roles-and-responsibilities/",
    "fence line": "/pdca/glossary/#fence-line",
    "initiative overload": "/pdca/integrating/",
    # Acronyms and synonyms
    "SSO": "/initiatives/cmom/",
    "PSW": "/initiatives/partnership-safe-water/",
    "AMP": "/initiatives/asset-management/",
    "VPP": "/initiatives/osha-vpp/",
    "EMS": "/initiatives/iso-14001/",
    "NTU": "/pdca/glossary/#ntu",
    "KPI": "/pdca/measuring-and-monitoring/",
    "sludge": "/initiatives/nbp-ems/",
    # Tools and pages
    "gap analysis": "/gap-analyses/",
    "compare": "/initiatives/compare/",
    "map": "/pdca/map/",
    "glossary": "/pdca/glossary/",
    "how to get started": "/pdca/getting-started/",
    "recognition": "/recognition/",
    # Criteria, and initiatives by system and group
    "EUM": "/recognition/criteria/",
    "capacity development": "/recognition/criteria/",
    "climate change": "/recognition/criteria/#climate-change",
    "financial viability": "/recognition/criteria/#financial-viability",
    "stormwater": "/initiatives/?system=stormwater",
    "best management practices": "/initiatives/?group=best-practices",
}


@pytest.mark.parametrize("typed", FIRST)
def test_what_is_named_comes_first(catalog, typed):
    for spelling in (typed, typed.lower(), typed.upper(), f'"{typed}"', typed.replace(" ", "  ")):
        assert find(spelling)[0].url == FIRST[typed], spelling


def test_the_page_shows_it_in_this_order(client, catalog):
    html = client.get(reverse("pdca:search"), {"q": "sludge"}).text

    assert addresses(html)[0] == "/initiatives/nbp-ems/"


def test_every_synonym_leads_to_a_place_and_to_one_only(catalog):
    synonyms = loading.read(loading.DATA / "synonyms.yaml")
    names = [name for spellings in synonyms.values() for name in spellings]

    assert synonyms.keys() <= set(Indexed.objects.values_list("url", flat=True))
    assert len(names) == len(set(names)) > 100
    assert [name for name in names if name != name.lower()] == []


def test_every_name_of_an_initiative_finds_it_first(catalog):
    for initiative in Initiative.objects.all():
        for name in (initiative.name, initiative.short_name):
            assert find(name)[0].url == initiative.get_absolute_url(), name


def test_a_name_with_signs_of_a_pattern_is_only_a_name(catalog):
    assert not find("%").exists()
    assert not find("_").exists()
    assert not find("\\").exists()


def test_an_opportunity_leads_to_its_own_page(client, catalog):
    place = find("structure, roles and responsibilities")[0]

    assert (place.kind, place.url) == (
        "integration opportunity",
        "/pdca/opportunities/structure-roles-and-responsibilities/",
    )
    assert find("one message")[0].url == "/pdca/opportunities/one-message/"
    assert find("integration opportunities")[0].url == "/pdca/opportunities/"
    assert "/pdca/opportunities/data-measured-once/" in [
        found.url for found in find("measuring monitoring calibration")
    ]


def test_the_old_places_of_opportunities_on_their_elements_pages_stay(client, catalog):
    assert 'id="structure-roles-and-responsibilities"' in client.get("/pdca/management-programs/").text


# Suggestions.


@pytest.mark.parametrize("typed", ["sludge", "fudge", "nudge", "xyzzy", "quokka"])
def test_a_word_that_is_only_a_little_alike_is_not_suggested(catalog, typed):
    assert did_you_mean(typed) == ""


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("sluge", "sludge"), ("quallserve", "qualserve"), ("charlston", "charleston"), ("bilosids", "biosolids")],
)
def test_a_slip_in_a_name_is_met_with_the_name(catalog, typed, meant):
    assert did_you_mean(typed) == meant


def test_what_is_suggested_finds_something(catalog):
    assert did_you_mean("Eugeen turbidty") == "eugene turbidity"
    assert did_you_mean("Eugeen turbidty GASB Sydney") == "", "each word is near a known one, but no place has all"


# Criteria.


def test_criteria_are_found_as_the_current_edition_has_them(catalog, as_, client):
    assert set(Attribute.objects.values_list("name", flat=True)) <= set(
        Indexed.objects.values_list("heading", flat=True)
    )
    assert set(Category.objects.values_list("name", flat=True)) <= set(
        Indexed.objects.values_list("heading", flat=True)
    )

    page = client.get("/recognition/criteria/").text

    assert all(f'id="{slug}"' in page for slug in Edition.objects.get().criteria.categories)
    assert all(f'id="{slug}"' in page for slug in Edition.objects.get().criteria.attributes)
