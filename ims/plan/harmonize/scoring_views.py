"""Scoring: each person alone, then together what the scores say."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from ims.plan.criteria import ScoresFormField
from ims.plan.harmonize.access import frame, page_url, workshop_of
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.models import Ballot, Participant, Proposal, Workshop
from workflow import polling, saving
from workflow.rights import NotAllowed

Status = Workshop.Status
PAGE = "ims/harmonize/score.html"


class BallotForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, workshop: Workshop, proposal: Proposal, ballot: Ballot | None) -> None:
        given = {"version": ballot.version, "scores": ballot.scores, "dots": ballot.dots} if ballot else {"version": 0}
        super().__init__(data, initial=given, auto_id=f"id_{proposal.pk}_%s")
        if workshop.method == Workshop.Method.VOTES:
            self.fields["dots"] = forms.IntegerField(
                label="Votes", min_value=0, max_value=workshop.dots, required=False
            )
        else:
            self.fields["scores"] = ScoresFormField(workshop.criteria)

    @property
    def changes(self) -> dict[str, Any]:
        """Returns what was entered; no votes are 0."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return given | ({"dots": given["dots"] or 0} if "dots" in given else {})


def _participant(request: AuthenticatedRequest, workshop: Workshop, board: Board) -> Participant | None:
    """Returns for whom the person scores: ``for`` in the address, or themselves. Raises NotAllowed for others."""
    asked = request.GET.get("for", "")
    for each in board.participants:
        if str(each.pk) == asked if asked else each.person.user_id == request.user.pk:
            if not each.is_scored_for_by(request.user, workshop):
                raise NotAllowed("Everyone scores alone.")
            return each
    return None


@login_required
@never_cache
def score(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows a person's own scores while the workshop scores, later what everyone's come to. For htmx, who is done."""
    found = workshop_of(request, utility_pk, number)
    board = Board(found)
    me = _participant(request, found, board)
    if "HX-Request" in request.headers and "seen" in request.GET:
        return _progress(request, found, board, me)
    return _page(request, found, board, me)


def _page(
    request: AuthenticatedRequest,
    workshop: Workshop,
    board: Board,
    me: Participant | None,
    *,
    sent: BallotForm | None = None,
    of: int = 0,
    conflict: Any = None,
    status: int = 200,
) -> HttpResponse:
    """``sent`` is the bound form of the proposal ``of`` that could not be saved."""
    context = frame(request, workshop, Status.SCORE, board) | {"me": me, "conflict": conflict, "of": of}
    if workshop.status != Status.SCORE:
        return render(request, "ims/harmonize/scored.html", context | {"rounds": list(board.rounds())}, status=status)
    if me:
        mine = {each.proposal_id: each for each in me.ballots.filter(round=workshop.round)}
        context["ballots"] = [
            (
                each,
                sent
                if sent and of == each.pk
                else BallotForm(workshop=workshop, proposal=each, ballot=mine.get(each.pk)),
            )
            for each in board.proposals
        ]
    return render(request, PAGE, context | progress(workshop, board, me, request), status=status)


def progress(workshop: Workshop, board: Board, me: Participant | None, request: AuthenticatedRequest) -> dict[str, Any]:
    """Returns who has scored how much; nothing says what. One query."""
    whole = Q(scores__len__gte=len(board.criteria))
    rows = Ballot.objects.filter(participant__workshop=workshop, round=workshop.round, proposal__joined_to=None)
    counts = {
        row["participant"]: row["dots"] or 0 if board.by_votes else row["n"]
        for row in rows.order_by().values("participant").annotate(n=Count("pk", filter=whole), dots=Sum("dots"))
    }
    people = [(each, counts.get(each.pk, 0)) for each in board.participants if not each.left_at]
    return {
        "people": people,
        "most": workshop.dots if board.by_votes else len(board.proposals),
        "mine": counts.get(me.pk, 0) if me else 0,
        "n_done": sum(bool(each.done_at) for each, _ in people),
        "me": me,
        "scored_for": [each for each, _ in people if workshop.is_led_by(request.user) and not each.person.user_id],
        "seen": "-".join(
            [workshop.status, str(workshop.round), *(f"{each.pk}.{n}.{bool(each.done_at)}" for each, n in people)]
        ),
    }


def _progress(request: AuthenticatedRequest, workshop: Workshop, board: Board, me: Participant | None) -> HttpResponse:
    context = frame(request, workshop, Status.SCORE, board) | progress(workshop, board, me, request)
    is_over = workshop.status != Status.SCORE
    return polling.answer(request, f"{PAGE}#progress", context, seen=context["seen"], is_finished=is_over)


@login_required
@require_POST
def save(request: AuthenticatedRequest, utility_pk: int, number: str, participant: int, proposal: int) -> HttpResponse:
    """Saves what one person gives one objective (workflow.saving)."""
    found = workshop_of(request, utility_pk, number)
    board = Board(found)
    me = get_object_or_404(found.participants.select_related("person"), pk=participant)
    one = get_object_or_404(found.proposals.filter(joined_to=None), pk=proposal)
    if not me.is_scored_for_by(request.user, found):
        raise NotAllowed("Everyone scores alone.")
    stored = me.ballots.filter(proposal=one, round=found.round).first()
    form = BallotForm(request.POST, workshop=found, proposal=one, ballot=stored)

    def keep() -> Ballot:
        return Ballot.cast(me, one, form.cleaned_data["version"], by=request.user, workshop=found, **form.changes)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, found, board, me, sent=form, of=one.pk, conflict=conflict, status=status)

    query = "" if me.person.user_id else f"?for={me.pk}"
    block = saving.Block(str(one.pk), f"{page_url(found, Status.SCORE)}{query}")
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
@require_POST
def done(request: AuthenticatedRequest, utility_pk: int, number: str, participant: int) -> HttpResponse:
    """Marks a person's scores as finished; sent again, as not finished."""
    found = workshop_of(request, utility_pk, number)
    me = get_object_or_404(found.participants.select_related("person"), pk=participant)
    if not me.is_scored_for_by(request.user, found):
        raise NotAllowed("Everyone scores alone.")
    if found.status == Status.SCORE:
        at = None if request.POST.get("undo") else timezone.now()
        Participant.objects.filter(pk=me.pk).update(done_at=at)
    query = "" if me.person.user_id else f"?for={me.pk}"
    return redirect(f"{page_url(found, Status.SCORE)}{query}")
