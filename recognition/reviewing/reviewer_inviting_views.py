"""The list of reviewers for staff who appoint them: invitations by email, and the list in Excel, both ways."""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_filters import CharFilter, ChoiceFilter

from accounts.inviting import InvitationClosed
from accounts.joining import opened
from accounts.models import StaffGroup, System, User
from accounts.requests import AuthenticatedRequest
from files.importing import Import, as_excel
from recognition.models import PanelMember, ReviewerInvitation
from recognition.models.reviewer_invitation import LIMIT, accounts_at
from recognition.reviewing.reviewer_exchange import KEPT_AS, ReviewerExchange, invite
from recognition.reviewing.reviewer_forms import InviteForm
from recognition.reviewing.reviewer_letters import invite_reviewer
from recognition.rights import Act, offered
from workflow.counting import counted
from workflow.exchange.planning import Plan
from workflow.lists import DateColumn, Filters, Table, list_page
from workflow.models import WrongState
from workflow.saving import status_of


def _for_appointing(user: User) -> None:
    """Raises Http404 for all but staff who appoint reviewers."""
    if not offered(user, Act.APPOINT):
        raise Http404


class PeopleTable(Table):
    page_name = "Reviewers"
    one, many = "reviewer", "reviewers"
    name = tables.Column("Reviewer", accessor="pk", order_by="name")
    email = tables.Column("Email")
    affiliation = tables.Column("Affiliation", accessor="panel_member__get_affiliation_display", orderable=False)
    organization = tables.Column("Employer", accessor="panel_member__organization", default="–")
    state = tables.Column("Works in", accessor="panel_member__state", default="–")
    systems = tables.Column("Systems", accessor="panel_member__systems", orderable=False, default="–")
    most_panels = tables.Column("Most panels", accessor="panel_member__most_panels", default="–")
    available = tables.Column("Available", accessor="pk", orderable=False)
    confirmed_at = DateColumn("Confirmed", accessor="panel_member__confirmed_at", default="Never")

    class Meta:
        order_by = "name"

    def render_name(self, record: User) -> str:
        return str(record)

    def render_systems(self, record: Any) -> str:
        return ", ".join(System(each).label for each in record.panel_member.systems) or "–"

    def render_available(self, record: Any) -> str:
        return "Yes" if getattr(record, "panel_member", None) and record.panel_member.available else "No"


class PeopleFilters(Filters):
    words = CharFilter(label="Name, email or employer", method="by_words")
    affiliation = ChoiceFilter(
        label="Affiliation",
        field_name="panel_member__affiliation",
        choices=PanelMember.Affiliation.choices,
        empty_label="All affiliations",
    )
    confirmed = ChoiceFilter(
        label="Show", choices=[("never", "Never confirmed")], method="by_confirmation", empty_label="Everyone"
    )

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        by = (f"{path}__matches" for path in ("name", "email", "panel_member__organization"))
        found = Q()
        for path in by:
            found |= Q(**{path: value})
        return rows.filter(found)

    def by_confirmation(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(panel_member__confirmed_at=None)


@login_required
@require_safe
def reviewer_list(request: AuthenticatedRequest) -> HttpResponse:
    """Everyone with a profile, and the invitations that nobody accepted yet."""
    _for_appointing(request.user)
    rows = User.objects.filter(panel_member__isnull=False, is_active=True).select_related("panel_member")
    pending = ReviewerInvitation.objects.pending().select_related("invited_by").prefetch_related("invited_by__groups")
    in_group = User.objects.filter(groups__name=StaffGroup.PANEL, is_active=True, panel_member=None)
    context = {"pending": pending.order_by("name", "pk"), "without": in_group.order_by("name", "email")}
    return list_page(request, PeopleTable, PeopleFilters, rows, "recognition/reviewing/reviewer_list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviewer_invite(request: AuthenticatedRequest) -> HttpResponse:
    _for_appointing(request.user)
    form = InviteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        profile = dict(form.cleaned_data)
        try:
            with transaction.atomic():
                invitation = invite(by=request.user, interests=profile.pop("conflicts"), **profile)
        except WrongState as error:
            form.add_error(None, f"Nothing was sent. {error}")
        else:
            known = " They have an account, which gets the role." if accounts_at(invitation.email).exists() else ""
            messages.success(request, f"We are emailing an invitation to {invitation.email}.{known}")
            return redirect("recognition:reviewer_list")
    context = {"form": form, "limit": LIMIT}
    return render(request, "recognition/reviewing/reviewer_invite.html", context, status=status_of(form))


@login_required
@require_POST
def reviewer_invite_again(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    _for_appointing(request.user)
    found = get_object_or_404(ReviewerInvitation, pk=pk)
    try:
        with transaction.atomic():
            invite_reviewer(found.again(by=request.user))
    except InvitationClosed:
        messages.error(request, "Nothing was sent: this invitation was accepted, replaced or withdrawn.")
    except WrongState as error:
        messages.error(request, f"Nothing was sent. {error}")
    else:
        messages.success(request, f"We are emailing a new link to {found.email}. The earlier one no longer works.")
    return redirect(found)


@login_required
@require_POST
def reviewer_withdraw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    _for_appointing(request.user)
    found = get_object_or_404(ReviewerInvitation, pk=pk)
    if ReviewerInvitation.objects.filter(pk=pk).end(ReviewerInvitation.Ended.WITHDRAWN):
        messages.success(request, f"The invitation to {found} was withdrawn. Its link no longer works.")
    else:
        messages.error(request, "Nothing was changed: this invitation was accepted, replaced or withdrawn.")
    return redirect(found)


def reviewer_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Handles the link in the email. Whoever accepts goes on to their own page, to say whom they can't review."""
    found = ReviewerInvitation.objects.filter(token=token).select_related("invited_by").first()

    def welcome(invitation: ReviewerInvitation, person: User) -> HttpResponse:
        invitation.accept(by=person)
        messages.success(request, "Welcome. Check what we know of you, and enter whom you can’t review.")
        return redirect("recognition:own_reviewer")

    page, closed = "reviewer_invitation.html", "reviewer_invitation_closed.html"
    folder = "recognition/reviewing"
    return opened(request, found, f"{folder}/{page}", f"{folder}/{closed}", welcome)


@login_required
@require_safe
def reviewer_excel(request: AuthenticatedRequest) -> HttpResponse:
    """Returns the list to edit; without reviewers it is the empty template."""
    _for_appointing(request.user)
    return as_excel(ReviewerExchange(), f"reviewers-{timezone.localdate()}.xlsx")


def _import(request: AuthenticatedRequest) -> Import:
    _for_appointing(request.user)
    return Import(
        rows=ReviewerExchange,
        locked=ReviewerExchange.locked,
        ask="recognition/reviewing/reviewer_import.html",
        plan="recognition/reviewing/reviewer_plan.html",
        context={},
        kept_as=KEPT_AS,
        after=reverse("recognition:reviewer_list"),
        again=reverse("recognition:reviewer_import"),
        row="reviewer",
        summary=_summary,
    )


def _summary(plan: Plan, n_saved: int) -> str:
    parts = [counted(n_saved, "profile was", "profiles were") + " changed"] if n_saved else []
    parts += [counted(len(plan.added), "invitation is", "invitations are") + " on the way"] if plan.added else []
    return f"Imported from Excel: {' and '.join(parts) or 'nothing was changed'}."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def reviewer_import(request: AuthenticatedRequest) -> HttpResponse:
    return _import(request).preview(request)


@login_required
@require_POST
def reviewer_confirm(request: AuthenticatedRequest) -> HttpResponse:
    return _import(request).confirm(request)
