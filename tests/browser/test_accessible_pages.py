"""axe-core finds nothing on any page in any state, and nothing sticks out at the side of a telephone."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect
from post_office.models import Email

from accounts.models import Claim, Invitation
from files.models import StoredFile
from initiatives.models import Initiative
from pdca.models import Element
from reports.models import Report
from tests.browser.conftest import answer, answer_all, choose, look, open_adding, open_row, row, start
from tests.factories import UserFactory, UtilityFactory
from tests.processes import broker_at

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def no_broker():
    """Nothing listens where the broker should be: a report stays as the test puts it."""
    with broker_at("redis://127.0.0.1:1/0"):
        yield


@pytest.fixture
def mine(visits, manager):
    """``mine(path)`` is a page on which the manager is signed in."""
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    return lambda path: visits(manager, path)


@pytest.mark.parametrize(
    "name",
    ["home", "help", "privacy", "accessibility", "pdca:guide", "pdca:start", "initiatives:list", "api:openapi-view"]
    + ["recognition:criteria"]
    + ["account_login", "account_signup", "account_reset_password"],
)
def test_public_pages(visits, name):
    look(visits(None, reverse(name)), name.replace(":", "-"))


@pytest.mark.parametrize("slug", ["utilities", "staff", "administrators"])
def test_a_guide(visits, slug):
    look(visits(None, reverse("guide", args=[slug])), f"guide-{slug}")


def test_an_element_and_an_initiative(visits):
    look(visits(None, Element.objects.get(slug="vision").get_absolute_url()), "element")
    look(visits(None, Initiative.objects.get(slug="cmom").get_absolute_url()), "initiative")


@pytest.mark.urls("config.demo.urls")
def test_the_emails_that_the_demo_sent(visits):
    link = f"http://localhost:8000/account/confirm-email/{'MTE' * 30}/"
    email = Email.objects.create(
        from_email="a@example.org", to=["new@example.org"], subject="Confirm", message=f"Follow this:\n\n{link}"
    )
    look(visits(None, "/demo/email/"), "demo-emails")
    look(visits(None, f"/demo/email/{email.pk}/"), "demo-email")


def test_pages_that_are_not_there(visits):
    visits.expected.append("status of 404")
    look(visits(None, "/nothing/here/"), "404")


def test_signing_in_and_up_with_errors(visits):
    page = visits(None, reverse("account_login"))
    page.get_by_label("Email").fill("nobody@example.org")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sign-in-error")
    page.goto(visits.url + reverse("account_signup"))
    page.locator("form.form").evaluate("(form) => form.noValidate = true")
    page.locator("form.form button[type=submit]").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "sign-up-error")


@pytest.mark.parametrize(
    "name",
    ["home", "accounts:list", "accounts:search", "accounts:create", "me"]
    + ["account_email", "account_change_password", "account_logout", "assessments:list", "reports:list"],
)
def test_pages_of_a_person_without_anything_yet(mine, name):
    look(mine(reverse(name)), f"empty-{name.replace(':', '-')}")


@pytest.mark.parametrize("name", ["mfa_index", "mfa_activate_totp", "mfa_generate_recovery_codes"])
def test_second_factor(visits, mine, name, manager):
    page = mine(reverse(name))
    look(page, f"second-factor-{name}")


def test_utilities(mine, utility, contributor, viewer):
    Invitation.objects.create(utility=utility, email="new@example.org", role="viewer")
    Claim.objects.ask(utility, UserFactory(name="Nell Weir"), "I run the lab.")
    UtilityFactory(name="Bend Water", city="Bend")
    look(mine(reverse("accounts:list")), "utilities")
    look(mine(reverse("home")), "home-waiting")
    look(mine(reverse("accounts:utility", args=[utility.pk])), "utility")
    look(mine(reverse("accounts:edit", args=[utility.pk])), "utility-edit")
    look(mine(reverse("accounts:invite", args=[utility.pk])), "utility-invite")
    look(mine(reverse("accounts:search") + "?q=Bend"), "utility-search-found")
    look(mine(reverse("accounts:search") + "?q=Nowhere"), "utility-search-nothing")


def test_a_utility_form_with_errors(mine):
    page = mine(reverse("accounts:create"))
    page.locator("form.form").evaluate("(form) => form.noValidate = true")
    page.locator("form.form button[type=submit]").first.click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "utility-create-errors")


def test_starting_and_its_errors(visits, mine, utility, analysis):
    visits.expected.append("status of 422")
    page = mine(reverse("assessments:start", args=[utility.pk]))
    look(page, "start")
    page.locator("form.form").evaluate("(form) => form.noValidate = true")
    for box in page.locator("input[name=areas]").all():
        box.evaluate("(box) => box.click()")
    page.get_by_label("Name").fill("")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "start-errors")


def test_scope_and_its_errors(visits, mine, analysis, manager):
    visits.expected.append("status of 422")
    answer(analysis, manager, "vision", rating=1, areas=["E"])
    page = mine(reverse("assessments:scope", args=[analysis.pk]))
    look(page, "scope")
    page.locator("input[name=areas][value=E]").evaluate("(box) => box.click()")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "scope-errors")


def test_the_table_empty_opened_missing_not_saved(visits, mine, analysis, manager):
    visits.expected.append("Failed to load resource")
    page = mine(analysis.get_absolute_url())
    look(page, "fill-empty")
    choose(page, "management-commitment", "Supports a single area")
    choose(page, "policy-statements", "Supports multiple areas")
    vision = open_row(page, "vision")
    open_adding(vision)
    vision.get_by_label("Link or path", exact=True).fill("https://example.org/minutes")
    vision.get_by_role("button", name="Add link").click()
    expect(vision.get_by_role("link", name="https://example.org/minutes")).to_be_visible()
    vision.get_by_label("Link or path", exact=True).fill("ftp://example.org")
    vision.get_by_role("button", name="Add link").click()
    expect(vision.get_by_text("Enter a web address that starts with")).to_be_visible()
    look(page, "fill-open")
    page.get_by_role("button", name="Mark complete").click()
    expect(page.get_by_text("Not complete")).to_be_visible()
    look(page, "fill-missing")
    page.context.set_offline(True)
    choose(page, "auditing", "Does not exist")
    expect(page.locator("[data-saved]")).to_contain_text("Not saved")
    look(page, "fill-not-saved")
    page.context.set_offline(False)


def test_carried_over_rows(mine, analysis, manager, utility):
    answer_all(analysis, manager)
    again = start(utility, manager, name="A year later", previous=analysis)
    page = mine(again.get_absolute_url())
    expect(row(page, "vision").get_by_text("needs confirmation")).to_be_visible()
    look(page, "fill-to-confirm")


def test_results_reading_and_the_list(visits, mine, analysis, manager, viewer):
    look(mine(reverse("assessments:results", args=[analysis.pk])), "results-nothing-yet")
    answer_all(analysis, manager)
    look(visits(viewer, analysis.get_absolute_url()), "read-under-way")
    analysis.complete(by=manager)
    page = mine(reverse("assessments:results", args=[analysis.pk]))
    look(page, "results")
    page.get_by_role("link", name="View recommendations").click()
    page.locator(".offer summary").first.click()
    look(page, "recommendations")
    page.get_by_label("How strong must").select_option("Any strength (1 to 3)")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("Smallest mix")).to_be_visible()
    page = mine(analysis.get_absolute_url())
    page.get_by_text("Reopen this gap analysis").click()
    look(page, "read-complete")
    look(mine(reverse("assessments:list")), "list")
    look(mine(reverse("home")), "home")


def test_the_waiting_page_in_its_states_and_the_reports(mine, analysis, manager, viewer, no_broker):
    theirs = Report.request("gap-analysis", analysis, viewer, "docx")
    theirs.start()
    theirs.finish(StoredFile.keep_made("a.docx", "application/x", b"made", by=viewer))
    report = Report.request("gap-analysis", analysis, manager)
    look(mine(reverse("reports:report", args=[report.pk])), "report-kept")
    report.queued_at = timezone.now()
    report.save(update_fields=["queued_at"])
    look(mine(reverse("reports:report", args=[report.pk])), "report-queued")
    report.start()
    report.heartbeat(30, "Laying out pages")
    look(mine(reverse("reports:report", args=[report.pk])), "report-running")
    report.finish(StoredFile.keep_made("a.pdf", "application/pdf", b"%PDF-1.7 made", by=manager))
    look(mine(reverse("reports:report", args=[report.pk])), "report-done")
    failed = Report.request("gap-analysis", analysis, manager)
    failed.start()
    failed.fail("The report was not finished after ten minutes, so it was stopped.")
    look(mine(reverse("reports:report", args=[failed.pk])), "report-failed")
    look(mine(reverse("reports:delete", args=[failed.pk])), "report-delete")
    look(mine(reverse("reports:report", args=[theirs.pk])), "report-of-a-colleague")
    look(mine(reverse("reports:list")), "reports")


def test_an_invitation_open_and_closed(visits, utility):
    invitation = Invitation.objects.create(utility=utility, email="new@example.org", role="viewer")
    look(visits(None, reverse("accounts:invitation", args=[invitation.token])), "invitation")
    Invitation.objects.update(invited_at=timezone.now() - timedelta(days=15))
    visits.expected.append("Failed to load resource")
    look(visits(None, reverse("accounts:invitation", args=[invitation.token])), "invitation-closed")


def test_a_page_that_may_not_be_seen(visits, viewer, analysis):
    visits.expected.append("status of 403")
    look(visits(viewer, reverse("assessments:scope", args=[analysis.pk])), "403")
