"""The pages "Ready for the auditor": an initiative to choose, its asks with what proves them, and the index to give."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.access import can_edit, record_of, utility_of
from ims.forms import VersionForm
from ims.records import AREAS, Record
from ims.system.auditing import Auditing, Choices, serving
from ims.system.auditor_index import AuditorIndex
from ims.system.index import Index
from ims.system.proof import Answered
from ims.system.today import REPORTED
from initiatives.models import Initiative
from pdca.models import Area, Component
from reports.views import report_request
from workflow.models import Stale, WrongState

REPORT = "auditor-index"
LISTED = 20  # records of an ask on its page
OFFERED = 100  # records that could name the initiative
GIVEN = 10  # indexes that were made before


def scope_of(asked: QueryDict) -> str:
    """Returns the letters of the areas that are asked for, none for all. Raises BadRequest if one is unknown."""
    letters = set("".join(asked.getlist("areas")))
    if not letters.issubset(AREAS):
        raise BadRequest("The scope names an area that does not exist.")
    return "" if letters == set(AREAS) else "".join(code for code in AREAS if code in letters)


def _auditing(request: AuthenticatedRequest, utility_pk: int, initiative: str, asked: QueryDict) -> Auditing:
    utility = utility_of(request, utility_pk)
    found = get_object_or_404(Initiative.objects.known(), slug=initiative)
    return Auditing(utility, found, scope_of(asked))


@login_required
@require_GET
def choose(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Lists the initiatives with how many of their asks are proven: those in place first."""
    utility = utility_of(request, utility_pk)
    return render(request, "ims/system/auditor_choose.html", {"utility": utility, "choices": Choices(utility)})


@login_required
@require_GET
def initiative(request: AuthenticatedRequest, utility_pk: int, initiative: str) -> HttpResponse:
    """Shows the asks with the records that prove them. ``areas`` narrows the scope, ``gaps`` shows only the gaps."""
    auditing = _auditing(request, utility_pk, initiative, request.GET)
    index, only_gaps = auditing.index(LISTED), bool(request.GET.get("gaps"))
    may_change = can_edit(auditing.utility)
    context = {
        "utility": auditing.utility,
        "initiative": auditing.initiative,
        "index": index,
        "lines": [
            (line, list(_starts(auditing, line.ask.element)) if line.is_gap and may_change else [])
            for line in (index.gaps if only_gaps else index.lines)
        ],
        "figures": list(_figures(index)),
        "only_gaps": only_gaps,
        "scope": auditing.scope,
        "areas": Area.objects.order_by("order"),
        "today": timezone.localdate(),
        "given": _given(request, auditing),
    }
    return render(request, "ims/system/auditor.html", context)


class Figure(NamedTuple):
    component: Component
    n: int
    n_proven: int


def _figures(index: Index) -> Iterator[Figure]:
    for component in Component.objects.all():
        lines = [line for line in index.lines if line.ask.component == component.slug]
        if lines:
            yield Figure(component, len(lines), sum(not line.is_gap for line in lines))


def _starts(auditing: Auditing, element: str) -> Iterator[tuple[str, str]]:
    """Yields what could prove an ask, in words, and where it is started."""
    for each in serving(element):
        new = reverse("ims:new", args=[auditing.utility.pk, each.slug])
        yield f"Add {each.a_new_one}", f"{new}?initiative={auditing.initiative.slug}"
    if element == REPORTED:
        yield "Comment on the quarterly performance", reverse("ims:performance", args=[auditing.utility.pk])


def _given(request: AuthenticatedRequest, auditing: Auditing) -> list[AuditorIndex]:
    """Returns the last indexes that were made for this initiative."""
    rows = AuditorIndex.objects.visible_to(request.user)
    rows = rows.filter(utility=auditing.utility, initiative=auditing.initiative.slug)
    return list(rows.defer("told")[:GIVEN])


