"""Periods, numbers and trends: what is read, what is refused, and the rules written out."""

from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims.check import numbers, periods
from ims.check.numbers import NotANumber, exact, kept, number, shown
from ims.check.periods import Every, NotAPeriod, understood
from ims.check.trends import Direction, Goal, Trend, trend

EVERY = st.sampled_from(list(Every))
DAYS = st.dates(date(periods.FIRST_YEAR, 1, 1), date(periods.LAST_YEAR, 12, 31))
VALUES = st.decimals(
    -(10**numbers.DIGITS) + 1, 10**numbers.DIGITS - 1, allow_nan=False, allow_infinity=False, places=numbers.PLACES
)


@pytest.mark.parametrize(
    "text",
    [
        *("3/2026", "03/2026", "3-2026", "2026-03", "2026/3", "2026-03-31", "2026-03-01 00:00:00", "3/31/2026"),
        *("3/31/26", "Mar 2026", "March 2026", "march, 2026", "MAR-2026", "Mar-26", "Mar '26", "Mar ’26", "Mar. 2026"),
        *("March 31, 2026", "Mar 31 2026", "March 3rd, 2026", "31 March 2026", "31-Mar-26", "2026 Mar", "  Mar  2026 "),
    ],
)
def test_ways_to_write_a_month(text):
    assert understood(text, Every.MONTH) == date(2026, 3, 1)
    assert understood(text, Every.QUARTER) == date(2026, 1, 1)
    assert understood(text, Every.YEAR) == date(2026, 1, 1)


@pytest.mark.parametrize(
    "text",
    ["1Q2026", "1Q 2026", "1Q26", "Q1 2026", "q1/26", "Q1 '26", "2026Q1", "2026-Q1", "2026 1Q", "1st quarter 2026"],
)
def test_ways_to_write_a_quarter(text):
    assert understood(text, Every.QUARTER) == date(2026, 1, 1)
    assert understood(text, Every.YEAR) == date(2026, 1, 1)
    with pytest.raises(NotAPeriod, match=r"is a quarter, but this measure is read monthly. Write it as Mar 2026."):
        understood(text, Every.MONTH)


def test_the_last_quarter_and_a_year():
    assert understood("4Q2026", Every.QUARTER) == date(2026, 10, 1)
    assert understood("2026", Every.YEAR) == date(2026, 1, 1)
    for every in (Every.MONTH, Every.QUARTER):
        with pytest.raises(NotAPeriod, match="is a year"):
            understood("2026", every)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "2/30/2026", "13/2026", "3/26", "Mar 26", "Mars 2026", "xx 2026", "5Q2026", "Q0 2026", "March"),
        *("FY2026", "fiscal 2026", "0026", "1949", "2101", "12", "46112", "2026-03-31 x", "03/31", "Total", "me 2026"),
        *("00/2026", "2026-00", "0/1/2026", "1/0/2026"),
    ],
)
def test_what_is_no_period(text):
    for every in Every:
        with pytest.raises(NotAPeriod):
            understood(text, every)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (" ", "There is no date. Write it as Mar 2026."),
        (" Total ", "“Total” is not a date that can be read. Write it as Mar 2026."),
        ("x" * 50, f"“{'x' * 40}” is not a date that can be read. Write it as Mar 2026."),
    ],
)
def test_what_is_said_of_what_is_no_period(text, said):
    with pytest.raises(NotAPeriod) as refused:
        understood(text, Every.MONTH)
    assert str(refused.value) == said


@pytest.mark.parametrize("text", ["FY2026", "fiscal 2026"])
def test_a_fiscal_year_is_called_one(text):
    with pytest.raises(NotAPeriod, match=r"is a fiscal year. Write the calendar date, as Q1 2026."):
        understood(text, Every.QUARTER)


def test_a_day_is_more_precise_than_a_month():
    assert understood("3/31/2026", Every.MONTH) == understood("Mar 2026", Every.MONTH) == date(2026, 3, 1)
    assert [periods.is_period(text) for text in ("Mar 2026", "Q1 2026", "2026", "Total", "")] == [True] * 3 + [
        False
    ] * 2


