"""Views in which program staff extend a deadline or enter an application that arrived on paper."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts.forms import SearchForm, UtilityForm
from accounts.models import IdentifierTaken, StaffGroup, Utility
from accounts.requests import AuthenticatedRequest
from accounts.views import warn_unusual
from files.models import RefusedFile
from recognition.access import application_for, step
from recognition.applying.entry_forms import ExtendForm, PaperForm
from recognition.applying.reading import sees_photos
from recognition.models import Application
from recognition.previewing import is_confirmed, preview
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import WrongState

SHOWN = 25


@step(Act.EXTEND)
def extend(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Asks until when and why, shows the letter, and extends once confirmed. The reason stays with the staff."""
    form = ExtendForm(request.POST or None, application=application)
    if is_confirmed(request, form):
        application.extend(form.cleaned_data["until"], by=request.user, why=form.cleaned_data["why"])
        until = application.for_reader(form.cleaned_data["until"])
        messages.success(
            request, f"Deadline extended. {application.utility} can submit until {until}. {application.how_notified}"
        )
        return redirect(application)
    if application.awaits_mailing:
        raise WrongState("Its time has not begun: the letter is not mailed yet.")
    closes = application.for_reader(application.deadline)
    letter = preview(request, form, application, lambda said: application.extension_letter(said["until"]))
    context = {"application": application, "form": form, "closes": closes, "letter": letter}
    return render(request, "recognition/applying/application_extend.html", context, status=saving.status_of(form))


def _for_program_staff(request: AuthenticatedRequest) -> None:
    """Raises Http404 for anyone else."""
    if StaffGroup.PROGRAM not in request.user.staff_groups:
        raise Http404


@login_required
@require_safe
def paper(request: AuthenticatedRequest) -> HttpResponse:
    """Searches for the utility that sent it, which may be registered already."""
    _for_program_staff(request)
    form = SearchForm(request.GET or None)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    others = Utility.objects.matching(words).exclude(pk__in=Utility.objects.visible_to(request.user))
    found = list(others[: SHOWN + 1])
    context = {"form": form, "words": words, "found": found[:SHOWN], "more": len(found) > SHOWN}
    return render(request, "recognition/applying/paper_search.html", context)


@login_required
def paper_utility(request: AuthenticatedRequest) -> HttpResponse:
    """Registers a utility whose people have no accounts. Nobody becomes its member."""
    _for_program_staff(request)
    form = UtilityForm(request.POST or None, initial={"name": request.GET.get("name", "")})
    if request.method == "POST" and form.is_valid():
        try:
            utility = form.save_with_numbers()
        except IdentifierTaken:
            form.add_error(
                None, "One of these numbers was just registered for another utility. Search for that utility."
            )
        else:
            messages.success(request, f"{utility} is registered. It has no members yet.")
            warn_unusual(request, form)
            return redirect("recognition:paper_enter", utility.pk)
    context = {"form": form, "known": form.known}
    return render(request, "recognition/applying/paper_utility.html", context, status=saving.status_of(form))


@login_required
def paper_enter(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Asks for the cycle and the scan, and starts a draft that is filled in like any other."""
    _for_program_staff(request)
    others = Utility.objects.exclude(pk__in=Utility.objects.visible_to(request.user))
    utility = get_object_or_404(others, pk=utility_pk)
    form = PaperForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            application = Application.enter_on_paper(utility=utility, by=request.user, **form.cleaned_data)
        except RefusedFile as error:
            form.add_error("scan", str(error))
        except WrongState as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "The scan was saved. Now fill in the application. You can leave gaps.")
            return redirect("recognition:step", application.pk, "facility")
    there = utility.applications.select_related("cycle")
    deleted = utility.discarded_drafts.select_related("cycle", "by")
    context = {"utility": utility, "form": form, "there": there, "deleted": deleted}
    return render(request, "recognition/applying/paper_enter.html", context, status=saving.status_of(form))


@login_required
@require_safe
def scan(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Serves the scan of a paper application to people who may read all of it."""
    application, rights = application_for(request.user, pk)
    if not (rights.may(Act.READ_TEXT) and sees_photos(rights)):
        raise PermissionDenied
    if application.scan is None:
        raise Http404
    return application.scan.response()  # type: ignore[return-value]
