"""Links and files of a record: adding, removing, downloading."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from files.forms import FileForm, LinkForm
from files.models import RefusedFile
from ims.records import RecordAttachment
from ims.views import page_of, record_of
from workflow.models import WrongState

ANCHOR = "#attachments"


@login_required
@require_POST
def add_link(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    record = record_of(request, utility_pk, register, number)
    record.require_editor()
    form = LinkForm(request.POST, auto_id="id_link_%s")
    if not form.is_valid():
        return page_of(request, record, link_form=form, status=422)
    try:
        record.attach_link(by=request.user, **form.cleaned_data)
    except WrongState as error:
        messages.info(request, f"Nothing was changed. {error}")
    return redirect(f"{record.get_absolute_url()}{ANCHOR}")


@login_required
@require_POST
def add_file(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    record = record_of(request, utility_pk, register, number)
    record.require_editor()
    form = FileForm(request.POST, request.FILES, auto_id="id_file_%s")
    if form.is_valid():
        try:
            record.attach_file(form.cleaned_data["file"], by=request.user)
        except RefusedFile as error:
            form.add_error("file", str(error))
        except WrongState as error:
            messages.info(request, f"Nothing was changed. {error}")
            return redirect(f"{record.get_absolute_url()}{ANCHOR}")
        else:
            return redirect(f"{record.get_absolute_url()}{ANCHOR}")
    return page_of(request, record, file_form=form, status=422)


@login_required
@require_POST
def remove(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    item = get_object_or_404(RecordAttachment.objects.visible_to(request.user).select_related("record", "file"), pk=pk)
    try:
        item.discard(by=request.user)
    except WrongState as error:
        messages.info(request, f"Nothing was changed. {error}")
    return redirect(f"{item.record.get_absolute_url()}{ANCHOR}")


@login_required
def download(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    items = RecordAttachment.objects.visible_to(request.user).select_related("file")
    item = get_object_or_404(items, pk=pk, file__isnull=False)
    return item.file.response()  # type: ignore[union-attr,return-value]
