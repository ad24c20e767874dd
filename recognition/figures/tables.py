"""The statistics of a cycle as tables, for the page (some next to a chart) and for the sheets of the Excel file."""

from dataclasses import dataclass
from typing import Any

from recognition.figures.statistics import BY, Statistics


@dataclass(frozen=True)
class Table:
    """Rows of values under a head, for the page and for the sheet. ``name`` is its id on the page."""

    name: str
    title: str
    head: list[str]
    rows: list[list[Any]]

    @property
    def shown(self) -> list[list[str]]:
        return [[_shown(value) for value in row] for row in self.rows]


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.1f}"
    return "–" if value is None else str(value)


def tables(figures: Statistics) -> list[Table]:
    """Returns the tables in the order of the page."""
    return [_way(figures), _times(figures), _load(figures), _agreement(figures), *(_by(figures, title) for title in BY)]


def _way(figures: Statistics) -> Table:
    head = ["Step", "Reached", "Still at step", "Ended", "Reason"]
    rows = [[each.title, each.reached, each.waiting, sum(each.left.values()), each.why] for each in figures.steps]
    return Table("way", "From start to recognition", head, rows)


def _times(figures: Statistics) -> Table:
    head = ["Stage", "Applications", "Now in stage", "First quartile", "Median", "Third quartile", "Longest"]
    rows = [
        [each.title, each.n, each.running, each.first, each.median, each.third, each.longest] for each in figures.times
    ]
    return Table("times", "Days in each stage", head, rows)


def _load(figures: Statistics) -> Table:
    head = ["Reviewer", "Assigned", "Declared", "Reviewed", "Left panel", "Median days"]
    rows = [[each.name, each.assigned, each.declared, each.reviewed, each.gave_up, each.days] for each in figures.load]
    return Table("load", "Reviewer workload", head, rows)


def _agreement(figures: Statistics) -> Table:
    head = ["Criterion", "Applications", "Agree", "Mostly agree", "Differ", "Mean spread"]
    rows = [
        [
            each.title,
            each.applications,
            each.agree,
            each.mostly,
            each.differ,
            "too few" if each.spread is None else each.spread,
        ]
        for each in figures.accord
    ]
    return Table("agreement", "Agreement among panelists", head, rows)


def _by(figures: Statistics, title: str) -> Table:
    head = [_column(title), "Applied", "Recognized", "Percent"]
    rows = [[each.label, each.applied, each.recognized, each.share] for each in figures.by(title)]
    return Table(title.lower().replace(" ", "-"), title, head, rows)


def _column(title: str) -> str:
    """Capitalizes only the first letter, to keep the capitals of "EPA"."""
    word = title.removeprefix("By ")
    return word[0].upper() + word[1:]
