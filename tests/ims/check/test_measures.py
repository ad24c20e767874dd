"""Measures and readings as the database keeps them: each rule is broken once."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from ims import registers
from ims.check.readings import enter, first_due, next_period
from ims.examples import from_file
from ims.forms import form_of
from ims.models import Measure, Quarter, Reading
from tests.ims.check.conftest import add, fill
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


def broken(name: str):
    return pytest.raises(IntegrityError, match=name)


@pytest.mark.parametrize(
    ("rule", "fields"),
    [("measure_range_in_order", {"lower": 3, "upper": 2}), ("measure_decimals_fit", {"decimals": 7})],
)
def test_rules_of_a_measure(measure, rule, fields):
    with broken(rule):
        Measure.objects.filter(pk=measure.pk).update(**fields)


@pytest.mark.parametrize(
    ("every", "wrong", "right"),
    [
        ("month", "2026-01-02", "2026-02-01"),
        ("quarter", "2026-02-01", "2026-04-01"),
        ("year", "2026-04-01", "2026-01-01"),
    ],
)
def test_a_reading_starts_its_period(utility, catalog, manager, every, wrong, right):
    measure = add(utility, manager, every=every)
    with broken("reading_starts_its_period"), transaction.atomic():
        Reading.objects.create(measure=measure, period=wrong, value=1)
    reading = Reading.objects.create(measure=measure, period=right, value=1)
    with broken("reading_starts_its_period"), transaction.atomic():
        Reading.objects.filter(pk=reading.pk).update(period=wrong)


def test_one_reading_per_measure_and_period(read):
    with broken("reading_once_per_period"):
        Reading.objects.create(measure=read, period=date(2026, 1, 1), value=1)


def test_a_reading_without_a_value_has_a_reason(measure):
    with broken("reading_without_value_has_a_reason"):
        Reading.objects.create(measure=measure, period=date(2026, 1, 1))


def test_a_measure_with_readings_keeps_its_periods(measure):
    Measure.objects.filter(pk=measure.pk).update(every="quarter")
    fill(measure, None, None, None, "1")
    Measure.objects.filter(pk=measure.pk).update(every="quarter", decimals=2)
    with broken("measure_keeps_its_periods"):
        Measure.objects.filter(pk=measure.pk).update(every="month")


def test_a_quarter_starts_a_quarter(utility):
    Quarter.objects.create(utility=utility, first=date(2026, 4, 1))
    for wrong in (date(2026, 4, 2), date(2026, 5, 1)):
        with broken("quarter_starts_a_quarter"), transaction.atomic():
            Quarter.objects.create(utility=utility, first=wrong)
    with broken("quarter_once"):
        Quarter.objects.create(utility=utility, first=date(2026, 4, 1))


def test_exact_decimals_come_back(measure, manager):
    value = Decimal("12345678901234.000001")
    enter(measure, date(2026, 1, 1), value=value, by=manager)
    assert measure.readings.get().value == value


def test_entering(measure, manager):
    reading = enter(measure, date(2026, 1, 1), value=Decimal("3.2"), note="Heavy rain", by=manager)
    assert (reading.entered_by, reading.note, reading.version) == (manager, "Heavy rain", 1)
    with pytest.raises(WrongState, match="January 2026 has a reading already"):
        enter(measure, date(2026, 1, 1), value=Decimal(1), by=manager)
    enter(measure, date(2026, 5, 1), value=Decimal(1), by=manager)
    with pytest.raises(WrongState, match="June 2026 has not begun"):
        enter(measure, date(2026, 6, 1), value=Decimal(1), by=manager)
    measure.move("retired", by=manager, why="Not useful.")
    with pytest.raises(WrongState, match="is retired"):
        enter(measure, date(2026, 2, 1), value=Decimal(1), by=manager)
    assert measure.readings.count() == 2


def test_a_correction_and_a_removal_are_kept_with_their_reasons(read, manager):
    reading = Reading.objects.visible_to(manager).get(period=date(2026, 1, 1))
    with pytest.raises(WrongState, match="reason"):
        reading.correct(1, by=manager, why="", value=Decimal(1), note="")
    reading.correct(1, by=manager, why="Two spills were counted twice.", value=Decimal("3.1"), note="")
    with pytest.raises(Stale):
        reading.correct(1, by=manager, why="Again", value=Decimal(1), note="")
    reading.correct(2, by=manager, why="It was another district.", value=None, note="")
    assert reading.shown == "no reading"
    change = reading.history.get()  # by one person within minutes
    assert (change.before["value"], change.after["value"]) == ("3.300000", None)
    assert change.after["why"] == "It was another district."
    read.move("retired", by=manager, why="Not useful.")
    with pytest.raises(WrongState, match="is retired"):
        reading.correct(3, by=manager, why="Late", value=Decimal(1), note="")


def test_a_viewer_changes_no_reading(read, viewer):
    reading = Reading.objects.visible_to(viewer).get(period=date(2026, 1, 1))
    with pytest.raises(NotAllowed):
        reading.correct(1, by=viewer, why="I say so.", value=Decimal(1), note="")
    with pytest.raises(NotAllowed):
        enter(Measure.objects.visible_to(viewer).get(), date(2026, 5, 1), value=Decimal(1), by=viewer)


def test_the_next_period(measure):
    assert next_period(measure, []) == date(2026, 4, 1)
    assert next_period(measure, [date(2026, 4, 1), date(2026, 2, 1)]) == date(2026, 5, 1)
    assert first_due(measure) == date(2026, 5, 1)


@pytest.mark.parametrize(
    ("combined", "expected"), [("total", Decimal(9)), ("average", Decimal(3)), ("last", Decimal(2))]
)
def test_the_value_of_several_periods(combined, expected):
    measure = Measure(combined=combined)
    assert measure.combine([Decimal(3), Decimal(4), Decimal(2)]) == expected
    assert measure.combine([]) is None


@pytest.mark.parametrize(("direction", "words"), [("lower", "5 or less"), ("higher", "5 or more"), ("range", "1 to 2")])
def test_the_goal_of_each_direction(direction, words):
    measure = Measure(direction=direction, target=Decimal(5), lower=Decimal(1), upper=Decimal(2))
    assert measure.goal.words(0) == words


@pytest.mark.parametrize(("unit", "expected"), [("%", True), ("Percent of time", True), ("NTU", False), ("", False)])
def test_a_unit_in_percent(unit, expected):
    assert Measure(unit=unit).in_percent is expected


# --- its form


def test_the_form_refuses_a_range_upside_down(utility, catalog, as_, manager):
    sent = {"title": "pH", "direction": "range", "lower": "8.5", "upper": "6.5", "every": "month", "decimals": "1"}
    page = reverse("ims:new", args=[utility.pk, "measures"])
    refused = as_(manager).post(page, sent | {"combined": "average"})
    assert refused.status_code == 422
    assert "The lowest value is above the highest." in refused.text
    assert not Measure.objects.exists()


def test_saving_as_you_go_keeps_the_periods_of_readings(read, as_, manager, address):
    sent = {"title": "Spills", "every": "year", "combined": "total", "direction": "lower", "decimals": "2"}
    headers = {"Accept": "application/json"}
    answer = as_(manager).post(address("save", read), sent | {"version": 1}, headers=headers).json()
    assert [each["name"] for each in answer["errors"]] == ["every"]
    kept = Measure.objects.get()
    assert (kept.title, kept.every, kept.combined, kept.decimals) == ("Spills", "month", "total", 2)


# --- the starter set


def test_every_example_fits_the_form(catalog, utility):
    described = registers.get("measures")
    for example in described.examples():
        given = {"every": "month", "title": example.title} | dict(example.fields)
        form = form_of(described)(given, utility=utility)
        assert form.is_valid(), (example.title, form.errors)
        assert Measure(**example.fields).every in ("month", "quarter", "year")


def test_san_diegos_28_indicators_are_all_there_and_have_no_target():
    found = [each for each in from_file("measures") if "San Diego" in each.source]
    assert len({each.named for each in found}) == 28
    assert not [each for each in found if {"target", "lower", "upper", "baseline"} & set(each.fields)]


def test_only_the_partnerships_targets_are_set():
    with_target = [each for each in from_file("measures") if "target" in each.fields]
    assert {each.source.split(",")[0] for each in with_target} == {"Partnership for Safe Water"}
    assert [each.fields["target"] for each in with_target] == [95, 0.3, 95, 95, 15]


def test_examples_become_measures(catalog, utility, as_, manager):
    page = reverse("ims:examples", args=[utility.pk, "measures"])
    browser = as_(manager)
    text = browser.get(page).text
    assert "Sewer Back-up Claims" in text
    done = browser.post(page, {"chosen": ["7", "31"]}, follow=True)
    assert "2 measures were created." in done.text
    spills, turbidity = Measure.objects.order_by("number")
    assert (spills.title, spills.target, spills.combined) == ("Sewer spills", None, "total")
    assert (turbidity.target, turbidity.initiatives) == (95, ["partnership-safe-water"])
