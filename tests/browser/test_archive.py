"""Everything of a utility as one ZIP, out of one utility and into another, in Chromium."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import Membership, Role
from files.models import StoredFile
from ims.models import Action, Objective, Record
from ims.tasks import take_in
from reports import tasks
from reports.models import Report
from tests.browser.conftest import look
from tests.factories import UtilityFactory

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_out_and_in(visits, catalog, manager, contributor, utility, tmp_path, sent_tasks):
    objective = Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles")
    action = Action.open_in(utility, by=contributor, title="Clean the sewers", objective=objective)
    action.say("Begun on Mill Street.", by=contributor)
    file = StoredFile.keep_made("Plan.txt", "text/plain", b"Twice a year.", by=manager)
    action.attachments.create(added_by=manager, file=file)
    empty = UtilityFactory(name="Millbrook")
    Membership.objects.create(user=manager, utility=empty, role=Role.MANAGER)

    visits.expected.append("422")  # the wrong file
    page = visits(manager, reverse("ims:system", args=[utility.pk]))
    page.get_by_role("link", name="Everything as one ZIP").click()
    look(page, "archive")
    page.get_by_role("button", name="Create the ZIP").click()
    tasks.make(Report.objects.get().pk)
    page.reload()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download ZIP").click()
    zipped = tmp_path / "everything.zip"
    started.value.save_as(zipped)

    page.goto(visits.url + reverse("ims:archive", args=[empty.pk]))
    page.get_by_label("Archive").set_input_files({"name": "notes.zip", "mimeType": "application/zip", "buffer": b"no"})
    page.get_by_role("button", name="Show what is in it").click()
    expect(page.get_by_text("This ZIP is damaged or not whole").first).to_be_visible()
    look(page, "archive-refused")
    page.get_by_label("Archive").set_input_files(zipped)
    page.get_by_role("button", name="Show what is in it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"An archive of {utility}")
    expect(page.get_by_text("Connie Boyd")).to_be_visible()
    look(page, "archive-shown")
    page.get_by_role("button", name="Import it").click()
    expect(page.get_by_role("heading", name="It is being imported")).to_be_visible()
    [sent] = [each for each in sent_tasks if each.task == "ims.tasks.take_in"]
    take_in(*sent.args)
    expect(page.get_by_role("heading", name="Everything is here")).to_be_visible()
    look(page, "archive-done")
    page.get_by_role("link", name="Open our system").click()
    came = Record.objects.get(utility=empty, number=action.number)
    page.goto(visits.url + came.get_absolute_url())
    expect(page.get_by_text("Connie Boyd (as an archive says)").first).to_be_visible()
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("is now “Under way”")).to_be_visible()
