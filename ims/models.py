"""The tables of the management system. The registers are described beside their models."""

from ims.links import RecordLink
from ims.people import Person
from ims.plan.actions import Action
from ims.plan.objectives import Objective
from ims.plan.units import Unit
from ims.preferences import Preferences
from ims.records import (
    Counter,
    Record,
    RecordAttachment,
    RecordChange,
    RecordComment,
    RecordEvent,
)
from ims.saved import SavedView

__all__ = [
    "Action",
    "Counter",
    "Objective",
    "Person",
    "Preferences",
    "Record",
    "RecordAttachment",
    "RecordChange",
    "RecordComment",
    "RecordEvent",
    "RecordLink",
    "SavedView",
    "Unit",
]
