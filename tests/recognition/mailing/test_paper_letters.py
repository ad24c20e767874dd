"""Applicants whom no email reaches: a letter on paper, to be mailed; time that begins on that day; no false word."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Utility
from letters.tasks import remind
from recognition.mailing.reports import LETTER, context, find, find_all, parts
from recognition.models import Application, Cycle, Decision, PaperLetter
from recognition.models.review import begin_completeness, find_complete, find_incomplete, return_for_completion
from recognition.tasks import close_late
from reports import rendering
from tests.applications import fill, pass_compliance, pass_panel, whole_content
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.uploads import upload
from workflow.models import WrongState

Status = Application.Status
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folder")]
DAY = timedelta(days=1)


def address(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def on_paper(staff, cycle) -> Application:
    """Came by mail, from people without an email address; not submitted yet."""
    utility = UtilityFactory(name="Quiet Creek Water", city="Quiet Creek", state="OR")
    entered = Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload("scan.pdf"), by=staff)
    fill(entered, staff, contact=whole_content()["contact"] | {"email": "", "organization": ""})
    return Application.objects.visible_to(staff).get(pk=entered.pk)


@pytest.fixture
def returned(on_paper, staff) -> Application:
    """Returned with 14 days to resubmit, in a letter that nobody has mailed."""
    on_paper.submit(by=staff)
    on_paper.paper_letters.get().mail(timezone.localdate(), by=staff)
    begin_completeness(on_paper, by=staff)
    on_paper.submission.checklist.update(met=True, reason="As on paper.")
    on_paper.submission.checklist.filter(name="prompts").update(met=False, reason="One is missing.")
    return_for_completion(on_paper, by=staff, due=today_there(on_paper) + 14 * DAY, letter="")
    return on_paper


def today_there(application: Application) -> date:
    return timezone.localdate(timezone=ZoneInfo(application.cycle.time_zone))


def waiting() -> list[str]:
    return [letter.subject for letter in PaperLetter.objects.to_mail()]


def test_each_message_becomes_a_letter_with_the_address_of_the_form(on_paper, staff, compliance, official, panelists):
    on_paper.submit(by=staff)
    letter = PaperLetter.objects.get()
    assert letter.subject.startswith("Application received: Quiet Creek Water")
    assert letter.address.splitlines() == [
        "Mara Gerr",
        "General manager",
        "Quiet Creek Water",
        "1 Mill Road",
        "Riverbend, OR 97000",
    ]
    assert "email you" not in letter.body
    begin_completeness(on_paper, by=staff)
    on_paper.submission.checklist.update(met=True, reason="As on paper.")
    find_complete(on_paper, by=staff)
    pass_compliance(on_paper, compliance)
    pass_panel(on_paper, staff, panelists[:3])
    Decision.make(on_paper, by=official, recognize=True)
    Decision.objects.release(on_paper.cycle, by=official)
    assert [each.split(":")[0] for each in waiting()] == ["Application received", "Quiet Creek Water is recognized"]
    applicants = Email.objects.exclude(to__in=[[each.email] for each in panelists])
    assert not applicants.exists(), "nobody at the applicant was emailed"


def test_what_pages_say_of_a_message_is_true(as_, on_paper, staff):
    browser = as_(staff)
    said = browser.post(address("submit", on_paper.pk), follow=True).text
    assert "the confirmation is to be printed and mailed" in said
    assert "We will email" not in said
    begin_completeness(Application.objects.get(), by=staff)
    lines = Application.objects.get().submission.checklist
    lines.update(met=True, reason="As on paper.")
    lines.filter(name="prompts").update(met=False, reason="One is missing.")
    form = {"due": f"{today_there(on_paper) + 14 * DAY}", "letter": ""}
    shown = browser.post(address("return", on_paper.pk), form).text
    assert "Nobody can be reached by email" in shown
    assert "1 Mill Road" in shown
    assert "the end of the day 14 days after this letter was mailed" in shown
    said = browser.post(address("return", on_paper.pk), form | {"confirmed": "1"}, follow=True).text
    assert "the letter is to be printed and mailed" in said
    assert "emailed" not in said
    assert not Email.objects.exists()


def test_time_runs_from_the_day_of_mailing_and_nothing_closes_before(returned, staff):
    [letter] = PaperLetter.objects.to_mail()
    assert letter.sets_deadline
    assert (returned.resubmit_by, returned.resubmit_days, returned.is_editable) == (None, 14, True)
    assert returned.deadline_shown == "14 days after our letter is mailed"
    with time_machine.travel(timezone.now() + 60 * DAY, tick=False):
        remind()
        close_late()
        row = Application.objects.get()
        assert (row.status, row.is_editable) == (Status.RETURNED, True)
        with pytest.raises(WrongState):
            find_incomplete(row, by=staff, why="Too late.")
        assert len(waiting()) == 1, "and nobody is reminded of time that has not begun"
        mailed_on = today_there(row)
        letter.mail(mailed_on, by=staff)
        row.refresh_from_db()
        assert row.resubmit_by == row.end_of(mailed_on + 14 * DAY)
        assert f"To be resubmitted by {row.in_its_zone(row.resubmit_by)}" in row.events.last().why
    with time_machine.travel(row.resubmit_by - timedelta(seconds=1), tick=False):
        close_late()
        assert Application.objects.get().status == Status.RETURNED
    with time_machine.travel(row.resubmit_by, tick=False):
        close_late()
        assert Application.objects.get().status == Status.INCOMPLETE


def test_any_letter_that_waits_keeps_it_open(returned, staff):
    PaperLetter.objects.to_mail().get().mail(today_there(returned), by=staff)
    returned.refresh_from_db()
    with time_machine.travel(returned.resubmit_by - 7 * DAY, tick=False):
        remind()
    [reminder] = PaperLetter.objects.to_mail()
    assert reminder.subject.startswith("Reminder: your application is due by")
    with time_machine.travel(returned.resubmit_by + DAY, tick=False):
        close_late()
        assert Application.objects.get().status == Status.RETURNED
        reminder.mail(today_there(returned), by=staff)
        close_late()
        assert Application.objects.get().status == Status.INCOMPLETE


def test_what_was_not_mailed_after_all_gives_no_time(as_, returned, staff):
    letter = PaperLetter.objects.to_mail().get()
    letter.mail(today_there(returned), by=staff)
    answer = as_(staff).post(address("not_mailed", letter.pk), {"why": "It lay in the tray."}, follow=True)
    assert "is to be mailed." in answer.text
    returned.refresh_from_db()
    assert returned.resubmit_by is None
    assert "It lay in the tray." in returned.events.last().why
    with pytest.raises(WrongState):
        letter.not_mailed(by=staff, why="Twice.")
    letter.mail(today_there(returned), by=staff)
    fill(returned, staff)
    for section in returned.sections.filter(name__startswith="points."):
        section.application = Application.objects.get()
        section.answer(section.version, section.answers | {"answer": "Here."}, by=staff)
    Application.objects.visible_to(staff).get().submit(by=staff)
    with pytest.raises(WrongState, match="moved on"):
        letter.not_mailed(by=staff, why="Too late.")


@pytest.mark.parametrize("days", [-1, 1])
def test_the_day_of_mailing_is_neither_to_come_nor_before_the_letter(returned, staff, days):
    letter = PaperLetter.objects.to_mail().get()
    with pytest.raises(WrongState):
        letter.mail(today_there(returned) + days * DAY, by=staff)
    assert PaperLetter.objects.to_mail().count() == 1


def test_the_database_keeps_a_letter_as_it_was_written(returned):
    letters = PaperLetter.objects.filter(pk=PaperLetter.objects.to_mail().get().pk)
    for change in ({"body": "Other."}, {"address": "Elsewhere"}, {"subject": "x"}, {"sets_deadline": False}):
        with pytest.raises(IntegrityError, match="kept as it was written"), transaction.atomic():
            letters.update(**change)
    with pytest.raises(IntegrityError, match="paper_letter_mailed_is_recorded"), transaction.atomic():
        letters.update(mailed_on=date(2026, 10, 1))
    with pytest.raises(IntegrityError, match="application_returned_by_a_date"), transaction.atomic():
        Application.objects.update(resubmit_days=None)


def test_deactivated_managers_are_no_managers(draft, manager, staff, as_):
    draft.submit(by=manager)
    draft.utility.memberships.exclude(user=manager).delete()
    assert not Utility.objects.without_manager().exists()
    manager.is_active = False
    manager.save()
    assert list(Utility.objects.without_manager()) == [draft.utility]
    assert Application.objects.get().applicants() == ["manager@example.org"], "the form still says where to"
    assert as_(staff).get(reverse("accounts:claims")).status_code == 200


def test_a_cycle_is_archived_once_its_letters_are_mailed(on_paper, staff):
    on_paper.submit(by=staff)
    Application.objects.update(status="withdrawn")
    Cycle.objects.update(status="decided")
    cycle = Cycle.objects.get()
    with pytest.raises(WrongState, match="1 letter waits to be printed and mailed."):
        cycle.archive(by=staff)
    PaperLetter.objects.get().mail(today_there(on_paper), by=staff)
    cycle.archive(by=staff)
    assert Cycle.objects.get().status == "archived"


# The list.


@pytest.mark.parametrize("stage", ["withdrawn", "incomplete", "not_eligible", "recognized", "not_recognized"])
def test_home_tells_of_a_letter_about_a_closed_application_too(as_, on_paper, staff, stage):
    on_paper.submit(by=staff)
    assert Application.objects.update(status=stage) == 1
    assert "1 application with a letter to print and mail" in as_(staff).get("/").text
    PaperLetter.objects.get().mail(today_there(on_paper), by=staff)
    assert "letter to print and mail" not in as_(staff).get("/").text


def test_staff_print_and_record_from_one_list(as_, returned, staff):
    browser = as_(staff)
    text = main_of(browser.get(address("letters", returned.cycle_id)))
    assert text.count("To be mailed") >= 1
    assert "Create 1 letter (PDF)" in text
    assert "1 application with a letter to print and mail" in browser.get("/").text
    assert "1 letter is to be mailed" in browser.get(address("outbox", returned.cycle_id)).text
    letter = PaperLetter.objects.to_mail().get()
    for sent in (
        {"day": f"{today_there(returned)}"},
        {"letters": [letter.pk], "day": "2999-01-01"},
        {"letters": ["x"], "day": "2026-10-01"},
    ):
        assert browser.post(address("letters", returned.cycle_id), sent).status_code == 422
    sent = {"letters": [letter.pk], "day": f"{today_there(returned)}"}
    assert (
        "1 letter is recorded as mailed." in browser.post(address("letters", returned.cycle_id), sent, follow=True).text
    )
    letter.refresh_from_db()
    assert (letter.mailed_on, letter.mailed_by) == (today_there(returned), staff)
    assert not PaperLetter.objects.to_mail().exists()
    assert browser.get(address("letters", returned.cycle_id), {"mailed": "no", "words": "creek"}).status_code == 200
    assert "Quiet Creek" in browser.get(address("letters", returned.cycle_id), {"export": "csv"}).text


def test_the_letter_prints_with_the_address_and_the_bundle_has_what_waits(returned, staff, manager):
    letter = PaperLetter.objects.to_mail().get()
    shown = context(find(staff, letter.pk))
    assert shown["recipient"][3] == "1 Mill Road"
    assert rendering.pdf(rendering.pages(LETTER.template, shown))[:4] == b"%PDF"
    assert [part.object_id for part in parts(find_all(staff, returned.cycle_id))] == [letter.pk]
    assert find(manager, letter.pk) is None
    assert find_all(manager, returned.cycle_id) is None


def test_only_program_staff_without_a_seat_see_letters(as_, returned, request, panelists):
    letter = PaperLetter.objects.to_mail().get()
    for who in ("manager", "stranger", "compliance", "official"):
        browser = as_(request.getfixturevalue(who))
        for path in (address("letters", returned.cycle_id), address("paper_letter", letter.pk)):
            assert browser.get(path).status_code == 404, who
            assert browser.post(path, {"day": f"{today_there(returned)}"}).status_code == 404
        assert browser.post(address("not_mailed", letter.pk), {"why": "x"}).status_code == 404
    assert PaperLetter.objects.to_mail().count() == 1


def test_the_list_asks_as_much_for_many(as_, returned, staff):
    browser = as_(staff)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address("letters", returned.cycle_id)).status_code == 200
        return len(asked)

    cost()
    few = cost()
    PaperLetter.objects.bulk_create(
        PaperLetter(key=f"more:{n}", application=returned, subject=f"Letter {n}", body="x", address="y")
        for n in range(60)
    )
    assert cost() == few
    assert few <= 15
