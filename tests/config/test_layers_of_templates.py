"""A template may link to and include what lies in its own room or below. What rooms above add comes by named slots."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
# From top to bottom. Rooms on one line know nothing of each other's pages; "letters" and "workflow" have none.
LAYERS = [
    ["config"],
    ["recognition"],
    ["assessments"],
    ["initiatives"],
    ["pdca"],
    ["reports"],
    ["accounts"],
    ["letters"],
]
HEIGHT = {room: height for height, rooms in enumerate(reversed(LAYERS), start=1) for room in rooms} | {"workflow": 0}
LOOKS_AT = re.compile(r"""{% (?:url ['"](\w+):|(?:include|extends) ['"](\w+)/)""")
TAGS_OF = {"catalog": "initiatives", "guide": "pdca"}  # libraries of tags, and the rooms they belong to
LOADS = re.compile(r"{% load ([^%]+) %}")


def looked_at(text: str) -> set[str]:
    names = {name for match in LOOKS_AT.findall(text) for name in match if name}
    return names | {TAGS_OF[tag] for tags in LOADS.findall(text) for tag in tags.split() if tag in TAGS_OF}


@pytest.mark.parametrize("room", HEIGHT)
def test_no_template_looks_up(room):
    found = []
    for path in (TEMPLATES / room).rglob("*.*"):
        above = [other for other in looked_at(path.read_text()) if HEIGHT.get(other, 0) > HEIGHT[room]]
        found += [f"{path.relative_to(TEMPLATES)} → {other}" for other in above]
    assert found == []


def test_what_looks_up_is_found():
    text = """{% load guide %}{% url 'initiatives:list' %} {% include "accounts/x.html" %} {% url "home" %}"""
    assert looked_at(text) == {"pdca", "initiatives", "accounts"}
