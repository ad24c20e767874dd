"""What all pages of a workshop share: getting it, and the four steps above each page."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.shortcuts import get_object_or_404
from django.urls import reverse

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.models import Workshop

Status = Workshop.Status
ORDER = [Status.GATHER, Status.SCORE, Status.SETTLE, Status.PACKAGE, Status.CLOSED]


def workshop_of(request: AuthenticatedRequest, utility_pk: int, number: str) -> Workshop:
    """Returns the workshop with its criteria. Raises Http404 for those who don't belong to its utility."""
    rows: Any = Workshop.objects.visible_to(request.user)
    full = rows.select_related("criteria").prefetch_related("criteria__rows")
    found: Workshop = get_object_or_404(full, utility=utility_pk, number=number)
    return found


def page_url(workshop: Workshop, step: str = "") -> str:
    """Returns the address of the page of a step; without one, of that at which the workshop is."""
    at = step or (workshop.status if workshop.status in ORDER[:4] else Status.PACKAGE)
    if workshop.status == Status.CANCELED and not step:
        at = Status.GATHER
    return reverse(f"ims:workshop_{at}", args=[workshop.utility_id, workshop.number])


def frame(request: AuthenticatedRequest, workshop: Workshop, step: str, board: Board) -> dict[str, Any]:
    """Returns the context that every page of a workshop has."""
    leads, can_edit = workshop.is_led_by(request.user), workshop.my_role in CAN_EDIT
    return {
        "workshop": workshop,
        "utility": workshop.utility,
        "board": board,
        "step": step,
        "steps": list(_steps(workshop, board, step)),
        "leads": leads,
        "can_edit": can_edit,
        "may_pair": can_edit and workshop.status in (Status.SETTLE, Status.PACKAGE),
        "keeps": leads and workshop.status == Status.SETTLE,
        "may_choose": leads and workshop.status == Status.PACKAGE,
        "is_here": workshop.status == step,
    }


def _steps(workshop: Workshop, board: Board, step: str) -> Any:
    """Yields (label, state, note, address, is the page shown) of the four steps."""
    now = ORDER.index(Status(workshop.status)) if workshop.status in ORDER else 0
    notes = {Status.GATHER: _gathered(board), Status.SCORE: _scored(board)}
    if now >= 2:
        notes[Status.SETTLE] = _settled(board)
    if now >= 3:
        notes[Status.PACKAGE] = _packed(board)
    for place, each in enumerate(ORDER[:4]):
        state = "past" if place < now else "now" if place == now else "ahead"
        yield each.label, state, notes.get(each, ""), page_url(workshop, each), each == step


def _plural(n: int, one: str, many: str) -> str:
    return f"{n} {one if n == 1 else many}"


def _gathered(board: Board) -> str:
    initiatives = {slug for each in board.everything for slug in each.objective.initiatives}
    found = _plural(len(board.proposals), "objective", "objectives")
    return f"{found} from {_plural(len(initiatives), 'initiative', 'initiatives')}" if initiatives else found


def _scored(board: Board) -> str:
    present = [each for each in board.participants if not each.left_at]
    return f"{sum(bool(each.done_at) for each in present)} of {_plural(len(present), 'person', 'people')} finished"


def _settled(board: Board) -> str:
    if n := len(board.open_conflicts):
        return f"{_plural(n, 'conflict', 'conflicts')} open"
    return f"{_plural(len(board.conflicts), 'conflict', 'conflicts')} settled" if board.conflicts else "No conflict"


def _packed(board: Board) -> str:
    n = sum(each.chosen for each in board.proposals)
    return f"{_plural(n, 'objective', 'objectives')}, ${intcomma(round(board.cost))}"
