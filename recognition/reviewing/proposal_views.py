"""The panels of a whole cycle: proposed by a worker, adjusted by hand or in Excel, assigned in one step, undone."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Prefetch, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from files.importing import Import, as_excel
from recognition.cycles.views import cycle_for, tabs
from recognition.models import Cycle, PanelMember, PanelProposal, PlannedPanel, PlannedSeat
from recognition.reviewing import panel_proposing as proposing
from recognition.reviewing.panel_views import due_in
from recognition.reviewing.proposal_exchange import PanelExchange
from recognition.reviewing.proposal_forms import AssignAllForm, PlannedPanelForm
from recognition.reviewing.proposal_lists import PlannedFilters, PlannedTable
from recognition.rights import Act
from workflow import polling
from workflow.lists import list_page
from workflow.models import Stale, WrongState
from workflow.saving import status_of

PAGE = "recognition/reviewing/proposal.html"
Status = PanelProposal.Status
SHOWN = (Status.READY, Status.ASSIGNED)


@login_required
@require_safe
@never_cache
def panels(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows the last proposal with its panels. For htmx, returns only the progress."""
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    last = cycle.panel_proposals.first()
    if request.headers.get("HX-Request") and last:
        return _progress(request, last)
    return _page(request, cycle, last)


def _progress(request: AuthenticatedRequest, last: PanelProposal) -> HttpResponse:
    """Responds 204 if nothing is new. A finished proposal reloads the page, which shows its panels."""
    context = {"last": last, "cycle": last.cycle}
    done = last.is_finished
    return polling.until_finished(request, f"{PAGE}#progress", context, seen=last.seen, is_finished=done)


def _page(
    request: AuthenticatedRequest, cycle: Cycle, last: PanelProposal | None, form: AssignAllForm | None = None
) -> HttpResponse:
    is_shown = last is not None and last.status in SHOWN
    mine = PlannedPanel.objects.for_staff(request.user).filter(proposal=last if is_shown else None)
    rows = mine.select_related("application__utility").prefetch_related(
        Prefetch("seats", PlannedSeat.objects.select_related("member"))
    )
    context: dict[str, Any] = {
        "cycle": cycle,
        "tabs": tabs(request.user, cycle),
        "last": last,
        "is_shown": is_shown,
        "form": form or AssignAllForm(initial={"due": due_in(cycle)}),
        "n_lacking": proposing.lacking(cycle, request.user).count(),
        "n_people": PanelMember.who_may_sit().count(),
    }
    if is_shown and last is not None:
        context |= _summary(last, mine)
    page = list_page(
        request, PlannedTable, PlannedFilters, rows.annotate(n_seats=Count("seats", distinct=True)), PAGE, context
    )
    page.status_code = status_of(form) if form else page.status_code
    return page


def _summary(proposal: PanelProposal, of: Any) -> dict[str, Any]:
    """Returns what the proposal comes to. ``of`` are its panels that the person may see."""
    seats = PlannedSeat.objects.filter(panel__in=of.values("pk"))
    counted = (
        seats.values("member", "member__name", "member__email", "member__panel_member__affiliation")
        .annotate(n=Count("pk"), n_leads=Count("pk", filter=Q(lead=True)))
        .order_by("-n", "member__name")
    )
    labels = dict(PanelMember.Affiliation.choices)
    loads: list[dict[str, Any]] = [
        {**load, "affiliation": labels.get(load["member__panel_member__affiliation"], "")} for load in counted
    ]
    counts = of.annotate(n_seats=Count("seats")).aggregate(
        n_panels=Count("pk"),
        n_short=Count("pk", filter=Q(n_seats__lt=F("need"))),
        n_left=Count("pk", filter=~Q(left_out="")),
    )
    every = [load["n"] for load in loads]
    return counts | {
        "loads": loads,
        "least": min(every, default=0),
        "most": max(every, default=0),
        "n_hidden": proposal.panels.count() - counts["n_panels"],
        "n_undoable": proposing.undoable(proposal).values("application").distinct().count(),
    }


def _last(request: AuthenticatedRequest, cycle_pk: int, *statuses: str) -> PanelProposal:
    """Returns the cycle's last proposal. Raises Http404 without the right or a proposal, WrongState at other stages."""
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    last = cycle.panel_proposals.select_related("cycle__edition").first()
    if last is None:
        raise Http404
    if last.status not in statuses or request.POST.get("proposal", str(last.pk)) != str(last.pk):
        raise WrongState("The proposal has changed. This is how it is now.")
    return last


