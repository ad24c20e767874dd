"""Where a person stands with a training: plain functions over values.

A training that holds for some months is good through the same day so many months later, and lapses the day after.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from ims.editions import later

AHEAD = timedelta(days=60)  # enough to set up a session
EVERYONE = "Everyone"


class State(Enum):
    """What a cell of the matrix says: its name in classes, the sign, the words."""

    DONE = "done", "✓", "trained"
    SOON = "soon", "!", "expires soon"
    EXPIRED = "expired", "×", "expired"
    MISSING = "missing", "○", "not trained yet"
    EXTRA = "extra", "+", "trained, not needed"
    NOT_NEEDED = "not-needed", "·", "not needed"

    def __init__(self, slug: str, sign: str, words: str) -> None:
        self.slug, self.sign, self.words = slug, sign, words

    @property
    def is_needed(self) -> bool:
        return self not in (State.EXTRA, State.NOT_NEEDED)

    @property
    def is_open(self) -> bool:
        """Whether a session is wanted, now or soon."""
        return self in (State.SOON, State.EXPIRED, State.MISSING)

    @property
    def holds(self) -> bool:
        return self in (State.DONE, State.SOON, State.EXTRA)


URGENT = (State.EXPIRED, State.MISSING, State.SOON, State.DONE, State.EXTRA, State.NOT_NEEDED)


@dataclass(frozen=True)
class Standing:
    """``on`` is the day of the last session, ``expires`` the last day on which it holds, None for ever."""

    state: State
    on: date | None = None
    expires: date | None = None

    def __str__(self) -> str:
        if self.state in (State.MISSING, State.NOT_NEEDED) or self.on is None:
            return self.state.words
        if self.state is State.EXPIRED:
            return f"expired {self.expires:%B %-d, %Y}"
        words = "trained" if self.state is State.SOON else self.state.words
        return f"{words}, until {self.expires:%B %-d, %Y}" if self.expires else f"{words} {self.on:%B %-d, %Y}"


def standing(on: date | None, months: int | None, today: date, *, is_needed: bool) -> Standing:
    """``on`` is the day of the last session up to ``today``, if there was one."""
    if on is None:
        return Standing(State.MISSING if is_needed else State.NOT_NEEDED)
    expires = later(on, months) if months else None
    if expires and expires < today:
        return Standing(State.EXPIRED if is_needed else State.NOT_NEEDED, on, expires)
    if not is_needed:
        return Standing(State.EXTRA, on, expires)
    is_soon = expires is not None and expires - today <= AHEAD
    return Standing(State.SOON if is_soon else State.DONE, on, expires)


def plain(job: str) -> str:
    """Returns a job as it is compared: upper and lower case and spaces are the same."""
    return " ".join(job.split()).casefold()


def plain_set(jobs: Iterable[str]) -> frozenset[str]:
    return frozenset(plain(job) for job in jobs if job and job.strip())
