"""The completeness rules of the criteria, over plain values (ICR 2010, App. C, I to VI).

The form, the API and the submission all call ``check``, so they apply the same rules.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from accounts.numbers import doubt

WASTEWATER, DRINKING_WATER, STORMWATER, DECENTRALIZED = FACILITY_TYPES = (
    "wastewater",
    "drinking_water",
    "stormwater",
    "decentralized",
)
# The figure that decides the size of each type of facility; a decentralized system is always small.
FIGURES = {
    WASTEWATER: "wastewater_mgd",
    DRINKING_WATER: "drinking_water_population",
    STORMWATER: "stormwater_population",
}
CONTACT = {
    "organization": "the organization's name",
    "city": "the organization's city",
    "state": "the organization's state",
    "manager": "the facility manager's name",
    "title": "the facility manager's title",
    "address": "the mailing address",
    "zip": "the ZIP code",
    "phone": "a phone number",
    "email": "an email address",
}
CERTIFICATION = {"name": "the certifier's name", "title": "the certifier's title", "date": "the certification date"}
# An NPDES permit or a public water system identifier, whose format is a special case of the permit's.
IDENTIFIER = re.compile(r"[A-Z0-9]{9}")


@dataclass(frozen=True)
class CategoryRule:
    """The requirements of a resource category. ``activities`` and ``components`` are slugs → labels."""

    slug: str
    name: str
    boxes: int
    rule: str  # see recognition.models.Category.Rule
    minimum: int
    activities: Mapping[str, str]
    components: Mapping[str, str]
    least_reduction_percent: float | None = None
    least_sustainable_percent: float | None = None


@dataclass(frozen=True)
class Criteria:
    """An edition of the criteria. ``attributes`` are slugs → names, ``categories`` slugs → rules."""

    large_attributes: int
    small_attributes: int
    large_boxes: int
    small_boxes: int
    most_words: int
    most_photos: int
    thresholds: Mapping[str, float]  # facility type → the smallest figure that makes it large
    attributes: Mapping[str, str]
    categories: Mapping[str, CategoryRule]


@dataclass
class CategoryAnswer:
    activities: Sequence[str] = ()
    components: Sequence[str] = ()
    narrative: str = ""
    approved_program: bool = False
    certified_ems: bool = False
    audit: bool = False
    reduction_percent: float | None = None
    sustainable_percent: float | None = None


@dataclass
class Answers:
    """An applicant's answers. ``attributes`` are slugs → narratives; ``photos`` are (file name, caption)."""

    facility_types: Sequence[str] = ()
    wastewater_mgd: float | None = None
    drinking_water_population: int | None = None
    stormwater_population: int | None = None
    identifiers: Sequence[str] = ()
    contact: Mapping[str, str] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, CategoryAnswer] = field(default_factory=dict)
    photos: Sequence[tuple[str, str]] = ()
    certification: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deficiency:
    """Something that is missing or wrong. ``field`` is its dotted path (``photos.0.caption``)."""

    code: str
    field: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """A result of ``check``. ``size`` and the required numbers are None if the size is unknown."""

    size: str | None
    required_attributes: int | None
    required_boxes: int | None
    counted_attributes: int
    counted_boxes: int
    words: int
    deficiencies: list[Deficiency]
    notes: list[str]

    @property
    def complete(self) -> bool:
        return not self.deficiencies


def check(entry: Answers, criteria: Criteria, today: date) -> Outcome:
    """Returns everything that keeps ``entry`` from being complete, and how much of it counts."""
    entry = _within(entry, criteria)
    size = size_of(entry, criteria)
    large = size == "large"
    required_attributes = required_boxes = None
    if size:
        required_attributes = criteria.large_attributes if large else criteria.small_attributes
        required_boxes = criteria.large_boxes if large else criteria.small_boxes
    attributes = sum(1 for text in entry.attributes.values() if text.strip())
    faults = {slug: list(_category(criteria.categories[slug], answer)) for slug, answer in entry.categories.items()}
    boxes = sum(criteria.categories[slug].boxes for slug, wrong in faults.items() if not wrong)
    words = words_of(entry)
    deficiencies = [*_facility(entry, size), *_identifiers(entry), *_contact(entry)]
    deficiencies += _attributes(entry, attributes, required_attributes)
    deficiencies += _boxes(boxes, required_boxes)
    deficiencies += [fault for wrong in faults.values() for fault in wrong]
    if words > criteria.most_words:
        over = f"{words:,} words in all narratives; the limit is {criteria.most_words:,}. Shorten them."
        deficiencies.append(Deficiency("narrative-too-long", "narratives", over))
    deficiencies += [*_photos(entry, criteria), *_certification(entry, today)]
    return Outcome(
        size=size,
        required_attributes=required_attributes,
        required_boxes=required_boxes,
        counted_attributes=attributes,
        counted_boxes=boxes,
        words=words,
        deficiencies=deficiencies,
        notes=[*_doubts(entry), *_notes(attributes, required_attributes)],
    )


