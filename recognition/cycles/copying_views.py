"""Copying a cycle or an edition of the criteria, and the page that shows what a copy has and what to check in it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from pdca.index import refresh
from recognition.cycles import copying
from recognition.models import Cycle, Edition
from recognition.rights import Act, offered


def sets_up(user: User, what: str) -> bool:
    """Whether the person adds cycles or editions in the administration."""
    return user.is_staff and user.has_perm(f"recognition.add_{what}")


def _cycle(user: User, pk: int) -> Cycle:
    """Returns the cycle. Raises Http404 for those who neither move cycles on nor set them up."""
    if not (offered(user, Act.MOVE_CYCLE) or sets_up(user, "cycle")):
        raise Http404
    return get_object_or_404(Cycle.objects.select_related("edition", "copied_from__edition"), pk=pk)


def _edition(user: User, pk: int) -> Edition:
    if not sets_up(user, "edition"):
        raise PermissionDenied
    return get_object_or_404(Edition.objects.select_related("copied_from"), pk=pk)


@login_required
@require_POST
def cycle_copy(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    made, is_new = copying.copy_cycle(_cycle(request.user, cycle_pk))
    if is_new:
        messages.success(request, f"“{made}” is a copy. Check its dates before it opens.")
    else:
        messages.info(request, f"Nothing was copied: the last copy, “{made}”, has not opened yet.")
    return redirect("recognition:cycle_copied", made.pk)


@login_required
@require_safe
def cycle_copied(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows a copy beside the cycle that it is copied from."""
    made = _cycle(request.user, cycle_pk)
    if made.copied_from is None:
        raise Http404
    context = {
        "cycle": made,
        "settings": list(copying.settings_of(made)),
        "n_offices": made.addressees.count(),
        "n_reworded": copying.n_reworded(),
        "may_change": request.user.is_staff and request.user.has_perm("recognition.change_cycle"),
        "has_page": offered(request.user, Act.MOVE_CYCLE),
    }
    return render(request, "recognition/cycles/cycle_copied.html", context)


@login_required
@require_POST
def edition_copy(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    made, is_new = copying.copy_edition(_edition(request.user, pk))
    if is_new:
        refresh()
        messages.success(request, f"“{made}” is a copy. It can be changed until a cycle that uses it opens.")
    else:
        messages.info(request, f"Nothing was copied: no cycle uses the last copy, “{made}”, yet.")
    return redirect("recognition:edition_copied", made.pk)


@login_required
@require_safe
def edition_copied(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    made = _edition(request.user, pk)
    if made.copied_from is None:
        raise Http404
    counts = zip(copying.n_of_edition(made.copied_from), copying.n_of_edition(made), strict=True)
    rows = [(what, before, now) for (what, before), (_, now) in counts]
    return render(request, "recognition/cycles/edition_copied.html", {"edition": made, "rows": rows})
