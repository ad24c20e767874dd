"""Management review: an agenda that fills itself, who must take part, minutes, decisions and what is made of them."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.check.attendance import wanted
from ims.models import (
    Action,
    CorrectiveAction,
    Measure,
    Objective,
    Person,
    PlannedChange,
    Reading,
    Record,
    Requirement,
    Review,
    ReviewDecision,
    Seat,
    Statement,
)
from reports import kinds, rendering, word
from reports.models import Report
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from tests.paper import faults
from tests.pdf_ua import problems
from tests.word import text_of_document, text_of_page
from workflow.models import WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
pytestmark = pytest.mark.django_db
KIND = kinds.single("management-review")


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def review(catalog, utility, manager) -> Review:
    made = Review.open_in(utility, by=manager, title="Spring review", due=TODAY, since=TODAY - timedelta(days=90))
    return seen(made, manager)


@pytest.fixture
def person(utility, manager) -> Person:
    return Person.objects.of(utility).get(user=manager)


@pytest.fixture
def held(review, person, manager) -> Review:
    review.take_part([person], by=manager)
    review.move("held", by=manager)
    return seen(review, manager)


def reach(objective, user) -> None:
    for status in ("agreed", "reached"):
        seen(objective, user).move(status, by=user)


def at(review, name, *more) -> str:
    return reverse(f"ims:{name}", args=[review.utility_id, review.number, *more])


def move(browser, review, slug, **sent):
    address = reverse("ims:move", args=[review.utility_id, "reviews", review.number, slug])
    return browser.post(address, sent, follow=True)


def topic(review, slug):
    return next(each for each in review.topics() if each.slug == slug)


def numbers(found) -> list[str]:
    return [line.number for line in found.lines]


# The agenda.


def test_the_agenda_has_the_topics_of_the_guide_in_order(review):
    assert [each.about.name for each in review.topics()] == [
        "Decisions of earlier reviews",
        "Policies",
        "Objectives and programs",
        "Audits",
        "Corrective and preventive action",
        "Measures",
        "Compliance",
        "Changes",
        "Other matters",
    ]
    assert all(not each.says and not each.lines for each in review.topics())


def test_records_are_counted_and_the_late_ones_come_first(review, utility, manager):
    on_time = Objective.open_in(utility, by=manager, title="On time", due=TODAY + timedelta(days=9))
    late = Objective.open_in(utility, by=manager, title="Late", due=TODAY - timedelta(days=1))
    reached = Objective.open_in(utility, by=manager, title="Reached")
    reach(reached, manager)
    found = topic(review, "objectives")
    assert found.says == [f"2 open objectives, 1 late, 1 closed since {review.start:%B %-d, %Y}"]
    assert numbers(found) == [late.number, on_time.number, reached.number]
    assert [line.flag for line in found.lines] == ["late", "", ""]


def test_what_was_closed_before_it_looks_back_is_left_out(review, utility, manager):
    old = Objective.open_in(utility, by=manager, title="Long ago")
    reach(old, manager)
    old.events.update(at=timezone.now() - timedelta(days=100))
    assert topic(review, "objectives").lines == []


def test_each_register_is_in_its_topic(review, utility, manager):
    made = {
        "objectives": Action.open_in(utility, by=manager, title="An action"),
        "corrective": CorrectiveAction.open_in(utility, by=manager, title="A problem"),
        "compliance": Requirement.open_in(utility, by=manager, title="A permit"),
        "changes": PlannedChange.open_in(utility, by=manager, title="A change"),
        "policies": Statement.open_in(utility, by=manager, title="A policy"),
    }
    assert {slug: numbers(topic(review, slug)) for slug in made} == {
        slug: [record.number] for slug, record in made.items()
    }


def test_only_what_serves_the_areas_of_the_review_or_no_area(review, utility, manager):
    review.change(1, by=manager, areas=["S"])
    safety, quality, none = (
        CorrectiveAction.open_in(utility, by=manager, title=title, areas=areas)
        for title, areas in (("Ladder", ["S", "F"]), ("Taste", ["Q"]), ("Any", []))
    )
    found = topic(seen(review, manager), "corrective")
    assert numbers(found) == [safety.number, none.number]
    assert quality.number not in numbers(found)


def test_another_utility_is_not_on_the_agenda(review, manager):
    CorrectiveAction.open_in(UtilityFactory(), by=manager, title="Elsewhere")
    assert topic(review, "corrective").lines == []


def test_measures_that_miss_their_target_or_have_no_reading(review, utility, manager):
    for title, value in (("Good", 1), ("Bad", 9), ("Silent", None)):
        measure = Measure.open_in(utility, by=manager, title=title, target=2, unit="overflows")
        Record.objects.filter(pk=measure.pk).update(created_at=timezone.now() - timedelta(days=70))
        if value:
            period = measure.last_period
            Reading.objects.create(measure=measure, period=period, value=Decimal(value), entered_by=manager)
    found = topic(review, "measures")
    assert found.says == ["1 of 2 measures with a target meet it"]
    assert [(line.title, line.flag) for line in found.lines] == [("Bad", "target missed"), ("Silent", "")]
    assert "wanted: 2.0 or less" in found.lines[0].says
    assert "no reading for" in found.lines[1].says


def test_the_last_evaluation_of_a_requirement_counts(review, utility, manager):
    cured, failing = (
        seen(Requirement.open_in(utility, by=manager, title=title), manager) for title in ("Cured", "Failing")
    )
    for requirement in (cured, failing):
        requirement.move("in-force", by=manager)
        requirement.evaluate(by=manager, on=TODAY - timedelta(days=20), result="fails", found="Late.", evaluator="D")
    cured.evaluate(by=manager, on=TODAY - timedelta(days=2), result="complies", found="", evaluator="D")
    found = topic(review, "compliance")
    assert "1 of 2 evaluated requirements are met" in found.says
    flagged = [(line.number, line.flag) for line in found.lines if line.flag]
    assert flagged == [(failing.number, "does not comply")]


def test_it_looks_back_to_the_review_before(review, held, utility, manager):
    held.change(held.version, by=manager, minutes="We met.")
    seen(held, manager).move("closed", by=manager, approved_by="The director")
    following = Review.open_in(utility, by=manager, title="Fall review", due=TODAY + timedelta(days=180))
    assert following.start == TODAY
    alone = Review.open_in(UtilityFactory(), by=manager, title="First", due=date(2026, 5, 1))
    assert alone.start == date(2025, 5, 1)


def test_the_agenda_takes_no_more_queries_with_more_records(
    review, as_, manager, utility, django_assert_max_num_queries
):
    browser = as_(manager)
    with django_assert_max_num_queries(15) as few:
        assert browser.get(at(review, "agenda")).status_code == 200
    for n in range(12):
        for model in (Objective, Action, CorrectiveAction, Requirement, PlannedChange, Measure, Statement):
            model.open_in(utility, by=manager, title=f"Number {n}", due=TODAY - timedelta(days=n))
    with django_assert_max_num_queries(min(15, len(few) + 2)):  # readings, cross-checks: of what there is now
        page = browser.get(at(review, "agenda"))
    assert "and 2 more" in page.text


# Who takes part.


def test_who_must_take_part_follows_from_the_scope(review, utility, manager, person):
    Seat.fill(utility, "safety", 0, by=manager, person=person)
    review.change(1, by=manager, areas=["E"])
    only_environment = {each.name for each in wanted(seen(review, manager))}
    review.change(2, by=manager, areas=["E", "S"])
    with_safety = {each.name: each for each in wanted(seen(review, manager))}
    assert "Safety" not in only_environment
    assert with_safety["Safety"].people == [person]
    assert with_safety["Safety"].present == []


def test_it_is_held_only_with_someone_and_not_before_its_day(review, person, manager, as_):
    browser = as_(manager)
    page = move(browser, review, "hold")
    assert (page.status_code, "Enter first who took part." in page.text) == (422, True)
    browser.post(at(review, "review_people"), {"present": [person.pk]})
    review.change(1, by=manager, due=TODAY + timedelta(days=3), since=None)
    page = move(browser, review, "hold")
    assert (page.status_code, "Change its day if it was held earlier." in page.text) == (422, True)
    review.change(2, by=manager, due=TODAY)
    assert "is now “Held, minutes to approve”" in move(browser, review, "hold").text


def test_the_history_tells_who_took_part(review, person, manager, as_):
    as_(manager).post(at(review, "review_people"), {"present": [person.pk]})
    assert review.history.latest("pk").after == {"took_part": [str(person)]}
    assert "Undo the last change" not in as_(manager).get(review.get_absolute_url()).text
    as_(manager).post(at(review, "review_people"), {"present": [person.pk]})
    assert review.history.count() == 1


def test_people_of_another_utility_are_not_chosen(review, manager, as_):
    stranger = Person.add(UtilityFactory(), by=manager, name="Stranger")
    assert as_(manager).post(at(review, "review_people"), {"present": [stranger.pk]}).status_code == 422
    assert not review.present.exists()


# The meeting, its minutes and its decisions.


def test_the_agenda_stays_as_it_was_in_the_meeting(review, utility, manager, person):
    late = Objective.open_in(utility, by=manager, title="Late", due=TODAY - timedelta(days=1))
    review.take_part([person], by=manager)
    review.move("held", by=manager)
    Record.objects.filter(pk=late.pk).update(title="Renamed", due=None)
    found = topic(seen(review, manager), "objectives")
    assert [(line.title, line.flag) for line in found.lines] == [("Late", "late")]


def test_minutes_are_approved_once_they_are_written(held, manager, as_):
    browser = as_(manager)
    page = move(browser, held, "approve", approved_by="The director")
    assert (page.status_code, "Enter the minutes first." in page.text) == (422, True)
    held = seen(held, manager)
    held.change(held.version, by=manager, minutes="The board looked at all topics.")
    assert move(browser, held, "approve", approved_by="").status_code == 422
    assert "is now “Minutes approved”" in move(browser, held, "approve", approved_by="The director").text
    with pytest.raises(WrongState):
        seen(held, manager).change(seen(held, manager).version, by=manager, minutes="Otherwise.")


def test_the_scope_does_not_change_after_the_meeting(held, manager):
    with pytest.raises(WrongState):
        held.change(held.version, by=manager, areas=["E"])


def test_a_decision_becomes_an_action_and_the_next_review_asks_for_it(held, utility, manager, person, as_):
    browser = as_(manager)
    sent = {"topic": "objectives", "text": "Buy a second jet truck", "owner": person.pk, "due": "2030-01-31"}
    page = browser.post(at(held, "new_decision"), sent, follow=True)
    assert "Buy a second jet truck" in page.text
    decision = ReviewDecision.objects.get()
    form = browser.get(f"{reverse('ims:new', args=[utility.pk, 'actions'])}?decision={decision.pk}").context["form"]
    assert form.initial["title"] == "Buy a second jet truck"
    assert form.initial["owner"] == person
    data = {"title": "Buy a second jet truck", "owner": person.pk, "due": "2030-01-31"}
    browser.post(f"{reverse('ims:new', args=[utility.pk, 'actions'])}?decision={decision.pk}", data)
    made = Action.objects.get()
    decision.refresh_from_db()
    assert decision.made_id == made.pk
    assert made.links_earlier.get().earlier_id == held.pk
    following = Review.open_in(utility, by=manager, title="Next", due=TODAY + timedelta(days=90))
    found = topic(following, "decisions")
    assert found.says == ["1 of 1 still open"]
    assert [(line.title, line.says) for line in found.lines] == [("Buy a second jet truck", f"{made.number}: Planned")]


def test_what_nobody_carries_out_is_flagged_in_the_next_review(held, utility, manager):
    held.decide(by=manager, topic="other", text="Ask the county", due=TODAY - timedelta(days=1))
    line = topic(Review.open_in(utility, by=manager, title="Next"), "decisions").lines[0]
    assert (line.flag, line.says) == ("late", "Nothing was made of it yet")


def test_a_decision_is_changed_and_removed_while_the_minutes_are_written(held, manager, as_):
    browser = as_(manager)
    decision = held.decide(by=manager, topic="other", text="First words")
    browser.post(at(held, "decision", decision.pk), {"topic": "measures", "text": "Better words"})
    decision.refresh_from_db()
    assert (decision.topic, decision.text) == ("measures", "Better words")
    assert [change.after for change in held.history.all()[:2]] == [
        {"decision": "Better words"},
        {"decision": "First words"},
    ]
    browser.post(at(held, "decision", decision.pk), {"remove": "1"})
    assert not ReviewDecision.objects.exists()
    assert held.history.first().before == {"decision": "Better words"}


def test_what_led_to_a_record_is_not_removed(held, utility, manager, as_):
    decision = held.decide(by=manager, topic="other", text="Do it")
    ReviewDecision.objects.update(made=Action.open_in(utility, by=manager, title="Do it"))
    page = as_(manager).post(at(held, "decision", decision.pk), {"remove": "1"}, follow=True)
    assert "It already led to a record." in page.text
    assert ReviewDecision.objects.exists()


def test_no_decision_before_the_meeting_or_after_the_approval(review, person, manager):
    with pytest.raises(WrongState):
        review.decide(by=manager, topic="other", text="Too early")
    review.take_part([person], by=manager)
    review.move("held", by=manager)
    held = seen(review, manager)
    held.change(held.version, by=manager, minutes="We met.")
    seen(held, manager).move("closed", by=manager, approved_by="The director")
    with pytest.raises(WrongState):
        seen(held, manager).decide(by=manager, topic="other", text="Too late")
    with pytest.raises(WrongState):
        seen(held, manager).take_part([], by=manager)


# Rights and the database.


@pytest.mark.parametrize("name", ["review_people", "new_decision"])
def test_a_viewer_reads_the_agenda_and_changes_nothing(held, viewer, as_, name):
    browser = as_(viewer)
    assert browser.get(at(held, "agenda")).status_code == 200
    assert browser.get(at(held, name)).status_code == 403
    with pytest.raises(NotAllowed):
        seen(held, viewer).decide(by=viewer, topic="other", text="No")
    with pytest.raises(NotAllowed):
        seen(held, viewer).take_part([], by=viewer)


@pytest.mark.parametrize("name", ["agenda", "review_people", "new_decision"])
def test_strangers_get_not_found(held, stranger, as_, name):
    assert as_(stranger).get(at(held, name)).status_code == 404


def test_the_database_holds_no_meeting_without_people(review):
    with pytest.raises(IntegrityError, match="review_was_attended"):
        at_the_end(lambda: Record.objects.filter(pk=review.pk).update(status="held"))


def test_the_database_approves_no_minutes_that_are_not_there(held):
    with pytest.raises(IntegrityError, match="review_has_minutes"):
        at_the_end(lambda: Record.objects.filter(pk=held.pk).update(status="closed"))


def test_the_database_keeps_minutes_and_what_was_seen(held, manager):
    held.change(held.version, by=manager, minutes="We met.")
    seen(held, manager).move("closed", by=manager, approved_by="The director")
    for changes, name in (({"minutes": "Otherwise."}, "minutes"), ({"seen": []}, "what_was_seen")):
        with pytest.raises(IntegrityError, match=f"review_keeps_(its_)?{name}"), transaction.atomic():
            Review.objects.filter(pk=held.pk).update(**changes)


def test_the_database_takes_decisions_only_while_minutes_are_written(review):
    with pytest.raises(IntegrityError, match="decision_while_minutes_are_written"), transaction.atomic():
        ReviewDecision.objects.create(review=review, topic="other", text="Too early")


def test_it_counts_as_living_until_the_next_one_is_due(held, manager):
    living = registers.get("reviews").living
    assert living(held) == "Its minutes are not approved."
    held.change(held.version, by=manager, minutes="We met.", every=3)
    seen(held, manager).move("closed", by=manager, approved_by="The director")
    assert living(seen(held, manager)) == ""
    Record.objects.filter(pk=held.pk).update(due=date(2026, 1, 31))
    assert living(seen(held, manager)) == "The next one was due on April 30, 2026."


# The pack.


def test_the_pack_is_a_report_for_the_utility_only(held, manager, stranger, as_):
    answer = as_(manager).post(at(held, "review_report"))
    assert answer.url == reverse("reports:report", args=[Report.objects.get().pk])
    assert as_(stranger).post(at(held, "review_report")).status_code == 404


def test_the_pack_is_laid_out_well_and_accessible(held, manager, utility, tmp_path):
    for n in range(12):
        for model in (Objective, Action, CorrectiveAction, Requirement, PlannedChange, Measure, Statement):
            model.open_in(utility, by=manager, title=f"Number {n} " * 9, due=TODAY - timedelta(days=n))
    held.change(held.version, by=manager, minutes="The board looked at <all> topics.\n\n" * 40 + "The end.")
    for n in range(15):
        seen(held, manager).decide(by=manager, topic="other", text=f"Buy a truck & a pump, {n}")
    document = rendering.pages(KIND.template, KIND.context(KIND.find(manager, held.pk)))
    assert faults(document) == []
    path = tmp_path / "pack.pdf"
    path.write_bytes(rendering.pdf(document))
    assert problems(path) == []


def test_the_pack_in_word_has_all_that_the_page_has(held, manager):
    held.change(held.version, by=manager, minutes="The board looked at <all> topics.")
    seen(held, manager).decide(by=manager, topic="other", text="Buy a truck & a pump")
    html = render_to_string(KIND.template, KIND.context(KIND.find(manager, held.pk)))
    assert "Buy a truck &amp; a pump" in html
    assert text_of_document(word.docx(html)) == text_of_page(html)


def test_a_person_who_is_merged_hands_over_what_was_decided(held, utility, manager, person):
    named = Person.add(utility, by=manager, name="Mara")
    held.decide(by=manager, topic="other", text="Ask the county", owner=named)
    Person.objects.visible_to(manager).get(pk=named.pk).merge_into(person, by=manager)
    assert ReviewDecision.objects.get().owner == person
