"""The id of a request is in its response, in each line of the log, and in the tasks that follow from it."""

import io
import json
import logging

import pytest
import structlog
from celery import shared_task
from structlog.contextvars import get_contextvars

from config.celery import app
from config.logs import processors
from tests.processes import Broker, broker_at
from workflow import queue

GIVEN = "proxy-0123456789"


@shared_task
def says_its_id() -> str:
    logging.getLogger("reports").warning("within the task")
    return str(get_contextvars().get("request_id"))


@pytest.fixture
def lines():
    """What is logged meanwhile, as (words, id)."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    as_json = [*processors[:-1], structlog.processors.JSONRenderer()]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=as_json))
    logging.getLogger().addHandler(handler)
    yield lambda: [(line["event"], line.get("request_id")) for line in map(json.loads, out.getvalue().splitlines())]
    logging.getLogger().removeHandler(handler)


@pytest.mark.django_db
def test_an_answer_and_the_lines_of_its_log_have_one_id(client, lines):
    answer = client.get("/no/such/page/", headers={"X-Request-ID": GIVEN})
    assert answer["X-Request-ID"] == GIVEN
    assert ("Not Found: /no/such/page/", GIVEN) in lines()
    logging.getLogger("reports").warning("afterward")
    assert lines()[-1] == ("afterward", None)


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f", "id\x1b[31m-red-red"])
def test_what_is_no_id_is_replaced(client, given):
    first, second = (client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] for _ in range(2))
    assert first != second
    assert len(first) == len(second) == 32


@pytest.mark.django_db
def test_a_task_carries_it_through_the_broker(lines):
    broker = Broker()
    try:
        with broker_at(broker.url):
            structlog.contextvars.bind_contextvars(request_id=GIVEN)
            queue.send("tests.config.test_tracing.says_its_id")
            structlog.contextvars.unbind_contextvars("request_id")
            with app.connection_for_read() as connection:
                message = connection.SimpleQueue("celery").get(timeout=10)
                message.ack()
    finally:
        broker.stop()
    assert message.headers["request_id"] == GIVEN
    assert says_its_id.apply(headers={"request_id": message.headers["request_id"]}).get() == GIVEN
    assert ("within the task", GIVEN) in lines()
    assert "request_id" not in get_contextvars()


def test_a_task_of_no_request_has_an_id_of_its_own():
    result = says_its_id.apply()
    assert result.get() == result.id
