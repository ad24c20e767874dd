"""The compliance checks in Excel: out with the numbers of the applicants, back with a preview, all or nothing."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from recognition.models import Application, ComplianceCheck
from recognition.models.review import begin_completeness
from recognition.reviewing.compliance_exchange import KEY
from tests.applications import fill, pass_completeness, whole_content
from tests.factories import MembershipFactory, UtilityFactory
from tests.workbooks import cells, edited, sent

pytestmark = pytest.mark.django_db
Status = Application.Status


def url(name: str) -> str:
    return reverse(f"recognition:{name}")


@pytest.fixture
def two(at, cycle, staff) -> list[Application]:
    """Two in compliance review: Riverbend's, and Alder's with two numbers."""
    first = at(Status.COMPLIANCE)
    utility = UtilityFactory(name="Alder Water", city="Alder")
    manager = MembershipFactory(utility=utility, user__email="alder@example.org").user
    Application.start(utility=utility, cycle=cycle, by=manager)
    second = Application.objects.visible_to(manager).get(utility=utility)
    numbers = {"identifiers": ["OR0020427", "OR4100002"]}
    fill(second, manager, contact=whole_content()["contact"] | numbers)
    second.submit(by=manager)
    begin_completeness(second, by=staff)
    pass_completeness(second, staff)
    return [first, second]


def code(application: Application) -> str:
    return f"A-{application.pk}"


def checks(result: str, kind: str, note: str = "") -> dict[str, str]:
    head = {"criminal": "Criminal check", "administrative": "Administrative check"}[kind]
    found = {"result": result, "source": "OECA", "date": "2026-11-03", "internal note": note}
    return {f"{head}: {name}": value for name, value in found.items() if value}


def answered(application: Application, result: str = "No violation", note: str = "") -> dict[tuple[str, str], str]:
    both = checks("No violation", "criminal") | checks(result, "administrative", note)
    return {(code(application), heading): value for heading, value in both.items()}


def test_it_goes_out_with_numbers_and_comes_back(two, compliance, as_):
    browser, (first, second) = as_(compliance), two
    assert f'href="{url("compliance_excel")}' in browser.get(reverse("recognition:queue", args=["compliance"])).text
    content = browser.get(url("compliance_excel")).content
    rows = cells(content)
    assert rows[code(second)]["Permits and systems"] == "OR0020427\nOR4100002"
    assert rows[code(first)]["Utility"] == "Riverbend Water and Sewer"
    assert KEY in rows[code(first)]
    back = edited(content, answered(first) | answered(second, "Violation or unsatisfactory record", "A spill in May."))
    page = browser.post(url("compliance_import"), sent(back))
    assert "Alder Water" in page.text
    assert "A spill in May." in page.text
    assert not ComplianceCheck.objects.exists(), "a preview records nothing"
    browser.post(url("compliance_confirm"), {"token": page.context["plan"].token})
    found = {(check.application_id, check.kind): check for check in ComplianceCheck.objects.all()}
    assert len(found) == 4
    spill = found[second.pk, "administrative"]
    assert (spill.result, spill.note, spill.source) == ("violation", "A spill in May.", "OECA")
    assert (spill.checked_on, spill.recorded_by) == (date(2026, 11, 3), compliance)
    again = browser.post(url("compliance_import"), sent(back))
    assert not again.context["plan"].changes, "the same file changes nothing more"


def test_it_is_all_or_nothing(two, compliance, as_):
    browser, (first, second) = as_(compliance), two
    content = browser.get(url("compliance_excel")).content
    bad = {
        (code(second), "Criminal check: result"): "No violation",
        (code(second), "Criminal check: date"): "2999-01-01",
    }
    page = browser.post(url("compliance_import"), sent(edited(content, answered(first) | bad)))
    assert page.status_code == 422
    words = " ".join(str(fault) for fault in page.context["plan"].faults)
    assert "The date is in the future." in words
    assert "Criminal check: source" in words
    unsaid = answered(second, "Violation or unsatisfactory record")
    page = browser.post(url("compliance_import"), sent(edited(content, unsaid)))
    assert "Describe the finding." in page.text
    assert not ComplianceCheck.objects.exists()


def test_what_a_colleague_recorded_since_is_a_conflict(two, compliance, as_):
    browser, first = as_(compliance), two[0]
    content = browser.get(url("compliance_excel")).content
    back = edited(content, answered(first))
    facts = {"source": "ECHO", "checked_on": date(2026, 11, 1), "result": "unknown", "note": ""}
    ComplianceCheck.record(first, by=compliance, kind="criminal", **facts)
    page = browser.post(url("compliance_import"), sent(back))
    assert [change.name for change in page.context["plan"].conflicts] == ["Riverbend Water and Sewer"]
    browser.post(url("compliance_confirm"), {"token": page.context["plan"].token})
    assert ComplianceCheck.objects.count() == 1, "it stays unless it is checked"
    page = browser.post(url("compliance_import"), sent(back))
    browser.post(url("compliance_confirm"), {"token": page.context["plan"].token, "over": [code(first)]})
    assert first.compliance_checks.by_kind()["criminal"].result == "clear"


def test_a_recorded_check_is_not_emptied(two, compliance, as_):
    browser, first = as_(compliance), two[0]
    facts = {"source": "ECHO", "checked_on": date(2026, 11, 1), "result": "clear", "note": ""}
    ComplianceCheck.record(first, by=compliance, kind="criminal", **facts)
    content = browser.get(url("compliance_excel")).content
    empty = {(code(first), f"Criminal check: {name}"): None for name in ("result", "source", "date")}
    page = browser.post(url("compliance_import"), sent(edited(content, empty)))
    assert "A recorded check can’t be removed." in page.text


def test_all_that_are_clear_move_on_together(two, compliance, as_):
    browser, (first, second) = as_(compliance), two
    content = browser.get(url("compliance_excel")).content
    back = edited(content, answered(first) | answered(second, "Violation or unsatisfactory record", "A spill."))
    page = browser.post(url("compliance_import"), sent(back))
    browser.post(url("compliance_confirm"), {"token": page.context["plan"].token})
    assert "Continue with 1 that is clear" in browser.get(reverse("recognition:queue", args=["compliance"])).text
    browser.post(url("pass_clear"))
    assert Application.objects.get(pk=first.pk).status == "panel"
    assert Application.objects.get(pk=second.pk).status == "compliance"


def test_only_compliance_staff_and_never_of_their_own_utility(two, compliance, staff, official, manager, stranger, as_):
    for person in (staff, official, manager, stranger):
        browser = as_(person)
        assert browser.get(url("compliance_excel")).status_code == 404
        assert browser.get(url("compliance_import")).status_code == 404
        for name in ("compliance_confirm", "pass_clear"):
            assert browser.post(url(name)).status_code == 404
    MembershipFactory(utility=two[1].utility, user=compliance, role="viewer")
    assert list(cells(as_(compliance).get(url("compliance_excel")).content)) == [code(two[0])]


def test_odd_files_are_refused(two, compliance, as_):
    browser = as_(compliance)
    assert browser.post(url("compliance_import"), sent(b"PK nothing")).status_code == 422
    assert browser.post(url("compliance_confirm"), {"token": "x"}).status_code == 422


def test_the_file_asks_as_much_for_many(two, compliance, as_):
    browser = as_(compliance)

    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url("compliance_excel")).status_code == 200
        return len(asked)

    cost()
    both = cost()
    Application.objects.filter(pk=two[1].pk).update(status="withdrawn")
    assert cost() == both
    assert both <= 15
