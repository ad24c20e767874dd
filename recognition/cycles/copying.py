"""A cycle or an edition of the criteria begins as a copy of an earlier one: all settings, no applications."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from post_office.models import EmailTemplate

from letters import wordings
from recognition.models import Addressee, Attribute, Category, Cycle, Edition, Option

# What a copy has of its own. Every other column, also one that is added later, is copied.
OF_ITS_OWN = ("id", "title", "status", "copied_from")
OF_AN_EDITION = ("id", "slug", "name", "loaded", "copied_from")
DAYS = ("panel_from", "panel_until", "letters_from", "letters_until")  # planned; they move with the cycle
MAX_LENGTH = 120  # characters of a title or name


def _settings(row: models.Model, own: tuple[str, ...]) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if field.name not in own}


def later(day: date, years: int) -> date:
    """Returns the same day ``years`` later; of February 29 the 28th."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _moment_later(moment: datetime, years: int, zone: ZoneInfo) -> datetime:
    """Returns the same hour by the clock of the cycle's time zone."""
    there = moment.astimezone(zone)
    return datetime.combine(later(there.date(), years), there.time(), zone)


def _years(cycle: Cycle) -> int:
    """Returns by how many years a copy moves: one or, of a cycle of long ago, as many as it takes to open in future."""
    years, zone = 1, ZoneInfo(cycle.time_zone)
    while _moment_later(cycle.opens, years, zone) <= timezone.now():
        years += 1
    return years


def _named(name: str, years: int, taken: Any) -> str:
    """Returns a new name: with its year moved, else marked as a copy. ``taken`` says whether a name is in use."""
    moved = re.sub(r"\b(20\d\d)\b", lambda found: str(int(found[1]) + years), name)
    whole = moved if moved != name and not taken(moved) else f"{name[: MAX_LENGTH - 12]} (copy)"
    number = 2
    while taken(whole):
        whole, number = f"{name[: MAX_LENGTH - 12]} (copy {number})", number + 1
    return whole


@transaction.atomic
def copy_cycle(cycle: Cycle) -> tuple[Cycle, bool]:
    """Returns a copy that opens a year later, and True; or the copy that has not opened yet, and False.

    What is copied: every setting, and who holds the offices that are notified. Who signs and whose approval expires
    when are as they were, for somebody to check.
    """
    source = Cycle.objects.select_for_update().get(pk=cycle.pk)
    waiting = source.copies.filter(status=Cycle.Status.PLANNED, opens__gt=timezone.now()).first()
    if waiting:
        return waiting, False
    years, zone = _years(source), ZoneInfo(source.time_zone)
    known = _settings(source, OF_ITS_OWN)
    known |= {name: _moment_later(known[name], years, zone) for name in ("opens", "closes")}
    known |= {name: later(known[name], years) for name in DAYS if known[name]}
    title = _named(source.title, years, lambda each: Cycle.objects.filter(title=each).exists())
    made = Cycle.objects.create(**known, title=title, copied_from=source)
    offices = source.addressees.exclude(office=Addressee.Office.TRIBAL_LEADER)  # a Tribe is told of its own utility
    rows = [_settings(row, ("id", "cycle")) for row in offices]
    Addressee.objects.bulk_create(Addressee(**row, cycle=made) for row in rows)
    return made, True


@transaction.atomic
def copy_edition(edition: Edition) -> tuple[Edition, bool]:
    """Returns a copy with its attributes, categories and their activities, and True.

    If there is a copy that no cycle uses yet, that one and False. Rebuild the search index afterwards.
    """
    source = Edition.objects.select_for_update().get(pk=edition.pk)
    if unused := source.copies.filter(cycles=None).first():
        return unused, False
    name = _named(source.name, 1, lambda each: Edition.objects.filter(name=each).exists())
    slug, number = f"{source.slug[:40]}-copy", 2
    while Edition.objects.filter(slug=slug).exists():
        slug, number = f"{source.slug[:40]}-copy-{number}", number + 1
    made = Edition.objects.create(**_settings(source, OF_AN_EDITION), name=name, slug=slug, copied_from=source)
    for attribute in source.attributes.prefetch_related("elements", "capacity"):
        mapped = list(attribute.elements.all()), list(attribute.capacity.all())
        copied = Attribute.objects.create(**_settings(attribute, ("id", "edition", "loaded")), edition=made)
        copied.elements.set(mapped[0])
        copied.capacity.set(mapped[1])
    for category in source.categories.prefetch_related("options"):
        kept = Category.objects.create(**_settings(category, ("id", "edition", "loaded")), edition=made)
        options = [_settings(option, ("id", "category", "loaded")) for option in category.options.all()]
        Option.objects.bulk_create(Option(**each, category=kept) for each in options)
    return made, True


# What the page of a copy shows.


@dataclass(frozen=True)
class Copied:
    """A setting: what the source has, what the copy has, and whether a person should check it."""

    label: str
    before: str
    now: str
    check: str = ""

    @property
    def is_same(self) -> bool:
        return self.before == self.now


CHECK = {
    "opens": "Falls on another day of the week.",
    "closes": "Falls on another day of the week.",
    "panel_from": "Falls on another day of the week.",
    "panel_until": "Falls on another day of the week.",
    "letters_from": "Falls on another day of the week.",
    "letters_until": "Falls on another day of the week.",
    "edition": "Are these still the criteria?",
    "signatory_name": "Do they still hold the office?",
    "omb_expires": "An approval does not renew itself: enter the date of the new one.",
}


def settings_of(made: Cycle) -> Iterator[Copied]:
    """Yields each setting of a copy beside that of the cycle it is copied from, if that still exists."""
    source = made.copied_from
    for field in made._meta.concrete_fields:
        if field.name in ("id", "status", "copied_from"):
            continue
        now, before = (_shown(row, field.name) if row else "" for row in (made, source))
        check = CHECK.get(field.name, "") if now else ""
        if field.name == "omb_expires" and not made.omb_control_number:
            check = ""
        yield Copied(capfirst(str(field.verbose_name)), before, now, check)


def _shown(cycle: Cycle, name: str) -> str:
    value = getattr(cycle, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        there = value.astimezone(ZoneInfo(cycle.time_zone))
        return f"{date_format(there, 'l')}, {cycle.in_its_zone(value)}"
    if isinstance(value, date):
        return date_format(value, "l, F j, Y")
    return "" if value is None else str(value)


def n_of_edition(edition: Edition) -> list[tuple[str, int]]:
    """Returns how many rows of each kind an edition has."""
    return [
        ("attributes", edition.attributes.count()),
        ("elements of a gap analysis that attributes are mapped to", _n(edition, "elements")),
        ("capacities that attributes are mapped to", _n(edition, "capacity")),
        ("resource categories", edition.categories.count()),
        ("activities and components", Option.objects.filter(category__edition=edition).count()),
    ]


def _n(edition: Edition, mapped: str) -> int:
    return edition.attributes.filter(**{f"{mapped}__isnull": False}).values("pk", mapped).count()


def n_reworded() -> int:
    """Returns how many wordings of letters administrators have changed. All cycles share the wordings."""
    rows = EmailTemplate.objects.filter(language="").values_list("name", "subject", "content")
    known = [(wordings.get(name), subject, content) for name, subject, content in rows if wordings.is_known(name)]
    return sum((wording.subject, wording.content) != (subject, content) for wording, subject, content in known)
