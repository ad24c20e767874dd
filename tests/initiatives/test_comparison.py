"""Initiatives compared, for anyone: Table 1, some side by side, who asks for what; as page, spreadsheet, PDF."""

import html
import io
import re
from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from initiatives import comparison
from initiatives import reports as initiative_reports
from initiatives.comparison import Stance
from initiatives.models import Initiative
from pdca.models import Element, Opportunity
from reports import kinds, rendering
from reports.models import Report
from tests.pdf_ua import problems

pytestmark = pytest.mark.django_db
TABLE, WHO_ASKS = "/initiatives/compare/", "/initiatives/compare/who-asks/"
TWO = "?with=cmom&with=iso-14001"


def text(markup: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())


def rows(page: str) -> list[list[str]]:
    """The cells of the page's table, as text; what only a telephone shows is left out."""
    page = re.sub(r'<span class="(?:narrow|stacked__label|reviews__who)"[^>]*>[^<]*</span>', "", page)
    body = page[page.index("<tbody") : page.index("</tbody>")]
    return [
        [text(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    ]


def sheet(client, address: str) -> list[tuple]:
    answer = client.get(address)
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert ".xlsx" in answer["Content-Disposition"]
    return list(load_workbook(io.BytesIO(answer.content)).active.values)


def by_name() -> list[Initiative]:
    return sorted(Initiative.objects.all(), key=lambda row: row.name.lower())


def slugs(page: str) -> list[str]:
    return re.findall(r'name="with" value="([a-z0-9-]+)" id=', page)


@pytest.fixture
def new(catalog) -> Initiative:
    """One that an administrator added and has not published: as CMOM, under a name of its own."""
    cmom = Initiative.objects.get(slug="cmom")
    made = Initiative(slug="lead-rule", name="Lead Rule", short_name="Lead Rule")
    for name, value in cmom.plain().items():
        if name not in ("slug", "name", "short_name", "areas"):
            setattr(made, name, value)
    made.save()
    made.areas.set(["E"])
    return made


# --- Table 1 -----------------------------------------------------------------------------------------


def test_the_table_has_every_initiative_with_what_the_data_says(client, catalog):
    shown = rows(client.get(TABLE).text)

    assert len(shown) == 15
    for cells, row in zip(shown, by_name(), strict=True):
        areas = set(row.areas.values_list("code", flat=True))
        expected = [f"{code} yes" if code in areas else "no" for code in "ESQFH"]
        group = row.get_group_display() + (" (our judgment)" if row.group_is_judgement else "")
        strengths = [str(row.plan), str(row.do), str(row.check_strength), str(row.act)]
        assert cells == [
            f"Compare {row.short_name}",
            row.name,
            group,
            row.get_grouping_display(),
            *expected,
            *strengths,
            ", ".join(row.systems_shown),
            row.get_today_display(),
        ]


@pytest.mark.parametrize(
    ("sort", "value"),
    [
        ("group", lambda row: list(Initiative.Group.values).index(row.group)),
        ("grouping", lambda row: list(Initiative.Grouping.values).index(row.grouping)),
        ("area-F", lambda row: "F" not in set(row.areas.values_list("code", flat=True))),
        ("plan", lambda row: row.plan),
        ("check", lambda row: row.check_strength),
        ("systems", lambda row: -(len(row.systems) or 4)),
        ("today", lambda row: list(Initiative.Today.values).index(row.today)),
    ],
)
def test_each_column_sorts_both_ways_and_equals_stay_by_name(client, catalog, sort, value):
    up, down = client.get(f"{TABLE}?sort={sort}").text, client.get(f"{TABLE}?sort=-{sort}").text

    for page, direction, reverse in ((up, "ascending", False), (down, "descending", True)):
        listed = [Initiative.objects.get(slug=slug) for slug in slugs(page)]
        values = [value(row) for row in listed]
        assert len(listed) == 15
        assert values == sorted(values, reverse=reverse)
        assert re.findall(r'aria-sort="(\w+)"', page) == [direction]


def test_every_column_but_the_ticks_has_a_link_that_sorts(client, catalog):
    page = client.get(TABLE).text

    linked = re.findall(r'class="sort" href="\?sort=(-?[\w-]+)"', page)
    areas = [f"area-{code}" for code in "ESQFH"]
    assert linked == [
        *["-name", "group", "grouping"], *areas, *["plan", "do", "check", "act"], *["systems", "today"]
    ]  # fmt: skip


@pytest.mark.parametrize("sort", ["undo", "--plan", "area-X"])
def test_a_column_that_is_not_there_sorts_by_name(client, catalog, sort):
    page = client.get(f"{TABLE}?sort={sort}")

    assert page.status_code == 200
    assert slugs(page.text) == [row.slug for row in by_name()]


def test_its_spreadsheet_has_the_cells_of_the_page(client, catalog):
    page = rows(client.get(f"{TABLE}?sort=-act").text)
    head, *body = sheet(client, f"{TABLE}?sort=-act&export=xlsx")

    assert (head[0], head[-1]) == ("Initiative", "Status today")
    assert len(body) == 15
    for cells, values in zip(page, body, strict=True):
        assert [cell.split()[-1] if 2 < n < 8 else cell for n, cell in enumerate(cells[1:])] == [
            str(value) for value in values
        ]
    assert all(isinstance(value, int) for row in body for value in row[8:12])


def test_a_new_one_appears_when_it_is_published_and_a_retired_one_no_more(client, new):
    addresses = [TABLE, WHO_ASKS]
    assert all("Lead Rule" not in client.get(address).text for address in addresses)
    new.publish()
    assert all("Lead Rule" in client.get(address).text for address in addresses)
    assert "Lead Rule" in client.get(f"{TABLE}?with=lead-rule&with=cmom").text
    new.retire(date(2026, 11, 1))
    assert all("Lead Rule" not in client.get(address).text for address in addresses)
    page = client.get(f"{TABLE}?with=lead-rule&with=cmom").text
    assert "no initiative named “lead-rule”" in page
    assert "Select 2 to" in page


# --- Side by side --------------------------------------------------------------------------------------


def test_two_stand_side_by_side_with_everything_the_data_says_and_its_source(client, catalog):
    page = text(client.get(f"{TABLE}{TWO}").text)

    for row in Initiative.objects.filter(slug__in=["cmom", "iso-14001"]):
        said = [row.name, row.kind, row.profile_source, row.source, row.today_text, row.today_source, *row.sponsors]
        said += [part for note in row.notes.values() for part in (note["text"], note["source"])]
        for field in ("drivers", "goals", "benefits", "steps", "lacks"):
            said += [*getattr(row, field)["items"], getattr(row, field)["source"]]
        said += [row.participants["text"], *row.systems_shown, *(area.name for area in row.areas.all())]
        for words in said:
            assert " ".join(words.split()) in page, words


def test_where_the_sources_say_nothing_the_reason_stands(client, catalog):
    page = text(client.get(f"{TABLE}?with=baldrige&with=balanced-scorecard").text)

    assert Initiative.objects.get(slug="baldrige").unsaid["act_note"] in page
    assert Initiative.objects.get(slug="balanced-scorecard").unsaid["sponsors"] in page


def test_they_stand_in_the_order_ticked_each_once(client, catalog):
    page = client.get(f"{TABLE}?with=qualserve&with=cmom&with=qualserve&with=gasb-34").text

    assert "QualServe, CMOM and GASB-34" in text(page)


def test_the_spreadsheet_has_the_cells_of_the_page_and_their_sources(client, catalog):
    page = rows(client.get(f"{TABLE}{TWO}").text)
    head, *body = sheet(client, f"{TABLE}{TWO}&export=xlsx")

    assert head == ("Aspect", "CMOM", "CMOM: source", "ISO 14001", "ISO 14001: source")
    for cells, values in zip(page, body, strict=True):
        name, *pairs = [value or "" for value in values]
        assert cells[0].endswith(name)
        for cell, said, source in zip(cells[1:], pairs[::2], pairs[1::2], strict=True):
            assert cell.startswith(" ".join(said.split()))
            assert cell.endswith(source)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?with=cmom", "Select 2 to"),
        ("?with=cmom&with=cmom", "Select 2 to"),
        ("?with=nothing&with=cmom", "no initiative named “nothing”"),
        ("?with=cmom&with=<b>x</b>", "“&lt;b&gt;x&lt;/b&gt;”"),
        ("?with=cmom&with=gasb-34&with=qualserve&with=osha-vpp&with=nbp-ems", "You selected 5. Select at most 4"),
    ],
)
def test_what_cannot_be_compared_is_answered_kindly_and_the_ticks_stay(client, catalog, query, message):
    page = client.get(f"{TABLE}{query}")

    assert page.status_code == 200
    assert message in page.text
    assert len(rows(page.text)) == 15
    assert 'id="with-cmom" checked' in page.text


