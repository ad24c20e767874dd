"""What browsers load: USWDS without what no page uses; pages, compressed for browsers that ask for it."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import tinycss2
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from whitenoise.storage import CompressedManifestStaticFilesStorage

USWDS = "uswds/css/uswds.min.css"
WRITTEN = re.compile(r"[A-Za-z_][\w-]*")


class Storage(CompressedManifestStaticFilesStorage):
    """Trims USWDS's style sheet when static files are collected: 527 kB are 34, which a telephone parses sooner too."""

    def post_process(self, paths: dict[str, Any], dry_run: bool = False, **options: Any) -> Iterator[Any]:
        if USWDS in paths and not dry_run:
            sheet = Path(self.path(USWDS))
            sheet.write_text(trimmed(sheet.read_text(), words()))
            paths = paths | {USWDS: (self, USWDS)}  # what follows reads it from here
        yield from super().post_process(paths, dry_run, **options)


class CompressedPages(GZipMiddleware):
    """Compresses pages, where no proxy does: nothing else, since files are compressed and the API's ETags are strong.

    Django adds bytes at random, so that the length says nothing of what is in the page (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
            return response
        return super().process_response(request, response)  # type: ignore[return-value]


def words() -> set[str]:
    """Returns all words of templates, scripts and code: a class that a page has is one, or begins with one.

    Where a template puts a class together, as in ``usa-alert--{{ level }}``, its beginning ends with a hyphen.
    """
    rooms = [path.parent for path in settings.BASE_DIR.glob("*/__init__.py") if path.parent.name != "tests"]
    files = [*settings.BASE_DIR.glob("templates/**/*.html"), *settings.BASE_DIR.glob("static/js/*.js")]
    files += [path for room in rooms for path in room.rglob("*.py") if "migrations" not in path.parts]
    return {word for path in files for word in WRITTEN.findall(path.read_text())}


def trimmed(css: str, used: set[str]) -> str:
    """Returns the style sheet with those rules only whose classes are all ``used``."""
    beginnings = tuple(word for word in used if word.endswith("-") and len(word) > 4)
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(_kept(rules, lambda name: name in used or name.startswith(beginnings)))


def _kept(rules: Iterable[Any], is_used: Any) -> Iterator[str]:
    for rule in rules:
        content = tinycss2.serialize(rule.content) if getattr(rule, "content", None) is not None else ""
        if rule.type == "qualified-rule":
            selectors = [each for each in _selectors(rule.prelude) if all(map(is_used, _classes(each)))]
            if selectors:
                yield f"{','.join(tinycss2.serialize(each).strip() for each in selectors)}{{{content}}}"
        elif rule.type == "at-rule" and rule.at_keyword in ("media", "supports"):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if within := "".join(_kept(inner, is_used)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{within}}}"
        elif rule.type == "at-rule" and rule.at_keyword != "font-face":  # static/css/fonts.css has those of the pages
            yield rule.serialize()


def _selectors(prelude: list[Any]) -> Iterator[list[Any]]:
    """Returns the parts between commas."""
    selector: list[Any] = []
    for token in prelude:
        if token == ",":  # noqa: S105  of a style sheet
            yield selector
            selector = []
        else:
            selector.append(token)
    yield selector


def _classes(selector: list[Any]) -> Iterator[str]:
    """Returns the classes that an element must have; those in ``:not(…)`` are none of them."""
    for dot, name in zip(selector, selector[1:], strict=False):
        if dot == "." and name.type == "ident":
            yield name.value
