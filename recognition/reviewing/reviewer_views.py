"""Reviewers: a reviewer's own page; how far those of a cycle are, with a reminder now; and how strict they are."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.models import StaffGroup, User
from accounts.requests import AuthenticatedRequest
from recognition.cycles.views import cycle_for, tabs
from recognition.models import Cycle, PanelMember, Seat
from recognition.reviewing.reviewer_forms import ReviewerForm
from recognition.reviewing.reviewer_letters import remind_of_reviews
from recognition.reviewing.reviewer_lists import (
    TO_REMIND,
    ReviewerFilters,
    ReviewerTable,
    StrictnessTable,
    leanings_of,
    progress,
    with_strictness,
)
from recognition.rights import Act
from workflow.lists import list_page
from workflow.models import Stale
from workflow.saving import status_of

A_DAY = timedelta(days=1)
A_CLICK = timedelta(minutes=5)  # two within it are one


def _own(user: User) -> PanelMember:
    """Returns the person's record, a new one for those in the group without one. Raises Http404 for others."""
    known = PanelMember.objects.filter(user=user).first()
    if known is None and StaffGroup.PANEL not in user.staff_groups:
        raise Http404
    return known or PanelMember(user=user, affiliation=PanelMember.Affiliation.EXPERT)


@login_required
def own_reviewer(request: AuthenticatedRequest) -> HttpResponse:
    """The reviewer's own record. Their affiliation is for administrators, since rights depend on it."""
    member = _own(request.user)
    form = ReviewerForm(request.POST if request.method == "POST" else None, instance=member)
    status = 0
    if request.method == "POST" and form.is_valid():
        changes = dict(form.cleaned_data)
        version, utilities = changes.pop("version"), changes.pop("conflicts")
        try:
            with transaction.atomic():
                if member.pk is None:
                    member.save()
                member.save_over(version, by=request.user, confirmed_at=timezone.now(), **changes)
                member.interests.set(utilities)
                n_left = Seat.leave_blind_panels(request.user)
        except Stale as stale:
            form = ReviewerForm(instance=PanelMember.objects.get(pk=stale.current.pk))
            messages.error(request, "Not saved: this was changed while you were editing. This is how it is now.")
            status = 409
        else:
            left = f" You stepped down from {n_left} blind panel{pluralize(n_left)}." if n_left else ""
            messages.success(request, f"Saved. New panels are proposed by what you said.{left}")
            return redirect("recognition:own_reviewer")
    context = {"form": form, "member": member}
    return render(request, "recognition/reviewing/reviewer_own.html", context, status=status or status_of(form))


@login_required
@require_safe
def reviewers(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    rows = progress(cycle, request.user)
    counts = rows.aggregate(
        n=Count("pk"),
        n_to_remind=Count("pk", filter=TO_REMIND),
        n_to_remind_late=Count("pk", filter=TO_REMIND & Q(n_late__gt=0)),
        n_just_reminded=Count("pk", filter=TO_REMIND & Q(reminded_at__gt=timezone.now() - A_DAY)),
    )
    context = {"cycle": cycle, "tabs": tabs(request.user, cycle)} | counts
    template = "recognition/reviewing/reviewers.html"
    return list_page(request, ReviewerTable, ReviewerFilters, rows, template, context, total=counts["n"])


@login_required
@require_safe
def strictness(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    rows = with_strictness(cycle, request.user)
    table = StrictnessTable.with_leanings(leanings_of(cycle, request.user))
    context = {"cycle": cycle, "tabs": tabs(request.user, cycle)}
    return list_page(request, table, None, rows, "recognition/reviewing/strictness.html", context)


@login_required
@require_POST
def remind_reviewers(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Emails one reviewer, those who are late, or all with reviews to submit: one email each.

    Who was reminded within a day is left out unless the person confirms it with ``again``.
    """
    cycle = cycle_for(request.user, cycle_pk, Act.ASSIGN)
    whom, rows = request.POST.get("whom", ""), progress(cycle, request.user).filter(TO_REMIND)
    if whom == "late":
        rows = rows.filter(n_late__gt=0)
    elif whom != "open":
        rows = rows.filter(pk=int(whom) if whom.isdecimal() and len(whom) < 10 else 0)
    n, n_before = _remind(cycle, rows, again="again" in request.POST)
    before = f" {n_before} {pluralize(n_before, 'was,were')} reminded within a day already." if n_before else ""
    if n or n_before:
        messages.success(request, f"{n} reviewer{pluralize(n)} {pluralize(n, 'gets,get')} a reminder.{before}")
    else:
        messages.info(request, "Nobody was reminded: there is no review to submit.")
    return redirect("recognition:reviewers", cycle.pk)


@transaction.atomic
def _remind(cycle: Cycle, rows: Any, *, again: bool) -> tuple[int, int]:
    """Returns how many get a reminder, and how many had one before: within a day, or ``again`` just now.

    The lock keeps two people from sending both.
    """
    Cycle.objects.select_for_update(no_key=True, of=("self",)).get(pk=cycle.pk)
    now = timezone.now()
    since = now - (A_CLICK if again else A_DAY)
    n = n_before = 0
    for each in rows:
        if each.reminded_at and each.reminded_at > since:
            n_before += 1
        else:
            known = {"n_open": each.n_open, "n_late": each.n_late, "due": each.next_due}
            n += remind_of_reviews(cycle, each, now.isoformat(), **known)
    return n, n_before
