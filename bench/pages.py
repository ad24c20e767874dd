"""The pages of the utilities with a long history, and of the queue of a full cycle: those that ``world`` makes."""

from collections.abc import Callable, Iterator
from typing import Any

from django.urls import reverse

from assessments.models import Finding
from bench.cost import Page
from bench.world import World
from ims.models import Action, Measure
from recognition.models import Cycle


def pages(world: World) -> Iterator[Page]:
    yield from _open_to_all()
    yield from _analyses(world)
    yield from _records(world)
    yield from _managed(world)
    yield from _large(world)
    queue = reverse("recognition:queue", args=["panel"])
    yield Page("queue of 1,500, 25 rows", "staff", queue, most=25)
    waiting = Cycle.objects.get(title__endswith="spring").pk  # 500 of them; of more, a worker makes the file
    yield Page("queue of 500 as an Excel file", "staff", f"{queue}?export=xlsx&cycle={waiting}", most=200)
    yield Page("my reviews, 100 applications", "member", reverse("recognition:queue", args=["my-reviews"]), most=12)


def _open_to_all() -> Iterator[Page]:
    yield Page("home, anonymous", "", "/")
    yield Page("initiatives", "", reverse("initiatives:list"))
    yield Page("element", "", reverse("pdca:element", args=["communication"]))
    yield Page("integration opportunities", "", reverse("pdca:opportunities"))
    yield Page("integration opportunity", "", reverse("pdca:opportunity", args=["one-message"]))


def _analyses(world: World) -> Iterator[Page]:
    utility, draft, complete = [world.complete.utility_id], [world.draft.pk], [world.complete.pk]
    row = reverse("assessments:save", args=[*draft, "communication"])
    yield Page("60 gap analyses", "person", reverse("assessments:list"), most=10)
    yield Page("gap analysis, every row filled", "person", world.draft.get_absolute_url(), most=7)
    yield Page("save a row, rating", "person", row, most=5, fields=_rating(world))
    yield Page("save a row, all of it", "person", row, most=5, fields=_everything(world))
    yield Page("gap analysis as an Excel file", "person", reverse("assessments:excel", args=complete))
    yield Page("results, under way", "person", reverse("assessments:results", args=draft))
    yield Page("results, complete", "person", reverse("assessments:results", args=complete))
    yield Page("recommendations", "person", reverse("assessments:recommendations", args=complete))
    yield Page("road map suggested", "person", reverse("assessments:road_map_suggested", args=complete))
    yield Page("integration", "person", reverse("assessments:integration", args=utility))
    yield Page("analyses compared", "person", reverse("assessments:compare", args=utility))
    yield Page("reports, list", "person", reverse("reports:list"))


def _records(world: World) -> Iterator[Page]:
    utility = [world.complete.utility_id]
    yield Page("home, 300 records and what others changed", "person", "/", most=10)
    yield Page("utility, 300 actions", "person", reverse("accounts:utility", args=utility))
    yield Page("300 actions, 25 rows", "person", reverse("ims:list", args=[*utility, "actions"]))
    yield Page("an action", "person", Action.objects.filter(utility__in=utility)[0].get_absolute_url())
    yield Page("300 measures, 25 rows", "person", reverse("ims:list", args=[*utility, "measures"]))
    yield Page("a measure, 36 readings", "person", Measure.objects.filter(utility__in=utility)[0].get_absolute_url())
    yield Page("performance, 300 measures", "person", reverse("ims:performance", args=utility))


def _managed(world: World) -> Iterator[Page]:
    """Pages of a large management system, and the home page and overview of the advisor of five."""
    managed = world.managed
    own = managed.utility.pk
    steps = [
        ("workshop of 30 × 12, scoring", "workshop_score", managed.scoring),
        ("workshop of 30 × 12, shown", "workshop_score", managed.settling),
        ("workshop of 30 × 12, matrix", "workshop_settle", managed.settling),
        ("workshop of 30 × 12, budget", "workshop_package", managed.settling),
    ]
    pages = [
        ("home, advisor of 5 utilities", "/"),
        ("overview of 5 utilities", reverse("accounts:list")),
        ("system of a utility", reverse("ims:system", args=[own])),
        ("team, every function", reverse("ims:team", args=[own])),
        ("300 findings ranked, 25 rows", reverse("ims:ranked", args=[own])),
        ("programs, 300 actions, 40 people", reverse("ims:programs", args=[own])),
        ("300 documents, 25 rows", reverse("ims:list", args=[own, "documents"])),
        ("trainings of 40 people × 40", reverse("ims:training_matrix", args=[own])),
        ("agenda of a management review", reverse("ims:agenda", args=[own, managed.review.number])),
        *((name, reverse(f"ims:{url}", args=[own, workshop.number])) for name, url, workshop in steps),
    ]
    whole = [
        ("our system today, 1,300 records", "today"),
        ("system manual, 1,300 records", "manual"),
        ("round of the year, 1,300 records", "year"),
    ]
    whole_pages = [(name, reverse(f"ims:{url}", args=[own])) for name, url in whole]
    for name, path in [*pages, *whole_pages]:
        yield Page(name, "advisor", path)


def _large(world: World) -> Iterator[Page]:
    lists, system = world.large.lists.pk, world.large.system.pk
    for slug in ("actions", "corrective", "requirements"):
        address = reverse("ims:list", args=[lists, slug])
        yield Page(f"10,000 {slug}, 25 rows", "keeper", address, most=20)
        yield Page(f"10,000 {slug}, last page", "keeper", f"{address}?page=400", most=20)
    everything = reverse("ims:everything", args=[lists])
    yield Page("30,000 records, 25 rows", "keeper", everything, most=20)
    today = reverse("ims:today", args=[system])
    yield Page("our system today, 5,000 records", "keeper", today)


def _rating(world: World) -> Callable[[], dict[str, Any]]:
    """Returns a function for the fields that the page sends for a closed row: version, rating, areas."""
    row = Finding.objects.filter(analysis=world.draft, element__slug="communication")
    return lambda: {"version": row.values_list("version", flat=True).get(), "rating": 2, "areas": ["E", "S", "Q"]}


def _everything(world: World) -> Callable[[], dict[str, Any]]:
    """Like ``_rating``, for an open row, which also has texts and initiatives."""
    row, rating = Finding.objects.get(analysis=world.draft, element__slug="communication"), _rating(world)
    texts = {"evidence": row.evidence, "changes": row.changes, "notes": row.notes}
    return lambda: rating() | {"details": "1", "initiatives": row.initiatives} | texts
