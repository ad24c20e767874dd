"""Figures for Prometheus: none unless a token is set, and then only for who has it."""

import pytest
from django.conf import settings as configured
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from letters.models import post

TOKEN = "q" * 40


@pytest.fixture
def read(settings):
    settings.METRICS_TOKEN = TOKEN
    return lambda: Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})


@pytest.mark.django_db
def test_without_the_setting_there_is_no_such_address(client):
    assert configured.METRICS_TOKEN == ""
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_without_the_token_nothing_is_told(read, header):
    answer = Client().get("/metrics", headers={"Authorization": header})
    assert answer.status_code == 401
    assert b"headworks_" not in answer.content


@pytest.mark.django_db
def test_the_figures(read, client):
    post("a@example.org", "Hello", "Text")
    Client().get("/help/")
    Client().get("/no/such/page/12345/")
    answer = read()
    assert answer.status_code == 200
    figures = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    assert {"method": "GET", "status": "404"} in [sample.labels for sample in figures["headworks_requests"]]
    views = {sample.labels["view"] for sample in figures["headworks_request_seconds"]}
    assert "help" in views
    assert not any("12345" in view for view in views), "no address that someone made up is a label"
    waiting = {sample.labels["status"]: sample.value for sample in figures["headworks_emails"]}
    assert sum(waiting.values()) == 1
    assert {"queue"} == {name for sample in figures["headworks_queue_length"] for name in sample.labels}
