"""Pages on which staff share the work: who has it, internal notes, saved views of a queue, who is away."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.requests import AuthenticatedRequest
from recognition.access import application_for, step
from recognition.models import Application, Away, NoteReader, QueueView, StaffNote
from recognition.reviewing.lists import QUEUES, Queue
from recognition.reviewing.sharing import AwayForm, NoteForm, QueueViewForm, ShareForm, ShareSeveralForm, outcome, share
from recognition.rights import Act, Rights, offered
from workflow.models import WrongState
from workflow.saved import TooManyViews, faults, kept_query


def queue_of(request: AuthenticatedRequest, name: str) -> Queue:
    """Returns a queue whose work staff share. Raises Http404 for users without its role."""
    queue = QUEUES.get(name)
    if queue is None or not queue.is_shared or not queue.exists_for(request.user):
        raise Http404
    return queue


# One application.


@require_POST
@step(Act.HANDLE)
def handle(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Takes it up, gives it back, or hands it to someone."""
    form = ShareForm(request.POST, at=[application.status])
    if form.is_valid():
        given = form.cleaned_data
        rows = Application.objects.visible_to(request.user).filter(pk=application.pk)
        n = share(rows, given["do"], given["to"], by=request.user)
        (messages.success if n else messages.info)(request, outcome(n, given["do"], given["to"]))
    else:
        messages.error(request, f"Nothing was changed. {faults(form)}")
    return redirect(_back(request, application, "work"))


@require_POST
@step(Act.NOTE)
def note(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Adds an internal note."""
    if application.cycle.is_archived:
        raise WrongState("The cycle is archived.")
    form = NoteForm(request.POST, application=application, by=request.user)
    if form.is_valid():
        StaffNote.write(application, **form.cleaned_data, by=request.user)
        messages.success(request, "The note was added. Only staff see it.")
    else:
        messages.error(request, f"No note was added. {faults(form)}")
    return redirect(_back(request, application, "notes"))


@login_required
@require_POST
def note_done(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Says that the person has dealt with a note that was for them. Of others' notes it is 404."""
    reader = get_object_or_404(NoteReader.objects.select_related("note"), note=pk, user=request.user)
    application, _ = application_for(request.user, reader.note.application_id, Act.NOTE)
    NoteReader.objects.filter(pk=reader.pk, done_at=None).update(done_at=timezone.now())
    messages.success(request, "The note no longer needs your attention.")
    return redirect(_back(request, application, "notes"))


def _back(request: AuthenticatedRequest, application: Application, part: str) -> str:
    """Returns the address of the application's page, still on its way through a queue (see walking.py)."""
    query = request.GET.urlencode()
    return f"{application.get_absolute_url()}{'?' if query else ''}{query}#{part}"


# A queue.


@login_required
@require_POST
def share_several(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Takes up, gives back or hands on the selected applications, or all that the filters find."""
    queue = queue_of(request, name)
    rows = queue.rows(request.user)
    found = queue.filters(request.GET, rows, request=request).qs
    form = ShareSeveralForm(request.POST, waiting=rows, found=found, at=queue.statuses)
    back = f"{reverse('recognition:queue', args=[name])}?{request.GET.urlencode() or 'view=all'}"
    if not form.is_valid():
        messages.error(request, f"Nothing was changed. {faults(form)}")
        return redirect(back)
    given = form.cleaned_data
    try:
        n = share(given["applications"], given["do"], given["to"], by=request.user)
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        (messages.success if n else messages.info)(request, outcome(n, given["do"], given["to"]))
    return redirect(back)


@login_required
@require_POST
def save_view(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Keeps the queue as it is shown, under a name. Of the defaults of a person, the last one counts."""
    queue_of(request, name)
    form = QueueViewForm(request.POST)
    query = kept_query(QueryDict(request.POST.get("query", "")))
    if not form.is_valid():
        messages.error(request, faults(form))
    else:
        kept: dict[str, Any] = form.cleaned_data | {"query": query}
        try:
            QueueView.keep_one(request.user, name, **kept)
        except TooManyViews:
            messages.error(request, "You have too many views of this list. Remove one first.")
        else:
            messages.success(request, f"The view “{kept['name']}” was saved.")
    return redirect(f"{reverse('recognition:queue', args=[name])}?{query or 'view=all'}")


@login_required
@require_POST
def remove_view(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Removes a view of one's own. What a colleague shares is the colleague's."""
    view = get_object_or_404(QueueView.objects.seen_by(request.user), pk=pk)
    queue_of(request, view.queue)
    if view.by_id != request.user.pk:
        raise PermissionDenied
    view.delete()
    messages.success(request, f"The view “{view.name}” was removed.")
    return redirect(f"{reverse('recognition:queue', args=[view.queue])}?view=all")


@login_required
@require_POST
def away(request: AuthenticatedRequest) -> HttpResponse:
    """Notes through which day the person is away, and gives back what they have; without a day, they are here again."""
    if not offered(request.user, Act.HANDLE):
        raise Http404
    if request.POST.get("back") == "yes":
        Away.come_back(request.user)
        messages.success(request, "Welcome back. Applications can be handed to you again.")
        return redirect("home")
    form = AwayForm(request.POST)
    if form.is_valid() and form.cleaned_data["until"] >= timezone.localdate():
        n = Away.leave(request.user, form.cleaned_data["until"], Application.objects.all())
        messages.success(request, f"You are away through {form.cleaned_data['until']:%B %-d}. {n} given back.")
    else:
        messages.error(request, "Nothing was changed. Enter the last day on which you are away, today or later.")
    return redirect("home")
