"""Asking, waiting, the list, fetching and deleting, in the browser."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership
from files.models import StoredFile
from reports.models import Report
from tests.factories import UserFactory
from tests.reports import slow_kind


def request_url(utility) -> str:
    return reverse("reports:request", args=[slow_kind.NAME, utility.pk])


def page(name: str, report: Report) -> str:
    return reverse(f"reports:{name}", args=[report.pk])


def poll(browser, report: Report, seen: str = ""):
    return browser.get(page("report", report), {"seen": seen}, headers={"HX-Request": "true"})


# --- Asking


def test_a_viewer_asks_and_is_led_to_the_waiting_page(kind, no_broker, as_, viewer, utility):
    answer = as_(viewer).post(request_url(utility))
    report = Report.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == page("report", report)
    assert (report.requested_by, report.object_id, report.status) == (viewer, utility.pk, "requested")
    assert report.title == f"Test report of {utility}"


def test_a_double_click_asks_once(kind, no_broker, as_, viewer, utility):
    browser = as_(viewer)
    first, second = browser.post(request_url(utility)), browser.post(request_url(utility))
    assert first["Location"] == second["Location"]
    assert Report.objects.count() == 1


def test_a_finished_report_can_be_asked_for_anew_and_by_another_person(report, done, as_, viewer, manager, utility):
    done(report)
    as_(viewer).post(request_url(utility))
    as_(manager).post(request_url(utility))
    assert Report.objects.count() == 3


def test_a_stranger_can_not_ask(kind, as_, stranger, utility):
    assert as_(stranger).post(request_url(utility)).status_code == 404
    assert not Report.objects.exists()


@pytest.mark.parametrize("place", [("no-such-kind", 1), (slow_kind.NAME, 2**63)])
def test_what_does_not_exist_can_not_be_asked_for(kind, as_, viewer, place):
    assert as_(viewer).post(reverse("reports:request", args=place)).status_code == 404


def test_asking_is_a_post(kind, as_, viewer, utility):
    assert as_(viewer).get(request_url(utility)).status_code == 405


@pytest.mark.parametrize("name", ["report", "again", "delete", "download"])
def test_who_is_not_signed_in_is_asked_to(report, client, name):
    answer = client.post(page(name, report))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


def test_each_type_of_file_is_asked_for_once(kind, no_broker, as_, viewer, utility):
    kind(in_word=True)
    browser = as_(viewer)
    for file_type in ("docx", "docx", "pdf"):
        browser.post(request_url(utility), {"file_type": file_type})
    assert list(Report.objects.order_by("pk").values_list("file_type", flat=True)) == ["docx", "pdf"]


@pytest.mark.parametrize("file_type", ["docx", "xlsx", "zip", "", "PDF"])
def test_a_type_of_file_that_the_kind_does_not_offer(kind, as_, viewer, utility, file_type):
    assert as_(viewer).post(request_url(utility), {"file_type": file_type}).status_code == 404
    assert not Report.objects.exists()


# --- The broker


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_is_away_holds_nothing_up(kind, no_broker, as_, viewer, utility):
    browser = as_(viewer)
    answer = browser.post(request_url(utility), follow=True)
    report = Report.objects.get()
    assert report.queued_at is None
    assert "Your request was saved" in answer.text
    assert "is not available right now" in answer.text
    Report.objects.unsent().publish()  # still away
    report.refresh_from_db()
    assert (report.status, report.queued_at) == ("requested", None)


def test_what_was_sent_is_noted(kind, utility, viewer, sent_tasks, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        report = Report.request(slow_kind.NAME, utility, viewer)
    assert [(sent.task, sent.args) for sent in sent_tasks] == [("reports.tasks.make", (report.pk,))]
    report.refresh_from_db()
    assert report.queued_at is not None
    Report.objects.unsent().publish()
    assert len(sent_tasks) == 1  # on its way: not sent again yet


# --- Waiting


def test_the_waiting_page_says_how_far_it_is(report, as_, viewer):
    browser = as_(viewer)
    assert "in the queue" in browser.get(page("report", report)).text
    report.start()
    report.heartbeat(30, "Laying out pages")
    text = browser.get(page("report", report)).text
    assert 'max="100" value="30"' in text
    assert "Laying out pages" in text
    assert 'hx-trigger="every 2s"' in text
    assert "Refresh" in text


def test_polling_gets_only_what_is_new(report, as_, viewer):
    browser = as_(viewer)
    first = poll(browser, report)
    assert first.status_code == 200
    assert "<html" not in first.text
    assert f'value="{report.seen}"' in first.text
    assert poll(browser, report, report.seen).status_code == 204


def test_polling_ends_with_the_download(report, done, as_, viewer):
    seen = report.seen
    done(report)
    browser = as_(viewer)
    answer = poll(browser, report, seen)
    assert answer.status_code == 286
    assert page("download", report) in answer.text
    assert "hx-trigger" not in browser.get(page("report", report)).text


def test_a_failure_says_what_happened_and_offers_to_try_again(report, as_, viewer):
    report.start()
    report.fail("The <b>printer</b> is tired.")
    browser = as_(viewer)
    text = browser.get(page("report", report)).text
    assert "The &lt;b&gt;printer&lt;/b&gt; is tired." in text
    assert "Your data was not changed or lost" in text
    assert browser.get(page("again", report)).status_code == 405
    answer = browser.post(page("again", report), follow=True)
    report.refresh_from_db()
    assert report.status == "requested"
    assert "Your request was saved" in answer.text


def test_trying_again_twice_is_no_error(report, as_, viewer):
    report.start()
    report.fail("It broke.")
    browser = as_(viewer)
    browser.post(page("again", report))
    answer = browser.post(page("again", report), follow=True)
    assert "already requested again" in answer.text
    assert report.events.filter(to_status="requested").count() == 1


def test_trying_again_needs_access_still(report, as_, viewer):
    report.start()
    report.fail("It broke.")
    Membership.objects.filter(user=viewer).delete()
    assert as_(viewer).post(page("again", report)).status_code == 404


def test_a_report_given_back_says_so(report, silent, as_, viewer):
    report.start()
    silent(report)
    Report.objects.abandoned().requeue()
    assert "will be restarted" in as_(viewer).get(page("report", report)).text


# --- The list


def test_the_list_shows_my_reports_only(report, done, as_, viewer, manager, utility):
    done(report)
    other = Report.request(slow_kind.NAME, utility, manager)
    text = as_(viewer).get(reverse("reports:list")).text
    assert page("download", report) in text
    assert page("report", other) not in text


def test_the_list_filters_by_status(report, as_, viewer):
    browser = as_(viewer)
    assert report.title in browser.get(reverse("reports:list"), {"status": "requested"}).text
    assert "No reports match these filters" in browser.get(reverse("reports:list"), {"status": "done"}).text
    assert report.title in browser.get(reverse("reports:list"), {"status": "nonsense"}).text


def test_an_empty_list_says_where_to_begin(as_, viewer):
    assert "There are no reports yet" in as_(viewer).get(reverse("reports:list")).text


def several(viewer, count: int) -> None:
    """Failed ones, which may be many for one object."""
    common = {"kind": "k", "object_id": 1, "requested_by": viewer, "status": "failed", "finished_at": timezone.now()}
    Report.objects.bulk_create([Report(title=f"No. {number}", **common) for number in range(count)])


def test_the_list_asks_the_database_as_much_for_many_as_for_few(as_, viewer):
    browser = as_(viewer)
    counts = []
    for count in (1, 3, 40):
        Report.objects.all().delete()
        several(viewer, count)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(reverse("reports:list"))
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
    assert counts[0] <= 7


def test_the_list_has_pages(as_, viewer):
    several(viewer, 30)
    browser = as_(viewer)
    first = browser.get(reverse("reports:list"), {"status": "failed"}).text
    assert "30 of 30 reports, 1 to 25 on this page" in first
    assert "?status=failed&amp;page=2" in first
    assert browser.get(reverse("reports:list"), {"page": 2}).text.count('scope="row">') == 5


def test_the_waiting_page_takes_few_queries(report, as_, viewer, django_assert_max_num_queries):
    browser = as_(viewer)
    with django_assert_max_num_queries(4):
        browser.get(page("report", report))


# --- Fetching and deleting


def test_a_download_is_the_file(report, done, as_, viewer):
    done(report)
    answer = as_(viewer).get(page("download", report))
    assert b"".join(answer.streaming_content) == b"%PDF-1.7 made"
    answer.close()
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="Report.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_nothing_to_download_before_it_is_done(report, as_, viewer):
    assert as_(viewer).get(page("download", report)).status_code == 404


def test_who_lost_access_can_not_download(report, done, as_, viewer):
    done(report)
    Membership.objects.filter(user=viewer).delete()
    assert as_(viewer).get(page("download", report)).status_code == 404


@pytest.mark.parametrize("name", ["report", "again", "delete", "download"])
def test_a_report_is_for_the_one_who_asked(report, done, as_, manager, stranger, name):
    done(report)
    for person in (manager, stranger):
        browser = as_(person)
        ask = browser.post if name in ("again", "delete") else browser.get
        assert ask(page(name, report)).status_code == 404
    assert Report.objects.filter(pk=report.pk, status="done").exists()


def test_deleting_asks_once_and_takes_the_file_along(
    report, done, as_, viewer, settings, django_capture_on_commit_callbacks
):
    done(report)
    browser = as_(viewer)
    assert "Delete this report?" in browser.get(page("delete", report)).text
    assert Report.objects.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(page("delete", report), follow=True)
    assert "was deleted" in answer.text
    assert not Report.objects.exists()
    assert not StoredFile.objects.exists()
    assert not [path for path in (settings.LOCAL_DIR / "files").rglob("*") if path.is_file()]


def test_deleting_sees_a_file_that_came_meanwhile(report, done):
    stale = Report.objects.get(pk=report.pk)
    done(report)
    stale.discard()
    stale.discard()  # twice is no error
    assert not StoredFile.objects.exists()


# --- Administration


def test_staff_look_at_reports_and_change_nothing(report, done, as_, admin_user):
    done(report)
    browser = as_(admin_user)
    listed = browser.get(reverse("admin:reports_report_changelist"), {"status__exact": "done"})
    assert report.title in listed.text
    shown = browser.get(reverse("admin:reports_report_change", args=[report.pk]))
    assert "requested → running" in shown.text
    assert 'name="_save"' not in shown.text
    assert browser.post(reverse("admin:reports_report_change", args=[report.pk]), {"title": "x"}).status_code == 403
    assert browser.post(reverse("admin:reports_report_delete", args=[report.pk]), {"post": "yes"}).status_code == 403
    assert browser.get(reverse("admin:reports_report_add")).status_code == 403


def test_the_administration_is_not_for_members(report, as_, manager):
    assert as_(manager).get(reverse("admin:reports_report_changelist")).status_code == 302


def test_the_administrations_list_takes_as_many_queries_for_many(as_, admin_user):
    browser = as_(admin_user)
    counts = []
    for count in (1, 3):
        Report.objects.all().delete()
        for person in UserFactory.create_batch(count):
            several(person, 1)
        with CaptureQueriesContext(connection) as queries:
            browser.get(reverse("admin:reports_report_changelist"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