def test_one_wrong_among_three_still_shows_the_two(client, catalog):
    page = client.get(f"{TABLE}{TWO}&with=nothing").text

    assert "no initiative named “nothing”" in page
    assert "CMOM and ISO 14001" in text(page)


# --- Who asks for what -----------------------------------------------------------------------------------


def test_the_usual_four_and_all_elements_are_there_with_every_text(client, catalog):
    page = client.get(WHO_ASKS).text
    shown, usual = rows(page), [Initiative.objects.get(slug=slug) for slug in comparison.USUAL]

    assert [one.short_name for one in usual] == ["ISO 14001", "Asset Management", "CMOM", "Safe Water"]
    assert len(shown) == 18
    for cells, element in zip(shown, Element.objects.all(), strict=True):
        assert element.name in cells[0]
        for cell, one in zip(cells[1:-1], usual, strict=True):
            record = one.asked[element.slug]
            assert " ".join(record["text"].split()) in cell
            assert record["source"] in cell


def test_three_marks_tell_asking_from_nothing_and_from_silence(client, catalog):
    page = client.get(f"{WHO_ASKS}?with=cmom&with=gasb-34&with=qualserve").text
    vision = next(cells for cells in rows(page) if "Vision" in cells[0])

    assert vision[1].startswith("Not required : CMOM, Vision It requires no mission statement.")
    assert vision[2] == "Not stated"
    assert vision[3].startswith("Not required : QualServe, Vision Its baseline can help")
    marks = set(re.findall(r'class="stance stance--(\w+)">([\w ]+)<', page))
    assert marks == {("asks", "Required"), ("nothing", "Not required"), ("silent", "Not stated")}


