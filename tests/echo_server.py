"""A small server that speaks as EPA's ECHO does, with its failures: nothing of a test leaves this machine."""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

HISTORY = "_" * 13
BLOCK = {"Results": {"Error": {"ErrorMessage": "Maximum number of requests exceeded, you look like a robot"}}}
EXPIRED = {"Results": {"Error": {"ErrorMessage": "The QID 7 is invalid or has expired"}}}

# As in September 2026; "CWPStatus" is known to the metadata alone.
COLUMNS = {
    "CWPName": 1, "SourceID": 2, "RegistryID": 9, "CWPPermitStatusDesc": 51, "CWPExpirationDate": 59,
    "CWPMajorMinorStatusFlag": 60, "CWPStatus": 97, "CWPSNCStatus": 98, "CWPVioStatus": 99, "CWPQtrsWithNC": 101,
    "CWPQtrsWithSNC": 103, "CWPE90Cnt": 105, "CWPInformalEnfActCount": 113, "CWPFormalEaCnt": 114,
    "CWPDateLastFea": 118, "CWPTotalPenalties": 121, "CWP13qtrsComplHistory": 195,
}  # fmt: skip


def facility(number: str, **changes: Any) -> dict[str, Any]:
    """A permit with nothing against it."""
    record = {
        "CWPName": "RIVERBEND WWTP",
        "SourceID": number,
        "RegistryID": "110000500000",
        "CWPPermitStatusDesc": "Effective",
        "CWPExpirationDate": "06/30/2029",
        "CWPMajorMinorStatusFlag": "Y",
        "CWPStatus": "No Violation",
        "CWPSNCStatus": None,
        "CWPVioStatus": None,
        "CWPQtrsWithNC": "0",
        "CWPQtrsWithSNC": "0",
        "CWPE90Cnt": "0",
        "CWPInformalEnfActCount": "0",
        "CWPFormalEaCnt": "0",
        "CWPDateLastFea": None,
        "CWPTotalPenalties": None,
        "CWP13qtrsComplHistory": HISTORY,
    }
    return record | changes


def water_system(number: str, **changes: Any) -> dict[str, Any]:
    """A public water system with nothing against it."""
    record = {
        "PWSId": number,
        "PWSName": "RIVERBEND, CITY OF",
        "SNC": "No",
        "SeriousViolator": "No",
        "HealthFlag": "No",
        "MrFlag": "No",
        "PnFlag": "No",
        "CurrVioFlag": "No",
        "QtrsWithVio": "0",
        "QtrsWithSNC": "0",
        "RulesVio3yr": None,
        "Feas": "No",
        "Ifea": "No",
        "SDWDateLastFea": None,
        "SDWA3yrComplQtrsHistory": HISTORY[:12],
        "RegistryID": "110000600000",
        "DfrUrl": "https://echo.epa.gov/detailed-facility-report?fid=110000600000",
    }
    return record | changes


class EchoServer:
    """``facilities`` and ``systems`` are what it knows; ``failures`` what it does first instead of answering.

    A failure is a status, the body of an answer of status 200, or "hang". ``failures`` is by service, in turn;
    ``always`` likewise, for ever. ``files`` are what lies under /files/. ``asked`` counts the calls.
    """

    def __init__(self) -> None:
        self.facilities: dict[str, dict[str, Any]] = {}
        self.systems: dict[str, dict[str, Any]] = {}
        self.failures: dict[str, list[Any]] = {}
        self.always: dict[str, Any] = {}
        self.files: dict[str, bytes] = {}
        self.columns = dict(COLUMNS)
        self.asked: Counter[str] = Counter()
        self.parameters: list[tuple[str, dict[str, str]]] = []
        self.queries: list[str] = []
        self.let_go = threading.Event()

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def knows(self, *records: dict[str, Any]) -> None:
        for record in records:
            known = self.facilities if "SourceID" in record else self.systems
            known[record.get("SourceID") or record["PWSId"]] = record

    def answer(self, service: str, asked: dict[str, str]) -> Any:
        answers = {
            "cwa_rest_services.metadata": self._metadata,
            "cwa_rest_services.get_facility_info": self._facility_info,
            "sdw_rest_services.get_systems": self._get_systems,
            "sdw_rest_services.get_qid": self._get_qid,
        }
        return answers[service](asked) if service in answers else 404

    def _metadata(self, asked: dict[str, str]) -> Any:
        columns = [{"ObjectName": name, "ColumnID": str(number)} for name, number in self.columns.items()]
        return {"Results": {"Message": "Success", "ResultColumns": columns}}

    def _facility_info(self, asked: dict[str, str]) -> Any:
        """Columns by number; ``p_id`` is no parameter here, so whoever sends it gets everyone."""
        numbers = {int(number) for number in asked.get("qcolumns", "").split(",") if number}
        known = self.facilities.values()
        if "p_pid" in asked:
            known = [self.facilities[asked["p_pid"]]] if asked["p_pid"] in self.facilities else []
        names = {name for name, number in self.columns.items() if number in numbers} | {"SourceID"}
        shown = [{name: value for name, value in record.items() if name in names} for record in known]
        return {"Results": {"Message": "Success", "QueryRows": str(len(shown)), "Facilities": shown}}

    def _get_systems(self, asked: dict[str, str]) -> Any:
        self.queries.append(asked.get("p_pid", ""))
        found = int(asked.get("p_pid", "") in self.systems)
        return {"Results": {"Message": "Success", "QueryRows": str(found), "QueryID": str(len(self.queries))}}

    def _get_qid(self, asked: dict[str, str]) -> Any:
        number = self.queries[int(asked["qid"]) - 1]
        return {"Results": {"Message": "Success", "QueryRows": "1", "WaterSystems": [self.systems[number]]}}


def _handler(echo: EchoServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            place = urlsplit(self.path)
            service = place.path.rsplit("/", 1)[-1]
            asked = {name: values[-1] for name, values in parse_qs(place.query).items()}
            echo.asked[service] += 1
            echo.parameters.append((service, asked))
            failure = self._failure(service)
            if place.path.startswith("/files/") and failure is None:
                self._send(200 if service in echo.files else 404, echo.files.get(service, b""))
            elif failure == "hang":
                echo.let_go.wait(30)
            else:
                self._say(echo.answer(service, asked) if failure is None else failure)

        def _failure(self, service: str) -> Any:
            waiting = echo.failures.get(service)
            return waiting.pop(0) if waiting else echo.always.get(service)

        def _say(self, what: Any) -> None:
            if isinstance(what, int):
                self._send(what, b"<html>trouble</html>")
            else:
                self._send(200, what if isinstance(what, bytes) else json.dumps(what).encode())

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", echo.url + "/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Not into the test's output."""

    return Handler
