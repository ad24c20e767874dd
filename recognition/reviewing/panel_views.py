"""The panel of one application: its seats, candidates for them, and the submitted reviews."""

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.models import StaffGroup, User
from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.application.shown import criterion_names
from recognition.models import Application, CannotSit, Cycle, PanelMember, Seat
from recognition.reviewing import agreement
from recognition.reviewing.panel_forms import AssignForm, TakeOffForm
from recognition.reviewing.reviewer_lists import leanings_of, shares_met
from recognition.reviewing.suggestions import Candidate, Suggestion, suggest
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import WrongState


@require_GET
@step(Act.SEE_PEOPLE)
def panel(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    if not rights.may(Act.SEE_REVIEWS):
        raise Http404  # there is no panel yet, or the user may not see its reviews
    return _page(request, application, rights)


def _page(
    request: AuthenticatedRequest, application: Application, rights: Rights, form: AssignForm | None = None
) -> HttpResponse:
    seats = list(Seat.objects.filter(application=application).with_progress())
    active = [seat for seat in seats if not seat.recused_at]
    may_assign = rights.may(Act.ASSIGN)
    form = form or AssignForm(initial={"due": due_in(application.cycle)})
    found, barred = _people(application, active) if may_assign else ([], [])
    context = {
        "application": application,
        "submission": application.submission,
        "seats": active,
        "left": [seat for seat in seats if seat.recused_at],
        "lacking": max(application.cycle.panel_size - len(active), 0),
        "has_lead": any(seat.lead for seat in active),
        "is_ready": all(seat.submitted_at for seat in active),
        "is_staff": rights.includes(Act.ASSIGN),
        "may_assign": may_assign,
        "form": form,
        "take_off_form": TakeOffForm(auto_id=False),
        "suggestions": found,
        "barred": barred,
        "recommendation": getattr(application, "recommendation", None) if rights.may(Act.SEE_RECOMMENDATION) else None,
    }
    return render(
        request,
        "recognition/reviewing/panel_assign.html",
        context | reviews(application, request.user),
        status=saving.status_of(form),
    )


def reviews(application: Application, user: User) -> dict[str, Any]:
    """Returns the submitted reviews, a line for each criterion with everyone's rating, and how far they agree.

    Each review has ``share_met`` and ``leaning``: for staff of all that its member rated in the cycle, for the lead of
    the panel of what both rated. Only for users who may see reviews.
    """
    found = list(Seat.objects.filter(application=application).reviews())
    judges = user.staff_groups & {StaffGroup.PROGRAM, StaffGroup.OFFICIAL}
    weighs = judges or any(seat.lead and seat.member_id == user.pk for seat in found)
    shares = shares_met(application.cycle, user, [seat.member_id for seat in found]) if weighs else {}
    leanings = leanings_of(application.cycle, user, [seat.member_id for seat in found]) if weighs else {}
    for seat in found:
        seat.share_met = shares.get(seat.member_id)
        seat.leaning = leanings[seat.member_id].words if seat.member_id in leanings else ""
    ratings = [{rating.criterion: rating for rating in seat.ratings.all()} for seat in found]
    values = [{name: rating.value for name, rating in given.items()} for given in ratings]
    criteria = list(ratings[0]) if ratings else []
    lines = agreement.table(criteria, values)
    names = criterion_names(application.cycle.edition.criteria)
    return {
        "reviews": found,
        "lines": [(names[line.criterion], line, [given.get(line.criterion) for given in ratings]) for line in lines],
        "in_short": agreement.in_short(lines),
        "rated_where": "in this cycle" if judges else "on the panels that you are on",
    }


def due_in(cycle: Cycle) -> date:
    """Returns the end of the cycle's panel window, or two weeks from today if that is past or not set."""
    until, today = cycle.panel_until, timezone.localdate()
    return until if until and until >= today else today + timedelta(days=14)


def _people(application: Application, seats: list[Seat]) -> tuple[list[tuple[User, Suggestion]], list[str]]:
    """Returns who may take a seat, best first; and why others may not."""
    people = {person.pk: person for person in PanelMember.who_may_join(application)}
    candidates = {person.pk: _candidate(person) for person in people.values()}
    utility = application.utility
    found = suggest(
        candidates.values(),
        utility=utility.pk,
        state=utility.state,
        seated=[_affiliation(seat.member) for seat in seats],
    )
    proposed = {one.candidate.id for one in found}
    belonged = "is a member of this utility, or was its advisor"
    barred = [
        f"{person} {belonged if utility.pk in candidates[key].utilities else 'declared an interest'}"
        for key, person in people.items()
        if key not in proposed
    ]
    return [(people[one.candidate.id], one) for one in found], barred


def _candidate(person: Any) -> Candidate:
    known = getattr(person, "panel_member", None)
    return Candidate(
        id=person.pk,
        affiliation=_affiliation(person),
        state=known.state if known else "",
        interests=frozenset(utility.pk for utility in known.interests.all()) if known else frozenset(),
        utilities=frozenset(membership.utility_id for membership in person.memberships.all()),
        open=person.n_open,
    )


def _affiliation(person: Any) -> str:
    known = getattr(person, "panel_member", None)
    return known.affiliation if known else ""


@require_POST
@step(Act.ASSIGN)
def assign(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    form = AssignForm(request.POST)
    if not form.is_valid():
        return _page(request, application, rights, form)
    member = get_object_or_404(User, pk=form.cleaned_data["member"])
    try:
        Seat.assign(application, member, by=request.user, due=form.cleaned_data["due"])
    except (CannotSit, WrongState) as error:
        messages.error(request, f"Not assigned. {error}")
    else:
        messages.success(request, f"{member} is assigned. We sent them an email.")
    return redirect("recognition:panel", application.pk)


@require_POST
@step(Act.ASSIGN)
def lead(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    seat = _seat(request, application)
    seat.take_lead(by=request.user)
    messages.success(request, f"{seat.member} is now the panel lead and will record its recommendation.")
    return redirect("recognition:panel", application.pk)


@require_POST
@step(Act.ASSIGN)
def take_off(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Frees the seat of someone who can't review, for another person."""
    seat, form = _seat(request, application), TakeOffForm(request.POST)
    if form.is_valid():
        seat.take_off(by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, f"{seat.member} was removed from the panel. Assign someone else.")
    else:
        messages.error(request, "Nothing was changed: enter a reason of at most 2,000 characters.")
    return redirect("recognition:panel", application.pk)


def _seat(request: AuthenticatedRequest, application: Application) -> Seat:
    """Returns the seat that the POST data names. Raises Http404."""
    sent = request.POST.get("seat", "")
    key = int(sent) if sent.isdecimal() and len(sent) < 10 else 0
    seat = get_object_or_404(Seat.objects.select_related("member"), application=application, pk=key)
    seat.application = application
    return seat
