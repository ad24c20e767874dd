"""Every address of the site."""

import re
from collections.abc import Iterator, Mapping

from django.urls import URLPattern, URLResolver, get_resolver

SAMPLES = {"int": "1", "slug": "vision", "str": "x1", "path": "x1", "uuid": "0" * 8 + "-0000-4000-8000-" + "0" * 12}


def addresses(samples: Mapping[str, str] = SAMPLES) -> Iterator[str]:
    """All addresses, with made-up arguments by their kind; the admin's without its models, which are all alike."""
    return _within(get_resolver().url_patterns, "/", samples)


def _within(patterns: list[URLPattern | URLResolver], before: str, samples: Mapping[str, str]) -> Iterator[str]:
    for one in patterns:
        part = re.sub(r"<(?:(\w+):)?\w+>", lambda found: samples.get(found[1] or "str", "x1"), str(one.pattern))
        if isinstance(one, URLResolver):
            if not (before == "/admin/" and "/" in part.rstrip("/")):
                yield from _within(one.url_patterns, before + part.removeprefix("^"), samples)
        elif not any(mark in part for mark in "^(?"):
            yield before + part
