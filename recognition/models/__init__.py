"""The models of the recognition program: criteria, cycles, applications, the three reviews, decisions, recognitions
with their notices, compliance data, hours."""

from recognition.criteria.models import Attribute, CapacityElement, Category, Edition, Option
from recognition.models.announcement import Announcement, AnnouncementEvent, Recipient
from recognition.models.application import (
    Application,
    ApplicationEvent,
    DeadlinePassed,
    Incomplete,
    Submission,
)
from recognition.models.cycle import Cycle, CycleEvent
from recognition.models.deciding import Deciding, DecidingEvent
from recognition.models.decision import Decision, Feedback, ReasonNeeded
from recognition.models.discarded import DiscardedDraft
from recognition.models.handling import Away, NoteReader, QueueFile, QueueView, StaffNote
from recognition.models.hours import Hours
from recognition.models.notice import Addressee, Notice
from recognition.models.panel import Rating, Recommendation, Remark, Seat
from recognition.models.paper_letter import PaperLetter
from recognition.models.photo import Photo, TooManyPhotos
from recognition.models.proposal import PanelProposal, PanelProposalEvent, PlannedPanel, PlannedSeat
from recognition.models.recognition import Recognition, RegisterVersion
from recognition.models.release import Release, ReleaseEvent
from recognition.models.review import CHECKLIST, CheckItem, ComplianceCheck, Unfinished
from recognition.models.reviewer import CannotSit, PanelMember
from recognition.models.reviewer_invitation import AlreadyReviewer, ReviewerInvitation
from recognition.models.screening import EchoAnswer, Screening, ScreeningEvent, ScreeningFinding
from recognition.models.section import Section

__all__ = [
    "CHECKLIST",
    "Addressee",
    "AlreadyReviewer",
    "Announcement",
    "AnnouncementEvent",
    "Application",
    "ApplicationEvent",
    "Seat",
    "Attribute",
    "Away",
    "CannotSit",
    "CapacityElement",
    "Category",
    "CheckItem",
    "ComplianceCheck",
    "Cycle",
    "CycleEvent",
    "Deciding",
    "DecidingEvent",
    "Decision",
    "DiscardedDraft",
    "EchoAnswer",
    "Edition",
    "Feedback",
    "Hours",
    "Incomplete",
    "DeadlinePassed",
    "NoteReader",
    "Notice",
    "Option",
    "PanelMember",
    "PanelProposal",
    "PanelProposalEvent",
    "PaperLetter",
    "Photo",
    "PlannedPanel",
    "PlannedSeat",
    "QueueFile",
    "QueueView",
    "Rating",
    "ReasonNeeded",
    "Recognition",
    "Recipient",
    "Recommendation",
    "RegisterVersion",
    "Release",
    "ReleaseEvent",
    "Remark",
    "ReviewerInvitation",
    "Screening",
    "ScreeningEvent",
    "ScreeningFinding",
    "Section",
    "StaffNote",
    "Submission",
    "TooManyPhotos",
    "Unfinished",
]
