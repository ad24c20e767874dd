"""What staff do for an applicant: a later deadline for one draft, an application that came on paper."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from accounts.models import Membership, Utility
from files.models import RefusedFile, StoredFile
from recognition.models import Application, Cycle, DeadlinePassed
from tests.applications import fill
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.uploads import PDF, upload
from workflow.models import WrongState

Status = Application.Status
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_folder")]


def address(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


# A later deadline.


def test_a_later_deadline_is_given_by_the_clock_of_the_cycle(as_, draft, staff, manager):
    Cycle.objects.update(time_zone="America/Los_Angeles")
    day = timezone.localdate() + timedelta(days=40)
    form = {"until": f"{day}T17:30", "why": "A flood at the plant."}
    shown = as_(staff).post(address("extend", draft.pk), form)
    assert "5:30 PM P" in shown.context["letter"].body
    assert "flood" not in shown.context["letter"].body, "the reason stays with the staff"
    draft.refresh_from_db()
    assert draft.extended_until is None, "a preview moves nothing"
    form["confirmed"] = "1"
    answer = as_(staff).post(address("extend", draft.pk), form)
    assert answer.url == draft.get_absolute_url()
    draft.refresh_from_db()
    until = datetime(day.year, day.month, day.day, 17, 30, tzinfo=ZoneInfo("America/Los_Angeles"))
    assert draft.extended_until == until
    event = draft.events.last()
    assert event.by == staff
    assert "5:30 PM P" in event.why
    assert "A flood at the plant." in event.why
    assert f'value="{day}T17:30"' in as_(staff).get(address("extend", draft.pk)).text
    assert as_(staff).post(address("extend", draft.pk), form).status_code == 422, "a second click"
    assert draft.events.count() == 2
    with time_machine.travel(until - timedelta(seconds=1), tick=False):
        assert draft.is_editable
    with time_machine.travel(until, tick=False), pytest.raises(DeadlinePassed):
        Application.objects.get(pk=draft.pk).submit(by=manager)


@pytest.mark.parametrize(
    ("days", "error"), [(-1, "This time has passed."), (3, "The cycle itself is open until"), (None, "required")]
)
def test_a_later_deadline_is_to_come_and_later(as_, draft, staff, days, error):
    until = "" if days is None else f"{timezone.localdate() + timedelta(days=days)}T12:00"
    answer = as_(staff).post(address("extend", draft.pk), {"until": until, "why": "A flood.", "confirmed": "1"})
    assert answer.status_code == 422
    assert error in answer.text
    assert "A flood.</textarea>" in answer.text
    draft.refresh_from_db()
    assert draft.extended_until is None


def test_a_time_that_the_clock_skips_is_said(as_, draft, staff):
    """The hour after two, in the night when summer time begins."""
    answer = as_(staff).post(address("extend", draft.pk), {"until": "2027-03-14T02:30", "why": "A flood."})
    assert answer.status_code == 422
    assert "be interpreted in time zone America/New_York" in answer.text


def test_a_later_deadline_is_granted_by_program_staff_to_drafts(as_, at, request, stranger):
    application = at(Status.DRAFT)
    form = {"until": f"{timezone.localdate() + timedelta(days=40)}T17:30", "why": "A flood.", "confirmed": "1"}
    for who, status in [("stranger", 404), ("compliance", 404), ("official", 404), ("manager", 403)]:
        assert as_(request.getfixturevalue(who)).post(address("extend", application.pk), form).status_code == status
    application.submit(by=request.getfixturevalue("manager"))
    answer = as_(request.getfixturevalue("staff")).post(address("extend", application.pk), form)
    assert "now at “submitted”" in said(answer)
    application.refresh_from_db()
    assert application.extended_until is None


def test_staff_do_not_read_the_draft_while_they_grant_it(as_, draft, staff):
    for name in ("extend", "application"):
        text = as_(staff).get(address(name, draft.pk)).text
        assert "product-quality" not in text
        assert "541 555 0100" not in text


# On paper.


@pytest.fixture
def quiet() -> Utility:
    """A utility without people."""
    return UtilityFactory(name="Quiet Creek Water", city="Quiet Creek")


def enter(browser, utility, cycle, name="scan.pdf", content=PDF):
    return browser.post(address("paper_enter", utility.pk), {"cycle": cycle.pk, "scan": upload(name, content)})


@pytest.fixture
def entered(as_, staff, quiet, cycle) -> Application:
    enter(as_(staff), quiet, cycle)
    return Application.objects.visible_to(staff).get()


@pytest.mark.parametrize("who", ["manager", "compliance", "official", "stranger"])
def test_for_others_there_is_no_such_page(as_, quiet, cycle, request, who):
    browser = as_(request.getfixturevalue(who))
    for name, args in [("paper", []), ("paper_utility", []), ("paper_enter", [quiet.pk])]:
        assert browser.get(address(name, *args)).status_code == 404
    assert enter(browser, quiet, cycle).status_code == 404
    assert browser.post(address("paper_utility"), {"name": "X"}).status_code == 404
    assert not Application.objects.exists()


def test_a_search_leads_to_the_utility_or_to_registering_it(as_, staff, quiet, cycle):
    browser = as_(staff)
    text = browser.get(address("paper"), {"q": "creek quiet"}).text
    assert f'href="{address("paper_enter", quiet.pk)}"' in text
    text = browser.get(address("paper"), {"q": "Nowhere & sons"}).text
    assert "No results for “Nowhere &amp; sons”" in text
    assert f"{address('paper_utility')}?name=Nowhere%20%26%20sons" in text


def test_registering_a_utility_makes_nobody_its_member(as_, staff, cycle):
    form = {"name": "Bend Water", "city": "Bend", "state": "OR", "systems": ["wastewater"], "npdes": "OR0020427"}
    browser = as_(staff)
    assert browser.post(address("paper_utility"), form | {"city": ""}).status_code == 422
    answer = browser.post(address("paper_utility"), form)
    made = Utility.objects.get(name="Bend Water")
    assert answer.url == address("paper_enter", made.pk)
    assert [number.value for number in made.identifiers.all()] == ["OR0020427"]
    assert not Membership.objects.filter(utility=made).exists()
    again = browser.post(address("paper_utility"), form)
    assert again.status_code == 422
    assert f'href="{address("paper_enter", made.pk)}"' in again.text, "it leads to the one that is there"


def test_the_scan_makes_a_draft_that_staff_fill_in_and_submit_with_gaps(as_, entered, staff, quiet, cycle):
    assert (entered.utility, entered.cycle, entered.on_paper, entered.created_by) == (quiet, cycle, True, staff)
    assert (entered.scan.name, entered.status) == ("scan.pdf", Status.DRAFT)
    assert entered.events.get().why == "Entered from paper"
    assert "eligibility" in entered.content()
    assert as_(staff).get(address("step", entered.pk, "facility")).status_code == 200
    fill(entered, staff, contact={"email": "board@example.org"})
    answer = as_(staff).post(address("submit", entered.pk))
    assert answer.url == entered.get_absolute_url()
    entered.refresh_from_db()
    assert entered.status == Status.SUBMITTED
    assert "contact-missing" in {each["code"] for each in entered.submission.deficiencies}
    [email] = Email.objects.all()
    assert email.to == ["board@example.org"], "who is named in it, as nobody has an account"


def test_a_second_click_makes_one(as_, entered, staff, quiet, cycle):
    answer = enter(as_(staff), quiet, cycle)
    assert answer.status_code == 422
    assert "already has an application in this cycle" in answer.text
    assert f'href="{entered.get_absolute_url()}"' in answer.text
    assert Application.objects.count() == StoredFile.objects.count() == 1


def test_a_refused_scan_makes_nothing(as_, staff, quiet, cycle):
    answer = enter(as_(staff), quiet, cycle, "scan.exe", b"MZ")
    assert answer.status_code == 422
    assert "is not an accepted file type" in answer.text
    assert not Application.objects.exists()
    with pytest.raises(RefusedFile):
        Application.enter_on_paper(utility=quiet, cycle=cycle, scan=upload("scan.pdf", b"MZ"), by=staff)


def test_it_is_entered_until_the_review_begins(as_, staff, quiet, cycle):
    day = timedelta(days=1)
    past = {"opens": timezone.now() - 9 * day, "closes": timezone.now() - day}
    Cycle.objects.filter(pk=cycle.pk).update(**past)
    assert enter(as_(staff), quiet, cycle).status_code == 302, "closed"
    application = Application.objects.get()
    assert application.is_editable
    application.discard(by=staff, why="Twice.")
    for fields in ({"status": "review"}, {"status": "planned", "opens": timezone.now() + day / 2}):
        Cycle.objects.filter(pk=cycle.pk).update(**past | {"closes": timezone.now() + day} | fields)
        assert enter(as_(staff), quiet, cycle).status_code == 422
        assert "No cycle is accepting paper applications" in as_(staff).get(address("paper_enter", quiet.pk)).text
        with pytest.raises(WrongState):
            Application.enter_on_paper(utility=quiet, cycle=cycle, scan=upload(), by=staff)
    assert not Application.objects.exists()


def test_staff_enter_nothing_for_a_utility_of_their_own(as_, staff, utility, cycle, manager):
    utility.memberships.create(user=staff, role="viewer")
    assert enter(as_(staff), utility, cycle).status_code == 404
    assert utility.name not in main_of(as_(staff).get(address("paper"), {"q": "Riverbend"}))
    with pytest.raises(WrongState):
        Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload(), by=staff)


def test_the_scan_is_for_who_may_read_all_of_it(as_, entered, staff, draft, request, panelists):
    def asked(person, application=entered) -> int:
        answer = as_(person).get(address("scan", application.pk))
        b"".join(answer)  # read to its end, the file is closed
        return answer.status_code

    assert asked(staff) == 200
    assert asked(request.getfixturevalue("stranger")) == 404
    assert asked(staff, draft) == 403, "not a draft of theirs"
    Application.objects.filter(pk=entered.pk).update(status="panel")
    assert asked(request.getfixturevalue("compliance")) == 403
    for member, status in zip(panelists, [200, 200, 403], strict=False):
        seat = entered.seats.create(member=member, due=timezone.localdate())
        assert asked(member) == 403, "before the declaration"
        entered.seats.filter(pk=seat.pk).update(declared_at=timezone.now())
        assert asked(member) == status, member
    own = request.getfixturevalue("manager")
    assert asked(own, draft) == 404, "there is none"
    assert as_(staff).post(address("scan", entered.pk)).status_code == 405
