"""The compliance review and the Region's word: two checks apart, kept as a history, and one outcome, once."""

import re
from datetime import date, timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from files.models import StoredFile
from recognition.models import Application, ComplianceCheck
from recognition.models.review import find_compliant
from tests.applications import fill, person_in, whole_content
from tests.uploads import upload

Status = Application.Status
Kind, Result = ComplianceCheck.Kind, ComplianceCheck.Result
pytestmark = pytest.mark.django_db


def address(name: str, application: Application, *more: int) -> str:
    return reverse(f"recognition:{name}", args=[application.pk, *more])


def said(answer) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def colleague(catalog):
    return person_in("Compliance staff", "compliance2@example.org", "Cy Lund")


@pytest.fixture
def checked(at):
    return at(Status.COMPLIANCE)


def sent(kind: str, **changes) -> dict:
    facts = {"source": "ECHO", "checked_on": "2026-03-02", "result": "clear", "note": ""} | changes
    return {"kind": kind} | {f"{kind}-{name}": value for name, value in facts.items()}


@pytest.fixture
def record(as_, compliance, checked):
    """``record(kind, …)`` as a compliance officer does; the answer."""
    return lambda kind, **changes: as_(compliance).post(address("compliance_record", checked), sent(kind, **changes))


# Who may.


@pytest.mark.parametrize("name", ["compliance_record", "compliant"])
def test_actions_are_for_compliance_staff_and_posted(as_, checked, name, request, stranger):
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("staff", 403)]:
        assert as_(request.getfixturevalue(who)).post(address(name, checked), sent("criminal")).status_code == status
    assert as_(request.getfixturevalue("compliance")).get(address(name, checked)).status_code == 405
    checked.refresh_from_db()
    assert checked.status == Status.COMPLIANCE
    assert not checked.compliance_checks.exists()


def test_the_letter_is_written_by_compliance_staff(as_, checked, request, stranger):
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("staff", 403)]:
        form = {"finding": "A finding.", "confirmed": "1"}
        assert as_(request.getfixturevalue(who)).post(address("not_eligible", checked), form).status_code == status


def test_the_page_is_read_by_program_staff_and_nobody_else_outside(as_, checked, request, stranger):
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("staff", 200), ("compliance", 200)]:
        answer = as_(request.getfixturevalue(who)).get(address("compliance", checked))
        assert answer.status_code == status, who
        assert ('<form class="form' in answer.text) == (who == "compliance")


def test_before_its_stage_it_does_not_exist_for_compliance_staff(as_, at, compliance):
    application = at(Status.COMPLETENESS)
    for name in ("application", "compliance"):
        assert as_(compliance).get(address(name, application)).status_code == 404


# What they see.


def test_compliance_staff_see_numbers_and_contact_and_nothing_else(as_, at, compliance, draft, manager):
    contact = whole_content()["contact"] | {"identifiers": ["or4100001", "OR0020427"]}
    fill(draft, manager, contact=contact, partners={"partners": "The county"})
    application = at(Status.COMPLIANCE)
    browser = as_(compliance)
    text = browser.get(address("compliance", application)).text
    for number in ("OR4100001", "OR0020427"):
        link = f'href="https://echo.epa.gov/detailed-facility-report?fid={number}" rel="noopener noreferrer"'
        assert link in text
    assert "541 555 0100" in text
    for shown in (text, browser.get(application.get_absolute_url()).text):
        for secret in ("product-quality", "climate0", "The county", "Product quality"):
            assert secret not in shown
    assert browser.get(address("checklist", application)).status_code == 403


def test_a_number_that_can_not_be_one_leads_nowhere(as_, staff, compliance, utility, cycle, own_folder):
    """A paper application may have it."""
    application = Application.enter_on_paper(utility=utility, cycle=cycle, scan=upload(), by=staff)
    fill(application, staff, contact={"identifiers": ["OR1&x=2"]})
    application.submit(by=staff)
    Application.objects.filter(pk=application.pk).update(status="compliance")
    text = as_(compliance).get(address("compliance", application)).text
    assert "OR1&amp;X=2" in text
    assert "echo.epa.gov" not in text


def test_compliance_staff_do_not_learn_what_the_panel_recommended(as_, at, compliance):
    application = at(Status.RECOMMENDED)
    browser = as_(compliance)
    assert "now at “awaiting decision”" in said(browser.post(address("compliant", application)))
    for name in ("application", "compliance"):
        assert "ecommended" not in browser.get(address(name, application)).text


# Recording.


