"""The pages of a management review: its agenda, who takes part, and what it decides."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from ims.check.attendance import wanted
from ims.check.reviews import Review, ReviewDecision
from ims.people import Person
from reports.views import report_request
from workflow import saving
from workflow.forms import CheckingForm
from workflow.models import WrongState

REPORT = "management-review"


class PeopleForm(forms.Form):
    """Who takes part. ``review`` gives the people to choose from, those of its scope first."""

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        present = list(review.present.all())
        self.wanted = wanted(review)
        asked = {person.pk for each in self.wanted for person in each.people}
        here = Person.objects.of(review.utility).here()
        people = sorted({*here, *present}, key=lambda person: (person.pk not in asked, person.name.casefold()))
        self.people = {person.pk: person for person in people}
        self.fields["present"] = forms.TypedMultipleChoiceField(
            label="Who takes part",
            choices=[(person.pk, self._named(person)) for person in people],
            coerce=int,
            required=False,
            widget=forms.CheckboxSelectMultiple,
            initial=[person.pk for person in present],
        )

    def _named(self, person: Person) -> str:
        functions = [each.name for each in self.wanted if person in each.people] or [person.job]
        return ": ".join(part for part in (person.name, ", ".join(functions)) if part)

    @property
    def chosen(self) -> list[Person]:
        return [self.people[pk] for pk in self.cleaned_data["present"]]


class DecisionForm(CheckingForm):
    class Meta:
        model = ReviewDecision
        fields = ["topic", "text", "owner", "due"]
        widgets = {"due": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, review: Review, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = Person.objects.of(review.utility).here()  # type: ignore[attr-defined]


def _review(request: AuthenticatedRequest, utility_pk: int, number: str, *, editor: bool = True) -> Review:
    review: Review = record_of(request, utility_pk, Review.REGISTER, number)
    if editor and review.my_role not in CAN_EDIT:
        raise PermissionDenied
    return review


@login_required
def agenda(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows the agenda with what the records say: the pack of the meeting."""
    review = _review(request, utility_pk, number, editor=False)
    return render(request, "ims/check/agenda.html", {"review": review, "topics": review.topics()})


@login_required
@require_POST
def request_pack(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    review = _review(request, utility_pk, number, editor=False)
    return report_request(request, REPORT, review.pk)


@login_required
def people(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    review = _review(request, utility_pk, number)
    form = PeopleForm(request.POST or None, review=review)
    if request.method == "POST" and form.is_valid():
        try:
            review.take_part(form.chosen, by=request.user)
        except WrongState as error:
            messages.info(request, f"Nothing was changed. {error}")
        else:
            messages.success(request, f"{number}: who takes part was saved.")
        return redirect(f"{review.get_absolute_url()}#taking-part")
    context = {"review": review, "form": form}
    return render(request, "ims/check/review_people.html", context, status=saving.status_of(form))


@login_required
def decision(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int | None = None) -> HttpResponse:
    """Enters a decision or changes one; "remove" takes it back."""
    review = _review(request, utility_pk, number)
    found = get_object_or_404(review.decisions, pk=pk) if pk else None
    about = {} if found else {"topic": request.GET.get("topic", "")}
    form = DecisionForm(request.POST or None, instance=found, review=review, initial=about)
    if request.method == "POST" and ("remove" in request.POST or form.is_valid()):
        try:
            if found and "remove" in request.POST:
                review.withdraw(found, by=request.user)
                messages.success(request, "The decision was removed.")
            else:
                review.decide(by=request.user, decision=found, **form.cleaned_data)
                messages.success(request, "The decision was saved.")
        except WrongState as error:
            messages.info(request, f"Nothing was changed. {error}")
        return redirect(f"{review.get_absolute_url()}#decisions")
    context = {"review": review, "form": form, "decision": found}
    return render(request, "ims/check/decision.html", context, status=saving.status_of(form))
