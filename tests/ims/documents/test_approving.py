"""Documents: approved by name, kept as they are, replaced by a new edition."""

from datetime import date

import pytest
from django.urls import reverse

from ims import registers
from ims.editions import later
from ims.models import Document, Person, Record
from tests.conftest import main_of
from tests.ims.documents.conftest import LAST_WEEK, TODAY, TOMORROW, approve, at, move, seen
from tests.uploads import upload
from workflow.models import WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


# Approving.


def test_it_needs_something_to_approve_and_somebody_who_approves(draft, manager, person, as_):
    browser = as_(manager)
    draft.change(draft.version, by=manager, text=" ")
    page = move(browser, draft, "submit")
    assert page.status_code == 422
    assert "Enter its text first, or add its file or a link to it." in page.text
    assert "Choose first who approves it." in page.text
    seen(draft, manager).attach_link(by=manager, url="https://riverbend.example.org/sop-12")
    browser.post(at(draft, "document_people"), {"approvers": [person(manager).pk]})
    assert "is now “In review”" in move(browser, draft, "submit").text


def test_it_is_approved_once_all_have_approved(in_review, manager, contributor, person, as_):
    page = approve(as_(manager), in_review, person(manager))
    assert "still needs other approvals" in page.text
    assert seen(in_review, manager).status == "in-review"
    with pytest.raises(WrongState, match="not approved yet by Connie Boyd"):
        seen(in_review, manager).move("in-force", by=manager)
    assert "is approved" in approve(as_(contributor), in_review, person(contributor)).text
    found = seen(in_review, manager)
    assert (found.status, found.approved_on, found.due) == ("in-force", TODAY, later(TODAY, 12))
    assert registers.get("documents").living(found) == ""
    page = main_of(as_(manager).get(found.get_absolute_url()))
    assert page.count(f"approved {TODAY:%B %-d, %Y}") == 2


def test_each_approves_for_themself_only(in_review, manager, contributor, advisor, person, as_):
    for user in (manager, advisor):
        assert approve(as_(user), in_review, person(contributor)).status_code == 403
    with pytest.raises(NotAllowed):
        in_review.approve(person(contributor), by=manager)
    with pytest.raises(WrongState, match="Ada Reed is not asked"):
        in_review.approve(person(advisor), by=manager)
    assert not in_review.approvers.exclude(signed_on=None).exists()


def test_a_viewer_who_is_asked_approves_and_may_send_it_back(draft, manager, viewer, person, as_):
    draft.ask_approvers([person(viewer)], by=manager)
    draft.move("in-review", by=manager)
    browser = as_(viewer)
    browser.post(at(draft, "approve_document", person(viewer).pk), {"why": "The valve is missing."})
    found = seen(draft, manager)
    assert (found.status, found.events.last().why) == ("draft", "The valve is missing.")
    found.move("in-review", by=manager)
    approve(browser, draft, person(viewer))
    assert seen(draft, manager).status == "in-force"


def test_an_editor_enters_the_approval_of_somebody_without_an_account(draft, hank, manager, viewer, as_):
    draft.ask_approvers([hank], by=manager)
    draft.move("in-review", by=manager)
    assert approve(as_(viewer), draft, hank).status_code == 403
    browser = as_(manager)
    assert "This date is in the future." in approve(browser, draft, hank, on=TOMORROW.isoformat()).text
    approve(browser, draft, hank, on=LAST_WEEK.isoformat())
    found = seen(draft, manager)
    assert (found.approved_on, found.due) == (LAST_WEEK, later(LAST_WEEK, 12))
    page = main_of(browser.get(draft.get_absolute_url()))
    assert f"Entered by Mara Gerr on {TODAY:%B %-d, %Y}" in page


def test_sending_it_back_needs_a_reason_and_clears_what_was_approved(in_review, manager, contributor, person, as_):
    in_review.approve(person(manager), by=manager)
    mine = person(contributor).pk
    page = as_(contributor).post(at(in_review, "approve_document", mine), {"why": " "})
    assert page.status_code == 422
    with pytest.raises(WrongState, match="why"):
        seen(in_review, manager).send_back(by=manager, why=" ")
    move(as_(manager), in_review, "return", why="Name the valve.")
    found = seen(in_review, manager)
    assert found.status == "draft"
    assert found.approvers.filter(signed_on=None).count() == 2
    assert f"Mara Gerr, {TODAY:%B %-d, %Y}" in [change.after.get("approval") for change in found.history.all()]


