"""Decisions: one or several, with a reason where they depart; their letters; released together, told once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Membership, Role
from letters.models import Message
from recognition.models import (
    Application,
    Cycle,
    Decision,
    Feedback,
    ReasonNeeded,
    Recommendation,
    Seat,
)
from recognition.models.review import begin_completeness
from tests.applications import fill, pass_completeness, pass_compliance, pass_panel, put_in_review, review
from tests.assessments.test_races import at_once
from tests.conftest import main_of
from tests.factories import MembershipFactory, UtilityFactory
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db
Status = Application.Status


def url(name: str, row) -> str:
    """Of an application, or of a cycle."""
    return reverse(f"recognition:{name}", args=[row.pk])


@pytest.fixture
def recommended(at) -> Application:
    return at(Status.RECOMMENDED)


@pytest.fixture
def another(cycle, staff, compliance, panelists):
    """``another(name, recommends)`` brings a further application to where it waits for its decision."""

    def bring(name: str, recommends: bool = True) -> Application:
        Cycle.objects.update(status=Cycle.Status.PLANNED)
        utility = UtilityFactory(name=name)
        manager = MembershipFactory(utility=utility, user__email=f"{name.lower()}@example.org").user
        Application.start(utility=utility, cycle=cycle, by=manager)
        application = Application.objects.visible_to(manager).get(utility=utility)
        fill(application, manager)
        application.submit(by=manager)
        begin_completeness(application, by=staff)
        pass_completeness(application, staff)
        pass_compliance(application, compliance)
        due = date.today() + timedelta(days=14)
        seats = [Seat.assign(application, one, by=staff, due=due) for one in panelists[:3]]
        seats[0].take_lead(by=staff)
        for seat in seats:
            review(seat, "met" if recommends else "not_met")
        Recommendation.record(seats[0], recommends=recommends, reasons=f"The panel on {name}.", dissent="None of us.")
        put_in_review(cycle)
        return application

    return bring


# One decision.


def test_the_official_decides_one(recommended, official, as_):
    browser = as_(official)
    page = browser.get(url("decide", recommended)).content.decode()
    for text in ("Everything is met.", "agree on all 6 criteria", "Clear", "Small", "Paula Nell"):
        assert text in page
    answer = browser.post(url("decide", recommended), {"recognize": "yes", "reason": ""})
    assert answer["Location"] == url("decisions", recommended.cycle)
    decision = Decision.objects.get()
    assert (decision.recognize, decision.recommended, decision.by, decision.released_at) == (True, True, official, None)
    recommended.refresh_from_db()
    assert recommended.status == Status.RECOMMENDED, "pending until the release"
    assert not Message.objects.filter(key__startswith="decided").exists()
    [event] = recommended.events.filter(why__startswith="Decided")
    assert "ecogni" not in event.why.replace("Decided, not released yet", "")
    browser.post(url("decide", recommended), {"recognize": "no", "reason": "Changed my mind."})
    assert Decision.objects.get().recognize is True
    assert "Decided: Recognized" in browser.get(url("decide", recommended)).content.decode()


@pytest.mark.parametrize(("recommends", "answer"), [(True, "no"), (False, "yes")])
def test_departing_from_the_panel_needs_a_reason(another, official, as_, recommends, answer):
    application, browser = another("Alder", recommends), as_(official)
    refused = browser.post(url("decide", application), {"recognize": answer, "reason": "  "})
    assert refused.status_code == 422
    assert "differs from the panel" in refused.content.decode()
    with pytest.raises(ReasonNeeded):
        Decision.make(application, by=official, recognize=not recommends, reason=" \n")
    assert not Decision.objects.exists()
    browser.post(url("decide", application), {"recognize": answer, "reason": "The debt plan is missing."})
    decision = Decision.objects.get()
    assert decision.recognize is not recommends
    assert ("The debt plan is missing." in decision.body) == recommends, "only who is turned down reads the reason"
    with pytest.raises(IntegrityError, match="decision_departs_with_a_reason"), transaction.atomic():
        Decision.objects.update(reason="")


def test_a_decision_needs_an_answer(recommended, official, as_):
    for data in ({"reason": ""}, {"recognize": "maybe"}):
        assert as_(official).post(url("decide", recommended), data).status_code == 422
    assert not Decision.objects.exists()


def test_a_long_name_still_makes_a_letter(recommended, official):
    recommended.utility.name = "W" * 200
    recommended.utility.save()
    assert len(Decision.make(recommended, by=official, recognize=True).subject) == 200


def test_taking_back_while_it_is_pending(recommended, official, as_):
    browser = as_(official)
    decision = Decision.make(recommended, by=official, recognize=True)
    browser.post(url("decision_take_back", recommended))
    assert not Decision.objects.exists()
    with pytest.raises(WrongState):
        decision.take_back(by=official)
    Decision.make(recommended, by=official, recognize=False, reason="After all.")
    Decision.objects.release(recommended.cycle, by=official)
    browser.post(url("decision_take_back", recommended))
    assert Decision.objects.get().released_at


# Several at once.


def test_several_at_once_each_on_its_own(another, official, as_):
    good, bad, taken = another("Alder"), another("Birch", recommends=False), another("Cedar")
    browser = as_(official)
    Decision.make(taken, by=official, recognize=True)
    chosen = {"applications": [good.pk, bad.pk, taken.pk], "recognize": "yes", "reason": ""}
    page = browser.post(url("decide_several", good.cycle), chosen, follow=True).content.decode()
    assert "1 application was decided." in page
    assert "Birch: not decided. It differs from the panel’s recommendation, so it needs a reason." in page
    assert "Cedar: not decided. It is already decided." in page
    assert set(Decision.objects.values_list("application", flat=True)) == {good.pk, taken.pk}
    none = browser.post(url("decide_several", good.cycle), {"recognize": "yes", "reason": "Kept words."})
    assert none.status_code == 422
    assert "Select at least one application." in none.content.decode()
    assert "Kept words." in none.content.decode()
    for wrong in ([999999], ["x"]):
        browser.post(url("decide_several", good.cycle), chosen | {"applications": wrong}, follow=True)
    assert Decision.objects.count() == 2
    browser.post(url("decide_several", good.cycle), chosen | {"applications": [bad.pk], "reason": "It is close."})
    assert Decision.objects.get(application=bad).reason == "It is close."


def test_the_list_shows_what_an_official_needs(another, official, staff, as_):
    another("Alder"), another("Birch", recommends=False)
    cycle = Application.objects.first().cycle
    browser = as_(official)
    assert browser.get(reverse("recognition:decisions"))["Location"] == url("decisions", cycle)
    page = browser.get(url("decisions", cycle)).content.decode()
    for text in ("Alder", "The panel on Birch.", "agree on all 6 criteria", "Clear", "Small", "Do not recognize"):
        assert text in page
    assert page.count('type="checkbox"') == 3, "each, and all that the filters find"
    csv = browser.get(url("decisions", cycle), {"export": "csv"}).content.decode()
    assert "Alder,Small,Recognize,The panel on Alder.,agree on all 6 criteria,None of us.,Clear,0" in csv
    assert "Choose" not in csv
    assert "Birch" not in browser.get(url("decisions", cycle), {"panel": "True"}).content.decode().split("<table")[1]
    assert 'type="checkbox"' not in as_(staff).get(url("decisions", cycle)).content.decode(), "staff only read it"
    Decision.make(Application.objects.get(utility__name="Alder"), by=official, recognize=True)
    assert "Alder" not in browser.get(url("decisions", cycle)).content.decode()


def test_lists_ask_no_more_for_more_rows(another, official, as_):
    first = another("Alder")
    browser = as_(official)

    def queries(name: str) -> int:
        browser.get(url(name, first.cycle))
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(url(name, first.cycle)).status_code == 200
        return len(captured)

    one = queries("decisions")
    more = [another("Birch"), another("Cedar", recommends=False)]
    assert queries("decisions") == one
    Decision.make(first, by=official, recognize=True)
    one = queries("outbox")
    for application in more:
        Decision.make(application, by=official, recognize=False, reason="No.")
    assert queries("outbox") == one


# Letters and the release.


@pytest.fixture
def decided(another, official):
    """Three decisions that wait in the outbox."""
    applications = [another("Alder"), another("Birch", recommends=False), another("Cedar")]
    for application, recognize in zip(applications, [True, False, True], strict=True):
        Decision.make(application, by=official, recognize=recognize)
    return applications


def test_released_together_but_for_what_is_held(decided, staff, official, as_):
    alder, birch, cedar = decided
    browser = as_(staff)
    browser.post(url("hold", cedar), {"held": "yes"})
    page = browser.get(url("outbox", alder.cycle)).content.decode()
    assert "Yes, release 2 decisions and send the letters" in page
    upto = Decision.objects.latest("pk").pk
    page = browser.post(url("release", alder.cycle), {"upto": upto}, follow=True).content.decode()
    assert "2 decisions were released" in page
    statuses = [Application.objects.get(pk=one.pk).status for one in decided]
    assert statuses == ["recognized", "not_recognized", "recommended"]
    assert len(set(Decision.objects.pending().values_list("application", flat=True))) == 1

    def addressees() -> list[str]:
        letters = Email.objects.filter(subject__regex="is recognized|Decision on")
        return sorted(address for letter in letters for address in letter.to)

    assert addressees() == ["alder@example.org", "birch@example.org"]
    browser.post(url("release", alder.cycle), {"upto": upto})
    assert len(addressees()) == 2, "a second release tells nobody again"
    browser.post(url("hold", cedar), {"held": "no"})
    browser.post(url("release", alder.cycle), {"upto": upto})
    assert addressees() == ["alder@example.org", "birch@example.org", "cedar@example.org"]
    cedar.refresh_from_db()
    assert cedar.events.filter(to_status="recognized").count() == 1


def test_what_is_decided_after_the_confirming_page_waits(decided, official, another, as_):
    upto = Decision.objects.latest("pk").pk
    late = another("Dogwood")
    Decision.make(late, by=official, recognize=True)
    as_(official).post(url("release", late.cycle), {"upto": upto})
    assert [decision.application for decision in Decision.objects.pending()] == [late]
    for wrong in ("", "x", "9" * 20):
        as_(official).post(url("release", late.cycle), {"upto": wrong})
    assert Decision.objects.pending().count() == 1


def test_a_letter_is_edited_read_and_kept_from_overwriting(recommended, staff, official, as_):
    decision = Decision.make(recommended, by=official, recognize=True)
    browser = as_(staff)
    page = browser.get(url("letter", recommended)).content.decode()
    assert ">Preview</h2>" in page
    assert "manager@example.org" in page
    data = {"version": 1, "subject": "You are\r\nrecognized", "body": "Dear Mara <b>Gerr</b>,\n\nwell done."}
    assert browser.post(url("letter", recommended), data).status_code == 302
    stored = Decision.objects.get()
    assert (stored.subject, stored.version, stored.changed_by) == ("You are recognized", 2, staff)
    assert "Dear Mara &lt;b&gt;Gerr&lt;/b&gt;," in browser.get(url("letter", recommended)).content.decode()
    stale = as_(official).post(url("letter", recommended), data | {"subject": "Other", "body": "Other words."})
    assert stale.status_code == 409
    page = stale.content.decode()
    assert "Other words." in page
    assert "well done." in page
    assert 'value="2"' in page, "keeping mine saves over theirs"
    assert browser.post(url("letter", recommended), data | {"body": " "}).status_code == 422
    browser.post(url("hold", recommended), {"held": "yes"})
    browser.post(url("hold", recommended), {"held": "no"})
    assert Decision.objects.get().version == 2, "holding is no change of the words"
    Decision.objects.release(recommended.cycle, by=official)
    [letter] = Email.objects.filter(subject="You are recognized")
    assert "Dear Mara <b>Gerr</b>," in letter.message
    browser.post(url("letter", recommended), data | {"version": 2, "body": "Too late."})
    browser.post(url("hold", recommended), {"held": "yes"})
    for change in (lambda: decision.edit_letter(2, by=staff, body="x"), lambda: decision.hold(True)):
        with pytest.raises(WrongState):
            change()
    assert Decision.objects.get().body.endswith("well done.")
    with pytest.raises(IntegrityError, match="decision_held_is_not_released"), transaction.atomic():
        Decision.objects.update(held=True)


# Feedback.


def test_feedback_is_read_after_its_release_and_the_decision_s(recommended, staff, official, manager, as_):
    browser, applicant = as_(staff), as_(manager)
    page = url("application", recommended)
    assert browser.get(url("feedback", recommended)).status_code == 200
    assert not Feedback.objects.exists(), "looking writes nothing"
    browser.post(url("feedback_release", recommended), {"version": 1})
    browser.post(url("feedback", recommended), {"version": 1, "text": "Strong measures."})
    assert browser.post(url("feedback", recommended), {"version": 1, "text": "Other."}).status_code == 409
    Decision.make(recommended, by=official, recognize=True)
    assert "Strong measures." not in applicant.get(page).content.decode()
    browser.post(url("feedback_release", recommended), {"version": 1})
    assert not Feedback.objects.get().released_at, "not what was changed after it was read"
    browser.post(url("feedback_release", recommended), {"version": 2})
    assert "Strong measures." not in applicant.get(page).content.decode(), "the decision is not released"
    Decision.objects.release(recommended.cycle, by=official)
    assert "Strong measures." in applicant.get(page).content.decode()
    browser.post(url("feedback", recommended), {"version": 3, "text": "Too late."})
    browser.post(url("feedback_release", recommended), {"version": 3})
    kept = Feedback.objects.get()
    assert (kept.text, kept.version, kept.released_by) == ("Strong measures.", 3, staff)
    with pytest.raises(WrongState):
        kept.write(3, "Too late.", by=staff)
    with pytest.raises(IntegrityError, match="feedback_released_has_words"), transaction.atomic():
        Feedback.objects.update(text="")


def test_feedback_that_is_not_released_stays_unread(recommended, staff, official, manager, as_):
    Feedback.of(recommended).write(1, "Strong measures.", by=staff)
    Decision.make(recommended, by=official, recognize=True)
    Decision.objects.release(recommended.cycle, by=official)
    assert "Strong measures." not in as_(manager).get(url("application", recommended)).content.decode()


# Who gets in.

ONE = ["decide", "decision_take_back", "letter", "hold", "feedback", "feedback_release"]
MANY = ["decisions", "decide_several", "deciding_stop", "outbox", "release"]
READ = {"decide", "letter", "feedback", "decisions", "outbox"}


def test_roles_on_every_address(recommended, staff, official, compliance, panelists, manager, stranger, as_):
    Decision.make(recommended, by=official, recognize=True)
    expected = {
        stranger: dict.fromkeys(ONE + MANY, 404),
        manager: dict.fromkeys(ONE, 403) | dict.fromkeys(MANY, 404),
        compliance: dict.fromkeys(ONE, 403) | dict.fromkeys(MANY, 404),
        panelists[0]: dict.fromkeys(ONE, 403) | dict.fromkeys(MANY, 404),
        staff: {"decide": 403, "decision_take_back": 403, "decide_several": 404, "deciding_stop": 404},
        official: {"feedback": 403, "feedback_release": 403},
    }
    for person, answers in expected.items():
        browser = as_(person)
        for name, status in answers.items():
            path = url(name, recommended if name in ONE else recommended.cycle)
            answer = browser.get(path) if name in READ else browser.post(path)
            assert answer.status_code == status, (person, name)
    for person in (stranger, manager, compliance, panelists[0]):
        assert as_(person).get(reverse("recognition:decisions")).status_code == 404
    assert Decision.objects.get().released_at is None


def test_wrong_methods_and_nobody(recommended, official, staff, as_, client):
    Decision.make(recommended, by=official, recognize=True)
    for name in ONE + MANY:
        path = url(name, recommended if name in ONE else recommended.cycle)
        assert client.get(path).status_code in (302, 405)
        if name not in READ:
            assert as_(official).get(path).status_code == 405, name
    for name in ("decisions", "outbox"):
        assert as_(official).post(url(name, recommended.cycle)).status_code == 405


def test_before_the_panel_has_recommended_nothing_is_decided(at, staff, panelists, official, as_):
    application = at(Status.PANEL)
    assert as_(official).get(url("decide", application)).status_code == 404, "it is not theirs yet"
    assert as_(staff).get(url("feedback", application)).status_code == 302
    with pytest.raises(WrongState):
        Decision.make(application, by=official, recognize=True)
    pass_panel(application, staff, panelists[:3])
    assert as_(staff).get(url("letter", application)).status_code == 404, "there is no letter yet"


def test_staff_of_the_utility_itself_touch_no_decision_on_it(recommended, staff, official, utility, as_):
    """Who belongs to the applicant is an applicant, whatever else they are."""
    Decision.make(recommended, by=official, recognize=True)
    Membership.objects.create(user=staff, utility=utility, role=Role.VIEWER)
    browser = as_(staff)
    assert "Riverbend" not in main_of(browser.get(url("outbox", recommended.cycle)))
    browser.post(url("release", recommended.cycle), {"upto": 10**8})
    assert Decision.objects.pending().count() == 1


# Two at the same moment.


@pytest.mark.django_db(transaction=True)
def test_two_officials_at_once_make_one_decision(recommended, official, staff):
    outcomes = at_once(
        lambda: Decision.make(recommended, by=official, recognize=True),
        lambda: Decision.make(recommended, by=staff, recognize=False, reason="No."),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Decision", "WrongState"]
    assert Decision.objects.count() == 1
    assert recommended.events.filter(why__startswith="Decided").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_browsers_at_once_make_one_decision(recommended, official, as_):
    browsers = [as_(official), as_(official)]
    answers = at_once(*[lambda one=one: one.post(url("decide", recommended), {"recognize": "yes"}) for one in browsers])
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Decision.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_releases_at_once_tell_once(recommended, official):
    Decision.make(recommended, by=official, recognize=True)
    counts = at_once(*[lambda: Decision.objects.release(recommended.cycle, by=official)] * 2)
    assert sorted(counts) == [0, 1]
    assert Message.objects.filter(key__startswith="decided").count() == 1
    assert recommended.events.filter(to_status="recognized").count() == 1


@pytest.mark.django_db(transaction=True)
def test_taken_back_or_released_never_both(recommended, official):
    decision = Decision.make(recommended, by=official, recognize=True)
    at_once(
        lambda: decision.take_back(by=official),
        lambda: Decision.objects.release(recommended.cycle, by=official),
    )
    released = Decision.objects.filter(released_at__lte=timezone.now()).exists()
    recommended.refresh_from_db()
    assert recommended.status == (Status.RECOGNIZED if released else Status.RECOMMENDED)
    assert Message.objects.filter(key__startswith="decided").exists() == released


@pytest.mark.django_db(transaction=True)
def test_taking_back_while_a_colleague_decides_ends(recommended, official):
    """Both lock the application first, so that neither waits for the other for ever."""
    decision = Decision.make(recommended, by=official, recognize=True)
    at_once(
        lambda: decision.take_back(by=official),
        lambda: Decision.make(recommended, by=official, recognize=True),
    )
    assert Decision.objects.count() <= 1


@pytest.mark.django_db(transaction=True)
def test_the_letter_that_goes_out_is_the_one_that_was_saved(recommended, official, staff):
    """An edit that came first is in the letter; one that waited for the release is told that it is over."""
    decision = Decision.make(recommended, by=official, recognize=True)

    def edit():
        try:
            return decision.edit_letter(1, by=staff, subject="Edited", body="Edited")
        except (WrongState, Stale) as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Decision.objects.release(recommended.cycle, by=official)
            late = pool.submit(edit)
        assert isinstance(late.result(timeout=20), WrongState)
    assert not Email.objects.filter(subject="Edited").exists()
    assert Decision.objects.get().subject != "Edited"
