"""Readiness: a round at a glance, rating alone, showing together, barriers."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT, User, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, utility_of
from ims.people import Person
from ims.registers import Page, add_page
from ims.team.readiness.charts import strip
from ims.team.readiness.factors import Barrier, Factor, barriers, factors, scale
from ims.team.readiness.forms import BarrierForm, RatingForm, RoundForm, WhyForm, choices
from ims.team.readiness.models import ReadinessChange, ReadinessPoint, ReadinessRating, ReadinessRound, on_team
from ims.team.readiness.spread import Spread, most_apart, weakest_first
from ims.team.views import MAX_CHANGES, for_editor
from workflow import saving
from workflow.models import WrongState


@dataclass(frozen=True)
class Row:
    """One factor, once the ratings are shown. ``earlier`` is what it was in the round before."""

    factor: Factor
    spread: Spread
    earlier: Spread | None
    notes: list[str]
    point: ReadinessPoint
    picture: SafeString

    @property
    def numbers(self) -> list[int]:
        """How many chose each value of the scale."""
        return [self.spread.counts.get(value, 0) for value in scale()]

    @property
    def change(self) -> float | None:
        """Steps that the median moved since the round before."""
        now, then = self.spread.median, self.earlier.median if self.earlier else None
        return None if now is None or then is None else now - then


@dataclass(frozen=True)
class Rater:
    person: Person
    n: int
    may_rate: bool

    @property
    def is_done(self) -> bool:
        return self.n >= len(factors())


@login_required
def readiness(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """The latest round, or how to begin one."""
    utility = utility_of(request, utility_pk)
    latest = ReadinessRound.objects.visible_to(request.user).filter(utility=utility).first()
    return _page(request, utility, latest)


def _round(request: AuthenticatedRequest, utility_pk: int, pk: int) -> ReadinessRound:
    rows = ReadinessRound.objects.visible_to(request.user)
    found: ReadinessRound = get_object_or_404(rows, utility=utility_pk, pk=pk)
    found.utility = utility_of(request, utility_pk)
    return found


@login_required
def round_(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    return _page(request, found.utility, found)


def _page(
    request: AuthenticatedRequest, utility: Utility, found: ReadinessRound | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    """``more`` may have a bound ``round_form`` or ``why_form``; or ``sent``, a barrier's form, and its ``conflict``."""
    may_edit, sent = can_edit(utility), more.pop("sent", None)
    rounds = list(ReadinessRound.objects.filter(utility=utility))
    context: dict[str, Any] = {
        "utility": utility,
        "round": found,
        "rounds": rounds,
        "can_edit": may_edit,
        "may_begin": may_edit and all(each.is_shown for each in rounds),
        "round_form": RoundForm(),
        "why_form": WhyForm(),
        "scale": scale(),
        "n_factors": len(factors()),
        "status": status,
    }
    if found:
        points = {point.slug: point for point in found.points.prefetch_related("actions__utility")}
        for point in points.values():
            point.round = found
        context["barriers"] = [_barrier(each, points, may_edit, sent) for each in barriers().values()]
        context |= _together(found, points) if found.is_shown else {"raters": _raters(request, found, may_edit)}
    return render(request, "ims/readiness/round.html", context | more, status=status)


def _raters(request: AuthenticatedRequest, found: ReadinessRound, may_edit: bool) -> list[Rater]:
    """Those on the team, whoever else has rated, and the person who looks. Tells how many factors, not what."""
    rated = dict(
        found.ratings.filter(value__isnull=False).order_by().values_list("person").annotate(n=Count("pk")).distinct()
    )
    everyone = Person.objects.of(found.utility)
    expected = set(everyone.here().filter(on_team()).values_list("pk", flat=True)) | rated.keys()
    return [
        Rater(person, rated.get(person.pk, 0), is_me or (may_edit and not person.user_id and not person.has_left))
        for person in everyone
        if (is_me := person.user_id == request.user.pk) or person.pk in expected
    ]


def _together(found: ReadinessRound, points: dict[str, ReadinessPoint]) -> dict[str, Any]:
    spreads, before = found.spreads(), found.before()
    earlier = before.spreads() if before else {}
    notes = defaultdict(list)
    for slug, note in found.ratings.exclude(note="").order_by("note").values_list("factor", "note"):
        notes[slug].append(note)
    ordered = weakest_first(spreads[slug] for slug in factors())
    return {
        "before": before,
        "rows": [
            Row(
                factors()[each.slug],
                each,
                earlier.get(each.slug),
                notes[each.slug],
                points[each.slug],
                strip(each, earlier.get(each.slug)),
            )
            for each in ordered
        ],
        "weak": [factors()[each.slug].name for each in ordered if each.is_weak],
        "apart": [(factors()[each.slug].name, each) for each in most_apart(ordered)],
    }


def _barrier(barrier: Barrier, points: dict[str, ReadinessPoint], may_edit: bool, sent: Any) -> dict[str, Any]:
    point = points[barrier.slug]
    form = BarrierForm(instance=point, barrier=barrier) if may_edit else None
    return {
        "barrier": barrier,
        "point": point,
        "form": sent if sent and sent.instance.slug == barrier.slug else form,
        "responses": [(one, points[one.slug], one.slug in point.responses) for one in barrier.responses],
    }