def test_a_mark_is_the_choice_in_the_data_and_not_a_phrase_in_its_text(catalog):
    cmom, vision = Initiative.objects.get(slug="cmom"), Element.objects.get(slug="vision")
    texts = [record["text"] for one in Initiative.objects.all() for record in one.asks]

    cmom.asks = [{"element": "vision", "stance": "nothing", "text": "A sentence.", "source": "us"}]
    assert comparison.ask(cmom, vision).stance == Stance.NOTHING
    cmom.asks = [{"element": "vision", "stance": "asks", "text": "Asks nothing here. Or so it seems.", "source": "us"}]
    assert comparison.ask(cmom, vision).stance == Stance.ASKS
    cmom.asks = []
    assert comparison.ask(cmom, vision).stance == Stance.SILENT
    assert not [text for text in texts if text.startswith(("Asks nothing", "Asks for none"))]


def test_the_pages_say_where_nothing_is_required(client, catalog):
    for address in ("/initiatives/cmom/", "/pdca/vision/"):
        assert '<span class="tag">Not required</span> It ' in client.get(address).text


def test_rows_from_before_get_the_choice_from_their_text():
    migration = import_module("initiatives.migrations.0004_asks_stance")
    old = [
        "Asks nothing here. No policy.",
        "Asks for none; it was not designed for it.",
        "Asks for none itself. Eugene.",
    ]
    records = [{"text": said} for said in [*old, "Asks for none", "Write a vision."]]

    migration.with_stance(records)

    assert [(record["stance"], record["text"]) for record in records] == [
        ("nothing", "No policy."),
        ("nothing", "It was not designed for it."),
        ("nothing", "Eugene."),
        ("asks", "Asks for none"),
        ("asks", "Write a vision."),
    ]


