"""How the manual is shown, on a page and on paper: by component, with what changed since an edition marked."""

from collections.abc import Collection, Mapping
from itertools import groupby
from typing import Any

from accounts.models import Utility
from ims import registers
from ims.closed import ClosedRegister
from ims.system.manual import ManualEdition
from ims.system.manual_changes import Changed, changes
from pdca.models import Component

MAX_SHOWN = 20  # records of one register that a page shows


def shown(utility: Utility, content: Mapping[str, Any], before: ManualEdition | None) -> dict[str, Any]:
    """Returns what templates show of a content, with what changed since ``before``.

    Registers that were closed since are left out of both: whoever may read the manual may not read them.
    """
    closed = set(ClosedRegister.objects.filter(utility=utility).values_list("register", flat=True))
    now = without(content, closed)
    changed = changes(without(before.content, closed), now) if before else []
    marks = {each.number: each for each in changed if each.number}
    components = {each.slug: each for each in Component.objects.all()}
    elements = [_element(place, each, marks, changed) for place, each in enumerate(now["elements"], 1)]
    return {
        "utility": utility,
        "facts": now["facts"],
        "functions": now["functions"],
        "closed": sorted({*now["closed"], *(registers.get(slug).name for slug in closed)}),
        "before": before,
        "changed": [(place, list(found)) for place, found in groupby(changed, lambda each: each.place)],
        "n_changed": len(changed),
        "components": [
            (components[slug], list(found)) for slug, found in groupby(elements, lambda each: each["component"])
        ],
        "most": MAX_SHOWN,
        "most_slice": f":{MAX_SHOWN}",
    }


def without(content: Mapping[str, Any], closed: Collection[str]) -> dict[str, Any]:
    """Returns the content without the records of these registers."""
    elements = [
        {**each, "parts": [part for part in each["parts"] if part["register"] not in closed]}
        for each in content["elements"]
    ]
    return {**content, "elements": elements}


def _element(
    place: int, element: Mapping[str, Any], marks: Mapping[str, Changed], changed: list[Changed]
) -> dict[str, Any]:
    own = [each for each in changed if each.element == element["slug"] and not each.number]
    parts = [
        {
            **part,
            "rows": [(record, marks.get(record["number"])) for record in part["records"]],
            "more": max(len(part["records"]) - MAX_SHOWN, 0),
            "has_areas": any(record["areas"] for record in part["records"]),
            "has_owners": any(record["owner"] for record in part["records"]),
            "has_texts": any(record["text"] for record in part["records"]),
        }
        for part in element["parts"]
    ]
    return {**element, "place": place, "parts": parts, "own_changes": own}
