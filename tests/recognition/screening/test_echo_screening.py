"""A cycle against ECHO's weekly files: its row, its command, its page; what is found and what is left unknown."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from echo import bulk
from echo.reading import Verdict
from recognition.models import Application, Screening, ScreeningFinding
from recognition.models.screening import latest_findings
from recognition.screening import running as screening
from recognition.screening.numbers import Applicant
from recognition.tasks import screen, sweep_screenings
from tests.applications import fill, person_in, whole_content
from tests.echo_files import PERIOD, PERMIT, SYSTEM, as_csv, event, facility, quiet_files, zipped
from tests.echo_server import EchoServer
from tests.factories import UtilityFactory
from tests.processes import broker_at
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
Status = Application.Status


@pytest.fixture
def folder(tmp_path) -> Path:
    place = tmp_path / "echo"
    place.mkdir()
    for name, files in quiet_files().items():
        (place / name).write_bytes(zipped(files))
    return place


# --- A cycle.


@pytest.fixture
def application(at, draft, manager) -> Application:
    """At compliance review, with a permit and a water system."""
    fill(draft, manager, contact=whole_content()["contact"] | {"identifiers": [PERMIT, SYSTEM]})
    return at(Status.COMPLIANCE)


@pytest.fixture
def today(monkeypatch):
    """It is the day that the files above were made for."""
    monkeypatch.setattr("recognition.screening.running.timezone.localdate", lambda *_, **__: PERIOD.today)


@pytest.fixture
def screened(application, folder, today):
    """``screened()``: the cycle's screening, from the folder."""

    def run() -> Screening:
        made = Screening.objects.create(cycle=application.cycle)
        screening.run(made, folder)
        made.refresh_from_db()
        return made

    return run


def replace(folder: Path, archive: str, name: str, content: bytes | None) -> None:
    files = quiet_files()[archive]
    files[name] = content
    (folder / archive).write_bytes(zipped({name: data for name, data in files.items() if data is not None}))


def test_a_cycle_with_nothing_against_anyone(screened, application):
    made = screened()
    assert (made.status, made.progress, made.error, made.doing) == ("done", 100, "", "")
    assert [(file["name"], file["rows"], file["error"]) for file in made.files] == [
        ("ECHO_EXPORTER.csv", 1, ""),
        ("NPDES_QNCR_HISTORY.csv", 5, ""),
        ("NPDES_SE_VIOLATIONS.csv", 1, ""),
        ("NPDES_FORMAL_ENFORCEMENT_ACTIONS.csv", 1, ""),
        ("SDWA_VIOLATIONS_ENFORCEMENT.csv", 1, ""),
    ]
    assert made.rows == 9
    found = {(each.identifier, each.file): each.verdict for each in made.findings.all()}
    assert len(found) == 6  # the permit in four files, the system in two
    assert set(found.values()) == {Verdict.CLEAR}
    assert [event.to_status for event in made.events.all()] == ["running", "done"]
    assert list(latest_findings(application)) == list(made.findings.all())


def test_what_is_found_stands_beside_its_rows(screened, folder):
    replace(folder, "npdes_downloads.zip", "NPDES_SE_VIOLATIONS.csv", as_csv([event("03/04/2026")]))
    found = screened().findings.get(file="NPDES_SE_VIOLATIONS.csv")
    assert found.verdict == Verdict.FOUND
    assert found.findings == ["Single event violation, March 4, 2026: Overflow"]
    assert found.raw[0]["SINGLE_EVENT_VIOLATION_DATE"] == "03/04/2026"


def test_a_number_that_no_file_has_is_unknown_never_clear(screened, folder):
    replace(folder, "echo_exporter.zip", "ECHO_EXPORTER.csv", as_csv([facility(NPDES_IDS="OR00000XX")]))
    found = screened().findings.get(identifier=PERMIT, file="ECHO_EXPORTER.csv")
    assert (found.verdict, found.findings) == (Verdict.UNKNOWN, ["Not in the file."])


def test_a_broken_or_missing_file_fails_alone(screened, folder):
    (folder / "SDWA_latest_downloads.zip").write_bytes(b"<html>moved</html>")
    replace(folder, "npdes_downloads.zip", "NPDES_SE_VIOLATIONS.csv", None)
    made = screened()
    assert made.status == "done"
    assert {file["name"] for file in made.files if file["error"]} == {
        "NPDES_SE_VIOLATIONS.csv",
        "SDWA_VIOLATIONS_ENFORCEMENT.csv",
    }
    found = made.findings.get(file="SDWA_VIOLATIONS_ENFORCEMENT.csv")
    assert found.verdict == Verdict.UNKNOWN
    assert "could not be read" in found.findings[0]
    assert made.findings.get(file="NPDES_QNCR_HISTORY.csv").verdict == Verdict.CLEAR