@login_required
@require_POST
def request_index(request: AuthenticatedRequest, utility_pk: int, initiative: str) -> HttpResponse:
    """Keeps the index as it can be shown now, and requests it as a file."""
    kept = AuditorIndex.keep(_auditing(request, utility_pk, initiative, request.POST), by=request.user)
    return report_request(request, REPORT, kept.pk)


# Records that could name the initiative.


class Offer(NamedTuple):
    """A living record of the element that does not name the initiative. ``why_not`` tells why it can't be changed."""

    record: Any
    register: Any
    why_not: str


def _asks(auditing: Auditing, element: str) -> list[Answered]:
    """Returns what the initiative asks at the element. Raises Http404 if that is nothing."""
    if found := [line for line in auditing.answered if line.ask.element == element]:
        return found
    raise Http404


@login_required
@require_GET
def others(request: AuthenticatedRequest, utility_pk: int, initiative: str, element: str) -> HttpResponse:
    """Lists the records that serve the element but do not name the initiative; who may edit says that they do."""
    auditing = _auditing(request, utility_pk, initiative, request.GET)
    lines = _asks(auditing, element)
    unnamed = lines[0].unnamed
    context = {
        "utility": auditing.utility,
        "initiative": auditing.initiative,
        "lines": lines,
        "scope": auditing.scope,
        "areas": "".join(auditing.scope),
        "offers": list(_offers(request, auditing, element, [each.number for each in unnamed[:OFFERED]])),
        "reports": [each for each in unnamed if element == REPORTED],
        "registers": serving(element),
        "more": len(unnamed[OFFERED:]),
        "can_edit": can_edit(auditing.utility),
    }
    return render(request, "ims/system/auditor_others.html", context)


def _offers(request: AuthenticatedRequest, auditing: Auditing, element: str, numbers: list[str]) -> Iterator[Offer]:
    """Makes one query for each register that serves the element."""
    for described in serving(element):
        rows: Any = described.model.objects.visible_to(request.user)
        rows = rows.filter(utility=auditing.utility, restricted=False, number__in=numbers).order_by("number")
        for record in rows:
            yield Offer(record, described, _why_not(record))


def _why_not(record: Any) -> str:
    if record.is_open and "initiatives" not in record.frozen:
        return ""
    return f"It is “{record.status_label}” and does not change any longer. Name the initiative in the next one."


@login_required
@require_POST
def serve(request: AuthenticatedRequest, utility_pk: int, initiative: str, element: str, number: str) -> HttpResponse:
    """Says that a record serves the initiative too, as a change of the record that its history keeps."""
    auditing = _auditing(request, utility_pk, initiative, request.POST)
    if not can_edit(auditing.utility):
        raise PermissionDenied
    _asks(auditing, element)
    known = get_object_or_404(Record, utility=auditing.utility, number=number, restricted=False)
    record, described = record_of(request, utility_pk, known.register, number), registers.get(known.register)
    form = VersionForm(request.POST)
    if described.serves(record) != element or "initiatives" not in described.shared or not form.is_valid():
        raise Http404
    name = auditing.initiative.short_name
    if auditing.initiative.slug in record.initiatives:
        messages.info(request, f"{number} names {name} already.")
    elif why_not := _why_not(record):
        messages.error(request, f"Nothing was changed. {why_not}")
    else:
        try:
            serves = [*record.initiatives, auditing.initiative.slug]
            record.change(form.cleaned_data["version"], by=request.user, initiatives=serves)
            messages.success(request, f"{number} {record.title} now serves {name} too.")
        except Stale:
            messages.error(request, f"Nothing was changed: someone has just changed {number}. Review it and try again.")
        except WrongState as error:
            messages.error(request, f"Nothing was changed. {error}")
    at = reverse("ims:auditor_others", args=[utility_pk, auditing.initiative.slug, element])
    return redirect(f"{at}?areas={''.join(auditing.scope)}" if auditing.scope else at)
