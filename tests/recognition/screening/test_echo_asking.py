"""Asking ECHO about one application: what it suggests, and "unknown" wherever anything is amiss."""

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Identifier
from echo import client
from echo.reading import Verdict
from recognition.models import Application, EchoAnswer
from recognition.screening import asking
from recognition.tasks import ask_echo
from tests.applications import fill, person_in, whole_content
from tests.echo_server import BLOCK, EXPIRED, EchoServer, facility, water_system
from tests.processes import broker_at

pytestmark = pytest.mark.django_db
PERMIT, SYSTEM = "OR00204AB", "OR4100001"
INFO, QID, SYSTEMS = "cwa_rest_services.get_facility_info", "sdw_rest_services.get_qid", "sdw_rest_services.get_systems"


@pytest.fixture
def echo(settings):
    """The server, nothing known to it yet. No waiting between calls."""
    cache.clear()
    with EchoServer() as server:
        settings.ECHO_URL = server.url + "/echo"
        settings.ECHO_PAUSE_SECONDS = 0
        settings.ECHO_WAIT_SECONDS = [0, 0, 0]
        settings.ECHO_TIMEOUT_SECONDS = 5
        yield server


@pytest.fixture
def naming(at, draft, manager):
    """``naming(number, …)``: the application at compliance review, with these numbers."""

    def lead(*numbers: str) -> Application:
        fill(draft, manager, contact=whole_content()["contact"] | {"identifiers": list(numbers)})
        return at(Application.Status.COMPLIANCE)

    return lead


def address(name: str, application: Application) -> str:
    return reverse(f"recognition:{name}", args=[application.pk])


def about(number: str, service: str = "cwa") -> tuple[Verdict, str, object]:
    """What ECHO's answer is read as, why nothing is known, and the raw answer; without an application around it."""
    with client.Echo() as connected:
        try:
            _, raw, read = asking.about(connected, number, (service,))
        except client.Unreachable as error:
            return Verdict.UNKNOWN, str(error), {}
    return read.verdict, read.error, raw


def said(application: Application, number: str) -> EchoAnswer:
    ask_echo(application.pk)
    return EchoAnswer.objects.get(identifier=number)


# What it suggests.


def test_a_permit_without_violations(echo, naming):
    echo.knows(facility(PERMIT))
    answer = said(naming(PERMIT), PERMIT)
    assert (answer.verdict, answer.error, answer.service) == (Verdict.CLEAR, "", "cwa")
    assert "Quarters with noncompliance in the last 12: 0" in answer.findings
    assert answer.raw["Results"]["Facilities"][0]["CWP13qtrsComplHistory"] == "_" * 13
    assert answer.day == timezone.localdate()


def test_it_is_asked_by_permit_number_and_by_the_numbers_of_today_s_columns(echo, naming):
    """``p_id`` is ignored there and brings everyone; columns move."""
    echo.columns["CWPQtrsWithNC"] = 301
    echo.knows(facility(PERMIT), facility("OR00000XX", CWPQtrsWithNC="9"))
    answer = said(naming(PERMIT), PERMIT)
    assert answer.verdict == Verdict.CLEAR
    (asked,) = [parameters for service, parameters in echo.parameters if service == INFO]
    assert asked["p_pid"] == PERMIT
    assert "p_id" not in asked
    assert "301" in asked["qcolumns"].split(",")
    assert "101" not in asked["qcolumns"].split(",")
    assert "97" in asked["qcolumns"].split(",")


def test_without_metadata_the_known_numbers_are_asked_for(echo, naming):
    echo.always["cwa_rest_services.metadata"] = 500
    echo.knows(facility(PERMIT))
    assert said(naming(PERMIT), PERMIT).verdict == Verdict.CLEAR
    assert echo.asked["cwa_rest_services.metadata"] == 1


