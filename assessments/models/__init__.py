"""The models of the gap analyses, and of what a utility makes of them."""

from assessments.models.analysis import (
    COMPLETED,
    REPORT,
    Deletion,
    Evidence,
    Finding,
    FindingChange,
    GapAnalysis,
    GapAnalysisEvent,
    Incomplete,
    InitiativeInPlace,
    InUse,
    others_of,
)
from assessments.models.answer import Answer, AnswerChange
from assessments.models.cohort import Publication, Sharing, Size
from assessments.models.road_map import Approach, RoadMap, When

__all__ = [
    "Answer",
    "AnswerChange",
    "COMPLETED",
    "REPORT",
    "Approach",
    "Deletion",
    "Evidence",
    "Finding",
    "FindingChange",
    "GapAnalysis",
    "GapAnalysisEvent",
    "InUse",
    "Incomplete",
    "InitiativeInPlace",
    "Publication",
    "RoadMap",
    "Sharing",
    "Size",
    "When",
    "others_of",
]
