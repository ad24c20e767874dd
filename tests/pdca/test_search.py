"""The search over the catalog and the guide: what it finds, how it shows it, what it makes of slips and of nonsense."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from initiatives.models import Initiative
from pdca.index import Indexed, refresh
from pdca.models import Term, Topic
from pdca.search import did_you_mean, find

pytestmark = pytest.mark.django_db


def own(slug: str = "ours", **said) -> Topic:
    """A topic of our own, published, with what the test needs to find."""
    topic = Topic(slug=slug, **{"kind": "driver", "document": "guide 2004", "source": "ours", "title": "Ours"} | said)
    topic.publish()
    return topic


@pytest.fixture
def searched(client):
    """``searched("words")``: the page that answers."""

    def search(typed: str, **more):
        answer = client.get(reverse("pdca:search"), {"q": typed} | more)
        assert answer.status_code == 200
        return answer.text

    return search


def addresses(html: str) -> list[str]:
    """The places found, in the order of the page."""
    found = html.partition('<ol class="list panel found">')[2].partition("</ol>")[0]
    return re.findall(r'<p><a href="([^"]+)"><b>', found)


def test_it_looks_through_every_kind_of_entry(catalog, searched):
    kinds = {
        "CMOM": "Initiative",
        "policy statements": "Element",
        "Charleston": "Case",
        "life-cycle cost": "Term",
        "leveraging infrastructure": "Topic",
        "objectives and targets CMOM": "Source table",
    }
    for typed, kind in kinds.items():
        assert f'<span class="tag">{kind}</span>' in searched(typed), typed


def test_a_heading_counts_for_more_than_a_text(catalog, searched):
    own("in-the-text", title="Something else", text="Here a quokka is named.")
    own("in-the-heading", title="The quokka", text="Here nothing is named.")

    assert addresses(searched("quokka")) == ["/pdca/integrating/#in-the-heading", "/pdca/integrating/#in-the-text"]


def test_the_place_around_it_is_shown_with_what_was_found_marked(catalog, searched):
    own(text="Long before. " * 40 + "A quokka was measured twice. " + "Long after. " * 40)

    shown = searched("quokkas measuring").partition('class="list panel found"')[2]

    assert "<mark>quokka</mark> was <mark>measured</mark>" in shown
    assert len(re.sub("<[^>]+>", "", shown.partition("</ol>")[0])) < 600


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script> quokka", "<b>quokka</b> and numbat", 'quokka <img src=x onerror="alert(1)">'],
)
def test_a_text_with_markup_is_shown_as_text(catalog, searched, text):
    own(title="<i>Title</i> & more", text=text)

    html = searched("quokka")

    assert "<mark>quokka</mark>" in html
    assert "&lt;i&gt;Title&lt;/i&gt; &amp; more" in html
    found = html.partition('<ol class="list panel found">')[2].partition("</ol>")[0]
    assert set(re.findall(r"<(\w+)", found)) == {"li", "p", "a", "b", "span", "mark"}
    assert "<b>quokka" not in found


def test_signs_that_html_knows_are_shown_as_signs(catalog, searched):
    own(text="The quokka is <2 & >0 years old.")

    assert "<mark>quokka</mark> is &lt;2 &amp; &gt;0 years" in searched("quokka old")


def test_what_was_typed_is_shown_as_text(catalog, searched):
    typed = '"><script>alert(1)</script>'

    html = searched(typed)

    assert "<script>alert" not in html
    assert f'value="{typed}"' not in html
    assert unescape(html.partition('name="q" value="')[2].partition('"')[0]) == typed


def test_words_between_quotation_marks_stand_together(catalog, searched):
    own("apart", text="The quokka sleeps; the numbat wakes.")
    own("together", text="The quokka numbat sleeps.")

    assert set(addresses(searched("quokka numbat"))) == {"/pdca/integrating/#apart", "/pdca/integrating/#together"}
    assert addresses(searched('"quokka numbat"')) == ["/pdca/integrating/#together"]


def test_a_minus_leaves_a_word_out(catalog, searched):
    own("with", text="The quokka and the numbat.")
    own("without", text="The quokka alone.")

    assert addresses(searched("quokka -numbat")) == ["/pdca/integrating/#without"]


def test_word_forms_are_found(catalog):
    own(text="They were integrating quokkas.")

    assert find("quokka integration").exists()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("turbidty", "turbidity"),
        ("Turbidty", "turbidity"),
        ("initiatve overlod", "initiative overload"),
        ("turbidty golas", "turbidity goals"),
        ("ballanced scorcard", "balanced scorecard"),
        ('"enviromental aspct"', "environmental aspect"),
    ],
)
def test_a_slip_is_met_with_what_may_have_been_meant(catalog, searched, typed, meant):
    html = searched(typed)

    link = re.search(r'Did you mean <a href="([^"]+)"><b>([^<]+)</b></a>', html)
    assert link, html.partition("<main")[2]
    assert unescape(link[2]) == meant
    assert addresses(searched(meant))
    assert link[1] == f"?q={meant.replace(' ', '%20')}"


@pytest.mark.parametrize("typed", ["turbidity", "xyzzy", "of the", "!!!", "-", '"', "a b", "", "   "])
def test_nothing_is_guessed_where_nothing_is_near_or_nothing_is_wrong(catalog, searched, typed):
    assert "Did you mean" not in searched(typed)


def test_words_that_are_known_but_never_meet_are_not_guessed_at(catalog, searched):
    html = searched("Eugene turbidity GASB Sydney")

    assert "No results" in html
    assert "Did you mean" not in html
    assert did_you_mean("Eugene turbidity") == ""


def test_where_nothing_is_found_it_leads_on(catalog, searched):
    html = searched("xyzzy")

    assert "No results for “xyzzy”" in html
    for name in ("pdca:guide", "initiatives:list", "pdca:glossary"):
        assert f'href="{reverse(name)}"' in html.partition("<main")[2]


@pytest.mark.parametrize(
    "typed",
    [
        "\x02\x03",
        "'; DROP TABLE pdca_indexed; --",
        "a & b | c ! ( )",
        "\\",
        "%",
        "é́ 水 😀",
        ":*",
    ]
    + ["x" * 199, "x" * 201, "word " * 300, "“turbidity”", "<->", '"""', "- - -", "OR", "turbidity OR"],
)
def test_nothing_that_is_typed_breaks_it(catalog, searched, typed):
    assert "<h1>Search</h1>" in searched(typed)
    assert Indexed.objects.exists()


