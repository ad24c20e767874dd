"""The public register: the recognitions that it lists, its map, and what an entry shows of its application."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import CharField, Count, F, Func, QuerySet, Value
from django.db.models.functions import Concat, Lower

from accounts.models import Utility
from accounts.zones import site_today
from recognition.application.content import claimed, passages, redacted
from recognition.application.shown import Part, criterion_names, texts
from recognition.models import Application, Attribute, Category, Photo, Recognition, RegisterVersion
from recognition.models.recognition import RecognitionQuerySet
from recognition.reviewing import queues
from workflow import composed
from workflow.matching import plain

KEPT = 300  # seconds


def entries() -> RecognitionQuerySet:
    """Returns what the register lists: valid recognitions with utility, cycle and EPA region, by name."""
    rows = Recognition.objects.valid().with_utility().annotate(region=queues.region("application__utility"))
    return rows.order_by(Lower("application__utility__name"), "pk")


def lines() -> RecognitionQuerySet:
    """Returns ``entries`` with only what a line of the list shows; each cycle, for one, has long texts."""
    utility = [f"application__utility__{name}" for name in ("name", "city", "state", "systems")]
    return entries().only("since", "until", "application__cycle__title", *utility)


def matching(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Keeps the rows that have every word in the utility's name or city."""
    found = Utility.objects.order_by().matching(words, state=False, number=False)
    return rows.filter(application__utility__in=found.values("pk")) if plain(words).split() else rows


@dataclass(frozen=True)
class Known:
    """What occurs in the register: (cycle, its title, state, section shown), the section also empty; the states'
    numbers of entries.
    """

    found: list[tuple[int, str, str, str]]
    n_of: dict[str, int]


def known() -> Known:
    """Returns what occurs in the register. To find out is to read all of it, so it is kept until an entry is added,
    ends or is changed. A utility's new state or a cycle's new title is known after ``KEPT`` seconds.
    """
    valid = Recognition.objects.valid()
    [version] = composed.rows(_version, None) or [None]
    key = f"register-{site_today()}-{version}"
    return cache.get_or_set(key, lambda: Known(_found(valid), counts(valid)), KEPT)  # type: ignore[return-value]


def _version() -> QuerySet[Any]:
    return RegisterVersion.objects.values_list("version", flat=True)


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """Returns state → number of ``rows``."""
    state = rows.order_by().values_list("application__utility__state")
    return dict(state.annotate(n=Count("pk")))


def _found(rows: QuerySet[Any]) -> list[tuple[int, str, str, str]]:
    sections = Func(F("published"), Value(""), function="array_append")
    section = Func(sections, function="unnest", output_field=CharField())
    found = rows.order_by().annotate(section=section)
    of = "application__cycle_id", "application__cycle__title", "application__utility__state", "section"
    return list(found.values_list(*of).distinct())


def achievement_names() -> dict[str, str]:
    """Returns section → name of all that can be published, in the criteria's order, with the newest edition's names.

    Makes one query.
    """
    return {section: name for _, _, _, section, name in sorted(composed.rows(_names, None))}


def _names() -> QuerySet[Any]:
    def named(model: Any, kind: str) -> QuerySet[Any]:
        section = Concat(Value(f"{kind}."), F("slug"), output_field=CharField())
        return model.objects.order_by().values_list("edition__slug", Value(kind), "order", section, "name")

    return named(Attribute, "attributes").union(named(Category, "categories"))


# One entry.


@dataclass(frozen=True)
class Shown:
    """What an entry shows. ``photos`` are (photo, caption). Confidential passages in texts and captions are hidden."""

    parts: list[Part]
    summary: str
    photos: list[tuple[Photo, str]]


def choices(application: Application) -> list[tuple[str, str]]:
    """Returns what the utility may publish of the submitted version: (section, name), in the criteria's order."""
    said = claimed(application.submission.content) if application.submission else []
    names = criterion_names(application.cycle.edition.criteria)
    return [(section, name) for section, name in names.items() if section in said]


def confidential(application: Application) -> list[str]:
    """Returns the passages of the submitted version that are claimed as confidential."""
    return passages(application.submission.content) if application.submission else []


def photos(application: Application) -> QuerySet[Photo]:
    """Returns the photos of the submitted version that the utility allowed to be published."""
    return Photo.objects.filter(submission=application.submission, may_publish=True).exclude(submission=None)


def shown(application: Application, published: Iterable[str], summary: str) -> Shown:
    """Returns what the page of an entry shows if the sections ``published`` are public."""
    submission = application.submission
    allowed = list(photos(application))
    content = dict(submission.content) if submission else {}
    content["captions"] = {str(photo.pk): photo.caption for photo in allowed}
    public = redacted(content)
    anchors = {section.replace(".", "-") for section in published}
    parts = [part for part in texts(public, application.cycle.edition.criteria) if part.anchor in anchors]
    return Shown(parts, summary, [(photo, public["captions"][str(photo.pk)]) for photo in allowed])
