"""Linking records with each other."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from ims.access import record_of
from ims.forms import RelationForm
from ims.links import RecordLink, link, unlink
from ims.views import page_of


@login_required
@require_POST
def add(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    found = record_of(request, utility_pk, register, number)
    found.require_editor()
    form = RelationForm(request.POST, record=found, user=request.user)
    if not form.is_valid():
        return page_of(request, found, relation_form=form, status=422)
    link(found, form.cleaned_data["other"], form.cleaned_data["relation"], by=request.user)
    return redirect(f"{found.get_absolute_url()}#relatives")


@login_required
@require_POST
def remove(request: AuthenticatedRequest, utility_pk: int, register: str, number: str, pk: int) -> HttpResponse:
    found = record_of(request, utility_pk, register, number)
    found.require_editor()
    kept = get_object_or_404(RecordLink.objects.of(found).select_related("earlier", "later"), pk=pk)
    unlink(found, kept, by=request.user)
    messages.success(request, "The link was removed.")
    return redirect(f"{found.get_absolute_url()}#relatives")
