"""The checklist of a cycle: who is told of its recognitions, what is ready, what was sent when."""

from datetime import date, timedelta
from functools import partial
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Membership, Role
from recognition.models import Addressee, Application, Cycle, Notice, Recognition
from recognition.notices import content as notices
from recognition.notices.forms import AddresseeAddForm
from tests.conftest import main_of
from tests.notified import decided, name_all, revoke, today
from tests.notified import signed as sign

pytestmark = pytest.mark.django_db
Status, Office, Kind = Application.Status, Addressee.Office, Notice.Kind
GAP = "Missing in this cycle"


def url(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def signed(cycle) -> Cycle:
    return sign(cycle)


@pytest.fixture
def decide(signed):
    return partial(decided, signed)


def listed(cycle: Cycle) -> list[str]:
    return [line.whom for line in notices.lines(cycle)][:-1]


# Who is told.


def test_the_list_is_what_the_law_asks_for(decide, signed, staff, as_):
    decide(state="WA"), decide(state="OR"), decide(state="OR"), decide(state="DC"), decide(state="GU")
    decide(state="ID", recognized=False), revoke(decide(state="TX"))
    tribal = decide("Nation Water", state="AZ", number="090400001").utility
    browser = as_(staff)
    assert "8 offices to be told are not on it yet" not in browser.get(url("notices", signed.pk)).text
    assert "9 required offices are not on the list yet" in browser.get(url("notices", signed.pk)).text
    answer = browser.post(url("notices_draw_up", signed.pk), follow=True)
    assert "9 addressees are added." in answer.text
    assert "Create the list</button>" not in answer.text
    assert listed(signed) == [
        "President of the United States",
        "Speaker of the House of Representatives",
        "President pro tempore of the Senate",
        "Governor of Arizona",
        "Mayor of the District of Columbia",
        "Governor of Guam",
        "Governor of Oregon",
        "Governor of Washington",
        "Tribal leader",
    ]
    assert signed.addressees.get(office=Office.TRIBAL_LEADER).utility == tribal
    assert "All offices named by law" in browser.post(url("notices_draw_up", signed.pk), follow=True).text
    assert signed.addressees.count() == 9
    decide(state="NV")
    browser.post(url("notices_draw_up", signed.pk))
    assert signed.addressees.count() == 10, "only what was missing"


def test_without_recognitions_the_nation_is_listed_and_there_is_nobody_to_name(signed):
    assert notices.draw_up(signed) == 3
    assert all("recognized organizations" in line.missing for line in notices.lines(signed))


def test_names_are_carried_over_from_the_latest_earlier_cycle(decide, signed, staff, as_):
    decide(state="OR")
    for years, name in ((6, "The Honorable Old"), (3, "The Honorable Recent"), (-3, "The Honorable Later")):
        opens = signed.opens - timedelta(days=365 * years)
        other = Cycle.objects.create(
            title=name, edition=signed.edition, opens=opens, closes=opens + timedelta(days=30), status="archived"
        )
        Addressee.objects.create(cycle=other, office=Office.SPEAKER, name=name, address="The Capitol", title="Speaker")
    Addressee.objects.create(cycle=Cycle.objects.get(title="The Honorable Recent"), office=Office.PRESIDENT)
    notices.draw_up(signed)
    speaker = signed.addressees.get(office=Office.SPEAKER)
    assert (speaker.name, speaker.address, speaker.title) == ("The Honorable Recent", "The Capitol", "Speaker")
    assert signed.addressees.get(office=Office.PRESIDENT).name == "", "an empty one is not carried over"
    browser = as_(staff)
    said = "Copied from The Honorable Recent"
    assert browser.get(url("notices", signed.pk)).text.count(said) == 1
    assert said in browser.get(url("addressee", speaker.pk)).text
    browser.post(url("addressee", speaker.pk), {"name": "The Honorable New", "address": "The Capitol"})
    assert said not in browser.get(url("notices", signed.pk)).text
    assert said not in browser.get(url("addressee", speaker.pk)).text


def test_an_addressee_is_edited_and_flagged_until_it_has_name_and_address(decide, signed, staff, as_):
    decide(state="OR")
    notices.draw_up(signed)
    governor = signed.addressees.get(office=Office.GOVERNOR)
    browser = as_(staff)
    page = browser.get(url("notices", signed.pk)).text
    assert page.count("Missing: name, address") == 4
    assert reverse("reports:request", args=["notice-letter", governor.pk]) not in page
    sent = {"name": "The Honorable Tina Holt", "title": "", "salutation": "Governor Holt", "address": "900 Court St"}
    answer = browser.post(url("addressee", governor.pk), sent)
    assert answer["Location"] == url("notices", signed.pk)
    governor.refresh_from_db()
    assert (governor.name, governor.salutation, governor.office) == (sent["name"], "Governor Holt", Office.GOVERNOR)
    page = browser.get(url("notices", signed.pk)).text
    assert page.count("Missing: name, address") == 3
    assert reverse("reports:request", args=["notice-letter", governor.pk]) in page
    long = browser.post(url("addressee", governor.pk), sent | {"name": "x" * 121})
    assert long.status_code == 422
    assert "<h1>Governor of Oregon</h1>" in long.text


def test_one_is_added_by_hand(decide, signed, staff, as_, monkeypatch):
    utility = decide("Nation Water", state="AZ").utility
    not_recognized = decide("Else Water", recognized=False).utility
    browser = as_(staff)
    add = url("addressee_add", signed.pk)
    page = browser.get(add).text
    assert "Nation Water" in page
    assert "Else Water" not in page
    leader = {"office": "tribal_leader", "state": "", "utility": utility.pk, "name": "Chair Vale", "address": "1 Road"}
    for wrong, said in [
        ({"state": "AZ"}, "A Governor needs a state. No other office has one."),
        ({"utility": ""}, "A Tribal leader needs a utility. No other office has one."),
        ({"utility": not_recognized.pk}, "valid choice"),
        ({"office": "president"}, "valid choice"),
        ({"office": "governor", "utility": ""}, "A Governor needs a state. No other office has one."),
        ({"office": "governor", "state": "AZ"}, "A Tribal leader needs a utility. No other office has one."),
    ]:
        answer = browser.post(add, leader | wrong)
        assert (answer.status_code, said in answer.text) == (422, True), wrong
    assert not signed.addressees.exists()
    assert browser.post(add, leader)["Location"] == url("notices", signed.pk)
    assert signed.addressees.get().name == "Chair Vale"
    again = browser.post(add, leader)
    assert again.status_code == 422
    assert "This addressee is already on the list." in again.text
    # A colleague adds the same at this moment: the form finds nothing wrong, the database does.
    monkeypatch.setattr(AddresseeAddForm, "clean", lambda form: form.cleaned_data)
    assert "This addressee is already on the list." in browser.post(add, leader, follow=True).text
    assert signed.addressees.count() == 1


def test_removing_asks_once_and_keeps_one_that_was_written_to(decide, signed, staff, as_):
    decide(state="OR")
    notices.draw_up(signed)
    speaker = signed.addressees.get(office=Office.SPEAKER)
    browser = as_(staff)
    assert "Remove this addressee?" in browser.get(url("addressee_remove", speaker.pk)).text
    assert Addressee.objects.filter(pk=speaker.pk).exists()
    Notice.record(signed, Kind.OFFICE, by=staff, sent_on=date(2026, 11, 1), addressee=speaker)
    assert "can’t be removed" in browser.get(url("addressee_remove", speaker.pk)).text
    assert "Not removed" in browser.post(url("addressee_remove", speaker.pk), follow=True).text
    assert Notice.objects.exists()
    Notice.objects.all().delete()
    browser.post(url("addressee_remove", speaker.pk))
    assert not Addressee.objects.filter(pk=speaker.pk).exists()


# What is ready, and what was sent.


def test_nothing_is_ready_before_the_release_nor_without_a_signatory(cycle, staff, as_):
    Cycle.objects.update(signatory_name="", signatory_title="")
    cycle.refresh_from_db()
    notices.draw_up(cycle)
    browser = as_(staff)
    page = browser.get(url("notices", cycle.pk)).text
    assert "No decisions have been released in this cycle yet" in page
    assert f"{GAP}: signer, signer’s title, sender" in page
    assert 'name="lines"' not in page
    answer = browser.post(url("notices_record", cycle.pk), {"lines": ["federal_register"], "sent_on": "2026-11-01"})
    assert answer.status_code == 422
    assert not Notice.objects.exists()


def test_a_governor_of_whom_nobody_is_left_is_not_ready(decide, signed):
    decide(state="WA")
    gone = decide(state="OR")
    notices.draw_up(signed)
    name_all(signed)
    assert {line.status for line in notices.lines(signed)} == {"Ready"}
    revoke(gone)
    [left] = [line for line in notices.lines(signed) if not line.is_ready]
    assert (left.whom, left.missing) == ("Governor of Oregon", ["recognized organizations"])


@pytest.fixture
def ready(decide, signed):
    """One recognized today, one eight days ago; every office with a name and an address."""
    decide("Alder", state="OR", days_ago=8), decide("Birch", state="WA"), decide("Cedar", recognized=False)
    notices.draw_up(signed)
    name_all(signed)
    return signed


def test_several_lines_are_recorded_at_once_and_undone_one_by_one(ready, staff, as_):
    browser = as_(staff)
    keys = [line.key for line in notices.lines(ready)]
    page = browser.get(url("notices", ready.pk)).text
    assert page.count('name="lines"') == len(keys) == 6
    day = today() - timedelta(days=3)
    sent = {"lines": [keys[0], keys[-1]], "sent_on": day, "how": "Courier 42"}
    assert "2 lines are recorded as sent." in browser.post(url("notices_record", ready.pk), sent, follow=True).text
    assert list(Notice.objects.values_list("kind", "sent_on", "how", "by")) == [
        ("office", day, "Courier 42", staff.pk),
        ("federal_register", day, "Courier 42", staff.pk),
    ]
    page = browser.get(url("notices", ready.pk)).text
    assert page.count("Courier 42") == 2
    assert page.count("Recorded by Sam Prather") == 2
    browser.post(url("notices_record", ready.pk), sent | {"lines": [keys[0]], "sent_on": today()})
    assert Notice.objects.count() == 2, "sent again: the same line with the later day"
    notice = Notice.objects.get(kind=Kind.OFFICE)
    assert notice.sent_on == today()
    undo = url("notice_undo", notice.pk)
    assert "Undo this record?" in browser.get(undo).text
    assert Notice.objects.count() == 2
    assert browser.post(undo)["Location"] == url("notices", ready.pk)
    assert list(Notice.objects.values_list("kind", flat=True)) == [Kind.REGISTER]
    assert browser.post(undo).status_code == 404


def test_a_day_to_come_or_before_the_release_is_refused(ready, staff, as_):
    browser, now = as_(staff), today()
    line = {"lines": ["federal_register"], "how": "By mail"}
    for day, said in [
        (now + timedelta(days=2), "in the future"),
        (now - timedelta(days=10), "The first release was on"),
        ("", "required"),
        ("soon", "valid date"),
    ]:
        answer = browser.post(url("notices_record", ready.pk), line | {"sent_on": day})
        assert (answer.status_code, said in answer.text) == (422, True), day
        assert "By mail" in answer.text
        assert 'value="federal_register" id="tick-federal_register" form="record" checked' in answer.text
    for lines, said in [([], "Select at least one line."), (["office-999999"], "no longer on the list")]:
        answer = browser.post(url("notices_record", ready.pk), {"lines": lines, "sent_on": now})
        assert (answer.status_code, said in answer.text) == (422, True)
    assert not Notice.objects.exists()


def test_a_line_that_is_not_ready_is_not_recorded(ready, staff, as_):
    speaker = ready.addressees.get(office=Office.SPEAKER)
    Addressee.objects.filter(pk=speaker.pk).update(address="")
    sent = {"lines": [f"office-{speaker.pk}", "federal_register"], "sent_on": today()}
    answer = as_(staff).post(url("notices_record", ready.pk), sent)
    assert answer.status_code == 422
    assert "One of the lines is not ready" in answer.text
    assert not Notice.objects.exists(), "all or none"


# To applicants.


def test_letters_to_applicants_are_ticked_or_all_at_once(ready, staff, as_):
    browser = as_(staff)
    page = browser.get(url("notices", ready.pk)).text
    for said in ("0 of 3 sent", "0 of 2 sent"):
        assert said in page
    letters = url("notice_group", ready.pk, "letter")
    keys = dict(Application.objects.values_list("utility__name", "pk"))
    page = browser.get(letters).text
    assert page.count('name="applications"') == 3
    now = today()
    early = {"applications": [keys["Alder"], keys["Birch"]], "sent_on": now - timedelta(days=5)}
    answer = browser.post(letters, early)
    assert answer.status_code == 422
    assert f"was released on {now:%B %-d, %Y}, after that date" in answer.text
    assert not Notice.objects.exists()
    alder = early | {"applications": [keys["Alder"]], "how": "Mail"}
    assert "1 line is recorded" in browser.post(letters, alder, follow=True).text
    assert browser.post(letters, {"everything": "on", "sent_on": now}).status_code == 302
    found = Notice.objects.values_list("application__utility__name", "sent_on", "how")
    rows = {name: (day, how) for name, day, how in found}
    assert rows == {
        "Alder": (now - timedelta(days=5), "Mail"), "Birch": (now, ""), "Cedar": (now, "")
    }  # fmt: skip
    assert "3 of 3 sent" in browser.get(url("notices", ready.pk)).text
    none = browser.post(letters, {"everything": "on", "sent_on": now})
    assert none.status_code == 422
    assert "Select at least one" in none.text
    browser.post(letters, alder | {"sent_on": now, "how": "Again"})
    assert Notice.objects.count() == 3
    again = Notice.objects.get(application=keys["Alder"])
    assert (again.how, again.sent_on, again.by) == ("Again", now, staff)
    assert browser.post(url("notice_undo", again.pk))["Location"] == letters
    shown = browser.get(letters, {"sent": "no"}).text.split("<tbody")[1]
    assert "Alder" in shown
    assert "Birch" not in shown


def test_certificates_and_press_texts_are_of_the_recognized(ready, staff, as_):
    browser, birch = as_(staff), Application.objects.get(utility__name="Birch")
    for kind in ("certificate", "press"):
        page = browser.get(url("notice_group", ready.pk, kind)).text
        assert ("Alder" in page, "Birch" in page, "Cedar" in page) == (True, True, False)
        Notice.record(ready, kind, by=staff, sent_on=today(), application=birch)
    Recognition.objects.all().update(revoked_at=timezone.now(), revoked_why="A crime.")
    for kind in ("certificate", "press"):
        page = browser.get(url("notice_group", ready.pk, kind)).text
        assert ("Alder" in page, "Birch" in page) == (False, True), "what was sent stays on the list"


def test_without_a_signatory_no_letter_to_an_applicant_is_recorded(ready, staff, as_):
    Cycle.objects.update(signatory_name="")
    for kind, status in (("letter", 422), ("certificate", 422), ("press", 302)):
        page = as_(staff).get(url("notice_group", ready.pk, kind)).text
        assert (GAP in page, 'name="applications"' in page) == (kind != "press", kind == "press")
        sent = {"everything": "on", "sent_on": today()}
        assert as_(staff).post(url("notice_group", ready.pk, kind), sent).status_code == status


def test_the_pages_ask_no_more_for_more_lines(decide, ready, staff, as_):
    browser = as_(staff)
    pages = [url("notices", ready.pk), url("notice_group", ready.pk, "letter"), url("notice_group", ready.pk, "press")]
    pages.append(url("notices", ready.pk) + "?export=csv")

    def queries(page: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(page).status_code == 200
        return len(asked)

    def send() -> None:
        for kind in ("letter", "press"):
            applications = Application.objects.filter(status=Status.RECOGNIZED)
            notices.record(ready, kind, applications[1:], by=staff, sent_on=today(), how="")
        for addressee in ready.addressees.all():
            Notice.record(ready, Kind.OFFICE, by=staff, sent_on=today(), addressee=addressee)

    send()
    few = [queries(page) for page in pages]
    for state in ("TX", "NV", "ID", "UT", "CA", "NM"):
        decide(state=state)
    notices.draw_up(ready)
    name_all(ready)
    send()
    assert [queries(page) for page in pages] == few


def test_the_checklist_as_a_file(ready, staff, as_):
    browser = as_(staff)
    Notice.record(ready, Kind.REGISTER, by=staff, sent_on=date(2026, 11, 20), how="EPA-2026-1")
    alder = Application.objects.filter(utility__name="Alder")
    notices.record(ready, "letter", alder, by=staff, sent_on=date(2026, 11, 21), how="=")
    page = url("notices", ready.pk)
    answer = browser.get(page, {"export": "csv"})
    rows = answer.content.decode("utf-8-sig").splitlines()
    assert rows[0] == "Notice,To,State,Status,Sent on,How,Recorded by"
    assert "Federal Register notice,Office of the Federal Register,,Sent,2026-11-20,EPA-2026-1,Sam Prather" in rows
    assert "Letter to the applicant,Alder,OR,Sent,2026-11-21,'=,Sam Prather" in rows
    assert "Certificate,Birch,WA,Ready,,," in rows
    assert len(rows) == 1 + 6 + 3 + 2 + 2
    book = load_workbook(BytesIO(browser.get(page, {"export": "xlsx"}).content))
    assert len(list(book.active.rows)) == len(rows)
    assert "notices-recognition-2027" in answer["Content-Disposition"]
    group = browser.get(url("notice_group", ready.pk, "letter"), {"export": "csv"}).content.decode("utf-8-sig")
    assert "Alder,Riverbend,OR,Recognized,2026-11-21,'=,Sam Prather" in group


# Who may.


def test_the_pages_are_for_program_staff(ready, request, as_, staff):
    addressee = ready.addressees.first()
    notice = Notice.record(ready, Kind.OFFICE, by=staff, sent_on=today(), addressee=addressee)
    read = [
        url("notices", ready.pk),
        url("notice_group", ready.pk, "letter"),
        url("federal_register", ready.pk),
        url("addressee_add", ready.pk),
        url("addressee", addressee.pk),
        url("addressee_remove", addressee.pk),
        url("notice_undo", notice.pk),
    ]
    done = [url("notices_draw_up", ready.pk), url("notices_record", ready.pk)]
    for who in ("manager", "stranger", "compliance", "official"):
        browser = as_(request.getfixturevalue(who))
        for page in read:
            assert browser.get(page).status_code == browser.get(page, {"export": "csv"}).status_code == 404, (who, page)
        for page in [*done, *read[3:]]:
            assert browser.post(page).status_code == 404, (who, page)
    browser = as_(staff)
    assert [browser.get(page).status_code for page in read] == [200] * len(read)
    assert [browser.get(page).status_code for page in done] == [405] * len(done)
    assert browser.post(read[0]).status_code == browser.post(read[2]).status_code == 405
    assert browser.get(url("notice_group", ready.pk, "office")).status_code == 404
    assert (ready.addressees.count(), Notice.objects.count()) == (5, 1)


def test_staff_leave_the_notices_to_an_own_utility_to_others(ready, staff, as_):
    alder = Application.objects.get(utility__name="Alder")
    sent = Notice.record(ready, Kind.LETTER, by=None, sent_on=today(), application=alder)
    Membership.objects.create(utility=alder.utility, user=staff, role=Role.MANAGER)
    browser = as_(staff)
    assert "Alder" not in main_of(browser.get(url("notice_group", ready.pk, "letter")))
    assert browser.post(url("notice_undo", sent.pk)).status_code == 404
    to = {"applications": [alder.pk], "sent_on": today()}
    assert browser.post(url("notice_group", ready.pk, "certificate"), to).status_code == 422
    assert Notice.objects.count() == 1
