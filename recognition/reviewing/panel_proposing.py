"""The proposal of panels as a worker makes it, and as staff assign and undo it: all panels of a cycle in bulk."""

import logging
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, OuterRef, Prefetch, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from letters import wordings
from letters.models import Message
from recognition.application.content import claimed
from recognition.models import (
    Application,
    ApplicationEvent,
    Cycle,
    PanelMember,
    PanelProposal,
    PlannedPanel,
    PlannedSeat,
    Seat,
    Submission,
)
from recognition.reviewing import panel_planning as planning
from recognition.reviewing.panel_planning import NoPlan, OpenPanel, Reviewer
from workflow.models import WrongState

logger = logging.getLogger(__name__)
Status = Application.Status

ERROR_INTERNAL = "Something went wrong. Site administrators can find the details in the log under number {}."
ERROR_TIMED_OUT = "It was stopped because it took too long. Assign some panels by hand and try again."
NOBODY = "No reviewer is available. Invite reviewers, or mark some as available."
NOTHING = "Every application at the panel has a full panel, or is one that a colleague has to assign."


# Planning.


def propose(proposal: PanelProposal) -> None:
    """Plans the panels and keeps the plan, unless another worker does. Records the outcome on the row."""
    try:
        proposal.start()
        _propose(proposal)
    except WrongState as elsewhere:
        logger.info("proposal %s is not this worker's: %s", proposal.pk, elsewhere)
    except (OperationalError, InterfaceError):
        raise  # without the database nothing can be recorded; the sweep fails it later
    except NoPlan as error:
        proposal.fail(str(error))
    except SoftTimeLimitExceeded:
        logger.exception("proposal %s took too long", proposal.pk)
        proposal.fail(ERROR_TIMED_OUT)
    except Exception:
        logger.exception("proposal %s broke", proposal.pk)
        proposal.fail(ERROR_INTERNAL.format(proposal.pk))


def _propose(proposal: PanelProposal) -> None:
    proposal.report_progress("Reading applications and reviewers", 10)
    seats = Prefetch("seats", Seat.objects.select_related("member__panel_member"))
    rows = list(lacking(proposal.cycle, proposal.by).prefetch_related(seats))
    people = reviewers(proposal.cycle)
    if not rows or not people:
        proposal.fail(NOBODY if rows else NOTHING)
        return
    entries = [_entry(row, topics) for row, topics in zip(rows, _topics(rows), strict=True)]
    n = len(entries)
    proposal.report_progress(f"Planning {n} panel{'' if n == 1 else 's'} with {len(people)} reviewers", 30)
    found = planning.plan(entries, people)
    proposal.report_progress("Keeping the proposal", 80)
    of = {entry.id: entry for entry in entries}
    panels = [
        PlannedPanel(
            proposal=proposal,
            application_id=one.id,
            need=of[one.id].need,
            needs_lead=not of[one.id].has_lead,
            why=one.why,
        )
        for one in found
    ]
    members = {
        one.id: [PlannedSeat(member_id=person, lead=person == one.lead) for person in one.members] for one in found
    }
    proposal.finish(panels, members)


def lacking(cycle: Cycle, user: User | None) -> Any:
    """Returns the applications at the panel with empty seats that ``user`` may assign."""
    if user is None:  # whose account is gone
        return Application.objects.none()
    mine = Application.objects.visible_to(user).of_others(user).without_a_seat()
    rows = mine.filter(cycle=cycle, status=Status.PANEL)
    seats = Seat.objects.active().filter(application=OuterRef("pk")).order_by().values("application")
    n = Subquery(seats.annotate(n=Count("pk")).values("n"))
    return rows.annotate(n_active=Coalesce(n, 0)).filter(n_active__lt=cycle.panel_size).order_by("pk")


def _entry(row: Any, topics: frozenset[str]) -> OpenPanel:
    seats = list(row.seats.all())
    active = [seat for seat in seats if not seat.recused_at]
    return OpenPanel(
        id=row.pk,
        utility=row.utility_id,
        state=row.utility.state,
        systems=frozenset(row.utility.systems),
        topics=topics,
        need=row.cycle.panel_size - len(active),
        seated=tuple(_affiliation(seat.member) for seat in active),
        barred=frozenset(seat.member_id for seat in seats),
        has_lead=any(seat.lead for seat in active),
    )


def _affiliation(person: Any) -> str:
    known = getattr(person, "panel_member", None)
    return known.affiliation if known else ""


