"""What the catalog's profiles and case examples say; that every place they name exists and every link resolves."""

import re
from collections import Counter
from html import unescape
from urllib.parse import urljoin, urlsplit

import pytest

from initiatives.catalog import TABLES
from initiatives.models import Case, Initiative
from pdca.entries import plain
from pdca.models import Element
from pdca.references import NAMED, slugs_in, unknown_in
from tests.initiatives.transcription import PLACES
from tests.pdca.test_content import COPY
from workflow.shapes.columns import Shaped

pytestmark = pytest.mark.django_db

AT_ALL_ELEMENTS = ["asset-management", "cmom", "iso-14001", "partnership-safe-water"]  # guide 2004, ch. 4
ENTRIES = [table.model for table in TABLES if table.has_entries]


def silent(entry) -> set[str]:
    """The fields in which an entry says nothing."""
    return {name for name, value in plain(entry).items() if value in ("", [], {}, None)} - {"unsaid"}


# Profiles.


def test_every_profile_says_everything_or_why_not(catalog):
    for initiative in Initiative.objects.all():
        not_asked = set() if initiative.group_is_judgement else {"group_reason"}
        not_asked |= set() if initiative.today_verified else {"today_source"}
        not_asked |= set() if initiative.systems else {"systems"}  # open to every organization
        assert silent(initiative) == set(initiative.unsaid) | not_asked, initiative.slug


def test_what_became_of_an_initiative_has_been_checked_or_says_that_it_was_not(catalog):
    for initiative in Initiative.objects.all():
        assert initiative.today_verified == bool(initiative.today_source), initiative.slug
        assert initiative.today_text, initiative.slug
        assert initiative.today != Initiative.Today.UNKNOWN or initiative.today_verified, initiative.slug


def test_participation_figures_carry_the_year_of_their_document(catalog):
    figures = [figure for initiative in Initiative.objects.all() for figure in initiative.participation]

    assert {figure["year"] for figure in figures} == {2002, 2004}
    for figure in figures:
        assert {2002: "phase 1 report 2002", 2004: "guide 2004"}[figure["year"]] in figure["source"]


def test_four_initiatives_ask_at_every_element_and_none_asks_twice_at_one(catalog):
    elements = list(Element.objects.values_list("slug", flat=True))
    assert len(elements) == 18
    for initiative in Initiative.objects.all():
        asked = [record["element"] for record in initiative.asks]
        assert asked, initiative.slug
        assert len(asked) == len(set(asked)), initiative.slug
        assert asked == [slug for slug in elements if slug in asked], f"{initiative.slug}: not in the elements' order"
        assert (len(asked) == 18) is (initiative.slug in AT_ALL_ELEMENTS), initiative.slug


def test_systems_and_value_chains_agree(catalog):
    for initiative in Initiative.objects.all():
        both = {"drinking_water", "wastewater", "stormwater"}
        if initiative.systems:
            assert set(initiative.systems) == set(initiative.chains) & both, initiative.slug


def test_what_is_open_to_every_organization_is_tied_to_no_system(catalog):
    tied = {"cmom", "nbp-ems", "partnership-safe-water", "qualserve", "awwa-accreditation"}
    assert set(Initiative.objects.exclude(systems=[]).values_list("slug", flat=True)) == tied


# Case examples.


def test_the_six_case_examples_are_whole(catalog):
    assert Case.objects.count() == 6
    assert set(Case.objects.values_list("approach", flat=True)) <= set(Case.Approach.values)
    for case in Case.objects.all():
        table = {"table_columns", "table_rows", "table_note"}
        assert silent(case) - {"other_initiatives", "note"} in (set(), table), case.slug
        assert {len(row) for row in case.table_rows} <= {len(case.table_columns)}, case.slug
        assert all(benefit.get("source") for benefit in case.benefits), case.slug


# All of it.


@pytest.mark.parametrize("model", ENTRIES, ids=lambda model: model.__name__)
def test_every_entry_is_as_its_form_would_have_it(catalog, model):
    for entry in model.objects.all():
        entry.full_clean()


