"""The pages of a road map: the one suggested for an analysis, and the one that the utility keeps and reorders."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT, User, Utility
from accounts.requests import AuthenticatedRequest
from assessments.catalog import recommended
from assessments.forms import VersionForm
from assessments.integration.board import latest
from assessments.integration.paths import Fit, fits
from assessments.integration.steps import Step, moved, reworded, with_own, without
from assessments.integration.suggestions import standing, suggested
from assessments.models import Approach, GapAnalysis, RoadMap, When
from initiatives.models import Initiative
from pdca.models import Element
from workflow.models import Stale

MAX_STEPS = 60  # steps


class StepForm(forms.Form):
    text = forms.CharField(label="Step", max_length=300, widget=forms.Textarea(attrs={"rows": 2}))
    when = forms.ChoiceField(label="When", choices=When.choices, required=False)

    def clean_text(self) -> str:
        return " ".join(self.cleaned_data["text"].split())


@dataclass(frozen=True)
class Shown:
    """A step with its place and the page it is about."""

    step: Step
    number: int
    component: str  # of its element, for its color; empty if it has none
    about: str
    url: str
    can_go_up: bool
    can_go_down: bool


def _lanes(steps: Sequence[Step]) -> list[tuple[str, str, list[Shown]]]:
    """Returns (value, label, steps) for each time. Makes two queries."""
    elements = {row.slug: row for row in Element.objects.known()}
    initiatives = {row.slug: row for row in Initiative.objects.known()}
    shown = []
    for number, step in enumerate(steps, 1):
        element, initiative = elements.get(step.get("element", "")), initiatives.get(step.get("initiative", ""))
        about = element or initiative
        shown.append(
            Shown(
                step,
                number,
                element.component_id if element else "",
                str(element or (initiative.short_name if initiative else "")),
                about.get_absolute_url() if about else "",
                can_go_up=number > 1 or step["when"] != When.values[0],
                can_go_down=number < len(steps) or step["when"] != When.values[-1],
            )
        )
    return [(when.value, str(when.label), [each for each in shown if each.step["when"] == when.value]) for when in When]


@login_required
def suggestion(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows which approach fits, by which rules, and its steps; POST keeps them as the utility's road map."""
    analysis = get_object_or_404(GapAnalysis.objects.visible_to(request.user), pk=pk)
    results = analysis.results
    approaches = fits(standing(analysis, results))
    chosen = _chosen(request, approaches)
    steps = suggested(chosen, analysis, recommended(analysis, results))
    kept = RoadMap.objects.filter(utility=analysis.utility).first()
    if request.method == "POST":
        try:
            road = RoadMap.keep(analysis, _version(request), by=request.user, approach=chosen, steps=steps)
        except Stale as stale:
            road = stale.current
            is_same = (road.changed_by, road.analysis, road.approach, road.steps) == (
                request.user,
                analysis,
                chosen,
                steps,
            )
            if not is_same:  # as it is if the button was clicked twice
                messages.error(request, _changed_by(road, request.user))
                return redirect(road)
        messages.success(request, "Kept as your road map. You can change it here.")
        return redirect(road)
    context = {
        "analysis": analysis,
        "approaches": approaches,
        "chosen": chosen,
        "lanes": _lanes(steps),
        "has_steps": bool(steps),
        "kept": kept,
        "can_keep": analysis.my_role in CAN_EDIT,
        "unanswered": len(results.rows) - len(results.answered),
    }
    return render(request, "assessments/road_map_suggested.html", context)


def _chosen(request: AuthenticatedRequest, approaches: Sequence[Fit]) -> Approach:
    asked = request.POST.get("approach") or request.GET.get("approach")
    return Approach(asked) if asked in Approach.values else approaches[0].approach


@login_required
def road_map(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    road = get_object_or_404(RoadMap.objects.visible_to(request.user), utility=utility_pk)
    return _page(request, road)


@login_required
def latest_road_map(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Leads to the road map that the utility keeps, or to the one suggested for its latest analysis."""
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=utility_pk)
    if RoadMap.objects.filter(utility=utility).exists():
        return redirect("assessments:road_map", utility.pk)
    if analysis := latest(utility):
        return redirect("assessments:road_map_suggested", analysis.pk)
    messages.info(request, "A road map starts from a gap analysis.")
    return redirect("accounts:utility", utility.pk)


def _version(request: AuthenticatedRequest) -> int:
    """Returns the version that was read; 0 if none was sent."""
    form = VersionForm(request.POST)
    return form.cleaned_data["version"] if form.is_valid() else 0


def _changed_by(road: RoadMap, reader: User) -> str:
    who = "You changed the road map in another tab or window" if road.changed_by == reader else ""
    who = who or f"{road.changed_by or 'Someone'} changed the road map"
    return f"Not saved: {who} after this page was opened. It is shown as it is now."


def _page(
    request: AuthenticatedRequest, road: RoadMap, *, form: StepForm | None = None, notice: str = "", done: str = ""
) -> HttpResponse:
    """``form`` is a bound form that was not saved; ``done`` is what was, and decides where the focus goes."""
    key = request.POST.get("key", "")
    is_there = any(step["key"] == key for step in road.steps)  # not if someone removed it meanwhile
    context = {
        "notice": notice,
        "road": road,
        "lanes": _lanes(road.steps),
        "can_edit": road.my_role in CAN_EDIT,
        "form": form if form and not is_there else StepForm(initial={"when": When.NEXT}),
        "reword": form if is_there else None,
        "key": key,
        "done": done,
        "full": len(road.steps) >= MAX_STEPS,
    }
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "assessments/road_map.html#road", context)
    status = 409 if notice else 422 if form else 200
    return render(request, "assessments/road_map.html", context, status=status)


@login_required
@require_POST
def change(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Moves, rewords, removes or adds a step. ``do`` is up, down, remove, reword or add; ``key`` names the step.

    The form that moves a step says up or down in ``by``, so that each form is told by its hidden fields
    (static/js/unsent.js).
    """
    road = get_object_or_404(RoadMap.objects.visible_to(request.user), utility=utility_pk)
    road.require_editor()
    do, key = request.POST.get("by") or request.POST.get("do", ""), request.POST.get("key", "")
    form = StepForm(request.POST) if do in ("add", "reword") else None
    if form and not form.is_valid():
        return _page(request, road, form=form)
    try:
        road.rearrange(_version(request), _changed(road.steps, do, key, form), by=request.user)
    except Stale as stale:
        notice = _changed_by(stale.current, request.user)
        return _page(request, RoadMap.objects.visible_to(request.user).get(pk=road.pk), form=form, notice=notice)
    if request.htmx:  # type: ignore[attr-defined]
        return _page(request, road, done=do)
    return redirect(f"{reverse('assessments:road_map', args=[utility_pk])}#step-{key}")


def _changed(steps: Sequence[Step], do: str, key: str, form: StepForm | None) -> Sequence[Step]:
    match do:
        case "up" | "down":
            return moved(steps, key, -1 if do == "up" else 1)
        case "remove":
            return without(steps, key)
        case "reword" if form:
            return reworded(steps, key, form.cleaned_data["text"])
        case "add" if form and len(steps) < MAX_STEPS:
            return with_own(steps, form.cleaned_data["text"], form.cleaned_data["when"] or When.NEXT)
    return steps