@pytest.mark.parametrize(
    ("month", "every", "name", "short"),
    [
        (3, Every.MONTH, "March 2026", "Mar 2026"),
        (1, Every.QUARTER, "Q1 2026", "Q1 2026"),
        (10, Every.QUARTER, "Q4 2026", "Q4 2026"),
        (1, Every.YEAR, "2026", "2026"),
    ],
)
def test_how_a_period_is_named(month, every, name, short):
    first = date(2026, month, 1)
    assert (periods.named(first, every), periods.short(first, every)) == (name, short)


@given(DAYS, EVERY)
def test_a_period_is_read_as_it_is_shown(day, every):
    first = periods.start(day, every)
    assert periods.start(first, every) == first <= day <= periods.last_day(first, every)
    for text in (periods.named(first, every), periods.short(first, every), *([day.isoformat(), f"{day:%m/%d/%Y}"])):
        assert understood(text, every) == first


@given(DAYS, EVERY, st.integers(-40, 40))
def test_moving_there_and_back(day, every, by):
    first = periods.start(day, every)
    if periods.FIRST_YEAR + 41 < day.year < periods.LAST_YEAR - 41:
        assert periods.moved(periods.moved(first, every, by), every, -by) == first
        assert len(list(periods.between(first, periods.moved(first, every, abs(by)), every))) == abs(by) + 1


@given(DAYS, EVERY)
def test_the_last_period_that_ended(today, every):
    first = periods.last_ended(today, every)
    assert periods.last_day(first, every) < today <= periods.last_day(periods.moved(first, every, 1), every)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("1,234.5", "1234.5"), ("1234.5", "1234.5"), ("(3.2)", "-3.2"), ("-3.2", "-3.2"), ("− 3.2", "-3.2")],
        *[("$1,200", "1200"), ("($1,200.50)", "-1200.50"), (".5", "0.5"), ("5.", "5"), ("-0", "0"), (" 7 ", "7")],
        *[("99999999999999.999999", "99999999999999.999999"), ("0.000001", "0.000001"), ("1,000,000", "1000000")],
    ],
)
def test_ways_to_write_a_number(text, value):
    assert number(text) == Decimal(value)


def test_there_is_no_negative_zero():
    assert str(kept(Decimal("-0"))) == str(kept(Decimal(0)))


def test_a_percent_sign_only_where_the_unit_is_percent():
    assert number("12 %", percent=True) == number("12%", percent=True) == 12
    assert number("(1.5%)", percent=True) == Decimal("-1.5")
    with pytest.raises(NotANumber, match="the unit of this measure is not"):
        number("12 %")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        *[("ND", "when nothing is detected"), ("n.d.", "nothing is detected"), ("Non-detect", "nothing is detected")],
        *[("<0.5", "is a limit, not a number"), ("> 5", "is a limit"), ("≤2", "is a limit"), ("~3", "is a limit")],
        *[("", "There is no number"), ("-", "There is no number"), ("n/a", "is not a number"), ("1,5", "not a number")],
        *[
            ("1.234,5", "not a number"),
            ("12,34,567", "not a number"),
            ("1 234", "not a number"),
            ("--3", "not a number"),
        ],
        *[("1.2E+11", "shortened"), ("####", "not a number"), ("٣", "not a number"), ("1/2", "not a number")],
        *[("0.0000001", "too many digits"), ("100000000000000", "too many digits"), ("NaN", "not a number")],
        *[
            ("X", "“X” is not a number"),
            ("inf", "not a number"),
            ("3.2-", "not a number"),
            ("(3.2", "not a number"),
            ("$", "not a number"),
        ],
    ],
)
def test_what_is_no_number(text, words):
    with pytest.raises(NotANumber, match=words):
        number(text)


@given(VALUES, st.integers(0, numbers.PLACES))
def test_a_number_is_read_as_it_is_written(value, decimals):
    assert number(exact(value)) == value
    assert number(f"{abs(value):,f}") == abs(value)
    assert number(f"({abs(value):,f})") == -abs(value)
    read = shown(value, decimals)
    assert abs(number(read) - value) * 2 <= Decimal(1).scaleb(-decimals) if abs(value) < 10**13 else True


@given(st.text(max_size=12), EVERY)
def test_any_text_is_read_or_refused(text, every):
    with suppress(NotANumber):
        assert kept(number(text)) == number(text)
    with suppress(NotAPeriod):
        assert periods.start(understood(text, every), every) == understood(text, every)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [("1234.55", 1, "1,234.6"), ("-0.04", 1, "0.0"), ("2.5", 0, "3"), ("0.125", 2, "0.13"), ("7", 2, "7.00")],
)
def test_a_number_is_shown_with_its_decimals(value, decimals, text):
    assert shown(Decimal(value), decimals) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1234.500000", "1234.5"), ("100", "100"), ("2.000", "2"), ("0.050", "0.05"), ("-7.10", "-7.1")]
)
def test_a_number_in_full_has_its_digits_and_no_others(value, text):
    assert exact(Decimal(value)) == text


