"""An application's content as titled parts with labeled lines, for pages and print."""

from dataclasses import dataclass, field
from typing import Any

from accounts.models import System
from recognition.application.content import PROMPTS, Content, chosen, identifiers, points
from recognition.criteria.completeness import Criteria


@dataclass
class Part:
    """A titled part. ``anchor`` is the dashed section name; ``lines`` are (label, text), ``lists`` (label, items)."""

    anchor: str
    title: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    lists: list[tuple[str, list[str]]] = field(default_factory=list)
    is_text: bool = False  # long text, such as a narrative

    @property
    def says_something(self) -> bool:
        return len(self.blank) < len(self.lines) + len(self.lists)

    @property
    def blank(self) -> list[str]:
        """The labels without text or items."""
        return [label for label, words in self.lines if not words.strip()] + [
            label for label, items in self.lists if not items
        ]


CONTACT_LABELS = {
    "organization": "Organization",
    "manager": "Facility manager",
    "title": "Title",
    "address": "Address",
    "city": "City",
    "state": "State",
    "zip": "ZIP code",
    "phone": "Phone",
    "fax": "Fax",
    "email": "Email",
    "secondary_name": "Second contact",
    "secondary_phone": "Second contact, phone",
    "secondary_email": "Second contact, email",
}
FIGURE_LABELS = {
    "wastewater_mgd": "Wastewater design flow, MGD",
    "drinking_water_population": "Drinking water, design population served",
    "stormwater_population": "Stormwater, population served",
}
ANSWER_LABELS = {
    "approved_program": "Approved pretreatment program in place",
    "certified_ems": "Certified environmental management system",
    "audit": "Energy audit completed",
    "reduction_percent": "Energy use reduced by, percent",
    "sustainable_percent": "Energy from sustainable power, percent",
}


def contact(content: Content) -> list[Part]:
    """Returns facility, contact and identifiers."""
    eligibility, given = content.get("eligibility", {}), content.get("contact", {})
    types = [System(kind).label for kind in eligibility.get("facility_types", [])]
    facility = Part("eligibility", "Facility", _lines(eligibility, FIGURE_LABELS), [("Type", types)])
    people = Part("contact", "Contact", _lines(given, CONTACT_LABELS), [("Identifiers", identifiers(content))])
    return [facility, people]


def texts(content: Content, criteria: Criteria) -> list[Part]:
    """Returns the claimed attributes and categories with their narratives, which the panel reads."""
    parts = []
    attributes, categories = chosen(content, "attributes"), chosen(content, "categories")
    for slug in filter(attributes.__contains__, criteria.attributes):  # in the edition's order
        answers = attributes[slug]
        lines = [(prompt, str(answers.get(name, ""))) for name, prompt in PROMPTS.items()]
        parts.append(Part(f"attributes-{slug}", criteria.attributes[slug], lines, is_text=True))
    for slug in filter(categories.__contains__, criteria.categories):
        rule, answers = criteria.categories[slug], categories[slug]
        ticked = [label for option, label in rule.activities.items() if option in answers.get("activities", [])]
        ticked += [label for option, label in rule.components.items() if option in answers.get("components", [])]
        lines = [*_lines(answers, ANSWER_LABELS), ("Narrative", str(answers.get("narrative", "")))]
        parts.append(
            Part(f"categories-{slug}", rule.name, lines, [("In place", ticked)] if ticked else [], is_text=True)
        )
    return parts


def answered(content: Content) -> list[Part]:
    """Returns what staff found missing in a returned application, and the applicant's answers."""
    return [
        Part(f"points-{name}", each["label"], [("Answer", each["answer"])], [("Found missing", each["asked"])])
        for name, each in points(content).items()
    ]


def statements(content: Content) -> list[Part]:
    """Returns what is not evaluated: partners, attestation, certification, claims of confidentiality."""
    certified = content.get("certification", {})
    attested = "Yes" if content.get("attestation", {}).get("attested") else "No"
    signed = ", ".join(filter(None, (certified.get("name"), certified.get("title"), certified.get("date"))))
    claims = content.get("confidentiality", {}).get("passages", [])
    return [
        Part("partners", "Partners", [("Named", content.get("partners", {}).get("partners", ""))]),
        Part("attestation", "Compliance", [("In compliance for the past 12 months", attested)]),
        Part("certification", "Certification", [("Certified by", signed)]),
        Part("confidentiality", "Confidentiality", [], [("Claimed passages", list(claims))]),
    ]


def criterion_names(criteria: Criteria) -> dict[str, str]:
    """Returns section name → display name for everything that can be rated."""
    names = {f"attributes.{slug}": name for slug, name in criteria.attributes.items()}
    return names | {f"categories.{slug}": rule.name for slug, rule in criteria.categories.items()}


def _lines(answers: Any, labels: dict[str, str]) -> list[tuple[str, str]]:
    return [
        (label, _words(answers[name])) for name, label in labels.items() if answers.get(name) not in (None, "", False)
    ]


def _words(value: Any) -> str:
    return "Yes" if value is True else f"{value:,}" if isinstance(value, int | float) else str(value)
