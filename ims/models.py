"""The tables of the management system. The registers are described beside their models."""

from ims.act.changes import AreaAnswer, PlannedChange
from ims.act.corrective import CorrectiveAction
from ims.apart import KeptApart
from ims.attribution import Attribution
from ims.check import audit_program as _page_of_audits  # noqa: F401
from ims.check import register as _register_of_measures  # noqa: F401
from ims.check.audit_rows import AuditLine, Auditor
from ims.check.audits import Audit
from ims.check.measures import Measure
from ims.check.quarters import Quarter
from ims.check.readings import Reading, ReadingChange
from ims.check.reviews import Review, ReviewDecision
from ims.closed import ClosedRegister
from ims.do import communication_year as _communication_over_the_year  # noqa: F401
from ims.do import control_pairs as _page_of_controls  # noqa: F401
from ims.do.communication import Communicated, Communication
from ims.do.contacts import Contact
from ims.do.controls import Control
from ims.do.documents import Document
from ims.do.emergencies import Drill, Emergency, Lesson
from ims.do.emergency_means import EmergencyContact, EmergencyEquipment
from ims.do.emergency_plan import PlanTopic, PlanTopicChange
from ims.do.signatures import DocumentApprover, DocumentReader
from ims.do.training import AlsoNeeds, Attendance, Covered, TrainingSession, TrainingTopic
from ims.links import RecordLink
from ims.people import Person, PersonChange
from ims.plan.actions import Action
from ims.plan.assessing import Assessment
from ims.plan.criteria import AreaWeight, Criteria, Criterion
from ims.plan.harmonize.models import Ballot, Pair, Participant, Proposal, Workshop
from ims.plan.objectives import Objective
from ims.plan.programs import page as _page_of_programs  # noqa: F401
from ims.plan.programs.models import Agreement, Capacity
from ims.plan.requirements import Evaluation, Requirement
from ims.plan.statements import CrossCheck, Statement
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
from ims.system import pages as _pages_of_the_whole  # noqa: F401
from ims.system.archive.models import ArchiveImport
from ims.system.auditor_index import AuditorIndex
from ims.system.feed import RoundFeed
from ims.system.manual import ManualEdition, ManualWords, ManualWordsChange
from ims.system.public import PublicPage, PublicPageEvent
from ims.team.models import Seat, SeatChange, Subgroup, SubgroupChange, TeamScope, TeamScopeChange
from ims.team.readiness.models import (
    ReadinessChange,
    ReadinessEvent,
    ReadinessPoint,
    ReadinessRating,
    ReadinessRound,
)

__all__ = [
    "Action",
    "Agreement",
    "AlsoNeeds",
    "ArchiveImport",
    "AreaAnswer",
    "AreaWeight",
    "Assessment",
    "Attendance",
    "Attribution",
    "Audit",
    "AuditLine",
    "Auditor",
    "AuditorIndex",
    "Ballot",
    "Capacity",
    "ClosedRegister",
    "Communicated",
    "Communication",
    "Contact",
    "Control",
    "CorrectiveAction",
    "Counter",
    "Covered",
    "CrossCheck",
    "ReviewDecision",
    "Document",
    "DocumentApprover",
    "DocumentReader",
    "Evaluation",
    "KeptApart",
    "Drill",
    "Emergency",
    "EmergencyContact",
    "EmergencyEquipment",
    "Lesson",
    "ManualEdition",
    "ManualWords",
    "ManualWordsChange",
    "Measure",
    "Criteria",
    "Criterion",
    "Objective",
    "Pair",
    "Participant",
    "Person",
    "PersonChange",
    "Preferences",
    "Quarter",
    "Reading",
    "ReadingChange",
    "ReadinessChange",
    "ReadinessEvent",
    "ReadinessPoint",
    "ReadinessRating",
    "ReadinessRound",
    "PlannedChange",
    "PlanTopic",
    "PlanTopicChange",
    "Proposal",
    "PublicPage",
    "PublicPageEvent",
    "Record",
    "RecordAttachment",
    "RecordChange",
    "RecordComment",
    "RecordEvent",
    "RecordLink",
    "Requirement",
    "Review",
    "RoundFeed",
    "SavedView",
    "Seat",
    "SeatChange",
    "Statement",
    "Subgroup",
    "SubgroupChange",
    "TeamScope",
    "TeamScopeChange",
    "TrainingSession",
    "TrainingTopic",
    "Unit",
    "Workshop",
]