def test_violations_and_actions_of_a_permit(echo, naming):
    trouble = {"CWPQtrsWithNC": "3", "CWPFormalEaCnt": 1, "CWPDateLastFea": "02/28/2026"}
    echo.knows(facility(PERMIT, CWP13qtrsComplHistory="_________VVS_", CWPStatus="Noncompliance", **trouble))
    answer = said(naming(PERMIT), PERMIT)
    assert (answer.verdict, answer.error) == (Verdict.FOUND, "")
    assert "Quarters with noncompliance in the last 12: 3" in answer.findings
    assert "Quarters with a violation in the last four quarters and this one: 3" in answer.findings
    assert "Last formal enforcement action: February 28, 2026" in answer.findings


def test_water_systems(echo, naming):
    echo.knows(water_system("OR4100001"), water_system("OR4100002", SeriousViolator="Yes", QtrsWithVio="4"))
    application = naming("OR4100001", "OR4100002")
    assert said(application, "OR4100001").verdict == Verdict.CLEAR
    found = EchoAnswer.objects.get(identifier="OR4100002")
    assert (found.verdict, found.service) == (Verdict.FOUND, "sdwa")
    assert "Serious violator: yes" in found.findings


def test_a_number_that_may_be_either_is_looked_for_in_both(echo, naming):
    """Two letters and seven digits; the applicant runs drinking water alone, so that is asked first."""
    echo.knows(facility("OR0020427"))
    answer = said(naming("OR0020427"), "OR0020427")
    assert (answer.verdict, answer.service) == (Verdict.CLEAR, "cwa")
    assert [service for service, _ in echo.parameters][0] == SYSTEMS


def test_what_the_utility_registered_it_as_settles_it(echo, naming, utility):
    Identifier.objects.create(utility=utility, kind="PWSID", value=SYSTEM)
    echo.knows(facility(SYSTEM))
    answer = said(naming(SYSTEM), SYSTEM)
    assert (answer.verdict, answer.error) == (Verdict.UNKNOWN, "ECHO has no record of this number.")
    assert echo.asked[INFO] == 0


# Anything amiss is unknown.


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SourceID": "OR00000XX"}, "for “OR00000XX”"),
        ({"CWPQtrsWithNC": None}, "CWPQtrsWithNC is missing"),
        ({"CWPQtrsWithNC": "some"}, "not a number"),
        ({"CWPQtrsWithNC": True}, "CWPQtrsWithNC is missing"),
        ({"CWPQtrsWithNC": -1}, "not a number"),
        ({"CWPQtrsWithNC": ["0"]}, "CWPQtrsWithNC is missing"),
        ({"CWP13qtrsComplHistory": "_" * 12}, "not 13 expected characters"),
        ({"CWP13qtrsComplHistory": "_" * 12 + "?"}, "not 13 expected characters"),
        ({"CWP13qtrsComplHistory": "_" * 11 + "U_"}, "undetermined"),
        ({"CWPStatus": "Splendid"}, "an unknown value"),
        ({"CWPStatus": "Unknown"}, "ECHO says “Unknown”"),
        ({"CWPDateLastFea": "2026-02-28"}, "not a date"),
        ({"CWPDateLastFea": "02/30/2026"}, "not a date"),
    ],
)
def test_an_odd_field_of_a_permit(echo, changes, words):
    echo.facilities[PERMIT] = facility(PERMIT, **changes)
    verdict, error, raw = about(PERMIT)
    assert verdict == Verdict.UNKNOWN
    assert words in error
    assert raw["Results"]["Facilities"]


@pytest.mark.parametrize("name", ["CWPQtrsWithSNC", "CWPE90Cnt", "CWPFormalEaCnt", "CWP13qtrsComplHistory"])
def test_a_column_that_is_gone_or_has_another_name(echo, name):
    record = facility(PERMIT)
    record[f"New{name}"] = record.pop(name)
    echo.columns[f"New{name}"] = echo.columns.pop(name)
    echo.knows(record)
    verdict, error, _ = about(PERMIT)
    assert verdict == Verdict.UNKNOWN
    assert f"{name} is missing" in error


