"""Readiness in Chromium: three people rate alone, look together, and a weak factor becomes an action."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Action, Person, ReadinessRating, ReadinessRound, Seat
from ims.team.readiness.factors import factors
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_three_people_rate_alone_and_look_together(visits, catalog, manager, contributor, viewer, utility):
    people = {person.user_id: person for person in Person.objects.of(utility)}
    Seat.fill(utility, "finance", 0, by=manager, person=people[manager.pk], alternate=people[contributor.pk])
    Seat.fill(utility, "maintenance", 0, by=manager, person=people[viewer.pk])
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Readiness").click()
    page.get_by_role("button", name="Begin").click()
    for user, values in ((manager, ["2", "4"]), (contributor, ["3", "5"]), (viewer, ["1", "1"])):
        own = page if user == manager else visits(user, "/")
        own.goto(visits.url + ReadinessRound.objects.get().get_absolute_url())
        own.get_by_role("link", name="Rate", exact=True).click()
        for slug, value in zip(factors(), values, strict=False):
            own.locator(f"#row-{slug} label").filter(has_text=value).click()
        own.locator("#row-strategic-plan").get_by_label("Remark").fill(f"Said by {user.pk}.")
        expect_saved(own)
        own.get_by_role("link", name="Done").click()
        expect(own.get_by_text("2 of 9").first).to_be_visible()
        expect(own.get_by_text("Said by")).to_have_count(0)
    page.reload()
    page.get_by_role("button", name="Show the ratings together").click()
    expect(page.get_by_text("You disagree most about:")).to_be_visible()
    expect(page.get_by_text("Management commitment, rated from 1 to 5")).to_be_visible()
    weak = page.locator("#row-strategic-plan")
    expect(weak.get_by_text("Said by")).to_have_count(3)
    weak.get_by_role("link", name="Make it an action").click()
    expect(page.get_by_label("Title")).to_have_value("Agree on five to ten measurable objectives in a strategic plan")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(Action.objects.get().title)
    page.get_by_role("link", name="A strategic plan with few").click()
    expect(weak.get_by_role("link", name="PRG-")).to_be_visible()
    barrier = page.locator("#row-paperwork")
    response = barrier.locator("label").filter(has_text="Use documentation to keep knowledge")
    expect(response).to_be_hidden()
    barrier.get_by_text("It applies to us").click()
    expect(barrier.get_by_role("link", name="Make it an action")).to_have_count(0)
    response.click()
    expect_saved(page)
    barrier.get_by_role("link", name="Make it an action").click()
    expect(page.get_by_label("Title")).to_have_value("Write down the procedures that only a few people know")


def test_the_pages(visits, catalog, manager, contributor, viewer, utility):
    people = list(Person.objects.of(utility)) + [Person.add(utility, by=manager, name="Pat Night")]
    Seat.fill(utility, "finance", 0, by=manager, person=people[0], alternate=people[1])
    Seat.fill(utility, "maintenance", 0, by=manager, person=people[2], alternate=people[3])
    page = visits(manager, reverse("ims:readiness", args=[utility.pk]))
    look(page, "readiness-none")
    for name, shift in (("Readiness 2025", 1), ("Readiness 2026", 0)):
        made = ReadinessRound.begin(utility, by=manager, name=name)
        for n, person in enumerate(people):
            for at, slug in enumerate(factors()):
                value = (n * at + at + 3 * n) % 6 if n < 3 else max(1, 4 - shift - at % 3)
                note = "We plan, but nobody measures." if (n, at) == (1, 2) else ""
                ReadinessRating.give(made, person, slug, 0, by=manager, value=value, note=note)
        made = ReadinessRound.objects.visible_to(manager).get(pk=made.pk)
        if shift:
            made.show(by=manager)
    for path, name in (
        (made.get_absolute_url(), "readiness-rating"),
        (reverse("ims:rate", args=[utility.pk, made.pk, people[1].pk]), "readiness-rate"),
    ):
        page.goto(visits.url + path)
        look(page, name)
    made.points.filter(slug="reluctance").update(applies=True, responses=["long-term"], own="Coffee with crews.")
    made.show(by=manager)
    page.goto(visits.url + made.get_absolute_url())
    look(page, "readiness-together")
    made.points.get(slug="reluctance").history.create(
        by=manager, before={"applies": False, "responses": []}, after={"applies": True, "responses": ["long-term"]}
    )
    page.get_by_role("link", name="History of the barriers").click()
    expect(page.get_by_text("What we do about it")).to_be_visible()
    look(page, "readiness-history")
