"""The public page of the burden estimate, which stores nothing.

Program staff and officials also see the hours that were reported in a cycle, as sums and means.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from recognition.burden import hours
from recognition.burden.estimate import held_against_the_source
from recognition.burden.forms import BurdenForm, ReportedForm
from recognition.rights import Act, offered


@require_safe
def burden(request: HttpRequest) -> HttpResponse:
    given = request.GET.dict()
    form = BurdenForm(given)
    made = form.estimate() if form.is_valid() else None
    context: dict[str, Any] = {"form": form, "estimate": made, "held": list(held_against_the_source())}
    errors: Any = form.errors
    if request.user.is_authenticated and offered(request.user, Act.SEE_STATISTICS):
        reported = ReportedForm(given)
        errors = errors or reported.errors
        context |= {"reported": reported, "cycle": reported.chosen}
        if made and reported.chosen:
            context["beside"] = hours.beside(hours.of_cycle(reported.chosen, request.user), made)
    return render(request, "recognition/burden/burden.html", context, status=422 if errors else 200)
