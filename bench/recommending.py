"""Measures how long recommendations take: with the catalog, and with forty initiatives."""

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from assessments.catalog import candidates_of, elements_of
from assessments.recommendations import Candidate, ElementOf, recommend
from assessments.results import AREA_CODES
from bench.report_time import took
from initiatives.models import Initiative
from pdca.models import Component, Element

AIM = 50  # milliseconds
MANY = 40  # initiatives


@dataclass(frozen=True)
class Recommending:
    """Milliseconds over several analyses."""

    name: str
    median: float
    longest: float
    aim: int


def measure(times: int) -> list[Recommending]:
    elements = elements_of(Element.objects.order_by("order"))
    known = candidates_of(Initiative.objects.readable().with_area_codes())
    chance = random.Random(1)  # noqa: S311 the same catalogs each time
    return [
        *(
            _cost(f"{len(known)} initiatives, strength {most}", elements, lambda: known, most, times)
            for most in (1, 2, 3)
        ),
        *(
            _cost(f"{MANY} random ones, strength {most}", elements, lambda: _many(chance), most, times)
            for most in (1, 2, 3)
        ),
    ]


def _cost(
    name: str, elements: list[ElementOf], candidates: Callable[[], list[Candidate]], strength: int, times: int
) -> Recommending:
    taken = []
    for _ in range(times):
        work = partial(recommend, elements, candidates(), areas=AREA_CODES, covered={}, strength=strength)
        taken.append(took(work))
    return Recommending(name, statistics.median(taken), max(taken), AIM)


def _many(chance: random.Random) -> list[Candidate]:
    components = list(Component.objects.values_list("slug", flat=True))
    return [
        Candidate(
            f"initiative-{number}",
            frozenset(chance.sample(AREA_CODES, chance.randint(1, 3))),
            {component: chance.randint(1, 3) for component in components},
        )
        for number in range(MANY)
    ]
