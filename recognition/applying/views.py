"""Views of an application as a whole: its page, start, submit, withdraw, delete."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.current import current
from accounts.requests import AuthenticatedRequest
from recognition.access import application_for
from recognition.applying import stages, timeline
from recognition.applying.forms import DiscardForm, StartForm, WithdrawForm
from recognition.applying.reading import page
from recognition.burden.hours_views import asked
from recognition.models import Application, Cycle, DeadlinePassed, Feedback, Incomplete
from recognition.rights import Act
from workflow import saving
from workflow.models import WrongState


@login_required
def start(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = get_object_or_404(Cycle.objects.open(), pk=cycle_pk)
    form = StartForm(request.POST or None, user=request.user, cycle=cycle, initial={"utility": current(request)})
    if request.method == "POST" and form.is_valid():
        try:
            application = Application.start(cycle=cycle, by=request.user, **form.cleaned_data)
        except WrongState as error:
            messages.error(request, str(error))
            return redirect("recognition:list")
        return redirect("recognition:step", application.pk, "facility")
    context = {"form": form, "cycle": cycle}
    return render(request, "recognition/applying/application_start.html", context, status=saving.status_of(form))


@login_required
@require_GET
def application(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights = application_for(request.user, pk)
    context = page(application, rights) | {
        "track": stages.track(application),
        "words": stages.words(application),
        "feedback": Feedback.objects.shown(application) if rights.may(Act.SEE_FEEDBACK) else None,
        "timeline": timeline.entries(application, rights),
        "withdraw_form": WithdrawForm(),
        "discard_form": DiscardForm(auto_id="id_discard_%s"),
        "hours": asked(request.user, application, rights),
    }
    return render(request, "recognition/applying/application_detail.html", context)


@login_required
@require_POST
def submit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights = application_for(request.user, pk, Act.READ_TEXT)
    if application.status in Application.EDITABLE:
        rights.require(Act.SUBMIT)
    try:
        submission = application.submit(by=request.user)
    except Incomplete:
        messages.error(request, "Not submitted: some items are still missing. They are listed here.")
        return redirect("recognition:step", pk, "submit")
    except DeadlinePassed:
        messages.error(request, "Not submitted: the deadline has passed. Your text is kept and you can read it here.")
    except WrongState:
        messages.info(request, "It was already submitted. There is nothing more to do.")
    else:
        messages.success(request, f"Submitted as version {submission.number}. {_confirmed(application)}")
    return redirect(application)


def _confirmed(application: Application) -> str:
    if application.applicants():
        return "We will email a confirmation."
    return "Nobody can be reached by email: the confirmation is to be printed and mailed."


@login_required
@require_POST
def withdraw(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights = application_for(request.user, pk, Act.READ_TEXT)
    form = WithdrawForm(request.POST)
    try:
        if not form.is_valid():
            messages.error(request, "Not withdrawn: the reason can have at most 1,000 characters.")
        elif not application.my_role and not form.cleaned_data["why"]:
            messages.error(request, "Not withdrawn: enter how the applicant asked for it.")
        elif application.status == Application.Status.WITHDRAWN:
            messages.info(request, "It was already withdrawn.")
        else:
            rights.require(Act.WITHDRAW)
            application.withdraw(by=request.user, why=form.cleaned_data["why"])
            messages.success(request, "Withdrawn. You can apply again in the next cycle.")
    except WrongState:
        messages.error(request, "Not withdrawn: the application has just moved to another stage, shown below.")
    return redirect(application)


@login_required
@require_POST
def discard(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights = application_for(request.user, pk, Act.READ_TEXT)
    if not application.my_role and not rights.includes(Act.DELETE):
        raise Http404
    if application.status != Application.Status.DRAFT:
        messages.error(request, "Only a draft can be deleted. A submitted application can be withdrawn.")
        return redirect(application)
    rights.require(Act.DELETE)
    form = DiscardForm(request.POST)
    why = form.cleaned_data["why"] if form.is_valid() else ""
    if application.on_paper and not why:
        messages.error(request, "Not deleted: enter why, in at most 1,000 characters.")
        return redirect(application)
    application.discard(by=request.user, why=why)
    messages.success(request, f"The draft “{application}” was deleted.")
    return redirect("recognition:list")
