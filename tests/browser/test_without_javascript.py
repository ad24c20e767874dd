"""Every step of the gap analysis works as plain forms, where no script runs."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import answer, open_adding, row, stored


@pytest.fixture
def page(visits, manager, analysis):
    return visits(manager, analysis.get_absolute_url(), java_script_enabled=False)


def rate(page, slug, rating, *areas):
    here = row(page, slug)
    here.get_by_text(rating, exact=True).click()
    for area in areas:
        here.locator(f".chip:has([value={area}])").click()


def test_rating_a_row(page, analysis):
    rate(page, "vision", "Supports multiple areas", "E", "F")
    row(page, "vision").get_by_role("button", name="Save this row").click()
    expect(page.locator("[data-progress]")).to_contain_text("1 of 18")
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").areas) == (2, ["E", "F"])


def test_a_row_with_its_details_and_evidence(page, analysis):
    row(page, "vision").get_by_role("button", name="Details of").click()
    vision = row(page, "vision")
    rate(page, "vision", "Supports a single area", "Q")
    vision.get_by_label("Evidence").fill("Framed in the hall.")
    vision.get_by_role("button", name="Save", exact=True).click()
    assert (stored(analysis, "vision").rating, stored(analysis, "vision").evidence) == (1, "Framed in the hall.")
    row(page, "vision").get_by_role("button", name="Details of").click()
    open_adding(vision)
    vision.get_by_label("Link or path", exact=True).fill("https://example.org/vision")
    vision.get_by_role("button", name="Add link").click()
    expect(vision.get_by_role("link", name="https://example.org/vision")).to_be_visible()
    open_adding(vision)
    minutes = {"name": "minutes.txt", "mimeType": "text/plain", "buffer": b"It was moved and seconded."}
    vision.get_by_label("File").set_input_files(minutes)
    vision.get_by_role("button", name="Add file").click()
    expect(vision.get_by_role("link", name="minutes.txt")).to_be_visible()
    expect(vision.get_by_label("Evidence")).to_have_value("Framed in the hall.")
    vision.get_by_role("button", name="Remove https://example.org/vision").click()
    expect(vision.get_by_role("link", name="https://example.org/vision")).to_have_count(0)


def test_a_refused_file(page, visits, analysis):
    row(page, "vision").get_by_role("button", name="Details of").click()
    vision = row(page, "vision")
    program = {"name": "setup.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ\x90\x00"}
    open_adding(vision)
    vision.get_by_label("File").set_input_files(program)
    vision.get_by_role("button", name="Add file").click()
    expect(vision.locator(".usa-error-message")).to_be_visible()
    assert not stored(analysis, "vision").evidence_items.exists()


def test_a_rating_that_does_not_agree_with_its_areas(page, visits, analysis):
    visits.expected.append("status of 422")
    rate(page, "vision", "Does not exist", "E")
    row(page, "vision").get_by_role("button", name="Save this row").click()
    expect(row(page, "vision").get_by_role("alert")).to_contain_text("can’t have areas")
    expect(row(page, "vision").get_by_role("radio", name="Does not exist")).to_be_checked()
    assert stored(analysis, "vision").rating is None


def test_several_areas_one_after_another(page, analysis):
    rate(page, "vision", "Supports multiple areas", "E")
    row(page, "vision").get_by_role("button", name="Save this row").click()
    expect(row(page, "vision").get_by_text("Needs at least two areas")).to_be_visible()
    expect(page.locator("[data-progress]")).to_contain_text("0 of 18")
    rate(page, "vision", "Supports multiple areas", "Q")
    row(page, "vision").get_by_role("button", name="Save this row").click()
    expect(row(page, "vision").get_by_text("Needs at least two areas")).to_be_hidden()
    expect(page.locator("[data-progress]")).to_contain_text("1 of 18")
    assert stored(analysis, "vision").areas == ["E", "Q"]


@pytest.fixture
def conflict(page, visits, analysis, contributor):
    """Someone else saved the row while it was open."""
    visits.expected.append("status of 409")
    row(page, "vision").get_by_role("button", name="Details of").click()
    vision = row(page, "vision")
    vision.get_by_label("Evidence").fill("Mine.")
    answer(analysis, contributor, "vision", rating=0, areas=[], evidence="Theirs.")
    vision.get_by_role("button", name="Save", exact=True).click()
    expect(vision.locator(".conflict")).to_contain_text("Theirs.")
    expect(vision.get_by_label("Evidence")).to_have_value("Mine.")
    assert stored(analysis, "vision").evidence == "Theirs."
    return vision.locator(".conflict")


def test_keep_mine(page, conflict, analysis):
    conflict.get_by_role("button", name="Keep mine").click()
    expect(conflict).to_have_count(0)
    assert stored(analysis, "vision").evidence == "Mine."


def test_use_theirs(page, conflict):
    conflict.get_by_role("link", name="Use the saved version").click()
    expect(conflict).to_have_count(0)
    expect(row(page, "vision").get_by_label("Evidence")).to_have_value("Theirs.")


def test_starting_with_the_scope_of_a_previous_one(page, analysis, utility):
    page.goto(page.url.split("/gap-analyses/")[0] + f"/gap-analyses/new/{utility.pk}/")
    page.get_by_label("Name").fill("A year later")
    page.get_by_label("Start from an earlier gap analysis").select_option(str(analysis))
    page.get_by_role("button", name="Use its scope").click()
    expect(page.get_by_label("Name")).to_have_value("A year later")
    expect(page.get_by_label("fence line, in your words")).to_have_value(analysis.fence_line)
    expect(page.locator("[name=initiatives]:checked")).to_have_count(2)
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("heading", name="A year later")).to_be_visible()
