"""What production, the embedded services and the tests import is declared in their own part of pyproject.toml."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

EMBEDDED = Path("config/embedded.py")  # settings import it only where DATABASE_URL or REDIS_URL is not set
PROJECT = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
APPS = PROJECT["tool"]["importlinter"]["root_packages"]
OURS = {*APPS, "bench", "tests"}


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: list[str]) -> set[str]:
    return {normalized(re.match(r"[\w.-]+", requirement)[0]) for requirement in requirements}


REQUIRED = declared(PROJECT["project"]["dependencies"])
OPTIONAL = declared(PROJECT["project"]["optional-dependencies"]["embedded"])
DEVELOPMENT = declared(PROJECT["dependency-groups"]["dev"])


def files_of(package: str) -> list[Path]:
    return [path.relative_to(settings.BASE_DIR) for path in (settings.BASE_DIR / package).rglob("*.py")]


def imported(file: Path) -> set[str]:
    """The top-level modules that ``file`` imports from elsewhere, in functions too."""
    names = []
    for node in ast.walk(ast.parse((settings.BASE_DIR / file).read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module)
    return {name.partition(".")[0] for name in names} - sys.stdlib_module_names - OURS


def test_the_list_of_licenses_has_every_package_and_no_other():
    listed = set(re.findall(r"^\| (\S+) \|", (settings.BASE_DIR / "docs/licenses.md").read_text(), re.MULTILINE))
    locked = tomllib.loads((settings.BASE_DIR / "uv.lock").read_text())["package"]
    places = json.loads((settings.BASE_DIR / "package-lock.json").read_text())["packages"]
    wanted = {each["name"] for each in locked} | {place.rpartition("node_modules/")[2] for place in places if place}
    assert listed - {"package", "---"} == wanted - {"headworks"}, "make licenses writes the list anew"


def test_what_is_checked_without_a_network_is_not_called_safe(tmp_path):
    """``make audit`` says plainly that it could not look."""
    closed = {"HTTPS_PROXY": "http://127.0.0.1:1", "npm_config_fetch_retries": "0", "UV_HTTP_RETRIES": "0"}
    ended = subprocess.run(
        [settings.BASE_DIR / "bin/audit"], env=os.environ | closed, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode == 2
    assert ended.stderr.count("NOT CHECKED") == 2
    assert "no known" not in ended.stdout


@pytest.mark.parametrize(
    ("files", "allowed"),
    [
        pytest.param([file for app in APPS for file in files_of(app) if file != EMBEDDED], REQUIRED, id="production"),
        pytest.param([EMBEDDED], REQUIRED | OPTIONAL, id="embedded services"),
        pytest.param(files_of("bench") + files_of("tests"), REQUIRED | OPTIONAL | DEVELOPMENT, id="tests, benchmark"),
    ],
)
def test_every_import_is_declared(files, allowed):
    distributions = packages_distributions()
    undeclared = {
        f"{file} imports {module}"
        for file in files
        for module in imported(file)
        if not {normalized(name) for name in distributions.get(module, [])} & allowed
    }
    assert undeclared == set()
    assert any(map(imported, files)), "the files were found and read"
