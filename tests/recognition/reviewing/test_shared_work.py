"""Staff share the work: who has it, internal notes, saved views, the way through a queue."""

import re
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, StaffGroup
from letters.models import Message
from recognition import tasks
from recognition.models import Application, Away, NoteReader, PaperLetter, QueueView, StaffNote
from recognition.models.review import begin_completeness
from tests.applications import pass_completeness, person_in
from tests.factories import MembershipFactory, UtilityFactory
from tests.recognition.test_database_rules import refused_by

pytestmark = pytest.mark.django_db
Status = Application.Status


def queue(name: str = "completeness") -> str:
    return reverse("recognition:queue", args=[name])


def one(name: str, application: Application) -> str:
    return reverse(f"recognition:{name}", args=[application.pk])


@pytest.fixture
def colleague(catalog):
    return person_in(StaffGroup.PROGRAM, "tess@example.org", "Tess Coll")


@pytest.fixture
def many(cycle):
    """Thirty applications to check: Town 00 has waited longest."""
    now = timezone.now()
    Application.objects.bulk_create(
        Application(
            utility=UtilityFactory(name=f"Town {n:02}", state="OR" if n % 2 else "TX"),
            cycle=cycle,
            status="submitted",
            status_since=now - timedelta(days=60 - n),
        )
        for n in range(30)
    )
    return Application.objects.order_by("status_since")


def had(user) -> int:
    return Application.objects.filter(handler=user).count()


# Who has it.


def test_it_is_taken_up_handed_on_and_given_back(many, staff, colleague, as_):
    town = many[0]
    page = as_(staff).post(one("handle", town), {"do": "take"}, follow=True).text
    assert "You have taken up 1 application." in page
    assert "You have taken it up" in page
    late = as_(colleague).post(one("handle", town), {"do": "take"}, follow=True).text
    assert "Nothing was taken up: somebody has it." in late
    assert had(staff) == 1, "who is faster has it"
    as_(colleague).post(one("handle", town), {"do": "give"})
    assert had(staff) == 1, "nobody gives back what another has"
    as_(staff).post(one("handle", town), {"do": "hand", "to": colleague.pk})
    assert (had(staff), had(colleague)) == (0, 1)
    as_(colleague).post(one("handle", town), {"do": "give"})
    assert had(colleague) == 0
    assert not town.events.exists(), "the applicant's timeline says nothing of it"


def test_it_is_handed_to_staff_of_that_stage_only(many, staff, compliance, official, stranger, colleague, as_):
    town = many[0]
    for person in (compliance, official, stranger):
        answer = as_(staff).post(one("handle", town), {"do": "hand", "to": person.pk}, follow=True).text
        assert "Nothing was changed." in answer
    MembershipFactory(user=colleague, utility=town.utility, role=Role.VIEWER)
    as_(staff).post(one("handle", town), {"do": "hand", "to": colleague.pk})
    assert had(colleague) == 0, "nobody handles the application of their own utility"
    assert as_(compliance).post(one("handle", town), {"do": "take"}).status_code == 404
    assert as_(staff).get(one("handle", town)).status_code == 405


def test_who_begins_the_review_has_it_until_the_stage_is_left(at, staff, colleague):
    application = at(Status.SUBMITTED)
    Application.objects.all().take_up(by=colleague)
    begin_completeness(application, by=staff)
    assert had(colleague) == 1, "it stays with who took it up before"
    pass_completeness(application, staff)
    application.refresh_from_db()
    assert (application.status, application.handler, application.handler_since) == ("compliance", None, None)


def test_what_absent_staff_had_goes_back(many, staff, colleague, as_):
    Application.objects.filter(pk__in=[town.pk for town in many[:3]]).hand_to(colleague)
    colleague.is_active = False
    colleague.save()
    browser = as_(staff)
    assert "Tess Coll" not in browser.get(queue()).text
    assert "30 applications" in " ".join(browser.get(queue(), {"who": "nobody"}).text.split()).replace("30 of 30", "30")
    as_(staff).post(one("handle", many[0]), {"do": "take"})
    assert had(staff) == 1, "at once"
    tasks.return_to_queue()
    assert had(colleague) == 0
    staff.groups.clear()
    tasks.return_to_queue()
    assert had(staff) == 0, "who is no longer of the staff"


