"""An administrator keeps the catalog in Chromium: edits, looks, drafts, publishes, sees who changed what, goes back."""

import pytest
import yaml
from django.urls import reverse
from playwright.sync_api import expect

from initiatives import exchange
from initiatives.models import Initiative
from tests.browser.conftest import look as look_with_axe
from tests.keeping import address, make_administrator

pytestmark = pytest.mark.usefixtures("visits")
OLD, NEW = "Looks at what may overflow.", "Looks at what may overflow, and at what it costs."


SMALLEST = """() => [...document.querySelectorAll("body *")]
    .filter((part) => [...part.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .filter((part) => part.checkVisibility() && parseFloat(getComputedStyle(part).fontSize) < 14)
    .map((part) => `${part.tagName} ${part.className}: ${part.textContent.trim().slice(0, 40)}`)"""


def look(visits, page, name):
    """No text is smaller than 14 pixels. Axe copies a style sheet into the page, which the policy refuses."""
    assert visits.unexpected == []  # the page itself
    assert page.evaluate(SMALLEST) == []
    before = len(visits.problems)
    look_with_axe(page, name)
    visits.problems[before:] = [said for said in visits.problems[before:] if "inline style" not in said]


@pytest.fixture
def administrator(catalog):
    return make_administrator()


@pytest.fixture
def cmom(administrator):
    """With one version in its history."""
    cmom = Initiative.objects.get(slug="cmom")
    cmom.publish({"key_feature": OLD}, by=administrator)
    return cmom


def test_a_profile_is_edited_previewed_drafted_published_and_taken_back(visits, administrator, cmom):
    reader = visits(None, cmom.get_absolute_url())
    page = visits(administrator, address(Initiative, "changelist"))
    look(visits, page, "keeping-list")
    page.get_by_role("link", name=cmom.name).click()
    expect(page.get_by_role("button", name="Save as draft")).to_be_visible()
    look(visits, page, "keeping-form")

    # Typed and looked at: nothing is kept.
    page.get_by_label("Key feature").fill(NEW)
    page.get_by_role("group", name="How it supports Plan").get_by_label("Text").fill("Plans begin with a look around.")
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Preview in a new tab").click()
    preview = opened.value
    visits.watch(preview)
    expect(preview.get_by_text("nobody else can see it")).to_be_visible()
    expect(preview.get_by_text("Plans begin with a look around.")).to_be_visible()
    look(visits, preview, "keeping-preview")
    preview.close()
    assert Initiative.objects.get(pk=cmom.pk).draft is None

    # Kept as a draft: readers see nothing of it.
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("was saved as a draft")).to_be_visible()
    expect(page.get_by_text("Published, with draft")).to_be_visible()
    expect(page.get_by_label("Key feature")).to_have_value(NEW)
    page.get_by_text("Draft changes").click()
    look(visits, page, "keeping-draft")
    reader.reload()
    expect(reader.get_by_text(OLD)).to_be_visible()
    expect(reader.get_by_text("Plans begin with a look around.")).to_have_count(0)

    # Published: readers see it.
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("was published")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text(NEW)).to_be_visible()
    expect(reader.get_by_text("Plans begin with a look around.")).to_be_visible()

    # Who changed what, and back.
    page.get_by_role("link", name="History").click()
    expect(page.locator("ins").filter(has_text="what it costs").first).to_be_visible()
    expect(page.get_by_text("changed by Ada Minton").first).to_be_visible()
    look(visits, page, "keeping-history")
    page.get_by_role("link", name="Restore this version").first.click()
    expect(page.get_by_role("button", name="Restore version")).to_be_visible()
    look(visits, page, "keeping-revert")
    page.get_by_role("button", name="Restore version").click()
    expect(page.get_by_text("was restored to the version of")).to_be_visible()
    reader.reload()
    expect(reader.get_by_text(OLD)).to_be_visible()
    expect(reader.get_by_text(NEW)).to_have_count(0)
    assert cmom.history.latest().history_change_reason.startswith("Restored the version of")


def test_the_other_pages_of_keeping(visits, administrator, cmom, analysis):
    page = visits(administrator, address(cmom, "retire"))
    look(visits, page, "keeping-retire")
    page.goto(visits.url + address(cmom, "delete"))
    look(visits, page, "keeping-in-use")
    names = ["element", "opportunity", "flow", "term", "topic", "sourcetable"]
    for name in (*(f"pdca_{name}" for name in names), "initiatives_case"):
        page.goto(visits.url + reverse(f"admin:{name}_changelist"))
        page.locator("#result_list tbody th a").first.click()
        expect(page.get_by_role("button", name="Publish")).to_be_visible()
        look(visits, page, f"keeping-{name}")
    page.goto(visits.url + address(Initiative, "add"))
    page.get_by_label("Short name").press_sequentially("EUM 2")
    expect(page.get_by_label("Slug")).to_have_value("eum-2")
    page.get_by_role("button", name="Save as draft").click()
    expect(page.get_by_text("Please correct the errors below.")).to_be_visible()
    look(visits, page, "keeping-errors")


def test_the_whole_catalog_goes_out_and_comes_in(visits, administrator, cmom, tmp_path):
    page = visits(administrator, reverse("admin:index"))
    look(visits, page, "keeping-index")
    page.get_by_role("link", name="Export or import the catalog").click()
    expect(page.get_by_role("button", name="Preview changes")).to_be_visible()
    look(visits, page, "keeping-catalog")
    with page.expect_download() as downloaded:
        page.get_by_role("link", name="Export as YAML").click()
    assert downloaded.value.path().read_bytes() == exchange.as_yaml()

    document = yaml.safe_load(exchange.as_yaml())
    other = next(row for row in document["initiatives"] if row["slug"] == "iso-14001")
    other["key_feature"] = "Words of the file."
    Initiative.objects.get(slug="iso-14001").publish({"key_feature": "Newer words."}, by=administrator)
    row = next(row for row in document["initiatives"] if row["slug"] == "cmom")
    row["key_feature"], row["plan"] = NEW, 9
    file = tmp_path / "catalog.yaml"
    for name in ("keeping-faults", "keeping-plan"):
        file.write_text(yaml.dump(document, sort_keys=False, allow_unicode=True))
        page.get_by_label("YAML or Excel file").set_input_files(file)
        page.get_by_role("button", name="Preview changes").click()
        expect(page.get_by_role("heading", name="Changes in catalog.yaml")).to_be_visible()
        if name == "keeping-plan":
            page.get_by_text("Changed:").click()
            page.locator("summary", has_text="ISO 14001").click()
        look(visits, page, name)
        if name == "keeping-faults":
            row["plan"] = 1
            page.get_by_role("link", name="Choose another file").click()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("Imported: 1 rows changed or added.")).to_be_visible()
    expect(page.get_by_text("Skipped because they changed since the export: 1.")).to_be_visible()
    assert Initiative.objects.get(slug="cmom").key_feature == NEW
    assert Initiative.objects.get(slug="iso-14001").key_feature == "Newer words."
