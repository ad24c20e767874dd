"""The public register: which recognitions it lists, where they are, and what one of them shows of its application."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Concat, Lower

from accounts.regions import states
from recognition.application.content import claimed, passages, redacted
from recognition.application.shown import Part, criterion_names, texts
from recognition.models import Application, Attribute, Category, Photo, Recognition
from recognition.models.recognition import RecognitionQuerySet
from recognition.reviewing import queues

# Where each state stands on the map, row by row; what is not listed has no utility that could stand there.
ROWS = [
    "AK .. .. .. .. .. .. .. .. .. .. ME",
    ".. .. .. .. .. .. .. .. .. .. VT NH",
    ".. WA ID MT ND MN WI MI .. NY MA RI",
    ".. OR NV WY SD IA IL IN OH PA NJ CT",
    ".. CA UT CO NE MO KY WV VA MD DE ..",
    ".. .. AZ NM KS AR TN NC SC DC .. ..",
    ".. .. .. .. OK LA MS AL GA .. .. ..",
    "HI .. .. .. TX .. .. .. .. FL .. ..",
]
TERRITORIES = "AS GU MP FM MH PW .. .. .. .. PR VI"  # a row below, of those that have any
STEP, SIDE = 46, 42  # from tile to tile, and of a tile, in the units of the picture
# From how many utilities on a tile has which fill and which ink; the number stands on it too.
SHADES = [
    (0, "var(--map-none)", "var(--ink-quiet)"),
    (1, "var(--map-few)", "var(--ink)"),
    (3, "var(--map-some)", "var(--ink)"),
    (6, "var(--map-many)", "var(--on-fill)"),
    (11, "var(--map-most)", "var(--on-fill)"),
]


def entries() -> RecognitionQuerySet:
    """What the register lists: valid recognitions with utility, cycle and EPA region, by name."""
    place = Application.objects.filter(pk=OuterRef("application")).annotate(region=queues.region())
    rows = Recognition.objects.valid().with_utility().annotate(region=Subquery(place.values("region")))
    return rows.order_by(Lower("application__utility__name"), "pk")


def matching(rows: QuerySet[Any], words: str) -> QuerySet[Any]:
    """Every word is in the utility's name or city."""
    for word in words.split():
        named = Q(application__utility__name__icontains=word) | Q(application__utility__city__icontains=word)
        rows = rows.filter(named)
    return rows


def achievement_names() -> dict[str, str]:
    """What can be published, by section: in the criteria's order, as the newest edition calls it. One query."""

    def named(model: Any, kind: str) -> QuerySet[Any]:
        section = Concat(Value(f"{kind}."), F("slug"), output_field=CharField())
        return model.objects.order_by().values_list("edition__slug", Value(kind), "order", section, "name")

    found = sorted(named(Attribute, "attributes").union(named(Category, "categories")))
    return {section: name for _, _, _, section, name in found}


# The map.


@dataclass(frozen=True)
class Tile:
    """A state with ``n`` utilities; ``x`` and ``y`` of its corner."""

    code: str
    name: str
    n: int
    x: int
    y: int
    fill: str
    ink: str


@dataclass(frozen=True)
class Map:
    tiles: list[Tile]
    width: int
    height: int
    side: int = SIDE  # of a tile


def counts(rows: QuerySet[Any]) -> dict[str, int]:
    """State → how many of ``rows``."""
    state = rows.order_by().values_list("application__utility__state")
    return dict(state.annotate(n=Count("pk")))


def as_map(n_of: Mapping[str, int]) -> Map:
    """A tile for each state and for those territories that have any."""
    below = [code if n_of.get(code) else ".." for code in TERRITORIES.split()]
    rows = [row.split() for row in ROWS]
    if any(code != ".." for code in below):
        rows.append(below)
    tiles = list(_tiles(rows, n_of))
    return Map(tiles, width=len(rows[0]) * STEP - (STEP - SIDE), height=len(rows) * STEP - (STEP - SIDE))


def _tiles(rows: Iterable[list[str]], n_of: Mapping[str, int]) -> Iterator[Tile]:
    names = dict(states())
    for down, row in enumerate(rows):
        for across, code in enumerate(row):
            if code != "..":
                n = n_of.get(code, 0)
                fill, ink = next((fill, ink) for least, fill, ink in reversed(SHADES) if n >= least)
                yield Tile(code, names[code], n, across * STEP, down * STEP, fill, ink)


# One entry.


@dataclass(frozen=True)
class Shown:
    """``photos`` are (photo, caption); of texts and captions, what is claimed as confidential is taken out."""

    parts: list[Part]
    summary: str
    photos: list[tuple[Photo, str]]


def choices(application: Application) -> list[tuple[str, str]]:
    """What of the submitted version its utility may agree to show: (section, name), in the criteria's order."""
    said = claimed(application.submission.content) if application.submission else []
    names = criterion_names(application.cycle.edition.criteria)
    return [(section, name) for section, name in names.items() if section in said]


def confidential(application: Application) -> list[str]:
    """The passages of the submitted version that are claimed as confidential."""
    return passages(application.submission.content) if application.submission else []


def photos(application: Application) -> QuerySet[Photo]:
    """Those of the submitted version that its utility allowed to be published."""
    return Photo.objects.filter(submission=application.submission, may_publish=True).exclude(submission=None)


def shown(application: Application, published: Iterable[str], summary: str) -> Shown:
    """What the page of an entry shows, where these sections are ``published``."""
    submission = application.submission
    allowed = list(photos(application))
    content = dict(submission.content) if submission else {}
    content["captions"] = {str(photo.pk): photo.caption for photo in allowed}
    public = redacted(content)
    anchors = {section.replace(".", "-") for section in published}
    parts = [part for part in texts(public, application.cycle.edition.criteria) if part.anchor in anchors]
    return Shown(parts, summary, [(photo, public["captions"][str(photo.pk)]) for photo in allowed])