def test_one_procedure_can_serve_those_that_ask_and_the_opportunity_is_linked(client, catalog):
    chosen = [Initiative.objects.get(slug=slug) for slug in ("cmom", "partnership-safe-water", "gasb-34")]
    table = {row.element.slug: row for row in comparison.who_asks(chosen, Element.objects.all())}

    assert table["vision"].sharing == []
    assert table["vision"].opportunities == []
    assert table["auditing"].sharing == []  # CMOM alone asks for audits
    assert table["reporting"].sharing == chosen
    assert table["measuring-and-monitoring"].sharing == chosen[:2]  # the sources are silent on the third
    page = client.get(f"{WHO_ASKS}?with=cmom&with=partnership-safe-water&with=gasb-34").text
    assert len(table["reporting"].opportunities) == 2
    for opportunity in table["reporting"].opportunities:
        assert f'<a href="/pdca/opportunities/{opportunity.slug}/">{opportunity.title}</a>' in page


def test_an_element_without_an_opportunity_is_not_shared(catalog):
    element = Element.objects.get(slug="reporting")
    Opportunity.objects.filter(element=element).update(published=False)
    chosen = list(Initiative.objects.filter(slug__in=["cmom", "iso-14001"]))

    [row] = comparison.who_asks(chosen, [element])

    assert [one.stance for one in row.asks] == [Stance.ASKS, Stance.ASKS]
    assert row.sharing == []


def test_its_spreadsheet_has_the_texts_and_who_can_share(client, catalog):
    page = rows(client.get(f"{WHO_ASKS}{TWO}").text)
    head, *body = sheet(client, f"{WHO_ASKS}{TWO}&export=xlsx")

    assert head[2:6] == ("CMOM", "CMOM: source", "ISO 14001", "ISO 14001: source")
    assert len(body) == 18
    for cells, values in zip(page, body, strict=True):
        component, name, *pairs, sharing, shared = [value or "" for value in values]
        assert component[0] == cells[0][0]
        assert name in cells[0]
        for cell, said, source in zip(cells[1:3], pairs[::2], pairs[1::2], strict=True):
            mark, _, words = said.partition(": ")
            assert cell.startswith(mark)
            assert " ".join(words.split()) in cell
            assert source in cell
        assert cells[3].startswith("All of them" if sharing else "Fewer than two")
        assert all(line in cells[3] for line in shared.splitlines())


@pytest.mark.parametrize("query", ["?with=cmom", "?with=nothing&with=cmom", "?with="])
def test_too_few_show_the_usual_four_and_say_so(client, catalog, query):
    page = client.get(f"{WHO_ASKS}{query}").text

    assert "Select 2 to 6" in page
    assert len(rows(page)[0]) == 6


def test_six_fit_and_seven_do_not(client, catalog):
    seven = [f"with={slug}" for slug in Initiative.objects.values_list("slug", flat=True)[:7]]

    assert len(rows(client.get(f"{WHO_ASKS}?{'&'.join(seven[:6])}").text)[0]) == 8
    assert "You selected 7. Select at most 6" in client.get(f"{WHO_ASKS}?{'&'.join(seven)}").text


