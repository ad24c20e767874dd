"""Who may do what with an application. The one place that decides it; ARCHITECTURE.md shows it as a table.

A person stands towards an application in one or more ways (``Who``). Someone who belongs to the applicant's utility
is nothing but that: a reviewer never reviews an own utility. Membership of a panel likewise hides what staff may see
until the member's own review is submitted.
"""

from enum import StrEnum

from accounts.models import CAN_EDIT, Role, StaffGroup, User
from recognition.models import Application, Seat
from workflow.rights import NotAllowed, RightsTable

Status = Application.Status


class Who(StrEnum):
    READER = "reader"  # belongs to the applicant's utility
    WRITER = "writer"  # its contributors and managers
    MANAGER = "manager"
    PROGRAM = "program"
    CLERK = "clerk"  # program staff, where the application came on paper
    COMPLIANCE = "compliance"
    SEAT = "seat"  # sits on its panel, has not declared yet
    MEMBER = "member"  # declared no conflict
    REVIEWED = "reviewed"  # submitted an own review
    LEAD = "lead"
    EXPERT = "expert"  # a member from outside the agency
    OFFICIAL = "official"


class Act(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    READ_CONTACT = "read contact and identifiers"
    READ_TEXT = "read its text"
    READ_CONFIDENTIAL = "read what is claimed as confidential"
    SEE_PEOPLE = "see who reviewed what"  # the timeline with names, the panel
    SEE_CHECKLIST = "see the completeness checklist"
    SEE_COMPLIANCE = "see the compliance record"
    SEE_REVIEWS = "see submitted reviews"
    SEE_RECOMMENDATION = "see the recommendation"
    SEE_FEEDBACK = "see released feedback"
    EXTEND = "grant a later deadline"
    TAKE_UP = "begin the completeness review"
    CHECK = "review completeness"
    CLOSE_LATE = "close one that did not come back"
    RECORD_COMPLIANCE = "review compliance"
    RECORD_REGION = "record the Region's recommendation"
    ASSIGN = "assign the panel"
    DECLARE = "declare or step down"
    RATE = "rate"
    DISCUSS = "discuss"
    RECOMMEND = "record the recommendation"
    DECIDE = "decide"
    EDIT_LETTER = "edit or hold its letter"
    WRITE_FEEDBACK = "write and release feedback"
    GET_LETTER = "get its letter and certificate"
    PUBLISH = "say what the register shows of it"
    REVOKE = "revoke the recognition"
    NOTIFY = "print, send and tick off letters and notices"
    SCREEN = "ask for compliance data"
    SEE_SCORES = "get the scores of all members for the decision"
    SEE_STATISTICS = "see the figures of a cycle"
    REPORT_HOURS = "report the hours the application took"
    LOG_HOURS = "log hours of review"


ANY = frozenset(Status)
SENT = ANY - {Status.DRAFT}
FROM_COMPLIANCE = frozenset({Status.COMPLIANCE, Status.NOT_ELIGIBLE, *Application.PAST_COMPLIANCE})
FROM_PANEL = frozenset({Status.PANEL, *Application.PAST_PANEL})
PANELS = frozenset({Status.PANEL})
OUTCOME = frozenset(Application.OUTCOME)
RECOGNIZED = frozenset({Status.RECOGNIZED})
PENDING = frozenset(Application.PENDING)
BEFORE_PANEL = frozenset(Application.BEFORE_PANEL)

# Act → who may do it → at which stages.
RIGHTS: RightsTable[Act, Who, Status] = RightsTable(
    {
        Act.EDIT: {Who.WRITER: frozenset(Application.EDITABLE), Who.CLERK: frozenset(Application.EDITABLE)},
        Act.SUBMIT: {Who.MANAGER: frozenset(Application.EDITABLE), Who.CLERK: frozenset(Application.EDITABLE)},
        Act.DELETE: {Who.MANAGER: frozenset({Status.DRAFT})},
        Act.WITHDRAW: {Who.MANAGER: BEFORE_PANEL},
        Act.READ_CONTACT: {
            Who.READER: ANY,
            Who.CLERK: ANY,
            Who.PROGRAM: SENT,
            Who.COMPLIANCE: FROM_COMPLIANCE,
            Who.MEMBER: FROM_PANEL,
            Who.OFFICIAL: FROM_PANEL,
        },
        Act.READ_TEXT: {
            Who.READER: ANY,
            Who.CLERK: ANY,
            Who.PROGRAM: SENT,
            Who.MEMBER: FROM_PANEL,
            Who.OFFICIAL: FROM_PANEL,
        },
        Act.READ_CONFIDENTIAL: {
            Who.READER: ANY,
            Who.CLERK: ANY,
            Who.PROGRAM: SENT,
            Who.MEMBER: FROM_PANEL,
            Who.OFFICIAL: FROM_PANEL,
        },
        Act.SEE_PEOPLE: {
            Who.PROGRAM: ANY,
            Who.COMPLIANCE: FROM_COMPLIANCE,
            Who.REVIEWED: FROM_PANEL,
            Who.OFFICIAL: FROM_PANEL,
        },
        Act.SEE_CHECKLIST: {Who.PROGRAM: SENT},
        Act.SEE_COMPLIANCE: {Who.PROGRAM: FROM_COMPLIANCE, Who.COMPLIANCE: FROM_COMPLIANCE, Who.OFFICIAL: FROM_PANEL},
        Act.SEE_REVIEWS: {
            Who.PROGRAM: FROM_PANEL,
            Who.REVIEWED: FROM_PANEL,
            Who.OFFICIAL: frozenset(Application.PAST_PANEL),
        },
        Act.SEE_RECOMMENDATION: {
            Who.PROGRAM: frozenset(Application.PAST_PANEL),
            Who.REVIEWED: frozenset(Application.PAST_PANEL),
            Who.OFFICIAL: frozenset(Application.PAST_PANEL),
        },
        Act.SEE_FEEDBACK: {Who.READER: OUTCOME, Who.PROGRAM: OUTCOME, Who.OFFICIAL: OUTCOME},
        Act.EXTEND: {Who.PROGRAM: frozenset({Status.DRAFT})},
        Act.TAKE_UP: {Who.PROGRAM: frozenset({Status.SUBMITTED, Status.RESUBMITTED})},
        Act.CHECK: {Who.PROGRAM: frozenset({Status.COMPLETENESS})},
        Act.CLOSE_LATE: {Who.PROGRAM: frozenset({Status.RETURNED})},
        Act.RECORD_COMPLIANCE: {Who.COMPLIANCE: frozenset({Status.COMPLIANCE})},
        Act.RECORD_REGION: {Who.PROGRAM: frozenset({Status.REGION})},
        Act.ASSIGN: {Who.PROGRAM: PANELS},
        Act.DECLARE: {Who.SEAT: PANELS, Who.MEMBER: PANELS},
        Act.RATE: {Who.MEMBER: PANELS},
        Act.DISCUSS: {Who.REVIEWED: PANELS},
        Act.RECOMMEND: {Who.LEAD: PANELS},
        Act.DECIDE: {Who.OFFICIAL: PENDING},
        Act.EDIT_LETTER: {Who.PROGRAM: PENDING, Who.OFFICIAL: PENDING},
        Act.WRITE_FEEDBACK: {Who.PROGRAM: PENDING | OUTCOME},
        Act.GET_LETTER: {Who.READER: OUTCOME, Who.PROGRAM: OUTCOME},
        Act.PUBLISH: {Who.MANAGER: RECOGNIZED},
        Act.REVOKE: {Who.PROGRAM: RECOGNIZED},
        Act.NOTIFY: {Who.PROGRAM: OUTCOME},
        Act.SCREEN: {Who.COMPLIANCE: frozenset({Status.COMPLIANCE})},
        Act.SEE_SCORES: {
            Who.PROGRAM: frozenset(Application.PAST_PANEL),
            Who.OFFICIAL: frozenset(Application.PAST_PANEL),
        },
        Act.SEE_STATISTICS: {Who.PROGRAM: ANY, Who.OFFICIAL: ANY},
        Act.REPORT_HOURS: {Who.WRITER: SENT},
        Act.LOG_HOURS: {
            Who.PROGRAM: SENT,
            Who.COMPLIANCE: FROM_COMPLIANCE,
            Who.MEMBER: FROM_PANEL,
        },
    }
)
# What the agency's own people see that outside experts don't.
NOT_FOR_EXPERTS = frozenset({Act.READ_CONFIDENTIAL, Act.READ_CONTACT})
# What a panel member who has not reviewed yet must not see, even as program staff or official.
AFTER_OWN_REVIEW = frozenset({Act.SEE_SCORES, Act.SEE_REVIEWS, Act.SEE_PEOPLE, Act.SEE_RECOMMENDATION, Act.ASSIGN})

_STAFF = {StaffGroup.PROGRAM: Who.PROGRAM, StaffGroup.COMPLIANCE: Who.COMPLIANCE, StaffGroup.OFFICIAL: Who.OFFICIAL}


class Rights:
    """What one person may do with one application, which was fetched through ``visible_to``."""

    def __init__(self, user: User, application: Application):
        self.application = application
        self.seat: Seat | None = None
        if application.my_seat:
            seats = Seat.objects.select_related("member__panel_member")
            self.seat = seats.get(pk=application.my_seat)
        self.who = standing(application.my_role, user.staff_groups, self.seat, on_paper=application.on_paper)

    def may(self, act: Act) -> bool:
        stage = self.application.status
        if act in NOT_FOR_EXPERTS and Who.EXPERT in self.who:
            return False
        if act in AFTER_OWN_REVIEW and self.seat and Who.REVIEWED not in self.who:
            return False
        return RIGHTS.may(act, self.who, stage)

    def includes(self, act: Act) -> bool:
        """Whether the person's role includes ``act`` at some stage, though perhaps not at this one."""
        return RIGHTS.includes(act, self.who)

    def require(self, act: Act) -> None:
        """Raises NotAllowed."""
        if not self.may(act):
            raise NotAllowed("Your role does not include this step, or not at this stage.")


def offered(user: User, act: Act) -> bool:
    """Whether ``act`` is a step of one of the person's staff roles: who has a list of what waits for it."""
    return RIGHTS.includes(act, {who for group, who in _STAFF.items() if group in user.staff_groups})


def standing(role: str | None, groups: frozenset[str], seat: Seat | None, *, on_paper: bool = False) -> frozenset[Who]:
    """How a person stands towards an application: by role in its utility, else by staff groups and seat."""
    if role:
        ways = {Who.READER}
        if role in CAN_EDIT:
            ways.add(Who.WRITER)
        if role == Role.MANAGER:
            ways.add(Who.MANAGER)
        return frozenset(ways)
    ways = {who for group, who in _STAFF.items() if group in groups}
    if on_paper and Who.PROGRAM in ways:
        ways.add(Who.CLERK)
    if seat:
        ways.add(Who.SEAT)
        if seat.declared_at:
            ways.add(Who.MEMBER)
        if seat.submitted_at:
            ways.add(Who.REVIEWED)
        if seat.lead and seat.submitted_at:
            ways.add(Who.LEAD)
        if not hasattr(seat.member, "panel_member") or seat.member.panel_member.affiliation == "expert":
            ways.add(Who.EXPERT)
    return frozenset(ways)
