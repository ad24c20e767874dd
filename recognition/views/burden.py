"""The estimate of what a round of applications costs: public, and nothing is kept."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recognition.burden import held_against_the_source
from recognition.forms.burden import BurdenForm


@require_safe
def burden(request: HttpRequest) -> HttpResponse:
    form = BurdenForm(request.GET.dict())
    context = {
        "form": form,
        "estimate": form.estimate() if form.is_valid() else None,
        "held": list(held_against_the_source()),
    }
    return render(request, "recognition/burden.html", context, status=422 if form.errors else 200)
