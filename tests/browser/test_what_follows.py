"""From a completed analysis through its results to answered opportunities, a kept road map, and what moved later."""

from datetime import date

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from assessments.models import Answer, RoadMap, Sharing
from tests.browser.conftest import answer, answer_all, expect_saved, look, start

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def complete(analysis, manager):
    answer_all(analysis, manager)
    analysis.complete(by=manager)
    return analysis


def offering(page: Page, number: int):
    return page.get_by_role("region", name="Open to you now").locator("article").nth(number)


def take_up(page: Page, number: int, choice: str, why: str = "") -> None:
    article = offering(page, number)
    article.locator("summary").click()
    if why:
        article.get_by_label("What shows it, or the reason").fill(why)
    article.get_by_text(choice, exact=True).click()
    expect_saved(page)
    expect(article.locator("[data-choice]")).to_have_text(choice)


@pytest.mark.usefixtures("narrow")
def test_from_results_to_five_answers_and_a_kept_road_map(visits, complete, manager, utility):
    page = visits(manager, reverse("assessments:results", args=[complete.pk]))
    page.get_by_role("link", name="Answer the opportunities").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Integration")
    take_up(page, 0, "Taken up")
    take_up(page, 1, "Taken up")
    take_up(page, 2, "Already so", "Minutes of May 3")
    take_up(page, 3, "Not for us", "We have one plant.")
    take_up(page, 4, "Already so", "One list since 2024")
    expect(page.locator("[data-integrated]")).to_have_text("4")
    expect(page.locator("[data-set-aside]")).to_have_text("1")
    assert Answer.objects.exclude(choice="").count() == 5
    page.reload()
    expect(page.get_by_role("region", name="Answered").locator("article")).to_have_count(5)

    page.goto(visits.url + reverse("assessments:results", args=[complete.pk]))
    expect(page.get_by_role("heading", name="Integrated: 4 of")).to_be_visible()
    page.get_by_role("link", name="Draw a road map").click()
    page.get_by_role("button", name="Keep as our road map").click()
    page.wait_for_load_state()
    first, second = (page.locator(".road__step > div > p").nth(n).inner_text() for n in range(2))
    page.get_by_role("button", name="Move down").first.press("Enter")
    expect(page.locator(".road__step > div > p").first).to_have_text(second)
    expect(page.locator(":focus")).to_contain_text(f"Move down: {first.partition('. About')[0]}")
    page.get_by_text("Add a step").click()
    page.locator("details[open]").get_by_label("Step").fill("Ask the board for one policy")
    page.locator("details[open]").get_by_label("When").select_option("now")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Ask the board for one policy").first).to_be_visible()
    kept = RoadMap.objects.get()
    assert kept.steps[0]["text"] in second
    assert "Ask the board for one policy" in [step["text"] for step in kept.steps if step["when"] == "now"]


def test_the_focus_stays_where_a_step_was_changed(visits, analysis, manager, utility):
    answer_all(analysis, manager)
    page = visits(manager, reverse("assessments:road_map_suggested", args=[analysis.pk]))
    page.get_by_role("button", name="Keep as our road map").click()
    page.wait_for_load_state()
    steps = page.locator(".road__step")
    name = steps.nth(1).locator("p").first.inner_text().partition(" About")[0]
    focused = page.locator(":focus")
    steps.nth(1).get_by_role("button", name="Move up").press("Enter")
    expect(steps.first).to_contain_text(name)
    expect(focused).to_contain_text(f"Move down: {name}")  # it can go no further up
    reword = steps.first.locator("details").filter(has=page.locator("textarea"))
    reword.locator("summary").press("Enter")
    reword.get_by_label("Step").fill("   ")
    reword.get_by_role("button", name="Save").press("Enter")
    expect(focused).to_have_attribute("aria-invalid", "true")
    focused.fill("Ask the board for one policy")
    reword.get_by_role("button", name="Save").press("Enter")
    expect(steps.first.locator("p").first).to_contain_text("Ask the board for one policy")
    expect(focused).to_have_text("Reword: Ask the board for one policy")
    before = steps.count()
    steps.first.get_by_text("Remove").first.press("Enter")
    steps.first.get_by_role("button", name="Remove").press("Enter")
    expect(focused).to_contain_text(f"Step removed. {before - 1} steps.")
    page.get_by_text("Add a step").press("Enter")
    page.locator("details.panel").get_by_label("Step").fill("Train two auditors")
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.locator("#road [role=status]")).to_contain_text(f"Step added. {before} steps.")
    expect(focused).to_have_text("Add a step")


def test_what_needs_a_reason_says_so_and_keeps_the_choice(visits, complete, manager, utility):
    page = visits(manager, reverse("assessments:integration", args=[utility.pk]))
    visits.expected.append("422")
    article = offering(page, 0)
    article.locator("summary").click()
    article.get_by_text("Not for us", exact=True).click()
    expect(article.get_by_text("Enter the reason.").first).to_be_visible()
    article.get_by_label("What shows it, or the reason").fill("We have one manager.")
    expect_saved(page)
    assert Answer.objects.get().choice == "not-for-us"


def test_two_analyses_are_compared(visits, complete, manager, utility):
    later = start(utility, manager, name="A year later", as_of=date(2027, 6, 30), previous=complete)
    answer(later, manager, "vision", rating=2, areas=["E", "S", "Q"], evidence="Adopted by the board.")
    page = visits(manager, reverse("assessments:compare", args=[utility.pk]))
    expect(page.get_by_role("heading", name="Vision")).to_be_visible()
    expect(page.get_by_text("Adopted by the board.")).to_be_visible()
    look(page, "compare-analyses")


@pytest.mark.parametrize("name", ["results", "recommendations", "road_map_suggested"])
def test_pages_of_an_analysis(visits, complete, viewer, name):
    look(visits(viewer, reverse(f"assessments:{name}", args=[complete.pk])), name)


def test_a_gap_that_an_initiative_closes_becomes_an_action(visits, complete, manager):
    page = visits(manager, reverse("assessments:recommendations", args=[complete.pk]))
    offer = page.locator("details.offer").first
    offer.locator("summary").click()
    look(page, "recommendations-open")
    row = offer.locator("tbody tr").first
    element = row.locator("th a").inner_text()
    row.get_by_role("link", name="Make it an action").click()
    expect(page.locator(".lede a").first).to_have_text(element)


def test_pages_of_a_utility(visits, complete, manager, utility):
    page = visits(manager, reverse("assessments:integration", args=[utility.pk]))
    take_up(page, 0, "Taken up")
    offering(page, 1).locator("summary").click()
    look(page, "integration")
    Sharing.begin(utility, size="small", by=manager)
    for name in ("sharing", "road_map_latest"):
        page.goto(visits.url + reverse(f"assessments:{name}", args=[utility.pk]))
        look(page, name)
    page.get_by_role("button", name="Keep as our road map").click()
    page.wait_for_load_state()
    page.get_by_text("Reword").first.click()
    look(page, "road-map")
    page.goto(
        visits.url + reverse("assessments:answer_history", args=[utility.pk, Answer.objects.get().opportunity_id])
    )
    look(page, "answer-history")
