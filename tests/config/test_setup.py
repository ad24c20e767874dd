"""``bin/setup`` on machines that lack something: what it says, what it installs, and from where."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import find_chromium

TOOLS = ["cat", "dirname", "env", "grep", "ln", "mkdir", "readlink", "rm", "sh", "tail", "touch"]
CHATTY = 'echo "added 125 packages in 7s"; echo "a warning" >&2'


class Machine:
    """A folder with bin/setup whose PATH has only the programs that are put there."""

    def __init__(self, folder: Path):
        self.folder = folder / "set up [2]" / "headworks (copy)"
        self.programs = folder / "programs"
        self.log = folder / "log"
        self.os_release = folder / "os-release"
        (self.folder / "bin").mkdir(parents=True)
        self.programs.mkdir()
        self.os_release.write_text("ID=debian\n")
        for name in ("setup", "npm"):
            text = (settings.BASE_DIR / "bin" / name).read_text().replace("/etc/os-release", str(self.os_release))
            text = text.replace("/usr/sbin", str(self.programs))
            (self.folder / "bin" / name).write_text(text)
            (self.folder / "bin" / name).chmod(0o755)
        for name in ("uv.lock", "pyproject.toml", "package-lock.json"):
            (self.folder / name).touch()
        for name in TOOLS:
            (self.programs / name).symlink_to(shutil.which(name))
        self.python()
        self.puts("id", "echo 1000")
        self.puts("uv", f"[ $1 = venv ] && mkdir -p .venv/bin && ln -s {sys.executable} .venv/bin/python; {CHATTY}")
        self.puts("npm", f"[ $1 = --version ] && echo 10.0.0 && exit; mkdir -p node_modules; {CHATTY}")
        for name in ("chromium", "nginx"):
            self.puts(name, "exit")

    def puts(self, name: str, script: str) -> None:
        """Puts a program there that writes its name, arguments and index into the log."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        record = f'echo "{name} $* ($UV_DEFAULT_INDEX $PIP_INDEX_URL)" >>"{self.log}"'
        path.write_text(f"#!/bin/sh\n{record}\n{script}\n")
        path.chmod(0o755)

    def python(self, lacks: str = "no-such-word") -> None:
        self.puts("python3", f'case "$*" in *{lacks}*) exit 1 ;; esac\nexec {sys.executable} "$@"')

    def lacks_everything(self) -> None:
        self.python("import")
        for name in ("uv", "chromium", "nginx"):
            (self.programs / name).unlink()

    def set_up(self, *arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.programs), "HOME": str(self.folder)} | given
        command = [self.folder / "bin" / "setup", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd="/")

    @property
    def ran(self) -> list[str]:
        return [line for line in self.log.read_text().splitlines() if not line.startswith(("python3", "id"))]


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def debian(machine) -> Machine:
    machine.puts("apt-get", 'case "$*" in *-s*) echo "Inst a"; echo "Inst b" ;; esac')
    return machine


def test_all_that_is_missing_is_said_in_one_round(debian):
    debian.lacks_everything()
    ended = debian.set_up("test")
    assert ended.returncode == 1
    assert ended.stdout == ""
    *missing, last = ended.stderr.splitlines()
    assert all(line.startswith("Missing: ") for line in missing)
    assert [line.removeprefix("Missing: ").partition(",")[0].partition(":")[0] for line in missing][:2] == [
        "Python 3.11 or newer",
        "Pango",
    ]
    assert "a browser for the tests" in ended.stderr
    assert last.startswith("Run  sudo apt-get update && sudo apt-get install --no-install-recommends libpango-1.0-0")
    assert "chromium-headless-shell nginx" in last
    assert not [line for line in debian.ran if line.startswith("apt-get")]


def test_without_a_python_its_package_is_named(debian):
    debian.lacks_everything()
    (debian.programs / "python3").unlink()
    assert "python3 python3-venv libpango" in debian.set_up().stderr


