"""Emergencies: situations with reviews and drills, lessons that become corrective actions, the topics of the plan."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from ims import registers
from ims.do.emergency_plan import Plan, topics
from ims.editions import later
from ims.links import LED_TO, RELATED, link
from ims.models import (
    Action,
    CorrectiveAction,
    Drill,
    Emergency,
    EmergencyContact,
    EmergencyEquipment,
    Lesson,
    PlanTopic,
    Record,
)
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
HELD = {"on": TODAY.isoformat(), "practiced": "A leak at cylinder 2.", "took_part": "Shift B, the fire department"}
LESSONS = "The siren is not heard in the gallery\n\n  Nobody had the   key of the gate "


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


def words_of(page) -> str:
    return " ".join(strip_tags(main_of(page)).split())


@pytest.fixture
def leak(catalog, utility, manager) -> Emergency:
    """In force, to be reviewed and practiced every year."""
    made = Emergency.open_in(
        utility,
        by=manager,
        title="Chlorine leak",
        response="1. Leave.\n2. Call 911.",
        areas=["S"],
        initiatives=["osha-vpp"],
    )
    seen(made, manager).move("in-force", by=manager)
    return seen(made, manager)


@pytest.fixture
def drill_page(leak) -> str:
    return reverse("ims:new_drill", args=[leak.utility_id, leak.number])


@pytest.fixture
def plan_page(utility) -> str:
    return reverse("ims:emergency_plan", args=[utility.pk])


@pytest.fixture
def save_page(utility):
    return lambda slug: reverse("ims:save_plan_topic", args=[utility.pk, slug])


# --- Situations ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_review_sets_the_day_of_the_next(leak, contributor, manager, as_, address):
    assert leak.due == later(TODAY, 12)
    Record.objects.filter(pk=leak.pk).update(due=date(2026, 1, 31))
    late = seen(leak, manager)
    assert registers.get("emergencies").living(late) == "Its review was due on January 31, 2026."
    as_(contributor).post(address("move", leak, "review"), {})
    assert seen(leak, manager).due == later(TODAY, 12)


@pytest.mark.django_db
def test_what_is_in_force_says_what_to_do(utility, manager, catalog, leak, as_, address):
    empty = seen(Emergency.open_in(utility, by=manager, title="Flood"), manager)
    with pytest.raises(WrongState, match="what is to be done"):
        empty.move("in-force", by=manager)
    with pytest.raises(IntegrityError, match="emergency_says_what_to_do"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=empty.pk).update(status="in-force"))
    assert dict(leak.faults({"response": " "})) == {"response": "It is in force, so it must say what is to be done."}
    assert dict(empty.faults({"response": " "})) == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "name"), [({"every": 0}, "emergency_review_rhythm"), ({"drill_every": 0}, "emergency_drill_rhythm")]
)
def test_the_database_keeps_the_rhythms(leak, changed, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Emergency.objects.filter(pk=leak.pk).update(**changed)


@pytest.mark.django_db
def test_a_utility_starts_from_examples(utility, manager, as_, catalog):
    page = reverse("ims:examples", args=[utility.pk, "emergencies"])
    offered = registers.get("emergencies").examples()
    as_(manager).post(page, {"chosen": [str(n) for n in range(len(offered))]})
    assert Emergency.objects.count() == len(offered) >= 8
    flood = Emergency.objects.get(title="Flood")
    assert (flood.status, flood.areas, flood.every) == ("draft", ["E", "S", "F"], 12)
    for each in Emergency.objects.visible_to(manager):
        each.move("in-force", by=manager)


# --- Drills ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_drill_with_lessons_of_which_one_becomes_a_corrective_action(leak, contributor, manager, as_, drill_page):
    browser = as_(contributor)
    page = browser.post(drill_page, HELD | {"lessons": LESSONS}, follow=True)
    assert "Shift B, the fire department" in words_of(page)
    drill = Drill.objects.get()
    assert (drill.emergency_id, drill.entered_by, str(drill.on)) == (leak.pk, contributor, TODAY.isoformat())
    first, second = drill.lessons.all()
    assert (first.text, second.text) == ("The siren is not heard in the gallery", "Nobody had the key of the gate")
    assert seen(leak, manager).drilled_on == TODAY

    new = f"{reverse('ims:new', args=[leak.utility_id, 'corrective'])}?lesson={first.pk}"
    assert new in page.text
    form = browser.get(new).context["form"]
    assert (form["title"].value(), form["source"].value()) == (first.text, "drill")
    assert (form["found_on"].value(), form["areas"].value()) == (TODAY, ["S"])
    assert "A leak at cylinder 2." in form["found"].value()
    browser.post(new, {"title": "A siren in the gallery", "kind": "corrective", "source": "drill"})
    made = CorrectiveAction.objects.get()
    assert Lesson.objects.get(pk=first.pk).made_id == made.pk
    page = browser.get(leak.get_absolute_url())
    assert new not in page.text
    assert made.number in words_of(page)
    assert leak.number in words_of(browser.get(made.get_absolute_url()))
    browser.post(new, {"title": "Once more", "kind": "corrective", "source": "drill"})
    assert Lesson.objects.get(pk=first.pk).made_id == made.pk, "it led to a record already"


@pytest.mark.django_db
def test_a_lesson_may_become_an_action_of_another_field_set(leak, manager, as_):
    lesson = Drill.hold(
        leak, by=manager, lessons=["Buy a second key"], on=TODAY, practiced="x", took_part="y"
    ).lessons.get()
    new = f"{reverse('ims:new', args=[leak.utility_id, 'actions'])}?lesson={lesson.pk}"
    assert as_(manager).get(new).context["form"]["title"].value() == "Buy a second key"
    as_(manager).post(new, {"title": "Buy a second key"})
    lesson.refresh_from_db()
    assert lesson.made_id == Action.objects.get().pk


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x", "999999", "9" * 40])
def test_a_lesson_that_is_unknown_is_left_out(leak, manager, as_, key):
    other = Drill.hold(UtilityFactory(), by=manager, lessons=["Elsewhere"], on=TODAY, practiced="x", took_part="y")
    new = reverse("ims:new", args=[leak.utility_id, "corrective"])
    for sent in (key, str(other.lessons.get().pk)):
        assert as_(manager).get(new, {"lesson": sent}).context["form"]["title"].value() in (None, "")


@pytest.mark.django_db
def test_from_the_situation_itself_the_source_is_the_drill_too(leak, manager, as_):
    new = f"{reverse('ims:new', args=[leak.utility_id, 'corrective'])}?from={leak.number}"
    form = as_(manager).get(new).context["form"]
    assert (form["source"].value(), form["title"].value()) == ("drill", "Chlorine leak")
    equipment = f"{reverse('ims:new', args=[leak.utility_id, 'emergency-equipment'])}?from={leak.number}"
    assert as_(manager).get(equipment).context["form"]["title"].value() is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"on": (TODAY + timedelta(days=1)).isoformat()}, "This date is in the future."),
        ({"practiced": " "}, "This field is required."),
        ({"took_part": ""}, "This field is required."),
        ({"lessons": "x" * 201}, "Make this lesson shorter than 200 characters"),
    ],
)
def test_what_a_drill_needs(leak, manager, as_, drill_page, changed, words):
    page = as_(manager).post(drill_page, HELD | changed)
    assert page.status_code == 422
    assert words in page.text
    assert not Drill.objects.exists()


@pytest.mark.django_db
def test_an_earlier_drill_is_not_the_last(leak, manager):
    for days in (10, 400):
        Drill.hold(leak, by=manager, on=TODAY - timedelta(days=days), practiced="x", took_part="y")
    assert seen(leak, manager).drilled_on == TODAY - timedelta(days=10)


@pytest.mark.django_db
def test_without_a_drill_for_longer_than_its_rhythm_it_does_not_live(leak, manager):
    living = registers.get("emergencies").living
    assert living(leak) == ""
    Record.objects.filter(pk=leak.pk).update(created_at=timezone.now() - timedelta(days=800))
    assert living(seen(leak, manager)).startswith("A drill was due on ")
    Drill.hold(leak, by=manager, on=TODAY - timedelta(days=360), practiced="x", took_part="y")
    assert living(seen(leak, manager)) == ""
    Emergency.objects.filter(pk=leak.pk).update(drill_every=6)
    assert living(seen(leak, manager)).startswith("A drill was due on ")
    Emergency.objects.filter(pk=leak.pk).update(drill_every=None)
    assert living(seen(leak, manager)) == ""
    seen(leak, manager).move("dropped", by=manager, why="No chlorine gas any more.")
    assert living(seen(leak, manager)) == "It is not in force."


@pytest.mark.django_db
def test_what_is_no_longer_covered_is_not_practiced(leak, manager, as_, drill_page):
    leak.move("dropped", by=manager, why="No chlorine gas any more.")
    assert drill_page not in as_(manager).get(leak.get_absolute_url()).text
    assert "no longer covers it" in as_(manager).post(drill_page, HELD, follow=True).text
    assert not Drill.objects.exists()


@pytest.mark.django_db
def test_a_drill_of_the_whole_plan(utility, manager, contributor, as_, catalog, plan_page):
    page = reverse("ims:new_plan_drill", args=[utility.pk])
    as_(contributor).post(page, HELD | {"practiced": "Evacuation of both plants.", "lessons": "Count visitors too"})
    drill = Drill.objects.get()
    assert (drill.emergency, drill.utility) == (None, utility)
    shown = as_(manager).get(plan_page)
    assert "Evacuation of both plants." in words_of(shown)
    new = f"{reverse('ims:new', args=[utility.pk, 'corrective'])}?lesson={drill.lessons.get().pk}"
    assert new in shown.text
    as_(manager).post(new, {"title": "Count visitors too", "kind": "corrective", "source": "drill"})
    assert drill.lessons.get().made_id == CorrectiveAction.objects.get().pk
    assert "a drill of the emergency plan" in as_(manager).get("/").text


@pytest.mark.django_db
def test_the_database_keeps_drills_within_a_utility(leak, manager):
    values = {"on": TODAY, "practiced": "x", "took_part": "y"}
    with pytest.raises(IntegrityError, match="drill_within_a_utility|situation of its utility"), transaction.atomic():
        Drill.objects.create(utility=UtilityFactory(), emergency=leak, **values)
    for name in ("practiced", "took_part"):
        with pytest.raises(IntegrityError, match="drill_says_what_and_who"), transaction.atomic():
            Drill.objects.create(utility=leak.utility, **values | {name: ""})
    made = Drill.hold(leak, by=manager, **values)
    with pytest.raises(IntegrityError, match="lesson_says_what"), transaction.atomic():
        made.lessons.create(text="")


# --- What it counts on -----------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("model", "move", "did"), [(EmergencyEquipment, "inspect", "inspected"), (EmergencyContact, "try", "checked")]
)
def test_looking_at_it_sets_the_day_of_the_next_time(utility, manager, catalog, as_, address, model, move, did):
    made = seen(model.open_in(utility, by=manager, title="Air packs", every=6), manager)
    living = registers.get(model.REGISTER).living
    assert living(made) == "Nobody has looked at it yet."
    browser, sent = as_(manager), {"last_on": TODAY.isoformat(), "last_found": "One bottle at 1,900 psi; refilled."}
    page = browser.post(address("move", made, move), sent, follow=True)
    assert f"was {did}." in page.text
    assert "refilled" in words_of(page)
    kept = seen(made, manager)
    assert (kept.due, kept.last_on, living(kept)) == (later(TODAY, 6), TODAY, "")
    early = sent | {"last_on": (TODAY - timedelta(days=1)).isoformat()}
    assert browser.post(address("move", made, move), early).status_code == 422
    tomorrow = sent | {"last_on": (TODAY + timedelta(days=1)).isoformat()}
    assert browser.post(address("move", made, move), tomorrow).status_code == 422
    with pytest.raises(WrongState, match="what was found"):
        kept.move("in-use", by=manager)
    for changed in ({"every": 0}, {"last_found": ""}):
        with pytest.raises(IntegrityError, match="_rhythm|_found"), transaction.atomic():
            model.objects.filter(pk=made.pk).update(**changed)
    seen(made, manager).move("retired", by=manager, why="Replaced.")
    assert living(seen(made, manager)) == "It is retired."


@pytest.mark.django_db
def test_the_plan_tells_which_situations_name_what(leak, utility, manager, as_, plan_page):
    packs = EmergencyEquipment.open_in(utility, by=manager, title="Air packs", due=date(2026, 1, 31))
    fire = EmergencyContact.open_in(utility, by=manager, title="Fire department")
    retired = EmergencyEquipment.open_in(utility, by=manager, title="Old siren")
    flood = Emergency.open_in(utility, by=manager, title="Flood")
    link(leak, packs, LED_TO, by=manager)
    link(fire, leak, RELATED, by=manager)
    link(leak, retired, RELATED, by=manager)
    seen(retired, manager).move("retired", by=manager, why="Broken.")
    first, second = Plan(utility).situations
    assert [str(each.pk) for each in (*first.equipment, *first.contacts)] == [str(packs.pk), str(fire.pk)]
    assert (second.record.pk, second.equipment, second.contacts) == (flood.pk, [], [])
    words = words_of(as_(manager).get(plan_page))
    assert "none named" in words
    assert "Old siren" not in words
    assert "late" in words
    assert "Air packs" in words_of(as_(manager).get(leak.get_absolute_url()))


# --- The topics ------------------------------------------------------------------------------------


def test_the_guide_has_ten_topics():
    assert len(topics()) == 10
    assert all(topic.ask and topic.name for topic in topics().values())
    assert {topic.register for topic in topics().values()} - {""} <= {each.slug for each in registers.known()}


@pytest.mark.django_db
def test_a_topic_is_answered_and_changed(utility, contributor, manager, as_, catalog, plan_page, save_page):
    browser = as_(contributor)
    json = {"headers": {"Accept": "application/json"}}
    sent = {"version": 0, "answer": "partly", "where": "Chapter 4; the north plant is missing.", "why": ""}
    assert browser.post(save_page("materials"), sent, **json).json()["version"] == 2
    covered = sent | {"version": 2, "answer": "covered"}
    assert browser.post(save_page("materials"), covered, **json).json()["version"] == 3
    topic = PlanTopic.objects.get()
    assert (topic.answer, topic.changed_by, topic.utility) == ("covered", contributor, utility)
    assert "1 of 10 topics are covered." in words_of(as_(manager).get(plan_page))
    stale = as_(manager).post(save_page("materials"), sent | {"version": 2, "where": "Other."}, **json)
    assert stale.status_code == 409
    first = as_(manager).post(save_page("materials"), sent | {"where": "Other."}, **json)
    assert first.status_code == 409, "someone answered first"
    history = as_(manager).get(reverse("ims:emergency_plan_history", args=[utility.pk]))
    assert "Hazardous materials on site" in words_of(history)
    assert "answered in the emergency plan" in as_(manager).get("/").text


@pytest.mark.django_db
def test_what_does_not_apply_has_a_reason(utility, manager, as_, catalog, plan_page, save_page):
    browser, json = as_(manager), {"headers": {"Accept": "application/json"}}
    sent = {"version": 0, "answer": "not-applicable", "where": "", "why": " "}
    assert (
        browser.post(save_page("alarms"), sent, **json).json()["errors"][0]["message"] == "Enter why it does not apply."
    )
    assert PlanTopic.objects.get().answer == ""
    sent |= {"version": PlanTopic.objects.get().version, "why": "One room, nobody else."}
    browser.post(save_page("alarms"), sent, **json)
    assert PlanTopic.objects.get().answer == "not-applicable"
    assert "0 of 9 topics are covered." in words_of(browser.get(plan_page))
    emptied = sent | {"version": PlanTopic.objects.get().version, "why": ""}
    assert browser.post(save_page("alarms"), emptied, **json).json()["errors"]
    assert PlanTopic.objects.get().why == "One room, nobody else."
    with pytest.raises(IntegrityError, match="plan_topic_says_why"), transaction.atomic():
        PlanTopic.objects.update(why="")
    with pytest.raises(IntegrityError, match="plan_topic_once"), transaction.atomic():
        PlanTopic.objects.create(utility=utility, slug="alarms")


@pytest.mark.django_db
def test_without_javascript_a_topic_is_saved_and_refused(utility, manager, as_, catalog, save_page):
    browser = as_(manager)
    sent = {"version": 0, "answer": "covered", "where": "Chapter 9.", "why": ""}
    assert browser.post(save_page("evacuation"), sent).status_code == 302
    refused = browser.post(save_page("evacuation"), sent | {"where": "Chapter 8."})
    assert refused.status_code == 409
    assert "Chapter 9." in refused.text
    assert browser.post(save_page("evacuation"), sent | {"version": "x"}).status_code == 422
    assert browser.post(save_page("nothing"), sent).status_code == 404


@pytest.mark.django_db
def test_two_who_answer_a_topic_first(utility, manager, catalog):
    PlanTopic.give(utility, "alarms", 0, by=manager, answer="covered", where="", why="")
    with pytest.raises(Stale):
        PlanTopic.give(utility, "alarms", 0, by=manager, answer="missing", where="", why="")


# --- Who may ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_who_may_do_what(
    leak, utility, viewer, contributor, advisor, former, stranger, client, as_, plan_page, drill_page, save_page
):
    history = reverse("ims:emergency_plan_history", args=[utility.pk])
    plan_drill = reverse("ims:new_plan_drill", args=[utility.pk])
    topic = {"version": 0, "answer": "missing", "where": "", "why": ""}
    for user, read, write in (
        (viewer, 200, 403),
        (contributor, 200, 302),
        (advisor, 200, 302),
        (former, 404, 404),
        (stranger, 404, 404),
    ):
        browser = as_(user)
        assert [browser.get(page).status_code for page in (plan_page, history)] == [read] * 2
        assert [browser.post(page, HELD).status_code for page in (drill_page, plan_drill)] == [write] * 2
        assert browser.post(save_page("alarms"), topic).status_code in ({write} if write != 302 else {302, 409})
        assert browser.get(save_page("alarms")).status_code == 405
    assert Drill.objects.count() == 4
    for page in (plan_page, history, drill_page, plan_drill):
        assert client.get(page).status_code == 302
    with pytest.raises(NotAllowed):
        Drill.hold(seen(leak, viewer), by=viewer, **HELD)


@pytest.mark.django_db
@pytest.mark.parametrize("n", [2, 40])
def test_queries_do_not_grow(leak, utility, manager, as_, plan_page, n, django_assert_max_num_queries):
    for number in range(n):
        one = Emergency.open_in(utility, by=manager, title=f"Situation {number}")
        thing = EmergencyEquipment.open_in(utility, by=manager, title=f"Pump {number}", due=date(2026, 1, 31))
        link(one, thing, RELATED, by=manager)
        Drill.hold(utility, by=manager, lessons=["A", "B"], on=TODAY, practiced="x", took_part="y")
        Drill.hold(leak, by=manager, lessons=["A", "B"], on=TODAY, practiced="x", took_part="y")
        PlanTopic.objects.get_or_create(utility=utility, slug=list(topics())[number % 10])
    browser = as_(manager)
    with django_assert_max_num_queries(15):
        browser.get(plan_page)
    with django_assert_max_num_queries(32):
        browser.get(leak.get_absolute_url())
    for register in ("emergencies", "emergency-equipment", "emergency-contacts"):
        with django_assert_max_num_queries(15):
            browser.get(reverse("ims:list", args=[utility.pk, register]))
