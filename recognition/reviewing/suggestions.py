"""Who might sit on a panel, in a good order, and why each stands where they do. Plain values in, plain values out.

Never proposed: a person who belongs to the utility or has an interest in it. Then: people from another state first;
among them those with less to do, where one who shares an affiliation with an earlier one counts as having one review
more, so that the first few make a mix.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

AFFILIATIONS = {
    "hq": "EPA headquarters",
    "region": "an EPA Region",
    "expert": "outside EPA",
    "": "no known affiliation",
}


@dataclass(frozen=True)
class Candidate:
    """``interests`` and ``utilities`` are utility ids: declared ones, and those that the person belongs to.

    ``state`` and ``affiliation`` are empty where they are not known; ``open`` is the number of reviews still to do.
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
    """All who may sit, best first. ``seated`` are the affiliations of those who are on the panel already."""
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
    """In the order in which they weigh."""
    where = AFFILIATIONS.get(candidate.affiliation, candidate.affiliation)
    mix = f"the first from {where}" if not alike else f"{alike} from {where} already"
    return (_place(candidate, state), _load(candidate.open), mix)


def _place(candidate: Candidate, state: str) -> str:
    if not candidate.state:
        return "state not known"
    return f"same state, {state}" if _same(candidate, state) else f"works in {candidate.state}"


def _load(n: int) -> str:
    return "no open review" if n == 0 else "1 open review" if n == 1 else f"{n} open reviews"
