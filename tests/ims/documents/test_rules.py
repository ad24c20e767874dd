"""Who may do what with a document, two people at once, and what the database keeps."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ims.models import Document, Person, Record
from tests.assessments.test_races import at_once
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from tests.ims.documents.conftest import LAST_WEEK, SIGNED, TODAY, at, refused, seen
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db


# Rights, and two at once.


@pytest.mark.parametrize("role", ["manager", "contributor", "advisor", "viewer", "stranger", "former"])
def test_who_may_do_what(request, approved, hank, manager, person, as_, role):
    user = request.getfixturevalue(role)
    approved.ask_readers([hank], by=manager)
    edits = {"viewer": 403, "stranger": 404, "former": 404}
    reads = {"stranger": 404, "former": 404}
    browser = as_(user)
    assert browser.get(at(approved, "document_readers")).status_code == reads.get(role, 200)
    for name in ("document_people", "next_document"):
        assert browser.get(at(approved, name)).status_code == edits.get(role, 200), name
    assert browser.post(at(approved, "document_people"), {"readers": []}).status_code == edits.get(role, 302)
    assert approved.readers.exists() == (role in edits)
    sheet = {"people": [hank.pk], "on": TODAY.isoformat()}
    assert browser.post(at(approved, "document_readers"), sheet).status_code == edits.get(role, 422)
    assert browser.get(at(approved, "read_document")).status_code == 404
    assert browser.post(at(approved, "next_document")).status_code == edits.get(role, 302)
    assert approved.later.exists() == (role not in edits)
    expected = {"manager": 302, "contributor": 302, "advisor": 403, "viewer": 403}.get(role, 404)
    assert browser.get(at(approved, "approve_document", person(manager).pk)).status_code == (
        403 if role == "contributor" else expected
    )


@pytest.mark.django_db(transaction=True)
def test_two_approve_at_once(in_review, manager, contributor, person):
    both = [(seen(in_review, user), user) for user in (manager, contributor)]
    found = at_once(*[lambda one=one, user=user: one.approve(person(user), by=user) for one, user in both])
    assert found == [None, None]
    stored = seen(in_review, manager)
    assert stored.status == "in-force"
    assert stored.events.filter(to_status="in-force").count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_approves_while_another_sends_it_back(draft, manager, contributor, person):
    draft.ask_approvers([person(manager)], by=manager)
    draft.move("in-review", by=manager)
    mine, theirs = seen(draft, manager), seen(draft, contributor)
    outcomes = at_once(
        lambda: mine.approve(person(manager), by=manager), lambda: theirs.send_back(by=contributor, why="No.")
    )
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType", "WrongState"]
    stored = seen(draft, manager)
    assert stored.status == ("in-force" if outcomes[0] is None else "draft")
    assert stored.approvers.filter(signed_on=None).exists() == (stored.status == "draft")


@pytest.mark.django_db(transaction=True)
def test_one_adds_a_link_while_another_sends_it_for_review(draft, manager, contributor, person):
    draft.ask_approvers([person(manager)], by=manager)
    mine, theirs = seen(draft, manager), seen(draft, contributor)
    outcomes = at_once(
        lambda: mine.move("in-review", by=manager), lambda: theirs.attach_link(by=contributor, url="https://a.example")
    )
    assert outcomes[0] is None
    assert draft.attachments.exists() == (not isinstance(outcomes[1], WrongState))


@pytest.mark.django_db(transaction=True)
def test_one_writes_while_another_sends_it_for_review(draft, manager, contributor, person):
    draft.ask_approvers([person(manager)], by=manager)
    mine, theirs = seen(draft, manager), seen(draft, contributor)
    outcomes = at_once(
        lambda: mine.move("in-review", by=manager), lambda: theirs.change(1, by=contributor, text="Other.")
    )
    assert outcomes[0] is None
    if outcomes[1] is None:
        assert seen(draft, manager).text == "Other."
    else:
        assert isinstance(outcomes[1], Stale | WrongState)
        assert seen(draft, manager).text == "Isolate the pump."


# The database.


def test_the_database_approves_nothing_that_not_all_approved(in_review, manager, person):
    in_review.approve(person(manager), by=manager)
    Document.objects.filter(pk=in_review.pk).update(approved_on=TODAY)
    with pytest.raises(IntegrityError, match="document_is_approved"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=in_review.pk).update(status="in-force"))


@pytest.mark.parametrize("change", [{"title": "Other"}, {"areas": ["E"]}, {"text": "Other"}, {"code": "SOP-1"}])
def test_the_database_keeps_what_is_approved(approved, change):
    with pytest.raises(IntegrityError, match="document_keeps_its_"), transaction.atomic():
        Document.objects.filter(pk=approved.pk).update(**change)


def test_the_database_keeps_the_files(draft, manager, person):
    item = draft.attach_link(by=manager, url="https://riverbend.example.org/valves")
    other = seen(Document.open_in(draft.utility, by=manager, title="Other"), manager)
    draft.ask_approvers([person(manager)], by=manager)
    draft.move("in-review", by=manager)
    items = draft.attachments.filter(pk=item.pk)
    for attempt in (
        lambda: draft.attachments.create(url="https://a.example"),
        lambda: items.update(url="https://a.example"),
        lambda: items.update(record=other.record),
        lambda: items.delete(),
    ):
        with refused("document_keeps_its_files"):
            attempt()


def test_the_database_keeps_the_rules_of_signatures(approved, draft, hank, manager, contributor, viewer, person):
    approver, elsewhere = approved.approvers.filter(person=person(manager)), UtilityFactory()
    stranger = Person.add(elsewhere, by=manager, name="Stan")
    approved.ask_readers([hank, person(viewer)], by=manager)
    approved.confirm(hank, by=manager)
    new = seen(Document.open_in(draft.utility, by=manager, title="Other"), manager)
    tries = {
        "document_approved_in_review": lambda: approver.update(signed_on=LAST_WEEK),
        "document_approvers_chosen_in_draft": lambda: approved.approvers.create(person=hank),
        "document_read_while_in_force": lambda: new.readers.create(person=hank, entered_by=manager, **SIGNED),
        "document_keeps_who_read_it": lambda: approved.readers.filter(person=hank).delete(),
        "document_reader_by_themself": lambda: approved.readers.filter(person=person(viewer)).update(
            entered_by=manager, **SIGNED
        ),
        "document_reader_dated_and_entered": lambda: approved.readers.filter(person=hank).update(signed_on=None),
        "document_reader_once": lambda: approved.readers.create(person=hank),
        "document_reader_of_the_utility": lambda: approved.readers.create(person=stranger),
        "document_approver_of_the_utility": lambda: new.approvers.create(person=stranger),
        "document_approvers_chosen_in_draft ": lambda: approver.delete(),
        "document_rhythm": lambda: Document.objects.filter(pk=new.pk).update(every=0),
    }
    for name, attempt in tries.items():
        with refused(name.strip()):
            attempt()


def test_the_database_lets_nobody_approve_for_another(in_review, manager, contributor, person):
    mine = in_review.approvers.filter(person=person(contributor))
    with refused("document_approver_by_themself"):
        mine.update(entered_by=manager, **SIGNED)
    new = seen(Document.open_in(in_review.utility, by=manager, title="Other"), manager)
    new.ask_approvers([person(manager)], by=manager)
    with refused("document_approved_in_review"):
        new.approvers.update(entered_by=manager, **SIGNED)
    with refused("document_approver_dated_and_entered"):
        mine.update(entered_at=timezone.now())
    with refused("document_approver_once"):
        new.approvers.create(person=person(manager))
