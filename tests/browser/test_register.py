"""The register, verification, and what a utility shows of its recognition: axe finds nothing; usable by keyboard."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from playwright.sync_api import expect

from recognition.models import Application, Photo, Recognition
from tests.browser.conftest import look
from tests.factories import MembershipFactory, UtilityFactory
from tests.pictures import jpeg
from tests.pictures import photo as picture

Status = Application.Status
pytestmark = pytest.mark.usefixtures("visits")
PLACES = [*["OR"] * 2, *["GA"] * 6, *["TX"] * 12, *["CA"] * 3, "PR", "NY", "MA", "WI"]
KINDS = ["Alder", "Birch", "Cedar", "Elm"]


def address(name: str, *args: object) -> str:
    return reverse(f"recognition:{name}", args=args)


@pytest.fixture
def uncounted():
    """This address has asked for no number yet, nor has it after the test."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def recognition(uncounted, draft, manager, at) -> Recognition:
    wide = picture(jpeg(size=(640, 480)))
    Photo.add(draft, wide, by=manager, caption="The plant at Mill Street", may_publish=True)
    return Recognition.objects.with_utility().get(application=at(Status.RECOGNIZED))


@pytest.fixture
def many(recognition) -> None:
    for n, state in enumerate(PLACES):
        utility = UtilityFactory(name=f"{KINDS[n % 4]} Water {n}", state=state, city="Bend")
        cycle = recognition.application.cycle
        Recognition.issue(Application.objects.create(utility=utility, cycle=cycle, status=Status.RECOGNIZED))


def test_from_the_front_page_to_an_entry(visits, recognition, many):
    page = visits(None, "/")
    page.get_by_role("link", name="Recognized utilities", exact=True).click()
    expect(page.get_by_text("28 recognitions")).to_be_visible()
    look(page, "register")
    tile = page.get_by_role("link", name="Oregon: 3 utilities")
    tile.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("3 of 28 recognitions")).to_be_visible()
    expect(page.get_by_role("link", name="Oregon: 3 utilities")).to_have_attribute("aria-current", "true")
    look(page, "register-state")
    page.get_by_label("Name or city").fill("nobody")
    page.get_by_role("button", name="Apply filters", exact=True).click()
    look(page, "register-none")
    page.get_by_role("link", name="Clear filters").click()
    page.get_by_role("link", name="Next page").click()
    page.get_by_role("link", name="Riverbend Water and Sewer").click()
    look(page, "register-entry-bare")


def test_nobody_yet(visits, catalog):
    look(visits(None, address("register")), "register-empty")


def test_a_certificate_is_checked(visits, recognition, staff):
    page = visits(None, address("register"))
    page.get_by_label("Certificate number").fill(recognition.number.lower().replace("-", ""))
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("heading", name="This certificate is valid")).to_be_visible()
    look(page, "verify-valid")
    page.get_by_role("link", name="View public page").click()
    expect(page.get_by_role("heading", name="Riverbend Water and Sewer")).to_be_visible()
    page.goto(visits.url + address("verify", "AAAA-AAAA"))
    look(page, "verify-unknown")
    page.goto(visits.url + address("verify_form") + "?number=-")
    look(page, "verify-form-error")
    Recognition.objects.update(since="2020-01-01", until="2022-12-31")
    page.goto(visits.url + address("verify", recognition.number))
    look(page, "verify-expired")
    visits.expected.append("status of 410")
    page.goto(visits.url + recognition.get_absolute_url())
    look(page, "register-gone")


def test_trying_numbers_ends_calmly(visits, recognition):
    visits.expected.append("status of 429")
    page = visits(None, address("verify_form"))
    for _ in range(30):
        assert page.request.get(visits.url + address("verify", "AAAA")).status == 200
    page.goto(visits.url + address("verify", recognition.number))
    expect(page.get_by_role("heading", name="Please wait")).to_be_visible()
    look(page, "verify-wait")


def test_a_manager_publishes_and_the_official_revokes(visits, recognition, manager, utility, official):
    application = recognition.application
    page = visits(manager, application.get_absolute_url())
    look(page, "application-recognized")
    page.get_by_role("link", name="Edit public listing").click()
    look(page, "register-publish")
    page.get_by_text("Product quality").first.click()
    page.get_by_label("In your own words").fill("Clean water for 4,200 people.")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Preview (not saved)")).to_be_visible()
    look(page, "register-publish-preview")
    second = MembershipFactory(utility=utility, user__name="Mira Holt").user
    Recognition.objects.get().publish(1, by=second, published=[], summary="Another word.")
    visits.expected.append("status of 409")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Mira Holt")
    look(page, "register-publish-conflict")
    page.get_by_role("button", name="Keep mine").click()
    expect(page.get_by_text("The public listing is updated")).to_be_visible()
    page.get_by_role("link", name="View current public page").click()
    expect(page.get_by_text("Clean water for 4,200 people.")).to_be_visible()
    expect(page.get_by_role("img", name="The plant at Mill Street")).to_be_visible()
    look(page, "register-entry")
    page = visits(official, application.get_absolute_url())
    page.get_by_role("link", name="Revoke recognition").click()
    look(page, "revoke")
    page.get_by_label("Reason").fill("The permit was broken for two years.")
    page.get_by_role("button", name="Preview letter").click()
    look(page, "revoke-letter")
    page.get_by_role("button", name="Yes, revoke").click()
    expect(page.get_by_text("was revoked on")).to_be_visible()
    look(page, "application-revoked")
    page.goto(visits.url + address("verify", recognition.number))
    expect(page.get_by_role("heading", name="This certificate was revoked")).to_be_visible()
    look(page, "verify-revoked")
