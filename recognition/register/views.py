"""The public register of recognized utilities: the list with its map, and the page and photos of each entry."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from recognition.models import Recognition
from recognition.register import content as register
from recognition.register.forms import NumberForm
from recognition.register.lists import RegisterFilters, RegisterTable
from workflow.lists import list_page

A_WEEK = 7 * 24 * 60 * 60


@require_safe
def register_list(request: HttpRequest) -> HttpResponse:
    """Every valid recognition, for anyone."""
    context = {"number_form": NumberForm()}
    return list_page(
        request, RegisterTable, RegisterFilters, register.entries(), "recognition/register/register.html", context
    )


@require_safe
def register_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """What a utility agreed to show; 410 once its recognition has ended, in whichever way."""
    entry = get_object_or_404(Recognition.objects.with_utility().select_related("application__cycle__edition"), pk=pk)
    if entry.state != "valid":
        return render(request, "recognition/register/register_gone.html", status=410)
    shown = register.shown(entry.application, entry.published, entry.summary)
    return render(request, "recognition/register/register_entry.html", {"entry": entry, "shown": shown})


@require_safe
def register_photo(request: HttpRequest, pk: int, photo_pk: int) -> HttpResponse:
    """A photo of the submitted version that its utility allowed to be published, while the recognition is valid."""
    entry = get_object_or_404(Recognition.objects.valid().select_related("application"), pk=pk)
    photo = get_object_or_404(register.photos(entry.application).select_related("file"), pk=photo_pk)
    response = photo.file.response(inline=True)
    response["Cache-Control"] = f"public, max-age={A_WEEK}"
    return response  # type: ignore[return-value]
