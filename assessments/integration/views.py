"""The Integration page of a utility: which opportunities are open to it and why, and its answers."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.current import current, utilities_of
from accounts.models import CAN_EDIT, Utility
from accounts.requests import AuthenticatedRequest
from assessments.integration.board import Shown, board, latest
from assessments.models import Answer
from pdca.models import Opportunity
from workflow import saving
from workflow.models import WrongState

RETIRED = "This opportunity has just been retired from the catalog, so it can no longer be answered."
CHOICES = [*Answer.Choice.choices, ("", "No answer yet")]


class AnswerForm(forms.Form):
    """Its markup is in assessments/integration.html."""

    choice = forms.ChoiceField(
        label="Your answer",
        choices=CHOICES,
        required=False,
    )
    why = forms.CharField(
        label="What shows it, or the reason",
        max_length=2000,
        required=False,
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, answer: Answer) -> None:
        initial = {"choice": answer.choice, "why": answer.why, "version": answer.version if answer.pk else 0}
        super().__init__(data, initial=initial, auto_id=f"id_{answer.opportunity_id}_%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("choice") in Answer.NEEDS_WHY and not cleaned.get("why") and "why" not in self.errors:
            say = "Enter what shows it." if cleaned["choice"] == Answer.Choice.ALREADY else "Enter the reason."
            self.add_error("why", say)
        if "why" in self.errors:  # neither is saved without the other
            cleaned.pop("choice", None)
        return cleaned


def _utility(request: AuthenticatedRequest, pk: int) -> Utility:
    return get_object_or_404(Utility.objects.visible_to(request.user), pk=pk)


@login_required
def integration(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _page(request, _utility(request, utility_pk))


@login_required
def where(request: AuthenticatedRequest, slug: str) -> HttpResponse:
    """Leads from an opportunity to the Integration page of the person's current utility; asks which if none is."""
    opportunity = get_object_or_404(Opportunity.objects.readable(), slug=slug)
    if utility := current(request):
        page = reverse("assessments:integration", args=[utility.pk])
        return redirect(f"{page}?open={slug}#row-{slug}")
    context = {"opportunity": opportunity, "utilities": utilities_of(request)}
    return render(request, "assessments/integration_where.html", context)


def _page(
    request: AuthenticatedRequest,
    utility: Utility,
    *,
    sent: AnswerForm | None = None,
    slug: str = "",
    status: int = 200,
    conflict: Any = None,
) -> HttpResponse:
    """``sent`` is the bound form of the opportunity ``slug`` that could not be saved."""
    analysis = latest(utility)
    offered = Opportunity.objects.readable()
    can_edit = utility.my_role in CAN_EDIT
    context: dict[str, Any] = {
        "utility": utility,
        "analysis": analysis,
        "can_edit": can_edit,
        "conflict": conflict,
        "slug": slug,
        "status": status,
        "choices": CHOICES,
        # Without an analysis all answers, else those that are no longer on the board.
        "kept": Answer.objects.visible_to(request.user)
        .filter(utility=utility)
        .exclude(choice="")
        .exclude(opportunity__in=offered if analysis else [])
        .order_by("pk"),
        "not_kept": sent["why"].value() if sent and not (analysis and offered.filter(slug=slug).exists()) else "",
    }
    if analysis:
        context["board"] = found = board(analysis, analysis.results)

        def with_forms(rows: list[Shown]) -> list[tuple[Shown, AnswerForm | None]]:
            return [
                (row, (sent if sent and row.opportunity.slug == slug else AnswerForm(answer=row.answer)))
                if can_edit
                else (row, None)
                for row in rows
            ]

        context["groups"] = [
            ("open", "Open to you now", with_forms(found.open)),
            ("answered", "Answered", with_forms(found.answered)),
            ("others", "Not open to you now", with_forms(found.others)),
        ]
    return render(request, "assessments/integration.html", context, status=status)


@login_required
@require_POST
def answer(request: AuthenticatedRequest, utility_pk: int, slug: str) -> HttpResponse:
    """Saves an answer if it still has the version that was read (workflow.saving)."""
    utility = _utility(request, utility_pk)
    if utility.my_role not in CAN_EDIT:
        raise PermissionDenied
    opportunity = get_object_or_404(Opportunity.objects.known(), slug=slug)
    stored = Answer.objects.filter(utility=utility, opportunity=opportunity).first()
    form = AnswerForm(request.POST, answer=stored or Answer(opportunity=opportunity))

    def save() -> Answer:
        if opportunity.retired_on:
            raise WrongState(RETIRED)
        changes = {name: value for name, value in form.cleaned_data.items() if name != "version"}
        return Answer.give(utility, opportunity, form.cleaned_data["version"], by=request.user, **changes)

    def more(row: Answer) -> dict[str, Any]:
        return {"choice": dict(Answer.Choice.choices).get(row.choice, "")} | _share(utility)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, utility, sent=form, slug=slug, status=status, conflict=conflict)

    block = saving.Block(slug, reverse("assessments:integration", args=[utility.pk]))
    return saving.save_block(request, form, block, save=save, more=more, page=page)


def _share(utility: Utility) -> dict[str, Any]:
    analysis = latest(utility)
    if not analysis:
        return {}
    found = board(analysis, analysis.results)
    return {"integrated": found.n_integrated, "counted": found.n_counted, "set_aside": found.n_set_aside}


@login_required
def history(request: AuthenticatedRequest, utility_pk: int, slug: str) -> HttpResponse:
    """Shows who answered what, when: in place, or without JavaScript as a page."""
    stored = get_object_or_404(Answer.objects.visible_to(request.user), utility=utility_pk, opportunity__slug=slug)
    context = {
        "answer": stored,
        "changes": [(change, change.lines({})) for change in stored.history.select_related("by")],
    }
    return render(request, "assessments/answer_history.html", context)
