"""Operational controls: what is done within which limits, and two on one unit that are harmonized."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.do.control_pairs import Harmonizing
from ims.editions import later
from ims.links import LED_TO, RecordLink, link
from ims.models import Control, KeptApart, Record, Unit
from tests.assessments.test_races import at_once
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from workflow.models import WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
WHY = "The stricter one holds for both."
pytestmark = pytest.mark.django_db


def seen(control, user) -> Control:
    return Control.objects.visible_to(user).get(pk=control.pk)


@pytest.fixture
def control(unit, utility, manager):
    """``control(title, **fields)``: a draft on the lift stations, as the manager fetches it."""

    def make(title="Pumps by the maker's card", **fields) -> Control:
        values = {"what": "Grease the bearings.", "initiatives": ["cmom"], "units": [unit.pk], "areas": ["E"]} | fields
        return seen(Control.open_in(utility, by=manager, title=title, **values), manager)

    return make


@pytest.fixture
def both(control) -> tuple[Control, Control]:
    return control(), control("Pumps by vibration", initiatives=["asset-management"], areas=["F"])


def in_force(control, user) -> Control:
    control.move("in-force", by=user)
    return seen(control, user)


def move(browser, control, slug, **sent):
    address = reverse("ims:move", args=[control.utility_id, "controls", control.number, slug])
    return browser.post(address, sent, follow=True)


def all_pairs(utility) -> str:
    return reverse("ims:harmonize_controls", args=[utility.pk])


def settling(first, second) -> str:
    return reverse("ims:settle_controls", args=[first.utility_id, first.number, second.number])


def to_settle(utility, user) -> list[set[int]]:
    return [{pair.first.pk, pair.second.pk} for pair in Harmonizing(utility, user).to_settle]


# One control.


def test_it_is_put_in_force_once_it_says_what_is_done(control, manager, as_):
    browser = as_(manager)
    empty = control(what=" \n")
    page = move(browser, empty, "begin")
    assert (page.status_code, "Enter first what is done" in page.text) == (422, True)
    empty.change(1, by=manager, what="Grease the bearings.", every=6)
    assert "is now “In force”" in move(browser, empty, "begin").text
    assert seen(empty, manager).due == later(TODAY, 6)


def test_it_is_reviewed_and_counts_as_living_until_the_next_review(control, manager, as_):
    living = registers.get("controls").living
    found = control(every=12)
    assert living(found) == "It is not in force."
    found = in_force(found, manager)
    assert living(found) == ""
    Record.objects.filter(pk=found.pk).update(due=date(2026, 1, 31))
    assert living(seen(found, manager)) == "Its review was due on January 31, 2026."
    assert f"{found.number} was reviewed." in move(as_(manager), found, "review").text
    assert (seen(found, manager).due, living(seen(found, manager))) == (later(TODAY, 12), "")


def test_it_is_withdrawn_with_a_reason(control, manager, as_):
    found, browser = in_force(control(), manager), as_(manager)
    assert move(browser, found, "withdraw", why="").status_code == 422
    move(browser, found, "withdraw", why="The pumps are gone.")
    found = seen(found, manager)
    assert (found.status, found.is_open, found.events.last().why) == ("withdrawn", False, "The pumps are gone.")


@pytest.mark.parametrize(
    ("lowest", "highest", "words"),
    [
        ("0.8", "2.0", "0.8 to 2 mg/L"),
        ("20", None, "at least 20 mg/L"),
        (None, "0", "at most 0 mg/L"),
        (None, None, ""),
        ("100", "100", "100 to 100 mg/L"),
    ],
)
def test_the_limits_in_words(lowest, highest, words):
    low, high = (Decimal(value) if value else None for value in (lowest, highest))
    assert Control(lowest=low, highest=high, unit="mg/L").limits == words


def test_the_form_wants_the_limits_in_order(control, manager, as_):
    found = control()
    sent = {"title": found.title, "kind": "operation", "lowest": "2", "highest": "1", "version": 1, "what": "x"}
    page = as_(manager).post(reverse("ims:save", args=[found.utility_id, "controls", found.number]), sent)
    assert (page.status_code, "It must not be below the lowest value." in page.text) == (422, True)


def test_what_is_in_force_keeps_saying_what_is_done(control, manager, as_):
    found = in_force(control(), manager)
    sent = {"title": found.title, "kind": found.kind, "version": found.version, "what": " "}
    page = as_(manager).post(reverse("ims:save", args=[found.utility_id, "controls", found.number]), sent)
    assert (page.status_code, "A control in force says what is done." in page.text) == (422, True)


@pytest.mark.parametrize("register", ["objectives", "requirements"])
def test_it_supports_an_objective_or_a_requirement_both_ways(control, utility, manager, as_, register):
    browser = as_(manager)
    supported = registers.get(register).model.open_in(utility, by=manager, title="Supported")
    found = browser.get(supported.get_absolute_url())
    assert f"{reverse('ims:new', args=[utility.pk, 'controls'])}?from={supported.number}" in found.text
    new = f"{reverse('ims:new', args=[utility.pk, 'controls'])}?from={supported.number}"
    browser.post(new, {"title": "Grease the pumps", "kind": "maintenance"})
    made = Control.objects.get()
    assert supported.number in main_of(browser.get(made.get_absolute_url()))
    assert made.number in main_of(browser.get(supported.get_absolute_url()))


# Two on one unit.


def test_two_of_one_kind_on_one_unit_for_different_initiatives_are_flagged(both, utility, manager, as_):
    first, second = both
    assert to_settle(utility, manager) == [{first.pk, second.pk}]
    browser = as_(manager)
    for one, other in (both, both[::-1]):
        page = main_of(browser.get(one.get_absolute_url()))
        assert "to harmonize" in page
        assert other.number in page
    page = main_of(browser.get(all_pairs(utility)))
    assert "1 pair is still to settle." in page
    assert "Lift stations" in page


@pytest.mark.parametrize(
    "fields",
    [
        {"initiatives": ["cmom"]},
        {"kind": "safety"},
        {"units": []},
        {"status": "withdrawn", "is_open": False},
    ],
    ids=["same initiatives", "other kind", "no unit", "withdrawn"],
)
def test_others_are_not_flagged(both, utility, manager, fields, as_):
    Control.objects.filter(pk=both[1].pk).update(**fields)
    assert to_settle(utility, manager) == []
    for each in both:
        assert "to harmonize" not in as_(manager).get(each.get_absolute_url()).text


def test_the_same_initiatives_in_another_order_are_the_same(control, utility, manager):
    control(initiatives=["cmom", "iso-14001"])
    control("Again", initiatives=["iso-14001", "cmom"])
    assert to_settle(utility, manager) == []


def test_two_units_in_common_are_one_pair(both, utility, manager):
    pumps = Unit.open_in(utility, by=manager, title="Pumps")
    Control.objects.update(units=[both[0].units[0], pumps.pk])
    (pair,) = Harmonizing(utility, manager).pairs
    assert pair.units == "Lift stations, Pumps"


def test_both_stay_for_a_reason_until_somebody_flags_them_again(both, utility, manager, as_):
    browser = as_(manager)
    page = browser.get(settling(*both)).text
    assert "Grease the bearings." in page
    refused = browser.post(settling(*both), {"how": "apart", "why": " "})
    assert refused.status_code == 422
    browser.post(settling(*both[::-1]), {"how": "apart", "why": WHY})
    assert to_settle(utility, manager) == []
    for each in both:
        assert WHY in main_of(browser.get(each.get_absolute_url()))
        assert WHY in each.history.first().after["harmonized"]
    assert WHY in main_of(browser.get(all_pairs(utility)))
    assert "There is nothing to settle" in browser.get(settling(*both), follow=True).text
    kept = KeptApart.objects.get()
    browser.post(reverse("ims:flag_controls_again", args=[utility.pk, kept.pk]))
    assert len(to_settle(utility, manager)) == 1
    assert WHY in both[0].history.first().before["harmonized"]
    with pytest.raises(WrongState):
        KeptApart.objects.visible_to(manager).get().end(by=manager)


def test_one_replaces_the_other_and_serves_both(both, objective, utility, manager, as_):
    first, second = (in_force(each, manager) for each in both)
    link(objective, second, LED_TO, by=manager)
    as_(manager).post(settling(first, second), {"how": "first", "why": WHY})
    first, second = seen(first, manager), seen(second, manager)
    assert (second.status, second.events.last().why) == ("withdrawn", f"Replaced by {first.number}: {WHY}")
    assert (first.status, first.initiatives, first.areas) == ("in-force", ["cmom", "asset-management"], ["E", "F"])
    assert {each.earlier_id for each in RecordLink.objects.filter(later=first)} == {objective.pk, second.pk}
    assert RecordLink.objects.filter(later=second).get().earlier_id == objective.pk
    assert first.history.filter(after__has_key="initiatives").exists()
    assert to_settle(utility, manager) == []


def test_the_second_may_replace_the_first(both, manager, as_):
    as_(manager).post(settling(*both), {"how": "second", "why": WHY})
    assert [seen(each, manager).status for each in both] == ["withdrawn", "draft"]


def test_a_draft_does_not_replace_what_is_in_force(both, manager, as_):
    first, second = in_force(both[0], manager), both[1]
    page = as_(manager).post(settling(first, second), {"how": "second", "why": WHY}, follow=True)
    assert f"Put {second.number} in force first" in page.text
    assert [seen(each, manager).status for each in both] == ["in-force", "draft"]
    assert seen(second, manager).initiatives == ["asset-management"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_settle_at_once_one_is_told(both, manager):
    first, second = both
    outcomes = at_once(
        lambda: first.replace(second, by=manager, why=WHY), lambda: second.replace(first, by=manager, why=WHY)
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "WrongState"]
    assert sorted(Control.objects.values_list("status", flat=True)) == ["draft", "withdrawn"]


# Rights and the database.


def test_a_viewer_reads_the_pairs_and_settles_nothing(both, utility, manager, viewer, as_):
    browser = as_(viewer)
    page = browser.get(all_pairs(utility))
    assert (page.status_code, ">Harmonize<" in page.text) == (200, False)
    assert browser.get(settling(*both)).status_code == 403
    kept = both[0].keep_apart(both[1], by=manager, why=WHY)
    assert browser.post(reverse("ims:flag_controls_again", args=[utility.pk, kept.pk])).status_code == 403
    theirs = [seen(each, viewer) for each in both]
    for attempt in (theirs[0].keep_apart, theirs[0].replace):
        with pytest.raises(NotAllowed):
            attempt(theirs[1], by=viewer, why=WHY)


def test_strangers_get_not_found(both, utility, manager, stranger, former, as_):
    kept = both[0].keep_apart(both[1], by=manager, why=WHY)
    for browser in (as_(stranger), as_(former)):
        assert browser.get(all_pairs(utility)).status_code == 404
        assert browser.post(settling(*both), {"how": "apart", "why": WHY}).status_code == 404
        assert browser.post(reverse("ims:flag_controls_again", args=[utility.pk, kept.pk])).status_code == 404


def test_an_advisor_settles(both, advisor, as_):
    assert as_(advisor).post(settling(*both), {"how": "apart", "why": WHY}).status_code == 302
    assert KeptApart.objects.exists()


def test_a_control_does_not_meet_itself_or_one_that_is_not_there(both, utility, manager, as_):
    assert as_(manager).get(settling(both[0], both[0])).status_code == 404
    nowhere = reverse("ims:settle_controls", args=[utility.pk, both[0].number, "OPC-2001-001"])
    assert as_(manager).get(nowhere).status_code == 404


@pytest.mark.parametrize(
    ("changes", "name"),
    [({"every": 0}, "control_rhythm"), ({"lowest": 2, "highest": 1}, "control_values_in_order")],
)
def test_the_database_keeps_limits_and_rhythm(control, changes, name):
    found = control()
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Control.objects.filter(pk=found.pk).update(**changes)


def test_the_database_puts_nothing_in_force_that_says_nothing(control, manager):
    empty = control(what="")
    with pytest.raises(IntegrityError, match="control_says_what"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=empty.pk).update(status="in-force"))
    full = in_force(control(), manager)
    with pytest.raises(IntegrityError, match="control_in_force_keeps_saying_what"), transaction.atomic():
        Control.objects.filter(pk=full.pk).update(what="")


def test_the_database_keeps_apart_two_of_one_utility_once_and_for_a_reason(both, manager):
    first, second = both
    first.keep_apart(second, by=manager, why=WHY)
    elsewhere = Control.open_in(UtilityFactory(), by=manager, title="Elsewhere")
    tries = {
        "kept_apart_once": {"first": first, "second": second, "why": WHY},
        "kept_apart_in_order": {"first": second, "second": first, "why": WHY},
        "kept_apart_has_a_reason": {"first": first, "second": second, "why": "", "ended_at": timezone.now()},
        "kept_apart_within_a_utility": {"first": first, "second": elsewhere, "why": WHY},
    }
    for name, fields in tries.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            KeptApart.objects.create(**fields)
    with pytest.raises(WrongState):
        second.keep_apart(first, by=manager, why=WHY)


def test_the_pages_take_as_many_queries_for_many(control, utility, manager, as_):
    browser, counts = as_(manager), []
    first = control()
    for n in (2, 12):
        made = [control(f"Control {n} {each}", initiatives=[f"own-{n}-{each}"]) for each in range(n)]
        first.keep_apart(made[0], by=manager, why=WHY)
        for page in (all_pairs(utility), first.get_absolute_url()):
            browser.get(page)
            with CaptureQueriesContext(connection) as queries:
                browser.get(page)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]
    assert counts[0] <= 15
