"""Pages on paper and in Windows high contrast, where backgrounds are not shown."""

import os

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from assessments.models import Answer
from pdca.models import Opportunity
from tests.browser.conftest import MULTIPLE, answer_all, row


def style(locator, name: str) -> str:
    return locator.evaluate("(element, name) => getComputedStyle(element)[name]", name)


@pytest.fixture
def page(visits, manager, analysis):
    answer_all(analysis, manager)
    return visits(manager, analysis.get_absolute_url())


def choice(page, slug, number):
    return row(page, slug).locator(".choice label").nth(number)


def test_a_printed_gap_analysis_shows_what_is_selected(page):
    chosen, other = choice(page, "management-commitment", 0), choice(page, "management-commitment", 2)
    expect(chosen.get_by_role("radio")).to_be_checked()
    page.emulate_media(media="print")
    assert int(style(chosen, "fontWeight")) > int(style(other, "fontWeight"))
    assert style(chosen, "color") != style(other, "color")
    assert style(chosen, "color") == style(page.locator("h1"), "color")  # ink, not white
    assert style(chosen, "outlineStyle") == "solid"
    for hidden in (".top nav", ".who", ".foot", ".status .usa-button"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if folder := os.environ.get("SHOTS"):
        page.pdf(path=f"{folder}/print-analysis.pdf", print_background=False)


@pytest.mark.parametrize("name", ["assessments:results", "assessments:list", "recognition:register"])
def test_no_menu_or_button_is_printed(visits, manager, analysis, name):
    answer_all(analysis, manager)
    page = visits(manager, reverse(name, args=[analysis.pk] if name == "assessments:results" else []))
    page.emulate_media(media="print")
    for hidden in (".top nav", ".find", ".foot"):
        expect(page.locator(hidden).first).to_be_hidden()
    assert page.locator("main .usa-button:visible").count() == 0


def test_opportunities_and_initiatives_are_printed_and_answers_with_their_reason(visits, manager, analysis, utility):
    answer_all(analysis, manager)
    opportunity = Opportunity.objects.get(slug="same-criteria")
    Answer.give(utility, opportunity, 0, by=manager, choice="already", why="Minutes of May 3")
    page = visits(manager, reverse("assessments:integration", args=[utility.pk]))
    page.emulate_media(media="print")
    lines = page.locator(".offering summary")
    assert lines.count() == page.locator(".offering summary:visible").count() > 30
    assert page.get_by_label("What shows it, or the reason").locator("visible=true").count() == 1
    page.goto(visits.url + reverse("assessments:recommendations", args=[analysis.pk]))
    lines = page.locator(".offer summary")
    assert lines.count() == page.locator(".offer summary:visible").count() > 10


def test_high_contrast_marks_what_is_selected_done_and_current(page):
    page.emulate_media(forced_colors="active")
    chosen, other = choice(page, "management-commitment", 0), choice(page, "management-commitment", 1)
    assert style(chosen, "backgroundColor") != style(other, "backgroundColor")
    done, current = page.locator(".bar i.on").first, page.locator(".nav [aria-current]")
    assert style(done, "backgroundColor") != style(page.locator("main"), "backgroundColor")
    assert style(current, "backgroundColor") != style(
        page.locator(".nav a:not([aria-current])").first, "backgroundColor"
    )
    row(page, "vision").get_by_text(MULTIPLE, exact=True).click()
    assert style(choice(page, "vision", 2), "backgroundColor") == style(chosen, "backgroundColor")
