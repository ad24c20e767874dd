"""The wordings of messages: the defaults that come with the product and the versions that administrators edit.

A wording is a Django template of plain text. Its variables are strings, never objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.template import Context, Template
from post_office.models import EmailTemplate


@dataclass(frozen=True)
class Word:
    """A variable: its meaning, and a sample value for the preview."""

    name: str
    meaning: str
    sample: str


@dataclass(frozen=True)
class Wording:
    """A wording. ``description`` says who gets it and when; ``subject`` and ``content`` are the defaults.

    A ``plain_subject`` has no variables, so that nobody outside writes in the subject of an email from our sender.
    """

    name: str
    description: str
    subject: str
    content: str
    words: tuple[Word, ...]
    plain_subject: bool = False

    @property
    def subject_words(self) -> tuple[Word, ...]:
        return () if self.plain_subject else self.words


_wordings: dict[str, Wording] = {}


def register(path: Path, words: Mapping[str, tuple[Word, ...]]) -> None:
    """Registers the wordings of the data file ``path``, each with the variables that it may contain.

    Raises ValueError for a wording without its words, words without a wording, or a name that is already registered.
    """
    rows = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    if {row["name"] for row in rows} != set(words) or set(words) & set(_wordings):
        raise ValueError(f"{path} and its words do not name the same new wordings")
    for row in rows:
        _wordings[row["name"]] = Wording(**row, words=tuple(words[row["name"]]))


def get(name: str) -> Wording:
    """Returns the wording. Raises KeyError for a name that no app registered."""
    return _wordings[name]


def is_known(name: str) -> bool:
    return name in _wordings


def load() -> int:
    """Creates the missing rows, for administrators to edit. Keeps existing rows. Returns how many were created."""
    made = 0
    for wording in _wordings.values():
        fields = {name: getattr(wording, name) for name in ("description", "subject", "content")}
        _, is_new = EmailTemplate.objects.get_or_create(name=wording.name, language="", defaults=fields)
        made += is_new
    return made


def rendered(name: str, **words: object) -> tuple[str, str]:
    """Returns the subject (one line) and text from the administrators' wording, or from the default before ``load``.

    Adds the variables ``contact`` and ``site``.
    """
    wording, kept = get(name), stored(name)
    subject, body = composed(kept.subject, kept.content, **words)
    return " ".join(filled(kept.subject, {}).split()) if wording.plain_subject else subject, body


def stored(name: str) -> Any:
    """Returns the administrators' wording, or the default before ``load``: either has ``subject`` and ``content``."""
    return EmailTemplate.objects.filter(name=name, language="").first() or get(name)


def composed(subject: str, content: str, **words: object) -> tuple[str, str]:
    """Returns the subject (one line) and text of a letter, with the variables ``contact`` and ``site`` besides."""
    known = {"contact": settings.CONTACT_EMAIL, "site": settings.SITE_URL.rstrip("/")}
    known |= {word: str(value) for word, value in words.items()}
    return " ".join(filled(subject, known).split()), filled(content, known).strip() + "\n"


def filled(text: str, words: Mapping[str, str]) -> str:
    """Returns ``text`` rendered as plain text, without escaping. Raises TemplateSyntaxError."""
    return Template(text).render(Context(dict(words), autoescape=False))


def preview(wording: Wording, subject: str, content: str) -> tuple[str, str]:
    """Returns both as a reader would get them, with sample values. They must have no faults (``letters.faults``)."""
    words = {word.name: word.sample for word in wording.words}
    return filled(subject, words).strip(), filled(content, words).strip()
