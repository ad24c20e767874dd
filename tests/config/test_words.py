"""Every text that people read is in the words of docs/words.md: templates, messages, emails, data and scripts."""

import ast
import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROOMS = ["accounts", "assessments", "config", "echo", "files", "initiatives", "letters", "pdca", "recognition"]
ROOMS += ["reports", "workflow"]
SHOWN = {"alt", "aria-label", "content", "placeholder", "title", "value"}

Text = tuple[int, str]  # line, text


def table(title: str) -> list[list[str]]:
    part = (ROOT / "docs/words.md").read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]  # without the head and the line below it


def pattern(phrase: str) -> str:
    """Returns a regular expression for ``phrase``: "mend(s, ed)" is "mend", "mends" and "mended"."""

    def endings(found: re.Match[str]) -> str:
        return f"(?:{'|'.join(re.escape(each.strip()) for each in found[1].split(','))})?"

    words = (re.sub(r"\(([^)]*)\)", endings, word) for word in re.split(r" +(?![^(]*\))", phrase))
    return r"\s+".join(words)


def phrases(cell: str) -> list[str]:
    return [each.strip() for each in re.split(r",(?![^(]*\))", cell)]


UNUSED = [(phrase, instead) for cell, instead in table("Words not used") for phrase in phrases(cell)]
ANY = re.compile(rf"(?<![\w-])(?:{'|'.join(f'({pattern(phrase)})' for phrase, _ in UNUSED)})(?![\w-])", re.I)


def wrong(text: str) -> list[str]:
    """Returns what is wrong with the words of ``text``."""
    plain = text.replace("’", "'").replace("‘", "'")
    return [f"“{found[0]}”: write “{UNUSED[(found.lastindex or 1) - 1][1]}”" for found in ANY.finditer(plain)]


# --- What people read in each kind of file -----------------------------------------------------------


class Page(HTMLParser):
    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[Text] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(self.getpos()[0], value) for name, value in attrs if name in SHOWN and value]

    handle_startendtag = handle_starttag

    def handle_data(self, data: str) -> None:
        self.found.append((self.getpos()[0], data))


def in_template(source: str) -> list[Text]:
    """Yields the text between tags, the attributes that are shown, and the texts that template tags are given."""

    def blank(found: re.Match[str]) -> str:
        return "\n" * found[0].count("\n")

    source = re.sub(r"{% comment %}.*?{% endcomment %}|{#.*?#}", blank, source, flags=re.S)
    found = [
        (source[: tag.start()].count("\n") + 1, given)
        for tag in re.finditer(r"{[{%].*?[%}]}", source, re.S)
        for given in re.findall(r'"([^"]*)"', tag[0])
        if is_text(given)
    ]
    return [*found, *Page(re.sub(r"{[{%].*?[%}]}", " … ", source, flags=re.S)).found]


def is_text(literal: str) -> bool:
    """Tells a text from a name: it has a space or begins with a capital letter."""
    return bool(re.search(r"\s", literal.strip())) or literal[:1].isupper()


