"""The page where a manager decides whether the utility shares its coverage, and sees how similar utilities stand."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import Role, Utility
from accounts.requests import AuthenticatedRequest
from assessments.cohorts.spread import MIN_UTILITIES, STEP
from assessments.cohorts.standing import standing
from assessments.models import Sharing, Size
from workflow.saving import status_of


class SharingForm(forms.Form):
    size = forms.ChoiceField(
        label="How many people do you serve?",
        choices=[("", "Choose"), *Size.choices],
        help_text="You are compared with utilities of the same size and with the same mix of systems.",
    )


@login_required
def sharing(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = get_object_or_404(Utility.objects.visible_to(request.user), pk=utility_pk)
    can_manage = utility.membership_of(request.user).role == Role.MANAGER
    shared = Sharing.objects.filter(utility=utility).first()
    form = SharingForm(request.POST or None, initial={"size": shared.size if shared else ""})
    if request.method == "POST":
        if not can_manage:
            raise PermissionDenied
        if "stop" in request.POST:
            Sharing.objects.filter(utility=utility).delete()
            messages.success(request, "You no longer share your coverage.")
            return redirect("assessments:sharing", utility_pk)
        if form.is_valid():
            Sharing.begin(utility, size=form.cleaned_data["size"], by=request.user)
            messages.success(request, "You share your coverage, without your name.")
            return redirect("assessments:sharing", utility_pk)
    context = {
        "utility": utility,
        "can_manage": can_manage,
        "form": form,
        "shared": shared,
        "standing": standing(utility, shared),
        "has_number": utility.identifiers.exists(),
        "least": MIN_UTILITIES,
        "step": STEP,
    }
    return render(request, "assessments/sharing.html", context, status=status_of(form))
