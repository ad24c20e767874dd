"""A page that is measured, and what it costs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AIM = 1.3  # times what the page cost before, or on fewer rows


@dataclass(frozen=True)
class Page:
    name: str
    by: str  # who opens it; nobody if empty
    path: str
    most: float | None = None  # times the bare view
    fields: Callable[[], dict[str, Any]] | None = None  # what a POST sends; called before each request


@dataclass(frozen=True)
class Cost:
    """``web``, ``database`` and ``bare``, the bare view's, are medians in milliseconds of CPU."""

    name: str
    by: str
    web: float
    database: float
    queries: int
    bytes: int
    bare: float
    most: float | None = None

    @property
    def cpu(self) -> float:
        return self.web + self.database

    @property
    def ratio(self) -> float:
        return self.cpu / self.bare

    @property
    def is_too_much(self) -> bool:
        return self.most is not None and self.ratio > self.most

    def times(self, other: "Cost") -> float:
        """Returns how many times the cost of ``other``, the same page before or on fewer rows, this is."""
        return self.ratio / other.ratio

    def grew(self, other: "Cost") -> bool:
        return self.queries != other.queries or self.times(other) > AIM
