"""The team in Chromium: a meeting fills the table, someone without an account joins, a subgroup is formed."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Person, Seat, Subgroup
from tests.browser.conftest import expect_saved, look, start

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_a_meeting_fills_the_table(visits, catalog, manager, contributor, utility):
    start(utility, manager, areas=["E", "F"], operations=["water-treatment"], initiatives=[])
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Team").click()
    expect(page.get_by_text("0 of 8 functions")).to_be_visible()
    page.get_by_role("link", name="Name someone").click()
    page.get_by_label("Name").fill("Pat Night")
    page.get_by_label("Function or job title").fill("Shift lead")
    page.get_by_role("button", name="Save").click()
    seat = page.locator("#row-maintenance")
    page.get_by_label("Represented by (Maintenance)").select_option(label="Pat Night, Shift lead")
    expect(seat.get_by_text("missing", exact=True)).to_be_hidden()
    expect(page.get_by_text("1 of 8 functions")).to_be_visible()
    page.get_by_label("Represented by (Laboratory)").select_option(label="Connie Boyd")
    lab = page.locator("#row-laboratory")
    lab.get_by_text("Alternate, or no seat").click()
    page.get_by_label("Alternate (Laboratory)").select_option(label="Pat Night, Shift lead")
    expect_saved(page)
    expect(page.locator("[data-names]")).not_to_contain_text("Laboratory")
    page.reload()
    expect(page.get_by_label("Alternate (Laboratory)")).to_have_value(str(Person.objects.get(name="Pat Night").pk))
    page.get_by_role("link", name="Form a subgroup").click()
    page.get_by_label("Name").fill("CMOM")
    page.get_by_label("Lead").select_option(label="Connie Boyd")
    page.get_by_text("Pat Night").last.click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("link", name="CMOM", exact=True)).to_be_visible()
    assert [str(one) for one in Subgroup.objects.get().members.all()] == ["Pat Night"]
    assert Seat.objects.count() == 2


def test_the_pages(visits, catalog, manager, contributor, utility):
    started = start(
        utility, manager, areas=["E", "S"], operations=["water-treatment", "water-distribution-and-storage"]
    )
    assert started.utility == utility
    pat = Person.add(utility, by=manager, name="Pat Night", job="Shift lead", phone="555-0100")
    connie = Person.objects.of(utility).get(user=contributor)
    Person.add(utility, by=manager, name="Connie Boyd", email="connie@example.org")
    Seat.fill(utility, "maintenance", 0, by=manager, person=pat, alternate=connie)
    Seat.fill(utility, "purchasing", 0, by=manager, left_out="The city buys for us.")
    group = Subgroup.form(utility, by=manager, name="Water quality", purpose="Turbidity.", lead=connie, members=[pat])
    page = visits(manager, reverse("ims:team", args=[utility.pk]))
    look(page, "team")
    for name, url in (
        ("team-person", pat.get_absolute_url()),
        ("team-subgroup", group.get_absolute_url()),
        ("team-history", reverse("ims:team_history", args=[utility.pk])),
        ("team-new", reverse("ims:add_subgroup", args=[utility.pk])),
        ("team-system", reverse("ims:system", args=[utility.pk])),
    ):
        page.goto(visits.url + url)
        look(page, name)
