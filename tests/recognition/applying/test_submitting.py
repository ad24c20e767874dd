"""Submitting: what is frozen, when it is refused, what may happen before and after."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from post_office.models import Email

from accounts.models import Role
from files.models import StoredFile
from letters.models import Message
from recognition.models import Application, Cycle, DeadlinePassed, Incomplete, Photo, Submission, TooManyPhotos
from recognition.models.review import begin_completeness, find_incomplete, return_for_completion
from tests.applications import answer_points, fill, whole_content, words
from tests.conftest import member
from tests.pictures import photo
from workflow.models import WrongState

Status = Application.Status
pytestmark = pytest.mark.django_db

DUE = date(2026, 11, 1)  # summer time ends at two in the morning of this day


def section(application: Application, name: str):
    found = application.sections.get(name=name)
    found.application = application
    return found


def again(application: Application) -> Application:
    """As another request reads it."""
    return Application.objects.select_related("cycle__edition", "utility").get(pk=application.pk)


def add_photo(application: Application, caption: str = "The plant") -> Photo:
    return Photo.add(application, photo(), by=None, caption=caption, may_publish=True)


def subjects() -> list[str]:
    return [email.subject.split(":")[0] for email in Email.objects.order_by("pk")]


@pytest.fixture
def returned(at, staff, time_machine):
    """Sent back on October 20, 2026, to come back by November 1."""
    now = datetime(2026, 10, 20, 12, tzinfo=UTC)
    time_machine.move_to(now, tick=False)
    Cycle.objects.update(opens=now - timedelta(days=7), closes=now + timedelta(days=21))
    application = at(Status.SUBMITTED)
    send_back(application, staff)
    return again(application)


def send_back(application: Application, staff) -> None:
    begin_completeness(application, by=staff)
    checklist = application.submission.checklist
    checklist.update(met=True)
    checklist.filter(name="prompts").update(met=False, reason="Say which measures you use.")
    return_for_completion(application, by=staff, due=DUE, letter="Nearly there.")
    answer_points(application, staff)


# --- What is frozen


def test_a_version_holds_what_was_written(draft, manager, own_folder):
    add_photo(draft)
    written = draft.content()
    submission = draft.submit(by=manager)
    assert (submission.number, submission.content, submission.deficiencies) == (1, written, [])
    assert (submission.size, submission.counted_attributes, submission.counted_boxes) == ("small", 4, 2)
    assert submission.words == 4 * 4 * 8 + 2 * 30
    assert submission.submitted_by == manager
    frozen, kept = submission.photos.get(), draft.photos_now().get()
    assert (frozen.file, frozen.caption, frozen.may_publish) == (kept.file, "The plant", True)
    assert again(draft).status == draft.status == Status.SUBMITTED
    event = draft.events.last()
    assert (event.by, event.from_status, event.to_status, event.why) == (manager, "draft", "submitted", "Version 1")


def test_after_that_nothing_of_it_changes(draft, manager, own_folder):
    mine = add_photo(draft)
    before = again(draft)
    version = draft.submit(by=manager)
    frozen = version.photos.get()
    for reader in (draft, before):  # before: a page that was opened earlier
        for each in (mine, frozen):
            each.application = reader
            for refused in (lambda: each.describe(caption="x", may_publish=False), each.discard):  # noqa: B023
                with pytest.raises(WrongState):
                    refused()
        with pytest.raises(WrongState):
            add_photo(reader)
        text = section(reader, "attributes.product-quality")
        with pytest.raises(WrongState):
            text.answer(text.version, {"chosen": False}, by=manager)
    assert again(draft).submission.content == version.content == draft.content()
    assert [each.caption for each in Photo.objects.all()] == ["The plant", "The plant"]
    assert StoredFile.objects.count() == 1


def test_a_click_too_many_makes_no_second_version(draft, manager):
    other = again(draft)
    draft.submit(by=manager)
    for one in (draft, other, again(draft)):
        with pytest.raises(WrongState, match="already submitted"):
            one.submit(by=manager)
    assert Submission.objects.count() == 1
    assert subjects() == ["Application received"]


def test_what_is_missing_is_said_and_nothing_happens(draft, manager):
    content = whole_content()
    fill(
        draft,
        manager,
        **{
            "attestation": {},
            "contact": content["contact"] | {"phone": " "},
            "certification": content["certification"] | {"agreed": False},
            "attributes.product-quality": {"chosen": True, "assessed": " "},
            "confidentiality": {"passages": ["nowhere to be found", "climate3 climate4", "nor this"]},
        },
    )
    with pytest.raises(Incomplete) as caught:
        draft.submit(by=manager)
    missing = caught.value.outcome.deficiencies
    assert [(each.code, each.field) for each in missing] == [
        ("contact-missing", "contact.phone"),
        ("narrative-missing", "attributes.product-quality"),
        ("attributes-too-few", "attributes"),
        ("attestation-missing", "attestation.attested"),
        ("certification-missing", "certification.agreed"),
        ("passage-not-found", "confidentiality.passages"),
    ]
    assert "“nowhere to be found”, “nor this”" in missing[-1].message
    assert missing == draft.checked().deficiencies
    assert again(draft).status == Status.DRAFT
    assert not Submission.objects.exists()
    assert not Email.objects.exists()
    assert [event.why for event in draft.events.all()] == ["Started"]


def test_what_came_on_paper_may_have_gaps(draft, staff, manager):
    Application.objects.filter(pk=draft.pk).update(on_paper=True)
    Cycle.objects.update(closes=timezone.now() - timedelta(days=1))
    paper = again(draft)
    fill(paper, staff, contact={})
    version = paper.submit(by=staff)
    assert {each["code"] for each in version.deficiencies} == {"contact-missing", "identifier-missing"}
    assert set(version.deficiencies[0]) == {"code", "field", "message"}


# --- In time


@pytest.mark.parametrize(
    ("zone", "day"),  # around both changes of the clocks, and where they don't change
    [("America/New_York", date(2026, 10, 31)), ("America/New_York", DUE), ("America/Denver", date(2027, 3, 14))]
    + [("Pacific/Honolulu", DUE), ("Pacific/Guam", DUE)],
)
def test_the_deadline_holds_to_the_second(draft, manager, time_machine, zone, day):
    closes = datetime(day.year, day.month, day.day, 17, tzinfo=ZoneInfo(zone))
    Cycle.objects.update(opens=closes - timedelta(days=60), closes=closes, time_zone=zone)
    time_machine.move_to(closes, tick=False)
    late = again(draft)
    assert "5:00 PM" in late.in_its_zone(late.deadline)
    assert (late.is_editable, late.cycle.is_open, late.cycle.stage) == (False, False, "Closed")
    with pytest.raises(DeadlinePassed):
        late.submit(by=manager)
    text = section(late, "partners")
    with pytest.raises(WrongState):
        text.answer(text.version, {"partners": "x"}, by=manager)
    assert late.content()["attributes.product-quality"]["chosen"], "it stays readable"
    time_machine.move_to(closes - timedelta(seconds=1), tick=False)
    assert again(draft).submit(by=manager).number == 1


def test_before_the_cycle_opens_nothing_is_submitted(draft, manager):
    Cycle.objects.update(opens=timezone.now() + timedelta(seconds=60))
    with pytest.raises(DeadlinePassed):
        again(draft).submit(by=manager)


def test_certified_today_is_today_where_the_reader_or_the_cycle_is(draft, manager, time_machine):
    content = whole_content()["certification"] | {"date": "2026-10-21"}
    fill(draft, manager, certification=content)
    time_machine.move_to(datetime(2026, 10, 20, 20, tzinfo=UTC), tick=False)
    assert [each.code for each in draft.checked().deficiencies] == ["certification-date-invalid"]
    with timezone.override("Pacific/Guam"):  # where the reader has the 21st already
        assert again(draft).checked().complete
    Cycle.objects.update(time_zone="Pacific/Guam")
    assert again(draft).checked().complete


def test_a_message_to_the_utility_has_the_cycle_s_zone_and_the_utility_s(draft, staff):
    until = datetime(2036, 11, 2, 3, 59, tzinfo=UTC)
    draft.extend(until, by=staff, why="A flood.")
    assert draft.events.last().why == "Deadline extended to November 1, 2036, 11:59 PM EDT. A flood."
    assert "November 1, 2036, 11:59 PM EDT (8:59 PM PDT)" in Email.objects.get().message


def test_staff_may_grant_one_application_more_time(draft, manager, staff, stranger, time_machine):
    cycle = draft.cycle
    other = Application.start(utility=stranger.memberships.get().utility, cycle=cycle, by=stranger)
    until = cycle.closes + timedelta(days=2)
    draft.extend(until, by=staff, why="A flood.")
    note = draft.events.last()
    assert (note.by, note.from_status, note.to_status) == (staff, "draft", "draft")
    assert note.why == f"Deadline extended to {draft.in_its_zone(until)}. A flood."

    time_machine.move_to(until, tick=False)
    with pytest.raises(DeadlinePassed):
        again(draft).submit(by=manager)
    time_machine.move_to(until - timedelta(seconds=1), tick=False)
    again(other).cycle.begin_review(by=staff)
    assert not again(other).is_editable, "only this one"
    assert again(draft).is_editable
    assert again(draft).submit(by=manager).number == 1
    with pytest.raises(WrongState):
        again(draft).extend(until + timedelta(days=1), by=staff, why="Again.")


def test_a_granted_deadline_is_a_later_one(draft, staff):
    closes = draft.cycle.closes
    for until in (closes, closes - timedelta(days=1), timezone.now() - timedelta(days=1)):
        with pytest.raises(WrongState, match="must be later than now"):
            again(draft).extend(until, by=staff, why="x")
    draft.extend(closes + timedelta(days=2), by=staff, why="A flood.")
    Cycle.objects.update(closes=closes + timedelta(days=9))  # more time for all
    assert again(draft).deadline == closes + timedelta(days=9)


@pytest.mark.parametrize(
    ("until", "granted"),
    [
        (timedelta(days=-3), False),  # before the deadline
        (timedelta(days=-2), False),  # the deadline
        (timedelta(days=-2, seconds=1), False),  # later than that, and over
        (timedelta(seconds=-1), False),
        (timedelta(0), False),
        (timedelta(seconds=1), True),
    ],
)
def test_a_deadline_that_is_over_is_not_moved_into_the_past(draft, staff, time_machine, until, granted):
    """The cycle closed two days ago: a later deadline than that is not enough, it must be yet to come."""
    now = draft.cycle.closes + timedelta(days=2)
    time_machine.move_to(now, tick=False)
    deadline, letters, events = draft.deadline, subjects(), draft.events.count()
    if granted:
        draft.extend(now + until, by=staff, why="A flood.")
        assert again(draft).deadline == now + until
        return
    with pytest.raises(WrongState, match="must be later than now"):
        draft.extend(now + until, by=staff, why="A flood.")
    for row in (draft, again(draft)):
        assert (row.extended_until, row.deadline, row.is_editable) == (None, deadline, False)
    assert (draft.events.count(), subjects()) == (events, letters)


# --- Returned


def test_it_comes_back_once_as_version_2(returned, manager, staff, contributor):
    first = returned.submission
    assert returned.is_editable
    assert returned.in_its_zone(returned.deadline) == "November 1, 2026, 11:59 PM EST"
    text = section(returned, "partners")
    text.answer(text.version, {"partners": "The county"}, by=contributor)
    second = returned.submit(by=manager)
    assert (second.number, second.content["partners"]) == (2, {"partners": "The county"})
    first.refresh_from_db()
    assert first.content["partners"] == {}
    assert returned.submission == second
    assert again(returned).status == Status.RESUBMITTED
    with pytest.raises(WrongState):
        again(returned).submit(by=manager)
    with pytest.raises(WrongState, match="returned only once"):
        send_back(again(returned), staff)
    assert again(returned).status == Status.COMPLETENESS
    assert subjects() == [
        "Application received",
        "Please complete your application by November 1, 2026, 11",
        "Application received",
    ]
    assert "Say which measures you use." in Email.objects.order_by("pk")[1].message
    assert "version 2" in Email.objects.order_by("pk")[2].message


def test_returned_to_the_last_second_of_a_day_of_25_hours(returned, manager, staff, time_machine):
    end = datetime(2026, 11, 2, 4, 59, 59, tzinfo=UTC)
    assert returned.resubmit_by == end
    time_machine.move_to(end - timedelta(seconds=1), tick=False)
    assert not Application.objects.late().exists()
    with pytest.raises(WrongState):
        find_incomplete(again(returned), by=staff, why="Too early.")
    time_machine.move_to(end, tick=False)
    assert Application.objects.late().get() == returned
    with pytest.raises(DeadlinePassed):
        again(returned).submit(by=manager)
    time_machine.move_to(end + timedelta(seconds=1), tick=False)
    find_incomplete(again(returned), by=staff, why="It did not come back.")
    assert again(returned).status == Status.INCOMPLETE
    assert not Application.objects.late().exists()
    assert subjects()[-1] == "Application closed as incomplete"
    assert "was not resubmitted by that date" in Email.objects.last().message


def test_what_came_back_incomplete_is_not_told_that_it_did_not_come_back(returned, manager, staff):
    returned.submit(by=manager)
    begin_completeness(returned, by=staff)
    find_incomplete(returned, by=staff, why="Still no measures.")
    letters = Email.objects.last().message
    assert "Still no measures." in letters
    assert "was not resubmitted" not in letters
    assert "None" not in letters


def test_a_returned_one_may_be_open_longer_than_its_cycle(returned, manager, time_machine):
    Cycle.objects.update(closes=timezone.now() - timedelta(days=1), status=Cycle.Status.REVIEW)
    assert again(returned).submit(by=manager).number == 2


# --- Withdrawing, deleting

UNTIL_THE_RELEASE = [Status.SUBMITTED, Status.COMPLETENESS, Status.COMPLIANCE, Status.PANEL, Status.RECOMMENDED]


@pytest.mark.parametrize("stage", UNTIL_THE_RELEASE)
def test_it_is_withdrawn_until_the_release(at, manager, stage):
    application = at(stage)
    application.withdraw(by=manager, why="We merge.")
    assert (again(application).status, application.events.last().why) == (Status.WITHDRAWN, "We merge.")
    with pytest.raises(WrongState):
        application.withdraw(by=manager, why="Twice.")
    assert subjects()[-1] == "Application withdrawn"
    assert subjects().count("Application withdrawn") == 1


@pytest.mark.parametrize("stage", [Status.DRAFT, Status.RECOGNIZED])
def test_nothing_else_is_withdrawn(at, manager, stage):
    application = at(stage)
    letters = subjects()
    with pytest.raises(WrongState):
        application.withdraw(by=manager, why="x")
    assert (again(application).status, subjects()) == (stage, letters)


def test_a_draft_goes_with_its_photos(draft, manager, own_folder, django_capture_on_commit_callbacks):
    add_photo(draft), add_photo(draft)
    assert len(files_in(own_folder)) == 2
    with django_capture_on_commit_callbacks(execute=True):
        draft.discard()
    assert not Application.objects.exists()
    assert not StoredFile.objects.exists()
    assert files_in(own_folder) == []
    with pytest.raises(WrongState):
        draft.discard()


def test_what_was_submitted_stays(draft, manager, own_folder):
    add_photo(draft)
    before = again(draft)
    draft.submit(by=manager)
    for one in (draft, before):
        with pytest.raises(WrongState, match="Only a draft"):
            one.discard()
    assert Application.objects.get().sections.exists()
    assert len(files_in(own_folder)) == 1


def files_in(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file()]


# --- Photos


def test_three_photos_and_no_fourth(draft, own_folder):
    shots = [add_photo(draft, f"{n}") for n in range(3)]
    with pytest.raises(TooManyPhotos):
        add_photo(draft)
    assert len(files_in(own_folder)) == 3
    shots[0].application = draft
    shots[0].discard()
    add_photo(draft, "4")
    assert [each.caption for each in draft.photos_now()] == ["1", "2", "4"]


def test_a_photo_of_the_first_version_stays_when_the_draft_drops_it(draft, manager, staff, own_folder, time_machine):
    add_photo(draft)
    time_machine.move_to(datetime(2026, 10, 20, 12, tzinfo=UTC), tick=False)
    Cycle.objects.update(opens=timezone.now() - timedelta(days=9), closes=timezone.now() + timedelta(days=9))
    back = again(draft)
    back.submit(by=manager)
    send_back(back, staff)
    mine = back.photos_now().get()
    mine.application = back
    mine.discard()
    add_photo(back, "Another")
    second = back.submit(by=manager)
    assert [each.caption for each in second.photos.all()] == ["Another"]
    assert [each.caption for each in Submission.objects.get(number=1).photos.all()] == ["The plant"]
    assert len(files_in(own_folder)) == 2


# --- Letters


def test_every_manager_is_told_once(draft, manager, utility, contributor):
    member(utility, Role.MANAGER, "second@example.org", "X")
    gone = member(utility, Role.MANAGER, "gone@example.org", "X")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    version = draft.submit(by=manager)
    assert sorted(email.to for email in Email.objects.all()) == [["manager@example.org"], ["second@example.org"]]
    email = Email.objects.first()
    assert draft.in_its_zone(version.submitted_at) in email.message
    assert draft.get_absolute_url() in email.message
    key = Message.objects.get(email=email).key
    assert Message.write(draft, key.rpartition(":")[0], email.to[0], "Twice", "x") is False
    assert Email.objects.count() == 2


def test_words_are_counted_as_the_rule_counts_them(draft, manager):
    long = {"chosen": True, "assessed": words("long", 5000), "measures": "and  one\nmore"}
    fill(draft, manager, **{"attributes.product-quality": long})
    outcome = draft.checked()
    assert outcome.words == 5003 + 3 * 4 * 8 + 2 * 30
    assert [(each.code, each.field) for each in outcome.deficiencies] == [("narrative-too-long", "narratives")]
