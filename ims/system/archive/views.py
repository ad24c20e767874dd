"""Everything of a utility as one ZIP, and the way back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Role, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import utility_of
from ims.system.archive.forms import ArchiveForm
from ims.system.archive.models import ArchiveImport
from ims.system.archive.opening import Refused
from ims.system.archive.packing import ARCHIVE
from ims.system.archive.tables import is_empty
from reports.models import Report
from workflow import polling
from workflow.models import WrongState
from workflow.saving import status_of


@login_required
@require_GET
def archive(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows everyone what the ZIP is; only managers request it and bring it back."""
    return _show(request, utility_of(request, utility_pk), ArchiveForm())


def _show(request: AuthenticatedRequest, utility: Utility, form: ArchiveForm) -> HttpResponse:
    is_manager = utility.my_role == Role.MANAGER
    mine = Report.objects.filter(requested_by=request.user)
    context = {
        "utility": utility,
        "form": form,
        "is_manager": is_manager,
        "kind": ARCHIVE,
        "report": mine.latest_of(ARCHIVE, utility.pk) if is_manager else None,
        "is_empty": is_manager and is_empty(utility),
        "brought": ArchiveImport.objects.visible_to(request.user).filter(utility=utility)[:5],
    }
    return render(request, "ims/system/archive.html", context, status=status_of(form))


@login_required
@require_POST
def bring(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Checks an archive and keeps it to be confirmed."""
    utility = _managed(request, utility_pk)
    form = ArchiveForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            return redirect(ArchiveImport.keep(utility, form.cleaned_data["file"], by=request.user))
        except Refused as error:
            form.add_error("file", str(error))
    return _show(request, utility, form)


def _managed(request: AuthenticatedRequest, utility_pk: int) -> Utility:
    utility = utility_of(request, utility_pk)
    if utility.my_role != Role.MANAGER:
        raise PermissionDenied
    return utility


def _found(request: AuthenticatedRequest, utility_pk: int, pk: int) -> ArchiveImport:
    utility = _managed(request, utility_pk)
    return get_object_or_404(ArchiveImport.objects.visible_to(request.user), pk=pk, utility=utility)


@login_required
@require_GET
@never_cache
def coming_back(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Shows what is in an archive, then how far it is; to htmx, only the part that changes."""
    found = _found(request, utility_pk, pk)
    context = {"utility": found.utility, "found": found, "summary": found.told}
    if not request.headers.get("HX-Request"):
        return render(request, "ims/system/archive_back.html", context)
    fragment = "ims/system/archive_back.html#status"
    return polling.answer(request, fragment, context, seen=found.state, is_finished=bool(found.finished_at))


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    found = _found(request, utility_pk, pk)
    try:
        found.confirm(by=request.user)
    except WrongState as error:
        messages.error(request, str(error))
    return redirect(found)


@login_required
@require_POST
def discard(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    try:
        _found(request, utility_pk, pk).discard()
    except WrongState as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "The archive was removed. Nothing was imported.")
    return redirect("ims:archive", utility_pk)
