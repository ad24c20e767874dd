"""A bundle's pages: how far it is, what could not be made and how to make it; for its person only."""

import pytest
from django.db import connection
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from reports.models import Report
from tests.reports import bundle_kind
from workflow.waiting import waiting_for

PAGES = ["report", "again", "delete", "download"]


def page(name: str, report: Report) -> str:
    return reverse(f"reports:{name}", args=[report.pk])


def fresh(report: Report) -> Report:
    return Report.objects.get(pk=report.pk)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_it_is_asked_for_as_any_report(bundle_kinds, queue, as_, viewer, stranger, utility):
    address = reverse("reports:request", args=[bundle_kind.NAME, utility.pk])
    assert as_(stranger).post(address).status_code == 404
    browser = as_(viewer)
    first, second = browser.post(address), browser.post(address)
    assert first["Location"] == second["Location"] == page("report", Report.objects.get())
    assert browser.get(address).status_code == 405


def test_the_waiting_page_counts(bundle, work, broken, as_, viewer):
    browser = as_(viewer)
    work(3)
    text = browser.get(page("report", bundle)).text
    assert "1 of 6 created, 1 failed" in text
    assert 'max="100" value="33"' in text
    assert 'hx-trigger="every 2s"' in text
    polled = browser.get(page("report", bundle), {"seen": fresh(bundle).seen}, headers={"HX-Request": "true"})
    assert polled.status_code == 204
    seen = fresh(bundle).seen
    work(1)
    polled = browser.get(page("report", bundle), {"seen": seen}, headers={"HX-Request": "true"})
    assert polled.status_code == 200
    assert "2 of 6 created, 1 failed" in polled.text
    fresh(bundle).parts.update(status="failed", file=None)
    work.sweep()
    assert "in the queue" in browser.get(page("report", bundle)).text
    together = fresh(bundle)
    together.start()
    together.heartbeat(30, "Combining 2 of 6")
    text = browser.get(page("report", bundle)).text
    assert "Combining your documents" in text
    assert "Combining 2 of 6" in text


def test_a_whole_one_is_a_zip(bundle, work, as_, viewer):
    work()
    text = flat(as_(viewer).get(page("report", bundle)).text)
    assert "Your documents are ready" in text
    assert "Download ZIP" in text
    assert "with 6 documents" in text
    assert "failed" not in text
    assert "Create missing documents" in text


def test_what_could_not_be_made_is_named_with_one_button(bundle, work, broken, as_, viewer):
    work()
    broken.name = "<b>Mended</b>"
    broken.save()
    browser = as_(viewer)
    text = browser.get(page("report", bundle)).text
    assert "4 of 6 documents are ready" in text
    assert "<li>Letter: Letter to Broken<small>Something went wrong" in text
    assert text.count("Create missing documents") == 1
    assert browser.get(page("again", bundle)).status_code == 405
    answer = browser.post(page("again", bundle), follow=True)
    assert fresh(bundle).status == "requested"
    assert "Your request was saved" in answer.text
    assert "already requested again" in browser.post(page("again", bundle), follow=True).text
    fresh(bundle).publish()
    work()
    assert "Your documents are ready" in browser.get(page("report", bundle)).text


def test_one_that_failed_offers_the_same(bundle, work, several, as_, viewer):
    for utility in several:
        utility.name = f"Broken & {utility.name}"
        utility.save()
    work()
    text = as_(viewer).get(page("report", bundle)).text
    assert "The documents couldn’t be created" in text
    assert "Letter: Letter to Broken &amp; Aldrich" in text
    assert text.count("Create missing documents") == 1
    assert "Download" not in text


def test_only_a_hundred_failures_are_listed(bundle, work, as_, viewer):
    work()
    failed = {"parent": bundle, "requested_by": viewer, "status": "failed", "error": "It broke.", "kind": "x"}
    Report.objects.bulk_create([Report(title=f"No. {n}", object_id=n, order=n, **failed) for n in range(120)])
    text = as_(viewer).get(page("report", bundle)).text
    assert text.count("<small>It broke.") == 100
    assert "Only the first 100 are shown" in text


@pytest.mark.parametrize("name", PAGES)
def test_nobody_else_gets_it(bundle, work, as_, manager, stranger, name):
    work()
    for person in (manager, stranger):
        browser = as_(person)
        ask = browser.post if name in ("again", "delete") else browser.get
        assert ask(page(name, bundle)).status_code == 404
    assert fresh(bundle).status == "done"


@pytest.mark.parametrize("name", PAGES)
def test_a_part_has_no_page_of_its_own(bundle, work, as_, viewer, name):
    work()
    browser = as_(viewer)
    ask = browser.post if name in ("again", "delete") else browser.get
    assert ask(page(name, bundle.parts.first())).status_code == 404


def test_parts_are_in_no_list(bundle, work, broken, as_, viewer):
    browser = as_(viewer)
    work(3)
    text = browser.get(reverse("reports:list")).text
    assert text.count('scope="row"') == 1
    assert "Creating documents" in text
    work()
    for query in ({}, {"status": "failed"}, {"export": "csv"}):
        assert "Letter to" not in browser.get(reverse("reports:list"), query).content.decode()
    assert not [waiting for waiting in waiting_for(viewer) if "be created" in waiting.why]


def test_deleting_asks_once(bundle, work, as_, viewer):
    work()
    browser = as_(viewer)
    assert "Delete this report?" in browser.get(page("delete", bundle)).text
    browser.post(page("delete", bundle))
    assert not Report.objects.exists()


def test_the_page_asks_the_database_as_much_for_many_as_for_few(bundle, work, as_, viewer):
    browser = as_(viewer)
    counts = []
    for n in (1, 3, 5):
        work(n)
        with CaptureQueriesContext(connection) as captured:
            browser.get(page("report", bundle))
        counts.append(len(captured))
    work()
    with CaptureQueriesContext(connection) as captured:
        browser.get(page("report", bundle))
    assert counts[0] == counts[1] <= 5
    assert len(captured) <= 6


# --- On the page of what it is about


@pytest.fixture
def state(viewer):
    """``state(report, user)``: what a page of its object shows of it."""

    def shown(report, user=viewer) -> str:
        request = RequestFactory().get("/")
        request.user = user
        return flat(render_to_string("reports/_state.html", {"report": report}, request))

    return shown


def test_a_page_shows_how_far_the_latest_is(bundle, work, broken, state, utility):
    def latest() -> Report | None:
        return Report.objects.latest_of(bundle_kind.NAME, utility.pk)

    assert ">In the queue<" in state(latest())
    work(3)
    assert page("report", bundle) in state(latest())
    assert "Creating documents, 33%" in state(latest())
    work()
    assert ">Ready<" in state(latest())
    assert "2 failed" in state(latest())


def test_another_person_reads_who_has_it(bundle, state, viewer, manager):
    text = state(bundle, manager)
    assert f"requested by {viewer}" in text
    assert page("report", bundle) not in text


def test_nothing_is_shown_before_the_first(state):
    assert state(None) == ""


def test_staff_see_its_parts(bundle, work, as_, admin_user):
    work()
    browser = as_(admin_user)
    listed = browser.get(reverse("admin:reports_report_changelist"), {"parent__isempty": "1"})
    assert listed.context["cl"].result_count == 1
    shown = browser.get(reverse("admin:reports_report_change", args=[bundle.parts.order_by("order").first().pk])).text
    assert "Letters/Letter to Aldrich.pdf" in shown
