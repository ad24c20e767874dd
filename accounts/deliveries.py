"""The page of emails for program staff and administrators: what was not sent, why, and what to do about it.

It shows no subject and no text: they may say what only the members of a utility may know, or let a person in.
"""

from typing import Any

import django_tables2 as tables
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django_filters import CharFilter, ChoiceFilter

from accounts.requests import AuthenticatedRequest
from letters import wordings
from letters.delivery import DeliveryQuerySet
from letters.models import Delivery, Message, ReturnedAddress
from workflow import queue
from workflow.lists import DateColumn, Filters, StateColumn, Table, list_page
from workflow.models import WrongState

Status = Delivery.Status
TONES: dict[str, str] = {Status.SENT: "good", Status.FAILED: "bad", Status.DOUBTFUL: "warn", Status.BOUNCED: "bad"}
OTHER = "About an account, or from the program itself."
MAX_WORDS = 300  # characters of why an email came back
MINUTES = "M j, Y, g:i A"


class EmailTable(Table):
    page_name = "Emails"
    to = tables.Column("To", accessor="email__to", linkify=lambda record: reverse("accounts:email", args=[record.pk]))
    status = StateColumn("Status", tones=TONES)
    reason = tables.Column("Reason")
    kind = tables.Column("Email", accessor="key", orderable=False, empty_values=())
    written = DateColumn("Written", accessor="email__created", format=MINUTES, initial_sort_descending=True)
    attempts = tables.Column("Attempts")

    class Meta:
        order_by = "-written"

    def render_to(self, value: list[str]) -> str:
        return ", ".join(value)

    def value_to(self, value: list[str]) -> str:
        return ", ".join(value)

    def render_kind(self, record: Delivery) -> str:
        return kind_of(record)

    def value_kind(self, record: Delivery) -> str:
        return kind_of(record)


class EmailFilters(Filters):
    status = ChoiceFilter(label="Status", choices=Status.choices, empty_label="All")
    to = CharFilter(label="Address", field_name="email__to", lookup_expr="icontains")


def kind_of(delivery: Any) -> str:
    """Returns who gets such an email and when, as administrators read it beside its wording."""
    name = (delivery.key or "").partition(":")[0]
    return wordings.get(name).description if wordings.is_known(name) else OTHER


def _for(request: AuthenticatedRequest) -> DeliveryQuerySet:
    if not request.user.watches_email:
        raise PermissionDenied
    key = Message.objects.filter(email=OuterRef("email")).values("key")[:1]
    return Delivery.objects.select_related("email").annotate(key=Subquery(key))


@login_required
def emails(request: AuthenticatedRequest) -> HttpResponse:
    rows = _for(request)
    failed = Delivery.objects.filter(status=Status.FAILED).count()
    return list_page(request, EmailTable, EmailFilters, rows, "accounts/email_list.html", {"n_failed": failed})


@login_required
def email(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(_for(request), pk=pk)
    context = {"delivery": delivery, "kind": kind_of(delivery), "tone": TONES.get(delivery.status, "")}
    context["returned"] = ReturnedAddress.objects.among(delivery.email.to).first()
    return render(request, "accounts/email_detail.html", context | {"events": delivery.events.select_related("by")})


@login_required
@require_POST
def send_again(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(_for(request), pk=pk)
    try:
        delivery.send_again(request.user)
        messages.success(request, "It is sent again now. This page shows whether that succeeds.")
        _start(request)
    except WrongState:
        messages.error(request, "Nothing was changed: someone else has just sent it again or dismissed it.")
    return redirect("accounts:email", pk)


@login_required
@require_POST
def dismiss(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    delivery = get_object_or_404(_for(request), pk=pk)
    try:
        delivery.dismiss(request.user)
        messages.success(request, "Dismissed. It is not sent again, and home no longer counts it.")
    except WrongState:
        messages.error(request, "Nothing was changed: someone else has just sent it again or dismissed it.")
    return redirect("accounts:email", pk)


@login_required
@require_POST
def came_back(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Records that an email came back, as its returned copy says, with the person's own words for why."""
    delivery = get_object_or_404(_for(request), pk=pk)
    why = " ".join(request.POST.get("why", "").split())[:MAX_WORDS] or "Returned by email."
    try:
        delivery.came_back(by=request.user, why=why)
        messages.success(request, "Recorded. Letters no longer go to this address; ask for another one.")
    except WrongState:
        messages.error(request, "Nothing was changed: only an email that was sent can come back.")
    return redirect("accounts:email", pk)


@login_required
@require_POST
def send_all_again(request: AuthenticatedRequest) -> HttpResponse:
    n = _for(request).send_again(request.user)
    messages.success(request, f"{n} failed email{' is' if n == 1 else 's are'} sent again now.")
    _start(request)
    return redirect("accounts:emails")


def _start(request: HttpRequest) -> None:
    """Lets a worker begin; without the broker, the sweep begins within a minute."""
    queue.send("letters.tasks.send")
