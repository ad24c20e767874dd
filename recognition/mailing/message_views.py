"""A message to all applicants that a queue's filter finds: written, previewed, confirmed, sent, followed up."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from letters.models import Delivery
from recognition.mailing import message_lists as lists
from recognition.mailing.message_forms import MessageForm
from recognition.models import Announcement, Application, Recipient
from recognition.models.announcement import digest_of
from recognition.models.correspondence import reaches
from recognition.reviewing.lists import QUEUES, WRITABLE, Queue
from recognition.rights import Act, offered
from workflow import polling, queue, saving
from workflow.counting import counted
from workflow.lists import Filters, list_page
from workflow.models import WrongState

TWICE = timedelta(minutes=30)  # the same text to the same filter within this time is the draft that is there
SHOWN = 2  # of those who get an email, and of those who get a letter, are shown as they would read it


def _for_writers(user: User) -> None:
    """Raises Http404 for anyone who writes to no applicants."""
    if not offered(user, Act.WRITE):
        raise Http404


def _message(request: AuthenticatedRequest, pk: int) -> Announcement:
    """Returns a message that was sent, or a draft of one's own."""
    _for_writers(request.user)
    found = get_object_or_404(Announcement.objects.select_related("by"), pk=pk)
    if found.is_draft and found.by_id != request.user.pk:
        raise Http404
    return found


