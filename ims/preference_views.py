"""A person's weekly email and calendar feed."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from ims import ical
from ims.forms import PreferencesForm
from ims.preferences import Preferences, reader_of
from ims.records import Record

PAST = timedelta(days=366)
MAX_DATES = 2000  # dates in a feed


@login_required
def preferences(request: AuthenticatedRequest) -> HttpResponse:
    mine = Preferences.objects.of(request.user)
    form = PreferencesForm(request.POST or None, instance=mine)
    if request.method == "POST" and form.is_valid():
        Preferences.objects.change(request.user, weekly_email=form.cleaned_data["weekly_email"])
        messages.success(request, "Saved.")
        return redirect("ims:preferences")
    return render(request, "ims/preferences.html", {"form": form, "preferences": mine})


@login_required
@require_POST
@never_cache
def new_calendar(request: AuthenticatedRequest) -> HttpResponse:
    """Makes a new address, which is shown once: only its hash is stored."""
    address = settings.SITE_URL.rstrip("/") + Preferences.new_calendar(request.user)
    mine = Preferences.objects.of(request.user)
    context = {"form": PreferencesForm(instance=mine), "preferences": mine, "address": address}
    return render(request, "ims/preferences.html", context)


@login_required
@require_POST
def end_calendar(request: AuthenticatedRequest) -> HttpResponse:
    Preferences.objects.change(request.user, calendar_digest="")
    messages.success(request, "The calendar feed has ended. Its address no longer works.")
    return redirect("ims:preferences")


def stop_weekly(request: HttpRequest, signed: str) -> HttpResponse:
    """Stops the weekly email of the person to whom it was sent, who need not sign in."""
    reader = reader_of(signed)
    if reader is None:
        raise Http404
    if request.method == "POST":
        Preferences.objects.change(reader, weekly_email=False)
    stopped = not Preferences.objects.of(reader).weekly_email
    return render(request, "ims/stop_weekly.html", {"address": reader.email, "stopped": stopped})


@require_safe
@never_cache
def calendar(request: HttpRequest, secret: str) -> HttpResponse:
    """Returns the due dates of the open records that the person owns, as an iCalendar file (RFC 5545)."""
    user = get_object_or_404(Preferences.objects.with_calendar(secret)).user
    rows = Record.objects.visible_to(user).open().filter(owner__user=user, due__gte=timezone.localdate() - PAST)
    several = user.memberships.count() > 1
    days = [
        ical.Day(
            key=f"record-{record.pk}",
            date=due,
            summary=f"Due: {record}{f', {record.utility}' if several else ''}",
            description=str(record.utility),
            path=record.get_absolute_url(),
            stamp=record.changed_at or record.created_at,
            sequence=record.version,
        )
        for record in rows.order_by("due", "pk")[:MAX_DATES]
        if (due := record.due)
    ]
    return ical.answer("Headworks", days)
