"""Who must know a document confirms that they read it; home asks them."""

import pytest
from django.db import connection
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from accounts.models import Role
from ims.models import Document, Person
from ims.waiting import MAX_SHOWN, to_take_part_in
from tests.conftest import main_of, member
from tests.ims.documents.conftest import LAST_WEEK, TODAY, TOMORROW, at, seen
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


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
    for n in (2, MAX_SHOWN + 3):
        for each in range(n):
            made = seen(Document.open_in(utility, by=manager, title=f"Form {n}-{each}", text="x"), manager)
            made.ask_approvers([person(manager)], by=manager)
            made.ask_readers([person(viewer)], by=manager)
            made.move("in-review", by=manager)
            seen(made, manager).approve(person(manager), by=manager)
        prefetch_related_objects([viewer], "memberships")  # as the home page does
        assert not viewer.staff_groups
        with CaptureQueriesContext(connection) as queries:
            items = list(to_take_part_in(viewer))
        counts.append(len(queries))
    assert counts == [1, 1]
    assert sum(item.n for item in items) == MAX_SHOWN + 5
    assert len(items) == MAX_SHOWN + 1
    assert items[-1].what == "5 more documents to read"


def test_others_see_on_their_home_page_what_was_approved_and_read(approved, manager, viewer, contributor, person, as_):
    approved.ask_readers([person(viewer)], by=manager)
    seen(approved, viewer).confirm(person(viewer), by=viewer)
    page = " ".join(strip_tags(main_of(as_(contributor).get("/"))).split())
    assert f"Mara Gerr entered an approval of {approved.number} Pump changes" in page
    assert f"Vic Weir read {approved.number} Pump changes" in page


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
