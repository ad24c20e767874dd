"""Closing a workshop: its result is kept, duplicates become one objective, the chosen objectives are agreed."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from ims.plan.actions import Action
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.models import Workshop
from ims.plan.objectives import Objective
from ims.records import Record
from workflow.models import WrongState


@transaction.atomic
def close(workshop: Workshop, *, by: User) -> None:
    """Raises NotAllowed, WrongState: at another step, or with a conflict that is neither settled nor accepted."""
    workshop.require_leader(by)
    workshop.require_status(Workshop.Status.PACKAGE)
    objectives = workshop.proposals.values("objective")
    locked = Record.objects.filter(Q(pk=workshop.pk) | Q(pk__in=objectives))
    list(locked.select_for_update().order_by("pk").values("pk"))
    board = Board(workshop)
    if board.open_conflicts:
        raise WrongState("Settle each conflict, or accept it with a reason, before you close the workshop.")
    for line in board.budget:
        proposal = line.proposal
        proposal.title = str(proposal.objective)
        proposal.cost, proposal.work = line.part.cost, line.part.hours
        proposal.place = line.rank
        proposal.points = None if line.total is None else _rounded(line.total)
        proposal.save(update_fields=["title", "cost", "work", "place", "points"])
    for proposal in board.joined:
        proposal.title = str(proposal.objective)
        proposal.save(update_fields=["title"])
        stays = next(each for each in board.proposals if each.pk == proposal.joined_to_id)
        _join(_objective(proposal.objective_id, by), _objective(stays.objective_id, by), workshop, by)
    for proposal in board.proposals:
        objective = _objective(proposal.objective_id, by)
        if proposal.chosen and objective.status == Objective.Status.PROPOSED:
            objective.move(Objective.Status.AGREED, by=by, why=f"Chosen in {workshop}.")
    workshop.move(Workshop.Status.CLOSED, by=by)


def _rounded(total: Fraction) -> Decimal:
    return round(Decimal(total.numerator) / Decimal(total.denominator), 1)


def _objective(pk: int, by: User) -> Objective:
    rows: Any = Objective.objects.visible_to(by)
    found: Objective = rows.get(pk=pk)
    return found


def _join(goes: Objective, stays: Objective, workshop: Workshop, by: User) -> None:
    """Gives areas, initiatives, units and open actions to the objective that stays, and drops the other."""
    if not (stays.is_open and goes.is_open):
        return
    both = {name: sorted({*getattr(stays, name), *getattr(goes, name)}) for name in ("areas", "initiatives", "units")}
    stays.change(stays.version, by=by, **both)
    actions: Any = Action.objects.visible_to(by)
    for action in actions.filter(objective=goes, is_open=True):
        action.change(action.version, by=by, objective=stays)
    goes.move(Objective.Status.DROPPED, by=by, why=f"Says the same as {stays.number}; joined in {workshop}.")
