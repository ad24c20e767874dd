"""The public register of recognized utilities, and what a utility agrees to show there."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from recognition.models import Recognition


@require_safe
def register_entry(request: HttpRequest, pk: int) -> HttpResponse:
    entry = get_object_or_404(Recognition.objects.valid().with_utility(), pk=pk)
    return render(request, "recognition/register_entry.html", {"entry": entry})


@require_safe
def verify(request: HttpRequest, number: str) -> HttpResponse:
    return render(request, "recognition/verify.html", {"number": number})
