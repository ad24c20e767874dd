"""Ready for the auditor in Chromium: a gap, a record that serves the initiative too, the PDF and the ZIP."""

import zipfile

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from ims.models import Requirement
from reports import tasks
from tests.browser.conftest import look
from tests.pdf_ua import problems
from tests.uploads import upload

pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def queue(monkeypatch) -> list[int]:
    """The numbers of the reports that wait for a worker."""
    queue: list[int] = []
    monkeypatch.setattr("workflow.queue.send", lambda task, *args, **options: queue.extend(args) or True)
    return queue


def permit(utility, by) -> Requirement:
    made = Requirement.open_in(utility, by=by, title="Sample each outfall", areas=["E"], kind="permit")
    rows = Requirement.objects.visible_to(by)
    rows.get(pk=made.pk).attach_file(upload("Permit.pdf"), by=by)
    rows.get(pk=made.pk).move("in-force", by=by)
    return rows.get(pk=made.pk)


@pytest.mark.usefixtures("narrow")
def test_from_a_gap_to_the_zip(visits, catalog, manager, utility, queue, tmp_path):
    proof = permit(utility, manager)
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Ready for the auditor").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ready for the auditor")
    look(page, "auditor-choose")
    page.get_by_role("link", name="ISO 14001", exact=True).click()
    page.get_by_text("Only gaps", exact=True).click()
    page.get_by_role("button", name="Show").click()
    gap = page.get_by_role("region", name="Legal and other requirements")
    expect(gap.get_by_text("Nothing proves this yet.")).to_be_visible()
    look(page, "auditor-gaps")
    gap.get_by_role("link", name="1 record serves this element but does not name ISO 14001").click()
    look(page, "auditor-others")
    page.get_by_role("button", name="It serves ISO 14001 too").press("Enter")
    expect(page.get_by_text(f"{proof.number} Sample each outfall now serves ISO 14001 too.")).to_be_visible()
    expect(page.get_by_text("Proven by 1 record.")).to_be_visible()
    page.get_by_role("link", name="Back to all asks of ISO 14001").click()
    expect(gap.get_by_text("Nothing proves this yet.")).to_have_count(0)
    expect(gap.get_by_role("link", name=proof.number)).to_be_visible()
    ready = page.url
    for button, ending in (("Create PDF", "pdf"), ("ZIP with the files", "zip")):
        page.goto(ready)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Index for the auditor: ISO 14001")
        while queue:
            tasks.make(queue.pop(0))
        page.reload()
        with page.expect_download() as downloaded:
            page.get_by_role("link", name="Download").click()
        downloaded.value.save_as(tmp_path / f"index.{ending}")
    assert problems(tmp_path / "index.pdf") == []
    with zipfile.ZipFile(tmp_path / "index.zip") as archive:
        names = [name for name in archive.namelist() if "/" in name]
    assert names == [f"files/04-legal-and-other-requirements/{proof.number} Permit.pdf"]
    page.goto(ready)
    expect(page.get_by_role("heading", name="What was created before")).to_be_visible()
    look(page, "auditor-ready")
