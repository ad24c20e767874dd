"""Two people at the same moment, on two real connections."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import transaction
from post_office.models import Email

from files.models import StoredFile
from letters.models import Message
from recognition.models import Application, Decision, Photo, Recommendation, Section, Submission
from tests.assessments.test_races import at_once, close_after, waits_for_lock
from tests.factories import UserFactory
from tests.pictures import photo
from workflow.models import WrongState

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sent(monkeypatch) -> list:
    """How often the queue of e-mails was asked to go out; here no worker runs."""
    asked: list = []
    monkeypatch.setattr("workflow.queue.send", lambda task: asked.append(Email.objects.count()))
    return asked


def read(draft: Application) -> Application:
    return Application.objects.select_related("cycle__edition", "utility").get(pk=draft.pk)


def partners(draft: Application) -> Section:
    section = Section.objects.get(application=draft, name="partners")
    section.application = read(draft)
    return section


def kinds(outcomes: list) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_two_submissions_make_one_version(draft, manager, sent):
    both = [read(draft) for _ in range(2)]
    outcomes = at_once(*[lambda one=one: one.submit(by=manager) for one in both])
    assert kinds(outcomes) == ["Submission", "WrongState"]
    assert Submission.objects.get().number == 1
    assert [event.to_status for event in draft.events.all()] == ["draft", "submitted"]
    assert Email.objects.count() == 1
    assert sent == [1], "asked for once, after the commit"


def test_two_clicks_in_two_browsers_make_one_version(draft, manager, as_):
    address = f"{draft.get_absolute_url()}submit/"
    browsers = [as_(manager), as_(manager)]
    outcomes = at_once(*[lambda one=one: one.post(address) for one in browsers])
    assert [(each.status_code, each["Location"]) for each in outcomes] == [(302, draft.get_absolute_url())] * 2
    assert (Submission.objects.count(), Email.objects.count()) == (1, 1)


def test_two_people_begin_one_application(cycle, utility, manager, contributor):
    outcomes = at_once(
        *[lambda by=by: Application.start(utility=utility, cycle=cycle, by=by) for by in (manager, contributor)]
    )
    assert kinds(outcomes) == ["Application", "WrongState"]
    assert Application.objects.get().sections.count() == 6 + 10 + 7


def in_the_meantime(first, then):
    """``then`` begins while ``first`` is done but not committed: what ``then`` returns or raises, afterwards."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first()
            second = pool.submit(lambda: close_after(lambda: outcome_of(then)))
            assert waits_for_lock(), "it is held back"
        return second.result(timeout=20)


def outcome_of(action):
    try:
        return action()
    except WrongState as error:
        return error


def test_what_comes_during_a_submission_is_told_that_it_is_too_late(draft, manager, own_folder):
    """Never an error of the database, and nothing is changed."""
    mine = Photo.add(draft, photo(), by=None, caption="Before", may_publish=False)
    late, section = read(draft), partners(draft)
    mine.application = late
    actions = [
        lambda: section.answer(section.version, {"partners": "x"}, by=manager),
        lambda: Photo.add(late, photo(), by=None, caption="x", may_publish=False),
        lambda: mine.describe(caption="x", may_publish=True),
        lambda: mine.discard(),
        lambda: late.discard(),
        lambda: late.submit(by=manager),
    ]
    with ThreadPoolExecutor(len(actions)) as pool:
        with transaction.atomic():
            version = read(draft).submit(by=manager)
            waiting = [pool.submit(lambda act=act: close_after(lambda: outcome_of(act))) for act in actions]
            assert waits_for_lock(at_least=len(actions)), "all are held back"
        outcomes = [each.result(timeout=20) for each in waiting]
    assert kinds(outcomes) == ["WrongState"] * len(actions)
    assert version.content == read(draft).content()
    assert {each.caption for each in Photo.objects.all()} == {"Before"}
    assert StoredFile.objects.count() == len([path for path in own_folder.rglob("*") if path.is_file()]) == 1
    assert Submission.objects.count() == 1


def test_a_submission_waits_for_a_save_and_holds_it(draft, manager, contributor):
    section, other = partners(draft), read(draft)
    version = in_the_meantime(
        lambda: section.answer(section.version, {"partners": "The county"}, by=contributor),
        lambda: other.submit(by=manager),
    )
    assert version.content["partners"] == {"partners": "The county"}
    assert version.content == read(draft).content()