def test_where_no_file_can_be_read_it_fails_and_what_was_found_stays(screened, application, folder):
    before = screened()
    for name in bulk.ARCHIVES:
        (folder / name).unlink()
    made = screened()
    assert (made.status, made.error) == ("failed", screening.ERROR_NOTHING_READ)
    assert [file["error"] for file in made.files] == ["It is not in the folder."] * 5
    assert latest_findings(application).first().screening == before


@pytest.mark.parametrize(
    ("numbers", "words"),
    [({"OR1&x=2 and more": ()}, "Not a valid number."), ({}, "The application lists no permit or system number.")],
)
def test_an_application_with_an_odd_number_or_none(numbers, words):
    """One that came on paper may have it."""
    (found,) = screening.findings_of(Applicant(1, numbers), [], PERIOD)
    assert (found["verdict"], found["findings"], found["file"]) == (Verdict.UNKNOWN, [words], "")
    assert len(found["identifier"]) <= 12


def test_a_number_that_may_be_either_is_what_the_files_know_it_as(screened, application):
    """SYSTEM has the form of a permit, too; that no permit file has it says nothing."""
    assert not screened().findings.filter(identifier=SYSTEM, file__startswith="NPDES").exists()


def test_only_applications_under_review_are_screened(screened, application):
    Application.objects.filter(pk=application.pk).update(status="withdrawn")
    assert not screened().findings.exists()


def test_downloaded_files_are_read_alike(application, folder, today, settings):
    with EchoServer() as echo:
        settings.ECHO_BULK_URL = echo.url + "/files"
        echo.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        echo.always["SDWA_latest_downloads.zip"] = 302
        made = Screening.objects.create(cycle=application.cycle)
        screen(made.pk)
    made.refresh_from_db()
    assert made.status == "done"
    troubles = {file["name"]: file["error"] for file in made.files if file["error"]}
    assert troubles == {"SDWA_VIOLATIONS_ENFORCEMENT.csv": "It could not be downloaded (status 302)."}
    assert echo.asked["elsewhere"] == 0
    assert made.findings.get(file="NPDES_QNCR_HISTORY.csv").verdict == Verdict.CLEAR


@pytest.mark.parametrize(("limit", "timeout", "failure"), [(10, 5, None), (10**9, 0.3, "hang")])
def test_a_download_that_is_too_large_or_never_comes(tmp_path, settings, limit, timeout, failure):
    settings.ECHO_MAX_ZIP_BYTES, settings.ECHO_TIMEOUT_SECONDS = limit, timeout
    with EchoServer() as echo:
        settings.ECHO_BULK_URL = echo.url + "/files"
        echo.files, echo.always = {"a.zip": b"x" * 1_000}, {"a.zip": failure}
        opened = bulk.archive("a.zip", None, lambda fraction, rows: None)
        with pytest.raises(bulk.BrokenFile):
            opened.__enter__()


# --- Its row.


def test_progress_is_told_while_it_runs(application, folder, today, monkeypatch):
    monkeypatch.setattr(screening, "TELL_SECONDS", 0)
    steps, tell = [], Screening.report_progress
    monkeypatch.setattr(Screening, "report_progress", lambda self, *what: (steps.append(what), tell(self, *what)))
    screening.run(Screening.objects.create(cycle=application.cycle), folder)
    assert [progress for _, progress, _ in steps] == sorted(progress for _, progress, _ in steps)
    assert ("Reading NPDES_QNCR_HISTORY.csv", 20, 1) in steps
    assert steps[-1] == ("Saving the findings", 99, 9)


def test_one_at_a_time_for_a_cycle(cycle, compliance):
    first = Screening.request(cycle, by=compliance)
    assert Screening.request(cycle, by=compliance) == first
    with pytest.raises(IntegrityError, match="screening_one_at_a_time"), transaction.atomic():
        Screening.objects.create(cycle=cycle)


def test_progress_is_percent(cycle):
    with pytest.raises(IntegrityError, match="screening_progress_percent"), transaction.atomic():
        Screening.objects.create(cycle=cycle, progress=101)