def in_python(source: str) -> Iterator[Text]:
    """Yields the string literals that are not docstrings. What an f-string fills in is "…"."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.add(id(node.value))  # a docstring
        elif isinstance(node, ast.JoinedStr):
            skipped |= {id(part) for part in node.values}
            parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
            yield node.lineno, "".join(map(str, parts))
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in skipped else None
        if isinstance(text, str) and is_text(text):
            yield node.lineno, text  # type: ignore[attr-defined]


def in_data(value: Any) -> Iterator[Text]:
    if isinstance(value, str):
        yield 0, value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from in_data(each)


def in_script(source: str) -> Iterator[Text]:
    """Yields the strings of a script."""
    for number, line in enumerate(source.splitlines(), start=1):
        code = re.sub(r"^\s*//.*|\s//\s.*", "", line)
        yield from ((number, found[2]) for found in re.finditer(r"([\"'`])(.*?)\1", code) if is_text(found[2]))


def texts_of(path: Path) -> Iterator[Text]:
    source = path.read_text()
    if path.suffix in (".html", ".svg", ".txt"):
        yield from in_template(source)
    elif path.suffix == ".py":
        yield from in_python(source)
    elif path.suffix == ".yaml":
        yield from in_data(yaml.safe_load(source))
    else:
        yield from in_script(source)


def files() -> Iterator[Path]:
    yield from (path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".svg", ".txt"))
    yield from (ROOT / "static/js").glob("*.js")
    for room in ROOMS:
        yield from (path for path in (ROOT / room).rglob("*.py") if path.parent.name != "migrations")
        yield from (ROOT / room / "data").glob("*.yaml")


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, int, str]]:
    return [
        (str(path.relative_to(ROOT)), line, html.unescape(" ".join(text.split())))
        for path in sorted(files())
        for line, text in texts_of(path)
    ]


def test_no_text_has_a_word_that_is_not_used(texts):
    assert len(texts) > 5000
    assert [f"{path}:{line}: {fault}" for path, line, text in texts for fault in wrong(text)] == []


@pytest.mark.parametrize("room", ["pdca", "initiatives", "recognition"])
def test_the_data_of_a_room_are_read_too(texts, room):
    data = {str(path.relative_to(ROOT)) for path in (ROOT / room / "data").glob("*.yaml")}

    assert data
    assert data <= {path for path, _, _ in texts}


def test_every_term_is_used(texts):
    shown = "\n".join(text for _, _, text in texts).lower()
    terms = [row[0] for row in table("Terms")]
    assert terms
    assert [term for term in terms if term.lower() not in shown] == []


def test_every_word_that_is_not_used_has_another_instead():
    assert len(UNUSED) > 50
    assert [row for row in table("Words not used") if len(row) != 2 or not all(row)] == []
    assert [(cell, instead) for cell, instead in table("Words not used") if wrong(instead)] == []


# --- The reading itself ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    ["Send an e-mail", "E-mailed today", "Fix what is mended", "It  is\nunder\n way", "Can’t be told", "Ticked: 3"],
)
def test_a_word_is_found_in_any_case_and_with_its_endings(text):
    assert wrong(text)


@pytest.mark.parametrize("text", ["email", "recommended", "amend it", "a sticker", "underway-class", "Email us"])
def test_another_word_that_holds_it_is_none(text):
    assert wrong(text) == []


@pytest.mark.parametrize(
    ("read", "source"),
    [
        (in_template, "<p>Send an <b>e-mail</b></p>"),
        (in_template, '<a aria-label="By e-mail" href="/">x</a>'),
        (in_template, '{{ address|default:"no e-mail yet" }}'),
        (in_template, '{% include "a.html" with lede="An e-mail comes." %}'),
        (in_python, 'label = "E-mail"'),
        (in_python, 'said = f"{n} of "\nlabel = f"To {person}: an e-mail"'),
        (in_python, 'label = ("Send an "\n"e-mail")'),
        (lambda source: in_data(yaml.safe_load(source)), "- {name: letter, content: An e-mail}"),
        (in_script, 'say(block, "Not sent: no e-mail");'),
        (in_script, "say(`${n} e-mails left`);"),
    ],
)
def test_what_people_read_is_read(read, source):
    assert any(wrong(text) for _, text in read(source))


@pytest.mark.parametrize(
    ("read", "source"),
    [
        (in_template, '<p class="e-mail" id="e-mail" data-e-mail="1">Email</p>'),
        (in_template, "{# an e-mail #}{% comment %}an e-mail{% endcomment %}<a href=\"{% url 'e-mail' %}\">x</a>"),
        (in_template, '{% if name == "e-mail" %}x{% endif %}'),
        (in_python, '"""An e-mail."""\n\ndef e_mail():\n    "An e-mail."\n    return rows["e-mail"]  # an e-mail'),
        (lambda source: in_data(yaml.safe_load(source)), "# an e-mail\ne-mail: {e-mail: email}"),
        (in_script, '// An e-mail\nconst box = one("e-mail"); // an e-mail'),
    ],
)
def test_names_and_comments_are_not(read, source):
    assert not any(wrong(text) for _, text in read(source))
