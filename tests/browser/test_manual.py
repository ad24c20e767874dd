"""The system manual in Chromium: own words, a first edition, a policy that is replaced, and a second edition."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.models import ManualEdition, Statement, Unit
from reports.models import Report
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")
TODAY = timezone.localdate()
SIGNED = {"signed_by": "The board", "signed_on": TODAY}


def seen(record, user):
    return Statement.objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def policy(catalog, utility, manager) -> Statement:
    text = "We protect the river.\n\nWe comply with our permits, and we get better every year."
    made = Statement.open_in(utility, by=manager, title="Environmental policy", text=text, areas=["E"], every=12)
    seen(made, manager).move("in-force", by=manager, **SIGNED)
    return seen(made, manager)


@pytest.mark.usefixtures("narrow")
def test_from_own_words_to_a_second_edition(visits, policy, manager, utility):
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="System manual").click()
    page.get_by_role("link", name="Write the introductions in your own words").click()
    page.get_by_label("In your own words: Policy statements").fill("The board signs each policy.")
    expect_saved(page)
    look(page, "manual-words")
    page.get_by_role("link", name="System manual").click()
    expect(page.get_by_role("article", name="Policy statements")).to_contain_text("The board signs each policy.")
    page.get_by_label("Who approves it").fill("The board of directors")
    page.get_by_role("button", name="Issue edition 1").click()
    expect(page.get_by_text("Edition 1 was issued.")).to_be_visible()
    expect(page.get_by_role("article", name="Policy statements")).to_contain_text("We protect the river.")

    draft = seen(policy.begin_next(by=manager), manager)
    draft.change(draft.version, by=manager, text="We protect the river and the bay.")
    seen(draft, manager).move("in-force", by=manager, **SIGNED)
    Unit.open_in(utility, by=manager, title="Lift stations")
    page.get_by_role("link", name="The manual as of now").click()
    changes = page.get_by_role("region", name="What changed since edition 1")
    expect(changes).to_contain_text(f"gone {policy.number} Environmental policy: Replaced.")
    expect(changes).to_contain_text("new UNIT-")
    look(page, "manual")
    page.get_by_role("link", name="Environment", exact=True).click()
    expect(page.get_by_role("heading", name="System manual: Environmental performance")).to_be_visible()
    page.get_by_role("link", name="All areas").click()
    page.get_by_role("button", name="Issue edition 2").click()
    page.get_by_label("Who approves it").fill("The board of directors")
    page.get_by_label("What this edition is about").fill("The bay is in the policy now.")
    page.get_by_role("button", name="Issue edition 2").click()
    expect(page.get_by_text("Edition 2 was issued.")).to_be_visible()
    look(page, "manual-edition")
    page.get_by_role("button", name="Create PDF").click()
    expect(page.get_by_role("heading", name="System manual, edition 2")).to_be_visible()
    assert list(ManualEdition.objects.order_by("number").values_list("number", flat=True)) == [1, 2]
    assert Report.objects.get().object_id == ManualEdition.objects.get(number=2).pk
