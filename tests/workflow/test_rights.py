"""A table of rights: who may do what at which stage."""

from enum import StrEnum

import pytest

from workflow.rights import RightsTable


class Act(StrEnum):
    READ = "read"
    WRITE = "write"
    DELETE = "delete"


class Who(StrEnum):
    OWNER = "owner"
    GUEST = "guest"


@pytest.fixture
def table() -> RightsTable[Act, Who, str]:
    return RightsTable(
        {
            Act.READ: {Who.OWNER: frozenset({"draft", "sent"}), Who.GUEST: frozenset({"sent"})},
            Act.WRITE: {Who.OWNER: frozenset({"draft"})},
            Act.DELETE: {Who.OWNER: frozenset()},
        }
    )


@pytest.mark.parametrize(
    ("act", "ways", "stage", "may"),
    [
        ("read", {"owner"}, "draft", True),
        ("read", {"owner"}, "sent", True),
        ("read", {"owner"}, "gone", False),
        ("read", {"guest"}, "draft", False),
        ("read", {"guest"}, "sent", True),
        ("read", {"guest", "owner"}, "draft", True),  # one of several ways is enough
        ("read", {"stranger"}, "sent", False),
        ("read", set(), "sent", False),
        ("write", {"owner"}, "draft", True),
        ("write", {"owner"}, "sent", False),
        ("write", {"guest"}, "draft", False),
        ("delete", {"owner"}, "draft", False),
    ],
)
def test_who_may_do_what_at_which_stage(table, act, ways, stage, may):
    assert table.may(Act(act), ways, stage) is may


@pytest.mark.parametrize(
    ("act", "ways", "includes"),
    [
        ("read", {"guest"}, True),
        ("write", {"guest"}, False),
        ("write", {"guest", "owner"}, True),
        ("write", set(), False),
    ],
)
def test_whether_a_way_includes_an_act_at_some_stage(table, act, ways, includes):
    assert table.includes(Act(act), ways) is includes


def test_an_act_that_is_not_in_the_table_is_a_mistake(table):
    with pytest.raises(KeyError):
        table.may("copy", {"owner"}, "draft")
    with pytest.raises(KeyError):
        table.includes("copy", {"owner"})
