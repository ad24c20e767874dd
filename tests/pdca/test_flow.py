"""The map of the cycle, for anyone: every element, every arrow with its place in the guide, the ways to begin."""

import html
import re
from datetime import date
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from initiatives.models import Initiative
from pdca.flow import ALSO, flow_map, way
from pdca.models import Element, Flow, Opportunity, Topic
from tests.keeping import make_administrator, save

pytestmark = pytest.mark.django_db
MAP = "/pdca/map/"
ALIGNMENT = {
    "policy-statements",
    "assessing-areas",
    "objectives-and-targets",
    "management-programs",
    "measuring-and-monitoring",
    "management-review",
}


def drawn(page: str) -> str:
    return page[page.index('class="flow__map"') : page.index("</svg>")]


def elements() -> list[Element]:
    return list(Element.objects.select_related("component"))


def drawing(those: list[Element] | None = None):
    return flow_map(those or elements(), Flow.objects.all(), {"vision": 1, "auditing": 2})


def test_the_map_has_a_link_to_each_element_in_the_order_of_table_2(client, catalog):
    svg = drawn(client.get(MAP).text)

    assert re.findall(r'<a id="[a-z-]+" href="/pdca/([a-z-]+)/"', svg) == [
        element.slug for element in Element.objects.all()
    ]
    names = [html.unescape(name) for name in re.findall(r'<a id="[^"]+" href="[^"]+" aria-label="([^"]+)"', svg)]
    assert len(names) == 18
    for name, element in zip(names, Element.objects.all(), strict=True):
        assert name.startswith(f"{element.order} {element.name}")
        assert name.endswith(", key to alignment") is (element.slug in ALIGNMENT)
    assert re.findall(r'role="list" aria-label="(\w+)"', svg) == ["Plan", "Do", "Check", "Act"]


def test_a_number_leads_to_the_opportunities_of_its_element(client, catalog):
    svg = drawn(client.get(MAP).text)

    found = re.findall(r'<a href="/pdca/([a-z-]+)/#opportunities" aria-label="[^"]+: (\d) integration', svg)
    assert found == [(slug, str(len(own))) for slug, own in Opportunity.by_element().items()]
    assert sum(int(number) for _, number in found) == 34
    assert 'id="opportunities"' in client.get("/pdca/vision/").text


def test_an_element_without_opportunities_has_no_number(client, catalog):
    Opportunity.objects.get(element="vision").retire(date(2026, 11, 1))

    page = client.get(MAP).text

    assert "/pdca/vision/#opportunities" not in page
    assert 'href="/pdca/vision/"' in page
    assert [node.opportunities for stage in drawing().stages for node in stage.nodes][:3] == [0, 1, 0]


def test_the_six_are_marked_by_shape_and_by_words(catalog):
    for stage in drawing().stages:
        for node in stage.nodes:
            *_, point = re.findall(r"L(\d+) ", node.outline)
            pointed = point != re.match(r"M(\d+) ", node.outline)[1]
            assert pointed is (node.element.slug in ALIGNMENT)
            assert node.element.strategic_alignment is pointed


def test_the_same_stands_below_in_words_with_the_place_of_each_arrow(client, catalog):
    page = client.get(MAP).text
    words = page[page.index('id="leads"') : page.index('id="ways"')]
    names = dict(Element.objects.values_list("slug", "name"))

    assert re.findall(r'<a href="/pdca/([a-z-]+)/"><b>', words) == list(names)
    assert words.count(">leads ") == Flow.objects.count()
    for flow in Flow.objects.all():
        assert f"to <b>{names[flow.end_id]}</b>: {flow.text}" in html.unescape(words)
        assert f'<span class="source">{flow.source}</span>' in words