def test_who_goes_away_gives_all_back_and_is_handed_nothing(many, staff, colleague, as_):
    Application.objects.all().hand_to(colleague)
    browser = as_(colleague)
    browser.post(reverse("recognition:away"), {"until": "2020-01-01"})
    assert had(colleague) == 30, "a day that is over is refused"
    until = timezone.localdate() + timedelta(days=9)
    browser.post(reverse("recognition:away"), {"until": until.isoformat()})
    assert had(colleague) == 0
    as_(staff).post(one("handle", many[0]), {"do": "hand", "to": colleague.pk})
    assert had(colleague) == 0
    assert "You are away through" in browser.get(queue()).text
    browser.post(reverse("recognition:away"), {"back": "yes"})
    as_(staff).post(one("handle", many[0]), {"do": "hand", "to": colleague.pk})
    assert had(colleague) == 1
    Away.objects.create(user=staff, until=date(2020, 1, 1))
    assert not Away.objects.now().exists(), "the day is over"


def test_several_or_all_that_the_filters_find_are_taken_up(many, staff, colleague, as_):
    browser, share = as_(staff), reverse("recognition:share_several", args=["completeness"])
    Application.objects.filter(pk=many[1].pk).hand_to(colleague)
    answer = browser.post(f"{share}?state=OR", {"do": "take", "everything": "on"})
    assert answer.url == f"{queue()}?state=OR"
    assert had(staff) == 14, "of fifteen in Oregon one is taken"
    browser.post(share, {"do": "take", "applications": [many[0].pk, many[2].pk]})
    assert had(staff) == 16
    browser.post(share, {"do": "take"})
    browser.post(share, {"do": "hand", "everything": "on"})
    assert had(staff) == 16, "without a choice or a person nothing is done"
    browser.post(f"{share}?who=me", {"do": "hand", "to": colleague.pk, "everything": "on"})
    assert (had(staff), had(colleague)) == (0, 17)
    mine = as_(colleague).get(queue(), {"who": "me"}).text
    assert "17 of 30" in " ".join(mine.split())


def test_only_who_has_the_queue_shares_it(many, compliance, manager, panelists, as_):
    for person in (compliance, manager, panelists[0]):
        browser = as_(person)
        for name in ("completeness", "my-reviews", "nothing"):
            for do in ("share_several", "save_queue_view"):
                assert browser.post(reverse(f"recognition:{do}", args=[name])).status_code == 404
    assert as_(manager).post(reverse("recognition:away")).status_code == 404


# Internal notes.


def test_notes_are_for_staff_and_stay(at, staff, compliance, manager, panelists, as_):
    application = at(Status.PANEL)
    as_(staff).post(one("note", application), {"text": "The manager called: <b>on leave</b>."})
    as_(staff).post(one("note", application), {"text": "  "})
    note = StaffNote.objects.get()
    for person in (staff, compliance):
        assert "The manager called: &lt;b&gt;on leave" in as_(person).get(application.get_absolute_url()).text
    panelists[0].groups.add(staff.groups.get())
    application.seats.create(member=panelists[0], due=date(2027, 1, 1))
    for person in (manager, panelists[0]):
        assert "The manager called" not in as_(person).get(application.get_absolute_url()).text
        assert as_(person).post(one("note", application), {"text": "Mine"}).status_code in (302, 403)
    assert StaffNote.objects.count() == 1
    assert not Message.objects.filter(email__message__contains="called").exists()
    assert not PaperLetter.objects.filter(body__contains="called").exists()
    assert refused_by(lambda: StaffNote.objects.update(text="Other")) == "staff_note_is_kept"
    assert refused_by(note.delete) == "staff_note_is_kept"
    assert refused_by(StaffNote(application=application, text="").save) == "staff_note_has_words"
    staff.delete()
    note.refresh_from_db()
    assert (note.by, note.text) == (None, "The manager called: <b>on leave</b>.")


