"""The wordings that a room writes with: as the product comes with them, and as administrators keep them.

A wording is a Django template of plain text. Its variables are words that are written out already, never objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from django.conf import settings
from django.template import Context, Template
from post_office.models import EmailTemplate


@dataclass(frozen=True)
class Word:
    """A variable: what it stands for, and words to preview it with."""

    name: str
    meaning: str
    sample: str


@dataclass(frozen=True)
class Wording:
    """``description`` says to whom and when; ``subject`` and ``content`` are what a new installation starts with."""

    name: str
    description: str
    subject: str
    content: str
    words: tuple[Word, ...]


_wordings: dict[str, Wording] = {}


def register(path: Path, words: Mapping[str, tuple[Word, ...]]) -> None:
    """The wordings of the data file ``path``, each with the words that may stand in it.

    Raises ValueError for a wording without its words, words without a wording, or a name that is registered already.
    """
    rows = yaml.safe_load(path.read_text())
    if {row["name"] for row in rows} != set(words) or set(words) & set(_wordings):
        raise ValueError(f"{path} and its words do not name the same new wordings")
    for row in rows:
        _wordings[row["name"]] = Wording(**row, words=tuple(words[row["name"]]))


def get(name: str) -> Wording:
    """Raises KeyError for a name that no room registered."""
    return _wordings[name]


def load() -> int:
    """Make the rows that are not there yet, for administrators to edit; rows that exist stay. Returns how many."""
    made = 0
    for wording in _wordings.values():
        fields = {name: getattr(wording, name) for name in ("description", "subject", "content")}
        _, is_new = EmailTemplate.objects.get_or_create(name=wording.name, language="", defaults=fields)
        made += is_new
    return made


def rendered(name: str, **words: object) -> tuple[str, str]:
    """Subject (one line) and text, from the administrators' wording, or the product's own before that is loaded.

    ``contact`` and ``site`` need not be given.
    """
    known = {"contact": settings.CONTACT_EMAIL, "site": settings.SITE_URL.rstrip("/")}
    known |= {word: str(value) for word, value in words.items()}
    kept = EmailTemplate.objects.filter(name=name, language="").first() or get(name)
    return " ".join(filled(kept.subject, known).split()), filled(kept.content, known).strip() + "\n"


def filled(text: str, words: Mapping[str, str]) -> str:
    """Plain text: nothing is escaped. Raises TemplateSyntaxError."""
    return Template(text).render(Context(dict(words), autoescape=False))


def preview(wording: Wording, subject: str, content: str) -> tuple[str, str]:
    """Both as a reader would get them, with sample words. Takes what has no faults (letters.faults)."""
    words = {word.name: word.sample for word in wording.words}
    return filled(subject, words).strip(), filled(content, words).strip()
