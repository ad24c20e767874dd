"""The pages on which staff review an application: axe finds nothing, and they fit a telephone."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from recognition.models import Application, ComplianceCheck
from recognition.models.review import return_for_completion
from tests.applications import answer_points, fill, pass_panel
from tests.browser.conftest import look
from tests.uploads import upload

Status = Application.Status
pytestmark = pytest.mark.usefixtures("visits")


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


def test_completeness(visits, at, staff, manager, utility):
    application = at(Status.SUBMITTED)
    page = visits(staff, address("queue", "completeness"))
    look(page, "queue-completeness")
    page.get_by_role("link", name="Start review").click()
    look(page, "checklist-take-up")
    page.get_by_role("button", name="Start review").click()
    expect(page.get_by_text("The automatic check found nothing missing.").first).to_be_visible()
    look(page, "checklist")
    photos = page.get_by_role("group", name="Photos are JPEG with captions")
    photos.get_by_text("Not met", exact=True).click()
    visits.expected.append("status of 422")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Explain why you disagree")
    look(page, "checklist-errors")
    photos.get_by_role("textbox").fill("The second photo has no caption that says what it shows.")
    for name in ("Each attribute", "The narratives show", "Confidentiality claims"):
        page.get_by_role("group", name=name).get_by_text("Met", exact=True).click()
    page.get_by_role("button", name="Save and return").click()
    look(page, "return")
    words = "Thank you for a clear application.\nOnly one thing is left."
    page.get_by_label("Your note").fill(words)
    page.get_by_role("button", name="Preview letter").click()
    expect(page.get_by_text("The second photo has no caption")).to_be_visible()
    look(page, "return-letter")
    page.get_by_role("button", name="Change the date").click()
    expect(page.get_by_label("Your note")).to_have_value(words)
    page.get_by_role("button", name="Preview letter").click()
    page.get_by_role("button", name="Send and return").click()
    expect(page.get_by_text("With the applicant")).to_be_visible()
    page.goto(visits.url + application.get_absolute_url())
    look(page, "application-returned")
    page.goto(visits.url + address("incomplete", application.pk))
    look(page, "incomplete-waits")
    Application.objects.filter(pk=application.pk).update(resubmit_by=timezone.now())
    page.goto(visits.url + address("queue", "completeness"))
    look(page, "queue-late")
    page.get_by_role("link", name="Close").click()
    look(page, "incomplete")


def test_the_second_version(visits, at, staff, manager):
    application = at(Status.COMPLETENESS)
    application.submission.checklist.update(met=True)
    application.submission.checklist.filter(name="prompts").update(met=False, reason="Say how you measure it.")
    return_for_completion(application, by=staff, due=timezone.localdate() + timedelta(days=9), letter="")
    application = Application.objects.visible_to(manager).get(pk=application.pk)
    changed = application.sections.get(name="attributes.product-quality")
    fill(application, manager, **{changed.name: changed.answers | {"measures": "Turbidity at the tap, each week."}})
    page = visits(manager, address("step", application.pk, "points"))
    look(page, "points")
    answer_points(application, manager)
    application.submit(by=manager)
    page = visits(staff, address("checklist", application.pk))
    page.get_by_role("button", name="Start review").click()
    page.get_by_text("Product quality").first.click()
    expect(page.get_by_role("cell", name="Turbidity at the tap, each week.")).to_be_visible()
    look(page, "checklist-version-2")


def test_compliance(visits, at, compliance, staff):
    application = at(Status.COMPLIANCE)
    page = visits(compliance, address("queue", "compliance"))
    look(page, "queue-compliance")
    page.get_by_role("link", name="Check the record").click()
    look(page, "compliance")
    visits.expected.append("status of 422")
    page.locator("#id_criminal-source").fill("A written answer of the Region")
    page.locator("label[for=id_criminal-result_1]").click()
    page.get_by_role("button", name="Record the criminal check").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "compliance-errors")
    page.locator("#id_criminal-note").fill("A conviction of 2026 under the Clean Water Act.")
    page.get_by_role("button", name="Record the criminal check").click()
    looked = {"by": compliance, "source": "ECHO", "checked_on": timezone.localdate()}
    ComplianceCheck.record(application, kind="administrative", result="unknown", note="", attachment=upload(), **looked)
    ComplianceCheck.record(
        application, kind="administrative", result="clear", note="Nothing in the last 12 quarters.", **looked
    )
    page.reload()
    look(page, "compliance-violation")
    page.get_by_role("link", name="Write the letter: not eligible").click()
    look(page, "not-eligible")
    page.get_by_label("Finding").fill("A conviction of 2026 under the Clean Water Act is recorded.")
    page.get_by_role("button", name="Preview letter").click()
    look(page, "not-eligible-letter")
    page.get_by_role("link", name="Cancel").click()
    ComplianceCheck.record(application, kind="criminal", result="clear", note="", **looked)
    page.reload()
    look(page, "compliance-clear")
    Application.objects.filter(pk=application.pk).update(status="region")
    page = visits(staff, address("region", application.pk))
    look(page, "region")
    page.goto(visits.url + address("compliance", application.pk))
    look(page, "compliance-read")


def test_queues_of_the_panel_and_after(visits, at, staff, panelists, manager):
    application = at(Status.PANEL)
    page = visits(staff, address("queue", "panel"))
    look(page, "queue-panel")
    pass_panel(application, staff, panelists[:3])
    for name in ("decisions", "all", "region"):
        page.goto(visits.url + address("queue", name))
        look(page, f"queue-{name}")
    page.goto(visits.url + application.get_absolute_url())
    look(page, "application-staff")
    look(visits(panelists[0], address("queue", "my-reviews")), "queue-my-reviews")
    look(visits(manager, application.get_absolute_url()), "application-applicant")


def test_a_later_deadline_and_paper(visits, draft, staff):
    page = visits(staff, address("extend", draft.pk))
    look(page, "extend")
    page.goto(visits.url + address("paper"))
    look(page, "paper")
    page.goto(visits.url + address("paper") + "?q=river")
    look(page, "paper-found")
    page.get_by_role("link", name="Select").click()
    look(page, "paper-enter")
    page.goto(visits.url + address("paper_utility") + "?name=Bend")
    look(page, "paper-utility")
