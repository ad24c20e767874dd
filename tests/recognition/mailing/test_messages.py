"""A message to all that a filter finds: who gets what, sent once, kept, followed up, and nothing of another's in it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffGroup
from letters.models import Delivery, Message, ReturnedAddress
from recognition import tasks
from recognition.models import Announcement, Application, Cycle, PaperLetter, Recipient, Seat, correspondence
from tests.applications import person_in
from tests.conftest import main_of, member
from tests.factories import MembershipFactory, UtilityFactory
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
TEXT = {
    "subject": "{{ cycle }}: {{ utility }}",
    "body": "Dear {{ utility }},\n\n{% if due %}Submit by {{ due }}.{% endif %}\n\n{{ link }}",
}


def write(name: str = "all", query: str = "status=draft") -> str:
    return f"{reverse('recognition:message_write', args=[name])}?{query}"


def url(name: str, made: Announcement) -> str:
    return reverse(f"recognition:{name}", args=[made.pk])


@pytest.fixture
def towns(cycle) -> list[Application]:
    """Thirty drafts; Town 00 to 24 have a manager with an email address, the others nobody."""
    rows = [Application(utility=UtilityFactory(name=f"Town {n:02}"), cycle=cycle) for n in range(30)]
    Application.objects.bulk_create(rows)
    for n, row in enumerate(rows[:25]):
        member(row.utility, Role.MANAGER, f"town{n:02}@example.org", f"Manager {n:02}")
    return rows


@pytest.fixture
def made(towns, staff, as_) -> Announcement:
    as_(staff).post(write(), TEXT)
    return Announcement.objects.get()


def finish(made: Announcement, staff) -> Announcement:
    made.send(made.version, by=staff)
    tasks.announce(made.pk)
    made.refresh_from_db()
    return made


def fail(address: str, how: str = "refuse") -> Delivery:
    """Ends all emails as sent but the one to ``address``, which fails."""
    found = None
    while delivery := Delivery.objects.claim():
        if delivery.email.to == [address]:
            found = delivery
            getattr(delivery, how)("550 No such user")
        else:
            delivery.sent()
    assert found
    return found


def test_from_the_filter_to_the_sent_message(towns, staff, as_, sent_tasks, django_capture_on_commit_callbacks):
    browser = as_(staff)
    queue = browser.get(reverse("recognition:queue", args=["all"]) + "?status=draft").text
    assert "Write to these 30 applicants" in queue
    form = browser.get(write()).text
    assert "Write to 30 applicants" in form
    assert "{{ due }}" in form
    answer = browser.post(write(), TEXT, follow=True)
    draft = Announcement.objects.get()
    assert draft.whom == "All applications: Stage Draft"
    assert str(draft) == "[cycle]: [utility]"
    assert "Send: 25 by email, 5 on paper" in answer.text
    assert "Dear Town 00," in answer.text
    assert "To town00@example.org" in answer.text
    assert "On paper, to: Town 25" in answer.text
    assert not Message.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(url("message_send", draft), {"version": draft.version})
    assert "0 of 30 applicants" in browser.get(draft.get_absolute_url()).text
    assert [sent.task for sent in sent_tasks] == ["recognition.tasks.announce"]
    tasks.announce(draft.pk)
    page = browser.get(draft.get_absolute_url()).text
    assert "Sent by Sam Prather" in page
    assert (Message.objects.count(), PaperLetter.objects.count()) == (25, 5)
    own = browser.get(towns[0].get_absolute_url()).text
    assert "Message to applicants: “Recognition 2027: Town 00”." in own


def test_what_one_reads_holds_nothing_of_another(made, staff, towns):
    finish(made, staff)
    for n in range(25):
        message = Message.objects.get(about_id=towns[n].pk)
        others = {f"Town {other:02}" for other in range(30)} - {f"Town {n:02}"}
        assert message.email.to == [f"town{n:02}@example.org"]
        assert (message.email.cc, message.email.bcc) in [([], []), ("", ""), (None, None)]
        assert not any(other in message.email.subject + message.email.message for other in others)
    letter = PaperLetter.objects.get(application=towns[29])
    assert "Dear Town 29," in letter.body


def test_a_double_click_the_back_button_and_the_same_text_later_tell_nobody_twice(made, staff, towns, as_):
    browser = as_(staff)
    browser.post(write(), TEXT)
    assert Announcement.objects.count() == 1, "the form sent twice leads to the same draft"
    finish(made, staff)
    again = browser.post(url("message_send", made), {"version": made.version}, follow=True)
    assert "Nothing was done: it is sent already." in again.text
    browser.post(write(), TEXT)
    later = Announcement.objects.exclude(pk=made.pk).get()
    assert later.counts() | {"total": 30, "email": 0, "paper": 0, "none": 30} == later.counts()
    assert "The same text went there before." in browser.get(later.get_absolute_url()).text
    finish(later, staff)
    assert (Message.objects.count(), PaperLetter.objects.count()) == (25, 5)
    browser.post(write(), TEXT | {"subject": "A second word to {{ utility }}"})
    finish(Announcement.objects.first(), staff)
    assert Message.objects.count() == 50, "another text goes"


def test_a_text_with_faults_is_not_drafted_and_one_that_changed_is_not_sent_unseen(towns, staff, as_):
    browser = as_(staff)
    answer = browser.post(write(), TEXT | {"body": "Dear {{ neighbor }}"})
    assert answer.status_code == 422
    assert "no variable “neighbor”" in answer.text
    assert not Announcement.objects.exists()
    browser.post(write(), TEXT)
    draft = Announcement.objects.get()
    browser.post(
        url("message_change", draft), TEXT | {"version": draft.version, "body": "Dear friends of {{ utility }}"}
    )
    refused = browser.post(url("message_send", draft), {"version": draft.version}, follow=True)
    assert "someone has just changed its text" in refused.text
    assert not Message.objects.exists()


def test_who_gets_nothing_and_why(made, staff, towns, at, panelists):
    Application.objects.filter(pk=towns[3].pk).update(status="submitted")
    Seat.objects.create(application=towns[4], member=staff, due=timezone.localdate())
    ReturnedAddress.objects.create(address="town05@example.org")
    finish(made, staff)
    of = {row.application_id: (row.way, row.why) for row in made.recipients.all()}
    assert of[towns[3].pk] == ("none", "Its stage has changed since the message was drafted.")
    assert of[towns[4].pk] == ("none", "Whoever sends the message sits on its panel, or belongs to its utility.")
    assert of[towns[5].pk] == ("paper", ""), "no other address is known"
    assert of[towns[6].pk] == ("email", "")
    assert not Message.objects.filter(about_id__in=[towns[3].pk, towns[4].pk, towns[5].pk]).exists()


def test_an_archived_cycle_gets_nothing(made, staff, cycle):
    Cycle.objects.filter(pk=cycle.pk).update(status="archived")
    finish(made, staff)
    assert set(made.recipients.values_list("why", flat=True)) == {"Its cycle is archived."}
    assert not Message.objects.exists()


def test_who_gets_a_letter_is_known_of_many_in_three_queries(towns, at, manager):
    submitted = at("submitted")  # its form names the manager
    member(submitted.utility, Role.MANAGER, "chief@example.org", "Chief")
    ReturnedAddress.objects.create(address="town05@example.org")
    with CaptureQueriesContext(connection) as captured:
        found = correspondence.reaches(Application.objects.values_list("pk", flat=True))
    assert len(captured) <= 4, "one more for the keys"
    assert found[submitted.pk].addresses == [manager.email, "chief@example.org"], "each once"
    for n, town in enumerate(towns):
        expected = [f"town{n:02}@example.org"] if n < 25 and n != 5 else []
        assert found[town.pk].addresses == expected == town.applicants()


class Killed(BaseException):
    """As a worker that is killed: nothing catches it."""


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_loses_nothing_and_tells_nobody_twice(made, staff, monkeypatch, sent_tasks):
    real, calls = Application.write_to_applicants, []

    def killed_at_the_tenth(application, *args, **options):
        real(application, *args, **options)
        calls.append(application.pk)
        if len(calls) == 10:
            raise Killed  # after the email was written, before the commit

    monkeypatch.setattr(Application, "write_to_applicants", killed_at_the_tenth)
    with pytest.raises(Killed):
        finish(made, staff)
    made.refresh_from_db()
    assert (made.status, Message.objects.count()) == ("running", 9)
    tasks.resume_announcements()
    made.refresh_from_db()
    assert made.status == "running", "it may only be slow"
    Announcement.objects.update(heard_at=timezone.now() - timedelta(minutes=3))
    tasks.resume_announcements()
    tasks.announce(made.pk)
    made.refresh_from_db()
    assert (made.status, Message.objects.count(), PaperLetter.objects.count()) == ("done", 25, 5)
    tasks.announce(made.pk)
    assert Message.objects.count() == 25


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_to_each_once(made, staff):
    """The second one believes that the first fell silent."""
    made.send(made.version, by=staff)
    Announcement.objects.update(status="running")
    pks = list(made.recipients.values_list("pk", flat=True))
    allowed = made._allowed(staff)

    def work(order: list[int]) -> None:
        try:
            own = Announcement.objects.get(pk=made.pk)
            for pk in order:
                own._one(pk, allowed)
        finally:
            connection.close()

    workers = [threading.Thread(target=work, args=[order]) for order in (pks, pks[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert (Message.objects.count(), PaperLetter.objects.count()) == (25, 5)
    assert not made.recipients.filter(settled_at=None).exists()


def test_it_is_stopped_between_two_and_goes_on(made, staff, as_, monkeypatch):
    real = Announcement._one

    def stopped_at_the_fifth(own, *args):
        if Message.objects.count() == 5:
            as_(staff).post(url("message_stop", made))
        real(own, *args)

    monkeypatch.setattr(Announcement, "_one", stopped_at_the_fifth)
    finish(made, staff)
    assert (made.status, Message.objects.count()) == ("stopped", 5)
    monkeypatch.setattr(Announcement, "_one", real)
    assert "Continue with the 25 left" in as_(staff).get(made.get_absolute_url()).text
    as_(staff).post(url("message_resume", made))
    tasks.announce(made.pk)
    assert Message.objects.count() == 25


def test_one_that_breaks_keeps_no_other_and_can_be_tried_again(made, staff, towns, monkeypatch):
    real = Application.write_to_applicants

    def breaks(application, *args, **options):
        if application.pk == towns[7].pk:
            raise ValueError("broken")
        real(application, *args, **options)

    monkeypatch.setattr(Application, "write_to_applicants", breaks)
    finish(made, staff)
    assert (made.status, Message.objects.count()) == ("stopped", 24)
    monkeypatch.setattr(Application, "write_to_applicants", real)
    made.resume(by=staff)
    made.refresh_from_db()
    assert (made.status, Message.objects.count()) == ("done", 25)


def test_its_fate_is_seen_and_what_failed_is_sent_again_from_there(made, staff, as_, towns):
    finish(made, staff)
    delivery = fail("town02@example.org")
    page = as_(staff).get(made.get_absolute_url()).text
    assert "Send 1 failed email again" in page
    only = as_(staff).get(f"{made.get_absolute_url()}?fate=failed").text
    assert reverse("accounts:email", args=[delivery.pk]) in only
    assert "Town 02" in only
    assert "Town 03" not in only
    as_(staff).post(url("message_again", made))
    delivery.refresh_from_db()
    assert delivery.status == "waiting"


def test_what_came_back_is_recorded_and_goes_on_paper(made, staff, as_, towns):
    finish(made, staff)
    while delivery := Delivery.objects.claim():
        delivery.sent()
    delivery = Delivery.objects.get(email__to="town02@example.org")
    as_(staff).post(reverse("accounts:email_came_back", args=[delivery.pk]), {"why": "550 No such user"})
    page = as_(staff).get(made.get_absolute_url()).text
    assert "Write 1 letter on paper instead" in page
    for _ in range(2):
        as_(staff).post(url("message_on_paper", made))
    assert PaperLetter.objects.filter(application=towns[2]).count() == 1
    assert made.recipients.get(application=towns[2]).way == "paper"
    assert towns[2].applicants() == []
    delivery.refresh_from_db()
    delivery.send_again(staff)
    assert towns[2].applicants() == ["town02@example.org"], "whoever sends it again trusts the address"


def test_who_lost_the_role_sends_nothing(made, staff):
    made.send(made.version, by=staff)
    staff.groups.clear()
    tasks.announce(made.pk)
    assert not Message.objects.exists()


EXPECTED = {"compliance": 404, "official": 404, "manager": 404, "stranger": 404}


def test_only_program_staff_write_and_a_draft_is_its_writers(made, staff, as_, request):
    for role, status in EXPECTED.items():
        browser = as_(request.getfixturevalue(role))
        for address in (write(), reverse("recognition:messages"), made.get_absolute_url()):
            assert browser.get(address).status_code == status, (role, address)
        for name in ("send", "stop", "resume", "again", "on_paper", "discard", "change"):
            assert browser.post(url(f"message_{name}", made)).status_code == status, (role, name)
    other = as_(person_in(StaffGroup.PROGRAM, "other@example.org", "Olga Ott"))
    assert other.get(made.get_absolute_url()).status_code == 404
    assert Announcement.objects.get().status == "draft"


def test_the_writers_own_utility_and_panels_are_not_in_its_list(made, staff, as_, towns):
    finish(made, staff)
    MembershipFactory(utility=towns[8].utility, role=Role.VIEWER, user=staff)
    page = main_of(as_(staff).get(f"{made.get_absolute_url()}?words=town"))
    assert "Town 07" in page
    assert "Town 08" not in page


def test_every_pair_of_states(staff):
    moves = {
        "draft": {"requested"},
        "requested": {"running", "stopped"},
        "running": {"done", "stopped", "requested"},
        "stopped": {"requested"},
        "done": set(),
    }
    for start in moves:
        for to in moves:
            sent_at = None if start == "draft" else timezone.now()
            made = Announcement.objects.create(subject="S", body="B", whom="W", status=start, sent_at=sent_at)
            try:
                made._move(to, sent_at=timezone.now() if to != "draft" else None)
                assert to in moves[start], (start, to)
            except WrongState:
                assert to not in moves[start], (start, to)


def queries(browser, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert browser.get(address).status_code == 200
    return len(asked)


def test_the_pages_ask_no_more_for_more_recipients(towns, staff, as_):
    browser, n = as_(staff), []
    for query in ("status=draft&words=town+01", "status=draft"):
        browser.post(write(query=query), TEXT | {"subject": f"About {query[-2:]}"})
        draft = Announcement.objects.latest("pk")
        of_draft = queries(browser, draft.get_absolute_url())
        finish(draft, staff)
        fail("town01@example.org")
        n.append(
            (of_draft, queries(browser, draft.get_absolute_url()), queries(browser, reverse("recognition:messages")))
        )
    assert Recipient.objects.filter(announcement=draft).count() == 30
    assert n[0][1:] == n[1][1:]
    assert n[1][0] <= 40, "a draft shows four letters, each of which asks for its application"
    assert n[1][1] <= 20
    assert n[1][2] <= 15
