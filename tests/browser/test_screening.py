"""ECHO data, on the pages of the compliance staff: asked and waited for, found in files; axe finds nothing."""

from datetime import date

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from recognition.models import Application, Screening, ScreeningFinding
from recognition.tasks import ask_echo
from tests.applications import fill, whole_content
from tests.browser.conftest import look
from tests.echo_server import EchoServer, facility, water_system

PERMIT, SYSTEM = "OR00204AB", "OR4100001"
pytestmark = pytest.mark.usefixtures("visits")


@pytest.fixture
def application(at, draft, manager) -> Application:
    numbers = [PERMIT, SYSTEM, "OR00204CD"]
    fill(draft, manager, contact=whole_content()["contact"] | {"identifiers": numbers})
    return at(Application.Status.COMPLIANCE)


@pytest.fixture
def echo(settings):
    cache.clear()
    with EchoServer() as server:
        settings.ECHO_URL, settings.ECHO_PAUSE_SECONDS, settings.ECHO_WAIT_SECONDS = server.url, 0, [0, 0, 0]
        server.knows(
            facility(PERMIT, CWPQtrsWithNC="3", CWP13qtrsComplHistory="_________VVV_", CWPDateLastFea="02/28/2026"),
            water_system(SYSTEM),
        )
        yield server


def address(name: str, pk: int) -> str:
    return reverse(f"recognition:{name}", args=[pk])


def test_asking_about_one_application(visits, application, compliance, echo, sent_tasks):
    page = visits(compliance, address("compliance", application.pk))
    look(page, "echo-not-asked")
    page.get_by_role("button", name="Query ECHO now").click()
    expect(page.get_by_text("Querying ECHO", exact=True)).to_be_visible()
    look(page, "echo-asking")
    ask_echo(*sent_tasks[0].args)
    expect(page.get_by_text("Quarters with noncompliance in the last 12: 3")).to_be_visible()  # without a reload
    expect(page.get_by_text("ECHO has no record of this number.")).to_be_visible()
    page.get_by_text("Full response from ECHO").first.click()
    look(page, "echo-answered")


def test_without_javascript(visits, application, compliance, echo, sent_tasks):
    page = visits(compliance, address("compliance", application.pk), java_script_enabled=False)
    page.get_by_role("button", name="Query ECHO now").click()
    ask_echo(*sent_tasks[0].args)
    page.get_by_role("link", name="Refresh").click()
    expect(page.get_by_text("Suggests: violation or action")).to_be_visible()


def found(made: Screening, application: Application) -> None:
    row = {"NPDES_ID": PERMIT, "SINGLE_EVENT_VIOLATION_DATE": "03/04/2026", "VIOLATION_DESC": "Overflow"}
    words = ["Single event violation, March 4, 2026: Overflow"]
    quiet = ["Compliance status: No Violation Identified", "Serious violator: no"]
    history = ["Not as expected: no row for 2025 Q4."]
    facts = [
        (PERMIT, "ECHO_EXPORTER.csv", "clear", ["Compliance status: No Violation Identified"], []),
        (PERMIT, "NPDES_QNCR_HISTORY.csv", "unknown", history, []),
        (PERMIT, "NPDES_SE_VIOLATIONS.csv", "found", words, [row]),
        (SYSTEM, "ECHO_EXPORTER.csv", "clear", quiet, []),
        (SYSTEM, "SDWA_VIOLATIONS_ENFORCEMENT.csv", "unknown", ["Not in the file."], []),
    ]
    files = [
        {
            "name": name,
            "archive": "x.zip",
            "rows": 1_502_331,
            "refused": 3,
            "date": str(date(2026, 11, 14)),
            "error": "",
        }
        for name in dict.fromkeys(fact[1] for fact in facts)
    ]
    ScreeningFinding.objects.bulk_create(
        ScreeningFinding(
            screening=made,
            application=application,
            identifier=number,
            file=file,
            verdict=verdict,
            findings=lines,
            raw=raw,
        )
        for number, file, verdict, lines, raw in facts
    )
    made.finish([], files, 4_506_993)


def test_screening_a_cycle(visits, application, compliance, sent_tasks):
    page = visits(compliance, address("screening", application.cycle.pk))
    look(page, "screening-none")
    page.get_by_role("button", name="Screen the cycle").click()
    expect(page.get_by_role("heading", name="The screening is in the queue")).to_be_visible()
    look(page, "screening-waiting")
    made = Screening.objects.get()
    made.start()
    made.report_progress("Reading NPDES_QNCR_HISTORY.csv", 37, 1_240_000)
    expect(page.get_by_text("1,240,000 rows, 37%")).to_be_visible()
    look(page, "screening-running")
    found(made, application)
    expect(page.get_by_role("heading", name="Findings", exact=True)).to_be_visible()
    page.get_by_text("Files read").click()
    look(page, "screening-done")
    page.get_by_label("Suggestion").select_option("found")
    page.get_by_role("button", name="Apply filters").click()
    expect(page.get_by_text("1 of 5")).to_be_visible()
    page.get_by_role("link", name=str(application.utility)).click()
    expect(page.get_by_role("heading", name="ECHO’s weekly files")).to_be_visible()
    page.get_by_text("Source rows").click()
    look(page, "echo-files")


def test_a_screening_that_failed(visits, application, compliance):
    made = Screening.objects.create(cycle=application.cycle, requested_at=timezone.now())
    made.start()
    files = [{"name": "ECHO_EXPORTER.csv", "archive": "echo_exporter.zip", "error": "The download was interrupted."}]
    made.fail("None of ECHO’s files could be read.", files=files)
    look(visits(compliance, address("screening", application.cycle.pk)), "screening-failed")
