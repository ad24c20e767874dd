"""Moves the integration opportunities of each element from its JSON column to rows, with edits, drafts and history.

A record that was loaded from the data files keeps in ``loaded`` what was loaded, so that what an administrator changed
still counts as edited. One that an administrator removed becomes a retired row: the next load would add it again.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import migrations
from django.utils import timezone
from django.utils.text import slugify

Record = dict[str, Any]

# The slugs in opportunities.yaml, in the order in which each element's opportunities have always been loaded.
SLUGS = {
    "management-commitment": ["one-statement-of-commitment"],
    "vision": ["one-mission-for-all-initiatives"],
    "policy-statements": ["policies-that-agree"],
    "assessing-areas": ["same-units-for-every-assessment", "data-collected-once", "same-criteria"],
    "legal-and-other-requirements": ["one-procedure-for-all-requirements"],
    "objectives-and-targets": ["objectives-that-support-each-other", "one-yearly-process"],
    "management-programs": ["structure-roles-and-responsibilities", "activities-and-schedules-that-fit"],
    "training-awareness-competence": ["one-session-per-task", "one-way-to-plan-and-record-training"],
    "communication": [
        "one-list-of-audiences",
        "one-message",
        "shared-communication-methods",
        "one-set-of-communication-procedures",
    ],
    "document-control": ["one-system-for-all-documents", "one-management-system-manual", "records-kept-once"],
    "emergency-preparedness-response": ["one-emergency-plan", "risk-data-put-to-use"],
    "operational-control": ["one-procedure-for-each-process"],
    "measuring-and-monitoring": ["data-measured-once", "one-format-for-progress"],
    "reporting": ["one-report-to-the-public", "one-report-for-management-review"],
    "management-review": ["one-review-team", "coordinated-revisions", "one-review-procedure"],
    "auditing": ["auditors-trained-once", "one-audit-team"],
    "corrective-preventive-action": ["one-corrective-action-procedure"],
    "change-management": ["one-procedure-for-all-changes"],
}
EMPTY: Record = {"title": "", "shared": "", "benefit": "", "how": [], "caution": "", "source": "", "note": ""}
LONGEST = {"title": 160, "source": 200}
MOVED, LEFT_OUT = "Moved from its element", "Its element’s draft left it out; retire it if it should go"


def columns(record: Record) -> Record:
    """Returns the values of the row's columns. A text that is too long for its column is also in the note, in full."""
    values = {name: record.get(name, empty) for name, empty in EMPTY.items()}
    for name, most in LONGEST.items():
        if len(values[name]) > most:
            values["note"] = "\n".join(filter(None, [values["note"], values[name]]))
            values[name] = f"{values[name][: most - 1]}…"
    return values


class Followed:
    """Follows records through the versions of a list: each gets the number of the row that it is a version of."""

    def __init__(self) -> None:
        self.last: dict[int, Record] = {}  # number → the record as last seen
        self.before: list[int] = []

    def numbers(self, records: list[Record]) -> list[int]:
        """Returns the number of each record: of an equal one, else one with the same title, else one that has a text
        in common, else the one at the same place in a list of the same length, else a new number.
        """
        found: dict[int, int] = {}  # place → number
        for alike in (_equal, _same_title, _same_text):
            self._match(records, found, alike)
        if len(records) == len(self.before):
            for place, number in enumerate(self.before):
                if place not in found and number not in found.values():
                    found[place] = number
        for place, record in enumerate(records):
            number = found.setdefault(place, max([-1, *self.last, *found.values()]) + 1)
            self.last[number] = record
        self.before = [found[place] for place in range(len(records))]
        return self.before

    def _match(self, records: list[Record], found: dict[int, int], alike: Callable[[Record, Record], bool]) -> None:
        for place, record in enumerate(records):
            free = (number for number in self.last if number not in found.values())
            if place not in found:
                number = next((number for number in free if alike(self.last[number], record)), None)
                if number is not None:
                    found[place] = number


def _equal(one: Record, other: Record) -> bool:
    return one == other


def _same_title(one: Record, other: Record) -> bool:
    return bool(one["title"] == other["title"])


def _same_text(one: Record, other: Record) -> bool:
    return any(one.get(name) and one.get(name) == other.get(name) for name in ("shared", "benefit", "how"))