def test_what_is_longer_than_the_field_is_cut(catalog, searched):
    assert addresses(searched("turbidity")) != []
    assert addresses(searched("turbidity".ljust(200) + "xyzzy")) == addresses(searched("turbidity"))


def test_an_empty_search_is_a_form_and_nothing_else(catalog, client):
    html = client.get(reverse("pdca:search")).text

    assert "No results" not in html
    assert addresses(html) == []


def test_at_most_fifty_are_listed(catalog, searched):
    for number in range(60):
        Indexed.objects.create(
            kind="topic",
            heading=f"Quokka {number:02}",
            names=f"\nquokka {number:02}\n",
            text="quokka",
            url=f"/pdca/#{number:02}",
        )

    html = searched("quokka")

    assert len(addresses(html)) == 50
    assert addresses(html) == sorted(addresses(html)), "of equal rank, by their heading"


# What is looked through.


def test_a_change_is_found_once_it_is_published_and_not_before(catalog, searched):
    cmom = Initiative.objects.get(slug="cmom")
    cmom.keep_draft(cmom.plain() | {"key_feature": "It counts quokkas."})
    assert addresses(searched("quokkas")) == []

    cmom.publish()

    assert addresses(searched("quokkas")) == ["/initiatives/cmom/"]


def test_drafts_and_retired_entries_are_not_found(catalog, searched):
    Topic.objects.create(
        slug="draft", title="Quokka", text="quokka", kind="driver", document="guide 2004", source="ours"
    )
    refresh()
    assert addresses(searched("quokka")) == []

    term = own(text="The numbat.")
    assert addresses(searched("numbat")) == ["/pdca/integrating/#ours"]
    term.retire(timezone.localdate())
    assert addresses(searched("numbat")) == []
    term.retire(None)
    assert addresses(searched("numbat")) == ["/pdca/integrating/#ours"]


def test_a_new_initiative_is_found_at_once(catalog, searched):
    new = Initiative(
        slug="quokka",
        name="Quokka program",
        group="best-practices",
        plan=1,
        do=1,
        check_strength=1,
        act=1,
        source="ours",
    )
    new.publish()

    assert addresses(searched("quokka")) == ["/initiatives/quokka/"]


def test_every_place_found_is_one_that_a_reader_gets_to(catalog, client):
    paths = {url.partition("#")[0] for url in Indexed.objects.values_list("url", flat=True)}

    refused = {path: client.get(path) for path in paths if client.get(path).status_code != 200}

    assert {path: answer.url for path, answer in refused.items()} == {
        path: f"{reverse('account_login')}?next={path}" for path in ("/gap-analyses/", "/recognition/")
    }, "tools that need an account lead to signing in"
    assert Indexed.objects.count() >= 18 + 15 + 6 + Term.objects.count() + Topic.objects.count()
