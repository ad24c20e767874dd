"""A class is defined by one style sheet: two rooms that use one name change each other's pages."""

import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
LINK = re.compile(r"""<link rel="stylesheet" href="{% static 'css/([\w-]+\.css)' %}">""")
ALL_PAGES = LINK.findall((ROOT / "templates/head.html").read_text(encoding="utf-8"))
OF_PDFS = {"certificate.css", "letter.css", "packet.css", "report.css"}


def sheets_of_some_pages() -> list[str]:
    """Which pages add to those of all pages."""
    pages = [path for path in (ROOT / "templates").rglob("*.html") if "reports" not in path.parts]
    extending = [text for path in pages if '{% extends "' in (text := path.read_text(encoding="utf-8"))]
    found = {name for text in extending for name in LINK.findall(text)}
    return sorted(name for name in found - {*ALL_PAGES} - OF_PDFS if not name.startswith(("report-", "admin")))


def classes_defined(css: str) -> set[str]:
    """Returns the classes with a rule of their own, outside of media queries."""
    css, level, top = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL), 0, ""
    for part in re.split(r"([{}])", css):
        level += {"{": 1, "}": -1}.get(part, 0)
        top += part if level == 0 else ""
    selectors = [one.strip() for rule in top.split("}") for one in rule.split(",")]
    return {one[1:] for one in selectors if re.fullmatch(r"\.[a-z][\w-]*", one)}


def defined_in(name: str) -> set[str]:
    return classes_defined((ROOT / "static/css" / name).read_text(encoding="utf-8"))


def test_only_rules_of_their_own_count():
    css = ".a, .b { x: 1 } .c .d { x: 1 } .e:hover { x: 1 } /* .f { x: 1 } */ @media print { .g { x: 1 } } .h { x: 1 }"
    assert classes_defined(css) == {"a", "b", "h"}


def test_no_class_of_all_pages_is_defined_twice():
    sheets = defaultdict(list)
    for name in ALL_PAGES:
        for each in defined_in(name):
            sheets[each].append(name)
    assert len(sheets) > 300
    assert {each: names for each, names in sheets.items() if len(names) > 1} == {}


@pytest.mark.parametrize("name", sheets_of_some_pages())
def test_no_sheet_of_some_pages_defines_a_class_of_all_pages(name):
    assert {each: one for one in ALL_PAGES for each in defined_in(name) & defined_in(one)} == {}
