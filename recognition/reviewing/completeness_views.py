"""The completeness review: taking an application up, the checklist, and its three outcomes."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.application.content import points
from recognition.applying.changes import Change, changes, photo_changes
from recognition.applying.reading import page
from recognition.models import Application, CheckItem, Submission, Unfinished
from recognition.models.review import (
    begin_completeness,
    find_complete,
    find_incomplete,
    incomplete_letter,
    record_checklist,
    return_for_completion,
    return_letter,
    returnable,
    to_mail_about,
)
from recognition.previewing import is_confirmed, preview
from recognition.reviewing.completeness_forms import ChecklistForm, ReasonForm, ReturnForm
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import Stale

OTHERS = "{who} just saved this checklist. Your answers are below but not saved. Check them and save again."


@require_POST
@step(Act.TAKE_UP)
def take_up(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    begin_completeness(application, by=request.user)
    messages.success(request, "Review started. The checklist has the results of the automatic check.")
    return redirect("recognition:checklist", application.pk)


@require_safe
@step(Act.SEE_CHECKLIST)
def checklist(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Shows the checklist next to the text; it is read-only outside the completeness review."""
    return _checklist(request, application, rights, _form(application))


@require_POST
@step(Act.CHECK)
def save_checklist(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Saves every line, then redirects to the page that ``then`` names."""
    form = _form(application, request.POST)
    if not _saved(form, application, request):
        return _checklist(request, application, rights, form)
    if (then := request.POST.get("then")) in ("return", "incomplete"):
        return redirect(f"recognition:{then}", application.pk)
    messages.success(request, "The checklist was saved.")
    return redirect("recognition:checklist", application.pk)


@require_POST
@step(Act.CHECK)
def complete(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Saves the submitted checklist, then finds the application complete."""
    form = _form(application, request.POST)
    if not _saved(form, application, request):
        return _checklist(request, application, rights, form)
    try:
        find_complete(application, by=request.user)
    except Unfinished as error:
        messages.error(request, f"The checklist was saved, but the application was not marked complete. {error}")
        return redirect("recognition:checklist", application.pk)
    messages.success(request, f"The application of {application.utility} is complete and moved to compliance review.")
    return redirect("recognition:queue", "completeness")


@step(Act.CHECK)
def send_back(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Returns it to the applicant: shows a preview of the letter, and sends it once confirmed."""
    today = timezone.localdate(timezone=ZoneInfo(application.cycle.time_zone))
    start = {"due": today + timedelta(days=application.cycle.days_to_resubmit)}
    form = ReturnForm(request.POST or None, today=today, initial=start)
    try:
        missing = returnable(application).checklist.filter(met=False)
        if is_confirmed(request, form):
            return_for_completion(application, by=request.user, **form.cleaned_data)
            messages.success(request, f"Returned to {application.utility}. {application.how_notified}")
            return redirect("recognition:queue", "completeness")
    except Unfinished as error:
        messages.error(request, f"Not returned. {error}")
        return redirect("recognition:checklist", application.pk)
    letter = preview(request, form, application, lambda said: return_letter(application, **said))
    context = {"application": application, "form": form, "missing": missing, "letter": letter}
    return render(request, "recognition/reviewing/application_return.html", context, status=saving.status_of(form))


@step(Act.CHECK, Act.CLOSE_LATE)
def incomplete(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Closes an application that stays incomplete, or did not come back in time."""
    form, waits = ReasonForm(request.POST or None), _still_in_time(application)
    unmailed = application.status == Application.Status.RETURNED and to_mail_about(application).first()
    if not waits and not unmailed and is_confirmed(request, form):
        find_incomplete(application, by=request.user, why=form.cleaned_data["why"])
        messages.success(
            request, f"The application of {application.utility} was closed as incomplete. {application.how_notified}"
        )
        return redirect("recognition:queue", "completeness")
    due = application.resubmit_by
    was_due = application.for_reader(due) if due else ""
    letter = preview(request, form, application, lambda said: incomplete_letter(application, **said))
    context = {
        "application": application,
        "form": form,
        "waits": waits,
        "was_due": was_due,
        "letter": letter,
        "unmailed": unmailed,
    }
    return render(request, "recognition/reviewing/application_incomplete.html", context, status=saving.status_of(form))


def _still_in_time(application: Application) -> str:
    """Returns until when a returned application may still be resubmitted; empty if it may be closed."""
    due = application.resubmit_by
    waits = application.status == Application.Status.RETURNED and due and due > timezone.now()
    return application.for_reader(due) if due and waits else ""


def _form(application: Application, data: Any = None) -> ChecklistForm:
    """Returns the form for the last version's checklist, with that of the previous version for comparison."""
    rows = CheckItem.objects.filter(submission__application=application).select_related("submission", "judged_by")
    submission = application.submission
    items = [item for item in rows if submission and item.submission_id == submission.pk]
    before = {item.name: item for item in rows if submission and item.submission_id != submission.pk}
    answered = {name: each["answer"] for name, each in points(submission.content if submission else {}).items()}
    return ChecklistForm(data, items=items, before=before, answers=answered)


def _saved(form: ChecklistForm, application: Application, request: AuthenticatedRequest) -> bool:
    if not form.is_valid():
        return False
    try:
        record_checklist(application, form.answers, seen=form.cleaned_data["seen"], by=request.user)
    except Stale as stale:
        judged = [item for item in stale.current if item.judged_at]  # none, if what was sent is not from our page
        last = max(judged, key=lambda item: item.judged_at, default=None)
        form.start_over_from(stale.current)
        form.add_error(None, OTHERS.format(who=(last and last.judged_by) or "Someone"))
        return False
    return True


def _checklist(
    request: AuthenticatedRequest, application: Application, rights: Rights, form: ChecklistForm
) -> HttpResponse:
    context = page(application, rights) | {
        "form": form,
        "is_open": rights.may(Act.CHECK),
        "may_take_up": rights.may(Act.TAKE_UP),
        "changes": _changes(application),
    }
    return render(
        request, "recognition/reviewing/application_completeness.html", context, status=saving.status_of(form)
    )


def _changes(application: Application) -> list[Change]:
    """Returns what changed from version 1 to version 2."""
    versions = list(application.submissions.all())
    if len(versions) < 2:
        return []
    before, after = versions[-2:]
    said = changes(before.content, after.content, application.cycle.edition.criteria)
    return [*said, *photo_changes(_photos(before), _photos(after))]


def _photos(version: Submission) -> list[tuple[str, str]]:
    return [(photo.file.name, photo.caption) for photo in version.photos.select_related("file")]
