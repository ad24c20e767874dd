"""The elements and what leads to what as a map, and the ways to start as small diagrams.

Computes positions and paths in SVG user units; the template draws them.
"""

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pdca.models import Component, Element, Flow, Topic

# --- The map: one column, in the order of Table 2 ---------------------------------------------------------

WIDTH = 400  # of a phone; wide screens scale it up
_LEFT, _RIGHT = 74, 302  # of the nodes; back arrows run to the left of them, forward arrows to the right
_ONE_LINE, _MORE, _KEY, _GAP, _HEAD, _PAD = 35, 18, 16, 10, 46, 12
_LETTERS = 20  # that fit on one line of a node, beside its number of opportunities


@dataclass(frozen=True)
class Arrow:
    """``path`` is the SVG path of the line, ``head`` of the arrowhead."""

    flow: Flow
    end: Element
    path: str
    head: str
    back: bool


@dataclass(frozen=True)
class Node:
    element: Element
    top: int
    height: int
    lines: list[tuple[str, int]]  # of the name, each with the y of its baseline
    outline: str
    arrows: list[Arrow]  # that start here
    opportunities: int  # how many integration opportunities it has

    @property
    def middle(self) -> int:
        return self.top + self.height // 2

    @property
    def key_at(self) -> int:
        return self.top + self.height - 10

    @property
    def opportunities_said(self) -> str:
        """The name of the link to them for screen readers."""
        plural = "opportunity" if self.opportunities == 1 else "opportunities"
        return f"{self.element.name}: {self.opportunities} integration {plural}"

    @property
    def said(self) -> str:
        """The name of its link for screen readers."""
        key = ", key to alignment" if self.element.strategic_alignment else ""
        return f"{self.element.order} {self.element.name}{key}"


@dataclass(frozen=True)
class Stage:
    component: Component
    top: int
    height: int
    nodes: list[Node]

    @property
    def head_at(self) -> int:
        return self.top + _HEAD // 2


@dataclass(frozen=True)
class Map:
    stages: list[Stage]
    height: int
    again: str  # the path from the last stage back to the first
    again_head: str
    width: int = WIDTH


def flow_map(elements: Sequence[Element], flows: Iterable[Flow], opportunities: Mapping[str, int]) -> Map:
    """Lays out ``elements``, which are in the order of Table 2, each with its component, and the flows between them.

    ``opportunities``: element slug → how many integration opportunities it has.
    """
    places: dict[str, tuple[int, int]] = {}
    bands: list[tuple[Component, int, int, list[Element]]] = []
    top = _GAP
    for component, group in groupby(elements, key=lambda element: element.component):
        members, begins = list(group), top
        top += _HEAD
        for element in members:
            places[element.slug] = (top, _height(element))
            top += _height(element) + _GAP
        top += _PAD - _GAP
        bands.append((component, begins, top - begins, members))
        top += _PAD
    arrows = _arrows({element.slug: element for element in elements}, places, flows)
    stages = [
        Stage(
            component,
            begins,
            height,
            [_node(element, *places[element.slug], arrows, opportunities.get(element.slug, 0)) for element in members],
        )
        for component, begins, height, members in bands
    ]
    return Map(stages, top, *_again(stages))


def _height(element: Element) -> int:
    lines = len(_lines(element.name))
    return _ONE_LINE + _MORE * (lines - 1) + (_KEY if element.strategic_alignment else 0)


def _lines(name: str) -> list[str]:
    return textwrap.wrap(name, _LETTERS) or [""]


def _node(element: Element, top: int, height: int, arrows: Iterable[Arrow], opportunities: int) -> Node:
    lines = [(line, top + 22 + _MORE * number) for number, line in enumerate(_lines(element.name))]
    leaving = [arrow for arrow in arrows if arrow.flow.start_id == element.slug]
    return Node(element, top, height, lines, _outline(element, top, height), leaving, opportunities)


def _outline(element: Element, top: int, height: int) -> str:
    """Returns the path of a box, with pointed ends if the element is key to alignment."""
    middle, bottom, point = top + height / 2, top + height, 9 if element.strategic_alignment else 0
    return (
        f"M{_LEFT} {top} H{_RIGHT} L{_RIGHT + point} {middle:g} L{_RIGHT} {bottom} "
        f"H{_LEFT} L{_LEFT - point} {middle:g} Z"
    )


