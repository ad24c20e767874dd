"""The index for the auditor of an initiative: its asks in order, each with the records that prove it.

An index is plain values, so that what an auditor was given can be kept as it was.
"""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from ims.system.asked_first import Question
from ims.system.proof import Ask


@dataclass(frozen=True)
class Item:
    """A link or a file of a record; ``pk`` is the key of the attachment."""

    pk: int
    name: str
    url: str = ""


@dataclass(frozen=True)
class Proof:
    """A record as the index tells of it. ``lacks`` is why it does not count, empty if it does."""

    number: str
    title: str
    register: str
    url: str
    lacks: str = ""
    status: str = ""
    owner: str = ""
    due: date | None = None
    items: list[Item] = field(default_factory=list)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Proof":
        due, items = kept["due"] and date.fromisoformat(kept["due"]), [Item(**each) for each in kept["items"]]
        return cls(**{**kept, "due": due, "items": items})

    @property
    def files(self) -> list[Item]:
        return [each for each in self.items if not each.url]

    @property
    def links(self) -> list[Item]:
        return [each for each in self.items if each.url]


@dataclass(frozen=True)
class Line:
    """An ask, the records that prove it or would, of which not all need be listed, and how many there are.

    ``n_unnamed`` counts the living records of the element that do not name the initiative.
    """

    ask: Ask
    proof: list[Proof]
    failing: list[Proof]
    n_proof: int
    n_failing: int
    n_unnamed: int

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Line":
        parsed = {name: [Proof.from_json(each) for each in kept[name]] for name in ("proof", "failing")}
        return cls(**{**kept, **parsed, "ask": Ask(**kept["ask"])})

    @property
    def is_gap(self) -> bool:
        return not self.n_proof


@dataclass(frozen=True)
class Index:
    """``areas`` are the names of those in scope, none if all are. ``n_closed`` counts what is not shown."""

    initiative: str
    short_name: str
    areas: list[str]
    lines: list[Line]
    not_asked: list[str]
    questions: list[Question]
    n_closed: int

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Index":
        parsed = {
            "lines": [Line.from_json(each) for each in kept["lines"]],
            "questions": [Question.from_json(each) for each in kept["questions"]],
        }
        return cls(**{**kept, **parsed})

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def n_proven(self) -> int:
        return sum(not line.is_gap for line in self.lines)

    @property
    def gaps(self) -> list[Line]:
        return [line for line in self.lines if line.is_gap]

    @property
    def fraction(self) -> str:
        return f"{self.n_proven} of {len(self.lines)} {'ask' if len(self.lines) == 1 else 'asks'} proven"
