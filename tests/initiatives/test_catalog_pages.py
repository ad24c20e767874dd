"""The catalog for anyone: Table 1 as a page, narrowed and sorted by links, and a page for each initiative."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from initiatives.models import Case, Initiative
from pdca.index import refresh
from pdca.models import Element, Opportunity

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
        ("?system=drinking_water&group=improvement-framework&area=Q", {"asset-management", "iso-9002"}),
        (
            "?chain=biosolids",
            {"epa-ems-local-government", "iso-14001", "iso-9002", "nbp-ems", "osha-vpp"},
        ),
        (
            "?chain=drinking_water&area=E&group=best-practices&today=runs",
            {"apwa-accreditation", "partnership-safe-water"},
        ),
        ("?today=unknown", {"awwa-accreditation", "epa-ems-local-government", "nbp-ems", "qualserve"}),
        ("?today=unknown&component=check", {"awwa-accreditation", "epa-ems-local-government", "nbp-ems", "qualserve"}),
    ],
)
def test_filters_narrow_the_list(client, catalog, query, expected):
    page = client.get(f"/initiatives/{query}")

    assert set(slugs(page.text)) == expected
    assert "Clear filters" in page.text


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


def test_the_ways_to_compare_are_reached_from_the_list(client, catalog):
    assert 'href="/initiatives/compare/"' in client.get("/initiatives/").text


def test_sorting_keeps_the_filter(client, catalog):
    html = client.get("/initiatives/?area=E&group=best-practices").text

    assert 'href="?area=E&amp;group=best-practices&amp;component=check"' in html


@pytest.mark.parametrize(
    "query",
    [
        "?area=X",
        "?group=nothing",
        "?component=undo",
        "?area=E'--&component=x",
        "?system=well",
        "?chain=x&today=now",
    ],
)
def test_a_value_that_is_not_offered_filters_nothing(client, catalog, query):
    page = client.get(f"/initiatives/{query}")

    assert page.status_code == 200
    assert len(slugs(page.text)) == 15


@pytest.mark.parametrize("name", ["system", "chain", "today", "group"])
def test_every_filter_splits_the_catalog_as_its_rows_say(client, catalog, name):
    column = {"system": "systems", "chain": "chains"}.get(name, name)
    rows = list(Initiative.objects.all())
    options = re.findall(rf'<select name="{name}".*?</select>', client.get("/initiatives/").text, re.DOTALL)[0]
    values = re.findall(r'value="([^"]+)"', options)

    assert len(values) > 2
    for value in values:
        fitting = {row.slug for row in rows if value in (getattr(row, column), *getattr(row, column))}
        if name == "system":
            fitting |= {row.slug for row in rows if not row.systems}  # open to every organization
        assert set(slugs(client.get(f"/initiatives/?{name}={value}").text)) == fitting, value


def test_what_was_chosen_stays_chosen(client, catalog):
    html = client.get("/initiatives/?system=wastewater&chain=biosolids&today=runs&component=do").text

    for value in ("wastewater", "biosolids", "runs", "do"):
        assert f'<option value="{value}" selected>' in html


def test_where_nothing_fits_the_page_says_so(client, catalog):
    page = client.get("/initiatives/?group=business-planning&area=S")

    assert slugs(page.text) == []
    assert "No initiatives match" in page.text


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

    assert "our judgment" in ours
    assert Initiative.objects.get(slug="cmom").group_reason in ours
    assert "our judgment" not in guides


def test_the_list_costs_the_same_however_long(client, catalog):
    with CaptureQueriesContext(connection) as for_one:
        assert len(slugs(client.get("/initiatives/?group=business-planning&area=H").text)) == 1
    with CaptureQueriesContext(connection) as for_all:
        client.get("/initiatives/?component=plan")

    assert len(for_one) == len(for_all) <= 6


def test_an_initiative_page_has_its_whole_profile_with_the_sources(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")

    html = unescape(re.sub(r"<[^>]+>|, explained|\u2060", "", client.get("/initiatives/cmom/").text))

    for field in ("participants", "value_chain", "fence_line", "plan_note", "do_note", "check_note", "act_note"):
        assert getattr(cmom, field)["text"] in html
        assert getattr(cmom, field)["source"] in html
    for field in ("drivers", "goals", "benefits", "steps", "lacks"):
        assert all(item in html for item in getattr(cmom, field)["items"])
    assert all(record["text"] in html for record in [*cmom.asks, *cmom.participation])
    assert all(work["title"] in html for work in cmom.reading)
    assert cmom.unsaid["participation"] in html
    assert cmom.today_text in html


def test_cases_and_initiatives_lead_to_one_another(client, catalog):
    assert 'href="/initiatives/cases/charleston/"' in client.get("/initiatives/cmom/").text
    assert 'href="/initiatives/cmom/"' in client.get("/initiatives/cases/charleston/").text
    assert "Utilities that integrated it" not in client.get("/initiatives/gasb-34/").text


def test_a_case_example_has_its_facts_path_and_benefits(client, catalog):
    case = Case.objects.get(slug="charleston")

    html = unescape(re.sub(r"<[^>]+>|, explained|\u2060", "", client.get("/initiatives/cases/charleston/").text))

    for text in [*case.path, *(part["text"] for part in [*case.integrated, *case.benefits])]:
        assert text in html
    assert all(fact["label"] in html and fact["value"] in html for fact in case.facts)
    assert all(cell in html for row in case.table_rows for cell in row)


# What is not, or no longer, for readers.

LISTS = [
    "/initiatives/",
    "/initiatives/compare/",
    "/initiatives/compare/who-asks/",
    "/api/v1/initiatives",
    "/initiatives/cases/",
]


@pytest.mark.parametrize("path", ["/initiatives/cmom/", "/api/v1/initiatives/cmom"])
def test_what_is_not_published_is_not_there(client, catalog, path):
    Initiative.objects.filter(slug="cmom").update(published=False)
    refresh()

    assert client.get(path).status_code == 404
    assert 'href="/initiatives/cmom/"' not in client.get("/initiatives/cases/charleston/").text


@pytest.mark.parametrize("change", [{"published": False}, {"retired_on": "2026-01-01"}], ids=["draft", "retired"])
@pytest.mark.parametrize("path", LISTS)
def test_drafts_and_retired_ones_are_in_no_list(client, catalog, path, change):
    def listed() -> list[str]:
        return re.findall(
            r"(?:/initiatives/|/initiatives/cases/|value=\"|\"slug\": ?\")(cmom|charleston)[/\"]", client.get(path).text
        )

    assert listed()
    Initiative.objects.filter(slug="cmom").update(**change)
    Case.objects.filter(slug="charleston").update(**change)
    refresh()

    assert listed() == []


@pytest.mark.parametrize("address", ["/initiatives/cmom/", "/initiatives/cases/charleston/"])
def test_what_is_retired_keeps_its_page_which_says_so(client, catalog, address):
    model, slug = (Case, "charleston") if "cases" in address else (Initiative, "cmom")
    assert "No longer in the catalog" not in client.get(address).text

    model.objects.get(slug=slug).retire(timezone.localdate())

    page = client.get(address)
    assert page.status_code == 200
    assert "No longer in the catalog" in page.text


def test_a_draft_of_changes_is_seen_by_no_reader(client, catalog):
    cmom = Initiative.objects.get(slug="cmom")
    cmom.keep_draft(cmom.plain() | {"key_feature": "Quokkas", "name": "Quokka program"})

    for path in (*LISTS, "/initiatives/cmom/", "/api/v1/initiatives/cmom", "/pdca/policy-statements/"):
        assert "Quokka" not in client.get(path).text, path


def test_an_initiative_beyond_the_fifteen_is_everywhere_at_once(client, catalog):
    new = Initiative(
        slug="quokka",
        name="Quokka program",
        short_name="Quokka",
        group="best-practices",
        key_feature="It counts quokkas.",
    )
    new.asks = [{"element": "vision", "stance": "asks", "text": "A vision with quokkas.", "source": "ours"}]
    new.publish({"plan": 2, "do": 1, "check_strength": 3, "act": 3, "areas": ["E"]})

    for path in LISTS[:4]:
        assert "quokka" in client.get(path).text, path
    assert "A vision with quokkas." in client.get("/pdca/vision/").text
    assert "It counts quokkas." in client.get("/initiatives/quokka/").text
    assert "16 initiatives" in client.get("/initiatives/").text


@pytest.mark.parametrize("slug", ["nothing", "cases-of", "CMOM"])
def test_what_does_not_exist_is_not_found(client, catalog, slug):
    assert client.get(f"/initiatives/{slug}/").status_code == 404
    assert client.get(f"/initiatives/cases/{slug}/").status_code == 404


# What is the guide's and what is not.


def test_only_what_the_guide_has_is_called_the_guides(client, catalog):
    pages = ["/initiatives/", "/initiatives/compare/", "/initiatives/cases/"]
    assert [path for path in pages if "Not from the guide" in client.get(path).text] == []
    assert "are from the guide" in client.get("/initiatives/cmom/").text

    strengths = {"plan": 1, "do": 1, "check_strength": 1, "act": 1}
    Initiative(slug="own", name="Quokka program", group="best-practices", source="ours", **strengths).publish()
    case = Case.objects.get(slug="albany")
    case.publish({"source": "ours"})

    for path in pages[:2]:
        assert "Not from the guide: Quokka program." in client.get(path).text
    assert f"Not from the guide: {case.name}." in client.get(pages[2]).text
    assert "are from the guide" not in client.get("/initiatives/own/").text


def test_counts_come_from_the_catalog(client, catalog):
    assert "15 initiatives" in client.get("/").text
    assert ">Six case examples<" in client.get("/pdca/").text

    Initiative.objects.get(slug="bid-to-goal").retire(date(2026, 11, 1))
    Case.objects.get(slug="albany").retire(date(2026, 11, 1))

    assert "15 initiatives" not in client.get("/").text
    assert client.get("/").text.count("14 initiatives") == 3
    assert ">Five case examples<" in client.get("/pdca/").text


def test_only_what_nobody_changed_is_called_the_guides(client, catalog):
    page = client.get("/initiatives/cmom/").text
    assert "Strengths and areas are from the guide." in page
    Initiative.objects.get(slug="cmom").publish({"key_feature": "Other words, which are ours anyway."})
    assert "Strengths and areas are from the guide." in client.get("/initiatives/cmom/").text

    Initiative.objects.get(slug="cmom").publish({"plan": 3})

    page = client.get("/initiatives/cmom/").text
    assert "are from the guide." not in page
    assert "no longer as in the guide" in page
    name = Initiative.objects.get(slug="cmom").name
    for address in ("/initiatives/", "/initiatives/compare/"):
        assert f"Changed since, so no longer as in the guide: {name}." in client.get(address).text
        assert "Not from the guide" not in client.get(address).text


def test_a_changed_case_and_one_of_ours_are_not_called_the_guides(client, catalog):
    Case.objects.get(slug="albany").publish({"note": "A note that an administrator added."})
    Case.objects.get(slug="sydney").publish({"source": "a visit in 2026"})

    page = client.get("/initiatives/cases/").text

    assert f"Not from the guide: {Case.objects.get(slug='sydney')}." in page
    assert f"Changed since, so no longer as in the guide: {Case.objects.get(slug='albany')}." in page


def test_questions_and_alignment_name_the_guide_only_while_they_are_as_loaded(client, catalog):
    assert "Our questions, based on the guide" in client.get("/pdca/vision/").text
    assert "§1.3.1</p>" in client.get("/pdca/").text

    changed = {"questions": ["Who?"], "strategic_alignment": True}
    Element.objects.get(slug="vision").publish(changed)
    Opportunity.objects.get(element="vision").retire("2026-11-28")

    page = client.get("/pdca/vision/").text
    assert "Our questions</p>" in page
    assert "No integration opportunity is listed for this element." in page
    assert "§1.3.1</p>" not in client.get("/pdca/").text
