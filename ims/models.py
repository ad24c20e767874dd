"""The tables of the management system. The registers are described beside their models."""

from ims.people import Person
from ims.plan.actions import Action
from ims.plan.objectives import Objective
from ims.plan.units import Unit
from ims.records import (
    Counter,
    Record,
    RecordAttachment,
    RecordChange,
    RecordComment,
    RecordEvent,
)

__all__ = [
    "Action",
    "Counter",
    "Objective",
    "Person",
    "Record",
    "RecordAttachment",
    "RecordChange",
    "RecordComment",
    "RecordEvent",
    "Unit",
]