def test_each_arrow_joins_two_known_elements_once_and_names_a_place_in_a_source(catalog):
    known = set(Element.objects.values_list("slug", flat=True))
    pairs = [(flow.start_id, flow.end_id) for flow in Flow.objects.all()]

    assert len(set(pairs)) == len(pairs)
    for flow in Flow.objects.all():
        assert {flow.start_id, flow.end_id} <= known
        assert flow.start_id != flow.end_id
        section = r"§[14]\.\d(\.\d)?"
        assert re.fullmatch(rf"guide 2004, {section}(; {section})?|phase 1 report 2002, App\. C", flow.source)


def test_the_arrows_join_all_elements_and_lead_round(catalog):
    leads: dict[str, set[str]] = {}
    for flow in Flow.objects.all():
        leads.setdefault(flow.start_id, set()).add(flow.end_id)
    known = set(Element.objects.values_list("slug", flat=True))
    reached, waiting = set(), ["management-commitment"]
    while waiting:
        at = waiting.pop()
        if at not in reached:
            reached.add(at)
            waiting += leads.get(at, ())

    assert known - reached == {"legal-and-other-requirements"}  # what the law asks comes from outside
    assert set(leads) == known  # none is a dead end
    assert "objectives-and-targets" in leads["management-review"] & leads["change-management"]


def test_arrows_onward_and_back_run_on_their_own_sides(catalog):
    order = {element.slug: element.order for element in elements()}
    for stage in drawing().stages:
        for node in stage.nodes:
            for arrow in node.arrows:
                assert arrow.back is (order[arrow.flow.end_id] < order[arrow.flow.start_id])
                across = [float(x) for x in re.findall(r"[MC ](-?[\d.]+) [\d.]+", arrow.path)]
                left, right = 74, 302
                assert max(across) < left if arrow.back else min(across) > right


def test_nodes_follow_one_another_within_their_stages(catalog):
    whole = drawing()

    nodes = [node for stage in whole.stages for node in stage.nodes]
    assert all(one.top + one.height < other.top for one, other in pairwise(nodes))
    for stage in whole.stages:
        assert stage.top < stage.nodes[0].top
        assert stage.nodes[-1].top + stage.nodes[-1].height < stage.top + stage.height <= whole.height


def test_a_retired_element_leaves_the_map_with_its_arrows(client, catalog):
    Element.objects.get(slug="vision").retire(date(2026, 11, 1))

    page = client.get(MAP).text

    assert "/pdca/vision/" not in page
    gone = [flow for flow in Flow.objects.all() if "vision" in (flow.start_id, flow.end_id)]
    assert page.count(">leads ") == Flow.objects.count() - len(gone)


def test_a_name_of_many_words_makes_its_node_taller(catalog):
    short, long = elements()[:2], elements()[:2]
    long[0].name = "Management commitment of everybody who has a say in it, in writing"

    one, other = (drawing(those).stages[0].nodes[0] for those in (short, long))

    assert len(other.lines) > len(one.lines)
    assert other.height > one.height


def test_markup_in_a_name_is_shown_as_text(client, catalog):
    Element.objects.get(slug="vision").publish({"name": "Vision <b>&</b>"})

    page = client.get(MAP).text

    assert "<b>&</b>" not in page
    assert "Vision &lt;b&gt;&amp;&lt;/b&gt;" in page


def test_nothing_of_it_is_inline(client, catalog):
    page = client.get(MAP).text

    assert not re.search(r'\sstyle="|<style|\son\w+="', page)
    assert "Based on the text of guide 2004" in page


# --- Ways to begin -------------------------------------------------------------------------------------


def test_each_way_to_begin_is_drawn_with_every_initiative_it_names(client, catalog):
    page = client.get(MAP).text
    ways = page[page.index('class="ways"') :]

    topics = Topic.objects.filter(kind="approach")
    assert len(topics) == 3
    for topic in topics:
        picture = ways[ways.index(f"<h3>{topic.title}</h3>") :].partition("</li>\n        ")[0]
        assert set(re.findall(r'<a href="/initiatives/([a-z0-9-]+)/"', picture)) >= set(topic.initiatives)
        assert topic.source in picture
    assert all(topic.steps for topic in topics)