@pytest.mark.parametrize("label", NAMED)
def test_every_slug_that_is_named_is_a_row(catalog, label):
    model = next(model for model in ENTRIES if model._meta.label == label)

    assert [(entry.slug, *wrong) for entry in model.objects.all() for wrong in unknown_in(entry)] == []
    assert any(any(slugs_in(getattr(entry, column))) for entry in model.objects.all() for column in NAMED[label])


def sources(value, name: str = ""):
    """Every source within a plain value."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from sources(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from sources(part, name)
    elif name == "source" or name.endswith("_source"):
        yield value


def wrong_places(source: str) -> list[str]:
    """Of a source, what is no place of the document it names; the whole of it, where it names none."""
    parts = re.split("(guide 2004|phase 1 report 2002)", source)
    if parts[0] not in ("", "ours, after ") or len(parts) < 3:
        return [source]
    cited = [
        (document, place.replace(" ", ""))
        for document, where in zip(parts[1::2], parts[2::2], strict=True)
        for place in re.findall(r"§[\d.]*\d|App\. [A-Z]|ch\. \d|Tables? \d|introduction", where) or [where]
    ]
    return [
        f"{document}, {place}" for document, place in cited if place.replace("Tables", "Table") not in PLACES[document]
    ]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_passage_says_where_it_stands_and_that_place_exists(catalog, table):
    cited = Counter(source for row in table.model.objects.all() for source in sources(plain(row)) if source)

    assert cited
    checked = {source for source in cited if re.fullmatch(r"checked [A-Z][a-z]+ 20\d\d", source)}
    assert [wrong for source in cited.keys() - checked for wrong in wrong_places(source)] == []
    assert not checked or table.name == "initiatives"


@pytest.mark.parametrize(
    "source",
    ["", "Wikipedia", "guide 2004", "guide 2004, §9.9", "phase 1 report 2002, App. Z", "a book; guide 2004, §1.1"],
)
def test_a_place_that_does_not_exist_would_be_noticed(source):
    assert wrong_places(source)


@pytest.mark.parametrize("model", ENTRIES, ids=lambda model: model.__name__)
def test_every_shaped_passage_has_a_source_beside_it(catalog, model):
    """A record that carries a text carries its source; a list of lines rests on that of its entry."""
    with_source = [
        field.name
        for field in model._meta.get_fields()
        if isinstance(field, Shaped) and any(key.name == "source" for key in getattr(field.shape, "keys", []))
    ]
    for entry in model.objects.all():
        assert getattr(entry, "source", ""), entry
        for name in with_source:
            assert all(record.get("source") for record in getattr(entry, name)), f"{entry.slug}: {name}"


@pytest.mark.parametrize("model", [Initiative, Case], ids=lambda model: model.__name__)
def test_a_text_has_no_blank_edges_and_no_markup(catalog, model):
    for entry in model.objects.all():
        for text in entry.said():
            assert text == text.strip(), entry
            assert not {"<", ">", "\x02", "\x03", "\t"} & set(text), entry


# Facts of the sources.


def said(slug: str, element: str) -> str:
    return Initiative.objects.get(slug=slug).asked[element]["text"]


def test_gasb_34_relates_to_the_components_as_asset_management_does(catalog):
    """Guide 2004, App. C; phase 1 report 2002, §5.2."""
    gasb = Initiative.objects.get(slug="gasb-34")

    for note in gasb.notes.values():
        assert "asset management" in note["text"]
    assert set(gasb.unsaid) == {"participation"}


def test_nobody_has_to_sign_the_statement_of_oshas_program(catalog):
    """Guide 2004, App. C: "management and labor statement of commitment"."""
    vpp = Initiative.objects.get(slug="osha-vpp")

    assert "sign" not in " ".join([said("osha-vpp", "management-commitment"), *vpp.steps["items"]]).split()


@pytest.mark.parametrize("slug", ["iso-14001", "partnership-safe-water", "cmom"])
def test_three_initiatives_want_a_signed_commitment(catalog, slug):
    """Guide 2004, §4.1.1."""
    record = Initiative.objects.get(slug=slug).asked["management-commitment"]

    assert "signed" in record["text"]
    assert "§4.1.1" in record["source"]


def test_the_first_step_of_the_partnership_names_its_place(catalog):
    assert "§4.1.1" in Initiative.objects.get(slug="partnership-safe-water").steps["source"]


# Guide 2004, §4.1.4: the criteria by which each of the four initiatives judges what it assesses.
CRITERIA = {
    "iso-14001": [
        "actual or potential",
        "beneficial or harmful",
        "magnitude",
        "frequency or likelihood",
        "duration and area",
    ]
    + ["parts of the environment", "regulated", "concerns of interested parties"],
    "asset-management": ["cost", "importance for the mission", "health and safety", "regulation", "public relations"]
    + ["how likely", "how severe"],
    "cmom": ["sensitive receptors", "how often", "how severe"],
    "partnership-safe-water": ["turbidity level", "at or below the federal standard"],
}


@pytest.mark.parametrize("slug", CRITERIA)
def test_the_criteria_of_an_assessment_are_all_named(catalog, slug):
    text = said(slug, "assessing-areas")

    assert [criterion for criterion in CRITERIA[slug] if criterion not in text] == []


def test_charlestons_table_leaves_blank_what_the_text_does_not_tell(client, catalog):
    case = Case.objects.get(slug="charleston")
    cells = [cell for row in case.table_rows for cell in row]

    assert (len(case.table_rows), len(cells), cells.count("")) == (18, 90, 46)
    assert "blank cell means that §3.4.1 does not say" in case.table_note
    table = client.get(case.get_absolute_url()).text.partition('id="table"')[2].partition("</section>")[0]
    assert table.count("<td></td>") == 46
    assert table.count("blank cell") == 1


@pytest.mark.parametrize("model", [Initiative, Case], ids=lambda model: model.__name__)
def test_nothing_speaks_of_a_copy_of_the_source(catalog, model):
    for entry in model.objects.all():
        assert not COPY.search(str(plain(entry))), entry


# Its pages.


def linked(html: str, at: str) -> set[str]:
    """The addresses on this site that a page leads to, in full."""
    found = {urljoin(at, unescape(href)) for href in re.findall(r'\shref="([^"]+)"', html)}
    return {address for address in found if address.startswith("/") and not address.startswith("/static/")}


def ids(html: str) -> list[str]:
    return re.findall(r'\sid="([^"]+)"', html)


def test_every_page_answers_and_every_link_on_it_leads_somewhere(client, catalog):
    """From the guide and the catalog on. A page with a query is asked for too; its own links are not followed."""
    waiting, pages, links = ["/pdca/", "/initiatives/"], {}, set()
    while waiting:
        path = waiting.pop()
        answer = client.get(path)
        assert answer.status_code in (200, 302), path
        is_page = answer.status_code == 200 and answer["Content-Type"].startswith("text/html")
        pages[path] = set(ids(answer.text)) if is_page else set()
        ours = is_page and path.startswith(("/pdca/", "/initiatives/")) and "?" not in path
        if is_page:
            assert len(ids(answer.text)) == len(pages[path]), f"{path}: an id twice"
        for link in linked(answer.text, path) if ours else ():
            links.add(link)
            target = link.partition("#")[0]
            if target not in pages and target not in waiting:
                waiting.append(target)

    entries = {urlsplit(entry.get_absolute_url()).path for model in ENTRIES for entry in model.objects.all()}
    assert entries <= pages.keys()
    lost = [link for link in links if "#" in link and link.partition("#")[2] not in pages[link.partition("#")[0]]]
    assert lost == []


def test_every_entry_stands_at_its_anchor(client, catalog):
    addresses = [entry.get_absolute_url() for model in ENTRIES for entry in model.objects.all()]
    anchored = [address.split("#") for address in addresses if "#" in address]
    pages = {path: ids(client.get(path).text) for path in {path for path, _ in anchored}}

    assert len(anchored) > 100
    assert [(path, anchor) for path, anchor in anchored if anchor not in pages[path]] == []


def test_links_of_the_text_lead_only_to_this_site(client, catalog):
    """An address of then may be a stranger's today: further reading is printed, not linked."""
    for path in (
        "/pdca/assessing-areas/",
        "/pdca/integrating/",
        "/initiatives/cmom/",
        "/initiatives/cases/charleston/",
    ):
        main = client.get(path).text.partition("<main")[2].partition("</main")[0]
        assert re.findall(r'href="(?:https?:)?//[^"]*"', main) == []
