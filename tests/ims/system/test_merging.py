"""Two records that do one job become one, or are kept as two jobs with a reason."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims.apart import KeptApart
from ims.closed import ClosedRegister
from ims.links import RecordLink
from ims.models import Action, Contact, Control, Measure, Objective, Person, Record, Statement, TrainingTopic
from ims.system.merging import begin_edition, belongings, joined, merge, obstacles
from ims.system.today import Today
from tests.assessments.test_races import at_once
from tests.factories import UtilityFactory
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
WHY = "One is for the plant, the other for the sewers."
pytestmark = pytest.mark.django_db


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


def make(model, utility, user, title, **fields):
    return seen(model.open_in(utility, by=user, title=title, **fields), user)


@pytest.fixture
def both(unit, utility, manager) -> tuple[Objective, Objective]:
    """Two agreed objectives that do one job."""
    fields = {"units": [unit.pk], "measure": "overflows"}
    made = [
        make(Objective, utility, manager, "Fewer overflows", initiatives=["cmom"], areas=["E"], target=2, **fields),
        make(Objective, utility, manager, "Cut overflows", initiatives=["iso-14001"], areas=["Q"], target=3, **fields),
    ]
    for each in made:
        each.move("agreed", by=manager)
    return tuple(seen(each, manager) for each in made)


def merged(stays, other, user, **chosen):
    merge(stays, other, (stays.version, other.version), by=user, **chosen)
    return seen(stays, user), seen(other, user)


def address(name, stays, other):
    return reverse(f"ims:{name}", args=[stays.utility_id, stays.number, other.number])


def sent(stays, other, **chosen):
    """What the page sends: the versions, and of which record each field that differs is."""
    return {"version": stays.version, "other_version": other.version, "of_title": "keep", "of_target": "keep"} | chosen


# Merging.


def test_one_takes_over_the_other_and_both_histories_stay(both, manager):
    stays, other = both
    action = make(Action, stays.utility, manager, "Clean the sewers", objective=other)
    measure = make(Measure, stays.utility, manager, "Overflows", objective=other)
    comment = other.say("Ask the crew.", by=manager)
    attachment = other.attach_link(by=manager, url="https://example.org/map")
    before = other.history.count()
    stays, other = merged(stays, other, manager, title="Cut overflows")
    assert (stays.title, stays.status) == ("Cut overflows", "agreed")
    assert (stays.areas, stays.initiatives) == (["E", "Q"], ["cmom", "iso-14001"])
    assert (stays.target, stays.units) == (2, other.units)
    assert (other.status, other.is_open) == ("dropped", False)
    assert other.events.last().why == f"Merged into {stays.number}"
    assert (other.title, other.initiatives) == ("Cut overflows", ["iso-14001"])
    for row in (action, measure):
        assert seen(row, manager).objective == stays
        assert seen(row, manager).history.first().after["objective"] == stays.pk
    assert [comment.record_id, attachment.record_id] == [other.pk, other.pk]
    changes = [change.after for change in stays.history.all()]
    assert {"took_over": f"{other.number} Cut overflows"} in changes
    assert any(change.get("initiatives") == ["cmom", "iso-14001"] for change in changes)
    assert {"merged_into": f"{stays.number} Cut overflows"} in [change.after for change in other.history.all()]
    assert other.history.count() == before + 2  # that, and the link
    assert RecordLink.objects.filter(earlier=other.pk, later=stays.pk).exists()
    assert Today(stays.utility).doubles == []


def test_each_page_shows_the_other(both, manager, as_):
    stays, other = merged(*both, manager)
    browser = as_(manager)
    assert other.number in browser.get(stays.get_absolute_url()).text
    page = browser.get(other.get_absolute_url()).text
    assert "Merged into" in page
    assert stays.get_absolute_url() in page


def test_what_was_taught_counts_for_the_topic_that_stays(utility, manager):
    person = Person.objects.of(utility).first()
    stays = make(TrainingTopic, utility, manager, "Spill response", initiatives=["cmom"], jobs=["Operator"], months=12)
    other = make(TrainingTopic, utility, manager, "Spills", initiatives=["osha-vpp"], jobs=["Electrician"], months=12)
    day = TODAY - timedelta(days=30)
    stays.hold(by=manager, people=[person], on=day - timedelta(days=90), trainer="Mara Gerr")
    other.hold(by=manager, people=[person], on=day, trainer="Fire department")
    other.need([person], by=manager)
    moves, stay = belongings(seen(other, manager), ("sessions",))
    assert (moves, stay) == (["1 training session"], [])
    stays, other = merged(seen(stays, manager), seen(other, manager), manager)
    assert (stays.jobs, stays.last_on, other.status) == (["Operator", "Electrician"], day, "retired")
    assert list(stays.also.all()) == [person]
    assert (other.sessions.count(), stays.sessions.count()) == (1, 2)


def test_what_does_not_move_is_told(unit, utility, manager):
    measure = make(Measure, utility, manager, "Overflows")
    measure.readings.create(period=TODAY.replace(day=1), value=2, entered_by=manager)
    measure.say("Ask.", by=manager)
    assert belongings(measure) == ([], ["1 record comment", "1 reading"])


# What can't be merged.


def test_only_two_of_one_register_and_one_utility(both, utility, manager):
    stays, _ = both
    measure = make(Measure, utility, manager, "Overflows")
    elsewhere = UtilityFactory()
    elsewhere.memberships.create(user=manager, role="manager")
    theirs = make(Objective, elsewhere, manager, "Fewer overflows")
    contacts = [make(Contact, utility, manager, f"Odor {n}") for n in range(2)]
    for one, other in ((stays, measure), (stays, theirs), (stays, stays), contacts):
        with pytest.raises(WrongState):
            merge(one, other, (one.version, other.version), by=manager)
        assert seen(other, manager).status == other.status


def test_what_nothing_closes_is_said(both, manager, as_):
    stays, other = both
    other.move("reached", by=manager)
    other = seen(other, manager)
    words = f"{other.number} is “Reached”, and nothing leads from there to “Dropped”."
    assert obstacles(stays, other) == [words]
    assert obstacles(other, stays) == [f"{other.number} is closed: it is “Reached”. Let the other one stay."]
    page = as_(manager).get(address("merge", stays, other)).text
    assert words in page
    assert "Merge into" not in page
    with pytest.raises(WrongState, match="nothing leads"):
        merged(stays, other, manager)


def test_a_draft_does_not_take_over_what_is_living(both, utility, manager):
    draft = make(Objective, utility, manager, "Overflows")
    words = f"{draft.number} does not count as living: It is not agreed. Let the other one stay."
    assert obstacles(draft, both[0]) == [words]


@pytest.fixture
def policies(catalog, utility, manager) -> tuple[Statement, Statement]:
    made = []
    for slug, area in (("iso-14001", "E"), ("osha-vpp", "S")):
        each = make(Statement, utility, manager, "Our policy", text="We care.", initiatives=[slug], areas=[area])
        each.move("in-force", by=manager, signed_by="The board", signed_on=TODAY)
        made.append(seen(each, manager))
    return tuple(made)


def test_what_is_approved_does_not_change_but_its_next_edition_serves_both(policies, manager, as_):
    stays, other = policies
    words = "so its management areas can’t change. Start its next edition"
    assert words in obstacles(stays, other)[0]
    browser = as_(manager)
    page = browser.get(address("merge", stays, other)).text
    assert words in page
    # §4.1.3: policies stay apart where auditors from outside matter; said before anything is merged.
    assert "Avoid a single combined policy." in page
    browser.post(address("merge_edition", stays, other))
    draft = Statement.objects.visible_to(manager).get(replaces=stays)
    assert (draft.status, draft.areas, draft.initiatives) == ("draft", ["E", "S"], ["iso-14001", "osha-vpp"])
    assert (seen(stays, manager).areas, seen(other, manager).status) == (["E"], "in-force")
    assert draft.number in obstacles(stays, other)[0]
    draft.move("in-force", by=manager, signed_by="The board", signed_on=TODAY)
    edition, other = merged(seen(draft, manager), other, manager)
    assert (edition.status, other.status) == ("in-force", "withdrawn")
    assert other.events.last().why == f"Merged into {edition.number}"


def test_a_frozen_record_still_takes_over_initiatives_and_units(policies, manager):
    stays, other = policies
    Record.objects.filter(pk=other.pk).update(areas=["E"])
    stays, other = merged(stays, seen(other, manager), manager)
    assert (stays.initiatives, stays.text, other.status) == (["iso-14001", "osha-vpp"], "We care.", "withdrawn")


def test_only_what_has_editions_begins_one(both, manager):
    with pytest.raises(WrongState):
        begin_edition(*both, by=manager)


# The page.


def test_what_differs_is_chosen_or_written(both, manager, as_):
    stays, other = both
    browser = as_(manager)
    page = browser.get(address("merge", stays, other))
    assert page.status_code == 200
    assert "of_measure" not in page.text  # the same in both
    data = sent(stays, other, of_title="write", title="Two overflows a year", of_target="take")
    answer = browser.post(address("merge", stays, other), data, follow=True)
    assert f"{other.number} was merged into {stays.number}." in answer.text
    stays = seen(stays, manager)
    assert (stays.title, stays.target, stays.measure) == ("Two overflows a year", 3, "overflows")


@pytest.mark.parametrize(
    "wrong", [{"of_title": ""}, {"of_title": "write", "title": " "}, {"of_target": "write"}, {"version": "x"}]
)
def test_wrong_input_merges_nothing(both, manager, as_, wrong):
    answer = as_(manager).post(address("merge", *both), sent(*both, **wrong))
    assert answer.status_code == 422
    assert seen(both[1], manager).status == "agreed"


@pytest.mark.parametrize("place", [0, 1], ids=["the one that stays", "the other"])
def test_a_change_since_it_was_read_merges_nothing(both, contributor, manager, as_, place):
    data = sent(*both, of_title="write", title="Two a year")
    changed = seen(both[place], contributor)
    changed.change(changed.version, by=contributor, measure="spills")
    browser = as_(manager)
    answer = browser.post(address("merge", *both), data)
    assert answer.status_code == 409
    assert f"has just changed {changed.number}" in answer.text
    assert "Two a year" in answer.text  # what was typed is kept
    assert "spills" in answer.text
    assert seen(both[1], manager).status == "agreed"
    with pytest.raises(Stale):
        merge(*both, (both[0].version, both[1].version), by=manager)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_at_once_one_is_told(both, manager):
    one, other = both
    outcomes = at_once(
        lambda: merge(one, other, (one.version, other.version), by=manager),
        lambda: merge(other, one, (other.version, one.version), by=manager),
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "Stale"]
    assert sorted(Objective.objects.values_list("status", flat=True)) == ["agreed", "dropped"]


def test_controls_are_settled_on_their_own_page(unit, utility, manager, as_):
    fields = {"what": "Grease.", "units": [unit.pk]}
    two = [
        make(Control, utility, manager, title, initiatives=[slug], **fields)
        for title, slug in (("Pumps", "cmom"), ("Bearings", "asset-management"))
    ]
    for each in two:
        each.move("in-force", by=manager)
    (pair,) = Today(utility).doubles
    settling = address("settle_controls", *two)
    assert settling in as_(manager).get(reverse("ims:today", args=[utility.pk])).text
    assert as_(manager).get(address("merge", *two[::-1])).url == settling
    seen(two[0], manager).keep_apart(seen(two[1], manager), by=manager, why=WHY)
    assert Today(utility).doubles == []


def test_the_page_takes_as_many_queries_for_much_that_belongs_to_it(both, manager, as_):
    browser = as_(manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address("merge", *both)).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for n in range(10):
        Action.open_in(both[0].utility, by=manager, title=f"Action {n}", objective=both[1])
        both[1].say("Ask.", by=manager)
    assert queries() == few <= 15


# Two jobs.


def test_two_jobs_disappear_until_somebody_compares_them_again(both, utility, manager, contributor, viewer, as_):
    browser, today = as_(contributor), reverse("ims:today", args=[utility.pk])
    assert len(Today(utility).doubles) == 1
    assert browser.post(address("two_jobs", *both), {"why": " "}).status_code == 422
    browser.post(address("two_jobs", *both[::-1]), {"why": WHY})
    kept = KeptApart.objects.get()
    assert (kept.first_id, kept.second_id, kept.by, kept.why) == (both[0].pk, both[1].pk, contributor, WHY)
    assert Today(utility).doubles == []
    page = as_(viewer).get(today).text
    assert WHY in page
    assert "Compare again" not in page
    for each in both:
        assert WHY in each.history.first().after["harmonized"]
    assert "have just been settled" in browser.post(address("two_jobs", *both), {"why": WHY}, follow=True).text
    browser.post(reverse("ims:compare_again", args=[utility.pk, kept.pk]))
    assert len(Today(utility).doubles) == 1
    kept.refresh_from_db()
    assert kept.ended_by == contributor


def test_the_database_keeps_pairs_within_a_register(both, utility, manager):
    measure = make(Measure, utility, manager, "Overflows")
    with pytest.raises(WrongState):
        KeptApart.keep(both[0], measure, by=manager, why=WHY)
    with pytest.raises(IntegrityError, match="kept_apart_within_a_register"), transaction.atomic():
        KeptApart.objects.create(first_id=both[0].pk, second_id=measure.pk, why=WHY)


# Rights.


def test_a_viewer_sees_no_button_and_changes_nothing(both, utility, manager, viewer, as_):
    browser = as_(viewer)
    page = browser.get(reverse("ims:today", args=[utility.pk])).text
    assert both[0].number in page
    assert "Compare and merge" not in page
    kept = KeptApart.keep(*both, by=manager, why=WHY)
    again = reverse("ims:compare_again", args=[utility.pk, kept.pk])
    data = sent(*both, why=WHY)
    posts = [address(name, *both) for name in ("merge", "two_jobs", "merge_edition")]
    assert [browser.post(each, data).status_code for each in (*posts, again)] == [403] * 4
    assert browser.get(posts[0]).status_code == 403
    with pytest.raises(NotAllowed):
        merged(*(seen(each, viewer) for each in both), viewer)
    assert KeptApart.objects.valid().count() == 1


def test_strangers_and_odd_numbers_get_not_found(both, utility, manager, stranger, as_):
    kept = KeptApart.keep(*both, by=manager, why=WHY)
    again = reverse("ims:compare_again", args=[utility.pk, kept.pk])
    assert as_(stranger).post(again).status_code == 404
    for name in ("merge", "two_jobs", "merge_edition"):
        assert as_(stranger).post(address(name, *both)).status_code == 404
    browser, first = as_(manager), both[0].number
    measure = make(Measure, utility, manager, "Overflows")
    contacts = [make(Contact, utility, manager, f"Odor {n}").number for n in range(2)]
    for pair in ((first, first), (first, "OBJ-1"), (first, measure.number), contacts):
        assert browser.get(reverse("ims:merge", args=[utility.pk, *pair])).status_code == 404


def test_records_of_a_closed_register_are_not_found(utility, manager, contributor, as_):
    two = [make(Measure, utility, manager, f"Overflows {n}") for n in range(2)]
    ClosedRegister.close(utility, "measures", [], by=manager)
    assert as_(contributor).get(address("merge", *two)).status_code == 404


def test_lists_are_joined_in_order_and_only_what_changes(both, manager):
    stays, other = both
    assert joined(stays, other) == {"areas": ["E", "Q"], "initiatives": ["cmom", "iso-14001"]}
