"""What the guide's entries say: nothing is missing, nothing is said twice, and silence has its reason."""

from collections import Counter

import pytest

from pdca.entries import plain
from pdca.models import Element, SourceTable, Term, Topic

pytestmark = pytest.mark.django_db

# As the documents count them.
COUNTED = {
    ("approach", "guide 2004"): 3,  # §3.2
    ("success-factor", "guide 2004"): 9,  # §3.1.1
    ("success-factor", "phase 1 report 2002"): 8,  # §6.1
    ("barrier", "guide 2004"): 5,  # §3.3
    ("barrier", "phase 1 report 2002"): 5,  # §6.2
}


def silent(entry) -> set[str]:
    """The fields in which an entry says nothing."""
    return {name for name, value in plain(entry).items() if value in ("", [], {}, None)} - {"unsaid"}


def test_every_element_says_everything_or_why_not(catalog):
    for element in Element.objects.all():
        assert silent(element) == set(element.unsaid), element.slug


def test_every_opportunity_says_what_is_shared_its_benefit_how_to_go_about_it_and_its_caution(catalog):
    parts = {"title", "shared", "benefit", "how", "caution", "source"}
    for element in Element.objects.all():
        assert element.opportunities, element.slug
        for opportunity in element.opportunities:
            assert parts <= opportunity.keys() <= parts | {"note"}, element.slug


def test_every_element_asks_several_questions_and_each_once(catalog):
    questions = [question for element in Element.objects.all() for question in element.questions]

    assert all(len(element.questions) >= 3 for element in Element.objects.all())
    assert [question for question, times in Counter(questions).items() if times > 1] == []
    assert [question for question in questions if "?" not in question] == []


def test_clauses_of_the_harmonized_structure_look_like_clauses(catalog):
    clauses = [clause["clause"] for element in Element.objects.all() for clause in element.clauses]

    assert len(clauses) > 16
    assert [clause for clause in clauses if clause.partition(".")[0] not in {"4", "5", "6", "7", "8", "9", "10"}] == []


def test_topics_are_as_many_as_the_documents_count(catalog):
    landed = Counter(Topic.objects.values_list("kind", "document"))

    assert {which: landed[which] for which in COUNTED} == COUNTED
    assert {kind for kind, _ in landed} == set(Topic.Kind.values)


def test_every_topic_says_something_and_every_barrier_has_its_responses(catalog):
    for topic in Topic.objects.all():
        assert silent(topic) <= {"points", "initiatives", "group"}, topic.slug
        assert topic.points or topic.kind != Topic.Kind.BARRIER, topic.slug


def test_the_guides_tables_3_to_5_stand_at_elements(catalog):
    assert Counter(SourceTable.objects.values_list("number", flat=True)) == {"3": 1, "4": 1, "5": 2}
    for table in SourceTable.objects.all():
        assert silent(table) == set()
        assert {len(row) for row in table.rows} == {len(table.columns)}, table.slug


def test_every_term_is_explained_and_each_spelling_means_one(catalog):
    terms = Term.objects.all()
    spellings = Counter(spelling for term in terms for spelling in {term.term, term.acronym, *term.also} if spelling)

    assert [term.slug for term in terms if silent(term) - {"acronym", "also"}] == []
    assert [spelling for spelling, times in spellings.items() if times > 1] == []


def test_a_text_has_no_blank_edges_and_no_markup(catalog):
    for model in (Element, Topic, SourceTable, Term):
        for entry in model.objects.all():
            for text in entry.said():
                assert text == text.strip(), entry
                assert not {"<", ">", "\x02", "\x03", "\t"} & set(text), entry
