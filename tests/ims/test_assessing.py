"""Findings of assessments: scores, the ranked list, criteria and weights in editions, objectives made of findings."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, InternalError, transaction
from django.test import Client
from django.urls import reverse

from ims import registers
from ims.models import AreaWeight, Assessment, Criteria, Criterion, Objective
from ims.plan.ranked import Ranked
from initiatives.models import Initiative
from workflow.models import Stale

pytestmark = pytest.mark.django_db

ROWS = [
    {"key": "risk", "name": "Risk", "low": "None", "high": "Great", "weight": 60},
    {"key": "cost", "name": "Cost", "low": "Dear", "high": "Cheap", "weight": 20},
]
OWN = [{"criterion": "cost", "area": "F", "weight": 60, "why": "Rates are under review."}]


@pytest.fixture
def criteria(utility, manager, catalog):
    return Criteria.keep(utility, 0, ROWS, OWN, by=manager)


@pytest.fixture
def finding(utility, manager, criteria):
    def make(title="Station 7 overflows", scores=("cost:3", "risk:5"), **fields):
        return Assessment.open_in(utility, by=manager, title=title, scores=list(scores), **fields)

    return make


def page(name, utility, **query):
    return reverse(f"ims:{name}", args=[utility.pk], query=query)


def shown(answer):
    return [(row.place.rank, row.finding.title, float(row.place.total), row.up) for row in answer.context["rows"]]


def test_the_order_and_what_a_total_consists_of(finding, utility, as_, viewer):
    finding("Mains", ["cost:5", "risk:1"])  # 20/80 · 100
    finding("Station 7")  # 60/80 + 20/80 · 1/2
    finding("Not yet", ["risk:5"])
    answer = as_(viewer).get(page("ranked", utility))
    assert shown(answer) == [(1, "Station 7", 87.5, 0), (2, "Mains", 25.0, 0)]
    assert "75.0 of 75.0" in answer.text
    assert "12.5 of 25.0" in answer.text
    assert "Ranked by edition 1" in answer.text
    assert "1 not ranked yet" in answer.text


def test_the_order_follows_a_weight_that_is_tried_and_nothing_is_saved(finding, utility, as_, viewer):
    finding("Station 7", ["cost:1", "risk:5"])
    finding("Mains", ["cost:5", "risk:1"])
    answer = as_(viewer).get(page("ranked", utility, **{"w-risk": "10", "w-cost": "90"}))
    assert shown(answer) == [(1, "Mains", 90.0, 1), (2, "Station 7", 10.0, -1)]
    assert "weights you are trying" in answer.text
    assert Criteria.objects.count() == 1
    for nonsense in ("", "x", "-1", "999999", "²"):
        again = as_(viewer).get(page("ranked", utility, **{"w-risk": nonsense}))
        assert [row[1] for row in shown(again)] == ["Station 7", "Mains"]


def test_an_area_with_a_weight_of_its_own(finding, utility, as_, viewer):
    finding("Rates", ["cost:5", "risk:1"], areas=["F"])  # cost 60 of 120
    finding("Both", ["cost:5", "risk:1"], areas=["E", "F"])  # the higher weight counts
    finding("Plant", ["cost:5", "risk:1"], areas=["E"])  # cost 20 of 80
    answer = as_(viewer).get(page("ranked", utility))
    assert shown(answer) == [(1, "Rates", 50.0, 0), (1, "Both", 50.0, 0), (3, "Plant", 25.0, 0)]
    assert "Rates are under review." in answer.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"area": "F"}, ["Rates"]),
        ({"initiative": "cmom"}, ["Sewers"]),
        ({"kind": "asset"}, ["Rates"]),
        ({"kind": "nonsense"}, ["Sewers", "Rates"]),
        ({"unit": "999999"}, ["Sewers", "Rates"]),
    ],
)
def test_filters_keep_the_rank(finding, utility, as_, viewer, query, expected):
    finding("Sewers", initiatives=["cmom"], kind="overflow")
    finding("Rates", ["cost:1", "risk:1"], areas=["F"], kind="asset")
    answer = as_(viewer).get(page("ranked", utility, **query))
    assert [row[1] for row in shown(answer)] == expected
    if expected == ["Rates"]:
        assert shown(answer)[0][0] == 2


def test_an_earlier_edition_still_ranks(finding, utility, as_, viewer, manager):
    finding("Station 7", ["cost:1", "risk:5"])
    finding("Mains", ["cost:5", "risk:1"])
    Criteria.keep(
        utility, 1, [ROWS[0] | {"weight": 10}, ROWS[1] | {"weight": 90}], by=manager, why="The council asked."
    )
    assert [row[1] for row in shown(as_(viewer).get(page("ranked", utility)))] == ["Mains", "Station 7"]
    before = as_(viewer).get(page("ranked", utility, edition="1"))
    assert [row[1] for row in shown(before)] == ["Station 7", "Mains"]
    assert "The council asked." in as_(viewer).get(page("criteria", utility, edition="2")).text
    assert as_(viewer).get(page("criteria", utility, edition="7")).status_code == 404


@pytest.mark.parametrize("n", [5, 60])
def test_queries_do_not_grow(n, finding, utility, as_, viewer, django_assert_max_num_queries):
    for number in range(n):
        finding(f"Finding {number}", areas=["E", "F"])
    browser = as_(viewer)
    with django_assert_max_num_queries(14):
        assert len(browser.get(page("ranked", utility)).context["rows"]) == min(n, 25)


def test_a_finding_becomes_an_objective_in_one_click(finding, utility, as_, manager):
    made = finding("Station 7", kind="overflow", areas=["E"], initiatives=["cmom"], found="Twice in March.")
    browser = as_(manager)
    link = f"{reverse('ims:new', args=[utility.pk, 'objectives'])}?finding={made.number}"
    assert link in browser.get(page("ranked", utility)).text
    assert link in browser.get(made.get_absolute_url()).text
    form = browser.get(link).context["form"]
    assert form["title"].value() == "Reduce overflows: Station 7"
    assert "Ranked 1 of 1 with 88 of 100 by edition 1 of the criteria" in form["why"].value()
    sent = {"title": "Cut overflows", "areas": ["E"], "initiatives": ["cmom"], "why": form["why"].value()}
    browser.post(link, sent)
    objective = Objective.objects.get()
    assert objective.finding == made
    assert made.number in browser.get(objective.get_absolute_url()).text
    assert objective.number in browser.get(made.get_absolute_url()).text


def test_a_finding_of_another_utility_is_no_origin(finding, utility, as_, stranger):
    made = finding()
    elsewhere = stranger.memberships.get().utility
    new = reverse("ims:new", args=[elsewhere.pk, "objectives"])
    assert "Station 7" not in as_(stranger).get(f"{new}?finding={made.number}").text


def test_scores_are_entered_in_the_form_of_the_finding(finding, utility, as_, contributor):
    made = finding(scores=[])
    browser = as_(contributor)
    address = [utility.pk, "assessments", made.number]
    assert 'name="scores-risk"' in browser.get(reverse("ims:edit", args=address)).text
    sent = {"title": made.title, "kind": "other", "version": 1, "scores-risk": "risk:4", "scores-cost": "cost:2"}
    browser.post(reverse("ims:save", args=address), sent)
    assert Assessment.objects.get().scores == ["cost:2", "risk:4"]
    assert "Risk 4, Cost 2. Total 63 of 100, edition 1" in browser.get(made.get_absolute_url()).text
    refused = browser.post(reverse("ims:save", args=address), sent | {"version": 2, "scores-risk": "risk:6"})
    assert refused.status_code == 422
    stale = browser.post(
        reverse("ims:save", args=address), sent | {"scores-risk": "risk:1"}, headers={"accept": "application/json"}
    )
    assert stale.status_code == 409
    assert "Risk: 1" in stale.json()["conflict"]


# --- Criteria and weights ------------------------------------------------------------------------------


def test_the_suggested_set_is_used_until_the_team_keeps_its_own(utility, catalog, as_, viewer, manager):
    assert "Suggested to start from" in as_(viewer).get(page("criteria", utility)).text
    assert Ranked(utility).criteria is None
    begun = Criteria.begun(utility, by=manager)
    assert begun.weights == dict.fromkeys(["severity", "frequency", "cost", "location", "regulation", "concern"], 50)
    assert Criteria.begun(utility, by=manager) == begun


def sent(base=1, rows=ROWS, own=(), **more):
    data = {"base": base, "why": "Tried."}
    data |= {
        "rows-TOTAL_FORMS": len(rows),
        "rows-INITIAL_FORMS": 0,
        "own-TOTAL_FORMS": len(own),
        "own-INITIAL_FORMS": 0,
    }
    for prefix, each in (("rows", rows), ("own", own)):
        for n, row in enumerate(each):
            data |= {f"{prefix}-{n}-{name}": value for name, value in row.items()}
    return data | more


def test_saving_adds_an_edition_and_keys_stay(criteria, utility, as_, manager):
    added = {"key": "", "name": "Risk", "low": "None", "high": "Great", "weight": 5}
    answer = as_(manager).post(page("criteria", utility), sent(rows=[*ROWS, added], own=OWN))
    assert answer.status_code == 302
    made = Criteria.current(utility)
    assert (made.edition, made.made_by, made.weights) == (2, manager, {"risk": 60, "cost": 20, "risk-2": 5})
    assert made.weights_for(["F"]) == {"risk": 60, "cost": 60, "risk-2": 5}
    assert made.weights_for(["E"]) == made.weights_for([]) == made.weights


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"own": [OWN[0] | {"why": ""}]}, "Enter the reason."),
        ({"own": [*OWN, *OWN]}, "one weight by each criterion"),
        ({"rows": [ROWS[0] | {"weight": 101}]}, "less than or equal to 100"),
        ({"rows": [ROWS[0] | {"low": ""}]}, "Say what this score means."),
        ({"rows": [ROWS[0] | {"weight": 0}]}, "a weight above 0"),
        ({"rows": [ROWS[0] | {"name": ""}]}, "a weight above 0"),
    ],
)
def test_what_is_refused(criteria, utility, as_, manager, changes, words):
    answer = as_(manager).post(page("criteria", utility), sent(**changes))
    assert answer.status_code == 422
    assert words in answer.text
    assert Criteria.objects.count() == 1


def test_of_two_who_save_the_second_is_told_and_keeps_what_was_typed(criteria, utility, as_, manager, contributor):
    as_(manager).post(page("criteria", utility), sent())
    late = [ROWS[0] | {"name": "Risk to health"}]
    answer = as_(contributor).post(page("criteria", utility), sent(rows=late))
    assert answer.status_code == 422
    assert "Mara Gerr saved edition 2 while you were editing" in answer.text
    assert "Risk to health" in answer.text
    again = as_(contributor).post(page("criteria", utility), sent(base=2, rows=late))
    assert again.status_code == 302
    assert Criteria.current(utility).edition == 3
    with pytest.raises(Stale):
        Criteria.keep(utility, 1, ROWS, by=manager)


@pytest.mark.parametrize("role", ["manager", "contributor", "viewer", "stranger", "nobody"])
def test_who_may(criteria, utility, as_, request, role):
    browser = Client() if role == "nobody" else as_(request.getfixturevalue(role))
    for name in ("ranked", "criteria"):
        assert browser.get(page(name, utility)).status_code == {"stranger": 404, "nobody": 302}.get(role, 200)
    status = browser.post(page("criteria", utility), sent()).status_code
    assert status == {"viewer": 403, "stranger": 404}.get(role, 302)
    assert Criteria.objects.count() == (2 if role in ("manager", "contributor") else 1)


@pytest.mark.parametrize(
    ("model", "fields", "name"),
    [
        (Criterion, {"key": "x", "position": 9, "name": "X", "weight": 101}, "criterion_weight_to_100"),
        (Criterion, {"key": "x", "position": 9, "name": ""}, "criterion_has_a_name"),
        (Criterion, {"key": "risk", "position": 9, "name": "X"}, "criterion_once"),
        (AreaWeight, {"area": "E", "weight": 101, "why": "x"}, "area_weight_to_100"),
        (AreaWeight, {"area": "X", "weight": 1, "why": "x"}, "area_weight_area_known"),
        (AreaWeight, {"area": "E", "weight": 1, "why": ""}, "area_weight_has_a_reason"),
    ],
)
def test_the_database_keeps_the_rules(criteria, model, fields, name):
    parent = {"criteria": criteria} if model is Criterion else {"criterion": criteria.rows.first()}
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.create(**parent, **fields)


def test_an_edition_does_not_change(criteria, utility):
    with pytest.raises(IntegrityError, match="criteria_edition_once"), transaction.atomic():
        Criteria.objects.create(utility=utility, edition=1)
    for rows, changes in (
        (Criteria.objects.all(), {"why": "x"}),
        (Criterion.objects.all(), {"weight": 1}),
        (AreaWeight.objects.all(), {"why": "x"}),
    ):
        with pytest.raises(InternalError, match="is_kept|are_kept|Cannot update"), transaction.atomic():
            rows.update(**changes)


@pytest.mark.parametrize("scores", [["risk:6"], ["risk:0"], ["risk"], ["risk:"], ["risk:3x"], ["Risk:3"]])
def test_only_scores_are_stored(finding, scores):
    made = finding()
    with pytest.raises(IntegrityError, match="assessment_scores_known"), transaction.atomic():
        Assessment.objects.filter(pk=made.pk).update(scores=scores)
    Assessment.objects.filter(pk=made.pk).update(scores=["a:1", "b-c:5"])


# --- Examples of objectives ----------------------------------------------------------------------------


def test_every_example_of_an_objective_becomes_one(utility, catalog, as_, manager):
    address = reverse("ims:examples", args=[utility.pk, "objectives"])
    browser = as_(manager)
    shown = browser.get(address).text
    for source in ("Table 4", "Table 5", "examples of AMP", "PSW"):
        assert f"guide 2004, §4.1.6, {source}" in shown
    offered = registers.get("objectives").examples()
    browser.post(address, {"chosen": range(len(offered))})
    made = {each.title: each for each in Objective.objects.all()}
    assert len(made) == len(offered) == 21
    assert made["Turbidity at the Partnership's target"].target == Decimal("0.1")
    known = set(Initiative.objects.values_list("slug", flat=True))
    for objective in made.values():
        objective.full_clean()
        assert set(objective.initiatives) <= known