def test_a_step_shows_only_what_its_topic_names_and_readers_find(catalog):
    topic = Topic.objects.get(slug="approach-2004-areas")
    topic.initiatives = ["iso-14001", "cmom", "osha-vpp", "nothing"]
    found = {slug: (slug.upper(), f"/{slug}/") for slug in ("iso-14001", "cmom", "osha-vpp", "balanced-scorecard")}

    boxes = way(topic, found).boxes

    assert [[chip.name for chip in box.chips] for box in boxes] == [["ISO-14001"], [], ["CMOM"], ["OSHA-VPP"]]
    assert boxes[-1].lines[0][0] == ALSO


def test_a_way_that_an_administrator_adds_is_drawn_too(client, catalog):
    Topic(slug="own-way", kind="approach", document="guide 2004", order=9, title="Start with a scorecard", text="Ours.",
          initiatives=["balanced-scorecard", "a b"], source="ours").publish()  # fmt: skip

    page = client.get(MAP).text

    picture = page[page.index("<h3>Start with a scorecard</h3>") :]
    assert '<a href="/initiatives/balanced-scorecard/"' in picture
    Initiative.objects.get(slug="balanced-scorecard").retire(date(2026, 11, 1))
    page = client.get(MAP).text
    assert '<a href="/initiatives/balanced-scorecard/"' not in page


# --- Administrators keep it ------------------------------------------------------------------------------


def test_a_connection_is_drafted_published_found_and_retired(client, catalog, as_):
    browser = as_(make_administrator())
    flow = Flow.objects.get(slug="vision-policy-statements")
    before = client.get(MAP).text

    save(browser, flow, text="Zebras cross here.")
    assert client.get(MAP).text == before
    save(browser, flow, "_publish", text="Zebras cross here.")

    assert f'<li id="{flow.slug}">leads to <b>Policy statements</b>: Zebras cross here.' in client.get(MAP).text
    found = client.get("/pdca/search/", {"q": "zebras"}).text
    assert f'<a href="/pdca/map/#{flow.slug}"><b>Vision → Policy statements</b></a>' in found
    assert flow.history.count() == 2
    Flow.objects.get(pk=flow.pk).retire(date(2026, 11, 1))
    assert flow.slug not in client.get(MAP).text


def test_a_new_connection_joins_two_other_elements_once(catalog):
    own = Flow(slug="vision-reporting", start_id="vision", end_id="reporting", text="Ours.", source="ours")
    own.full_clean()
    own.end_id = "policy-statements"
    with pytest.raises(ValidationError, match="already exists"):
        own.full_clean()
    own.end_id = "vision"
    with pytest.raises(ValidationError, match="can’t lead to itself"):
        own.full_clean()


def test_the_steps_of_a_way_are_part_of_its_topic(client, catalog, as_):
    topic = Topic.objects.get(slug="approach-2004-areas")
    sent = {"steps-0-text": "Begin with the zebras", "steps-0-initiatives": "iso-14001\nno-such"}

    browser = as_(make_administrator())
    refused = save(browser, topic, "_publish", **sent)
    save(browser, topic, "_publish", **sent | {"steps-0-initiatives": "iso-14001"})

    assert "“no-such” does not exist." in refused.text
    assert "Begin with the zebras" in " ".join(client.get(MAP).text.split())


# --- How it is served ------------------------------------------------------------------------------------


def test_it_costs_at_most_six_queries_and_is_sent_once(client, catalog):
    with CaptureQueriesContext(connection) as cold:
        first = client.get(MAP)
    assert len(cold) <= 6
    assert client.get(MAP, headers={"if-none-match": first["ETag"]}).status_code == 304
    Element.objects.get(slug="vision").publish({"name": "Outlook"})
    changed = client.get(MAP, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert "Outlook" in changed.text


def test_it_is_only_read(client, catalog):
    assert client.post(MAP).status_code == 405


def test_before_anything_is_loaded_it_says_so(client, no_catalog):
    assert "has not been loaded" in client.get(MAP).text