def _arrows(
    elements: Mapping[str, Element], places: Mapping[str, tuple[int, int]], flows: Iterable[Flow]
) -> list[Arrow]:
    """Forward arrows bend to the right, back arrows to the left. Longer arrows bend wider, up to a limit."""
    known = [flow for flow in flows if flow.start_id in places and flow.end_id in places]
    order = {slug: number for number, slug in enumerate(places)}
    made = []
    for flow in known:
        back = _is_back(flow, order)
        start, end = (_port(flow, slug, known, order, places) for slug in (flow.start_id, flow.end_id))
        side, away, most = (_LEFT - 10, -1, 40) if back else (_RIGHT + 10, 1, 84)
        # A curve reaches three quarters of the way to its control points.
        bend = side + away * min(most, 14 + 6 * abs(order[flow.end_id] - order[flow.start_id])) * 4 / 3
        path = f"M{side} {start:g} C{bend:g} {start:g} {bend:g} {end:g} {side + away * 6} {end:g}"
        made.append(Arrow(flow, elements[flow.end_id], path, f"M{side} {end:g} l{away * 8} -4.5 v9 Z", back))
    return made


def _port(
    flow: Flow, slug: str, flows: Iterable[Flow], order: Mapping[str, int], places: Mapping[str, tuple[int, int]]
) -> float:
    """Returns the y at which an arrow touches a node. Arrows on one side are evenly spaced, and sorted so that they do
    not cross near the node: from the top, those that go up, nearest first, then those that go down, nearest last.
    """
    back = _is_back(flow, order)
    touching = [one for one in flows if slug in (one.start_id, one.end_id) and _is_back(one, order) is back]

    def turn(one: Flow) -> tuple[bool, int]:
        distance = order[one.end_id if one.start_id == slug else one.start_id] - order[slug]
        return distance > 0, -distance

    place = sorted(touching, key=turn).index(flow) + 1
    top, height = places[slug]
    return top + height * place / (len(touching) + 1)


def _is_back(flow: Flow, order: Mapping[str, int]) -> bool:
    return order[flow.end_id] < order[flow.start_id]


def _again(stages: Sequence[Stage]) -> tuple[str, str]:
    """Returns the path and arrowhead from the bottom of the last stage up to the heading of the first."""
    if not stages:
        return "", ""
    begins, ends = stages[0].top + _HEAD // 2, stages[-1].top + stages[-1].height
    return f"M20 {ends - 14} H14 Q8 {ends - 14} 8 {ends - 20} V{begins + 6} Q8 {begins} 14 {begins} H22", (
        f"M30 {begins} l-9 -5.5 v11 Z"
    )


# --- The ways to begin --------------------------------------------------------------------------------------


ALSO = "It also names"

_BOX, _LINE, _CHIP, _DOWN = 340, 19, 30, 26


@dataclass(frozen=True)
class Chip:
    """A link to an initiative, drawn as a small box."""

    name: str
    url: str
    top: int
    height: int
    lines: list[tuple[str, int]]


@dataclass(frozen=True)
class Box:
    number: int
    top: int
    height: int
    lines: list[tuple[str, int]]
    chips: list[Chip]
    last: bool

    @property
    def foot(self) -> int:
        return self.top + self.height


@dataclass(frozen=True)
class Way:
    topic: Topic
    boxes: list[Box]
    height: int
    width: int = _BOX


def way(topic: Topic, found: Mapping[str, tuple[str, str]]) -> Way:
    """Lays out a way to begin. ``found``: slug → (name, address) of each initiative that readers can find. A step shows
    only initiatives that the topic names; those that no step has get an extra step at the end.
    """
    named = [slug for slug in topic.initiatives if slug in found]
    steps = [(step["text"], step.get("initiatives", [])) for step in topic.steps]
    rest = [slug for slug in named if not any(slug in initiatives for _, initiatives in steps)]
    steps = [*steps, (ALSO if steps else topic.title, rest)] if rest or not steps else steps
    boxes, top = [], 2
    for number, (text, initiatives) in enumerate(steps, start=1):
        lines = [(line, top + 24 + _LINE * place) for place, line in enumerate(textwrap.wrap(text, 33))]
        chips, foot = _chips([found[slug] for slug in initiatives if slug in named], top + 18 + _LINE * len(lines))
        boxes.append(Box(number, top, foot - top, lines, chips, number == len(steps)))
        top = foot + _DOWN
    return Way(topic, boxes, top - _DOWN + 2)


def _chips(named: Iterable[tuple[str, str]], top: int) -> tuple[list[Chip], int]:
    """Stacks chips from ``top`` down; also returns the y below the last one."""
    chips = []
    for name, url in named:
        texts = textwrap.wrap(name, 38)
        height = _CHIP + 16 * (len(texts) - 1)
        chips.append(Chip(name, url, top, height, [(text, top + 20 + 16 * place) for place, text in enumerate(texts)]))
        top += height + 8
    return chips, top + (4 if chips else 0)
