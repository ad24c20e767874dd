"""Whether the site says truly that it is well."""

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def test_healthz_answers_without_database_or_session(client: Client):
    response = client.get("/healthz")
    assert response.status_code == 200
    assert response.content == b"ok\n"
    assert not response.cookies


@pytest.mark.django_db
def test_readyz_is_200_where_database_and_broker_answer(client: Client):
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": True, "migrated": True, "broker": True}


@pytest.mark.django_db
def test_readyz_names_a_broker_that_is_away(client: Client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": True, "migrated": True, "broker": False}


@pytest.mark.django_db
def test_readyz_names_a_database_that_is_away(client: Client, monkeypatch):
    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", away)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": False, "migrated": False, "broker": True}


@pytest.mark.django_db
def test_readyz_waits_until_the_database_has_this_versions_tables(client: Client, monkeypatch):
    monkeypatch.setattr("config.views._once", [])
    kept = MigrationRecorder.Migration.objects.filter(app="config").order_by("-pk").first()
    MigrationRecorder.Migration.objects.filter(pk=kept.pk).delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {"database": True, "migrated": False, "broker": True}
    MigrationRecorder(connection).record_applied(kept.app, kept.name)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("hosts", [[".example.org"], ["*"], ["example.org", "localhost"], []])
@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_needs_no_host_name_and_no_tls(client: Client, settings, hosts, path):
    settings.ALLOWED_HOSTS = hosts
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/help/", headers={"host": "unknown.example"}).status_code in (301, 400)
