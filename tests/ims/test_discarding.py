"""Deleting drafts, and nothing else."""

import pytest
from django.urls import reverse

from files.models import StoredFile
from ims import registers
from ims.links import LED_TO, link
from ims.models import Action, Record, Statement
from tests.ims.test_records import asked_by, prepared, seen
from tests.uploads import upload
from workflow.models import WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db
WITH_DRAFTS = [each.slug for each in registers.known() if "draft" in each.model.Status.values]


def at(record) -> str:
    return reverse("ims:discard", args=[record.utility_id, record.register, record.number])


@pytest.fixture
def draft(catalog, utility, manager) -> Statement:
    return seen(Statement.open_in(utility, by=manager, title="Policy"), manager)


def test_four_registers_have_drafts():
    assert set(WITH_DRAFTS) == {"statements", "documents", "controls", "emergencies"}


@pytest.mark.parametrize("register", WITH_DRAFTS)
def test_a_draft_is_deleted_with_what_belongs_to_it(register, catalog, utility, contributor, as_):
    model = registers.get(register).model
    record = seen(model.open_in(utility, by=contributor, title="A draft"), contributor)
    record.say("A comment", by=contributor)
    record.attach_file(upload(), by=contributor)
    browser = as_(contributor)
    assert "Delete this draft" in browser.get(record.get_absolute_url()).text
    assert "It can’t be restored." in browser.get(at(record)).text
    assert f"{record.number} was deleted." in browser.post(at(record), follow=True).text
    assert not Record.objects.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize("register", [each.slug for each in registers.known()])
def test_what_is_no_draft_is_not_deleted(register, catalog, utility, manager, as_):
    model = registers.get(register).model
    record = seen(model.open_in(utility, by=manager, title="A record"), manager)
    if register in WITH_DRAFTS:
        Record.objects.filter(pk=record.pk).update(status=model.Status.values[-1])
        record = seen(record, manager)
    assert "Delete this draft" not in as_(manager).get(record.get_absolute_url()).text
    assert as_(manager).get(at(record)).status_code == 409
    assert "Nothing was deleted." in as_(manager).post(at(record), follow=True).text
    assert Record.objects.filter(pk=record.pk).exists()


def test_what_was_in_force_once_stays_as_a_draft_too(draft, manager):
    prepared(draft, "in-force", manager)
    draft.move("in-force", by=manager, **asked_by("statements", "in-force"))
    for status in ("withdrawn", "draft"):
        seen(draft, manager).move(status, by=manager, why="No longer.")
    with pytest.raises(WrongState):
        seen(draft, manager).discard(by=manager)


def test_what_led_to_a_record_stays(draft, utility, manager):
    link(draft, Action.open_in(utility, by=manager, title="Do it"), LED_TO, by=manager)
    with pytest.raises(WrongState):
        draft.discard(by=manager)


def test_the_next_edition_is_deleted_and_begun_again(draft, manager):
    prepared(draft, "in-force", manager)
    draft.move("in-force", by=manager, **asked_by("statements", "in-force"))
    for _ in range(2):
        following = seen(seen(draft, manager).begin_next(by=manager), manager)
        following.discard(by=manager)
    assert Record.objects.get().pk == draft.pk


def test_a_viewer_and_a_stranger_delete_nothing(draft, viewer, stranger, as_):
    assert as_(viewer).post(at(draft)).status_code == 403
    assert as_(stranger).post(at(draft)).status_code == 404
    with pytest.raises(NotAllowed):
        seen(draft, viewer).discard(by=viewer)
    assert Record.objects.exists()
