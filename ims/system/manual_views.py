"""The pages of the system manual: as of now, its editions, and a utility's own words."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, utility_of
from ims.records import AREAS
from ims.system.manual import ManualEdition, ManualWords, title_of
from ims.system.manual_content import compose
from ims.system.manual_forms import IssueForm, WordsForm
from ims.system.manual_report import draft_kind
from ims.system.manual_shown import shown
from ims.team.views import for_editor
from pdca.models import Area, Element
from reports.models import Report
from workflow import saving
from workflow.models import WrongState


def _area(letter: str) -> str:
    """Returns the letter of an area, or nothing for all. Raises Http404 for any other."""
    if letter and letter not in AREAS:
        raise Http404
    return letter


@login_required
def manual(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows the manual as of now, with what changed since the last edition."""
    return _page(request, utility_of(request, utility_pk), _area(request.GET.get("area", "")))


def _page(request: AuthenticatedRequest, utility: Utility, area: str, form: IssueForm | None = None) -> HttpResponse:
    editions = list(ManualEdition.objects.series(utility, area).listed())
    last = editions[0] if editions else None
    manual_context = shown(utility, compose(utility, area), last)
    number = last.number if last else 0
    if form is None:
        form = IssueForm(initial={"area": area, "last": number})
    context = {
        "area": area,
        "areas": Area.objects.all(),
        "title": title_of(area),
        "today": timezone.localdate(),
        "editions": editions,
        "last": last,
        "next": number + 1,
        "form": form,
        "can_edit": can_edit(utility),
        "draft_kind": draft_kind(area),
    }
    return render(request, "ims/system/manual.html", manual_context | context, status=saving.status_of(form))


@login_required
@require_POST
def issue(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    area = _area(request.POST.get("area", ""))
    form = IssueForm(request.POST)
    if form.is_valid():
        try:
            content = compose(utility, area)
            made = ManualEdition.issue(utility, area, form.cleaned_data["last"], content, by=request.user, **form.given)
        except WrongState as error:
            form.add_error(None, f"Nothing was issued. {error}")
            _take_last(form, utility, area)
        else:
            messages.success(request, f"Edition {made.number} was issued.")
            return redirect(made)
    return _page(request, utility, area, form)


def _take_last(form: Any, utility: Utility, area: str) -> None:
    """Lets the form follow the edition that is the last one now, which the page shows."""
    last = ManualEdition.objects.series(utility, area).listed().first()
    form.data = form.data.copy()
    form.data["last"] = str(last.number if last else 0)


@login_required
def edition(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Shows an edition as it was issued, with what changed since the one before."""
    utility = utility_of(request, utility_pk)
    rows = ManualEdition.objects.visible_to(request.user).select_related("utility", "issued_by")
    found = get_object_or_404(rows, utility=utility, pk=pk)
    context = shown(utility, found.content, found.before) | {
        "edition": found,
        "area": found.area,
        "title": found.title,
        "report": Report.objects.visible_to(request.user).latest_of("manual", found.pk),
    }
    return render(request, "ims/system/manual_edition.html", context)


# Own words.


@login_required
def words(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _words_page(request, for_editor(request, utility_pk))


def _words_page(request: AuthenticatedRequest, utility: Utility, **more: Any) -> HttpResponse:
    """``more`` may have ``sent``, the form of an element, its ``conflict`` and a ``status``."""
    status, sent = more.pop("status", 200), more.pop("sent", None)
    known = {each.element: each for each in ManualWords.objects.filter(utility=utility)}
    rows = []
    for element in Element.objects.known().select_related("component").order_by("order"):
        kept = known.get(element.slug) or ManualWords(utility=utility, element=element.slug)
        form = sent if sent and sent.instance.element == element.slug else WordsForm(instance=kept)
        rows.append((element, form))
    context = {"utility": utility, "rows": rows, "status": status}
    return render(request, "ims/system/manual_words.html", context | more, status=status)


@login_required
@require_POST
def save_words(request: AuthenticatedRequest, utility_pk: int, element: str) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    get_object_or_404(Element.objects.known(), slug=element)
    kept = ManualWords.objects.filter(utility=utility, element=element).first()
    form = WordsForm(request.POST, instance=kept or ManualWords(utility=utility, element=element))

    def keep() -> ManualWords:
        return ManualWords.write(utility, element, form.cleaned_data["version"], by=request.user, **form.changes)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _words_page(request, utility, sent=form, conflict=conflict, status=status)

    block = saving.Block(element, reverse("ims:manual_words", args=[utility_pk]))
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)