def test_each_check_is_recorded_apart_and_every_record_is_kept(as_, record, checked, compliance, own_folder):
    answer = record("criminal", result="unknown", note="No answer yet.", attachment=upload("letter.pdf"))
    assert answer.url == address("compliance", checked)
    assert "Criminal check: Unknown" in said(answer)
    [found] = checked.compliance_checks.all()
    assert (found.kind, found.source, found.checked_on, found.result, found.note, found.recorded_by) == (
        Kind.CRIMINAL,
        "ECHO",
        date(2026, 3, 2),
        Result.UNKNOWN,
        "No answer yet.",
        compliance,
    )
    record("criminal", source="A written answer")
    text = as_(compliance).get(address("compliance", checked)).text
    assert "Earlier records (1)" in text
    assert "Not recorded yet" in text
    assert checked.compliance_checks.by_kind()[Kind.CRIMINAL].source == "A written answer"
    file = as_(compliance).get(address("compliance_file", checked, found.pk))
    assert b"".join(file.streaming_content).startswith(b"%PDF")
    assert file["Content-Disposition"] == 'attachment; filename="letter.pdf"'


def test_an_attachment_is_for_who_reads_the_record(as_, record, checked, manager, stranger, staff, own_folder):
    record("criminal", attachment=upload("letter.pdf"))
    record("administrative")
    with_file, without = checked.compliance_checks.all()
    for person, status in [(staff, 200), (manager, 403), (stranger, 404)]:
        answer = as_(person).get(address("compliance_file", checked, with_file.pk))
        assert answer.status_code == status
        b"".join(answer)  # read to its end, the file is closed
    assert as_(staff).get(address("compliance_file", checked, without.pk)).status_code == 404
    assert as_(staff).get(address("compliance_file", checked, 0)).status_code == 404


def test_a_refused_file_keeps_the_rest_of_the_form(record, checked, own_folder):
    answer = record("criminal", source="A letter of May", note="Read twice.", attachment=upload("x.exe", b"MZ"))
    assert answer.status_code == 422
    assert "is not an accepted file type" in answer.text
    assert 'value="A letter of May"' in answer.text
    assert "Read twice.</textarea>" in answer.text
    assert not checked.compliance_checks.exists()
    assert not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"source": ""}, "This field is required."),
        ({"result": "fine"}, "Select a valid choice."),
        ({"result": "violation", "note": "  "}, "Describe the finding."),
        ({"checked_on": f"{timezone.localdate() + timedelta(days=1)}"}, "The date is in the future."),
    ],
    ids=str,
)
def test_what_is_not_valid_is_said(record, checked, changes, error):
    answer = record("administrative", **changes)
    assert answer.status_code == 422
    assert error in answer.text
    assert not checked.compliance_checks.exists()


def test_today_has_come_where_the_reader_is(record, checked, as_, compliance, time_machine):
    time_machine.move_to("2026-11-02T04:59Z")
    browser = as_(compliance)
    for zone, status in [("America/New_York", 422), ("Pacific/Guam", 302)]:
        browser.cookies["zone"] = zone
        data = sent("administrative", checked_on="2026-11-02")
        assert browser.post(address("compliance_record", checked), data).status_code == status


def test_a_check_of_another_kind_does_not_exist(record):
    assert record("rumour").status_code == 404


def test_a_second_click_records_once(record, checked, as_, colleague):
    for _ in range(2):
        assert record("criminal", note="The same.").status_code == 302
    assert checked.compliance_checks.count() == 1
    as_(colleague).post(address("compliance_record", checked), sent("criminal", note="The same."))
    assert checked.compliance_checks.count() == 2, "a colleague's look is another one"


# Passing on.


@pytest.mark.parametrize(("asks", "stage"), [(False, Status.PANEL), (True, Status.REGION)])
def test_without_a_violation_it_goes_on_once(as_, record, checked, compliance, colleague, asks, stage):
    type(checked.cycle).objects.update(asks_region=asks)
    record("criminal")
    record("administrative")
    answer = as_(compliance).post(address("compliant", checked))
    assert answer.url == reverse("recognition:queue", args=["compliance"])
    again = as_(colleague).post(address("compliant", checked))
    assert again.url == checked.get_absolute_url()
    assert "Nothing was changed" in said(again)
    checked.refresh_from_db()
    assert checked.status == stage
    [event] = checked.events.filter(from_status="compliance")
    assert (event.by, event.to_status) == (compliance, stage)
    late = record("criminal", result="violation", note="After all.")
    assert late.url == address("compliance", checked), "a violation that surfaces later is recorded too"
    assert checked.compliance_checks.count() == 3
    checked.refresh_from_db()
    assert checked.status == stage


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([], "criminal check is not recorded yet"),
        ([("criminal", "clear")], "administrative check is not recorded yet"),
        ([("criminal", "clear"), ("administrative", "unknown")], "“Unknown”, so the application can't pass"),
        ([("criminal", "clear"), ("administrative", "clear"), ("criminal", "violation")], "can't pass"),
    ],
    ids=str,
)
def test_what_is_not_known_to_be_clear_does_not_pass(as_, record, checked, compliance, records, why):
    for kind, result in records:
        record(kind, result=result, note="Seen.")
    assert "Continue: no violation found" not in as_(compliance).get(address("compliance", checked)).text
    answer = as_(compliance).post(address("compliant", checked))
    assert answer.url == address("compliance", checked)
    assert why in said(answer)
    checked.refresh_from_db()
    assert checked.status == Status.COMPLIANCE


