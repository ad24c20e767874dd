"""Who may do what with an application. Only this module decides it; ARCHITECTURE.md shows it as a table.

A user has one or more relations to an application (``Who``). Members of the applicant's utility are only applicants:
nobody reviews an application of their own utility. Panel members, even if they are also staff, do not see reviews or
scores until they have submitted their own review.
"""

from collections.abc import Iterable
from enum import StrEnum

from accounts.models import CAN_EDIT, Role, StaffGroup, User
from recognition.models import Application, Seat
from workflow.rights import NotAllowed, RightsTable

Status = Application.Status


class Who(StrEnum):
    READER = "reader"  # member of the applicant's utility
    WRITER = "writer"  # contributor or manager of that utility
    MANAGER = "manager"
    PROGRAM = "program"
    CLERK = "clerk"  # program staff, if the application came on paper
    COMPLIANCE = "compliance"
    SEAT = "seat"  # has a seat on the panel
    MEMBER = "member"  # declared no conflict
    REVIEWED = "reviewed"  # submitted a review
    LEAD = "lead"  # leads the panel and submitted a review
    EXPERT = "expert"  # panel member from outside the agency, or of unknown affiliation
    OFFICIAL = "official"


class Act(StrEnum):
    EDIT = "edit"
    SUBMIT = "submit"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    READ_CONTACT = "read contact and identifiers"
    READ_TEXT = "read its text"
    READ_CONFIDENTIAL = "read what is claimed as confidential"
    SEE_PEOPLE = "see who reviewed what"  # the panel, and the timeline with names
    SEE_CHECKLIST = "see the completeness checklist"
    SEE_COMPLIANCE = "see the compliance record"
    SEE_REVIEWS = "see submitted reviews"
    SEE_RECOMMENDATION = "see the recommendation"
    SEE_FEEDBACK = "see released feedback"
    EXTEND = "extend the deadline"
    TAKE_UP = "begin the completeness review"
    CHECK = "review completeness"
    CLOSE_LATE = "close one that was not resubmitted"
    RECORD_COMPLIANCE = "review compliance"
    CLEAR = "find no violation"
    BAR = "find not eligible"
    REOPEN = "reopen one that was closed by mistake"
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
    PUBLISH = "edit the public listing"
    REVOKE = "revoke the recognition"
    MAIL = "print letters on paper and record their mailing"
    WRITE = "write to many applicants at once"
    NOTIFY = "print, send and record letters and notices"
    SCREEN = "query compliance data"
    SEE_SCORES = "get the scores of all members for the decision"
    SEE_STATISTICS = "see the figures of a cycle"
    REPORT_HOURS = "report the hours the application took"
    LOG_HOURS = "log hours of review"
    MOVE_CYCLE = "move a cycle on"
    HANDLE = "share the work: take up, give back, hand on"
    NOTE = "read and write internal notes"
    APPOINT = "invite reviewers and import their list"


ANY = frozenset(Status)
SENT = ANY - {Status.DRAFT}
FROM_COMPLIANCE = frozenset({Status.COMPLIANCE, Status.NOT_ELIGIBLE, *Application.PAST_COMPLIANCE})
FROM_PANEL = frozenset({Status.PANEL, *Application.PAST_PANEL})
PANELS = frozenset({Status.PANEL})
OUTCOME = frozenset(Application.OUTCOME)
RECOGNIZED = frozenset({Status.RECOGNIZED})
PENDING = frozenset(Application.PENDING)
UNDER_REVIEW = frozenset(Application.UNDER_REVIEW)

