"""Colors are written in ``static/css/tokens.css`` only."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from reports import tokens

ROOT = Path(settings.BASE_DIR)
TOKENS = ROOT / "static/css/tokens.css"
SHEETS = sorted((ROOT / "static/css").glob("*.css"))
ROOMS = ["accounts", "assessments", "config", "files", "initiatives", "pdca", "recognition", "reports", "workflow"]
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.svg")])
CODE = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path.parent.name != "migrations")
# A color, not the address of a place on a page (href="#cafe") nor a sign (&#39;).
COLOR = re.compile(
    r"""(?<!href=["'])(?<![\w&}/])#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\b|\b(?:rgb|hsl)a?\(""", re.IGNORECASE
)


def without_comments(css: str) -> str:
    return re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)


def declared(path: Path | str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--([\w-]+)\s*:", without_comments(Path(path).read_text(encoding="utf-8"))))


def used(path: Path) -> set[str]:
    """Names in full, not those that a template puts together."""
    return set(re.findall(r"var\(--([\w-]+)[,)]", without_comments(path.read_text(encoding="utf-8"))))


def test_there_is_something_to_look_at():
    assert TOKENS in SHEETS
    assert len(SHEETS) > 5
    assert len(TEMPLATES) > 50
    assert len(CODE) > 100


@pytest.mark.parametrize(
    ("text", "n"),
    [
        ('fill="#fff" stroke="#0A5A78"', 2),
        ("color: rgb(22 38 47 / 6%); background:#fff1a8cc", 2),
        ('<a href="#cafe">#</a> &#39; {% url "x" %}#add', 0),
        ("# abc\n#: def", 0),
    ],
)
def test_what_counts_as_a_color(text, n):
    assert len(COLOR.findall(text)) == n


def test_no_color_is_written_anywhere_else():
    places = [path for path in [*SHEETS, *TEMPLATES, *CODE] if path != TOKENS]
    found = {path.name: COLOR.findall(path.read_text(encoding="utf-8")) for path in places}
    assert {name: colors for name, colors in found.items() if colors} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "static/img").glob("*.svg")), ids=lambda path: path.name)
def test_a_picture_file_which_can_read_no_tokens_uses_their_colors(path):
    assert set(COLOR.findall(path.read_text(encoding="utf-8"))) <= set(tokens.declared().values())


def test_every_token_that_is_used_is_declared():
    known = {name for sheet in SHEETS for name in declared(sheet)} | declared(finders.find("admin/css/base.css"))
    for path in [*SHEETS, *TEMPLATES, *CODE]:
        assert used(path) <= known, path.name


def test_every_token_is_used():
    read = {name for path in [*SHEETS, *TEMPLATES, *CODE] for name in used(path)}
    for path in CODE:
        read |= set(re.findall(r"""tokens\.value\("([\w-]+)"\)""", path.read_text(encoding="utf-8")))
    assert declared(TOKENS) - read == set()


def test_no_token_is_one_of_django_s_administration_pages():
    assert declared(TOKENS).isdisjoint(declared(finders.find("admin/css/base.css")))


def test_code_reads_the_values_of_the_file():
    assert set(tokens.declared()) == declared(TOKENS)
    assert re.fullmatch("#[0-9a-f]{6}", tokens.value("plan"))
    assert not [name for name, value in tokens.declared().items() if "var(" in value]
    with pytest.raises(KeyError, match="no-such-token"):
        tokens.value("no-such-token")
