"""The budget package: what is chosen, what it costs, and what a cut would break."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render

from accounts.requests import AuthenticatedRequest
from ims.plan.harmonize import package as budget
from ims.plan.harmonize.access import frame, page_url, workshop_of
from ims.plan.harmonize.board import Board
from ims.plan.harmonize.models import Proposal, Workshop
from workflow.models import Stale, WrongState

Status = Workshop.Status
PAGE = "ims/harmonize/package.html"


class PackageForm(forms.Form):
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    amount = forms.DecimalField(label="Dollars available", min_value=0, max_digits=12, decimal_places=2, required=False)
    hours = forms.DecimalField(label="Hours available", min_value=0, max_digits=9, decimal_places=1, required=False)

    def __init__(self, data: Any = None, *, board: Board) -> None:
        workshop = board.workshop
        initial: dict[str, Any] = {"version": workshop.version, "amount": workshop.amount, "hours": workshop.hours}
        for each in board.proposals:
            initial |= {f"chosen-{each.pk}": each.chosen, f"granted-{each.pk}": each.granted}
        super().__init__(data, initial=initial)
        for each in board.proposals:
            self.fields[f"chosen-{each.pk}"] = forms.BooleanField(label=f"Choose {each}", required=False)
            self.fields[f"granted-{each.pk}"] = forms.DecimalField(
                label=f"Dollars for {each}, if not the whole cost",
                min_value=0,
                max_digits=12,
                decimal_places=2,
                required=False,
            )
        self.board = board

    def lines(self) -> list[tuple[Any, Any, Any]]:
        """Returns each line of the package with its two fields."""
        return [
            (line, self[f"chosen-{line.proposal.pk}"], self[f"granted-{line.proposal.pk}"])
            for line in self.board.budget
        ]

    @transaction.atomic
    def save(self, request: AuthenticatedRequest) -> None:
        """Raises NotAllowed, Stale, WrongState."""
        workshop, given = self.board.workshop, self.cleaned_data
        workshop.require_leader(request.user)
        workshop.require_status(Status.PACKAGE)
        kept = {name: given[name] for name in ("amount", "hours")}
        workshop.save_over(given["version"], by=request.user, only_if=Q(status=Status.PACKAGE), **kept)
        for each in self.board.proposals:
            each.chosen, each.granted = given[f"chosen-{each.pk}"], given[f"granted-{each.pk}"]
        Proposal.objects.bulk_update(self.board.proposals, ["chosen", "granted"])


@login_required
def package(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows the package; whoever leads the workshop changes it. For htmx, what follows from a change."""
    found = workshop_of(request, utility_pk, number)
    board = Board(found)
    by_htmx = "HX-Request" in request.headers
    form = PackageForm(request.POST.copy() if request.method == "POST" else None, board=board)
    said = ""
    if request.method == "POST":
        found.require_leader(request.user)
        if form.is_valid():
            if "fit" in request.POST:
                _choose_what_fits(form)
            said = _saved(request, form)
            if not said:
                if not by_htmx:
                    return redirect(page_url(found, Status.PACKAGE))
                board = Board(workshop_of(request, utility_pk, number))
                form = PackageForm(board=board)
    context = frame(request, board.workshop, Status.PACKAGE, board) | {"form": form, "said": said}
    status = 422 if (form.errors or said) and not by_htmx else 200
    return render(request, f"{PAGE}#package" if by_htmx else PAGE, context, status=status)


def _saved(request: AuthenticatedRequest, form: PackageForm) -> str:
    """Saves the package. Returns why it was not saved; empty if it was."""
    try:
        form.save(request)
    except Stale as stale:
        form.data["version"] = str(stale.current.version)  # type: ignore[index]
        who = stale.current.changed_by or "Someone"
        return f"Not saved: {who} changed the workshop while you were editing. Save again to replace that."
    except WrongState as error:
        return f"Not saved. {error}"
    return ""


def _choose_what_fits(form: PackageForm) -> None:
    """Chooses, going down the ranking, what fits into the dollars and hours entered; each with its whole cost."""
    parts = [line.part for line in form.board.budget if line.rank]
    fits = budget.fitting(parts, form.cleaned_data["amount"], form.cleaned_data["hours"])
    for each in form.board.proposals:
        form.cleaned_data |= {f"chosen-{each.pk}": each.pk in fits, f"granted-{each.pk}": None}