def test_only_an_approver_or_an_editor_sends_it_back(in_review, viewer):
    with pytest.raises(NotAllowed):
        seen(in_review, viewer).send_back(by=viewer, why="No.")


def test_withdrawing_it_from_review_clears_the_approvals_too(in_review, manager, person):
    in_review.approve(person(manager), by=manager)
    seen(in_review, manager).move("withdrawn", by=manager, why="Not needed.")
    seen(in_review, manager).move("draft", by=manager)
    assert in_review.approvers.filter(signed_on=None).count() == 2


def test_one_approves_what_one_has_read(in_review, manager, contributor, person, as_):
    version = in_review.version
    move(as_(contributor), in_review, "return", why="Name the valve.")
    again = seen(in_review, contributor)
    again.change(again.version, by=contributor, text="Close valve 7 first.")
    move(as_(contributor), in_review, "submit")
    page = approve(as_(manager), in_review, person(manager), version=version)
    assert "It was changed since you opened it." in page.text
    with pytest.raises(WrongState):
        in_review.approve(person(manager), by=manager)
    assert not in_review.approvers.exclude(signed_on=None).exists()


def test_who_approves_is_chosen_in_the_draft(in_review, manager, viewer, person, as_):
    with pytest.raises(WrongState):
        in_review.ask_approvers([person(viewer)], by=manager)
    page = as_(manager).get(at(in_review, "document_people"))
    assert set(page.context["form"].fields) == {"readers"}


def test_an_approval_twice_is_refused(in_review, manager, person, as_):
    in_review.approve(person(manager), by=manager)
    with pytest.raises(WrongState, match="already"):
        in_review.approve(person(manager), by=manager)
    assert "does not need this approval now" in approve(as_(manager), in_review, person(manager)).text


# What is approved stays as it is.


def test_what_is_in_review_or_approved_keeps_its_text(approved, manager, as_):
    with pytest.raises(WrongState):
        approved.change(approved.version, by=manager, text="Less.")
    page = as_(manager).get(reverse("ims:edit", args=[approved.utility_id, "documents", approved.number]))
    assert set(page.context["form"].fields) == {"version", "initiatives", "units", "owner", "due", "used_at", "every"}
    approved.change(approved.version, by=manager, used_at="Both plants", initiatives=["cmom"])


def test_its_files_stay_too(draft, manager, contributor, person, as_, own_folder):
    item = draft.attach_file(upload(), by=manager)
    draft.attach_link(by=manager, url="https://riverbend.example.org/valves")
    draft.ask_approvers([person(manager)], by=manager)
    draft.move("in-review", by=manager)
    browser = as_(manager)
    page = browser.get(draft.get_absolute_url()).text
    assert "Add a link or file" not in page
    assert reverse("ims:remove", args=[item.pk]) not in page
    where = [draft.utility_id, "documents", draft.number]
    sent = {
        reverse("ims:add_link", args=where): {"url": "https://example.org"},
        reverse("ims:add_file", args=where): {"file": upload()},
        reverse("ims:remove", args=[item.pk]): {},
    }
    for address, data in sent.items():
        answer = browser.post(address, data, follow=True)
        assert "Nothing was changed. Its links and files do not change in this status." in answer.text
    assert draft.attachments.count() == 2
    assert b"".join(browser.get(reverse("ims:download", args=[item.pk])).streaming_content)
    move(browser, draft, "return", why="Another file.")
    browser.post(reverse("ims:remove", args=[item.pk]))
    assert draft.attachments.count() == 1


def test_a_review_sets_the_day_of_the_next(approved, manager, as_):
    Record.objects.filter(pk=approved.pk).update(due=date(2026, 1, 31))
    assert registers.get("documents").living(seen(approved, manager)) == "Its review was due on January 31, 2026."
    assert f"{approved.number} was reviewed." in move(as_(manager), approved, "review").text
    found = seen(approved, manager)
    assert (found.status, found.due) == ("in-force", later(TODAY, 12))


def test_without_a_rhythm_no_review_is_due(draft, manager, person):
    draft.change(draft.version, by=manager, every=None, due=TOMORROW)
    draft.ask_approvers([person(manager)], by=manager)
    draft.move("in-review", by=manager)
    seen(draft, manager).approve(person(manager), by=manager)
    assert seen(draft, manager).due is None