@login_required
@require_safe
def message_list(request: AuthenticatedRequest) -> HttpResponse:
    _for_writers(request.user)
    rows = lists.messages_of_staff(request.user)
    return list_page(request, lists.MessageTable, None, rows, "recognition/mailing/message_list.html")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def message_write(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Drafts a message to all that the queue's filter finds. Sent twice, it leads to the same draft."""
    _for_writers(request.user)
    shown = QUEUES.get(name)
    if shown is None or name not in WRITABLE or not shown.exists_for(request.user):
        raise Http404
    filters = shown.filters(request.GET, shown.rows(request.user), request=request)
    if not filters.is_valid() or not (n := filters.qs.count()):
        messages.error(request, "There is nobody to write to: change the filters.")
        return redirect(f"{reverse('recognition:queue', args=[name])}?{request.GET.urlencode()}")
    form = MessageForm(request.POST or None)
    if form.is_valid():
        text = {each: form.cleaned_data[each] for each in ("subject", "body")}
        whom = in_words(shown, filters)
        since = timezone.now() - TWICE
        mine = Announcement.objects.filter(status="draft", by=request.user, drafted_at__gt=since, whom=whom)
        made = mine.filter(digest=digest_of(**text)).first()
        return redirect(made or Announcement.draft(filters.qs, **text, whom=whom, by=request.user))
    context = {"form": form, "n": n, "whom": in_words(shown, filters), "queue": shown, "name": name}
    return render(request, "recognition/mailing/message_write.html", context, status=saving.status_of(form))


def in_words(shown: Queue, filters: Filters) -> str:
    """Returns what a queue shows with its filters, such as “All applications: Stage Draft, State Oregon”."""
    chosen = []
    for name, value in filters.form.cleaned_data.items():
        if value:
            field: Any = filters.form.fields[name]
            words = dict(getattr(field, "choices", ())).get(value, value)
            chosen.append(f"{field.label} {words}")
    return f"{shown.title}: {', '.join(chosen)}"[:300] if chosen else shown.title


@login_required
@require_safe
@never_cache
def message(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows a draft as its readers would get it, to confirm; once sent, who got it and what became of it."""
    found = _message(request, pk)
    counts = found.counts()
    if request.headers.get("HX-Request"):
        return _progress(request, found, counts)
    rows: Any = found.recipients.shown_to(request.user).select_related("application__utility")
    context = {"message": found, "counts": counts, "seen": _seen(found, counts)}
    if found.is_draft:
        table, filters = lists.PlannedTable, lists.PlannedFilters
        context["letters"] = list(_as_read(found))
        context["reasons"] = rows.filter(way="none").order_by().values_list("why", flat=True).distinct()
    else:
        table, filters = lists.RecipientTable, lists.RecipientFilters
        rows = lists.with_fate(rows, found)
        context |= {"fates": lists.fates(rows), "events": found.events.select_related("by")}
        context["n_failed"] = _failed(found).count()
        context["n_unreached"] = len(found.unreached())
    return list_page(request, table, filters, rows, "recognition/mailing/message_detail.html", context)


def _failed(found: Announcement) -> Any:
    return Delivery.objects.filter(email__in=lists.emails_of(found).values("email"), status=Delivery.Status.FAILED)


def _seen(found: Announcement, counts: dict[str, int]) -> str:
    return f"{found.pk}-{found.status}-{counts['settled']}"


def _progress(request: AuthenticatedRequest, found: Announcement, counts: dict[str, int]) -> HttpResponse:
    """Responds 204 if nothing is new. A finished message reloads the page."""
    seen = _seen(found, counts)
    context = {"message": found, "counts": counts, "seen": seen}
    fragment = "recognition/mailing/message_detail.html#progress"
    return polling.until_finished(request, fragment, context, seen=seen, is_finished=not found.is_at_work)


def _as_read(found: Announcement) -> Any:
    """Yields the letters that some of the recipients would get: first emails, then those on paper, by utility name."""
    some: dict[int, str] = {}
    for way in (Recipient.Way.EMAIL, Recipient.Way.PAPER):
        first = found.recipients.filter(way=way).order_by("application__utility__name", "pk")[:SHOWN]
        some |= dict.fromkeys(first.values_list("application", flat=True), way)
    rows = Application.objects.select_related("utility", "cycle__edition")
    applications, reach = rows.in_bulk(some), reaches(some)
    for pk in some:
        application, addresses = applications[pk], reach[pk].addresses
        subject, body = found.filled_for(application, by_mail=not addresses)
        place = [] if addresses else application.postal_address()
        yield {"application": application, "subject": subject, "body": body, "addresses": addresses, "place": place}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def message_change(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Changes the text of a draft."""
    found = _message(request, pk)
    if not found.is_draft:
        messages.info(request, "It is sent, so its text stays as it is.")
        return redirect(found)
    form, conflict = MessageForm(request.POST or None, announcement=found), {}
    if form.is_valid():
        try:
            conflict = saving.tried(form, request, found.rewrite)
        except WrongState:
            messages.error(request, "Nothing was changed: it is sent already.")
            return redirect(found)
        if not conflict:
            return redirect(found)
    context = {"form": form, "message": found, "n": found.recipients.count(), "whom": found.whom, "conflict": conflict}
    status = 409 if conflict else saving.status_of(form)
    return render(request, "recognition/mailing/message_write.html", context, status=status)


def _done(request: AuthenticatedRequest, pk: int, act: Callable[[Announcement], str]) -> HttpResponse:
    """Does ``act``, says what it returns, and leads back to the message."""
    found = _message(request, pk)
    try:
        messages.success(request, act(found))
    except WrongState:
        found = _message(request, pk)
        why = {"draft": "someone has just changed its text. Review it"}
        said = why.get(found.status, f"it is {found.get_status_display().lower()} already")
        messages.error(request, f"Nothing was done: {said}.")
    return redirect("recognition:message", pk)


def _outcome(found: Announcement) -> str:
    if found.is_at_work:
        return "The message is being sent. You can leave this page."
    if found.status == Announcement.Status.STOPPED:
        return "Some applicants could not be written to; the others got it."
    return "The message was sent."


@login_required
@require_POST
def message_send(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Sends the text that the person saw: once, however often the button is pressed."""
    sent = request.POST.get("version", "")
    version = int(sent) if sent.isdecimal() and len(sent) < 10 else 0

    def send(found: Announcement) -> str:
        found.send(version, by=request.user)
        return _outcome(found)

    return _done(request, pk, send)


@login_required
@require_POST
def message_stop(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    def stop(found: Announcement) -> str:
        found.stop(by=request.user)
        return "Stopped. Those who are left get nothing until someone continues."

    return _done(request, pk, stop)


@login_required
@require_POST
def message_resume(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    def resume(found: Announcement) -> str:
        found.resume(by=request.user)
        return _outcome(found)

    return _done(request, pk, resume)


@login_required
@require_POST
def message_again(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Sends its failed emails again; those that came back only from their own page."""
    found = _message(request, pk)
    n = _failed(found).send_again(request.user)
    messages.success(request, f"{counted(n, 'failed email is', 'failed emails are')} sent again now.")
    queue.send("letters.tasks.send")
    return redirect(found)


@login_required
@require_POST
def message_on_paper(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Writes letters on paper to those whose emails all came back."""
    found = _message(request, pk)
    n = found.write_on_paper(by=request.user)
    one, many = "letter on paper is", "letters on paper are"
    messages.success(request, f"{counted(n, one, many)} written, to print and mail.")
    return redirect(found)


@login_required
@require_POST
@transaction.atomic
def message_discard(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    found = _message(request, pk)
    try:
        found.discard()
    except WrongState:
        messages.error(request, "Nothing was deleted: it is sent already.")
        return redirect(found)
    messages.success(request, "The draft was deleted. Nobody got it.")
    return redirect("recognition:messages")
