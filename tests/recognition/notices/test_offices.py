"""The 59 offices in Excel: all of them out, names and addresses back with a preview, all or nothing, nothing lost."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.regions import REGION_OF_STATE
from recognition.models import Addressee, Cycle
from tests.workbooks import cells, edited, sent

pytestmark = pytest.mark.django_db
WHITE_HOUSE = "The White House\n1600 Pennsylvania Avenue NW\nWashington, DC 20500"


def url(name: str, cycle: Cycle) -> str:
    return reverse(f"recognition:{name}", args=[cycle.pk])


@pytest.fixture
def browser(staff, as_):
    return as_(staff)


def bring(browser, cycle, content: bytes):
    page = browser.post(url("offices_import", cycle), sent(content))
    return page, browser.post(url("offices_confirm", cycle), {"token": page.context["plan"].token}, follow=True)


def test_all_59_go_out_and_come_back(cycle, browser):
    Addressee.objects.create(cycle=cycle, office="speaker", name="The Honorable A. Bell", address="The Capitol")
    content = browser.get(url("offices_excel", cycle)).content
    rows = cells(content)
    assert len(rows) == 59
    assert {code[9:] for code in rows if code.startswith("governor-")} == set(REGION_OF_STATE)
    assert rows["speaker"]["Name"] == "The Honorable A. Bell"
    assert rows["governor-OR"]["Office"] == "Governor of Oregon"
    changes = {
        ("president", "Name"): "The Honorable P. Ford",
        ("president", "Address"): WHITE_HOUSE,
        ("governor-OR", "Name"): "The Honorable T. Cole",
        ("speaker", "Name"): "The Honorable B. Ames",
    }
    page, answer = bring(browser, cycle, edited(content, changes))
    assert "The Honorable T. Cole" in page.text
    assert "3 offices changed" in answer.text or "3 office" in answer.text
    listed = {(row.office, row.state): row for row in cycle.addressees.all()}
    assert set(listed) == {("president", ""), ("governor", "OR"), ("speaker", "")}, "an empty office is not listed"
    assert listed["president", ""].address == WHITE_HOUSE
    assert (listed["speaker", ""].name, listed["speaker", ""].address) == ("The Honorable B. Ames", "The Capitol")
    again = browser.post(url("offices_import", cycle), sent(browser.get(url("offices_excel", cycle)).content))
    assert not again.context["plan"].changes, "what goes out comes back the same"


def test_a_fault_in_one_keeps_all(cycle, browser):
    content = browser.get(url("offices_excel", cycle)).content
    wrong = edited(content, {("president", "Name"): "x" * 121, ("speaker", "Name"): "The Honorable B. Ames"})
    page = browser.post(url("offices_import", cycle), sent(wrong))
    assert page.status_code == 422
    assert not Addressee.objects.exists()
    other = Cycle.objects.create(title="Other", edition=cycle.edition, opens=cycle.opens, closes=cycle.closes)
    assert browser.post(url("offices_import", other), sent(content)).status_code == 422, "a file of another cycle"


def test_what_changed_on_the_site_since_is_shown_before_it_is_replaced(cycle, browser):
    row = Addressee.objects.create(cycle=cycle, office="speaker", name="The Honorable A. Bell")
    content = browser.get(url("offices_excel", cycle)).content
    Addressee.objects.filter(pk=row.pk).update(name="The Honorable C. Dean")
    page, _ = bring(browser, cycle, edited(content, {("speaker", "Name"): "The Honorable B. Ames"}))
    assert "Changed in the file and on the site" in page.text
    row.refresh_from_db()
    assert row.name == "The Honorable C. Dean"


def test_it_is_for_program_staff_until_the_cycle_is_archived(cycle, browser, request, as_):
    for role in ("compliance", "official", "manager", "stranger"):
        other = as_(request.getfixturevalue(role))
        for name in ("offices_excel", "offices_import"):
            assert other.get(url(name, cycle)).status_code == 404
        assert other.post(url("offices_confirm", cycle)).status_code == 404
    Cycle.objects.filter(pk=cycle.pk).update(status="archived")
    assert browser.get(url("offices_import", cycle)).status_code == 403
    assert browser.get(url("offices_excel", cycle)).status_code == 200


def test_the_file_is_read_with_one_query(cycle, browser):
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(url("offices_excel", cycle)).status_code == 200
        return len(asked)

    few = cost()
    for state in sorted(REGION_OF_STATE):
        Addressee.objects.create(cycle=cycle, office="governor", state=state, name="Somebody")
    assert cost() == few
