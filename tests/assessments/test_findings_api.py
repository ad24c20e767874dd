"""``/api/v1/analyses/{id}/findings``, completing and results: by the rules of the pages and with their errors."""

import pytest
from django.db import transaction

from assessments.models import Finding, GapAnalysis, GapAnalysisEvent
from tests.assessments.programs import everything, is_problem

pytestmark = pytest.mark.django_db


# --- rows


def of(analysis, slug="vision") -> str:
    return f"analyses/{analysis.pk}/findings/{slug}"


def test_the_rows_and_one_of_them(program, analysis, answer_all):
    asking = program("viewer")
    rows = asking("GET", f"analyses/{analysis.pk}/findings").json()
    assert rows["count"] == len(rows["items"]) == 18
    order = analysis.findings.order_by("element__order").values_list("element__slug", flat=True)
    assert [each["element"] for each in rows["items"]] == list(order)
    assert rows["items"] == [asking("GET", of(analysis, each["element"])).json() for each in rows["items"]]
    assert {each["missing"] for each in rows["items"]} == {"not answered yet"}
    answer_all(analysis)
    assert asking("GET", of(analysis)).json() == {
        "element": "vision",
        "version": 1,
        "rating": 2,
        "areas": ["E", "S"],
        "initiatives": [],
        "evidence": "",
        "changes": "",
        "notes": "",
        "to_confirm": False,
        "missing": "",
        "changed_at": None,
    }
    is_problem(asking("GET", of(analysis, "no-such-element")), 404)
    is_problem(asking("GET", "analyses/99999999999999999999999/findings"), 404)


def test_a_row_is_saved_as_on_the_page(program, analysis, row, contributor):
    sent = {"version": 1, "rating": 2, "areas": ["S", "E"], "initiatives": ["cmom"], "notes": " One\r\ntwo\n"}
    found = program("contributor")("PATCH", of(analysis), sent).json()
    assert (found["version"], found["areas"], found["notes"]) == (2, ["E", "S"], "One\ntwo")
    stored = row(analysis)
    assert (stored.rating, stored.areas, stored.initiatives, stored.notes) == (2, ["E", "S"], ["cmom"], "One\ntwo")
    assert (stored.version, stored.changed_by) == (2, contributor)


def test_what_is_left_out_of_a_row_stays(program, answered, row):
    asking = program("manager")
    answered.findings.update(evidence="The minutes.", initiatives=["cmom"], to_confirm=True)
    found = asking("PATCH", of(answered), {"version": 1, "notes": "Seen."}).json()
    kept = {"rating": 2, "areas": ["E", "S"], "evidence": "The minutes.", "initiatives": ["cmom"]}
    assert found | kept | {"notes": "Seen.", "to_confirm": False} == found
    found = asking("PATCH", of(answered), {"version": 2, "areas": ["E", "S", "Q"]}).json()
    assert found | kept | {"areas": ["E", "S", "Q"], "notes": "Seen."} == found


def test_a_row_without_an_answer_again(program, answered):
    found = program("manager")("PATCH", of(answered), {"version": 1, "rating": None}).json()
    assert (found["rating"], found["areas"], found["missing"]) == (None, [], "not answered yet")


def test_a_stale_row_is_a_conflict_that_shows_the_current_one(program, analysis, row):
    asking = program("manager")
    first = asking("PATCH", of(analysis), {"version": 1, "rating": 1, "areas": ["E"]}).json()
    problem = is_problem(asking("PATCH", of(analysis), {"version": 1, "rating": 0, "areas": []}), 409)
    assert problem["current"] == first == asking("GET", of(analysis)).json()
    assert row(analysis).rating == 1
    again = asking("PATCH", of(analysis), {"version": problem["current"]["version"], "rating": 0, "areas": []})
    assert (again.status_code, again.json()["rating"], again.json()["version"]) == (200, 0, 3)


def test_the_same_values_sent_twice_are_no_conflict(program, analysis, row):
    asking = program("manager")
    sent = {"version": 1, "rating": 1, "areas": ["E"], "notes": "Seen."}
    first = asking("PATCH", of(analysis), sent)
    again = asking("PATCH", of(analysis), sent)
    assert (again.status_code, again.json()) == (200, first.json())
    assert row(analysis).version == 2


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"rating": 3}, "rating"),
        ({"rating": -1}, "rating"),
        ({"rating": "2"}, "rating"),
        ({"rating": True}, "rating"),
        ({"rating": 1.0}, "rating"),
        ({"areas": ["X"]}, "areas"),
        ({"areas": None}, "areas"),
        ({"areas": "ES"}, "areas"),
        ({"areas": [["E"]]}, "areas"),
        ({"rating": 1, "areas": ["E", "S"]}, "areas"),
        ({"initiatives": ["iso-9001"]}, "initiatives"),
        ({"evidence": "x" * 10_001}, "evidence"),
        ({"notes": None}, "notes"),
        ({"notes": "\x00"}, "notes"),
        ({"notes": "\udfff"}, "notes"),
        ({"ratnig": 2}, "ratnig"),
        ({"element": "auditing"}, "element"),
        ({"version": 0}, "version"),
        ({"version": 10**30}, "version"),
        ({"version": 2**31 - 1}, "version"),
        ({"version": None}, "version"),
    ],
)
def test_what_a_row_refuses(program, analysis, change, named):
    before = everything()
    problem = is_problem(program("manager")("PATCH", of(analysis), {"version": 1} | change), 422)
    assert [error["loc"][2] for error in problem["errors"]] == [named]
    assert everything() == before