@pytest.mark.parametrize(("text", "value"), [("– 3", -3), ("$ 1,200", 1200), ("- $5", -5)])
def test_dashes_and_spaces_within_a_number(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "There is no number."),
        ("≤ 3", "“≤ 3” is a limit, not a number. Enter the number that you report for it."),
        ("ND", "“ND” is not a number. Enter the number that you report when nothing is detected."),
    ],
)
def test_what_is_no_number_says_what_to_enter(text, words):
    with pytest.raises(NotANumber) as refused:
        number(text)
    assert str(refused.value) == words


def test_an_average_is_exact():
    assert numbers.average([Decimal(1), Decimal(2), Decimal(6)]) == 3


# --- goals and trends

LOW, HIGH = Goal(Direction.LOWER, upper=Decimal(2)), Goal(Direction.HIGHER, lower=Decimal(95))
RANGE = Goal(Direction.RANGE, Decimal("6.5"), Decimal("8.5"))


@pytest.mark.parametrize(
    ("goal", "met", "missed", "words"),
    [(LOW, "2", "2.1", "2.0 or less"), (HIGH, "95", "94.9", "95.0 or more"), (RANGE, "8.5", "6.4", "6.5 to 8.5")],
)
def test_whether_a_value_meets_its_goal(goal, met, missed, words):
    assert goal.met(Decimal(met)) is True
    assert goal.met(Decimal(missed)) is False
    assert goal.words(1) == words


def test_without_a_target_nothing_is_met_or_missed():
    assert Goal(Direction.LOWER).met(Decimal(1)) is None
    assert Goal(Direction.LOWER).words(1) == ""


@pytest.mark.parametrize(
    ("goal", "values", "expected"),
    [
        (LOW, "3 3 3 2 2 2", Trend.BETTER),
        (LOW, "2 2 2 3 3 3", Trend.WORSE),
        (HIGH, "2 2 2 3 3 3", Trend.BETTER),
        (LOW, "100 100 100 101.9 101.9 101.9", Trend.STEADY),
        (LOW, "100 100 100 102 102 102", Trend.WORSE),
        (LOW, "100 100 100 98 98 98", Trend.BETTER),
        (LOW, "9 9 3 3 3 2 2 2", Trend.BETTER),  # only the last six count
        (LOW, "1 1 3 3 3 2.9 2.9 2.9", Trend.BETTER),
        (LOW, "9 9 9 3 3 3 2.9 2.9 2.9", Trend.BETTER),
        (LOW, "3 2", Trend.BETTER),
        (LOW, "9 3 2", Trend.BETTER),
        (LOW, "9 3 3 2 2", Trend.BETTER),
        (LOW, "0 0", Trend.STEADY),
        (LOW, "0 0.1", Trend.WORSE),
        (LOW, "-100 -98", Trend.WORSE),
        (LOW, "3", None),
        (LOW, "", None),
        (RANGE, "5 9 7 8", Trend.BETTER),
        (RANGE, "7 8 5 9", Trend.WORSE),
        (RANGE, "6.5 8.5", Trend.STEADY),
        (Goal(Direction.RANGE), "1 2", None),
    ],
)
def test_the_rule_of_the_trend(goal, values, expected):
    assert trend([Decimal(each) for each in values.split()], goal) == expected


@given(st.lists(st.decimals(-1000, 1000, places=2), max_size=9))
def test_what_is_better_if_low_is_worse_if_high(values):
    turned = {Trend.BETTER: Trend.WORSE, Trend.WORSE: Trend.BETTER}
    low = trend(values, Goal(Direction.LOWER))
    assert trend(values, Goal(Direction.HIGHER)) == turned.get(low, low)
    assert (low is None) == (len(values) < 2)


def test_a_day_later_the_month_has_ended():
    assert periods.last_ended(date(2026, 3, 31), Every.MONTH) == date(2026, 2, 1)
    assert periods.last_ended(date(2026, 3, 31) + timedelta(days=1), Every.MONTH) == date(2026, 3, 1)
