"""The steps of filling in an application, and where on them each deficiency can be fixed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from recognition.criteria.completeness import Deficiency, Outcome


@dataclass(frozen=True)
class Step:
    """A page. ``sections`` are names, or the first part of names (``attributes``)."""

    name: str
    title: str
    sections: tuple[str, ...] = ()


# A returned application begins with what staff found missing.
POINTS = Step("points", "Points to answer", ("points",))
STEPS = [
    Step("facility", "Facility", ("eligibility", "attestation")),
    Step("contact", "Contact", ("contact", "partners")),
    Step("attributes", "Attributes", ("attributes",)),
    Step("resources", "Resources", ("categories",)),
    Step("photos", "Photos"),
    Step("certification", "Certification", ("certification", "confidentiality")),
    Step("submit", "Review and submit"),
]
BY_NAME = {step.name: step for step in (POINTS, *STEPS)}
_OF_SECTION = {section: step.name for step in BY_NAME.values() for section in step.sections} | {"photos": "photos"}


def steps_of(sections: Iterable[str]) -> list[Step]:
    """Returns the steps of an application with these sections."""
    return [POINTS, *STEPS] if any(name.startswith("points.") for name in sections) else STEPS


def step_of(section: str) -> str:
    """Returns the name of the step on which the section is filled in."""
    return _OF_SECTION[section.partition(".")[0]]


def progress(steps: Iterable[Step], outcome: Outcome, gaps: Collection[str], n_photos: int) -> list[tuple[Step, str]]:
    """Returns every step with "done", "missing" or "" for its mark. ``gaps`` are the titles of steps with gaps.

    Before the size of the organization is known, nothing is required of the attributes and resources yet, so nothing
    of them is done either. Photos are optional, and the last step is done by submitting.
    """
    open_ended = set() if outcome.size else {"attributes", "resources"}
    if not n_photos:
        open_ended.add("photos")
    found = []
    for step in steps:
        if step.title in gaps:
            found.append((step, "missing"))
        else:
            found.append((step, "" if step.name == "submit" or step.name in open_ended else "done"))
    return found


def place_of(deficiency: Deficiency) -> tuple[str, str]:
    """Returns the step and the anchor (the id of an input or a block) where it can be fixed."""
    parts = deficiency.field.split(".")
    match parts:
        case ["attributes" | "categories" | "points" as kind, slug, *_]:
            return _OF_SECTION[kind], f"row-{kind}-{slug}"
        case ["narratives" | "attributes"]:
            return "attributes", "main"
        case ["categories"]:
            return "resources", "main"
        case ["photos", *_]:
            return "photos", "main"
        case ["identifiers", *_]:
            return "contact", "id_contact_identifiers"
        case ["facility_types"]:
            return "facility", "id_eligibility_facility_types_0"
        case [section, name] if section in _OF_SECTION:
            return _OF_SECTION[section], f"id_{section}_{name}"
        case _:
            return "facility", f"id_eligibility_{parts[0]}"
