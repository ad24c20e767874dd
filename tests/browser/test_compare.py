"""Initiatives compared and the map of the cycle in Chromium: to the eye, by keyboard, without scripts."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from initiatives.models import Initiative
from pdca.models import Element
from tests.browser.conftest import NARROW, WIDE, look

pytestmark = pytest.mark.usefixtures("visits")


def test_the_table_is_ticked_and_leads_side_by_side(visits):
    page = visits(None, reverse("initiatives:compare"), java_script_enabled=False)
    for slug in ("cmom", "iso-14001"):
        page.locator(f"label[for=with-{slug}]").click()
    page.get_by_role("button", name="Side by side").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("CMOM and ISO 14001")
    expect(page.get_by_role("row", name="What it does not provide")).to_contain_text(
        "A policy statement. It does not require one"
    )


def test_the_table_and_its_sorting(visits):
    page = visits(None, reverse("initiatives:compare"))
    look(page, "compare")
    hidden = page.locator(".scroll").evaluate("(table) => table.scrollWidth - table.clientWidth")
    assert hidden <= 0, "all columns are in sight"
    page.get_by_role("link", name="Check (sort ascending)").click()
    expect(page.locator("[aria-sort=ascending]")).to_contain_text("Check")
    look(page, "compare-sorted")
    page.goto(visits.url + reverse("initiatives:compare") + "?with=cmom&with=nothing")
    look(page, "compare-wrong")


def test_side_by_side(visits):
    page = visits(None, reverse("initiatives:compare") + "?with=cmom&with=iso-14001")
    look(page, "compare-two")
    four = "?with=cmom&with=iso-14001&with=gasb-34&with=qualserve"
    page.goto(visits.url + reverse("initiatives:compare") + four)
    look(page, "compare-four")


def test_who_asks_for_what(visits):
    page = visits(None, reverse("initiatives:who-asks"))
    look(page, "who-asks")
    page.locator("summary", has_text="CMOM, Policy statements").click()
    expect(page.get_by_text(Initiative.objects.get(slug="cmom").asked["policy-statements"]["text"])).to_be_visible()
    look(page, "who-asks-open")
    six = "&".join(f"with={slug}" for slug in ("cmom", "iso-14001", "gasb-34", "qualserve", "osha-vpp", "nbp-ems"))
    page.goto(visits.url + reverse("initiatives:who-asks") + f"?{six}")
    look(page, "who-asks-six")


def test_the_map_by_eye(visits):
    look(visits(None, reverse("pdca:map")), "map")


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_map_by_keyboard_and_screen_reader(visits, size):
    visits.size = size
    page = visits(None, reverse("pdca:map"))
    expected = list(Element.objects.all())
    map = page.get_by_role("group", name="Map of the cycle")
    stages = map.get_by_role("list")
    expect(stages).to_have_count(4)
    expect(map.get_by_role("listitem")).to_have_count(18)
    links = map.get_by_role("link")
    expect(links).to_have_count(36)
    links.first.focus()
    for number, element in enumerate(expected):
        focused = page.locator(":focus")
        expect(focused).to_have_attribute("href", element.get_absolute_url())
        expect(focused).to_have_accessible_name(
            f"{element.order} {element.name}{', key to alignment' if element.strategic_alignment else ''}"
        )
        expect(focused.locator(".flow__box")).to_have_css("stroke", "rgb(36, 145, 255)")
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        expect(focused).to_have_attribute("href", f"{element.get_absolute_url()}#opportunities")
        expect(focused).to_have_accessible_name(re.compile(rf"{element.name}: \d integration opportunit"))
        expect(focused.locator(".flow__box")).to_have_css("stroke", "rgb(36, 145, 255)")
        if number < 17:
            page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(expected[-1].name)
    expect(page.get_by_role("heading", name="Integration opportunities")).to_be_in_viewport()
