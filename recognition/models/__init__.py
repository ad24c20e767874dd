"""The recognition program: criteria, cycles, applications, the three reviews, decisions, messages."""

from recognition.models.application import (
    Application,
    ApplicationEvent,
    Incomplete,
    Late,
    Photo,
    Section,
    Submission,
    TooMany,
)
from recognition.models.criteria import Attribute, CapacityElement, Category, Edition, Option
from recognition.models.cycle import Cycle, CycleEvent
from recognition.models.decision import Decision, Feedback, ReasonNeeded
from recognition.models.message import Message
from recognition.models.panel import Assignment, CannotSit, PanelMember, Rating, Recommendation, Remark
from recognition.models.review import CHECKLIST, CheckItem, ComplianceCheck, Unfinished

__all__ = [
    "CHECKLIST",
    "Application",
    "ApplicationEvent",
    "Assignment",
    "Attribute",
    "CannotSit",
    "CapacityElement",
    "Category",
    "CheckItem",
    "ComplianceCheck",
    "Cycle",
    "CycleEvent",
    "Decision",
    "Edition",
    "Feedback",
    "Incomplete",
    "Late",
    "Message",
    "Option",
    "PanelMember",
    "Photo",
    "Rating",
    "ReasonNeeded",
    "Recommendation",
    "Remark",
    "Section",
    "Submission",
    "TooMany",
    "Unfinished",
]
