"""Ranks the people who might sit on a panel, with reasons. Pure functions on plain values.

People who belong to the utility or have an interest in it are never proposed. People from other states come first, and
then those with fewer open reviews. Each person with the same affiliation who is on the panel or ranks higher counts as
one more open review, so that the first few are a mix.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

AFFILIATIONS = {
    "hq": "EPA headquarters",
    "region": "an EPA Region",
    "expert": "outside EPA",
    "": "no listed affiliation",
}


@dataclass(frozen=True)
class Candidate:
    """A person. ``interests`` (declared) and ``utilities`` (that the person belongs to) are utility ids.

    ``state`` and ``affiliation`` are empty if not known. ``open`` is the number of reviews still to do.
    """

    id: int
    affiliation: str = ""
    state: str = ""
    interests: frozenset[int] = frozenset()
    utilities: frozenset[int] = frozenset()
    open: int = 0


@dataclass(frozen=True)
class Suggestion:
    candidate: Candidate
    reasons: tuple[str, ...]


def suggest(
    candidates: Iterable[Candidate], *, utility: int, state: str, seated: Iterable[str] = ()
) -> list[Suggestion]:
    """Returns all who may sit, best first. ``seated`` has the affiliations of the present members."""
    waiting = [one for one in candidates if utility not in one.interests | one.utilities]
    taken = Counter(seated)
    found = []
    while waiting:
        best = min(waiting, key=lambda one: (_same(one, state), one.open + taken[one.affiliation], one.open, one.id))
        waiting.remove(best)
        found.append(Suggestion(best, _reasons(best, state, taken[best.affiliation])))
        taken[best.affiliation] += 1
    return found


def _same(candidate: Candidate, state: str) -> bool:
    return bool(state) and candidate.state == state


def _reasons(candidate: Candidate, state: str, alike: int) -> tuple[str, ...]:
    """Returns the reasons, most important first."""
    where = AFFILIATIONS.get(candidate.affiliation, candidate.affiliation)
    mix = f"first from {where}" if not alike else f"already {alike} from {where}"
    return (_place(candidate, state), _load(candidate.open), mix)


def _place(candidate: Candidate, state: str) -> str:
    if not candidate.state:
        return "state unknown"
    return f"same state, {state}" if _same(candidate, state) else f"works in {candidate.state}"


def _load(n: int) -> str:
    return "no open reviews" if n == 0 else "1 open review" if n == 1 else f"{n} open reviews"
