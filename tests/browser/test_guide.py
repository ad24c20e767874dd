"""The guide and the catalog in Chromium: every page accessible and narrow enough, terms and guidance by keyboard."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from pdca.models import Element
from tests.browser.conftest import NARROW, answer_all, look, row

pytestmark = pytest.mark.usefixtures("visits")

PAGES = {
    "guide": ("pdca:guide", ""),
    "element": ("pdca:element", "policy-statements"),
    "element-not-key-to-alignment": ("pdca:element", "vision"),
    "opportunities": ("pdca:opportunities", ""),
    "opportunity": ("pdca:opportunity", "objectives-that-support-each-other"),
    "opportunity-without-initiatives": ("pdca:opportunity", "one-mission-for-all-initiatives"),
    "element-with-table": ("pdca:element", "assessing-areas"),
    "topics": ("pdca:topics", ""),
    "glossary": ("pdca:glossary", ""),
    "initiatives": ("initiatives:list", ""),
    "initiative-cmom": ("initiatives:initiative", "cmom"),
    "initiative-awwa": ("initiatives:initiative", "awwa-accreditation"),
    "cases": ("initiatives:cases", ""),
    "case": ("initiatives:case", "charleston"),
}
SEARCHES = {"found": "turbidity goal", "nothing": "xyzzy", "meant": "turbidty golas"}


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_the_guide_and_the_catalog(visits, name):
    address, slug = PAGES[name]
    look(visits(None, reverse(address, args=[slug] if slug else [])), name)


@pytest.mark.parametrize("name", SEARCHES)
def test_the_search(visits, name):
    page = visits(None, reverse("pdca:search"))
    page.get_by_label("What are you looking for?").fill(SEARCHES[name])
    page.get_by_role("main").get_by_role("button", name="Search").click()
    expect(page.get_by_role("heading", level=2)).to_be_visible()
    look(page, f"search-{name}")


def test_what_was_meant_is_a_link_to_what_is_found(visits):
    page = visits(None, f"{reverse('pdca:search')}?q=turbidty+golas")
    page.get_by_role("link", name="turbidity goals").click()
    expect(page.locator("mark").first).to_be_visible()


def term(page: Page):
    return page.locator("button.term").first


def test_a_term_opens_its_note_by_keyboard_and_closes_it_with_escape(visits):
    page = visits(None, reverse("initiatives:initiative", args=["cmom"]))
    note = page.locator(f"#{term(page).get_attribute('popovertarget')}")
    expect(note).to_be_hidden()
    term(page).focus()
    page.keyboard.press("Enter")
    expect(note).to_be_visible()
    look(page, "term-open")
    page.keyboard.press("Tab")
    expect(note.get_by_role("link", name="Glossary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()
    expect(term(page)).to_be_focused()


def test_a_terms_note_opens_without_scripts_and_by_touch(visits):
    page = visits(
        None,
        reverse("initiatives:initiative", args=["cmom"]),
        java_script_enabled=False,
        has_touch=True,
        viewport=NARROW,
    )
    term(page).tap()
    note = page.locator(f"#{term(page).get_attribute('popovertarget')}")
    expect(note).to_be_visible()
    box = note.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= NARROW["width"]
    stands = term(page).bounding_box()
    below, above = box["y"] - (stands["y"] + stands["height"]), stands["y"] - (box["y"] + box["height"])
    assert 0 <= max(below, above) < 20, "it stands where its term does"


def test_the_sections_of_a_page_are_reached_from_its_top(visits):
    page = visits(None, reverse("pdca:element", args=["policy-statements"]))
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Questions to ask").click()
    expect(page.get_by_role("heading", name="Questions to ask your team")).to_be_in_viewport()


# In the gap analysis.


def guidance(page: Page, slug: str = "policy-statements"):
    """What opens the guidance of a row, which is opened first where it is to be filled in."""
    here = row(page, slug)
    found, details = here.locator("summary", has_text="Guidance"), here.get_by_role("button", name="Details of")
    if details.count() and not found.count():
        details.click()
        expect(found).to_be_visible()
    return found


def test_a_rows_guidance_opens_in_place_and_closes_by_keyboard(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    address = page.url
    here = row(page, "policy-statements")
    guidance(page).focus()
    page.keyboard.press("Enter")
    expect(here.get_by_role("heading", name="Questions to ask your team")).to_be_visible()
    expect(here.get_by_role("link", name="CMOM", exact=True)).to_be_visible()
    expect(here.get_by_role("link", name="ISO 14001", exact=True)).to_be_visible()
    expect(here.get_by_role("link", name="Asset management")).to_have_count(0)
    expect(here.get_by_text("Open guidance on")).to_be_hidden()
    expect(guidance(page)).to_be_focused()
    look(page, "guidance-in-the-row")
    page.keyboard.press("Enter")
    expect(here.get_by_role("heading", name="Questions to ask your team")).to_be_hidden()
    assert page.url == address


def test_guidance_of_several_rows_stays_open_while_a_row_is_rated(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    for slug in ("vision", "auditing"):
        guidance(page, slug).click()
        expect(row(page, slug).get_by_role("heading", name="Questions to ask your team")).to_be_visible()
    row(page, "vision").get_by_text("Supports multiple areas", exact=True).click()
    expect(page.locator("[data-saved]")).to_have_text("All changes saved")
    expect(row(page, "vision").get_by_role("heading", name="Questions to ask your team")).to_be_visible()
    ids = page.locator("[id]").evaluate_all("(all) => all.map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_where_it_cannot_be_fetched_its_link_stays(visits, manager, analysis):
    visits.expected += ["htmx:sendError", "htmx:afterRequest", "ERR_INTERNET_DISCONNECTED"]
    page = visits(manager, analysis.get_absolute_url())
    summary = guidance(page)
    page.context.set_offline(True)
    summary.click()
    expect(row(page, "policy-statements").get_by_role("link", name="as a separate page")).to_be_visible()


def test_who_is_signed_out_meanwhile_finds_the_link_instead_of_a_form_in_the_row(visits, manager, analysis):
    page = visits(manager, analysis.get_absolute_url())
    summary = guidance(page)
    page.context.clear_cookies()
    summary.click()
    expect(row(page, "policy-statements").get_by_role("link", name="Sign in")).to_be_visible()
    expect(row(page, "policy-statements").get_by_label("Password")).to_have_count(0)


def test_without_scripts_the_guidance_is_a_page_that_leads_back_to_the_row(visits, viewer, analysis):
    page = visits(viewer, analysis.get_absolute_url(), java_script_enabled=False)
    guidance(page).click()
    row(page, "policy-statements").get_by_role("link", name="as a separate page").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Guidance: Policy statements")
    page.get_by_role("link", name="Back to the row").click()
    expect(row(page, "policy-statements")).to_be_in_viewport()


def test_guidance_where_the_analysis_is_read(visits, manager, viewer, analysis):
    answer_all(analysis, manager)
    analysis.complete(by=manager)
    page = visits(viewer, analysis.get_absolute_url())
    guidance(page).click()
    expect(row(page, "policy-statements").get_by_role("heading", name="Questions to ask your team")).to_be_visible()
    look(page, "guidance-where-it-is-read")
    page.goto(visits.url + reverse("assessments:guidance", args=[analysis.pk, "policy-statements"]))
    look(page, "guidance-page")


def test_the_way_to_the_guidance_covers_nothing_else_of_its_row(visits, manager, analysis):
    answer_all(analysis, manager)
    page = visits(manager, analysis.get_absolute_url())
    guidance(page, "policy-statements").click()
    slugs = list(Element.objects.values_list("slug", flat=True))
    for slug in slugs:
        guidance(page, slug)
    for size in ({"width": 1280, "height": 900}, {"width": 980, "height": 900}, NARROW):
        page.set_viewport_size(size)
        for slug in slugs:
            covered = row(page, slug).evaluate(
                """(row) => {
                    const mine = row.querySelector(".guidance > summary").getBoundingClientRect();
                    const meets = (box) => box.width && box.left < mine.right && mine.left < box.right
                        && box.top + 1 < mine.bottom && mine.top + 1 < box.bottom;
                    const takesNoClick = (one) => {
                        one.scrollIntoView({ block: "center" });
                        const box = one.getBoundingClientRect();
                        const at = (y) => document.elementFromPoint(box.left + box.width / 2, y);
                        return box.width && ![at(box.top + 4), at(box.bottom - 4)].every((hit) => one.contains(hit));
                    };
                    const words = [...row.querySelectorAll("h3, .key, .choice label, .more, .chip, [id^=areas-]")];
                    const controls = [...row.querySelectorAll(".choice label, .more, .chip, .finding__areas button")];
                    const under = words.filter((word) => [...word.getClientRects()].some(meets));
                    return [...under, ...controls.filter(takesNoClick)].map((one) => one.outerHTML);
                }"""
            )
            assert covered == [], (size, slug)