def test_something_odd_outweighs_a_finding_and_the_finding_is_still_told(echo, naming):
    echo.knows(facility(PERMIT, CWPQtrsWithNC="3", CWPE90Cnt=None))
    answer = said(naming(PERMIT), PERMIT)
    assert answer.verdict == Verdict.UNKNOWN
    assert "Quarters with noncompliance in the last 12: 3" in answer.findings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PWSId": "OR4199999"}, "for “OR4199999”"),
        ({"SeriousViolator": "maybe"}, "not yes or no"),
        ({"SeriousViolator": None}, "SeriousViolator is missing"),
        ({"SDWA3yrComplQtrsHistory": "_" * 13}, "not 12 expected characters"),
        ({"SDWA3yrComplQtrsHistory": "_" * 11 + "U"}, "undetermined"),
        ({"QtrsWithVio": ""}, "QtrsWithVio is missing"),
    ],
)
def test_an_odd_field_of_a_system(echo, changes, words):
    echo.systems[SYSTEM] = water_system(SYSTEM, **changes)
    verdict, error, _ = about(SYSTEM, "sdwa")
    assert verdict == Verdict.UNKNOWN
    assert words in error


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<html><body>Down for maintenance</body></html>", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"", "not JSON"),
        ([], "not in ECHO’s format"),
        ({"Results": []}, "not in ECHO’s format"),
        ({"Results": {"Message": "Success"}}, "no list of Facilities"),
        ({"Results": {"Facilities": "none"}}, "no list of Facilities"),
        ({"Results": {"Facilities": []}}, "has no record of this number"),
        ({"Results": {"Facilities": [facility(PERMIT), facility(PERMIT)]}}, "2 records instead of one"),
        (404, "rejected the request (status 404)"),
        (302, "another address"),
        (b'"' + b"x" * 3_000_000 + b'"', "too large"),
    ],
)
def test_an_odd_answer(echo, body, words):
    echo.always[INFO] = body
    verdict, error, _ = about(PERMIT)
    assert verdict == Verdict.UNKNOWN
    assert words in error
    assert echo.asked[INFO] == 1
    assert echo.asked["elsewhere"] == 0


def test_an_answer_that_the_database_can_not_keep(echo, naming):
    echo.knows(facility(PERMIT, CWPName="Riverbend\0"))
    answer = said(naming(PERMIT), PERMIT)
    assert (answer.verdict, answer.raw) == (Verdict.UNKNOWN, {})
    assert "can’t be stored" in answer.error


# Failures that pass, and those that don't.


@pytest.mark.parametrize("failure", [500, 503, 429, BLOCK, {"Error": "Too many requests"}])
def test_what_passes_is_waited_for(echo, failure, monkeypatch, settings):
    waited = []
    monkeypatch.setattr("echo.client.time.sleep", waited.append)
    settings.ECHO_WAIT_SECONDS = [5, 15, 45]
    echo.failures[INFO] = [failure, failure]
    echo.knows(facility(PERMIT))
    assert about(PERMIT)[0] == Verdict.CLEAR
    assert waited == [5, 15]
    assert echo.asked[INFO] == 3


@pytest.mark.parametrize(("failure", "words"), [(BLOCK, "you look like a robot"), (502, "status 502")])
def test_what_does_not_pass_is_unknown_and_ends_the_round(echo, naming, failure, words):
    echo.always[INFO] = failure
    echo.knows(facility(PERMIT), facility("OR00204CD"))
    application = naming(PERMIT, "OR00204CD")
    answer = said(application, PERMIT)
    assert (answer.verdict, answer.raw) == (Verdict.UNKNOWN, {})
    assert words in answer.error
    assert "Tried 4 times." in answer.error
    other = EchoAnswer.objects.get(identifier="OR00204CD")
    assert (other.verdict, other.error) == (Verdict.UNKNOWN, asking.NOT_ASKED)
    assert echo.asked[INFO] == 4


