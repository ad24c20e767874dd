"""The letters on paper of a cycle: printed from a list, read one by one, and recorded as mailed."""

from datetime import date

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AuthenticatedRequest
from recognition.access import application_for
from recognition.cycles.views import cycle_for, tabs
from recognition.mailing.forms import DayForm, NotMailedForm, SeveralForm
from recognition.mailing.lists import LetterFilters, LetterTable, of_cycle
from recognition.models import PaperLetter
from recognition.rights import Act
from reports.models import Report
from workflow import saving
from workflow.lists import list_page
from workflow.models import WrongState


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letters(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Lists the letters. A POST records the selected ones as mailed, all or none."""
    cycle = cycle_for(request.user, cycle_pk, Act.MAIL)
    rows = of_cycle(request.user, cycle)
    form = SeveralForm(request.POST or None, cycle=cycle, letters=rows.to_mail())
    if form.is_valid():
        try:
            _mail(list(form.cleaned_data["letters"]), request, form.cleaned_data["day"])
        except WrongState as error:
            messages.error(request, f"Nothing was recorded. {error}")
        return redirect("recognition:letters", cycle.pk)
    n_waiting = rows.to_mail().count()
    context = {
        "cycle": cycle,
        "tabs": tabs(request.user, cycle, {"letters": n_waiting}),
        "n_waiting": n_waiting,
        "form": form,
        "report": Report.objects.latest_of("letters-to-mail", cycle.pk),
    }
    answer = list_page(request, LetterTable, LetterFilters, rows, "recognition/mailing/letters.html", context)
    if form.errors:
        answer.status_code = 422
    return answer


@transaction.atomic
def _mail(chosen: list[PaperLetter], request: AuthenticatedRequest, day: date) -> None:
    for letter in chosen:
        letter.mail(day, by=request.user)
    one = "1 letter is" if len(chosen) == 1 else f"{len(chosen)} letters are"
    messages.success(request, f"{one} recorded as mailed.")


def _letter(request: AuthenticatedRequest, pk: int) -> PaperLetter:
    """Returns the letter. Raises Http404 for whoever does not mail letters about its application."""
    letter = get_object_or_404(PaperLetter.objects.select_related("mailed_by"), pk=pk)
    application, rights = application_for(request.user, letter.application_id)
    if not rights.may(Act.MAIL):
        raise Http404
    letter.application = application
    return letter


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Shows a letter as it is printed. A POST records it as mailed."""
    found = _letter(request, pk)
    form = DayForm(request.POST or None, cycle=found.application.cycle)
    if form.is_valid():
        try:
            found.mail(form.cleaned_data["day"], by=request.user)
        except WrongState as error:
            form.add_error("day", str(error))
        else:
            messages.success(request, f"The letter to {found.application.utility} is recorded as mailed.")
            return redirect("recognition:letters", found.application.cycle_id)
    context = {"letter": found, "application": found.application, "form": form, "undo": NotMailedForm()}
    return render(request, "recognition/mailing/letter.html", context, status=saving.status_of(form))


@login_required
@require_POST
def not_mailed(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Undoes the record that a letter was mailed."""
    found, form = _letter(request, pk), NotMailedForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Nothing was changed. Enter a reason of at most 1,000 characters.")
        return redirect(found)
    try:
        found.not_mailed(by=request.user, why=form.cleaned_data["why"])
    except WrongState as error:
        messages.error(request, f"Nothing was changed. {error}")
    else:
        messages.success(request, f"The letter to {found.application.utility} is to be mailed.")
    return redirect(found)
