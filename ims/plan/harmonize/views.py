"""The steps of a workshop, and the first of them: what takes part, and who."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from ims.people import Person
from ims.plan.harmonize.access import frame, page_url, workshop_of
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.closing import close
from ims.plan.harmonize.models import Participant, Proposal, Workshop
from ims.plan.objectives import Objective
from initiatives.models import Initiative
from workflow.models import WrongState

Status = Workshop.Status
ALIKE = 0.5  # of the words of two titles


@login_required
def workshop(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Leads to the page of the step at which the workshop is."""
    return redirect(page_url(workshop_of(request, utility_pk, number)))


@login_required
@require_POST
def step(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Takes the workshop to the step ``to``."""
    found, to = workshop_of(request, utility_pk, number), request.POST.get("to", "")
    try:
        if to == Status.CLOSED:
            close(found, by=request.user)
            messages.success(request, "The workshop is closed. The chosen objectives are agreed.")
        else:
            found.move(to, by=request.user)
    except WrongState as error:
        reason = str(error) if to == Status.CLOSED else "Someone has just taken the workshop to another step."
        messages.error(request, f"Nothing was changed. {reason}")
        return redirect(page_url(workshop_of(request, utility_pk, number)))
    return redirect(page_url(found))


# --- Gather ----------------------------------------------------------------------------------------------


class GatherForm(forms.Form):
    """Sends what was checked before too: of two people who add something at once, neither removes the other's."""

    objectives = forms.TypedMultipleChoiceField(coerce=int, required=False)
    objectives_were = forms.TypedMultipleChoiceField(coerce=int, required=False)
    people = forms.TypedMultipleChoiceField(coerce=int, required=False)
    people_were = forms.TypedMultipleChoiceField(coerce=int, required=False)
    someone = forms.CharField(label="Someone who is not listed", max_length=120, required=False)

    def __init__(self, data: Any = None, *, objectives: list[Objective], people: list[Person]) -> None:
        super().__init__(data)
        for name, rows in (("objectives", objectives), ("people", people)):
            for each in (name, f"{name}_were"):
                self.fields[each].choices = [(row.pk, str(row)) for row in rows]  # type: ignore[attr-defined]

    def added(self, name: str) -> set[int]:
        return set(self.cleaned_data[name]) - set(self.cleaned_data[f"{name}_were"])

    def removed(self, name: str) -> set[int]:
        return set(self.cleaned_data[f"{name}_were"]) - set(self.cleaned_data[name])


@login_required
def gather(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows which objectives take part, and who scores them; saves both."""
    found = workshop_of(request, utility_pk, number)
    board = Board(found)
    takes_part = Q(is_open=True) | Q(pk__in=[each.objective_id for each in board.everything])
    rows: Any = Objective.objects.filter(takes_part, utility=found.utility_id)
    objectives = list(rows.order_by("status", "number"))
    people = list(Person.objects.of(found.utility))
    form = GatherForm(request.POST if request.method == "POST" else None, objectives=objectives, people=people)
    if request.method == "POST":
        found.require_editor()
        if form.is_valid():
            return _gathered(request, found, form)
    chosen = {each.objective_id for each in board.everything}
    names = dict(Initiative.objects.known().values_list("slug", "short_name"))
    here = {each.person_id for each in board.participants if not each.left_at}
    context = frame(request, found, Status.GATHER, board) | {
        "form": form,
        "objectives": [
            (each, each.pk in chosen, [names.get(slug, slug) for slug in each.initiatives]) for each in objectives
        ],
        "people": [(each, each.pk in here) for each in people],
        "similar": list(similar(board.proposals)) if found.status == Status.GATHER else [],
    }
    return render(request, "ims/harmonize/gather.html", context, status=422 if form.errors else 200)


@transaction.atomic
def _gathered(request: AuthenticatedRequest, found: Workshop, form: GatherForm) -> HttpResponse:
    """People may come and go until the workshop is closed; objectives are chosen while it gathers."""
    if found.status == Status.GATHER:
        added = [Proposal(workshop=found, objective_id=pk) for pk in form.added("objectives")]
        Proposal.objects.bulk_create(added, ignore_conflicts=True)
        found.proposals.filter(objective__in=form.removed("objectives")).delete()
    elif form.added("objectives") or form.removed("objectives"):
        messages.error(request, "The objectives were not changed: the workshop has gone on to the next step.")
    if not found.is_open:
        messages.error(request, "Nothing was changed: the workshop is not open.")
        return redirect(page_url(found, Status.GATHER))
    if name := form.cleaned_data["someone"].strip():
        person = Person.objects.create(utility=found.utility, name=name)
        found.participants.create(person=person)
    for pk in form.added("people"):
        found.participants.update_or_create(person_id=pk, defaults={"left_at": None})
    for participant in found.participants.filter(person__in=form.removed("people")):
        leave(participant)
    messages.success(request, "Saved.")
    return redirect(page_url(found, Status.GATHER))


def leave(participant: Participant) -> None:
    """Lets someone leave. Scores that were given stay and count."""
    if participant.ballots.exists():
        Participant.objects.filter(pk=participant.pk).update(left_at=timezone.now())
    else:
        participant.delete()


def similar(proposals: list[Proposal]) -> Iterator[tuple[Proposal, Proposal]]:
    """Yields pairs whose titles share at least half of their words, at most five."""
    words = [(each, {word for word in each.objective.title.casefold().split() if len(word) > 2}) for each in proposals]
    n = 0
    for place, (one, mine) in enumerate(words):
        for other, theirs in words[place + 1 :]:
            if mine and theirs and len(mine & theirs) / len(mine | theirs) >= ALIKE and n < 5:
                n += 1
                yield one, other


@login_required
@require_POST
def join(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Joins the proposal ``one`` to ``other``, which says the same; without ``other`` it stands alone again."""
    found = workshop_of(request, utility_pk, number)
    found.require_editor()
    if found.status != Status.GATHER:
        messages.error(request, "Objectives are joined while the workshop gathers.")
        return redirect(page_url(found))
    rows = found.proposals.all()
    one = get_object_or_404(rows, pk=request.POST.get("one") or 0)
    other = get_object_or_404(rows, pk=request.POST["other"]) if request.POST.get("other") else None
    if other and (other.pk == one.pk or other.joined_to_id):
        messages.error(request, "Choose two objectives that both stand alone.")
        return redirect(page_url(found, Status.GATHER))
    with transaction.atomic():
        rows.filter(pk=one.pk).update(joined_to=other, chosen=False)
        if other:  # what was joined to it says the same as the other too
            rows.filter(joined_to=one).update(joined_to=other)
    return redirect(f"{page_url(found, Status.GATHER)}#joined")


@login_required
@require_POST
def take_part(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Adds the person who asks, whenever they come."""
    found = workshop_of(request, utility_pk, number)
    found.require_editor()
    if found.is_open:
        me = get_object_or_404(Person.objects.of(found.utility), user=request.user)
        found.participants.update_or_create(person=me, defaults={"left_at": None})
    return redirect(page_url(found))


@login_required
@require_POST
def take_leave(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Lets the person who asks leave."""
    found = workshop_of(request, utility_pk, number)
    me = get_object_or_404(found.participants, person__user=request.user)
    if found.is_open:
        leave(me)
        messages.success(request, "You left the workshop. What you scored stays.")
    return redirect(page_url(found))