def test_a_time_out_is_asked_again(echo, settings):
    settings.ECHO_TIMEOUT_SECONDS = 0.3
    cache.set("echo-columns", {})
    echo.failures[INFO] = ["hang"]
    echo.knows(facility(PERMIT))
    assert about(PERMIT)[0] == Verdict.CLEAR
    assert echo.asked[INFO] == 2


def test_a_time_out_for_ever_is_unknown(echo, settings):
    settings.ECHO_TIMEOUT_SECONDS = 0.2
    cache.set("echo-columns", {})
    echo.always[INFO] = "hang"
    assert "did not respond in time" in about(PERMIT)[1]


def test_a_host_that_is_not_there(echo, settings):
    settings.ECHO_URL = "http://127.0.0.1:1"
    assert "could not be reached" in about(PERMIT)[1]


def test_an_expired_query_is_asked_anew_once(echo):
    echo.failures[QID] = [EXPIRED]
    echo.knows(water_system(SYSTEM))
    assert about(SYSTEM, "sdwa")[0] == Verdict.CLEAR
    assert (echo.asked[SYSTEMS], echo.asked[QID]) == (2, 2)


def test_a_query_that_always_expires_is_unknown(echo):
    echo.always[QID] = EXPIRED
    echo.knows(water_system(SYSTEM))
    assert "dropped the query" in about(SYSTEM, "sdwa")[1]
    assert echo.asked[QID] == 2


@pytest.mark.parametrize("qid", ["", None, "7&x=1", "٣"])
def test_a_query_without_a_number_is_unknown(echo, qid):
    echo.always[SYSTEMS] = {"Results": {"QueryRows": "1", "QueryID": qid}}
    assert about(SYSTEM, "sdwa")[0] == Verdict.UNKNOWN
    assert echo.asked[QID] == 0


def test_between_two_calls_is_a_pause(echo, settings, monkeypatch):
    waited = []
    monkeypatch.setattr("echo.client.time.sleep", waited.append)
    settings.ECHO_PAUSE_SECONDS = 60
    cache.set("echo-columns", {})
    echo.knows(facility(PERMIT))
    with client.Echo() as connected:
        connected.permit(PERMIT)
        connected.permit(PERMIT)
    assert len(waited) == 1
    assert 50 < waited[0] <= 60


@pytest.mark.parametrize("number", ["OR0020427&p_id=1", "or0020427", "OR002042", "OR0020427\n", "../../etc"])
def test_nothing_but_a_number_gets_into_an_address(echo, number):
    with client.Echo() as connected, pytest.raises(client.NoAnswer):
        connected.permit(number)
    assert echo.asked[INFO] == 0


# Once a day.


def test_an_answer_is_kept_for_the_day(echo, naming):
    echo.knows(facility(PERMIT))
    application = naming(PERMIT)
    first = said(application, PERMIT)
    echo.knows(facility(PERMIT, CWPQtrsWithNC="5"))
    assert said(application, PERMIT).asked_at == first.asked_at
    assert echo.asked[INFO] == 1


def test_no_answer_is_not_kept_from_being_asked_for_again(echo, naming):
    echo.always[INFO] = 500
    application = naming(PERMIT)
    assert said(application, PERMIT).verdict == Verdict.UNKNOWN
    del echo.always[INFO]
    echo.knows(facility(PERMIT))
    assert said(application, PERMIT).verdict == Verdict.CLEAR


def test_one_row_a_day_and_number(db):
    EchoAnswer.objects.create(identifier=PERMIT, day=timezone.localdate(), service="cwa", verdict="clear")
    with pytest.raises(IntegrityError, match="echo_answer_once_a_day"), transaction.atomic():
        EchoAnswer.objects.create(identifier=PERMIT, day=timezone.localdate(), service="cwa", verdict="found")


# The page.


def test_asking_is_for_compliance_staff_and_posted(as_, naming, request, stranger, sent_tasks):
    application = naming(PERMIT)
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("staff", 403)]:
        assert as_(request.getfixturevalue(who)).post(address("compliance_ask", application)).status_code == status
    assert as_(request.getfixturevalue("compliance")).get(address("compliance_ask", application)).status_code == 405
    assert sent_tasks == []