def _topics(rows: list[Application]) -> list[frozenset[str]]:
    """Returns the criteria that each application claims, in its last version."""
    last = (
        Submission.objects.filter(application__in=rows).order_by("application_id", "-number").distinct("application_id")
    )
    found = {submission.application_id: frozenset(claimed(submission.content)) for submission in last.iterator()}
    return [found.get(row.pk, frozenset()) for row in rows]


def reviewers(cycle: Cycle) -> list[Reviewer]:
    """Returns everyone who may sit, with the panels that they have in this cycle."""
    people = list(PanelMember.who_may_sit().select_related("panel_member").order_by("pk"))
    conflicts = PanelMember.conflicts(people)
    seats = Seat.objects.active().filter(application__cycle=cycle, member__in=people)
    taken, leads = Counter[int](), Counter[int]()
    for person, lead in seats.values_list("member", "lead"):
        taken[person] += 1
        leads[person] += lead
    return [_reviewer(person, conflicts[person.pk], taken[person.pk], leads[person.pk]) for person in people]


def _reviewer(person: Any, utilities: frozenset[int], taken: int, leads: int) -> Reviewer:
    known = getattr(person, "panel_member", None)
    if known is None:
        return Reviewer(person.pk, utilities=utilities, taken=taken, leads=leads)
    return Reviewer(
        id=person.pk,
        affiliation=known.affiliation,
        state=known.state,
        systems=frozenset(known.systems),
        topics=frozenset(known.topics),
        utilities=utilities,
        states=frozenset(known.conflict_states),
        taken=taken,
        leads=leads,
        most=known.most_panels,
    )


# Assigning, and undoing it.


@dataclass(frozen=True)
class Done:
    """What was assigned or undone: how many panels and seats, and how many panels were left as they are."""

    panels: int
    seats: int
    left: int


@transaction.atomic
def assign(proposal: PanelProposal, *, by: User, due: date) -> Done:
    """Seats everyone whom the proposal seats, in bulk, with one email for each. Raises WrongState.

    A panel that changed since, or whose member may no longer sit, is left out as a whole; its row says why.
    """
    proposal._move(PanelProposal.Status.ASSIGNED, by=by, why=f"Reviews due by {due:%B %-d, %Y}")
    panels = list(
        PlannedPanel.objects.for_staff(by)
        .filter(proposal=proposal)
        .select_related("application__utility", "application__cycle__edition")
        .prefetch_related("seats__member")
        .order_by("application")
    )
    ids = [panel.application_id for panel in panels]
    locked = Application.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk")
    statuses = dict(locked.values_list("pk", "status"))
    roster = Roster(proposal.cycle, ids)
    seats: list[Seat] = []
    events: list[ApplicationEvent] = []
    for panel in panels:
        planned = list(panel.seats.all())
        panel.left_out = roster.fault(panel, planned, statuses.get(panel.application_id, ""))
        if panel.left_out:
            continue
        for one in planned:
            seats.append(_seat(panel, one, proposal, by, due))
            events.append(panel.application.noted(by=by, why=f"{one.member} was assigned to the panel"))
            if one.lead:
                events.append(panel.application.noted(by=by, why=f"{one.member} became the panel lead"))
    Seat.objects.bulk_create(seats, batch_size=1000)
    ApplicationEvent.objects.bulk_create(events, batch_size=1000)
    left = [panel for panel in panels if panel.left_out]
    PlannedPanel.objects.bulk_update(left, ["left_out"])
    _tell(proposal, seats, "panels-assigned", due=f"{due:%B %-d, %Y}")
    n_all = proposal.panels.count()
    return Done(len({seat.application_id for seat in seats}), len(seats), n_all - len(panels) + len(left))