class Mover:
    """Makes the rows of one element."""

    def __init__(self, element: Any, versions: Iterable[Any], taken: set[str]) -> None:
        self.element, self.taken = element, taken
        self.now: list[Record] = element.opportunities
        self.was: list[Record] = element.loaded.get("opportunities", [])
        followed = Followed()
        versions = [version for version in versions if version.history_type != "-"]
        known = any(version.opportunities == self.was for version in versions)
        self.numbers_was = [] if known else followed.numbers(self.was)
        self.versions = [(version, followed.numbers(version.opportunities)) for version in versions]
        if known:
            self.numbers_was = next(some for version, some in self.versions if version.opportunities == self.was)
        self.numbers_now = followed.numbers(self.now)
        self.last = dict(followed.last)
        self.drafted: list[Record] | None = (element.draft or {}).get("opportunities")
        self.numbers_drafted = followed.numbers(self.drafted) if self.drafted is not None else []

    def rows(self) -> Iterable[tuple[Record, list[Record]]]:
        """Yields the values of each row, and of each of its history records without the row's id."""
        for number in dict.fromkeys([*self.numbers_now, *self.numbers_was, *self.numbers_drafted]):
            yield self._row(number)

    def _row(self, number: int) -> tuple[Record, list[Record]]:
        history = self._history(number)
        if number in self.numbers_now:
            place = self.numbers_now.index(number)
            row = self._values(self.now[place], place) | {"published": self.element.published, "retired_on": None}
        elif number in self.numbers_was:
            gone = next((one["retired_on"] for one in history[::-1] if one["retired_on"]), timezone.localdate())
            place = self.numbers_was.index(number)
            row = self._values(self.last[number], place) | {"published": True, "retired_on": gone}
        else:
            place = self.numbers_drafted.index(number)
            row = self._values((self.drafted or [])[place], place) | {"published": False, "retired_on": None}
        slug = self._slug(number, row["title"])
        history = [one | {"slug": slug} for one in history]
        row = row | {"slug": slug, "loaded": self._loaded(number, slug)}
        plain = {name: value for name, value in row.items() if name != "loaded"}
        if not history or any(history[-1][name] != value for name, value in plain.items()):
            history.append(_record(plain, timezone.now(), None, MOVED))
        if self.drafted is not None and number in self.numbers_now and number not in self.numbers_drafted:
            history.append(_record(plain, timezone.now(), None, LEFT_OUT))
        for place, one in enumerate(history):
            one["history_type"] = "~" if place else "+"
        return row | {"draft": self._draft(number, row)}, history

    def _values(self, record: Record, place: int) -> Record:
        return columns(record) | {"element_id": self.element.slug, "order": place + 1}

    def _slug(self, number: int, title: str) -> str:
        slugs = SLUGS.get(self.element.slug, [])
        if number in self.numbers_was and len(self.was) == len(slugs):
            return slugs[self.numbers_was.index(number)]
        slug = made = slugify(title)[:74] or self.element.slug
        copies = 1
        while made in self.taken:
            copies += 1
            made = f"{slug}-{copies}"
        self.taken.add(made)
        return made

    def _loaded(self, number: int, slug: str) -> Record:
        if number not in self.numbers_was:
            return {}
        place = self.numbers_was.index(number)
        return {"slug": slug, "element": self.element.slug, "order": place + 1} | self.was[place] | {"published": True}

    def _draft(self, number: int, row: Record) -> Record | None:
        if not row["published"] or number not in self.numbers_drafted:
            return None
        place = self.numbers_drafted.index(number)
        values = columns((self.drafted or [])[place]) | ({"order": place + 1} if self._reordered() else {})
        return {name: value for name, value in values.items() if value != row[name]} or None

    def _reordered(self) -> bool:
        """Whether the draft is more than the present list with some left out and new ones at its end."""
        kept = [number for number in self.numbers_now if number in self.numbers_drafted]
        return self.numbers_drafted[: len(kept)] != kept

    def _history(self, number: int) -> list[Record]:
        """Returns a record for each version of the element in which the row changed."""
        history: list[Record] = []
        for version, numbers in self.versions:
            if number in numbers:
                place = numbers.index(number)
                row = self._values(version.opportunities[place], place)
                row |= {"published": version.published, "retired_on": None}
            elif history:
                row = _of_row(history[-1]) | {"retired_on": timezone.localdate(version.history_date)}
                row["retired_on"] = history[-1]["retired_on"] or row["retired_on"]
            else:
                continue
            if not history or _of_row(history[-1]) != row:
                reason = version.history_change_reason
                history.append(_record(row, version.history_date, version.history_user_id, reason))
        return history


def _record(row: Record, at: Any, by: int | None, why: str | None) -> Record:
    return row | {"history_date": at, "history_user_id": by, "history_change_reason": why}


def _of_row(record: Record) -> Record:
    return {name: value for name, value in record.items() if not name.startswith("history_")}


def move(apps: Any, schema_editor: Any) -> None:
    Element, Opportunity = apps.get_model("pdca", "Element"), apps.get_model("pdca", "Opportunity")
    HistoricalElement = apps.get_model("pdca", "HistoricalElement")
    HistoricalOpportunity = apps.get_model("pdca", "HistoricalOpportunity")
    taken = {slug for slugs in SLUGS.values() for slug in slugs}
    for element in Element.objects.order_by("order"):
        versions = HistoricalElement.objects.filter(slug=element.slug).order_by("history_date", "history_id")
        for row, history in Mover(element, versions, taken).rows():
            made = Opportunity.objects.create(**row)
            HistoricalOpportunity.objects.bulk_create(HistoricalOpportunity(id=made.pk, **one) for one in history)
        element.loaded.pop("opportunities", None)
        if element.draft:
            element.draft.pop("opportunities", None)
        element.draft = element.draft or None
        element.save(update_fields=["loaded", "draft"])


class Migration(migrations.Migration):

    dependencies = [
        ("pdca", "0008_opportunities"),
    ]

    operations = [
        migrations.RunPython(move, migrations.RunPython.noop),
    ]
