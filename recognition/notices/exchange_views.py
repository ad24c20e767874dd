"""The addresses of the offices that the law names, as an Excel file out and back."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from files.importing import Import, as_excel
from recognition.cycles.views import cycle_for
from recognition.notices.exchange import OfficeExchange
from recognition.rights import Act


@login_required
@require_safe
def download(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.NOTIFY)
    return as_excel(OfficeExchange(cycle), f"offices-{slugify(cycle.title)[:80]}.xlsx")


def _import(request: AuthenticatedRequest, cycle_pk: int) -> Import:
    """Raises PermissionDenied once the cycle is archived."""
    cycle = cycle_for(request.user, cycle_pk, Act.NOTIFY)
    if cycle.is_archived:
        raise PermissionDenied("The cycle is archived, so its notices no longer change.")
    return Import(
        rows=lambda: OfficeExchange(cycle),
        locked=lambda: OfficeExchange.locked(cycle),
        ask="recognition/notices/office_import.html",
        plan="recognition/notices/office_plan.html",
        context={"cycle": cycle},
        kept_as=f"offices-{cycle.pk}",
        after=reverse("recognition:notices", args=[cycle.pk]),
        again=reverse("recognition:offices_import", args=[cycle.pk]),
        row="office",
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preview(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    return _import(request, cycle_pk).preview(request)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    return _import(request, cycle_pk).confirm(request)
