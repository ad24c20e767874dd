"""The PDF report that compares the whole catalog, or the two to six initiatives that a person chose.

A choice is not stored as a row, because such rows would have to be cleaned up. The report's object number encodes the
choice instead: 0 is the whole catalog; any other number holds the keys of the chosen initiatives, ten bits each. Six
of them fit into the 63 bits of the column.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from initiatives import comparison
from initiatives.models import Initiative
from pdca.models import Area, Component, Element
from reports.kinds import Kind, register

WHOLE = 0
BITS = 10


@dataclass(frozen=True)
class Comparison:
    """What the report is about. ``pk`` is the number that the report stores."""

    pk: int
    initiatives: list[Initiative]


def number_of(chosen: Sequence[Initiative]) -> int | None:
    """Encodes a choice. Returns None, and there is no PDF, if a key exceeds ten bits or too many are chosen."""
    number = 0
    for one in chosen:
        if one.pk >> BITS:
            return None
        number = number << BITS | one.pk
    return number if len(chosen) <= comparison.MAX_ASKED else None


def keys_in(number: int) -> list[int]:
    keys = []
    while number:
        keys.append(number & (1 << BITS) - 1)
        number >>= BITS
    return keys[::-1]


def find(user: User, object_id: int) -> Comparison | None:
    """Any user may request it. Includes initiatives that were retired since, so that their reports stay readable."""
    if object_id == WHOLE:
        return Comparison(WHOLE, list(Initiative.objects.readable().prefetch_related("areas")))
    keys = keys_in(object_id)
    found = Initiative.objects.known().prefetch_related("areas").in_bulk(keys)
    fits = comparison.MIN_COMPARED <= len(keys) <= comparison.MAX_ASKED
    if not fits or len(found) != len(keys):
        return None
    return Comparison(object_id, [found[key] for key in keys])


def title(subject: Comparison) -> str:
    if subject.pk == WHOLE:
        return f"All {len(subject.initiatives)} initiatives compared"
    return f"Initiatives compared: {', '.join(one.short_name for one in subject.initiatives)}"


def context(subject: Comparison) -> dict[str, Any]:
    """Returns what the sources say. What they do not say of any initiative is only named."""
    chosen = subject.initiatives
    components, areas = list(Component.objects.all()), list(Area.objects.all())
    columns = comparison.columns(areas, components)
    known = [column for column in columns if column.kind != "words" or any(map(column.value, chosen))]
    rows = comparison.who_asks(chosen, Element.objects.readable().select_related("component"))
    stated = [row for row in rows if any(map(_is_stated, row.asks))]
    asking = [one for place, one in enumerate(chosen) if any(_is_stated(row.asks[place]) for row in stated)]
    compared = [] if subject.pk == WHOLE else comparison.aspects(chosen, components)
    aspects = [row for row in compared if any(cell.lines or cell.why for cell in row.cells)]
    return {
        "title": title(subject),
        "initiatives": chosen,
        "areas": areas,
        "columns": known,
        "no_columns": [column.label for column in columns if column not in known],
        "table_1": comparison.table_1(chosen, known),
        "asking": asking,
        "silent": [one for one in chosen if one not in asking],
        "asked": [(row, _of(asking, chosen, row.asks)) for row in stated],
        "not_stated": [row.element for row in rows if row not in stated],
        "aspects": [(row, list(zip(chosen, row.cells, strict=True))) for row in aspects],
        "no_aspects": [row.name for row in compared if row not in aspects],
        "Stance": comparison.Stance,
    }


def _is_stated(ask: comparison.Ask) -> bool:
    return ask.stance != comparison.Stance.SILENT


def _of(
    asking: list[Initiative], chosen: list[Initiative], asks: list[comparison.Ask]
) -> list[tuple[Initiative, comparison.Ask]]:
    return [(one, ask) for one, ask in zip(chosen, asks, strict=True) if one in asking]


register(
    Kind(
        name="initiative-comparison",
        label="Comparison of initiatives",
        template="initiatives/reports/comparison.html",
        find=find,
        title=title,
        filename=lambda _: "initiatives-compared",
        context=context,
    )
)
