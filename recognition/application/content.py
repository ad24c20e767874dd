"""An application's content as plain values: section name → answers.

The sections are ``eligibility``, ``attestation``, ``contact``, ``partners``, ``certification``, ``confidentiality``,
and an ``attributes.<slug>`` or ``categories.<slug>`` for each of the edition's. Drafts and versions have one shape.
A returned application also has a ``points.<line of the checklist>`` for each point that staff found missing: its
``label``, what they ``asked`` (lines), and the applicant's ``answer``.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from recognition.criteria.completeness import Answers, CategoryAnswer, normal

Content = Mapping[str, Mapping[str, Any]]

PROMPTS = {
    "assessed": "How did you assess your operations and come to choose this attribute?",
    "measures": "Which measures do you use?",
    "evaluated": "How do you judge performance by these measures?",
    "changes": "What did you change, and what did it improve?",
}
MAX_LENGTH = 60_000  # characters of one text
WITHHELD = "[claimed confidential, withheld]"
_CATEGORY_FIELDS = CategoryAnswer.__dataclass_fields__


def section_names(attributes: Iterable[str], categories: Iterable[str]) -> list[str]:
    return [
        "eligibility",
        "attestation",
        "contact",
        "partners",
        *(f"attributes.{slug}" for slug in attributes),
        *(f"categories.{slug}" for slug in categories),
        "certification",
        "confidentiality",
    ]


def chosen(content: Content, kind: str) -> dict[str, Mapping[str, Any]]:
    """Returns the ``attributes`` or ``categories`` that the applicant claims: slug → answers."""
    prefix = f"{kind}."
    return {
        name.removeprefix(prefix): answers
        for name, answers in content.items()
        if name.startswith(prefix) and answers.get("chosen")
    }


def claimed(content: Content) -> list[str]:
    """Returns the sections that panel members rate."""
    return [f"{kind}.{slug}" for kind in ("attributes", "categories") for slug in chosen(content, kind)]


def points(content: Content) -> dict[str, Mapping[str, Any]]:
    """Returns the points that staff found missing: line of the checklist → what was asked and answered."""
    return {name.removeprefix("points."): each for name, each in content.items() if name.startswith("points.")}


def narrative(answers: Mapping[str, Any]) -> str:
    """Returns an attribute's four texts, joined, or a category's one text."""
    if "narrative" in answers:
        return str(answers["narrative"])
    return "\n\n".join(text for prompt in PROMPTS if (text := answers.get(prompt, "").strip()))


def entry_of(content: Content, photos: Iterable[tuple[str, str]]) -> Answers:
    """Returns the input of ``completeness.check``. ``photos`` are (file name, caption)."""
    eligibility, contact = content.get("eligibility", {}), content.get("contact", {})
    return Answers(
        facility_types=eligibility.get("facility_types", []),
        wastewater_mgd=eligibility.get("wastewater_mgd"),
        drinking_water_population=eligibility.get("drinking_water_population"),
        stormwater_population=eligibility.get("stormwater_population"),
        identifiers=identifiers(content),
        contact={name: value for name, value in contact.items() if isinstance(value, str)},
        attributes={slug: narrative(answers) for slug, answers in chosen(content, "attributes").items()},
        categories={slug: _category(answers) for slug, answers in chosen(content, "categories").items()},
        photos=list(photos),
        certification=content.get("certification", {}),
    )


def _category(answers: Mapping[str, Any]) -> CategoryAnswer:
    return CategoryAnswer(**{name: value for name, value in answers.items() if name in _CATEGORY_FIELDS})


def identifiers(content: Content) -> list[str]:
    return [normal(value) for value in content.get("contact", {}).get("identifiers", [])]


def passages(content: Content) -> list[str]:
    """Returns the passages claimed as confidential (40 CFR Part 2), word for word."""
    return list(content.get("confidentiality", {}).get("passages", []))


def unfound(content: Content) -> list[str]:
    """Returns the claimed passages that occur in no text of the application."""
    texts = list(_texts(content))
    return [passage for passage in passages(content) if not any(passage in text for text in texts)]


def _texts(content: Content) -> Iterator[str]:
    for name, answers in content.items():
        if name != "confidentiality":
            yield from (value for value in answers.values() if isinstance(value, str))


def redacted(content: Content) -> dict[str, dict[str, Any]]:
    """Returns a copy without the claimed passages, for readers who may not see them."""
    claims = passages(content)
    hidden = {
        name: {key: _without(value, claims) for key, value in answers.items()} for name, answers in content.items()
    }
    hidden["confidentiality"] = {"passages": [WITHHELD] * len(claims)}
    return hidden


def _without(value: Any, claims: Iterable[str]) -> Any:
    if not isinstance(value, str):
        return value
    kept, done = [], 0
    for start, end in sorted(place for passage in claims for place in _places(value, passage)):
        if start >= done:
            kept += [value[done:start], WITHHELD]
        done = max(done, end)  # overlapping passages are all removed
    return "".join([*kept, value[done:]])


def _places(text: str, passage: str) -> Iterator[tuple[int, int]]:
    """Yields the start and end of each occurrence of ``passage``."""
    start = text.find(passage) if passage else -1
    while start >= 0:
        yield start, start + len(passage)
        start = text.find(passage, start + 1)


def postal(contact: Mapping[str, Any], *, name: str, city: str, state: str) -> list[str]:
    """Returns the lines of an address from a contact; ``name``, ``city`` and ``state`` are for what it leaves empty."""
    given = {key: value.strip() for key, value in contact.items() if isinstance(value, str)}
    place = f"{given.get('city') or city}, {given.get('state') or state} {given.get('zip', '')}".strip()
    street = given.get("address", "").splitlines()
    person = [given.get("manager", ""), given.get("title", "")]
    return [line for line in (*person, given.get("organization") or name, *street, place) if line.strip()]
