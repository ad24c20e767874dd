"""Rights as a table: which act, by whom, at which stage."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Generic, TypeVar

from django.core.exceptions import PermissionDenied

Act = TypeVar("Act", bound=StrEnum)
Who = TypeVar("Who", bound=StrEnum)
Stage = TypeVar("Stage", bound=str)


class NotAllowed(PermissionDenied):
    """The person's role does not include this, or not at this stage. Nothing was changed; a page answers 403."""


class RightsTable(Generic[Act, Who, Stage]):
    """``rows`` are act → who may do it → at which stages.

    A person stands towards a row in one or more ways; it is enough that one of them includes the act.
    """

    def __init__(self, rows: Mapping[Act, Mapping[Who, frozenset[Stage]]]) -> None:
        self.rows = rows

    def may(self, act: Act, ways: Set[Who], stage: str) -> bool:
        return any(stage in stages for who, stages in self.rows[act].items() if who in ways)

    def includes(self, act: Act, ways: Set[Who]) -> bool:
        """Whether one of ``ways`` includes ``act`` at some stage."""
        return any(who in ways for who in self.rows[act])
