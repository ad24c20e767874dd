"""The bar: its places, the menu of utilities and of the person, by keyboard, narrow, without a script."""

from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Role
from accounts.zones import site_today
from tests.browser.conftest import NARROW, WIDE, look
from tests.factories import MembershipFactory, UserFactory, UtilityFactory

pytestmark = pytest.mark.usefixtures("visits")
PLACES = ["Home", "Our system", "Gap analyses", "Recognition", "Guide"]


@pytest.fixture
def consultant(utility, manager):
    """Advises the utility and another."""
    person = UserFactory(email="ada@example.org", name="Ada Reed")
    until = site_today() + timedelta(days=30)
    for advised in (utility, UtilityFactory(name="Alder Creek Sanitary District")):
        MembershipFactory(utility=advised, user=person, role=Role.ADVISOR, until=until)
    return person


def test_how_it_looks(visits, catalog, manager, consultant, staff):
    for name, user in {"one": manager, "several": consultant, "staff": staff, "visitor": None}.items():
        page = visits(user, "/pdca/")
        look(page, f"bar-{name}")
    page = visits(consultant, "/gap-analyses/")
    page.locator(".menu summary").first.click()
    look(page, "bar-open")
    page = visits(manager, "/help/")
    page.locator(".menu summary").first.click()
    look(page, "bar-open-person")


def test_every_place_is_in_sight_and_one_is_marked(visits, catalog, manager):
    page = visits(manager, "/initiatives/")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        links = page.get_by_role("navigation", name="Main").get_by_role("link")
        assert links.all_inner_texts() == PLACES
        for link in links.all():
            box = link.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= size["width"]
        expect(page.locator(".nav [aria-current]")).to_have_text("Guide")


def test_long_names_leave_the_places_on_one_line(visits, catalog, manager, utility):
    type(utility).objects.filter(pk=utility.pk).update(name="Metropolitan Water and Sewer Authority of Both Valleys")
    type(manager).objects.filter(pk=manager.pk).update(name="Maria Alexandra Gerr-Featherstonehaugh")
    page = visits(manager, "/initiatives/")
    for width in (WIDE["width"], 1000):
        page.set_viewport_size({"width": width, "height": 900})
        places = page.get_by_role("navigation", name="Main").get_by_role("link")
        assert len({place.bounding_box()["y"] for place in places.all()}) == 1
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator(".find").bounding_box()["width"] >= 100
        for name in page.locator(".menu__name").all():
            box = name.bounding_box()
            assert box["width"] >= 40
            assert box["x"] + box["width"] <= width


def test_by_keyboard(visits, catalog, consultant, utility):
    page = visits(consultant, "/gap-analyses/")
    menu = page.locator(".menu").first
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(menu.get_by_role("link", name="Overview")).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="Overview")).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(utility.name)
    page.keyboard.press("Tab")
    expect(menu).not_to_have_attribute("open", "")
    page.locator(".menu summary").last.click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.locator("h1").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_opening_a_menu_moves_nothing(visits, catalog, consultant):
    page = visits(consultant, "/gap-analyses/")
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        before = page.locator("h1").bounding_box()
        for menu in page.locator(".menu summary").all():
            menu.click()
            assert page.locator("h1").bounding_box() == before
            opened = page.locator(".menu[open] .menu__list").bounding_box()
            assert opened["x"] >= 0
            assert opened["x"] + opened["width"] <= size["width"]


def test_without_a_script(visits, catalog, consultant, utility):
    page = visits(consultant, "/help/", java_script_enabled=False)
    page.locator(".menu summary").first.click()
    page.get_by_role("button", name=utility.name).click()
    expect(page).to_have_url(f"{visits.url}/help/")
    expect(page.locator(".menu__name").first).to_have_text(utility.name)
    page.get_by_role("link", name="Our system").click()
    expect(page).to_have_url(visits.url + reverse("ims:system", args=[utility.pk]))


def test_in_forced_colors_the_menu_has_an_edge(visits, catalog, consultant):
    page = visits(consultant, "/help/", forced_colors="active")
    page.locator(".menu summary").first.click()
    edge = page.locator(".menu__list").first.evaluate("one => getComputedStyle(one).borderTopWidth")
    assert edge == "1px"