def _within(entry: Answers, criteria: Criteria) -> Answers:
    """Drops attributes and categories that the edition does not have: they neither count nor are checked."""
    return replace(
        entry,
        attributes={slug: text for slug, text in entry.attributes.items() if slug in criteria.attributes},
        categories={slug: answer for slug, answer in entry.categories.items() if slug in criteria.categories},
    )


def words_of(entry: Answers) -> int:
    """Counts the words, separated by white space, in the narratives of attributes and categories."""
    narratives = [*entry.attributes.values(), *(answer.narrative for answer in entry.categories.values())]
    return sum(len(text.split()) for text in narratives)


def size_of(entry: Answers, criteria: Criteria) -> str | None:
    """Returns "large" if any ticked type reaches its threshold, None if types or figures are missing, else "small"."""
    if not entry.facility_types:
        return None
    figures = {kind: getattr(entry, FIGURES[kind]) for kind in entry.facility_types if kind in FIGURES}
    if any(figure is not None and figure >= criteria.thresholds[kind] for kind, figure in figures.items()):
        return "large"
    return None if None in figures.values() else "small"


def _facility(entry: Answers, size: str | None) -> Iterator[Deficiency]:
    if not entry.facility_types:
        yield Deficiency("facility-type-missing", "facility_types", "Check at least one type of facility.")
    elif size is None:
        for kind in FIGURES:
            if kind in entry.facility_types and getattr(entry, FIGURES[kind]) is None:
                message = f"Enter the {FIGURE_NAMES[kind]}, which determines the size."
                yield Deficiency("size-undetermined", FIGURES[kind], message)


FIGURE_NAMES = {
    WASTEWATER: "design flow of the wastewater system",
    DRINKING_WATER: "population that the drinking water system is designed to serve",
    STORMWATER: "population that the stormwater system serves",
}


def normal(identifier: str) -> str:
    return identifier.strip().upper()


def _identifiers(entry: Answers) -> Iterator[Deficiency]:
    named = [(place, normal(value)) for place, value in enumerate(entry.identifiers) if value.strip()]
    if not named and {WASTEWATER, DRINKING_WATER} & set(entry.facility_types):
        message = "Enter an NPDES permit number or a public water system ID (PWSID)."
        yield Deficiency("identifier-missing", "identifiers", message)
    for place, value in named:
        if not IDENTIFIER.fullmatch(value):
            message = f"“{value}” is not a valid permit number or public water system ID. Both have nine characters."
            yield Deficiency("identifier-invalid", f"identifiers.{place}", message)


def _doubts(entry: Answers) -> Iterator[str]:
    for value in map(normal, entry.identifiers):
        if IDENTIFIER.fullmatch(value) and (why := doubt(value)):
            yield f"Check “{value}”: {why}."


def _contact(entry: Answers) -> Iterator[Deficiency]:
    for name, words in CONTACT.items():
        if not entry.contact.get(name, "").strip():
            yield Deficiency("contact-missing", f"contact.{name}", f"Enter {words}.")


def _attributes(entry: Answers, counted: int, required: int | None) -> Iterator[Deficiency]:
    for slug, text in entry.attributes.items():
        if not text.strip():
            yield Deficiency("narrative-missing", f"attributes.{slug}", "Write its narrative or uncheck it.")
    if required is not None and counted < required:
        message = f"{counted} of the {required} required attributes have a narrative."
        yield Deficiency("attributes-too-few", "attributes", message)


def _boxes(counted: int, required: int | None) -> Iterator[Deficiency]:
    if required is not None and counted < required:
        message = f"{counted} of the {required} required boxes are filled. A category counts once its rule is met."
        yield Deficiency("boxes-too-few", "categories", message)


