"""Renders the rows of Table 2 and caches the closed ones.

A closed row shows only the values of RowShown and AreaShown, which are the key of its markup in memory. A page renders
only the rows that changed since this process last rendered them. The cache can't go stale, because every value that
the markup depends on is part of the key.
"""

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from assessments.answers import kept_areas, lack_of
from assessments.forms import FindingForm
from assessments.models import Finding, GapAnalysis
from workflow import composed

TEMPLATE = "assessments/analysis_fill.html#row"
# Placeholders for the person's CSRF token and the analysis's address.
_TOKEN, _BASE = "csrf-token-of-this-person", "/address-of-this-analysis/"  # noqa: S105


class RowShown(NamedTuple):
    slug: str
    name: str
    component: str
    component_name: str
    strategic_alignment: bool
    version: int
    rating: int | None
    areas: tuple[str, ...]
    kept_areas: str  # JSON: rating → areas, as the script reads it
    to_confirm: bool
    n_evidence: int

    @property
    def needs_areas(self) -> bool:
        """Whether the row asks for its areas before it is opened."""
        return self.to_confirm or bool(self.missing_reason)

    @property
    def missing_reason(self) -> str:
        """What the areas of the rating lack; empty if they agree or there is no rating."""
        return lack_of(self.rating, self.areas, False) if self.rating else ""

    @property
    def is_answered(self) -> bool:
        return not lack_of(self.rating, self.areas, self.to_confirm)


class AreaShown(NamedTuple):
    code: str
    short_name: str


def rows_of(analysis: GapAnalysis) -> list[RowShown]:
    """Returns the rows of an analysis. Reads only the values shown, not the long texts."""
    return [_shown(RowShown._make(row)) for row in composed.rows(_rows, None, analysis.pk)]


def _rows(analysis: int) -> QuerySet[Any]:
    names = ("slug", "name", "component", "component__name", "strategic_alignment")
    element = [f"element__{name}" for name in names]
    return (
        Finding.objects.filter(analysis=analysis)
        .order_by("element__order")
        .values_list(*element, "version", "rating", "areas", "kept_areas", "to_confirm", Count("evidence_items"))
    )


def _shown(row: RowShown) -> RowShown:
    kept = kept_areas(row.rating, row.areas, row.kept_areas)  # type: ignore[arg-type]
    # As the script writes it, so that the page it has saved is the page it gets.
    written = json.dumps(kept, separators=(",", ":"), sort_keys=True)
    return row._replace(areas=tuple(row.areas), kept_areas=written)


@lru_cache(maxsize=4096)  # about 4 kB each
def _closed(row: RowShown, scope: tuple[AreaShown, ...]) -> str:
    return render_to_string(TEMPLATE, {"row": row, "areas": scope, "token": _TOKEN, "base": _BASE})


def _as_sent(row: RowShown, form: FindingForm) -> RowShown:
    """Returns the row with the submitted rating and areas if the form is bound."""
    if not form.is_bound:
        return row
    rating = next((rating for rating in Finding.Rating.values if str(rating) == form["rating"].value()), None)
    kept = str(form["kept_areas"].value() or row.kept_areas)
    return row._replace(rating=rating, areas=tuple(form["areas"].value()), kept_areas=kept)


def markup(
    request: HttpRequest,
    rows: Iterable[RowShown],
    scope: tuple[AreaShown, ...],
    base: str,
    opened: str,
    more: dict[str, Any],
) -> list[tuple[str, SafeString]]:
    """Returns (component slug, markup) for every row. Renders the row ``opened`` with ``more``.

    ``base`` is the analysis's address.
    """
    token = get_token(request)
    made = []
    for row in rows:
        if row.slug == opened:
            context = {
                "row": _as_sent(row, more["form"]),
                "areas": scope,
                "token": token,
                "base": base,
                "opened": True,
            } | more
            html: str = render_to_string(TEMPLATE, context, request)
        else:
            html = _closed(row, scope).replace(_TOKEN, token).replace(_BASE, base)
        # Both are template output, already escaped; the token is letters and digits.
        made.append((row.component, mark_safe(html)))  # noqa: S308
    return made