def test_a_compliance_officer_of_the_utility_itself_does_not_ask(as_, naming, manager, sent_tasks):
    application = naming(PERMIT)
    insider = person_in("Compliance staff", "insider@example.org", "Ida Side")
    application.utility.memberships.create(user=insider, role="viewer")
    assert as_(insider).post(address("compliance_ask", application)).status_code == 403
    assert sent_tasks == []


def test_asking_waiting_and_reading(echo, as_, naming, compliance, sent_tasks):
    echo.knows(facility(PERMIT, CWPQtrsWithNC="3"))
    application = naming(PERMIT)
    browser = as_(compliance)
    page = address("compliance", application)
    assert "Query ECHO now" in browser.get(page).text
    for _ in range(2):  # a double click asks once
        assert browser.post(address("compliance_ask", application))["Location"] == f"{page}#echo"
    assert [sent.args for sent in sent_tasks] == [(application.pk,)]
    waiting = browser.get(page)
    assert "Querying ECHO" in waiting.text
    assert "Query ECHO now" not in waiting.text
    fragment = address("compliance_echo", application)
    seen = waiting.context["panel"].seen
    assert browser.get(fragment, {"seen": seen}).status_code == 204
    ask_echo(*sent_tasks[0].args)
    polled = browser.get(fragment, {"seen": seen})
    assert polled.status_code == 286
    assert "Quarters with noncompliance in the last 12: 3" in polled.text
    assert "<html" not in polled.text
    text = browser.get(page).text
    assert "Suggests: violation or action" in text
    assert "&quot;CWPQtrsWithNC&quot;: &quot;3&quot;" in text
    assert "detailed-facility-report?fid=110000500000" in text
    assert "Query ECHO now" not in text  # today's answer is there
    assert not application.compliance_checks.exists()  # a suggestion records nothing
    assert browser.get(fragment, {"seen": browser.get(page).context["panel"].seen}).status_code == 286


def test_program_staff_read_and_do_not_ask(as_, naming, staff):
    text = as_(staff).get(address("compliance", naming(PERMIT))).text
    assert "ECHO data" in text
    assert "Query ECHO now" not in text


def test_the_fragment_is_for_those_who_read_the_page(as_, naming, request, stranger):
    application = naming(PERMIT)
    for who, status in [("stranger", 404), ("official", 404), ("manager", 403), ("staff", 286)]:
        answer = as_(request.getfixturevalue(who)).get(address("compliance_echo", application))
        assert answer.status_code == status, who


def test_what_echo_says_is_text_and_never_markup(echo, as_, naming, compliance):
    echo.knows(facility(PERMIT, CWPName="<script>alert(1)</script>"))
    application = naming(PERMIT)
    ask_echo(application.pk)
    assert "<script>alert" not in as_(compliance).get(address("compliance", application)).text


def test_where_the_broker_is_away_it_is_said(as_, naming, compliance):
    application = naming(PERMIT)
    with broker_at("redis://127.0.0.1:1/0"):
        answer = as_(compliance).post(address("compliance_ask", application))
    assert "Try again later" in " ".join(str(message) for message in get_messages(answer.wsgi_request))
    assert asking.panel(application).since is None


def test_the_page_asks_the_database_no_more_for_many_numbers(as_, naming, compliance, at):
    application = naming("OR00000A1", "OR00000A2", "OR00000A3")
    browser = as_(compliance)
    counted = []
    for n in (1, 3):
        for number in ("OR00000A1", "OR00000A2", "OR00000A3")[:n]:
            EchoAnswer.objects.get_or_create(
                identifier=number, day=timezone.localdate(), defaults={"service": "cwa", "verdict": "clear"}
            )
        with CaptureQueriesContext(
            connection,
        ) as queries:
            browser.get(address("compliance", application))
        counted.append(len(queries))
    assert counted[0] == counted[1]


def test_an_application_that_is_gone_is_left_alone(echo, db):
    ask_echo(0)
    assert not EchoAnswer.objects.exists()
