"""docker-compose.yml and the Dockerfile, as far as they can be checked without Docker."""

import re

import pytest
import yaml
from django.conf import settings

from reports.models import BUNDLES

COMPOSE = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "headworks"}
DOCKERFILE = (settings.BASE_DIR / "Dockerfile").read_text()


def test_one_service_builds_the_image_that_all_of_ours_run():
    assert sorted(OURS) == ["beat", "bundles", "migrate", "web", "worker"]
    assert [name for name, service in OURS.items() if "build" in service] == ["migrate"]
    assert all(service["pull_policy"] == "never" for name, service in OURS.items() if name != "migrate")


def test_the_readiness_check_depends_on_no_setting():
    assert "environ" not in str(OURS["web"]["healthcheck"])


def test_every_queue_has_its_worker():
    """A task in a queue that no worker reads would wait forever."""
    assert OURS["worker"]["command"][-3:] == ["celery", "--concurrency", "2"]
    assert OURS["bundles"]["command"][-3:] == [BUNDLES, "--concurrency", "1"]


@pytest.mark.parametrize("name", ["worker", "bundles", "beat"])
def test_celery_leaves_logging_to_the_settings(name):
    """Its banner is no log line, and a level of its own would hide LOG_LEVEL."""
    assert "-q" in OURS[name]["command"]
    assert "--loglevel" not in OURS[name]["command"]


def test_the_web_server_runs_with_its_file_of_settings():
    assert 'CMD ["gunicorn", "config.wsgi", "--config", "python:config.gunicorn"]' in DOCKERFILE
    assert "command" not in OURS["web"]


def test_the_image_makes_backups_of_the_database_that_it_runs_with():
    """pg_dump refuses a server that is newer than itself."""
    assert f"postgresql-client-{COMPOSE['services']['db']['image'].removeprefix('postgres:')} " in DOCKERFILE


def test_the_image_has_neither_node_nor_the_embedded_services():
    *_, image = re.split(r"^FROM ", DOCKERFILE, flags=re.MULTILINE)
    assert "node" not in image
    assert "npm" not in image
    [install] = re.findall(r"uv sync .*", DOCKERFILE)
    assert "--no-dev" in install
    assert "--extra" not in install
