"""When a row of a gap analysis is answered: its rating and its areas agree, and it was confirmed."""

from collections.abc import Sequence

from django.db.models import Q

NONE, SINGLE, MULTIPLE = 0, 1, 2  # Finding.Rating


def lack_of(rating: int | None, areas: Sequence[str], to_confirm: bool) -> str:
    """Returns what a row lacks for a complete analysis, in words; empty if it is answered."""
    if rating is None:
        return "not answered yet"
    if to_confirm:
        return "carried over from an earlier analysis: confirm or change it"
    if rating == SINGLE and len(areas) != 1:
        return "choose the area it supports"
    if rating == MULTIPLE and len(areas) < 2:
        return "needs at least two areas"
    return ""


def kept_areas(rating: int | None, areas: Sequence[str], earlier: dict[str, list[str]]) -> dict[str, list[str]]:
    """Returns rating → areas: ``earlier`` with the areas of the current rating, unless that has none by itself."""
    return earlier | ({str(rating): list(areas)} if rating else {})


def answered(path: str = "") -> Q:
    """Returns the condition that ``lack_of`` is empty. ``path`` leads to the finding, such as ``findings__``."""
    rating, n_areas = f"{path}rating", f"{path}areas__len"
    agree = Q(**{rating: NONE}) | Q(**{rating: SINGLE, n_areas: 1}) | Q(**{rating: MULTIPLE, f"{n_areas}__gte": 2})
    return agree & Q(**{f"{path}to_confirm": False})
