"""The pages of every day at two scales, page by page in turn, so that a machine that slows down does so for both.

Each scale has a process of its own, with its database and its web server. It measures one page for each line it reads.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

Figures = dict[str, Any]
IN_TURN = "--in-turn"


def measure(scales: tuple[int, int], options: list[str]) -> tuple[Figures, Figures]:
    """Returns the result at each scale. Raises RuntimeError if one process ends early."""
    with ExitStack() as running:
        # One after the other: each loads its rows before the next begins.
        first, second = (running.enter_context(_InTurn(scale, options)) for scale in scales)
        results = first.began, second.began
        for costs in _pairs(first, second):
            bare = sum(cost["bare"] for cost in costs) / len(costs)  # of the same view
            for result, cost in zip(results, costs, strict=True):
                result["pages"].append(cost | {"bare": bare})
        return results


def _pairs(first: "_InTurn", second: "_InTurn") -> Iterator[tuple[Figures, Figures]]:
    for _ in range(first.began["n_pages"]):
        yield first.next(), second.next()


class _InTurn:
    """The process that measures at one scale. ``began`` is its result so far, without any page."""

    def __init__(self, scale: int, options: list[str]) -> None:
        command = [sys.executable, "-m", "bench", "--scale", str(scale), IN_TURN, *options]
        self.scale = scale
        self.process = subprocess.Popen(  # noqa: S603  this program itself
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.began = self._read()

    def __enter__(self) -> "_InTurn":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.communicate()  # tells it that no line follows: it ends, and drops its database

    def next(self) -> Figures:
        """Returns the cost of the next page."""
        self.process.stdin.write("\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]
        return self._read()

    def _read(self) -> Figures:
        if line := self.process.stdout.readline():  # type: ignore[union-attr]
            return json.loads(line)
        raise RuntimeError(f"The measurement at scale {self.scale} ended early.")