# --- How they are served -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [TABLE, f"{TABLE}{TWO}", WHO_ASKS, f"{WHO_ASKS}{TWO}&export=xlsx"])
def test_a_page_costs_at_most_six_queries_and_is_sent_once(client, catalog, address):
    with CaptureQueriesContext(connection) as cold:
        first = client.get(address)
    assert len(cold) <= 6
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    Initiative.objects.get(slug="cmom").publish({"short_name": "C.M.O.M."})
    changed = client.get(address, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200


def test_the_table_costs_the_same_with_more_rows(client, new):
    with CaptureQueriesContext(connection) as before:
        client.get(TABLE)
    new.publish()
    with CaptureQueriesContext(connection) as after:
        client.get(TABLE)
    assert len(before) == len(after)


@pytest.mark.parametrize("address", [TABLE, WHO_ASKS])
def test_they_are_only_read(client, catalog, address):
    assert client.post(address).status_code == 405


@pytest.mark.parametrize("address", [TABLE, WHO_ASKS])
def test_pages_before_anything_is_loaded(client, no_catalog, address):
    assert client.get(address).status_code == 200


# --- The PDF -------------------------------------------------------------------------------------------------


def kind() -> kinds.Kind:
    return kinds.get("initiative-comparison")


def test_the_number_of_a_choice_leads_back_to_it_in_its_order(catalog, viewer):
    chosen = [Initiative.objects.get(slug=slug) for slug in ("qualserve", "cmom", "iso-14001")]
    number = initiative_reports.number_of(chosen)

    assert number is not None
    assert kind().find(viewer, number).initiatives == chosen
    assert kind().find(viewer, 0).initiatives == list(Initiative.objects.readable())
    assert kind().title(kind().find(viewer, number)) == "Initiatives compared: QualServe, CMOM, ISO 14001"


def test_six_keys_fit_into_the_column(catalog):
    largest = [Initiative(pk=1023) for _ in range(6)]

    assert initiative_reports.number_of(largest) == 2**60 - 1
    assert initiative_reports.number_of([Initiative(pk=1024), Initiative(pk=1)]) is None
    assert initiative_reports.number_of([Initiative(pk=n) for n in range(1, 8)]) is None


def test_a_number_that_no_choice_has_finds_nothing(catalog, viewer):
    pk = Initiative.objects.get(slug="cmom").pk

    for number in (pk, pk << 10 | pk, 1023 << 10 | pk, 2**63 - 1):
        assert kind().find(viewer, number) is None


def test_what_was_not_published_is_in_no_pdf(new, viewer):
    number = initiative_reports.number_of([new, Initiative.objects.get(slug="cmom")])
    assert kind().find(viewer, number) is None
    new.publish()
    assert kind().find(viewer, number) is not None


def test_who_is_signed_in_asks_for_it_others_are_asked_to_sign_in(client, catalog, viewer, as_):
    offered = "Sign in for PDF"
    for address in (TABLE, f"{TABLE}{TWO}", WHO_ASKS):
        assert offered in client.get(address).text
        page = as_(viewer).get(address).text
        assert offered not in page
        action = re.search(r'action="(/reports/request/initiative-comparison/\d+/)"', page)
        assert client.post(action[1]).status_code == 302
        assert not Report.objects.exists()
        as_(viewer).post(action[1])
        assert Report.objects.get().requested_by == viewer
        Report.objects.all().delete()


def made(subject, path):
    path.write_bytes(rendering.pdf(rendering.pages(kind().template, kind().context(subject))))
    return path


def test_the_whole_catalog_as_an_accessible_pdf(catalog, viewer, tmp_path):
    assert problems(made(kind().find(viewer, 0), tmp_path / "whole.pdf")) == []


def test_a_choice_as_an_accessible_pdf(catalog, viewer, tmp_path):
    chosen = list(Initiative.objects.filter(slug__in=["cmom", "iso-14001", "gasb-34", "qualserve"]))
    number = initiative_reports.number_of(chosen)
    assert problems(made(kind().find(viewer, number), tmp_path / "choice.pdf")) == []


def test_the_pdf_says_what_the_page_says(catalog, viewer):
    subject = kind().find(viewer, 0)
    shown = text(render_to_string(kind().template, kind().context(subject)))
    for one in Initiative.objects.all():
        assert one.name in shown
        for record in one.asks:
            assert " ".join(record["text"].split()) in shown
    for element in Element.objects.all():
        assert f"{element.component.name}: {element.name}" in shown