@login_required
@require_POST
def propose(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    try:
        PanelProposal.request(cycle, by=request.user)
    except WrongState as error:
        messages.error(request, str(error))
    return redirect("recognition:panels", cycle.pk)


@login_required
@require_POST
def assign_all(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    form = AssignAllForm(request.POST)
    try:
        last = _last(request, cycle_pk, Status.READY)
        if not form.is_valid():
            return _page(request, last.cycle, last, form)
        done = proposing.assign(last, by=request.user, due=form.cleaned_data["due"])
    except WrongState:
        messages.error(request, "Nothing was assigned: the proposal was assigned or discarded just now.")
        return redirect("recognition:panels", cycle_pk)
    left = f" {done.left} {pluralize(done.left, 'was,were')} not assigned; the list says why." if done.left else ""
    messages.success(
        request,
        f"{done.panels} panel{pluralize(done.panels)} {pluralize(done.panels, 'is,are')} assigned: {done.seats} seats. "
        f"Each reviewer gets one email.{left}",
    )
    return redirect("recognition:panels", cycle_pk)


@login_required
@require_POST
def discard(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    try:
        _last(request, cycle_pk, Status.READY).discard(by=request.user)
    except WrongState:
        messages.error(request, "Nothing was changed: the proposal was assigned or discarded just now.")
    else:
        messages.success(request, "The proposal was discarded. No panel was changed.")
    return redirect("recognition:panels", cycle_pk)


@login_required
@require_POST
def undo(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    try:
        done = proposing.undo(_last(request, cycle_pk, Status.ASSIGNED), by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        left = f" {done.left} stay{pluralize(done.left, 's,')}, because somebody has begun." if done.left else ""
        messages.success(request, f"{done.panels} panel{pluralize(done.panels)} undone.{left}")
    return redirect("recognition:panels", cycle_pk)


# By hand.


def _planned(user: User, pk: int) -> PlannedPanel:
    rows = PlannedPanel.objects.for_staff(user)
    panel = get_object_or_404(rows.select_related("proposal__cycle", "application__utility"), pk=pk)
    cycle_for(user, panel.proposal.cycle_id, Act.ASSIGN)
    return panel


@login_required
def planned_panel(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Changes the members of one proposed panel, over the version that was read."""
    panel = _planned(request.user, pk)
    roster = proposing.Roster(panel.proposal.cycle, [panel.application_id])
    data = request.POST if request.method == "POST" else None
    form = PlannedPanelForm(data, panel=panel, roster=roster, only_free=True)
    status = 0
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            panel.adjust(sent["version"], members=sent["members"], lead=sent["lead"], by=request.user)
        except Stale as stale:
            now = PlannedPanel.objects.get(pk=stale.current.pk)
            form = PlannedPanelForm(panel=now, roster=roster, only_free=True)
            messages.error(
                request, "Not saved: someone changed this panel while you were editing. This is how it is now."
            )
            status = 409
        except WrongState as error:
            messages.error(request, f"Nothing was changed. {error}")
            return redirect(panel.proposal)
        else:
            messages.success(request, f"The proposed panel for {panel.application.utility} was changed.")
            return redirect(panel.proposal)
    context = {
        "panel": panel,
        "form": form,
        "is_open": panel.proposal.status == Status.READY,
        "barred": [why for each in roster.people.values() if (why := roster.why_not(each, panel.application))],
    }
    return render(request, "recognition/reviewing/proposal_panel.html", context, status=status or status_of(form))


# In Excel.


@login_required
@require_safe
def download(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    try:
        last = _last(request, cycle_pk, *SHOWN)
    except WrongState as error:
        raise Http404 from error
    return as_excel(PanelExchange(last, request.user), f"{slugify(last.cycle.title) or 'cycle'}-panels.xlsx")


def _import(request: AuthenticatedRequest, cycle_pk: int) -> Import:
    """Raises Http404, or WrongState once the proposal is no longer open."""
    last = _last(request, cycle_pk, Status.READY)
    return Import(
        rows=lambda: PanelExchange(last, request.user),
        locked=lambda: PanelExchange.locked(last, request.user),
        ask="recognition/reviewing/proposal_exchange.html",
        plan="recognition/reviewing/proposal_exchange_plan.html",
        context={"cycle": last.cycle, "proposal": last},
        kept_as=f"panels-{last.pk}",
        after=last.get_absolute_url(),
        again=last.get_absolute_url(),
        row="panel",
    )


@login_required
def preview(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    try:
        return _import(request, cycle_pk).preview(request)
    except WrongState as error:
        messages.error(request, str(error))
        return redirect("recognition:panels", cycle_pk)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    try:
        return _import(request, cycle_pk).confirm(request)
    except WrongState as error:
        messages.error(request, f"Nothing was imported. {error}")
        return redirect("recognition:panels", cycle_pk)
