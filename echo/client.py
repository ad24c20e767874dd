"""Calls ECHO's web services: one call at a time, with pauses, retries, timeouts and a limit on the response size."""

import json
import re
import time
from typing import Any, Self

import httpx
from django.conf import settings
from django.core.cache import cache

from echo.reading import NPDES

# The requested columns, with their numbers in September 2026. ECHO's metadata has the current numbers.
COLUMNS = {
    "CWPName": 1,
    "SourceID": 2,
    "RegistryID": 9,
    "CWPPermitStatusDesc": 51,
    "CWPExpirationDate": 59,
    "CWPMajorMinorStatusFlag": 60,
    "CWPSNCStatus": 98,
    "CWPVioStatus": 99,
    "CWPQtrsWithNC": 101,
    "CWPQtrsWithSNC": 103,
    "CWPE90Cnt": 105,
    "CWPInformalEnfActCount": 113,
    "CWPFormalEaCnt": 114,
    "CWPDateLastFea": 118,
    "CWPTotalPenalties": 121,
    "CWP13qtrsComplHistory": 195,
}
WANTED = {*COLUMNS, "CWPStatus"}  # its number is only in the metadata
NUMBERS_KEPT = 24 * 60 * 60  # seconds
CWA_INFO = "cwa_rest_services.get_facility_info"
CWA_METADATA = "cwa_rest_services.metadata"
SDW_SYSTEMS = "sdw_rest_services.get_systems"
SDW_QID = "sdw_rest_services.get_qid"


class NoAnswer(Exception):
    """ECHO gave no usable answer. The message says why, for the person who asked."""


class Unreachable(NoAnswer):
    """ECHO did not answer after all retries, so it makes no sense to try the next number."""


class Busy(Exception):
    """A failure that is worth a retry: a timeout, a server error, or ECHO's blocking of bots."""


class Expired(Exception):
    """ECHO no longer has the query (QIDs last about half an hour)."""


class Echo:
    """A connection to ECHO, for a series of calls by one worker. Use as a context manager."""

    def __init__(self) -> None:
        timeout = httpx.Timeout(settings.ECHO_TIMEOUT_SECONDS, connect=min(10.0, settings.ECHO_TIMEOUT_SECONDS))
        self._http = httpx.Client(timeout=timeout, follow_redirects=False)  # never goes to another host
        self._last_call = float("-inf")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def permit(self, number: str) -> Any:
        """Returns the raw answer for one NPDES permit. Raises NoAnswer."""
        numbers = ",".join(str(each) for each in sorted(self._column_numbers()))
        return self._patiently(CWA_INFO, p_pid=_checked(number), qcolumns=numbers)

    def system(self, number: str) -> Any:
        """Returns the raw answer for one public water system. Raises NoAnswer."""
        for _ in range(2):
            query = self._patiently(SDW_SYSTEMS, p_pid=_checked(number))
            results = query.get("Results")
            if not isinstance(results, dict) or str(results.get("QueryRows")) == "0":
                return query  # ``reading`` can handle it
            qid = str(results.get("QueryID", ""))
            if not re.fullmatch("[0-9]{1,20}", qid):
                raise NoAnswer("ECHO did not return a query ID.")
            try:
                return self._patiently(SDW_QID, qid=qid)
            except Expired:
                continue  # repeat the query, once
        raise NoAnswer("ECHO dropped the query twice before it could be read.")

    def _column_numbers(self) -> set[int]:
        """Returns the column numbers in the metadata, or the known ones if it is unavailable."""
        if (known := cache.get("echo-columns")) is None:
            try:
                known = _column_numbers(self._once(CWA_METADATA))
            except (Busy, Expired, NoAnswer):
                return set(COLUMNS.values())
            cache.set("echo-columns", known, NUMBERS_KEPT)
        return {*(COLUMNS | known).values()}

    def _patiently(self, service: str, **parameters: str) -> dict[str, Any]:
        """Calls the service, with retries. Raises NoAnswer, Expired."""
        for wait in (*settings.ECHO_WAIT_SECONDS, None):
            try:
                return self._once(service, **parameters)
            except Busy as error:
                if wait is None:
                    raise Unreachable(f"{error} Tried {len(settings.ECHO_WAIT_SECONDS) + 1} times.") from error
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _once(self, service: str, **parameters: str) -> dict[str, Any]:
        """Makes one call. Raises Busy, Expired, NoAnswer."""
        self._pause()
        address = settings.ECHO_URL.rstrip("/") + "/" + service
        try:
            with self._http.stream("GET", address, params={"output": "JSON"} | parameters) as response:
                _check_status(response)
                body = _bounded(response)
        except httpx.TimeoutException as error:
            raise Busy("ECHO did not respond in time.") from error
        except httpx.TransportError as error:
            raise Busy("ECHO could not be reached.") from error
        try:
            answer = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise NoAnswer("The response was not JSON.") from error
        if not isinstance(answer, dict):
            raise NoAnswer("The response is not in ECHO’s format.")
        _check_error(answer, service)
        return answer

    def _pause(self) -> None:
        """Waits between calls, because ECHO blocks rapid callers as bots."""
        left = self._last_call + settings.ECHO_PAUSE_SECONDS - time.monotonic()
        if left > 0:
            time.sleep(left)
        self._last_call = time.monotonic()


def _checked(number: str) -> str:
    """Returns a well-formed number, so that nothing else gets into a URL. Raises NoAnswer."""
    if not NPDES.fullmatch(number):
        raise NoAnswer("Not a valid number.")
    return number


def _check_status(response: httpx.Response) -> None:
    if response.status_code >= 500 or response.status_code == 429:
        raise Busy(f"ECHO returned a server error (status {response.status_code}).")
    if response.is_redirect:
        raise NoAnswer("ECHO redirected the request to another address, which was not followed.")
    if response.status_code != 200:
        raise NoAnswer(f"ECHO rejected the request (status {response.status_code}).")


def _bounded(response: httpx.Response) -> bytes:
    """Returns the body. Raises NoAnswer if it is too large, Busy if it takes too long."""
    body, begun = bytearray(), time.monotonic()
    for piece in response.iter_bytes():
        body += piece
        if len(body) > settings.ECHO_MAX_ANSWER_BYTES:
            raise NoAnswer("The response is too large for one number.")
        if time.monotonic() - begun > settings.ECHO_TIMEOUT_SECONDS:
            raise Busy("ECHO did not finish its response in time.")
    return bytes(body)


def _check_error(answer: dict[str, Any], service: str) -> None:
    """Raises Expired or Busy for an ``Error`` in a response with status 200, usually ECHO's blocking of bots."""
    results = answer.get("Results")
    error = answer.get("Error") or (results.get("Error") if isinstance(results, dict) else None)
    if not error:
        return
    words = str(error.get("ErrorMessage") or error if isinstance(error, dict) else error)
    if service == SDW_QID and "qid" in words.lower():
        raise Expired(words)
    raise Busy(f"ECHO returned an error: “{words[:120]}”.")


def _column_numbers(answer: dict[str, Any]) -> dict[str, int]:
    """Returns the wanted columns in the metadata, name → number. Raises NoAnswer."""
    results = answer.get("Results")
    columns = results.get("ResultColumns") if isinstance(results, dict) else None
    if not isinstance(columns, list):
        raise NoAnswer("The metadata is not in ECHO’s format.")
    said = {str(each.get("ObjectName")): str(each.get("ColumnID")) for each in columns if isinstance(each, dict)}
    return {name: int(said[name]) for name in WANTED & said.keys() if re.fullmatch("[0-9]{1,5}", said[name])}
