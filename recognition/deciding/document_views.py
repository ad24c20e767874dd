"""The page of a cycle's letters and certificates: single PDFs, all of them at once, and what they lack."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe
from post_office.models import EmailTemplate

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.cycles.views import cycle_for, tabs
from recognition.deciding.documents import AskedCycle, of_others
from recognition.deciding.lists import DocumentFilters, DocumentTable
from recognition.models import Application, Cycle
from recognition.rights import Act
from reports.models import Report
from workflow.lists import list_page

Status = Application.Status
# Template name → label of the document whose wording it holds.
WORDINGS = {
    "recognized": "Recognition letter",
    "not-recognized": "Letter of non-recognition",
    "certificate": "Certificate",
}


@login_required
@require_safe
def documents(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.NOTIFY)
    rows, left_out = of_others(AskedCycle(cycle, request.user), Application.OUTCOME)
    context = {
        "cycle": cycle,
        "tabs": tabs(request.user, cycle),
        "counts": rows.aggregate(**COUNTED),
        "left_out": left_out,
        "to_release": cycle.applications.filter(status__in=Application.PENDING).count(),
        "lacking": lacking(cycle),
        "cycle_admin": _cycle_admin(request.user, cycle),
        "wordings": _wordings(request.user),
        "report": Report.objects.latest_of("cycle-documents", cycle.pk),
    }
    rows = rows.select_related("decision", "recognition")
    return list_page(
        request, DocumentTable, DocumentFilters, rows, "recognition/deciding/cycle_documents.html", context
    )


COUNTED = {
    "recognized": Count("pk", filter=Q(status=Status.RECOGNIZED)),
    "not_recognized": Count("pk", filter=Q(status=Status.NOT_RECOGNIZED)),
    "certificates": Count("pk", filter=Q(status=Status.RECOGNIZED, recognition__revoked_at=None)),
    "revoked": Count("pk", filter=Q(recognition__revoked_at__isnull=False)),
}


def lacking(cycle: Cycle) -> list[str]:
    """Returns what the cycle lacks, and how documents look without it."""
    found = []
    if not cycle.signatory_name:
        found.append("No signer is entered: letters and certificates will have a signature line without a name.")
    elif not cycle.signatory_title:
        found.append("The signer has no title.")
    if not cycle.letterhead:
        found.append("The sender is empty: letters will have no letterhead and certificates no issuer.")
    return found


def _cycle_admin(user: User, cycle: Cycle) -> str:
    """Returns the admin URL of the cycle; empty without permission."""
    may = user.is_staff and user.has_perm("recognition.change_cycle")
    return reverse("admin:recognition_cycle_change", args=[cycle.pk]) if may else ""


def _wordings(user: User) -> list[tuple[str, str]]:
    """Returns (document, URL to edit its wording) for administrators."""
    if not (user.is_staff and user.has_perm("post_office.change_emailtemplate")):
        return []
    keys = dict(EmailTemplate.objects.filter(name__in=WORDINGS, language="").values_list("name", "pk"))
    page = "admin:post_office_emailtemplate_change"
    return [(label, reverse(page, args=[keys[name]])) for name, label in WORDINGS.items() if name in keys]