def test_a_note_is_left_for_colleagues(at, staff, colleague, compliance, manager, panelists, as_):
    """They find it on their home page until it is done, and get an email without its text, once."""
    application = at(Status.PANEL)
    tess, cora = as_(colleague), as_(compliance)
    page = as_(staff).get(application.get_absolute_url()).text
    for person, is_offered in ((colleague, True), (compliance, True), (staff, False), (manager, False)):
        assert (f'name="tell" value="{person.pk}"' in page.replace("\n", " ")) is is_offered, person
    sent = {"text": "Call the manager.", "tell": [colleague.pk, compliance.pk]}
    page = as_(staff).post(one("note", application), sent, follow=True).text
    assert "to Cora Lyle, Tess Coll" in page
    mails = list(Message.objects.filter(key__startswith="staff-note:").select_related("email"))
    assert {mail.email.to[0] for mail in mails} == {"tess@example.org", "compliance@example.org"}
    for mail in mails:
        assert "Sam Prather left a note for you: Riverbend" in mail.email.subject
        assert "Call the manager" not in mail.email.message
        assert application.get_absolute_url() in mail.email.message
    assert "A note from Sam Prather: Riverbend" in tess.get(reverse("home")).text
    assert "A note from" not in as_(staff).get(reverse("home")).text
    note = StaffNote.objects.get()
    done = reverse("recognition:note_done", args=[note.pk])
    assert as_(staff).post(done).status_code == 404, "it is not for them"
    assert tess.get(done).status_code == 405
    assert tess.post(done).url == f"{application.get_absolute_url()}#notes"
    tess.post(done)
    assert "A note from" not in tess.get(reverse("home")).text
    assert "A note from Sam Prather" in cora.get(reverse("home")).text, "theirs is not done"
    MembershipFactory(user=compliance, utility=application.utility, role=Role.VIEWER)
    assert "A note from" not in cora.get(reverse("home")).text, "nobody handles the application of their own utility"
    for stranger in (manager, panelists[0], compliance, staff):
        answer = as_(staff).post(one("note", application), {"text": "x", "tell": [stranger.pk]}, follow=True).text
        assert "No note was added." in answer
    assert StaffNote.objects.count() == 1
    assert refused_by(NoteReader(note=note, user=colleague).save) == "note_reader_once"


# Saved views.


def test_a_view_is_saved_shared_and_opens_first(many, staff, colleague, as_):
    browser, save = as_(staff), reverse("recognition:save_queue_view", args=["completeness"])
    browser.post(save, {"name": "Only those", "query": "state=TX&page=2&words=", "is_default": "on"})
    view = QueueView.objects.get()
    assert (view.query, view.is_default, view.is_shared) == ("state=TX", True, False)
    assert browser.get(queue()).url == f"{queue()}?state=TX"
    assert "30 applications" in " ".join(browser.get(queue(), {"view": "all"}).text.split())
    assert "Only those" not in as_(colleague).get(queue()).text
    browser.post(save, {"name": "Nobody has it", "query": "who=nobody", "is_default": "on", "is_shared": "on"})
    assert QueueView.objects.get(is_default=True).query == "who=nobody"
    shared = QueueView.objects.get(is_shared=True)
    assert "Nobody has it" in as_(colleague).get(queue()).text
    remove = reverse("recognition:remove_queue_view", args=[shared.pk])
    assert as_(colleague).post(remove).status_code == 403
    assert as_(colleague).post(reverse("recognition:remove_queue_view", args=[view.pk])).status_code == 404
    assert browser.post(remove).status_code == 302
    browser.post(save, {"name": "All", "query": "", "is_default": "on"})
    assert browser.get(queue()).status_code == 200, "a default of everything leads nowhere"