# Act → who may do it → at which stages.
RIGHTS: RightsTable[Act, Who, Status] = RightsTable(
    {
        Act.EDIT: {Who.WRITER: frozenset(Application.EDITABLE), Who.CLERK: frozenset(Application.EDITABLE)},
        Act.SUBMIT: {Who.MANAGER: frozenset(Application.EDITABLE), Who.CLERK: frozenset(Application.EDITABLE)},
        Act.DELETE: {Who.MANAGER: frozenset({Status.DRAFT}), Who.CLERK: frozenset({Status.DRAFT})},
        Act.WITHDRAW: {Who.MANAGER: UNDER_REVIEW, Who.CLERK: UNDER_REVIEW},
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
        Act.EXTEND: {Who.PROGRAM: frozenset(Application.EDITABLE)},
        Act.TAKE_UP: {Who.PROGRAM: frozenset({Status.SUBMITTED, Status.RESUBMITTED})},
        Act.CHECK: {Who.PROGRAM: frozenset({Status.COMPLETENESS})},
        Act.CLOSE_LATE: {Who.PROGRAM: frozenset({Status.RETURNED})},
        Act.RECORD_COMPLIANCE: {Who.COMPLIANCE: frozenset({*Application.MAY_BE_BARRED, Status.NOT_ELIGIBLE})},
        Act.CLEAR: {Who.COMPLIANCE: frozenset({Status.COMPLIANCE})},
        Act.BAR: {Who.COMPLIANCE: frozenset(Application.MAY_BE_BARRED)},
        Act.REOPEN: {Who.PROGRAM: frozenset({Status.INCOMPLETE}), Who.COMPLIANCE: frozenset({Status.NOT_ELIGIBLE})},
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
        Act.REVOKE: {Who.OFFICIAL: RECOGNIZED},
        Act.MAIL: {Who.PROGRAM: ANY},
        Act.WRITE: {Who.PROGRAM: ANY},
        Act.NOTIFY: {Who.PROGRAM: OUTCOME},
        Act.SCREEN: {Who.COMPLIANCE: frozenset({Status.COMPLIANCE})},
        Act.SEE_SCORES: {
            Who.PROGRAM: frozenset(Application.PAST_PANEL),
            Who.OFFICIAL: frozenset(Application.PAST_PANEL),
        },
        Act.SEE_STATISTICS: {Who.PROGRAM: ANY, Who.OFFICIAL: ANY},
        Act.MOVE_CYCLE: {Who.PROGRAM: ANY},
        Act.HANDLE: {
            Who.PROGRAM: UNDER_REVIEW,
            Who.COMPLIANCE: frozenset({Status.COMPLIANCE}),
            Who.OFFICIAL: PENDING,
        },
        Act.NOTE: {
            Who.PROGRAM: SENT,
            Who.COMPLIANCE: FROM_COMPLIANCE,
            Who.OFFICIAL: frozenset(Application.PAST_PANEL),
        },
        Act.APPOINT: {Who.PROGRAM: ANY},
        Act.REPORT_HOURS: {Who.WRITER: SENT},
        Act.LOG_HOURS: {
            Who.PROGRAM: SENT,
            Who.COMPLIANCE: FROM_COMPLIANCE,
            Who.MEMBER: FROM_PANEL,
        },
    }
)
# Acts that outside experts never have.
NOT_FOR_EXPERTS = frozenset({Act.READ_CONFIDENTIAL, Act.READ_CONTACT})
# Acts that the panel of a blind cycle has only after the release.
NAMES_THE_APPLICANT = frozenset({Act.READ_CONTACT})
# Acts that nobody has who sits on the panel: a letter names people, and an outcome; a note may say what others found.
NOT_ON_THE_PANEL = frozenset({Act.MAIL, Act.NOTE, Act.WRITE})
# Acts that panel members do not have before they submit a review, even as program staff or official.
AFTER_OWN_REVIEW = frozenset({Act.SEE_SCORES, Act.SEE_REVIEWS, Act.SEE_PEOPLE, Act.SEE_RECOMMENDATION, Act.ASSIGN})

# Acts that end when the cycle is archived. The listing of a recognition and its revocation outlive it.
ENDS_WITH_THE_CYCLE = frozenset(
    {
        Act.EDIT,
        Act.SUBMIT,
        Act.EXTEND,
        Act.REOPEN,
        Act.WRITE,
        Act.WRITE_FEEDBACK,
        Act.NOTIFY,
        Act.REPORT_HOURS,
        Act.LOG_HOURS,
    }
)

_STAFF = {StaffGroup.PROGRAM: Who.PROGRAM, StaffGroup.COMPLIANCE: Who.COMPLIANCE, StaffGroup.OFFICIAL: Who.OFFICIAL}


class Rights:
    """The rights of one user to one application, which must come from ``visible_to``."""

    def __init__(self, user: User, application: Application):
        self.application = application
        self.seat: Seat | None = None
        if application.my_seat:
            seats = Seat.objects.select_related("member__panel_member")
            self.seat = seats.get(pk=application.my_seat)
        self.who = standing(application.my_role, user.staff_groups, self.seat, on_paper=application.on_paper)

    def may(self, act: Act) -> bool:
        stage = self.application.status
        if act in ENDS_WITH_THE_CYCLE and self.application.cycle.is_archived:
            return False
        if act in NOT_FOR_EXPERTS and Who.EXPERT in self.who:
            return False
        if act in NAMES_THE_APPLICANT and self.application.my_blind:
            return False
        if act in NOT_ON_THE_PANEL and self.seat:
            return False
        if act in AFTER_OWN_REVIEW and self.seat and Who.REVIEWED not in self.who:
            return False
        return RIGHTS.may(act, self.who, stage)

    def includes(self, act: Act) -> bool:
        """Returns whether the user's role includes ``act`` at some stage, though perhaps not at this one."""
        return RIGHTS.includes(act, self.who)

    def require(self, act: Act) -> None:
        """Raises NotAllowed if the user may not do ``act`` now."""
        if not self.may(act):
            raise NotAllowed("Your role does not include this step at this stage.")


def offered(user: User, act: Act) -> bool:
    """Returns whether one of the user's staff roles includes ``act`` at some stage, so that the user sees its lists."""
    return RIGHTS.includes(act, _as_staff(user.staff_groups))


def stages(user: User, act: Act) -> frozenset[str]:
    """Returns the stages at which the person's staff roles include ``act``."""
    ways = _as_staff(user.staff_groups)
    return frozenset(stage for stage in Status if RIGHTS.may(act, ways, stage))


def groups_for(act: Act, at: Iterable[str]) -> list[str]:
    """Returns the staff groups that may do ``act`` at one of the stages ``at``."""
    return [group for group, who in _STAFF.items() if any(RIGHTS.may(act, {who}, Status(stage)) for stage in at)]


def _as_staff(groups: frozenset[str]) -> set[Who]:
    return {who for group, who in _STAFF.items() if group in groups}


def standing(role: str | None, groups: frozenset[str], seat: Seat | None, *, on_paper: bool = False) -> frozenset[Who]:
    """Returns a user's relations to an application: by role in its utility if any, else by staff groups and seat."""
    if role:
        ways = {Who.READER}
        if role in CAN_EDIT:
            ways.add(Who.WRITER)
        if role == Role.MANAGER:
            ways.add(Who.MANAGER)
        return frozenset(ways)
    ways = _as_staff(groups)
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
