"""The catalog's pages for the search, and its initiatives by system, group and management area."""

from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import System
from initiatives.models import Initiative
from pdca.models import Area
from workflow.search import Place, public


@public
def pages() -> Iterator[Place]:
    catalog = reverse("initiatives:list")
    yield Place("page", "Initiatives", "The catalog of management initiatives.", catalog)
    yield Place("page", "Case examples", "Utilities that integrated initiatives.", reverse("initiatives:cases"))
    compare = "Management areas and strengths of all initiatives, or two to four side by side."
    yield Place("tool", "Comparison of initiatives", compare, reverse("initiatives:compare"))
    asked = "What initiatives require at each element, and which of them one procedure can cover."
    yield Place("tool", "Requirements by element", asked, reverse("initiatives:who-asks"))
    yield from _lists(catalog, "system", System.choices)
    yield from _lists(catalog, "group", Initiative.Group.choices)
    yield from _lists(catalog, "area", Area.objects.values_list("code", "name"))


def _lists(catalog: str, name: str, choices: Iterable[tuple[str, str]]) -> Iterator[Place]:
    for value, label in choices:
        heading = f"Initiatives: {label.lower()}"
        yield Place("list", heading, "The catalog, filtered.", f"{catalog}?{urlencode({name: value})}", (label,))