def test_the_rules_of_views_hold_in_the_database(staff):
    place = {"by": staff, "queue": "all"}
    QueueView.objects.create(name="One", is_default=True, **place)
    assert refused_by(QueueView(name="Two", is_default=True, **place).save) == "queue_view_one_default"
    assert refused_by(QueueView(name="ONE", **place).save) == "queue_view_named_once"
    assert refused_by(QueueView(name="", **place).save) == "queue_view_has_a_name"


# The way through a queue.


def walk(text: str) -> tuple[str, str]:
    """The addresses of the previous and the next application that a page links to."""
    return tuple((re.findall(rf'rel="{rel}" href="([^"]+)"', text) or [""])[0] for rel in ("prev", "next"))


def test_a_queue_is_walked_through_with_its_filters(many, staff, as_):
    browser = as_(staff)
    listed = browser.get(queue(), {"state": "TX", "sort": "-utility"}).text
    way = "?in=completeness&amp;state=TX&amp;sort=-utility#walk"
    last = many.get(utility__name="Town 28")
    assert f'href="{one("checklist", last)}{way}"' in listed
    first = browser.get(one("application", last), {"in": "completeness", "state": "TX", "sort": "-utility"}).text
    assert "1 of 15" in first
    before, after = walk(first)
    assert before == ""
    assert after == one("application", many.get(utility__name="Town 26")) + way
    middle = browser.get(after.replace("&amp;", "&")).text
    assert "2 of 15" in middle
    assert walk(middle)[0] == one("application", last) + way
    left = browser.get(one("application", last), {"in": "completeness", "state": "OR"}).text
    assert "Left this list: 15 remain" in left
    for odd in ("nothing", "decisions' or", "my-reviews", "compliance"):
        assert 'id="walk"' not in browser.get(one("application", last), {"in": odd}).text


def test_the_pages_take_as_many_queries_for_thirty_as_for_three(many, staff, colleague, as_):
    browser = as_(staff)
    Application.objects.all().hand_to(colleague)
    town = many.first()
    StaffNote.objects.create(application=town, by=colleague, text="Read it.")

    def queries() -> list[int]:
        counted, application = [], one("application", town)
        for page in (f"{queue()}?view=all", application, f"{application}?in=completeness&sort=utility"):
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(page).status_code == 200
            counted.append(len(captured))
        return counted

    queries()
    of_many = queries()
    for each in range(20):
        StaffNote.objects.create(application=town, by=staff, text=f"Note {each}.")
        QueueView.objects.create(by=colleague, queue="completeness", name=f"View {each}", is_shared=True)
    Application.objects.exclude(pk__in=[each.pk for each in many[:3]]).delete()
    of_few = queries()
    assert of_many == of_few
    listed, alone, walked = of_many
    assert listed <= 15
    assert walked <= alone + 2, "a queue and its filters"


def test_the_filter_of_what_is_late_finds_what_the_list_marks(many, staff, cycle, as_):
    cycle.panel_from = timezone.localdate()
    cycle.save()
    now = timezone.now()
    keys = [town.pk for town in many]
    Application.objects.filter(pk=keys[0]).update(status="returned", resubmit_by=now - timedelta(minutes=2))
    Application.objects.filter(pk=keys[1]).update(status="returned", resubmit_by=now + timedelta(minutes=2))
    Application.objects.filter(pk=keys[2]).update(status="returned", resubmit_days=30)
    assert "1 of 30" in " ".join(as_(staff).get(queue(), {"late": "yes"}).text.split())
    cycle.panel_from = timezone.localdate() - timedelta(days=2)
    cycle.save()
    text = " ".join(as_(staff).get(queue(), {"late": "yes"}).text.split())
    assert "28 of 30" in text
    assert text.count('class="late"') == 25, "all of the page"
