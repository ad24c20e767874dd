"""Plain values as text, and the differences between two of them as HTML: removed, added and unchanged text."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import models
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from pdca.entries import content_fields
from workflow.shapes.columns import Shaped
from workflow.shapes.values import Records

WORD = re.compile(r"\s+|\w+|[^\w\s]")
KEPT_LINES = 2  # unchanged lines shown before and after a change


def differences(
    model: type[models.Model], before: Mapping[str, Any], after: Mapping[str, Any]
) -> list[tuple[str, SafeString]]:
    """Returns (field label, difference) for each field whose plain values differ."""
    return [
        (label_of(field), marked(in_words(field, before.get(field.name)), in_words(field, after.get(field.name))))
        for field in content_fields(model)
        if before.get(field.name) != after.get(field.name)
    ]


def label_of(field: Any) -> str:
    return str(field.verbose_name)[:1].upper() + str(field.verbose_name)[1:]


def in_words(field: Any, value: Any) -> str:
    """Returns a plain value as lines of text."""
    if isinstance(field, Shaped):
        return "\n".join(_lines(value, field.shape))
    if isinstance(value, list):
        field, chosen = getattr(field, "base_field", field), value
        return "\n".join(_one(field, part) for part in chosen)
    return _one(field, value)


def _one(field: Any, value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if value is None:
        return ""
    return str(dict(getattr(field, "flatchoices", None) or ()).get(value, value))


def _lines(value: Any, shape: Any) -> Iterator[str]:
    keys = {key.name: key for key in shape.keys} if isinstance(shape, Records) else {}
    if isinstance(value, dict):
        for name, part in value.items():
            label, choices = (keys[name].label, dict(keys[name].choices)) if name in keys else (name.capitalize(), {})
            yield from _named(label, choices.get(part, part) if choices else part)
    elif value and all(isinstance(part, dict) for part in value):
        for number, record in enumerate(value, start=1):
            yield f"{number}."
            yield from _lines(record, shape)
    else:  # lines, or the rows of a table
        for part in value or ():
            yield " | ".join(part) if isinstance(part, list) else str(part)


def _named(label: str, part: Any) -> Iterator[str]:
    if isinstance(part, list):
        yield f"{label}:"
        yield from (f"– {line}" for line in part)
    else:
        yield f"{label}: {part}"


def marked(before: str, after: str) -> SafeString:
    """Returns ``after`` as HTML with added text in <ins> and removed text in <del>."""
    old, new = before.splitlines(), after.splitlines()
    parts: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(_kept(new[c:d], first=c == 0, last=d == len(new)))
        else:
            parts.append(_by_words("\n".join(old[a:b]), "\n".join(new[c:d])))
    return mark_safe("\n".join(parts))


def _kept(lines: list[str], *, first: bool, last: bool) -> str:
    """Shortens a run of unchanged lines to those next to a change."""
    head, tail = (0 if first else KEPT_LINES), (0 if last else KEPT_LINES)
    if len(lines) > head + tail + 1:
        lines = [*lines[:head], "…", *lines[len(lines) - tail :]]
    return conditional_escape("\n".join(lines))


def _by_words(before: str, after: str) -> str:
    old, new = WORD.findall(before), WORD.findall(after)
    shared = difflib.SequenceMatcher(None, _only_words(old), _only_words(new)).quick_ratio()
    if shared < 0.3:  # too different: two whole texts are easier to read
        return _taken(before) + ("\n" if before and after else "") + _added(after)
    parts: list[str] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(conditional_escape("".join(new[c:d])))
        else:
            parts += [_taken("".join(old[a:b])), _added("".join(new[c:d]))]
    return "".join(parts)


def _only_words(parts: list[str]) -> list[str]:
    return [part for part in parts if part[0].isalnum()]


def _taken(text: str) -> str:
    return format_html("<del>{}</del>", text) if text else ""


def _added(text: str) -> str:
    return format_html("<ins>{}</ins>", text) if text else ""