NOTE, FINDING = "Counsel says: an informant told us of it.", "A consent order of May 2026 is not met yet."


def test_both_checks_stand_before_an_outcome(as_, record, checked, compliance):
    """The ICR has two, the criminal and the administrative: neither outcome without both, each with its result."""
    browser = as_(compliance)

    def why_not(name: str) -> str:
        return said(browser.post(address(name, checked), {"finding": FINDING, "confirmed": "1"}))

    record("administrative", result="violation", note=NOTE)
    assert "The criminal check is not recorded yet." in why_not("not_eligible")
    assert address("not_eligible", checked) not in browser.get(address("compliance", checked)).text
    record("criminal")
    record("administrative")
    assert "Record the violation" in why_not("not_eligible")
    record("criminal", result="violation", note=NOTE)
    assert "can't pass" in why_not("compliant")
    assert address("not_eligible", checked) in browser.get(address("compliance", checked)).text
    checked.refresh_from_db()
    assert checked.status == Status.COMPLIANCE
    assert not Email.objects.filter(subject__startswith="Application not eligible").exists()


def test_an_internal_note_is_never_proposed_as_the_letter(as_, record, checked, compliance):
    record("criminal", result="violation", note=NOTE)
    record("administrative")
    form = as_(compliance).get(address("not_eligible", checked)).text
    assert re.search(r'<textarea name="finding"[^>]*>\s*</textarea>', form)
    empty = as_(compliance).post(address("not_eligible", checked), {"finding": " ", "confirmed": "1"})
    assert empty.status_code == 422


def test_not_eligible_is_previewed_confirmed_and_sent_once(as_, record, checked, compliance, colleague, manager):
    record("criminal", result="violation", note=NOTE)
    record("administrative")
    browser = as_(compliance)
    shown = browser.post(address("not_eligible", checked), {"finding": FINDING})
    assert FINDING in shown.context["letter"].body
    assert shown.context["letter"].addresses == [manager.email]
    assert NOTE not in shown.text, "the page of the letter shows the letter alone"
    back = browser.post(address("not_eligible", checked), {"finding": FINDING, "change": "1"})
    assert f"{FINDING}</textarea>" in back.text
    checked.refresh_from_db()
    assert checked.status == Status.COMPLIANCE, "a preview sends nothing"
    for person in (compliance, colleague):
        answer = as_(person).post(address("not_eligible", checked), {"finding": FINDING, "confirmed": "1"})
    assert "now at “not eligible”" in said(answer)
    checked.refresh_from_db()
    assert checked.status == Status.NOT_ELIGIBLE
    [event] = checked.events.filter(to_status="not_eligible")
    assert (event.by, event.why) == (compliance, FINDING)
    [email] = Email.objects.filter(subject__startswith="Application not eligible")
    assert (email.to, email.message) == ([manager.email], shown.context["letter"].body)
    own = as_(manager).get(checked.get_absolute_url()).text
    assert FINDING in own
    for secret in (NOTE, "informant", "Cora Lyle", "ECHO"):
        assert secret not in own + email.message


def test_the_page_asks_the_database_as_much_for_many_records_as_for_few(as_, checked, compliance):
    browser = as_(compliance)

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(address("compliance", checked))
        return len(captured)

    def look(n: int) -> None:
        ComplianceCheck.record(
            checked, by=compliance, kind="criminal", source=f"{n}", checked_on=date(2026, 3, 2), result="clear", note=""
        )

    look(0)
    one = count()
    look(1)
    look(2)
    assert count() == one


# The Region.


@pytest.fixture
def asked(checked, compliance, cycle):
    type(cycle).objects.update(asks_region=True)
    checked.cycle.refresh_from_db()
    for kind in Kind:
        ComplianceCheck.record(
            checked, by=compliance, kind=kind, source="ECHO", checked_on=date(2026, 3, 2), result="clear", note=""
        )
    find_compliant(checked, by=compliance)
    return checked


def test_the_region_s_word_takes_it_to_the_panel_once(as_, asked, staff):
    browser = as_(staff)
    assert "Recommendation of EPA Region 10" in browser.get(address("region", asked)).text
    form = {"recommends": "no", "words": "Two spills this year."}
    assert browser.post(address("region", asked), {"recommends": "no", "words": ""}).status_code == 422
    assert browser.post(address("region", asked), {"words": "Hm."}).status_code == 422
    assert browser.post(address("region", asked), form).url == reverse("recognition:queue", args=["region"])
    again = browser.post(address("region", asked), form)
    assert "now at “panel review”" in said(again)
    asked.refresh_from_db()
    assert asked.status == Status.PANEL
    [event] = asked.events.filter(from_status="region")
    assert (event.by, event.why) == (staff, "The Region does not recommend recognition. Two spills this year.")


def test_the_region_s_word_is_recorded_by_program_staff(as_, asked, request, stranger):
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("compliance", 403)]:
        answer = as_(request.getfixturevalue(who)).post(address("region", asked), {"recommends": "yes"})
        assert answer.status_code == status
    asked.refresh_from_db()
    assert asked.status == Status.REGION