def _category(rule: CategoryRule, answer: CategoryAnswer) -> Iterator[Deficiency]:
    """Yields what keeps one chosen category from counting."""
    place = f"categories.{rule.slug}"
    enough = len(rule.activities.keys() & set(answer.activities)) >= rule.minimum
    if rule.rule == "program" and not answer.approved_program:
        message = f"{rule.name} counts only with an approved program."
        yield Deficiency("program-not-approved", f"{place}.approved_program", message)
    if rule.rule == "energy":
        yield from _energy(rule, answer, place)
    elif rule.rule == "components":
        missing = [label for slug, label in rule.components.items() if slug not in answer.components]
        if missing:
            message = f"All {len(rule.components)} components are needed. Missing: {'; '.join(missing)}."
            yield Deficiency("watershed-component-missing", f"{place}.components", message)
    elif not enough and not (rule.rule == "certified" and answer.certified_ems):
        message = f"{rule.name} needs at least {rule.minimum} of its {len(rule.activities)} activities"
        message += ", or a certified management system." if rule.rule == "certified" else "."
        yield Deficiency("activities-too-few", f"{place}.activities", message)
    if not answer.narrative.strip():
        yield Deficiency("narrative-missing", f"{place}.narrative", f"Write the narrative for {rule.name.lower()}.")


def needed(rule: CategoryRule) -> str:
    """Returns what a category takes to count, in words."""
    if rule.rule == "components":
        return f"All {len(rule.components)} are needed, and the narrative must address each."
    if rule.rule == "energy":
        saved, made = rule.least_reduction_percent or 0, rule.least_sustainable_percent or 0
        return f"An energy audit, and at least {saved:g}% less energy use or {made:g}% from sustainable power."
    if rule.minimum == 0:
        return "These are examples. Another action counts too, if the narrative describes it."
    without = ", unless the management system is certified" if rule.rule == "certified" else ""
    return f"At least {rule.minimum} of {len(rule.activities)}{without}."


def met_of_required(met: Collection[str], size: str, criteria: Criteria) -> str:
    """Returns how much of what is required somebody found met: “2 of the 4 required attributes met, 1 of 2 boxes”.

    ``met`` are section names, such as "attributes.product-quality".
    """
    attributes = sum(1 for slug in criteria.attributes if f"attributes.{slug}" in met)
    boxes = sum(rule.boxes for slug, rule in criteria.categories.items() if f"categories.{slug}" in met)
    if not size:
        return f"Attributes met: {attributes}, boxes: {boxes}"
    is_large = size == "large"
    of_attributes = criteria.large_attributes if is_large else criteria.small_attributes
    of_boxes = criteria.large_boxes if is_large else criteria.small_boxes
    return f"{attributes} of the {of_attributes} required attributes met, {boxes} of {of_boxes} boxes"


def _energy(rule: CategoryRule, answer: CategoryAnswer, place: str) -> Iterator[Deficiency]:
    """Requires an audit, and either a reduction of energy use or enough sustainable power."""
    least_saved, least_made = rule.least_reduction_percent or 0, rule.least_sustainable_percent or 0
    if not answer.audit:
        yield Deficiency("energy-threshold-not-met", f"{place}.audit", "An energy audit is required.")
    if (answer.reduction_percent or 0) < least_saved and (answer.sustainable_percent or 0) < least_made:
        message = (
            f"Required: at least {least_saved:g}% less energy use or {least_made:g}% of energy from sustainable power."
        )
        yield Deficiency("energy-threshold-not-met", f"{place}.reduction_percent", message)


def _photos(entry: Answers, criteria: Criteria) -> Iterator[Deficiency]:
    if len(entry.photos) > criteria.most_photos:
        yield Deficiency("photos-too-many", "photos", f"Include at most {criteria.most_photos} photos.")
    for place, (filename, caption) in enumerate(entry.photos):
        if not filename.strip().lower().endswith((".jpg", ".jpeg")):
            yield Deficiency("photo-not-jpeg", f"photos.{place}.filename", "Photos must be JPEG files (.jpg).")
        if not caption.strip():
            yield Deficiency("photo-caption-missing", f"photos.{place}.caption", "Enter a caption for the photo.")


def _certification(entry: Answers, today: date) -> Iterator[Deficiency]:
    for name, words in CERTIFICATION.items():
        if not entry.certification.get(name, "").strip():
            yield Deficiency("certification-missing", f"certification.{name}", f"Enter {words}.")
    given = entry.certification.get("date", "").strip()
    signed = _day(given)
    if given and (signed is None or signed > today):
        message = "The date is not valid (year-month-day)." if signed is None else "The date is in the future."
        yield Deficiency("certification-date-invalid", "certification.date", message)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        return None


def _notes(counted: int, required: int | None) -> list[str]:
    if required is None or counted <= required:
        return []
    return [f"{counted} attributes have a narrative; only {required} are required."]
