"""``POST /api/v1/recommendations``: as the page recommends, without an account; nothing is stored."""

import json

import pytest
from django.test import Client

from assessments.models import GapAnalysis

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("catalog")]


def ask(**sent):
    return Client().post("/api/v1/recommendations", json.dumps(sent), content_type="application/json")


def test_it_answers_with_all_that_was_asked():
    answer = ask(areas=["S", "E"], covered={"document-control": ["E", "H"]}, in_place=["iso-14001"])
    assert answer.status_code == 200
    found = answer.json()
    assert set(found) == {"gap_cells", "ranking", "smallest_set", "unclosed", "leverage"}
    assert found["gap_cells"] == 18 * 2 - 1
    closes = [one["closes"] for one in found["ranking"]]
    assert closes == sorted(closes, reverse=True)
    assert all(one["closes"] == len(one["cells"]) > 0 for one in found["ranking"])
    assert found["smallest_set"] == sorted(found["smallest_set"])
    assert found["leverage"] == [{"element": "document-control", "from": ["E"], "to": ["S"]}]
    assert ["document-control", "S"] in found["unclosed"] + [cell for one in found["ranking"] for cell in one["cells"]]
    assert not GapAnalysis.objects.exists()


def test_nothing_but_the_areas_is_needed():
    found = ask(areas=["H"]).json()
    assert found["gap_cells"] == 18


def test_a_set_closes_all_that_its_members_close():
    found = ask(areas=["E", "S", "Q", "F", "H"], strength=2).json()
    closed = {one["initiative"]: {tuple(cell) for cell in one["cells"]} for one in found["ranking"]}
    everything = set().union(*closed.values())
    assert set().union(*(closed[slug] for slug in found["smallest_set"])) == everything
    assert len(everything) + len(found["unclosed"]) == found["gap_cells"] == 90


def test_initiatives_of_other_systems_and_excluded_ones_are_left_out():
    def ranked(**more) -> set[str]:
        return {one["initiative"] for one in ask(areas=["E", "Q"], strength=3, **more).json()["ranking"]}

    assert {"cmom", "partnership-safe-water"} <= ranked()
    assert ranked(systems=[]) == ranked()
    assert "cmom" not in ranked(systems=["drinking_water"])
    assert "partnership-safe-water" not in ranked(systems=["wastewater"])
    assert ranked(exclude=["cmom"]) == ranked() - {"cmom"}


@pytest.mark.parametrize("system", ["drinking_water", "wastewater", "stormwater", "decentralized"])
def test_what_is_open_to_every_organization_fits_every_system(system):
    found = {
        one["initiative"]
        for one in ask(areas=["E", "S", "Q", "F", "H"], strength=3, systems=[system]).json()["ranking"]
    }
    assert {"iso-14001", "iso-9002", "balanced-scorecard", "baldrige", "gasb-34", "osha-vpp"} <= found


@pytest.mark.parametrize(
    "sent",
    [
        {"areas": []},
        {"areas": ["X"]},
        {"areas": ["E"], "covered": {"nothing": ["E"]}},
        {"areas": ["E"], "covered": {"vision": ["X"]}},
        {"areas": ["E"], "in_place": ["nothing"]},
        {"areas": ["E"], "exclude": ["nothing"]},
        {"areas": ["E"], "systems": ["nothing"]},
        {"areas": ["E"], "strength": 0},
        {"areas": ["E"], "strength": 4},
        {"areas": "E"},
        {},
    ],
)
def test_what_the_catalog_does_not_have_is_refused(sent):
    answer = ask(**sent)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"]
