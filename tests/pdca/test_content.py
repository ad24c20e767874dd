"""What the guide's entries say: nothing is missing, nothing is said twice, and silence has its reason."""

import re
from collections import Counter

import pytest

from initiatives.models import Initiative
from pdca.entries import plain
from pdca.models import Element, Opportunity, SourceTable, Term, Topic

pytestmark = pytest.mark.django_db

# A copy of the source is nothing to readers.
COPY = re.compile(r"copy (used|of the)|in this copy|our copy", re.I)

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
    assert set(Opportunity.by_element()) == set(Element.objects.values_list("slug", flat=True))
    for opportunity in Opportunity.objects.all():
        assert silent(opportunity) <= {"note", "initiatives"}, opportunity.slug


def test_opportunities_are_numbered_within_their_element_and_name_known_initiatives(catalog):
    for opportunities in Opportunity.by_element().values():
        assert [opportunity.order for opportunity in opportunities] == list(range(1, len(opportunities) + 1))
    for opportunity in Opportunity.objects.all():
        assert len(set(opportunity.initiatives)) == len(opportunity.initiatives) != 1, opportunity.slug
        assert set(opportunity.initiatives) <= set(Initiative.objects.values_list("slug", flat=True))


# What guide 2004 names at an opportunity: the four initiatives of ch. 4, fewer, or none.
EMS, AMP, CMOM, PSW = "iso-14001", "asset-management", "cmom", "partnership-safe-water"
JOINED = {
    "one-statement-of-commitment": {EMS, CMOM, PSW},  # §4.1.1: a written and signed statement
    "one-mission-for-all-initiatives": set(),  # §4.1.2: none of the four requires one
    "data-collected-once": {EMS, AMP, CMOM, PSW},  # Table 3
    "one-session-per-task": {EMS, AMP},  # §4.2.1: maintenance
    "one-system-for-all-documents": {EMS, AMP, CMOM, PSW},  # §1.3.2
    "one-emergency-plan": {EMS, CMOM, PSW},  # §4.2.4
    "risk-data-put-to-use": {AMP, PSW},  # §4.2.4
    "data-measured-once": {EMS, AMP, CMOM},  # §4.3.1: calibration, maps
    "one-format-for-progress": {EMS, CMOM},  # §4.3.1: overflows
    "one-audit-team": {AMP, CMOM},  # §4.3.3: experts
}


@pytest.mark.parametrize("slug", JOINED)
def test_an_opportunity_joins_what_the_guide_names_there(catalog, slug):
    assert set(Opportunity.objects.get(slug=slug).initiatives) == JOINED[slug]


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
        assert silent(topic) <= {"points", "initiatives", "steps", "group"}, topic.slug
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
    for model in (Element, Opportunity, Topic, SourceTable, Term):
        for entry in model.objects.all():
            for text in entry.said():
                assert text == text.strip(), entry
                assert not {"<", ">", "\x02", "\x03", "\t"} & set(text), entry


# Facts of the sources.

# Phase 1 report 2002, App. C, as it prints the headings; "(2)" marks the second B, C and D of part III.
APP_C = set(
    """
    I.A I.B I.B.1 I.B.2
    II.A II.A.1 II.A.1.a II.A.1.b II.A.1.c II.A.3 II.A.3.a II.A.3.b II.A.3.c II.A.4 II.B II.B.1 II.B.2 II.C II.D
    III.A III.A.1 III.A.2 III.B III.B.1 III.B.2 III.B.3 III.B.4
    III.C III.C.1 III.C.2 III.C.2.a III.C.2.b III.C.3 III.C.4 III.C.5
    III.B(2) III.B(2).1 III.B(2).2 III.C(2) III.C(2).1 III.C(2).2 III.C(2).3 III.C(2).4
    III.D III.D.1 III.D.2 III.D.3 III.D.4
    IV.A IV.A.1 IV.A.2 IV.A.3 IV.B IV.B.1 IV.B.2 IV.C IV.C.1 IV.C.2 IV.D
    V.A V.B V.C
    """.split()  # noqa: SIM905
)


def test_the_outlines_have_every_heading_of_appendix_c(catalog):
    headings = {line.split()[0] for element in Element.objects.all() for line in element.outline}

    assert headings == APP_C


# Guide 2004, §4.2.2, text box.
AUDIENCES = [
    "employees",
    "consultants and contractors",
    "regulators",
    "local residents",
    "customers",
    "advocacy groups",
]
AUDIENCES += ["elected officials", "vendors and suppliers", "developers", "governing bodies and commissions"]
AUDIENCES += ["bond rating agencies", "auditors"]


def test_every_audience_of_the_guide_is_listed(catalog):
    opportunity = Opportunity.objects.get(slug="one-list-of-audiences")

    assert [audience for audience in AUDIENCES if audience not in opportunity.how[0]] == []


# Guide 2004, §4.3.2: the management areas of the report, and how many indicators each has.
INDICATORS = {"operation and maintenance": 14, "capital assets": 2, "work team": 8, "fiscal management": 3}


@pytest.mark.parametrize("area", INDICATORS)
def test_san_diegos_report_has_every_indicator(catalog, area):
    examples = [example["text"] for example in Element.objects.get(slug="reporting").examples]
    start = "San Diego's indicators for"
    listed = next(text for text in examples if text.startswith(start) and area in text.partition(": ")[0])

    n = len(listed.partition(": ")[2].replace(" and ", ", ").replace(",,", ",").split(","))
    assert n >= INDICATORS[area]


def test_criteria_are_applied_consistently_and_may_still_weigh_differently(catalog):
    """Guide 2004, §4.1.4: a consistent method leads to reasonable consistency; weights may differ for a reason."""
    same = Opportunity.objects.get(slug="same-criteria")

    assert "reasonably consistent" in same.benefit
    assert "weighs the same" not in same.benefit
    assert "Weights may differ" in same.caution


def test_structure_and_roles_have_a_place_within_programs(catalog):
    roles = Opportunity.objects.get(slug="structure-roles-and-responsibilities")

    for role in ("management representative", "program coordinator", "communications coordinator"):
        assert role in roles.shared  # guide 2004, §4.1.8
    assert "Table 6" in roles.note


# What the guide says of how to begin, and the report of its findings: section → topics.
TOLD = {
    "guide 2004, §2.2": 4,
    "§2.3": 5,
    "guide 2004, §3.1.2": 4,
    "guide 2004, §3.1.3": 1,
    "guide 2004, §3.1.4": 1,
    "phase 1 report 2002, §1.4": 5,
    "guide 2004, App. B": 2,
}


@pytest.mark.parametrize("section", TOLD)
def test_every_section_on_how_to_begin_and_on_findings_is_told(catalog, section):
    sources = Topic.objects.filter(kind__in=["start", "finding", "reading"]).values_list("source", flat=True)

    assert sum(section in source for source in sources) == TOLD[section]


def test_scope_and_team_say_what_the_guide_says(catalog):
    scope, team = (" ".join(Topic.objects.get(slug=f"start-{slug}").said()) for slug in ("scope", "team"))

    assert "nothing in common" in scope  # the Partnership for Safe Water and CMOM
    assert "umbrella" in scope
    for member in ("engineering", "finance", "human resources", "maintenance", "purchasing", "operations"):
        assert member in team
    assert "subgroups" in team
    assert "management representative" in team


def test_nothing_speaks_of_a_copy_of_the_source(catalog):
    for model in (Element, Opportunity, Topic, SourceTable, Term):
        for entry in model.objects.all():
            assert not COPY.search(str(plain(entry))), entry
