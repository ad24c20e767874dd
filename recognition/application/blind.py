"""What the panel of a blind cycle reads: an application without who applies.

This is the only place that decides it for the content. ``Application.applicant`` is the label that pages, files and
emails show instead of the utility. What is left out is everything that is not evaluated: contact, partners, statements
and photos. In the texts, the names, addresses and numbers that the form itself tells are covered; what else a text says
of the applicant can't be found by a program, so the pages say so, and applicants are asked not to name themselves.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recognition.application.content import Content, identifiers

HIDDEN = "[hidden]"
MIN_NAME = 3  # characters of a name to cover; shorter ones would cover words
SECOND = ("secondary_name", "secondary_phone", "secondary_email")
NAMING = ("organization", "manager", "address", "city", "phone", "fax", "email", *SECOND)
READ = ("attributes.", "categories.", "points.")


def anonymous(content: Content, known: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Returns a copy with the evaluated sections only, in which names are covered. ``known``: the utility's own."""
    names = {name.strip() for name in (*known, *_names(content)) if len(name.strip()) >= MIN_NAME}
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    words = [r"\s+".join(map(re.escape, name.split())) for name in longest_first]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE) if words else None
    return {
        section: {key: _covered(value, pattern) for key, value in answers.items()}
        for section, answers in content.items()
        if section.startswith(READ)
    }


def _names(content: Content) -> Iterator[str]:
    contact, certified = content.get("contact", {}), content.get("certification", {})
    for name in NAMING:
        yield from str(contact.get(name) or "").splitlines()
    yield str(certified.get("name") or "")
    yield from identifiers(content)


def _covered(value: Any, pattern: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        return pattern.sub(HIDDEN, value) if pattern else value
    if isinstance(value, list):
        return [_covered(each, pattern) for each in value]
    if isinstance(value, Mapping):
        return {key: _covered(each, pattern) for key, each in value.items()}
    return value