def test_a_finding_stands_once(screened):
    found = screened().findings.first()
    found.pk = None
    with pytest.raises(IntegrityError, match="screening_finding_once"), transaction.atomic():
        found.save()


def test_a_second_worker_leaves_it_alone(cycle, folder):
    made = Screening.objects.create(cycle=cycle)
    made.start()
    screen(made.pk)
    made.refresh_from_db()
    assert made.status == "running"


def test_a_silent_one_is_given_up_and_can_be_started_again(cycle, compliance, sent_tasks):
    made = Screening.objects.create(cycle=cycle)
    made.start()
    Screening.objects.update(heard_at=timezone.now() - timedelta(minutes=4))
    sweep_screenings()
    made.refresh_from_db()
    assert made.status == "running"  # it was heard of not long ago
    Screening.objects.update(heard_at=timezone.now() - timedelta(minutes=5, seconds=1))
    sweep_screenings()
    given_up = Screening.objects.get()
    assert (given_up.status, "interrupted" in given_up.error) == ("failed", True)
    with pytest.raises(WrongState):
        made.report_progress("Reading", 50, 1)  # should its worker wake up
    with pytest.raises(WrongState):
        made.finish([], [], 0)
    assert Screening.request(cycle, by=compliance) != made


def test_one_that_the_broker_lost_is_sent_again(cycle, sent_tasks):
    made = Screening.objects.create(cycle=cycle)
    sweep_screenings()
    assert sent_tasks == []
    Screening.objects.update(heard_at=timezone.now() - timedelta(minutes=4))
    sweep_screenings()
    assert sent_tasks == []
    Screening.objects.update(heard_at=timezone.now() - timedelta(minutes=5, seconds=1))
    for _ in range(2):
        sweep_screenings()
    assert [(sent.task, sent.args) for sent in sent_tasks] == [("recognition.tasks.screen", (made.pk,))]


def test_without_a_broker_the_row_waits(cycle):
    with broker_at("redis://127.0.0.1:1/0"):
        assert Screening.objects.create(cycle=cycle).publish() is False
    assert Screening.objects.get().status == "requested"


def test_what_breaks_is_said_on_the_row(screened, monkeypatch):
    monkeypatch.setattr(screening, "findings_of", lambda *given: 1 / 0)
    made = screened()
    assert (made.status, str(made.pk) in made.error) == ("failed", True)


# --- The command.


def test_the_command_reads_a_folder(application, folder, today):
    said = StringIO()
    call_command("screen", str(application.cycle.pk), "--from", str(folder), stdout=said)
    assert "5 rows, 0 rejected" in said.getvalue()
    assert "No violation found                       6" in said.getvalue()


def test_the_command_says_what_is_wrong(cycle, tmp_path):
    with pytest.raises(CommandError, match="not a folder"):
        call_command("screen", str(cycle.pk), "--from", str(tmp_path / "none"))
    with pytest.raises(CommandError, match="Cycle 0 does not exist"):
        call_command("screen", "0")
    with pytest.raises(CommandError, match="None of ECHO’s files"):
        call_command("screen", str(cycle.pk), "--from", str(tmp_path), stdout=StringIO())
    Screening.objects.create(cycle=cycle)
    with pytest.raises(CommandError, match="already in progress"):
        call_command("screen", str(cycle.pk), "--from", str(tmp_path))


# --- The page.


def page(cycle, name: str = "screening") -> str:
    return reverse(f"recognition:{name}", args=[cycle.pk])


def test_the_page_is_for_compliance_staff(as_, cycle, request, stranger, sent_tasks):
    for who in ("stranger", "manager", "staff", "official"):
        browser = as_(request.getfixturevalue(who))
        assert browser.get(page(cycle)).status_code == 404, who
        assert browser.post(page(cycle, "screening_start")).status_code == 404, who
    browser = as_(request.getfixturevalue("compliance"))
    assert "Not screened yet" in browser.get(page(cycle)).text
    assert browser.post(page(cycle)).status_code == 405
    assert browser.get(page(cycle, "screening_start")).status_code == 405
    assert not Screening.objects.exists()