@login_required
@require_POST
def begin(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    form = RoundForm(request.POST)
    if not form.is_valid():
        latest = ReadinessRound.objects.visible_to(request.user).filter(utility=utility).first()
        return _page(request, utility, latest, round_form=form, status=422)
    try:
        made = ReadinessRound.begin(utility, by=request.user, **form.cleaned_data)
    except WrongState as error:
        messages.info(request, str(error))
        return redirect("ims:readiness", utility.pk)
    return redirect(made)


@login_required
@require_POST
def show(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    found.require_editor()
    try:
        found.show(by=request.user)
    except WrongState as error:
        current = _round(request, utility_pk, pk)
        messages.info(request, "The ratings are shown already." if current.is_shown else str(error))
    return redirect(found)


@login_required
@require_POST
def reopen(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    found.require_editor()
    form = WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, found.utility, found, why_form=form, status=422)
    try:
        found.reopen(by=request.user, why=form.cleaned_data["why"])
    except WrongState:
        messages.info(request, "Nothing was changed: this round or another is being rated.")
    return redirect(found)


def _rater(request: AuthenticatedRequest, found: ReadinessRound, pk: int) -> Person:
    """Whose ratings the person may see and enter: their own, and those of someone without an account."""
    person = get_object_or_404(Person.objects.of(found.utility).here(), pk=pk)
    if person.user_id != request.user.pk and (person.user_id or found.my_role not in CAN_EDIT):
        raise Http404
    return person


@login_required
def rate(request: AuthenticatedRequest, utility_pk: int, pk: int, person: int) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    rater = _rater(request, found, person)
    return redirect(found) if found.is_shown else _rate_page(request, found, rater)


def _rate_page(request: AuthenticatedRequest, found: ReadinessRound, rater: Person, **more: Any) -> HttpResponse:
    status, sent = more.pop("status", 200), more.pop("sent", None)
    mine = {rating.factor: rating for rating in found.ratings.filter(person=rater)}

    def form_of(slug: str) -> RatingForm:
        if sent and sent.instance.factor == slug:
            return sent
        return RatingForm(instance=mine.get(slug) or ReadinessRating(factor=slug))

    context = {
        "utility": found.utility,
        "round": found,
        "rater": rater,
        "is_me": rater.user_id == request.user.pk,
        "rows": [(factor, form_of(slug)) for slug, factor in factors().items()],
        "choices": choices(),
        "status": status,
    }
    return render(request, "ims/readiness/rate.html", context | more, status=status)


@login_required
@require_POST
def save_rating(request: AuthenticatedRequest, utility_pk: int, pk: int, person: int, factor: str) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    rater = _rater(request, found, person)
    if factor not in factors():
        raise Http404
    stored = found.ratings.filter(person=rater, factor=factor).first()
    form = RatingForm(request.POST, instance=stored or ReadinessRating(factor=factor))

    def keep() -> ReadinessRating:
        version = form.cleaned_data["version"]
        return ReadinessRating.give(found, rater, factor, version, by=request.user, **form.changes)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _rate_page(request, found, rater, sent=form, conflict=conflict, status=status)

    block = saving.Block(factor, reverse("ims:rate", args=[utility_pk, pk, person]))
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
@require_POST
def save_barrier(request: AuthenticatedRequest, utility_pk: int, pk: int, slug: str) -> HttpResponse:
    found = _round(request, utility_pk, pk)
    found.require_editor()
    if slug not in barriers():
        raise Http404
    point = get_object_or_404(ReadinessPoint.objects.visible_to(request.user), round=found, slug=slug)
    form = BarrierForm(request.POST, instance=point, barrier=barriers()[slug])

    def keep() -> ReadinessPoint:
        point.change(form.cleaned_data["version"], by=request.user, **form.changes)
        return point

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, found.utility, found, sent=form, conflict=conflict, status=status)

    block = saving.Block(slug, found.get_absolute_url())
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
def history(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """The steps of a round, and what the team said of its barriers: the newest first."""
    found = _round(request, utility_pk, pk)
    labels = {"responses": {one.slug: one.name for barrier in barriers().values() for one in barrier.responses}}
    rows = ReadinessChange.objects.filter(row__round=found).select_related("row", "by")
    changes = list(rows[: MAX_CHANGES + 1])
    context = {
        "utility": found.utility,
        "round": found,
        "events": found.events.select_related("by"),
        "changes": [(each.row.name, [(each, each.lines(labels))]) for each in changes[:MAX_CHANGES]],
        "are_more": len(changes) > MAX_CHANGES,
        "most": MAX_CHANGES,
    }
    return render(request, "ims/readiness/history.html", context)


def state(utility: Utility, user: User) -> str:
    """Says for the page of the system how the latest round stands."""
    latest = ReadinessRound.objects.filter(utility=utility).first()
    if not latest:
        return "Not rated yet"
    if latest.is_shown:
        n = sum(each.is_weak for each in latest.spreads().values())
        return f"{n} weak success {'factor' if n == 1 else 'factors'}" if n else "No weak success factor"
    each = latest.ratings.filter(value__isnull=False).order_by().values("person").annotate(n=Count("pk"))
    n = each.filter(n__gte=len(factors())).count()
    return f"Being rated: {n} {'person has' if n == 1 else 'people have'} finished"


add_page(
    Page(
        slug="readiness",
        name="Readiness",
        about="What helps the system to succeed, rated by each person alone, and what stands in its way.",
        component="plan",
        element="management-commitment",
        url_name="ims:readiness",
        state=state,
    )
)