def test_a_row_needs_its_version(program, analysis):
    problem = is_problem(program("manager")("PATCH", of(analysis), {"rating": 0}), 422)
    assert problem["errors"][0]["loc"] == ["body", "asked", "version"]


def test_nothing_is_saved_of_what_is_partly_wrong(program, analysis):
    before = everything()
    sent = {"version": 1, "rating": 1, "areas": ["E"], "notes": "x" * 10_001}
    is_problem(program("manager")("PATCH", of(analysis), sent), 422)
    assert everything() == before


def test_the_rows_of_a_complete_one_stay(program, complete):
    problem = is_problem(program("manager")("PATCH", of(complete), {"version": 1, "rating": 0, "areas": []}), 403)
    assert problem["detail"] == (
        "This gap analysis is complete, so its rows can’t be changed. A manager can reopen it."
    )


def test_a_row_of_an_analysis_that_is_completed_at_that_moment(program, answered, manager, monkeypatch):
    saving = Finding.answer

    def late(row, *args, **more):
        GapAnalysis.objects.visible_to(manager).get(pk=answered.pk).complete(by=manager)
        with transaction.atomic():
            saving(row, *args, **more)

    monkeypatch.setattr(Finding, "answer", late)
    problem = is_problem(program("manager")("PATCH", of(answered), {"version": 1, "notes": "late"}), 409)
    assert "current" not in problem
    assert set(answered.findings.values_list("notes", flat=True)) == {""}


# --- completing, reopening, results


def test_completing_names_what_is_missing(program, answered, answer_all):
    answered.findings.filter(element__slug="vision").update(rating=None, areas=[])
    answered.findings.filter(element__slug="auditing").update(to_confirm=True)
    problem = is_problem(program("manager")("POST", f"analyses/{answered.pk}/complete"), 422)
    assert {(error["loc"][1], error["msg"]) for error in problem["errors"]} == {
        ("vision", "not answered yet"),
        ("auditing", "carried over from an earlier analysis: confirm or change it"),
    }
    assert GapAnalysis.objects.get().status == "draft"


def test_completing_and_reopening(program, answered, manager):
    asking = program("manager")
    found = asking("POST", f"analyses/{answered.pk}/complete").json()
    assert found["status"] == "complete"
    assert found["completed_at"]
    problem = is_problem(asking("POST", f"analyses/{answered.pk}/complete"), 409)
    assert problem["detail"] == "It was already marked complete."
    for reason in ("", "  ", "x" * 1001):
        problem = is_problem(asking("POST", f"analyses/{answered.pk}/reopen", {"reason": reason}), 422)
        assert problem["errors"][0]["loc"] == ["body", "asked", "reason"]
    found = asking("POST", f"analyses/{answered.pk}/reopen", {"reason": "A row was wrong."}).json()
    assert (found["status"], found["completed_at"]) == ("draft", None)
    assert GapAnalysisEvent.objects.latest("pk").why == "A row was wrong."
    assert GapAnalysisEvent.objects.latest("pk").by == manager
    is_problem(asking("POST", f"analyses/{answered.pk}/reopen", {"reason": "Twice"}), 409)


def test_the_results_are_those_of_the_page(program, answered, as_, manager, url):
    answered.findings.filter(element__slug="vision").update(rating=1, areas=["E"])
    found = program("viewer")("GET", f"analyses/{answered.pk}/results").json()
    shown = as_(manager).get(url("results", answered)).context["results"]
    assert found["overall"] == {"slug": "overall", "covered": 35, "cells": 90, "existing": 18, "elements": 18}
    assert found["headline"] == shown.headline
    assert [(each["slug"], each["covered"]) for each in found["components"]] == [
        (each.slug, each.covered) for each in shown.coverage
    ]
    vision = next(each for each in found["elements"] if each["element"] == "vision")
    assert vision == {"element": "vision", "rating": 1, "covered": ["E"], "gaps": ["S", "Q", "F", "H"]}
    assert sum(len(each["covered"]) for each in found["elements"]) == 35


def test_nothing_can_be_deleted(program, answered):
    for path in ("analyses", f"analyses/{answered.pk}", of(answered)):
        assert program("manager")("DELETE", path).status_code == 405
    assert GapAnalysis.objects.filter(pk=answered.pk).exists()
