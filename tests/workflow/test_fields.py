"""Numbers as people write them."""

import pytest
from django.core.exceptions import ValidationError

from workflow.fields import NumberField

FLOW, PEOPLE = NumberField(unit="MGD", min_value=0), NumberField(unit="people", whole=True)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12.5", 12.5), (" 12.5 MGD ", 12.5), ("12.5mgd", 12.5), ("1,250.5", 1250.5), (".5", 0.5), ("7", 7), ("0", 0)],
)
def test_a_flow(typed, number):
    assert FLOW.clean(typed) == number


@pytest.mark.parametrize(
    ("typed", "number"), [("48,500", 48500), ("48500 people", 48500), ("1,234,567", 1234567), ("48500.0", 48500)]
)
def test_a_population(typed, number):
    assert PEOPLE.clean(typed) == number
    assert type(PEOPLE.clean(typed)) is int


@pytest.mark.parametrize(
    "typed", ["8-12", "12.5-", "12.5.", "1,25", "12,5", "about 8", "8 gpm", "1e999", "nan", "inf", "--", "½"]
)
def test_what_is_no_number_is_repeated(typed):
    with pytest.raises(ValidationError, match="is not a number. Enter one number, such as 12.5") as error:
        FLOW.clean(typed)
    assert typed in error.value.messages[0]


def test_a_whole_number_has_no_fraction():
    with pytest.raises(ValidationError, match="is not a whole number"):
        PEOPLE.clean("12.5")


def test_its_limits_are_checked():
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        FLOW.clean("-1")


def test_it_is_a_text_box_with_a_number_pad():
    """In a number box the mouse wheel changes the number, and what the browser can't read is sent as nothing."""
    assert 'type="text"' in FLOW.widget.render("flow", 1)
    assert FLOW.widget.attrs["inputmode"] == "decimal"


def test_nothing_is_nothing():
    assert NumberField(required=False).clean("") is None
