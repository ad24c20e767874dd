"""What the staff pages of a cycle share: access and tabs. Also the list of cycles."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.cycles import dates
from recognition.models import Application, Cycle, CycleEvent
from recognition.models.cycle import LAW, LettersWait, StillWaiting
from recognition.rights import Act, offered
from workflow.models import WrongState

MAX_LISTED = 100  # applications listed as waiting

# URL name, tab label, and the act that a staff role must include.
PAGES = [
    ("cycle", "Cycle", Act.MOVE_CYCLE),
    ("progress", "Progress", Act.SEE_STATISTICS),
    ("panels", "Panels", Act.ASSIGN),
    ("reviewers", "Reviewers", Act.ASSIGN),
    ("decisions", "Decisions", Act.EDIT_LETTER),
    ("outbox", "Outbox", Act.EDIT_LETTER),
    ("letters", "Letters to mail", Act.MAIL),
    ("documents", "Letters and certificates", Act.NOTIFY),
    ("notices", "Notices", Act.NOTIFY),
    ("statistics", "Statistics", Act.SEE_STATISTICS),
    ("screening", "Compliance data", Act.SCREEN),
]


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    url: str
    n: int | None  # the number of items, if the page gives it


def tabs(user: User, cycle: Cycle, counts: Mapping[str, int] | None = None) -> list[Tab]:
    """Returns the cycle's pages that the person's staff roles include."""
    counts = counts or {}
    return [
        Tab(name, label, reverse(f"recognition:{name}", args=[cycle.pk]), counts.get(name))
        for name, label, act in PAGES
        if offered(user, act)
    ]


def cycle_for(user: User, pk: int, act: Act) -> Cycle:
    """Returns the cycle. Raises Http404 if none of the person's staff roles includes ``act``."""
    if not offered(user, act):
        raise Http404
    return get_object_or_404(Cycle.objects.select_related("edition"), pk=pk)


def has_pages(user: User) -> bool:
    return any(offered(user, act) for _, _, act in PAGES)


@login_required
@require_safe
def cycle_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists every cycle with the pages that the person's staff roles include."""
    if not has_pages(request.user):
        raise Http404
    cycles = [(cycle, tabs(request.user, cycle)) for cycle in Cycle.objects.all()]
    return render(request, "recognition/cycles/cycle_list.html", {"cycles": cycles})


# The next step of a cycle, by its status: what it is called, what it does, what it means.
STEPS: dict[str, tuple[str, Callable[..., None], str]] = {
    Cycle.Status.PLANNED: (
        "Begin the review",
        Cycle.begin_review,
        "Once the cycle has closed. Paper applications can no longer be entered; decisions can be made.",
    ),
    Cycle.Status.REVIEW: ("Mark as decided", Cycle.mark_decided, "Once every application has an outcome."),
    Cycle.Status.DECIDED: (
        "Archive",
        Cycle.archive,
        "Closes it to change: applications, feedback, hours, notices and settings stay as they are. "
        "Recognitions can still be revoked.",
    ),
}


@login_required
@require_safe
def cycle(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows where a cycle stands, what waits in it, and its next step."""
    found = cycle_for(request.user, cycle_pk, Act.MOVE_CYCLE)
    waiting = Application.objects.visible_to(request.user).of_others(request.user).filter(cycle=found).under_review()
    name, _, means = STEPS.get(found.status, ("", None, ""))
    events = list(found.events.select_related("by"))
    context = {
        "cycle": found,
        "tabs": tabs(request.user, found),
        "law": LAW,
        "step": name,
        "means": means,
        "n_waiting": waiting.count(),
        "waiting": waiting.order_by("status_since", "pk")[:MAX_LISTED],
        "most": MAX_LISTED,
        "events": events,
        "dates": dates.for_staff(found, _marks(found, events)),
    }
    return render(request, "recognition/cycles/cycle_detail.html", context)


def _marks(cycle: Cycle, events: Iterable[CycleEvent]) -> list[dates.Mark]:
    """Returns the steps so far with their days, in the cycle's time zone."""
    zone = ZoneInfo(cycle.time_zone)
    return [dates.Mark(event.stage, event.at.astimezone(zone).date()) for event in events]


@login_required
@require_POST
def cycle_move(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Moves a cycle on from the status that the person saw, which the form sends."""
    found = cycle_for(request.user, cycle_pk, Act.MOVE_CYCLE)
    step = STEPS.get(found.status) if request.POST.get("status") == found.status else None
    try:
        if step is None:
            raise WrongState(f"The cycle is {found.stage.lower()}.")
        step[1](found, by=request.user)
    except WrongState as error:
        why = _why_not(found, error)
        messages.error(request, f"Nothing was changed. {why}")
    else:
        messages.success(request, f"{found} is now {found.stage.lower()}.")
    return redirect("recognition:cycle", found.pk)


def _why_not(cycle: Cycle, error: WrongState) -> str:
    if isinstance(error, StillWaiting | LettersWait):
        return str(error)
    if cycle.is_open:
        return f"The cycle is open until {cycle.closes_shown}."
    return f"The cycle is {cycle.stage.lower()}."
