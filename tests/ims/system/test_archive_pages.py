"""The page of the archive: who may, what it shows, and what a worker does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role
from files.models import StoredFile
from ims.models import Action, ArchiveImport, Record
from ims.system.archive import unpacking
from ims.system.archive.opening import Refused
from ims.tasks import forget_archives
from ims.tasks import take_in as worker
from reports import tasks
from reports.models import Report
from tests.conftest import main_of
from tests.factories import MembershipFactory
from tests.ims.system.archive_parts import changed, data_in, keep, upload
from workflow.models import WrongState

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]


@pytest.fixture
def browser(request, as_):
    return lambda role: Client() if role == "nobody" else as_(request.getfixturevalue(role))


def page_of(utility) -> str:
    return reverse("ims:archive", args=[utility.pk])


@pytest.mark.parametrize("role", ROLES)
def test_who_may(content, filled, utility, manager, browser, role):
    """Everyone reads what it is; only managers take it and bring it back."""
    expected = {"stranger": 404, "former": 404, "nobody": 302}
    by = browser(role)
    assert by.get(page_of(utility)).status_code == expected.get(role, 200)
    wanted = by.post(reverse("reports:request", args=["archive", utility.pk]))
    assert wanted.status_code == (302 if role in ("manager", "nobody") else 404)
    assert Report.objects.filter(kind="archive").exists() == (role == "manager")
    kept = ArchiveImport.objects.create(utility=utility, by=manager, name="x.zip", file=a_file(manager))
    may_not = {"manager": 302} | dict.fromkeys(("contributor", "advisor", "viewer"), 403) | expected
    for name in ("confirm_archive", "discard_archive"):
        assert by.post(reverse(f"ims:{name}", args=[utility.pk, kept.pk])).status_code == may_not[role], name
    assert ArchiveImport.objects.filter(pk=kept.pk, confirmed_at=None).exists() == (role != "manager")
    sent = by.post(reverse("ims:bring_archive", args=[utility.pk]), {"file": upload(content)})
    assert sent.status_code == (422 if role == "manager" else may_not[role])  # it is not empty
    if role == "manager":  # who removed it
        kept = ArchiveImport.objects.create(utility=utility, by=manager, name="x.zip", file=a_file(manager))
    read = by.get(reverse("ims:coming_back", args=[utility.pk, kept.pk])).status_code
    assert read == ({"manager": 200} | dict.fromkeys(("contributor", "advisor", "viewer"), 403) | expected)[role]


def a_file(by):
    return StoredFile.keep_made("x.zip", "application/zip", b"PK", by=by)


def test_out_and_in_by_the_pages(content, filled, empty, manager, as_, sent_tasks, django_capture_on_commit_callbacks):
    browser = as_(manager)
    shown = browser.post(reverse("ims:bring_archive", args=[empty.pk]), {"file": upload(content)}, follow=True)
    page = main_of(shown)
    assert "<b>6 records</b> and <b>1 file</b>" in page
    assert "2 people have the email address of a member here" in page
    assert not Record.objects.filter(utility=empty).exists()
    kept = ArchiveImport.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        waiting = browser.post(reverse("ims:confirm_archive", args=[empty.pk, kept.pk]), follow=True)
    assert "It is being imported" in waiting.text
    [sent] = [each for each in sent_tasks if each.task == "ims.tasks.take_in"]
    worker(*sent.args)
    worker(*sent.args)  # the queue may deliver it twice
    assert Record.objects.filter(utility=empty).count() == 6
    done = browser.get(kept.get_absolute_url(), headers={"HX-Request": "true"})
    assert (done.status_code, "Everything is here" in done.text) == (286, True)
    kept.refresh_from_db()
    assert (kept.file, kept.state) == (None, "done")


def confirmed(kept, by):
    kept.confirm(by=by)
    return kept


def test_a_worker_that_fails_says_why_and_leaves_nothing(content, empty, manager, everything, monkeypatch, caplog):
    kept = confirmed(keep(empty, content, manager), manager)
    monkeypatch.setattr(unpacking._Unpacking, "_verify", lambda self: 1 / 0)
    worker(kept.pk)
    kept.refresh_from_db()
    assert kept.state == "failed"
    assert str(kept.pk) in kept.error
    assert not Record.objects.filter(utility=empty).exists()
    monkeypatch.undo()
    worker(confirmed(keep(empty, content, manager), manager).pk)
    assert Record.objects.filter(utility=empty).exists()


def test_who_is_no_manager_any_more_takes_nothing_in(content, empty, manager, contributor):
    kept = confirmed(keep(empty, content, manager), manager)
    Membership.objects.filter(utility=empty, user=contributor).update(role=Role.MANAGER)
    Membership.objects.filter(utility=empty, user=manager).update(role=Role.VIEWER)
    worker(kept.pk)
    kept.refresh_from_db()
    assert "no longer a manager" in kept.error
    assert not Record.objects.filter(utility=empty).exists()


def test_what_was_entered_meanwhile_is_not_mixed_up(content, empty, manager):
    kept = confirmed(keep(empty, content, manager), manager)
    Action.open_in(empty, by=manager, title="Entered meanwhile")
    worker(kept.pk)
    kept.refresh_from_db()
    assert "already" in kept.error
    assert Record.objects.filter(utility=empty).count() == 1


def test_one_at_a_time(content, empty, manager):
    first = keep(empty, content, manager)
    second = keep(empty, content, manager)  # nobody confirmed the first
    assert not ArchiveImport.objects.filter(pk=first.pk).exists()
    second.confirm(by=manager)
    with pytest.raises(Refused, match="already"):
        keep(empty, content, manager)
    second.discard()  # no worker has it yet
    with pytest.raises(WrongState):
        second.confirm(by=manager)
    worker(second.pk)
    assert not Record.objects.filter(utility=empty).exists()


def test_what_nobody_confirms_is_forgotten_after_a_week(content, empty, manager):
    kept = keep(empty, content, manager)
    for days, stays in ((6, True), (8, False)):
        ArchiveImport.objects.filter(pk=kept.pk).update(at=timezone.now() - timedelta(days=days))
        forget_archives()
        assert ArchiveImport.objects.exists() == stays
    assert not StoredFile.objects.filter(name="everything.zip").exists()


def test_a_wrong_upload_is_explained(content, empty, manager, as_, settings):
    send = reverse("ims:bring_archive", args=[empty.pk])
    for sent, words in [
        (upload(b"not a zip"), "damaged"),
        (upload(changed(content, lambda data: data.update(version=9))), "newer Headworks"),
    ]:
        answer = as_(manager).post(send, {"file": sent})
        assert (answer.status_code, words in answer.text) == (422, True)
    assert as_(manager).post(send, {"file": "text"}).status_code == 422
    settings.ARCHIVE_MAX_BYTES = 100
    answer = as_(manager).post(send, {"file": upload(content)})
    assert (answer.status_code, "larger than" in answer.text) == (422, True)
    assert not ArchiveImport.objects.exists()


def test_only_who_requested_it_downloads_it(filled, utility, manager, own_folder, as_, sent_tasks):
    other = MembershipFactory(utility=utility, user__email="second@example.org").user
    report = Report.request("archive", utility, manager)
    tasks.make(report.pk)
    report.refresh_from_db()
    assert (report.status, report.format) == ("done", "ZIP")
    download = reverse("reports:download", args=[report.pk])
    got = as_(manager).get(download)
    data = data_in(b"".join(got.streaming_content))
    assert data["utility"] == str(utility)
    assert data["tables"]["ims.contact"][0]["said"] == "It smells."
    for user in (other, manager):
        if user == manager:
            Membership.objects.filter(utility=utility, user=manager).update(role=Role.VIEWER)
        assert as_(user).get(download).status_code == 404
        assert as_(user).get(page_of(utility)).status_code == 200


def test_the_page_asks_the_database_little(filled, empty, manager, as_):
    for utility in (filled, empty):
        browser = as_(manager)
        browser.get(page_of(utility))
        with CaptureQueriesContext(connection) as asked:
            browser.get(page_of(utility))
        assert len(asked) <= 15
