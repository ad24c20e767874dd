"""Documents: reviewed, approved by name, kept as they are, replaced by a new edition, read by those who must know."""

from contextlib import contextmanager
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import Role
from ims import registers
from ims.editions import later
from ims.models import Document, Person, Record
from ims.waiting import MOST, to_take_part_in
from tests.assessments.test_races import at_once
from tests.conftest import main_of, member
from tests.factories import UtilityFactory
from tests.ims.conftest import at_the_end
from tests.uploads import upload
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
TOMORROW, LAST_WEEK = TODAY + timedelta(days=1), TODAY - timedelta(days=7)
SIGNED = {"signed_on": TODAY, "entered_at": timezone.now()}
pytestmark = pytest.mark.django_db


def seen(document, user) -> Document:
    return Document.objects.visible_to(user).get(pk=document.pk)


@contextmanager
def refused(name):
    """The database refuses what is tried, by the rule of this name."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    assert error.value.__cause__.diag.constraint_name == name


def at(document, name, *more) -> str:
    return reverse(f"ims:{name}", args=[document.utility_id, document.number, *more])


def move(browser, document, slug, **sent):
    address = reverse("ims:move", args=[document.utility_id, "documents", document.number, slug])
    return browser.post(address, sent, follow=True)


@pytest.fixture
def person(utility):
    """``person(user)``: as whom the utility knows a member."""
    return lambda user: Person.objects.of(utility).get(user=user)


@pytest.fixture
def hank(utility, manager) -> Person:
    """Has no account."""
    return Person.add(utility, by=manager, name="Hank Osei", job="Superintendent")


@pytest.fixture
def draft(catalog, utility, manager) -> Document:
    values = {"text": "Isolate the pump.", "areas": ["S"], "every": 12, "code": "SOP-12"}
    return seen(Document.open_in(utility, by=manager, title="Pump changes", **values), manager)


@pytest.fixture
def in_review(draft, manager, contributor, person) -> Document:
    """Two approvers: the manager and the contributor."""
    draft.ask_approvers([person(manager), person(contributor)], by=manager)
    draft.move("in-review", by=manager)
    return seen(draft, manager)


@pytest.fixture
def approved(in_review, manager, contributor, person) -> Document:
    in_review.approve(person(manager), by=manager)
    seen(in_review, contributor).approve(person(contributor), by=contributor)
    return seen(in_review, manager)


def approve(browser, document, person, **sent):
    sent = {"version": Document.objects.get(pk=document.pk).version} | sent
    return browser.post(at(document, "approve_document", person.pk), sent, follow=True)


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


# Who must know it.


def test_who_must_know_it_confirms_for_themself(approved, manager, viewer, person, as_):
    approved.ask_readers([person(viewer), person(manager)], by=manager)
    browser = as_(viewer)
    page = main_of(browser.get(approved.get_absolute_url()))
    assert "Read it and confirm" in page
    assert "<b>0 of 2</b> confirmed" in page
    assert "Isolate the pump." in browser.get(at(approved, "read_document")).text
    page = browser.post(at(approved, "read_document"), follow=True)
    assert f"You confirmed that you read {approved.number}." in page.text
    assert "Read it and confirm" not in main_of(page)
    assert "has confirmed it already" in browser.post(at(approved, "read_document"), follow=True).text
    assert "Not yet: Mara Gerr." in main_of(page)
    with pytest.raises(NotAllowed):
        seen(approved, manager).confirm(person(manager), by=viewer)


def test_it_is_confirmed_only_once_it_is_approved(in_review, manager, viewer, person, as_):
    in_review.ask_readers([person(viewer)], by=manager)
    page = as_(viewer).get(at(in_review, "read_document"))
    assert "You can confirm it once it is approved." in page.text
    assert "I have read it" not in page.text
    assert "Nothing was changed." in as_(viewer).post(at(in_review, "read_document"), follow=True).text
    assert not in_review.readers.exclude(signed_on=None).exists()


def test_a_signed_sheet_of_people_without_an_account(approved, hank, manager, viewer, contributor, person, as_):
    approved.ask_readers([hank, person(viewer)], by=manager)
    browser = as_(contributor)
    address = at(approved, "document_readers")
    assert "Enter a signed sheet" in browser.get(address).text
    assert "Enter a signed sheet" not in as_(viewer).get(address).text
    refused = browser.post(address, {"people": [person(viewer).pk], "on": LAST_WEEK.isoformat()})
    assert refused.status_code == 422
    assert "This date is in the future." in browser.post(address, {"people": [hank.pk], "on": TOMORROW}).text
    assert "Choose who signed." in browser.post(address, {"on": LAST_WEEK.isoformat()}).text
    browser.post(address, {"people": [hank.pk], "on": LAST_WEEK.isoformat()})
    page = main_of(browser.get(address))
    assert f"{LAST_WEEK:%B %-d, %Y}" in page
    assert "Entered by Connie Boyd" in page
    assert "1 of 2 confirmed" in page
    assert as_(viewer).post(address, {"remove": hank.pk}).status_code == 403
    browser.post(address, {"remove": hank.pk})
    assert approved.readers.filter(signed_on=None).count() == 2


def test_what_a_person_confirmed_is_not_removed(approved, manager, viewer, person, as_):
    approved.ask_readers([person(viewer)], by=manager)
    seen(approved, viewer).confirm(person(viewer), by=viewer)
    page = as_(manager).post(at(approved, "document_readers"), {"remove": person(viewer).pk}, follow=True)
    assert "Nothing was changed." in page.text
    as_(manager).post(at(approved, "document_people"), {"readers": []})
    assert approved.readers.get().signed_on == TODAY


@pytest.mark.parametrize("sent", ["x", "", "999999999999999999999"])
def test_removing_nobody(approved, manager, as_, sent):
    assert as_(manager).post(at(approved, "document_readers"), {"remove": sent}).status_code == 404


def test_who_has_left_is_not_missing(approved, hank, manager, viewer, person, as_):
    approved.ask_readers([hank, person(viewer)], by=manager)
    hank.save_over(hank.version, by=manager, has_left=True)
    viewer.memberships.all().delete()
    assert "Nobody is asked to confirm" in main_of(as_(manager).get(approved.get_absolute_url()))


def test_the_list_says_how_many_read_it(approved, hank, manager, viewer, person, as_):
    approved.ask_readers([hank, person(viewer)], by=manager)
    seen(approved, viewer).confirm(person(viewer), by=viewer)
    page = main_of(as_(viewer).get(reverse("ims:list", args=[approved.utility_id, "documents"])))
    assert "1 of 2" in page
    assert "SOP-12" in page


def test_a_member_who_was_named_without_an_account_keeps_what_was_entered(approved, hank, manager, viewer, person):
    approved.ask_readers([hank], by=manager)
    approved.confirm(hank, by=manager, on=LAST_WEEK)
    Person.objects.visible_to(manager).get(pk=hank.pk).merge_into(person(viewer), by=manager)
    kept = approved.readers.get()
    assert (kept.person, kept.signed_on, kept.entered_by) == (person(viewer), LAST_WEEK, manager)


# Home.


def test_home_asks_to_approve_and_to_read(in_review, manager, contributor, viewer, person, as_):
    in_review.ask_readers([person(viewer)], by=manager)
    asked = "Approve this document: Pump changes"
    assert asked in as_(contributor).get("/").text
    in_review.approve(person(manager), by=manager)
    assert asked not in as_(manager).get("/").text
    assert "Read this document" not in as_(viewer).get("/").text
    seen(in_review, contributor).approve(person(contributor), by=contributor)
    page = as_(viewer).get("/").text
    assert "Read this document: Pump changes" in page
    assert at(in_review, "read_document") in page
    as_(viewer).post(at(in_review, "read_document"))
    assert "Read this document" not in as_(viewer).get("/").text


def test_home_sums_up_many_and_asks_one_query(utility, manager, viewer, person, catalog):
    counts = []
    for n in (2, MOST + 3):
        for each in range(n):
            made = seen(Document.open_in(utility, by=manager, title=f"Form {n}-{each}", text="x"), manager)
            made.ask_approvers([person(manager)], by=manager)
            made.ask_readers([person(viewer)], by=manager)
            made.move("in-review", by=manager)
            seen(made, manager).approve(person(manager), by=manager)
        list(viewer.memberships.all())
        with CaptureQueriesContext(connection) as queries:
            items = list(to_take_part_in(viewer))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 2
    assert sum(item.n for item in items) == MOST + 5
    assert len(items) == MOST + 1
    assert items[-1].what == "5 more documents to read"


def test_others_see_on_their_home_page_what_was_approved_and_read(approved, manager, viewer, contributor, person, as_):
    approved.ask_readers([person(viewer)], by=manager)
    seen(approved, viewer).confirm(person(viewer), by=viewer)
    page = " ".join(strip_tags(main_of(as_(contributor).get("/"))).split())
    assert f"Mara Gerr entered an approval of {approved.number} Pump changes" in page
    assert f"Vic Weir read {approved.number} Pump changes" in page


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


# Queries.


@pytest.mark.parametrize("page", ["record", "document_readers"])
def test_its_pages_take_as_many_queries_for_many_people(approved, utility, manager, as_, page):
    address = approved.get_absolute_url() if page == "record" else at(approved, page)
    counts, browser = [], as_(manager)
    for n in (2, 20):
        people = [member(utility, Role.VIEWER, f"v{n}-{each}@example.org", f"V {each}") for each in range(n)]
        seen(approved, manager).ask_readers(Person.objects.of(utility).filter(user__in=people), by=manager)
        browser.get(address)
        with CaptureQueriesContext(connection) as queries:
            browser.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    if page == "document_readers":
        assert counts[0] <= 15
