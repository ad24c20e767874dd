"""A group in Chromium: it asks a utility, whose manager agrees; figures are seen side by side; the utility leaves."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.groups import GroupUtility, UtilityGroup
from accounts.models import Membership
from ims.models import Measure, Objective
from tests.browser.conftest import answer_all, look, start
from tests.factories import MembershipFactory

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def others(manager) -> list[Membership]:
    """The managers of two utilities with an analysis and records, as yet in no group."""
    made = []
    for name in ("Alder Creek Water District", "City of Birch Falls"):
        member = MembershipFactory(utility__name=name)
        analysis = start(member.utility, member.user)
        answer_all(analysis, member.user)
        analysis.complete(by=member.user)
        Objective.open_in(member.utility, by=member.user, title="Cut overflows")
        Measure.open_in(member.utility, by=member.user, title="Overflows", target=4)
        made.append(member)
    return made


@pytest.mark.usefixtures("narrow")
def test_from_asking_to_leaving(visits, catalog, others, stranger, manager, utility):
    page = visits(stranger, reverse("accounts:list"))
    page.get_by_role("link", name="Create a group").click()
    look(page, "group-new")
    page.get_by_label("Name").fill("Utilities of the upper valley")
    page.get_by_label("Kind").select_option("County")
    page.get_by_role("button", name="Create group").click()
    page.get_by_label("Name, city, state or number").fill("Riverbend Water and Sewer")
    page.get_by_role("button", name="Search", exact=True).last.click()
    page.get_by_role("button", name="Ask Riverbend Water and Sewer to join").first.click()
    expect(page.get_by_text("Managers of Riverbend Water and Sewer see")).to_be_visible()
    page.get_by_label("Email of the person").fill("somebody@example.org")
    page.get_by_role("button", name="Invite").click()
    expect(page.get_by_text("somebody@example.org").first).to_be_visible()
    look(page, "group-members")

    mine = visits(manager, "/")
    mine.get_by_role("link", name="Review").first.click()
    expect(mine.get_by_text("What a group would see of you today")).to_be_visible()
    look(mine, "group-asks")
    mine.get_by_role("button", name="Agree").click()
    expect(mine.get_by_text("sees the figures of Riverbend")).to_be_visible()

    group = UtilityGroup.objects.visible_to(stranger).get()
    for other in others:
        group.ask(other.utility, by=stranger)
        group.utilities.get(utility=other.utility).answer(GroupUtility.Status.AGREED, by=other.user)
    page.goto(visits.url + reverse("accounts:group", args=[group.pk]))
    expect(page.get_by_role("row")).to_have_count(4)
    look(page, "group")

    mine.get_by_role("button", name="Leave now").click()
    expect(mine.get_by_text("sees nothing of it")).to_be_visible()
    page.reload()
    expect(page.get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("rowheader", name="Riverbend Water and Sewer")).to_have_count(0)