def test_root_installs_what_is_missing_and_names_it_before(debian):
    debian.python("ctypes")
    debian.puts("id", "echo 0")
    debian.puts("setpriv", "exit")
    ended = debian.set_up("test")
    names = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0"
    assert f"Installing 2 Debian packages: {names}" in ended.stdout
    installs = [line for line in debian.ran if line.startswith("apt-get -qq install")]
    assert len(installs) == 1
    assert f"--no-install-recommends {names}" in installs[0]
    assert "java" not in debian.log.read_text()
    assert "jaxb" not in debian.log.read_text()


@pytest.mark.parametrize("chromium", ["", "/snap/bin/chromium"])
def test_on_ubuntu_it_says_what_to_do_for_a_browser(debian, tmp_path, chromium):
    debian.os_release.write_text('NAME="Ubuntu"\nID=ubuntu\n')
    (debian.programs / "chromium").unlink()
    if chromium:
        debian.puts("snap", "exit")
        (debian.programs / "chromium").symlink_to(debian.programs / "snap")
    ended = debian.set_up("test")
    assert ended.returncode == 1
    [line] = [line for line in ended.stderr.splitlines() if "browser" in line]
    assert "install Google Chrome, or set CHROMIUM" in line
    debian.puts("google-chrome", "exit")
    assert debian.set_up("test").returncode == 0


def test_the_tests_do_not_take_a_snap_for_a_browser(machine, monkeypatch):
    monkeypatch.setenv("PATH", str(machine.programs))
    monkeypatch.delenv("CHROMIUM", raising=False)
    assert find_chromium() == str(machine.programs / "chromium")
    machine.puts("snap", "exit")
    (machine.programs / "chromium").unlink()
    (machine.programs / "chromium").symlink_to(machine.programs / "snap")
    monkeypatch.setattr("tests.conftest.CHROMIUMS", ["chromium"])
    with pytest.raises(FileNotFoundError, match="set CHROMIUM"):
        find_chromium()


def test_it_says_what_it_does_and_nothing_of_what_the_installers_say(machine):
    ended = machine.set_up("test")
    assert ended.stdout.splitlines() == ["Installing Python packages …", "Installing front-end packages …"]
    assert ended.stderr == ""
    assert machine.set_up("test").stdout == "", "nothing is left to do"


def test_what_a_failed_installer_said_is_shown(machine):
    machine.puts("npm", "[ $1 = --version ] && echo 10.0.0 && exit; echo 'no such registry' >&2; exit 3")
    ended = machine.set_up()
    assert ended.returncode == 1
    assert "no such registry" in ended.stderr
    assert "bin/npm ci" in ended.stderr


@pytest.mark.parametrize("name", ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"])
def test_packages_come_from_the_index_that_is_named(machine, name):
    mirror = "https://mirror.example/simple"
    machine.set_up(**{name: mirror})
    [install] = [line for line in machine.ran if line.startswith("uv pip install")]
    assert install.endswith(f"({mirror} {mirror})")
    assert not [line for line in machine.ran if line.startswith("uv sync")], "it loads from the addresses in uv.lock"


def test_a_copied_folder_gets_packages_of_its_own(machine):
    machine.set_up()
    machine.log.unlink()
    copy = machine.folder.with_name("copy")
    shutil.copytree(machine.folder, copy, symlinks=True)
    machine.folder = copy
    assert "Installing Python packages" in machine.set_up().stdout
    assert any(line.startswith("uv venv") for line in machine.ran)


def test_make_runs_without_bytecode_only_where_it_is_asked_to(tmp_path):
    """PYTHONDONTWRITEBYTECODE in the environment would make each process compile all packages again."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "-f", settings.BASE_DIR / "Makefile", "-f", "-", "shown"],
        input="shown:\n\t@echo [$$PYTHONDONTWRITEBYTECODE]\n",
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MAKEFLAGS": ""},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    ).stdout
    assert shown.strip() == "[]"