def test_starting_waiting_and_reading(
    as_, compliance, application, folder, today, sent_tasks, django_capture_on_commit_callbacks
):
    browser, cycle = as_(compliance), application.cycle
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert browser.post(page(cycle, "screening_start"))["Location"] == page(cycle)
    made = Screening.objects.get()
    assert ([sent.args for sent in sent_tasks], made.by) == ([(made.pk,)], compliance)
    waiting = browser.get(page(cycle))
    assert "in the queue" in waiting.text
    assert "is already in progress" in waiting.text
    polled = {"HX-Request": "true"}
    assert browser.get(page(cycle), {"seen": waiting.context["last"].seen}, headers=polled).status_code == 204
    made.start()
    made.report_progress("Reading ECHO_EXPORTER.csv", 12, 40_000)
    answer = browser.get(page(cycle), {"seen": waiting.context["last"].seen}, headers=polled)
    assert "Reading ECHO_EXPORTER.csv" in answer.text
    assert "40,000 rows, 12%" in answer.text
    assert "<html" not in answer.text
    Screening.objects.update(status="requested")
    screening.run(Screening.objects.get(), folder)
    done = browser.get(page(cycle), headers=polled)
    assert (done.status_code, done["HX-Refresh"]) == (286, "true")
    text = browser.get(page(cycle)).text
    assert text.count("No violation found</span>") == 6
    assert f'href="{reverse("recognition:compliance", args=[application.pk])}"' in text
    assert "30 to 45 days" in text


def test_findings_are_filtered_and_downloaded(as_, compliance, screened, folder, cycle):
    replace(folder, "npdes_downloads.zip", "NPDES_SE_VIOLATIONS.csv", as_csv([event("03/04/2026")]))
    screened()
    browser = as_(compliance)
    assert len(browser.get(page(cycle), {"verdict": "found"}).context["table"].data) == 1
    assert len(browser.get(page(cycle), {"file": "ECHO_EXPORTER.csv"}).context["table"].data) == 2
    text = browser.get(page(cycle), {"export": "csv"}).content.decode()
    assert "Single event violation, March 4, 2026: Overflow" in text
    assert browser.get(page(cycle), {"export": "xlsx"}).status_code == 200


def test_findings_of_what_is_not_theirs_to_see_are_not_listed(as_, compliance, screened, application):
    screened()
    insider = person_in("Compliance staff", "insider@example.org", "Ida Side")
    application.utility.memberships.create(user=insider, role="viewer")
    assert as_(insider).get(page(application.cycle)).context["total"] == 0
    Application.objects.filter(pk=application.pk).update(status="completeness")
    assert as_(compliance).get(page(application.cycle)).context["total"] == 0


def test_the_list_asks_the_database_no_more_for_many_findings(as_, compliance, screened, application, cycle):
    made, browser, counted = screened(), as_(compliance), []
    for n in (0, 3):
        for number in range(n):
            other = Application.objects.create(utility=UtilityFactory(), cycle=cycle, status="compliance")
            ScreeningFinding.objects.create(
                screening=made, application=other, identifier=f"OR000000{number}", file="", verdict="unknown"
            )
        with CaptureQueriesContext(connection) as queries:
            browser.get(page(cycle))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_a_failed_one_says_so_and_offers_another(as_, compliance, screened, folder, cycle):
    for name in bulk.ARCHIVES:
        (folder / name).unlink()
    screened()
    text = as_(compliance).get(page(cycle)).text
    assert "The screening failed" in text
    assert "It is not in the folder." in text
    assert "Try again" in text


def test_the_applications_page_shows_what_the_files_say(as_, compliance, screened, application, folder):
    replace(folder, "npdes_downloads.zip", "NPDES_SE_VIOLATIONS.csv", as_csv([event("03/04/2026")]))
    screened()
    text = as_(compliance).get(reverse("recognition:compliance", args=[application.pk])).text
    assert "ECHO’s weekly files" in text
    assert "Single event violation, March 4, 2026: Overflow" in text
    assert "<dt>SINGLE_EVENT_VIOLATION_DATE</dt><dd>03/04/2026</dd>" in text
    assert not application.compliance_checks.exists()


def test_the_administration_pages_show_them_and_change_nothing(client, screened, django_user_model):
    made = screened()
    client.force_login(
        django_user_model.objects.create_superuser("root@example.org", "x"),
        backend="accounts.second_factor.Backend",
    )
    for model in ("screening", "echoanswer"):
        assert client.get(reverse(f"admin:recognition_{model}_changelist")).status_code == 200
        assert client.get(reverse(f"admin:recognition_{model}_add")).status_code == 403
    change = reverse("admin:recognition_screening_change", args=[made.pk])
    assert "NPDES_QNCR_HISTORY.csv" in client.get(change).text
    assert client.post(change, {"status": "failed"}).status_code == 403