def test_what_was_approved_comes_back_as_it_was(approved, manager, as_):
    browser = as_(manager)
    move(browser, approved, "withdraw", why="The pump is gone.")
    assert registers.get("documents").living(seen(approved, manager)) == "It was withdrawn."
    assert "It was approved, so it does not change." in move(browser, approved, "redraft").text
    move(browser, approved, "restore", why="The pump is back.")
    found = seen(approved, manager)
    assert (found.status, found.due, found.approved_on) == ("in-force", later(TODAY, 12), TODAY)


def test_a_draft_that_was_withdrawn_is_not_put_in_force(draft, manager, as_):
    move(as_(manager), draft, "withdraw", why="Twice.")
    assert "It was never approved." in move(as_(manager), draft, "restore", why="Yes.").text
    assert "is now “Draft”" in move(as_(manager), draft, "redraft").text


# A new edition.


@pytest.fixture
def second(approved, manager, viewer, person, hank, as_) -> Document:
    """The next edition, a draft. A viewer and somebody without an account must know the first."""
    approved.ask_readers([person(viewer), hank], by=manager)
    seen(approved, viewer).confirm(person(viewer), by=viewer)
    as_(manager).post(at(approved, "next_document"))
    return seen(approved.later.get(), manager)


def test_a_new_edition_replaces_the_old_one_once_it_is_approved(approved, second, manager, contributor, person, as_):
    assert (second.text, second.code, second.edition, second.due, second.approved_on) == (
        "Isolate the pump.",
        "SOP-12",
        2,
        None,
        None,
    )
    assert [str(each.person) for each in second.approvers.filter(signed_on=None)] == ["Connie Boyd", "Mara Gerr"]
    assert [str(each.person) for each in second.readers.filter(signed_on=None)] == ["Hank Osei", "Vic Weir"]
    browser = as_(manager)
    assert "Its next edition is in progress" in browser.get(approved.get_absolute_url()).text
    second.change(second.version, by=manager, text="Isolate the pump. Test the alarm.")
    move(browser, second, "submit")
    assert "Its next edition is a draft already." in browser.post(at(approved, "next_document"), follow=True).text
    for user in (manager, contributor):
        approve(as_(user), second, person(user))
    old = seen(approved, manager)
    assert (old.status, old.is_open, old.text) == ("replaced", False, "Isolate the pump.")
    assert old.events.last().why == f"Edition 2 is in force: {second.number}."
    assert old.readers.filter(signed_on=TODAY).count() == 1
    assert seen(second, manager).readers.filter(signed_on=None).count() == 2
    assert registers.get("documents").living(old) == "A new edition replaced it."


def test_a_viewer_who_approves_last_replaces_the_old_edition(approved, second, manager, viewer, person):
    second.ask_approvers([person(viewer)], by=manager)
    second.move("in-review", by=manager)
    seen(second, viewer).approve(person(viewer), by=viewer)
    assert (seen(second, manager).status, seen(approved, manager).status) == ("in-force", "replaced")


def test_files_stay_with_their_edition(draft, manager, person, as_, own_folder):
    item = draft.attach_file(upload(), by=manager)
    draft.ask_approvers([person(manager)], by=manager)
    draft.move("in-review", by=manager)
    seen(draft, manager).approve(person(manager), by=manager)
    browser = as_(manager)
    page = browser.get(at(draft, "next_document"))
    assert "Links and files are not copied" in page.text
    browser.post(at(draft, "next_document"))
    assert not draft.later.get().attachments.exists()
    assert draft.attachments.get() == item


def test_who_has_left_is_not_asked_by_a_new_edition(approved, hank, manager):
    approved.ask_readers([hank], by=manager)
    hank.save_over(hank.version, by=manager, has_left=True)
    assert not seen(approved, manager).begin_next(by=manager).readers.exists()


def test_a_withdrawn_edition_does_not_come_back_beside_another(approved, second, manager, as_):
    browser = as_(manager)
    move(browser, second, "withdraw", why="Later.")
    third = seen(approved, manager).begin_next(by=manager)
    assert f"{third.number} has taken its place." in move(browser, second, "redraft").text
    third = seen(third, manager)
    third.ask_approvers([Person.objects.get(user=manager)], by=manager)
    third.move("in-review", by=manager)
    move(browser, approved, "withdraw", why="Wrong.")
    seen(third, manager).approve(Person.objects.get(user=manager), by=manager)
    assert f"{third.number} has taken its place." in move(browser, approved, "restore", why="Again.").text
