"""The results that a complete gap analysis keeps: their form is in the database, so it stays as it is written here."""

import json

import pytest

from assessments.results import AreaInScope, Coverage, Results, Row, phases

ENVIRONMENT, SAFETY = AreaInScope("E", "Environment", "Environment"), AreaInScope("S", "Health and safety", "Safety")
ROWS = [
    Row("policy", "Policy", "plan", True, 2, ["E", "S"], ["cmom"]),
    Row("training", "Training", "do", False, 1, ["S"], []),
    Row("records", "Records", "do", False, None, [], []),
]
RESULTS = Results([ENVIRONMENT, SAFETY], ["CMOM", "ISO 14001"], ROWS, [("plan", "Plan"), ("do", "Do")])
KEPT = {
    "areas": [
        {"code": "E", "name": "Environment", "short_name": "Environment"},
        {"code": "S", "name": "Health and safety", "short_name": "Safety"},
    ],
    "initiatives": ["CMOM", "ISO 14001"],
    "rows": [
        {
            "slug": "policy",
            "name": "Policy",
            "component": "plan",
            "strategic_alignment": True,
            "rating": 2,
            "areas": ["E", "S"],
            "initiatives": ["cmom"],
        },
        {
            "slug": "training",
            "name": "Training",
            "component": "do",
            "strategic_alignment": False,
            "rating": 1,
            "areas": ["S"],
            "initiatives": [],
        },
        {
            "slug": "records",
            "name": "Records",
            "component": "do",
            "strategic_alignment": False,
            "rating": None,
            "areas": [],
            "initiatives": [],
        },
    ],
    "components": [["plan", "Plan"], ["do", "Do"]],
}
# What analyses completed before coverage have: scores of another measure.
KEPT_BEFORE = {name: value for name, value in KEPT.items() if name != "components"} | {
    "scores": [
        {"slug": "plan", "name": "Plan", "reached": 2, "possible": 2},
        {"slug": "do", "name": "Do", "reached": 1, "possible": 4},
    ],
    "overall": {"slug": "overall", "name": "Overall", "reached": 3, "possible": 6},
    "alignment": {"slug": "alignment", "name": "Strategic alignment", "reached": 2, "possible": 2},
}


def test_what_is_kept():
    assert json.loads(json.dumps(RESULTS.as_json())) == KEPT


@pytest.mark.parametrize("kept", [KEPT, KEPT_BEFORE], ids=["now", "before coverage"])
def test_what_was_kept_is_read(kept):
    back = Results.from_json(kept)
    assert back == RESULTS
    assert back.overall.fraction == "3 of 6"


def test_the_findings_stand_under_their_phase_with_its_coverage():
    """A finding is whatever the caller shows beside the row; the order within a phase is the caller's."""
    findings = [("third", ROWS[2]), ("first", ROWS[0]), ("second", ROWS[1])]
    assert phases(RESULTS, findings) == [
        (Coverage("plan", "Plan", 2, 2, 1, 1), [("first", ROWS[0])]),
        (Coverage("do", "Do", 1, 4, 1, 2), [("third", ROWS[2]), ("second", ROWS[1])]),
    ]


def test_rows_by_their_answer():
    assert RESULTS.answered == RESULTS.existing == ROWS[:2]
    assert RESULTS.shared == RESULTS.alignment_rows == ROWS[:1]
    assert RESULTS.absent == []
    assert RESULTS.gap_words == "3 of the 6 cells are gaps, including unanswered rows."
    answered = Results([ENVIRONMENT, SAFETY], [], [Row("a", "A", "do", False, 0, [], [])], [("do", "Do")])
    assert (answered.absent, answered.existing) == (answered.rows, [])
    assert answered.gap_words == "2 of the 2 cells are gaps."
