"""The programs at a glance: hours by person and month, colliding actions and how they are settled, the pages."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ims.models import Action, Agreement, Capacity, Person, Record, Unit
from ims.plan.programs import charts, urls
from ims.plan.programs.glance import WITHIN, Glance, flags_of
from ims.plan.programs.work import Month, Work, collisions, months_from, working_days
from ims.plan.programs.workload import carried, rounded, rows_of, spread, why_not_counted
from tests.factories import UtilityFactory
from workflow.models import WrongState
from workflow.rights import NotAllowed

TODAY = date(2026, 3, 16)  # a Monday


def work(pk=1, **more) -> Work:
    known = {
        "number": f"PRG-2026-{pk:03}",
        "title": "Clean the sewers",
        "url": "/",
        "owner": 7,
        "owner_name": "Mara Gerr",
        "objective": "",
        "units": (),
        "starts": None,
        "due": None,
        "hours": None,
    }
    return Work(pk=pk, **known | more)


# --- hours


def test_hours_are_spread_over_working_days():
    """Thursday, January 15, to Friday, February 13, 2026: 12 working days and 10."""
    found = spread(Decimal(80), date(2026, 1, 15), date(2026, 2, 13))
    assert found == {Month(2026, 1): Fraction(80 * 12, 22), Month(2026, 2): Fraction(80 * 10, 22)}
    assert [rounded(hours) for hours in found.values()] == [Decimal("43.6"), Decimal("36.4")]


def test_hours_over_the_end_of_a_year():
    """Monday, December 28, 2026, to Tuesday, January 5, 2027: 4 working days and 3."""
    found = spread(Decimal(70), date(2026, 12, 28), date(2027, 1, 5))
    assert found == {Month(2026, 12): 40, Month(2027, 1): 30}


@pytest.mark.parametrize(
    ("first", "last", "month"),
    [
        (date(2026, 5, 20), date(2026, 5, 20), Month(2026, 5)),  # a Wednesday
        (date(2026, 5, 30), date(2026, 5, 31), Month(2026, 5)),  # a weekend
        (date(2026, 2, 28), date(2026, 3, 1), Month(2026, 2)),  # a weekend in two months
    ],
)
def test_hours_of_a_short_action_are_in_one_month(first, last, month):
    assert spread(Decimal("7.5"), first, last) == {month: Fraction(15, 2)}


@given(
    hours=st.decimals(0, 99999, places=1),
    first=st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    length=st.integers(0, 1500),
)
def test_no_hour_is_lost(hours, first, length):
    last = first + timedelta(days=length)
    found = spread(hours, first, last)
    assert sum(found.values()) == Fraction(hours)
    assert all(Month.of(first) <= month <= Month.of(last) for month in found)
    assert all(day.isoweekday() <= 5 for day in working_days(first, last))


@pytest.mark.parametrize(
    ("known", "why"),
    [
        ({}, "It has no start date and no due date and no hours."),
        ({"starts": TODAY, "due": TODAY}, "It has no hours."),
        ({"starts": TODAY, "hours": 5}, "It has no due date."),
        ({"due": TODAY, "hours": 5}, "It has no start date."),
        ({"starts": TODAY, "due": TODAY, "hours": 0}, ""),
        ({"starts": date(2026, 1, 5), "due": date(2026, 3, 15), "hours": 5}, "It is late, so its dates are over."),
        ({"starts": date(2026, 1, 5), "due": TODAY, "hours": 5}, ""),
    ],
)
def test_what_is_not_counted_says_why(known, why):
    assert why_not_counted(work(**known), TODAY) == why


def test_what_people_carry_and_where_it_is_too_much():
    """April 2026 has 22 working days, and May 21."""
    dates = {"starts": date(2026, 4, 1), "due": date(2026, 5, 31)}
    works = [
        work(1, hours=Decimal(86), **dates),  # 44 and 42
        work(2, hours=Decimal(10), starts=date(2026, 4, 6), due=date(2026, 4, 10)),
        work(3, owner=None, owner_name="", hours=Decimal(43), **dates),
        work(4, owner=8, owner_name="Ann Lee", hours=Decimal(8), starts=date(2026, 4, 1), due=date(2026, 4, 2)),
        work(5),
    ]
    loads, left_out = carried(works, {7: Decimal(45), 8: Decimal(8)}, TODAY)
    rows = rows_of(loads, months_from(Month(2026, 3), 4))
    assert [row.load.name for row in rows] == ["Ann Lee", "Mara Gerr", "Nobody yet"]
    assert [[cell.hours for cell in row.cells] for row in rows] == [[0, 8, 0, 0], [0, 54, 42, 0], [0, 22, 21, 0]]
    assert [[cell.over for cell in row.cells] for row in rows] == [[0, 0, 0, 0], [0, 9, 0, 0], [0, 0, 0, 0]]
    assert [each.pk for each, _ in left_out] == [5]
    assert rows_of(loads, [Month(2027, 1)]) == [], "nobody carries anything then"


def test_months():
    assert months_from(Month(2026, 11), 3) == [Month(2026, 11), Month(2026, 12), Month(2027, 1)]
    assert Month(2026, 1).plus(-1) == Month(2025, 12)
    assert str(Month(2026, 1)) == "January 2026"


# --- collisions


def at(pk, starts, due, units=(1,)):
    days = [date(2026, *each) if each else None for each in (starts, due)]
    return work(pk, starts=days[0], due=days[1], units=units)


@pytest.mark.parametrize(
    ("one", "other", "days", "first", "last"),
    [
        (((4, 1), (4, 30)), ((4, 30), (5, 31)), 0, (4, 30), (4, 30)),
        (((4, 1), (6, 30)), ((5, 1), (5, 31)), 0, (5, 1), (5, 31)),
        (((4, 1), (4, 30)), ((5, 1), (5, 31)), 1, (4, 30), (5, 1)),
        ((None, (4, 15)), ((4, 1), (4, 30)), 0, (4, 15), (4, 15)),
        (((4, 15), None), ((4, 1), (4, 30)), 0, (4, 15), (4, 15)),
        (((1, 5), (2, 1)), ((3, 10), (4, 30)), 0, (3, 10), (3, 16)),  # late, so it lasts until today
        (((4, 1), (4, 30)), ((10, 30), (11, 30)), 183, (4, 30), (10, 30)),
    ],
)
def test_two_actions_on_one_unit(one, other, days, first, last):
    for works in ([at(1, *one), at(2, *other)], [at(1, *other), at(2, *one)]):
        [found] = collisions(works, TODAY, WITHIN)
        assert (found.days, found.first, found.last) == (days, date(2026, *first), date(2026, *last))
        assert (found.key, found.units) == ((1, 2), (1,))


@pytest.mark.parametrize(
    "other",
    [
        at(2, (4, 1), (4, 30), units=(2,)),
        at(2, (4, 1), (4, 30), units=()),
        at(2, None, None),
        at(2, (10, 31), (11, 30)),  # more than six months later
    ],
)
def test_what_does_not_collide(other):
    assert collisions([at(1, (4, 1), (4, 30)), other], TODAY, WITHIN) == []


def test_the_order_of_collisions_and_shared_units():
    works = [
        at(1, (4, 1), (4, 30), units=(1, 2)),
        at(2, (4, 20), (5, 31), units=(2, 1)),
        at(3, (6, 15), (6, 30), units=(2,)),
    ]
    found = collisions(works, TODAY, WITHIN)
    assert [(each.key, each.days, each.units) for each in found] == [
        ((1, 2), 0, (1, 2)),
        ((1, 3), 46, (2,)),
        ((2, 3), 15, (2,)),
    ]


# --- settling


pytestmark = pytest.mark.django_db


@pytest.fixture
def two(action, utility, manager):
    """Two open actions on one unit at the same time, as the manager fetches them."""
    today = timezone.localdate()
    for title in ("Clean", "Dig"):
        Action.open_in(
            utility, by=manager, title=title, units=action.units, starts=today, due=today + timedelta(days=40)
        )
    return list(Action.objects.visible_to(manager).exclude(pk=action.pk).order_by("pk"))


@pytest.fixture
def agreement(two, manager) -> Agreement:
    made = Agreement.settle(*two, by=manager, how="together", why="One crew does both.")
    return Agreement.objects.visible_to(manager).get(pk=made.pk)


def test_settling_in_either_order_once(two, manager, agreement):
    assert agreement.key == (two[0].pk, two[1].pk)
    with pytest.raises(WrongState):
        Agreement.settle(two[1], two[0], by=manager, how="in-order", why="Again.")
    agreement.end(by=manager)
    with pytest.raises(WrongState):
        agreement.end(by=manager)
    Agreement.settle(two[1], two[0], by=manager, how="in-order", why="Dig first.")
    assert [str(each) for each in Agreement.objects.valid()] == ["Agreed: one after the other: Dig first."]
    assert Agreement.objects.count() == 2, "what was agreed before is kept"


def test_viewers_settle_nothing(two, agreement, viewer):
    seen = list(Action.objects.visible_to(viewer).filter(pk__in=[each.pk for each in two]))
    with pytest.raises(NotAllowed):
        Agreement.settle(*seen, by=viewer, how="together", why="x")
    with pytest.raises(NotAllowed):
        Agreement.objects.visible_to(viewer).get().end(by=viewer)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"why": ""}, "agreement_has_a_reason"),
        ({"how": "never"}, "agreement_how_known"),
        ({"swap": True}, "agreement_of_two_in_order"),
        ({"foreign": True}, "agreement_within_a_utility"),
        ({"twice": True}, "agreement_once_for_two_actions"),
    ],
)
def test_the_database_keeps_the_rules(agreement, changes, name, manager):
    rows = Agreement.objects.filter(pk=agreement.pk)
    if changes.pop("swap", False):
        changes = {"first": agreement.second, "second": agreement.first}
    if changes.pop("foreign", False):
        changes = {"second": Action.open_in(UtilityFactory(), by=manager, title="Theirs")}
    twice = Agreement(first=agreement.first, second=agreement.second, how="together", why="Again.")
    breaks = twice.save if changes.pop("twice", False) else lambda: rows.update(**changes)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        breaks()


def test_a_capacity_is_not_negative(utility):
    person = Person.objects.create(utility=utility, name="Pat Lee")
    with pytest.raises(IntegrityError, match="capacity_not_negative"), transaction.atomic():
        Capacity.objects.create(person=person, hours=-1)


# --- pages


def page_of(utility, name="programs") -> str:
    return reverse(f"ims:{name}", args=[utility.pk])


def test_the_page_of_a_utility_without_actions(utility, catalog, as_, viewer):
    text = as_(viewer).get(page_of(utility)).text
    assert "No action has a date yet." in text
    assert "No two open actions are on one unit at the same time." in text
    assert page_of(utility) in as_(viewer).get(reverse("ims:system", args=[utility.pk])).text
    assert page_of(utility) in as_(viewer).get(reverse("ims:list", args=[utility.pk, "actions"])).text


def test_the_pictures_say_what_the_lists_say(two, action, utility, as_, manager, viewer):
    mara = Person.objects.of(utility).get(user=manager)
    Capacity.objects.create(person=mara, hours=20)
    Action.objects.filter(pk=two[0].pk).update(hours=900, owner=mara)
    Record.objects.filter(pk=action.pk).update(due=date(2020, 1, 31))
    browser = as_(viewer)
    text = browser.get(page_of(utility)).text
    assert "3 actions from" in text
    assert text.count(">today</text>") == 1
    assert ">late</text>" in text
    assert '<span class="tag tag--bad">late</span>' in text
    assert "<b>Mara Gerr</b> has " in text
    assert text.count("more hours than there is time for") == 1, "one line for all months of a person"
    assert "2 actions not counted" in text
    assert "It has no start date and no hours." in text
    assert "style=" not in text.partition("<main")[2].partition("</main>")[0]
    for by, shown in (("owner", "No owner yet"), ("unit", "Lift stations"), ("nothing", str(action.objective))):
        assert shown in browser.get(page_of(utility), {"by": by}).text


def test_hostile_texts_stay_texts_in_the_pictures(two, utility, as_, viewer, manager):
    title = "<script>alert(1)</script> & “x”"
    mara = Person.objects.create(utility=utility, name="<b>Mara</b>")
    Action.objects.filter(pk=two[0].pk).update(title=title, hours=5, owner=mara)
    text = as_(viewer).get(page_of(utility)).text
    assert "<script>alert" not in text
    assert "<b>Mara</b>" not in text


def test_the_timeline_shows_at_most_two_years(two, utility, manager):
    today = timezone.localdate()
    Action.objects.filter(pk=two[0].pk).update(starts=date(2001, 1, 1))
    Record.objects.filter(pk=two[1].pk).update(due=date(2090, 1, 1))
    glance = Glance(utility, manager, today)
    assert len(glance.months) == 24
    assert glance.months[0] == Month.of(today).plus(-3)
    assert "<svg" in charts.timeline(glance.groups("objective"), glance.months, today)


def test_a_collision_from_its_flag_to_its_end(two, action, utility, as_, manager, viewer):
    browser = as_(manager)
    record = two[0].get_absolute_url()
    assert "On the same unit at the same time" in browser.get(record).text
    assert two[1].get_absolute_url() in browser.get(record).text
    assert "On the same unit" not in browser.get(action.get_absolute_url()).text, "it is due in years"
    page = browser.get(page_of(utility))
    assert len(page.context["colliding"]) == 1
    assert 'name="why"' not in as_(viewer).get(page_of(utility)).text
    sent = {"first": two[1].pk, "second": two[0].pk, "how": "in-order", "why": ""}
    refused = browser.post(page_of(utility, "settle"), sent)
    assert refused.status_code == 422
    assert "This field is required." in refused.text
    settled = browser.post(page_of(utility, "settle"), sent | {"why": "Dig after the cleaning."}, follow=True)
    assert settled.context["colliding"] == []
    assert "Dig after the cleaning." in settled.text
    assert "apart from those that are settled" in settled.text
    assert "Agreed: one after the other" in browser.get(record).text
    again = browser.post(page_of(utility, "settle"), sent | {"why": "Again."}, follow=True)
    assert "have just been settled" in again.text
    end = reverse("ims:end_agreement", args=[Agreement.objects.get().pk])
    assert len(browser.post(end, follow=True).context["colliding"]) == 1
    assert "already ended" in browser.post(end, follow=True).text


@pytest.mark.parametrize("status", ["done", "closed", "canceled"])
def test_only_the_work_ahead_collides(two, utility, manager, status):
    Action.objects.filter(pk=two[1].pk).update(status=status, verified="Seen.", verified_by="Dana")
    assert flags_of(two[0], manager, timezone.localdate()) == []
    assert Glance(utility, manager, timezone.localdate()).flags == []


def test_of_many_pairs_only_the_first_have_a_form_and_the_one_that_is_asked_for(utility, manager, unit, as_):
    days = {"units": [unit.pk], "starts": date(2030, 1, 1), "due": date(2030, 2, 1)}
    for number in range(6):  # 15 pairs
        Action.open_in(utility, by=manager, title=f"Action {number}", **days)
    browser = as_(manager)
    page = browser.get(page_of(utility))
    forms = [form for _, form, _ in page.context["colliding"] if form]
    assert (len(page.context["colliding"]), len(forms)) == (15, 10)
    last, _, _ = page.context["colliding"][-1]
    link = f"?by=objective&amp;settle={last.pair}#{last.anchor}"
    assert page.text.count("?by=objective&amp;settle=") == 5
    assert link in page.text
    asked = browser.get(page_of(utility), {"settle": last.pair})
    assert [is_open for _, _, is_open in asked.context["colliding"]] == [False] * 14 + [True]
    assert asked.context["colliding"][-1][1] is not None


def test_a_form_that_could_not_be_saved_is_open_with_what_was_entered(two, utility, as_, manager):
    first, second = sorted(action.pk for action in two)
    refused = as_(manager).post(page_of(utility, "settle"), {"first": first, "second": second, "why": "Dig later."})
    assert refused.status_code == 422
    ((_, form, is_open),) = refused.context["colliding"]
    assert is_open
    assert form.errors
    assert "Dig later.</textarea>" in refused.text


def test_actions_of_another_utility_are_not_settled(two, utility, as_, manager):
    other = UtilityFactory()
    other.memberships.create(user=manager, role="manager")
    theirs = Action.open_in(other, by=manager, title="Theirs")
    sent = {"how": "together", "why": "x", "first": two[0].pk}
    for second, expected in ((theirs.pk, 404), (two[0].pk, 302), (2**40, 404)):
        assert as_(manager).post(page_of(utility, "settle"), sent | {"second": second}).status_code == expected
    assert not Agreement.objects.exists()


def test_hours_a_month(utility, catalog, as_, manager, contributor):
    mara, connie = (Person.objects.of(utility).get(user=user) for user in (manager, contributor))
    browser, page = as_(manager), page_of(utility, "capacity")
    sent = {f"{name}-{person.pk}": "" for person in (mara, connie) for name in ("hours", "version")}
    sent |= {f"version-{mara.pk}": 0, f"version-{connie.pk}": 0, f"hours-{mara.pk}": "30"}
    assert browser.post(page, sent | {f"hours-{mara.pk}": "-1"}).status_code == 422
    assert browser.post(page, sent).status_code == 302
    assert dict(Capacity.objects.values_list("person", "hours")) == {mara.pk: 30}
    late = as_(contributor).post(page, sent | {f"hours-{mara.pk}": "12"}, follow=True)
    assert "Nothing was saved" in late.text
    assert Capacity.objects.get().hours == 30
    assert browser.post(page, sent | {f"version-{mara.pk}": 1, f"hours-{mara.pk}": ""}).status_code == 302
    assert Capacity.objects.get().hours is None


ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "nobody"]
READ = dict.fromkeys(ROLES, 200) | {"stranger": 404, "nobody": 302}
WRITE = dict.fromkeys(ROLES, 302) | {"stranger": 404, "viewer": 403}
EXPECTED = {
    "programs": (READ, READ),
    "settle": (dict.fromkeys(ROLES, 405) | {"nobody": 302}, WRITE),
    "capacity": (READ | {"viewer": 403}, WRITE),
    "end_agreement": (dict.fromkeys(ROLES, 405) | {"nobody": 302}, WRITE),
}


def test_every_address_is_tried():
    assert {pattern.name for pattern in urls.urlpatterns} | {"end_agreement"} == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_each_role(name, role, two, manager, utility, request, as_):
    browser = Client() if role == "nobody" else as_(request.getfixturevalue(role))
    mara = Person.objects.of(utility).get(user=manager)
    sent = {"first": two[0].pk, "second": two[1].pk, "how": "together", "why": "One crew."}
    for person in Person.objects.of(utility):
        sent |= {f"hours-{person.pk}": "", f"version-{person.pk}": 0}
    sent[f"hours-{mara.pk}"] = "30"
    at = utility.pk
    if name == "end_agreement":
        at = Agreement.settle(*two, by=manager, how="together", why="One crew.").pk
    path = reverse(f"ims:{name}", args=[at])

    def kept() -> list:
        return [list(model.objects.values()) for model in (Agreement, Capacity)]

    before = kept()
    assert browser.get(path).status_code == EXPECTED[name][0][role]
    assert kept() == before
    assert browser.post(path, sent).status_code == EXPECTED[name][1][role]
    assert (kept() != before) == (name != "programs" and role in ("manager", "contributor", "advisor"))


@pytest.mark.parametrize("number", [10, 300])
def test_the_page_takes_as_many_queries_for_many_actions(number, utility, catalog, as_, manager):
    units = [Unit.open_in(utility, by=manager, title=f"Unit {n}").pk for n in range(20)]
    owner = Person.objects.of(utility).first()
    today = timezone.localdate()
    for n in range(number):
        dates = {"starts": today + timedelta(days=n), "due": today + timedelta(days=n + 9)}
        Action.open_in(utility, by=manager, title=f"Action {n}", units=[units[n % 20]], owner=owner, hours=8, **dates)
    browser = as_(manager)
    browser.get(page_of(utility))
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(page_of(utility)).status_code == 200
    assert len(captured) <= 14, [each["sql"][:90] for each in captured]
