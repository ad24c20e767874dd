"""Permissions as a table: which act, by whom, at which stage."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Generic, TypeVar

from django.core.exceptions import PermissionDenied

Act = TypeVar("Act", bound=StrEnum)
Who = TypeVar("Who", bound=StrEnum)
Stage = TypeVar("Stage", bound=str)


class NotAllowed(PermissionDenied):
    """The person's role does not allow the act, or not at this stage. Nothing was changed; the response is a 403."""


class RightsTable(Generic[Act, Who, Stage]):
    """A table of permissions: ``rows`` maps each act to who may do it, and at which stages.

    A person can have several roles for a row (``ways``); one that includes the act is enough.
    """

    def __init__(self, rows: Mapping[Act, Mapping[Who, frozenset[Stage]]]) -> None:
        self.rows = rows

    def may(self, act: Act, ways: Set[Who], stage: str) -> bool:
        return any(stage in stages for who, stages in self.rows[act].items() if who in ways)

    def includes(self, act: Act, ways: Set[Who]) -> bool:
        """Returns whether one of ``ways`` includes ``act`` at any stage."""
        return any(who in ways for who in self.rows[act])
