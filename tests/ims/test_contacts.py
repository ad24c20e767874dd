"""Contacts and complaints: no name in a title, an answer with its day, and how many days it took."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from ims import registers
from ims.models import Contact, CorrectiveAction, Record
from tests.conftest import main_of
from tests.ims.conftest import at_the_end
from workflow.models import WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
CAME = TODAY - timedelta(days=10)
FLUSHED = "The main was flushed; the water is clear."


def answer(**changed) -> dict:
    return {"answer": FLUSHED, "answered_by": "Dana Whitfield", "answered_on": TODAY - timedelta(days=4)} | changed


def words_of(page) -> str:
    return " ".join(strip_tags(main_of(page)).split())


def add(utility, by, **fields) -> Contact:
    made = Contact.open_in(utility, by=by, **({"title": "Brown water in Elm Street", "received_on": CAME} | fields))
    return seen(made, by)


def seen(contact, user) -> Contact:
    return Contact.objects.visible_to(user).get(pk=contact.pk)


@pytest.fixture
def complaint(catalog, utility, manager) -> Contact:
    """Came ten days ago, to be answered five days later."""
    return add(utility, manager, name="Rosa Delgado", phone="555-0134", due=CAME + timedelta(days=5), areas=["Q"])


@pytest.mark.django_db
def test_a_complaint_until_it_is_closed(complaint, contributor, manager, as_, address):
    browser = as_(contributor)
    assert "10 days so far" in words_of(browser.get(complaint.get_absolute_url()))
    page = browser.post(address("move", complaint, "answer"), answer(), follow=True)
    assert FLUSHED in main_of(page)
    assert "6 days 1 day late" in words_of(page)
    kept = seen(complaint, manager)
    assert (kept.status, kept.due, kept.answer_due, kept.days) == ("answered", None, CAME + timedelta(days=5), 6)
    browser.post(address("move", complaint, "close"), {})
    assert not seen(complaint, manager).is_open


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"answer": " "}, "This field is required."),
        ({"answered_by": ""}, "This field is required."),
        ({"answered_on": ""}, "This field is required."),
        ({"answered_on": "2026-02-30"}, "Enter a valid date."),
        ({"answered_on": TODAY + timedelta(days=1)}, "This date is in the future."),
        ({"answered_on": CAME - timedelta(days=1)}, "Enter that day or a later one."),
    ],
)
def test_what_an_answer_needs(complaint, manager, as_, address, changed, words):
    page = as_(manager).post(address("move", complaint, "answer"), answer(**changed))
    assert page.status_code == 422
    assert words in page.text
    assert seen(complaint, manager).status == "received"


@pytest.mark.django_db
@pytest.mark.parametrize("given", [{}, {"answer": FLUSHED}, answer(answered_on=None)])
def test_without_an_answer_the_rule_refuses_it_wherever_it_comes_from(complaint, manager, given):
    with pytest.raises(WrongState, match="on which day"):
        complaint.move("answered", by=manager, **given)


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["answered", "closed"])
def test_the_database_refuses_a_status_without_an_answer(complaint, status):
    with pytest.raises(IntegrityError, match="with_an_answer"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=complaint.pk).update(status=status))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"answer": FLUSHED}, "contact_answer_is_whole"),
        ({"answered_on": TODAY, "answered_by": "Dana"}, "contact_answer_is_whole"),
        (answer(answered_on=CAME - timedelta(days=1)), "contact_answered_after_it_came"),
    ],
)
def test_the_database_keeps_the_rules(complaint, changes, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Contact.objects.filter(pk=complaint.pk).update(**changes)


@pytest.mark.django_db
def test_the_answer_to_what_is_closed_stays(complaint, manager):
    complaint.move("answered", by=manager, **answer())
    seen(complaint, manager).move("closed", by=manager)
    with pytest.raises(IntegrityError, match="contact_keeps_its_answer"), transaction.atomic():
        Contact.objects.filter(pk=complaint.pk).update(answer="Something else.")


@pytest.mark.django_db
def test_reopened_it_waits_for_another_answer_and_keeps_the_first(complaint, manager, as_):
    complaint.move("answered", by=manager, **answer())
    with pytest.raises(IntegrityError), transaction.atomic():
        at_the_end(lambda: Contact.objects.filter(pk=complaint.pk).update(answer=""))
    at_the_end(lambda: seen(complaint, manager).move("received", by=manager, why="It is brown again."))
    waits = seen(complaint, manager)
    assert (waits.answer, waits.answered_on, waits.answer_due, waits.days) == ("", None, None, 10)
    page = as_(manager).get(complaint.get_absolute_url())
    assert f"{FLUSHED} (Dana Whitfield, " in main_of(page)
    assert not page.context["undoes"]


@pytest.mark.django_db
def test_what_needs_no_answer_has_a_reason(complaint, manager, as_, address):
    browser = as_(manager)
    assert browser.post(address("move", complaint, "none"), {}).status_code == 422
    page = browser.post(address("move", complaint, "none"), {"why": "She called back: it was her heater."}, follow=True)
    assert "is now “No answer needed”" in page.text
    assert "Time to answer" not in main_of(page)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"title": "ROSA DELGADO: brown water"}, "Leave out “Rosa Delgado”"),
        ({"title": "Call 555-0134 back"}, "Leave out “555-0134”"),
        ({"title": "Water of r@example.org", "email": "R@example.org"}, "Leave out “R@example.org”"),
        ({"received_on": TODAY + timedelta(days=1)}, "This date is in the future."),
        ({"due": CAME - timedelta(days=1)}, "due before it came"),
        ({"email": "nobody"}, "Enter a valid email address."),
    ],
)
def test_what_an_entry_may_not_have(utility, manager, catalog, as_, changed, words):
    sent = {
        "title": "Brown water in Delgado Street",
        "about": "complaint",
        "way": "phone",
        "received_on": CAME,
        "name": "Rosa Delgado",
        "phone": "555-0134",
    }
    new, browser = reverse("ims:new", args=[utility.pk, "contacts"]), as_(manager)
    page = browser.post(new, sent | changed)
    assert page.status_code == 422
    assert words in page.text.replace("&#x27;", "'")
    assert browser.post(new, sent).status_code == 302


@pytest.mark.django_db
def test_it_can_not_come_after_it_was_answered(complaint, manager):
    complaint.move("answered", by=manager, **answer())
    faults = dict(seen(complaint, manager).faults({"title": "x", "received_on": TODAY}))
    assert faults["received_on"].startswith("It was answered on ")


@pytest.mark.django_db
def test_the_list_tells_the_days_and_filters(complaint, utility, manager, as_):
    praise = add(utility, manager, title="Thanks for the tour", about="praise", way="letter")
    praise.move("answered", by=manager, **answer())
    quiet = add(utility, manager, title="Advertisement", about="question")
    quiet.move("no-answer", by=manager, why="It is an advertisement.")
    page, browser = reverse("ims:list", args=[utility.pk, "contacts"]), as_(manager)
    rows = {row.record.title: row.get_cell("took") for row in browser.get(page).context["table"].rows}
    assert rows == {"Brown water in Elm Street": "10 so far", "Thanks for the tour": "6", "Advertisement": ""}
    found = browser.get(page, {"about": "praise"}).context["table"].rows
    assert [row.record.title for row in found] == ["Thanks for the tour"]
    ordered = browser.get(page, {"sort": "took"}).context["table"].rows
    assert [row.record.title for row in ordered][:2] == ["Thanks for the tour", "Brown water in Elm Street"]
    csv = b"".join(browser.get(page, {"export": "csv"})).decode()
    assert ",6," in csv
    assert "Delgado" not in csv


@pytest.mark.django_db
@pytest.mark.parametrize(("about", "source"), [("complaint", "complaint"), ("problem", "observation")])
def test_it_leads_to_a_corrective_action(utility, manager, catalog, as_, about, source):
    contact = add(utility, manager, about=about)
    new = f"{reverse('ims:new', args=[utility.pk, 'corrective'])}?from={contact.number}"
    browser = as_(manager)
    assert new in browser.get(contact.get_absolute_url()).text
    form = browser.get(new).context["form"]
    assert (form["source"].value(), form["found_on"].value()) == (source, CAME)
    browser.post(new, {"title": "Brown water", "kind": "corrective", "source": source})
    problem = CorrectiveAction.objects.get()
    assert contact.number in main_of(browser.get(problem.get_absolute_url()))


@pytest.mark.django_db
def test_viewers_answer_nothing(complaint, viewer, stranger, as_, address):
    with pytest.raises(NotAllowed):
        seen(complaint, viewer).move("answered", by=viewer, **answer())
    assert as_(viewer).post(address("move", complaint, "answer"), answer()).status_code == 403
    assert as_(stranger).post(address("move", complaint, "answer"), answer()).status_code == 404


@pytest.mark.django_db
def test_when_it_counts_as_living(complaint, manager):
    living = registers.get("contacts").living
    assert living(complaint) == f"Its answer was due on {complaint.due:%B %-d, %Y}."
    Record.objects.filter(pk=complaint.pk).update(due=date(2100, 1, 1))
    assert living(seen(complaint, manager)) == "It was not answered yet."
    seen(complaint, manager).move("answered", by=manager, **answer())
    assert living(seen(complaint, manager)) == ""


@pytest.mark.django_db
@pytest.mark.parametrize("n", [2, 60])
def test_queries_do_not_grow(catalog, utility, manager, as_, n, django_assert_max_num_queries):
    for number in range(n):
        add(utility, manager, title=f"Call {number}", name="Rosa Delgado")
    browser = as_(manager)
    with django_assert_max_num_queries(15):
        browser.get(reverse("ims:list", args=[utility.pk, "contacts"]))
