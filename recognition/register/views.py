"""The public register of recognized utilities: the list with its map, and each entry's page and photos."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import condition, require_safe

from recognition.models import Cycle, Photo, Recognition
from recognition.models.cycle import LAW
from recognition.register import content as register
from recognition.register.forms import NumberForm
from recognition.register.lists import RegisterFilters, RegisterTable
from workflow.lists import Listed, list_page

# What a revocation ends leaves every cache with it: nobody on the way keeps a copy, and a browser that keeps a photo
# asks each time whether it is still published.


@require_safe
@never_cache
def register_list(request: HttpRequest) -> HttpResponse:
    """Lists every valid recognition."""
    edition = Cycle.current_edition()
    context = {"number_form": NumberForm(), "program": edition and edition.program, "law": LAW}
    rows = Listed(register.lines, Recognition, None)
    return list_page(request, RegisterTable, RegisterFilters, rows, "recognition/register/register.html", context)


@require_safe
@never_cache
def register_entry(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows what a utility agreed to publish. Responds 410 if its recognition has expired or was revoked."""
    entry = get_object_or_404(Recognition.objects.with_utility().select_related("application__cycle__edition"), pk=pk)
    if entry.state != "valid":
        return render(request, "recognition/register/register_gone.html", status=410)
    shown = register.shown(entry.application, entry.published, entry.summary)
    return render(request, "recognition/register/register_entry.html", {"entry": entry, "shown": shown})


@require_safe
@cache_control(private=True, no_cache=True, must_revalidate=True)
def register_photo(request: HttpRequest, pk: int, photo_pk: int) -> HttpResponse:
    """Returns a photo that the utility allowed to be published, while the recognition is valid; 304 if it is known."""
    entry = get_object_or_404(Recognition.objects.valid().select_related("application"), pk=pk)
    photo = get_object_or_404(register.photos(entry.application).select_related("file"), pk=photo_pk)
    return condition(lambda _: f'"{photo.file.sha256}"')(lambda _: _shown(photo))(request)


def _shown(photo: Photo) -> HttpResponse:
    response = photo.file.response(inline=True)
    del response["Cache-Control"]  # the view's own
    return response  # type: ignore[return-value]