class Roster:
    """Who may sit on a cycle's panels, and who may not judge whom. A few queries for all of its panels."""

    def __init__(self, cycle: Cycle, applications: Iterable[int]) -> None:
        self.cycle = cycle
        known = PanelMember.who_may_sit().select_related("panel_member").order_by("name", "email")
        self.people: dict[int, User] = {person.pk: person for person in known}
        self.conflicts = PanelMember.conflicts(self.people.values())
        rows = PanelMember.objects.filter(user__in=self.people)
        self.states: dict[int, set[str]] = {row.user_id: set(row.conflict_states) for row in rows}
        self.seats: dict[int, list[Seat]] = defaultdict(list)
        for seat in Seat.objects.filter(application__in=applications):
            self.seats[seat.application_id].append(seat)

    def why_not(self, person: User, application: Application) -> str:
        """Returns why the person can't get a seat on this panel; empty if they can."""
        if person.pk not in self.people:
            return f"{person} is not available for panels."
        if any(seat.member_id == person.pk for seat in self.seats[application.pk]):
            return f"{person} is or was on this panel."
        utility = application.utility
        if utility.pk in self.conflicts[person.pk] or utility.state in self.states.get(person.pk, set()):
            return f"{person} has a conflict of interest."
        return ""

    def fault(self, panel: PlannedPanel, planned: list[PlannedSeat], status: str) -> str:
        """Returns why the panel can't be assigned as planned; empty if it can."""
        if not planned:
            return "No members were chosen."
        if status != Status.PANEL:
            return "The panel is not reviewing this application."
        active = [seat for seat in self.seats[panel.application_id] if not seat.recused_at]
        has_lead = any(seat.lead for seat in active)
        if max(self.cycle.panel_size - len(active), 0) != panel.need or panel.needs_lead == has_lead:
            return "Its panel was changed after the proposal."
        if panel.needs_lead != any(one.lead for one in planned):
            return "Choose one lead." if panel.needs_lead else "It has a lead already."
        reasons = (self.why_not(one.member, panel.application) for one in planned)
        return next((why for why in reasons if why), "")


def _seat(panel: PlannedPanel, one: PlannedSeat, proposal: PanelProposal, by: User, due: date) -> Seat:
    return Seat(
        application=panel.application, member=one.member, lead=one.lead, due=due, assigned_by=by, proposal=proposal
    )


def undoable(proposal: PanelProposal) -> Any:
    """Returns the seats of the proposal on panels of which nobody has begun: declared, stepped down or been removed."""
    begun = Seat.objects.exclude(declared_at=None, recused_at=None).filter(application__cycle=proposal.cycle_id)
    at_panel = Seat.objects.filter(proposal=proposal, application__status=Status.PANEL)
    return at_panel.exclude(application__in=begun.values("application"))


@transaction.atomic
def undo(proposal: PanelProposal, *, by: User) -> Done:
    """Takes back the seats of every panel of which nobody has begun. Raises WrongState if there is none.

    The proposal is undone once none of its seats is left.
    """
    if proposal.status != PanelProposal.Status.ASSIGNED:
        raise WrongState("These panels are not assigned, or were undone already.")
    applications = Application.objects.visible_to(by).of_others(by).without_part_of(by)
    mine = undoable(proposal).filter(application__in=applications.values("pk"))
    ids = sorted(set(mine.values_list("application", flat=True)))
    list(Application.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk").values("pk"))
    seats = list(mine.filter(application__in=ids).select_related("member", "application__utility"))
    if not seats:
        raise WrongState("On every one of these panels somebody has begun.")
    Seat.objects.filter(pk__in=[seat.pk for seat in seats]).delete()
    panels = {seat.application_id: seat.application for seat in seats}
    why = "The panel that was proposed and assigned was undone"
    ApplicationEvent.objects.bulk_create((each.noted(by=by, why=why) for each in panels.values()), batch_size=1000)
    _tell(proposal, seats, "panels-undone")
    left = len(set(proposal.seats.values_list("application", flat=True)))
    if not left:
        proposal._move(PanelProposal.Status.UNDONE, by=by)
    return Done(len(panels), len(seats), left)


def _tell(proposal: PanelProposal, seats: list[Seat], wording: str, **words: object) -> None:
    """Emails each member once, about all of these seats."""
    of: dict[User, list[Seat]] = defaultdict(list)
    for seat in seats:
        of[seat.member].append(seat)
    cycle = proposal.cycle
    link = settings.SITE_URL.rstrip("/") + reverse("recognition:declare_all")
    occasion = f"{wording}:{proposal.pk}:{timezone.now():%Y%m%d%H%M%S%f}"
    for person, theirs in of.items():
        n, leads = len(theirs), sum(1 for seat in theirs if seat.lead)
        about = {
            "program": cycle.program,
            "cycle": cycle,
            "person": person,
            "link": link,
            "panels": "1 application" if n == 1 else f"{n} applications",
            "leads": "" if not leads else "1 panel" if leads == 1 else f"{leads} panels",
        }
        Message.write(proposal, occasion, person.email, *wordings.rendered(wording, **about | words))
