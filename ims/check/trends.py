"""Whether a value meets its goal, and whether the last ones got better. Plain functions over plain values."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices

from ims.check.numbers import average, shown

SIDE = 3  # readings on each side of the comparison, if there are so many
STEADY = Decimal("0.02")
RULE = (
    "Better, worse or steady: the average of the last three readings is compared with the average of the three before. "
    "With fewer than six readings, each side has half of them. A difference under 2 percent is steady. For a range, "
    "the distance from the range is compared."
)


class Direction(TextChoices):
    LOWER = "lower", "Lower is better"
    HIGHER = "higher", "Higher is better"
    RANGE = "range", "Within a range"


class Trend(TextChoices):
    BETTER = "better", "Better"
    STEADY = "steady", "Steady"
    WORSE = "worse", "Worse"


@dataclass(frozen=True)
class Goal:
    """What is wanted: at most ``upper``, at least ``lower``, or between both. None where there is no such limit."""

    direction: str
    lower: Decimal | None = None
    upper: Decimal | None = None

    @property
    def is_set(self) -> bool:
        return self.lower is not None or self.upper is not None

    @property
    def limits(self) -> list[Decimal]:
        return [limit for limit in (self.lower, self.upper) if limit is not None]

    def met(self, value: Decimal) -> bool | None:
        """Returns whether the value meets the goal; None if there is none."""
        return self.distance(value) == 0 if self.is_set else None

    def distance(self, value: Decimal) -> Decimal:
        """Returns how far the value is outside of what is wanted, 0 if it is within."""
        below = self.lower - value if self.lower is not None else Decimal(0)
        above = value - self.upper if self.upper is not None else Decimal(0)
        return max(below, above, Decimal(0))

    def words(self, decimals: int) -> str:
        low, high = (None if each is None else shown(each, decimals) for each in (self.lower, self.upper))
        if low and high:
            return f"{low} to {high}"
        return f"{high} or less" if high else f"{low} or more" if low else ""


def trend(values: Sequence[Decimal], goal: Goal) -> Trend | None:
    """Compares the last values, oldest first, by RULE. Returns None if there are too few, or no range to compare."""
    n = min(SIDE, len(values) // 2)
    if not n or (goal.direction == Direction.RANGE and not goal.is_set):
        return None
    if goal.direction == Direction.RANGE:
        values = [goal.distance(value) for value in values]
    before, now = average(list(values[-2 * n : -n])), average(list(values[-n:]))
    if before == now or abs(now - before) < STEADY * abs(before):
        return Trend.STEADY
    return Trend.BETTER if (now > before) == (goal.direction == Direction.HIGHER) else Trend.WORSE
