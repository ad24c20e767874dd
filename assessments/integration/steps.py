"""The steps of a road map, as a person reorders them: plain dicts, in order (see assessments.models.road_map.STEP)."""

from collections.abc import Sequence
from typing import Any

from assessments.models import When

Step = dict[str, Any]
TIMES = When.values

# Each returns new steps. An unknown key changes nothing.


def moved(steps: Sequence[Step], key: str, by: int) -> list[Step]:
    """Moves a step one place up (-1) or down (1). Over the edge of its time, it moves into the time next to it."""
    found = list(steps)
    place = next((number for number, step in enumerate(found) if step["key"] == key), None)
    if place is None:
        return found
    beside = place + by
    if 0 <= beside < len(found) and found[beside]["when"] == found[place]["when"]:
        found[place], found[beside] = found[beside], found[place]
    else:
        other = TIMES.index(found[place]["when"]) + by
        if 0 <= other < len(TIMES):
            found[place] = found[place] | {"when": TIMES[other]}
    return found


def without(steps: Sequence[Step], key: str) -> list[Step]:
    return [step for step in steps if step["key"] != key]


def reworded(steps: Sequence[Step], key: str, text: str) -> list[Step]:
    return [step | {"text": text} if step["key"] == key else step for step in steps]


def with_own(steps: Sequence[Step], text: str, when: str) -> list[Step]:
    """Adds a person's own step as the last of its time."""
    taken = {step["key"] for step in steps}
    number = next(n for n in range(1, len(taken) + 2) if f"own-{n}" not in taken)
    added = {"key": f"own-{number}", "text": text, "when": when}
    return sorted([*steps, added], key=lambda step: TIMES.index(step["when"]))
