"""Terms explained where they stand: the first time on a page, each in one note, and nothing but whole words."""

import re
from collections import Counter

import pytest
from django.urls import reverse
from django.utils import timezone

from initiatives.models import Case, Initiative
from pdca.glossary import Explainer
from pdca.models import Element, Term

pytestmark = pytest.mark.django_db


def term(slug: str, name: str, **more) -> Term:
    return Term.objects.create(slug=slug, term=name, text=f"{name}, in words.", source="ours", published=True, **more)


def opened_by(html: str) -> list[str]:
    return re.findall(r'<button type="button" class="term" popovertarget="term-([^"]+)">', html)


def words(html: str) -> list[str]:
    """What the buttons stand at."""
    return re.findall(r'popovertarget="[^"]+">([^<]*)<span', html)


def test_only_the_first_time_on_a_page_is_explained_under_whatever_spelling(no_catalog):
    term("ems", "Environmental management system", acronym="EMS", also=["environmental management systems"])
    explainer = Explainer.for_page()

    first = explainer.explained("An EMS is an environmental management system. EMS!")
    second = explainer.explained("Some environmental management systems")

    assert words(first) == ["EMS"]
    assert re.sub("<[^>]+>", "", first) == "An EMS, explained is an environmental management system. EMS!"
    assert second == "Some environmental management systems"
    assert [term.slug for term in explainer.terms_explained] == ["ems"]


def test_the_longest_spelling_wins_and_only_whole_words_count(no_catalog):
    term("audit", "Audit", also=["audit", "third-party audit"])
    term("asset", "Asset", also=["asset"])
    term("asset-inventory", "Asset inventory", also=["asset inventory"])

    def explained(text):
        return words(Explainer.for_page().explained(text))

    assert explained("a third-party audit") == ["third-party audit"]
    assert explained("an asset inventory") == ["asset inventory"]
    assert explained("auditing assets, non-asset, audit-ready") == []
    assert explained("(asset), audit.") == ["asset", "audit"]


def test_a_spelling_counts_as_it_is_written(no_catalog):
    term("safe", "Partnership", acronym="SAFE")

    assert words(Explainer.for_page().explained("a safe partnership")) == []


@pytest.mark.parametrize("odd", ["A+B (C)", "a|b", "[x]", "C.D", "$", "it’s"])
def test_a_spelling_may_hold_any_character(no_catalog, odd):
    term("odd", odd)

    assert opened_by(Explainer.for_page().explained(f"so {odd} it is")) == ["odd"]


def test_texts_and_spellings_are_escaped(no_catalog):
    term("amp", "R&D <b>")

    html = Explainer.for_page().explained('<script>alert(1)</script> R&D <b> "and" more')

    assert words(html) == ["R&amp;D &lt;b&gt;"]
    assert html.startswith("&lt;script&gt;")
    assert "<b>" not in html
    assert Explainer.for_page().explained("<i>") == "&lt;i&gt;"


def test_without_terms_a_text_is_only_escaped(no_catalog):
    assert Explainer.for_page().explained("An <EMS> & more") == "An &lt;EMS&gt; &amp; more"


def test_a_draft_and_a_retired_term_explain_nothing(no_catalog):
    term("draft", "Draft")
    Term.objects.update(published=False)
    term("retired", "Retired", retired_on=timezone.localdate())

    assert opened_by(Explainer.for_page().explained("Draft, Retired")) == []


def pages() -> list[str]:
    named = [reverse("pdca:topics")]
    return named + [entry.get_absolute_url() for model in (Element, Initiative, Case) for entry in model.objects.all()]


def test_on_every_page_each_button_opens_one_note_and_each_note_has_its_button(client, catalog):
    explained: Counter[str] = Counter()
    for path in pages():
        html = client.get(path).text
        buttons = opened_by(html)
        assert len(buttons) == len(set(buttons)), path
        assert re.findall(r'class="term-note" id="term-([^"]+)" popover', html) == buttons, path
        ids = re.findall(r'\sid="([^"]+)"', html)
        assert len(ids) == len(set(ids)), path
        explained.update(buttons)
    assert len(explained) > 40, "most terms of the glossary stand somewhere"


def test_no_button_stands_within_a_link_or_a_button(client, catalog):
    for path in pages():
        for outer in re.findall(r"<(a|button)\b[^>]*>(.*?)</\1>", client.get(path).text, re.DOTALL):
            assert "<button" not in outer[1], path


def test_a_note_has_the_terms_words_and_leads_to_the_glossary(client, catalog):
    psw = Term.objects.get(acronym="PSW")

    note = client.get("/initiatives/cases/charleston/").text.partition(f'id="term-{psw.slug}" popover>')[2]

    assert psw.text in note.partition("</div>")[0]
    assert f'href="/pdca/glossary/#{psw.slug}"' in note.partition("</div>")[0]


def test_the_glossary_lists_every_term_once_by_letter(client, catalog):
    html = client.get(reverse("pdca:glossary")).text

    listed = re.findall(r'<dt id="([^"]+)">', html)
    assert sorted(listed) == sorted(Term.objects.values_list("slug", flat=True))
    letters = re.findall(r'<h2 id="letter-(.)">', html)
    assert letters == sorted(set(letters))
    assert re.findall(r'href="#letter-(.)"', html) == letters


def test_a_retired_term_leaves_the_glossary_and_the_texts(client, catalog):
    psw = Term.objects.get(acronym="PSW")
    psw.retire(timezone.localdate())

    assert psw.slug not in client.get(reverse("pdca:glossary")).text
    assert f"term-{psw.slug}" not in client.get("/initiatives/cases/charleston/").text
