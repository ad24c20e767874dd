"""Records of all registers: numbers, saving, moving, history."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.models import Action, Objective, Person, Record, Unit
from tests.assessments.test_races import at_once
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

YEAR = timezone.localdate().year


TODAY = timezone.localdate()
TOMORROW = TODAY + timedelta(days=1)


def asked_by(register, end) -> dict:
    """What a move to ``end`` asks for."""
    checked = {"verified": "Seen.", "verified_by": "Dana"}
    done = {"last_on": TODAY, "last_done": "We met."}
    looked_at = {"last_on": TODAY, "last_found": "Full."}
    asked = {
        ("actions", "closed"): checked,
        ("audits", "done"): {"done_on": timezone.localdate(), "conclusion": "It conforms."},
        ("changes", "closed"): checked,
        ("communication", "done"): done,
        ("communication", "planned"): done,
        ("contacts", "answered"): {"answer": "We flushed it.", "answered_by": "Dana", "answered_on": TODAY},
        ("corrective", "closed"): checked,
        ("corrective", "under-way"): {"causes": "No rule.", "elsewhere": "Nowhere."},
        ("corrective", "done"): {"check_on": TOMORROW},
        ("emergency-contacts", "in-use"): looked_at,
        ("emergency-equipment", "in-use"): looked_at,
        ("reviews", "closed"): {"approved_by": "The director"},
        ("statements", "in-force"): {"signed_by": "The board", "signed_on": TOMORROW},
    }
    return asked.get((register, end), {})


def checked(register) -> dict:
    """What the database wants of a record that is put into a status without its moves."""
    if register == "communication":
        return {"last_on": TODAY, "last_done": "We met."}
    if register == "emergencies":
        return {"response": "Call 911."}
    if register == "contacts":
        return {"answer": "We flushed it.", "answered_by": "Dana", "answered_on": TODAY}
    if register == "audits":
        return {"done_on": timezone.localdate(), "conclusion": "It conforms."}
    if register == "controls":
        return {"what": "Each pump is greased."}
    if register == "reviews":
        return {"minutes": "We met.", "approved_by": "The director"}
    if register == "documents":
        return {"text": "Isolate the pump."}
    if register == "statements":
        return {"text": "We comply.", "signed_by": "The board", "signed_on": TOMORROW}
    return {"verified": "Seen.", "verified_by": "Dana"} if register in ("actions", "changes", "corrective") else {}


def prepared(record, end, manager) -> None:
    """Makes so that nothing but the table decides whether it may move to ``end``."""
    if record.register == "changes" and not record.areas:
        type(record).objects.filter(pk=record.pk).update(areas=["E"])
        record.areas = ["E"]
    if record.register == "documents":
        prepared_document(record, end, manager)
    if record.register == "communication":
        type(record).objects.filter(pk=record.pk).update(rhythm="monthly")
        record.rhythm = "monthly"
    if record.register == "audits" and not record.lines.exists():
        person = Person.objects.of(record.utility).get(user=manager)
        with pgtrigger.ignore():
            record.team.create(person=person, role="lead")
            record.lines.create(question="Is it done?", finding="conforms", seen="Yes.")
    if record.register == "controls" and not record.what:
        type(record).objects.filter(pk=record.pk).update(what="Each pump is greased.")
        record.what = "Each pump is greased."
    if record.register == "emergencies" and not record.response:
        type(record).objects.filter(pk=record.pk).update(response="Call 911.")
        record.response = "Call 911."
    if record.register == "reviews":
        record.present.set([Person.objects.of(record.utility).get(user=manager)])
        type(record).objects.filter(pk=record.pk, minutes="").update(minutes="We met.")
        record.minutes = "We met."
    if record.register == "statements" and not record.text:
        type(record).objects.filter(pk=record.pk).update(text="We comply.")
        record.text = "We comply."
    if (record.register, end) == ("changes", "approved"):
        record.answers.update_or_create(area="E", defaults={"is_affected": False})
    if (record.register, end) == ("corrective", "closed"):
        type(record).objects.filter(pk=record.pk).update(check_on=None)
        record.check_on = None


def prepared_document(record, end, manager) -> None:
    """One approver, who has approved it if it is to be in force; never approved if it is to be a draft again."""
    rows = type(record).objects.filter(pk=record.pk)
    if record.status == "draft":
        rows.update(text="Isolate the pump.")
        record.approvers.get_or_create(person=Person.objects.of(record.utility).get(user=manager))
        record.text = "Isolate the pump."
    record.approved_on = timezone.localdate() if end == "in-force" else None
    rows.update(approved_on=record.approved_on)
    if end == "in-force":
        signed = {"signed_on": timezone.localdate(), "entered_by": manager, "entered_at": timezone.now()}
        with pgtrigger.ignore("ims.DocumentApprover:document_approver_in_time"):
            record.approvers.update(**signed)


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.mark.django_db
def test_numbers_count_within_the_register_the_year_and_the_utility(objective, utility, manager):
    assert objective.number == f"OBJ-{YEAR}-001"
    second = Objective.open_in(utility, by=manager, title="Another")
    assert second.number == f"OBJ-{YEAR}-002"
    assert Unit.open_in(utility, by=manager, title="Pumps").number == f"UNIT-{YEAR}-001"
    assert Objective.open_in(UtilityFactory(), by=manager, title="Elsewhere").number == f"OBJ-{YEAR}-001"


def test_the_address_of_a_record_is_that_of_its_page(action, utility):
    assert action.get_absolute_url() == reverse("ims:record", args=[utility.pk, "actions", action.number])


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_moment_get_two_numbers(catalog, utility, manager):
    def make():
        return Objective.open_in(utility, by=manager, title="At once").number

    assert sorted(at_once(make, make, make)) == [f"OBJ-{YEAR}-{n:03}" for n in (1, 2, 3)]


@pytest.mark.django_db
def test_a_save_writes_what_all_records_have_and_what_the_register_adds(action, manager):
    action.change(1, by=manager, title="Clean all sewers", lines="Flush.\nInspect.", due=None)
    stored = Action.objects.get()
    assert (stored.title, stored.lines, stored.due, stored.version) == ("Clean all sewers", "Flush.\nInspect.", None, 2)
    change = stored.history.get()
    assert change.before == {"title": "Clean the sewers of Mill Street", "due": "2030-06-30", "lines": ""}
    assert {line.label for line in change.lines({})} == {"Title", "Due", "What is to be done, step by step"}


@pytest.mark.django_db
def test_a_stale_save_changes_neither_table(action, manager, contributor):
    late = seen(action, contributor)
    action.change(1, by=manager, lines="First.")
    with pytest.raises(Stale) as stale:
        late.change(1, by=contributor, title="Late", lines="Late.")
    assert isinstance(stale.value.current, Action)
    assert Action.objects.get().lines == "First."


@pytest.mark.django_db(transaction=True)
def test_of_two_saves_at_the_same_moment_one_is_told(action, manager):
    both = [seen(action, manager) for _ in range(2)]
    outcomes = at_once(
        *[lambda one=one, n=n: one.change(1, by=manager, lines=f"Text {n}") for n, one in enumerate(both)]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType", "Stale"]
    stored = Action.objects.get()
    assert stored.version == 2
    assert stored.lines == f"Text {[type(one) for one in outcomes].index(type(None))}"


@pytest.mark.django_db(transaction=True)
def test_a_save_that_waited_for_a_close_changes_nothing(action, manager):
    """The condition on the record is evaluated again after waiting for the lock."""
    late = seen(action, manager)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            seen(action, manager).move("canceled", by=manager, why="No money.")
            waiting = pool.submit(at_once, lambda: late.change(1, by=manager, lines="Too late."))
        outcome = waiting.result(timeout=20)[0]
    assert type(outcome).__name__ in ("Stale", "WrongState")
    assert Action.objects.get().lines == ""
    connection.close()


@pytest.mark.django_db
def test_undo_restores_both_tables(action, manager):
    action.change(1, by=manager, title="Other", lines="Other.")
    action.undo(2, by=manager)
    stored = Action.objects.get()
    assert (stored.title, stored.lines) == ("Clean the sewers of Mill Street", "")


@pytest.mark.parametrize("register", [each.slug for each in registers.known()])
def test_records_stand_in_the_order_of_their_numbers(register):
    assert registers.get(register).model._meta.ordering == ["number"]


@pytest.mark.django_db
@pytest.mark.parametrize("register", [each.slug for each in registers.known()])
def test_every_move_of_a_register_is_in_its_table_and_open_follows(register, utility, manager, catalog):
    described = registers.get(register)
    for move in described.moves:
        for start in move.start:
            assert move.end in described.model.TRANSITIONS[start], f"{move.slug} from {start}"
            record = described.model.open_in(
                utility, by=manager, title=f"{move.slug} from {start}", **checked(register)
            )
            prepared(record, "approved", manager)
            described.model.objects.filter(pk=record.pk).update(status=start, is_open=start in described.model.OPEN)
            record = seen(record, manager)
            asked = {name: asked_by(register, move.end).get(name, "Seen.") for name in move.asks}
            prepared(record, move.end, manager)
            record.move(move.end, by=manager, why="Because.", **asked)
            stored = described.model.objects.get(pk=record.pk)
            assert (stored.status, stored.is_open) == (move.end, move.end in described.model.OPEN)
            assert stored.events.last().to_status == move.end
    table = {(start, end) for start, ends in described.model.TRANSITIONS.items() for end in ends}
    offered = {(start, move.end) for move in described.moves for start in move.start}
    assert offered <= table


# register → from → to
STEPS = {
    "actions": {
        "planned": {"under-way", "canceled"},
        "under-way": {"done", "planned", "canceled"},
        "done": {"closed", "under-way"},
        "closed": {"under-way"},
        "canceled": {"planned"},
    },
    "measures": {"in-use": {"retired"}, "retired": {"in-use"}},
    "objectives": {
        "proposed": {"agreed", "dropped"},
        "agreed": {"reached", "dropped", "proposed"},
        "reached": {"agreed"},
        "dropped": {"proposed"},
    },
    "assessments": {
        "open": {"addressed", "accepted"},
        "addressed": {"open"},
        "accepted": {"open"},
    },
    "workshops": {
        "gather": {"score", "canceled"},
        "score": {"settle", "gather", "canceled"},
        "settle": {"package", "score", "canceled"},
        "package": {"closed", "settle", "canceled"},
        "closed": set(),
        "canceled": {"gather"},
    },
    "audits": {
        "planned": {"under-way", "canceled"},
        "under-way": {"done", "canceled"},
        "done": {"closed", "under-way"},
        "closed": set(),
        "canceled": {"planned"},
    },
    "changes": {
        "proposed": {"in-review", "rejected"},
        "in-review": {"approved", "proposed", "rejected"},
        "approved": {"done", "proposed", "rejected"},
        "done": {"closed", "approved"},
        "closed": {"approved"},
        "rejected": {"proposed"},
    },
    "communication": {"planned": {"planned", "done", "ended"}, "done": {"planned"}, "ended": {"planned"}},
    "contacts": {
        "received": {"answered", "no-answer"},
        "answered": {"closed", "received"},
        "closed": {"received"},
        "no-answer": {"received"},
    },
    "controls": {
        "draft": {"in-force", "withdrawn"},
        "in-force": {"in-force", "withdrawn"},
        "withdrawn": {"draft"},
    },
    "corrective": {
        "reported": {"under-way", "canceled"},
        "under-way": {"done", "canceled"},
        "done": {"closed", "under-way"},
        "closed": {"under-way"},
        "canceled": {"reported"},
    },
    "emergencies": {
        "draft": {"in-force", "dropped"},
        "in-force": {"in-force", "dropped"},
        "dropped": {"draft"},
    },
    "emergency-contacts": {"in-use": {"in-use", "retired"}, "retired": {"in-use"}},
    "emergency-equipment": {"in-use": {"in-use", "retired"}, "retired": {"in-use"}},
    "reviews": {"planned": {"held", "canceled"}, "held": {"closed"}, "closed": set(), "canceled": {"planned"}},
    "statements": {
        "draft": {"in-force", "withdrawn"},
        "in-force": {"in-force", "replaced", "withdrawn"},
        "replaced": set(),
        "withdrawn": {"draft"},
    },
    "documents": {
        "draft": {"in-review", "withdrawn"},
        "in-review": {"in-force", "draft", "withdrawn"},
        "in-force": {"in-force", "replaced", "withdrawn"},
        "replaced": set(),
        "withdrawn": {"draft", "in-force"},
    },
    "requirements": {"coming": {"in-force", "ended"}, "in-force": {"ended"}, "ended": {"in-force"}},
    "training": {"in-use": {"retired"}, "retired": {"in-use"}},
    "units": {"in-use": {"retired"}, "retired": {"in-use"}},
}


def test_the_table_has_every_register():
    assert set(STEPS) == {each.slug for each in registers.known()}


@pytest.mark.django_db
@pytest.mark.parametrize("register", STEPS)
def test_every_pair_of_statuses(register, utility, manager, catalog):
    model, steps = registers.get(register).model, STEPS[register]
    record = model.open_in(utility, by=manager, title="Tried")
    for start in steps:
        for end in steps:
            model.objects.filter(pk=record.pk).update(status=start)
            tried = seen(record, manager)
            if end in steps[start]:
                prepared(tried, end, manager)
                tried.move(end, by=manager, why="Tried.", **asked_by(register, end))
                assert model.objects.get(pk=record.pk).status == end
            else:
                with pytest.raises(WrongState):
                    tried.move(end, by=manager)


@pytest.mark.django_db
def test_a_move_that_is_not_in_the_table_is_refused(action, manager):
    with pytest.raises(WrongState):
        action.move("closed", by=manager)
    assert Action.objects.get().status == "planned"


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{}, {"verified": "Seen."}, {"verified_by": "Dana"}])
def test_an_action_closes_only_with_what_was_verified_and_by_whom(action, manager, given):
    for step in ("under-way", "done"):
        action.move(step, by=manager)
    with pytest.raises(WrongState, match="verified"):
        action.move("closed", by=manager, **given)
    assert Action.objects.get().status == "done"


@pytest.mark.django_db
def test_what_is_closed_can_not_be_changed(action, manager):
    action.move("canceled", by=manager, why="No money.")
    with pytest.raises(WrongState):
        seen(action, manager).change(2, by=manager, title="Other")


@pytest.mark.django_db
def test_viewers_only_read(action, viewer):
    for attempt in (lambda one: one.change(1, by=viewer, title="x"), lambda one: one.move("under-way", by=viewer)):
        with pytest.raises(NotAllowed):
            attempt(seen(action, viewer))


@pytest.mark.django_db
def test_what_is_late(action, manager):
    assert not action.is_late
    Record.objects.filter(pk=action.pk).update(due=date(2020, 1, 1))
    late = seen(action, manager)
    assert late.is_late
    assert list(Record.objects.late()) == [late.record]
    late.move("canceled", by=manager, why="No money.")
    assert not seen(action, manager).is_late


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"verified": "Seen."}, "action_verified_by_someone"),
        ({"cost": -1}, "action_cost_and_hours_not_negative"),
        ({"areas": ["X"]}, "record_areas_known"),
        ({"title": ""}, "record_has_a_title"),
    ],
)
def test_the_database_keeps_the_rules(action, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Action.objects.filter(pk=action.pk).update(**changes)


@pytest.mark.django_db
@pytest.mark.parametrize("register", ["actions", "changes", "corrective"])
def test_the_database_closes_nothing_that_nobody_verified(register, catalog, utility, manager):
    record = registers.get(register).model.open_in(utility, by=manager, title="Tried")
    with pytest.raises(IntegrityError, match="clos"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=record.pk).update(status="closed"))


@pytest.mark.django_db
def test_an_objective_with_actions_stays(objective, action):
    with pytest.raises(Exception, match="protected"):
        objective.delete()


@pytest.mark.django_db
def test_members_are_people_of_the_system_and_others_can_be_named(utility, manager, viewer):
    Person.objects.create(utility=utility, name="Pat of the night crew")
    names = [str(person) for person in Person.objects.of(utility)]
    assert names == ["Mara Gerr", "Pat of the night crew", "Vic Weir"]
    assert [str(person) for person in Person.objects.of(utility)] == names