def test_the_fourth_photo_is_one_too_many_also_at_once(draft, own_folder):
    for _ in range(2):
        Photo.add(draft, photo(), by=None, caption="", may_publish=False)
    other = read(draft)

    def add(application):
        try:
            return Photo.add(application, photo(), by=None, caption="", may_publish=False)
        except Exception as error:
            return error

    outcomes = at_once(lambda: add(draft), lambda: add(other))
    assert kinds(outcomes) == ["Photo", "TooManyPhotos"]
    assert Photo.objects.count() == 3


def test_a_draft_deleted_while_it_is_saved_is_gone(draft, manager):
    section = partners(draft)
    outcome = in_the_meantime(
        lambda: read(draft).discard(), lambda: section.answer(section.version, {"partners": "x"}, by=manager)
    )
    assert isinstance(outcome, WrongState)
    assert not Section.objects.exists()


# A letter that is put on hold while the decisions are released.


@pytest.fixture
def decided(at, stranger, official) -> dict[str, Decision]:
    """Two applications of one cycle wait for the release: Riverbend's, and the stranger's."""
    first = at("recommended")
    utility = stranger.memberships.get().utility
    second = Application.objects.create(utility=utility, cycle=first.cycle, status="not_recommended")
    Recommendation.objects.create(application=second, recommends=False, reasons="Too little is shown.")
    return {
        "Riverbend": Decision.make(first, by=official, recognize=True),
        "stranger": Decision.make(second, by=official, recognize=False),
    }


def only_the_other_is_released(decided: dict[str, Decision], released: int) -> None:
    first, second = (Application.objects.get(pk=one.application_id) for one in decided.values())
    assert (first.status, second.status, released) == ("recommended", "not_recognized", 1)
    assert list(Decision.objects.pending()) == [decided["Riverbend"]]
    assert not hasattr(first, "recognition")
    emailed = [each.email.to for each in Message.objects.filter(key__startswith="decided")]
    assert emailed == [["stranger@example.org"]]


def test_a_letter_held_while_the_release_waits_for_its_application_stays(decided, official):
    """The release has found its decision, and reads it again once it has the lock."""
    cycle = decided["Riverbend"].application.cycle
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Application.objects.select_for_update().get(pk=decided["Riverbend"].application_id)
            waiting = pool.submit(lambda: close_after(lambda: Decision.objects.release(cycle, by=official)))
            assert waits_for_lock(), "the release waits for the application"
            decided["Riverbend"].hold(True)
        only_the_other_is_released(decided, waiting.result(timeout=20))


def test_a_letter_held_at_the_moment_of_the_release_stays(decided, official):
    """The hold is not committed yet when the release reads the decision: it waits for the hold."""
    cycle = decided["Riverbend"].application.cycle
    released = in_the_meantime(
        lambda: decided["Riverbend"].hold(True), lambda: Decision.objects.release(cycle, by=official)
    )
    only_the_other_is_released(decided, released)


def test_a_hold_that_comes_during_the_release_is_told_that_it_is_too_late(decided, official):
    cycle = decided["Riverbend"].application.cycle
    outcome = in_the_meantime(
        lambda: Decision.objects.release(cycle, by=official), lambda: decided["Riverbend"].hold(True)
    )
    assert isinstance(outcome, WrongState)
    assert not Decision.objects.pending().exists()
    assert not Decision.objects.filter(held=True).exists()
    assert Message.objects.filter(key__startswith="decided").count() == 2


def test_of_two_who_take_up_the_same_work_the_first_has_it(draft, staff):
    colleague = UserFactory(name="Cole Ames")
    rows = Application.objects.filter(pk=draft.pk)
    assert in_the_meantime(lambda: rows.take_up(by=staff), lambda: rows.take_up(by=colleague)) == 0
    assert Application.objects.get().handler == staff
    # What was handed on in the meantime is not given back for the one who has it now.
    assert in_the_meantime(lambda: rows.hand_to(colleague), lambda: rows.return_to_queue(by=staff)) == 0
    assert Application.objects.get().handler == colleague
