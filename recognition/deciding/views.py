"""Views for decisions: pending ones, deciding one or several, the outbox of letters, their release, feedback."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Max, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.cycles.views import cycle_for, tabs
from recognition.deciding.forms import DecisionForm, FeedbackForm, LetterForm, SeveralForm
from recognition.deciding.lists import AwaitingFilters, AwaitingTable, DecidingTable, OutboxFilters, OutboxTable
from recognition.models import (
    Application,
    ComplianceCheck,
    Cycle,
    Deciding,
    Decision,
    Feedback,
    PaperLetter,
    Rating,
    ReasonNeeded,
    Release,
)
from recognition.models.application_rows import awaits
from recognition.models.batch import Batch
from recognition.reviewing import queues, walking
from recognition.reviewing.lists import WalkedTable
from recognition.reviewing.panel_views import reviews
from recognition.rights import OUTCOME, PENDING, Act, Rights, offered
from workflow import composed, polling, saving
from workflow.lists import Listed, list_page
from workflow.models import Stale, WrongState

NAMED = 10  # applications that were not decided, in messages
DEPARTS = "This differs from the panel’s recommendation. Enter a reason."


def _waiting(user: User, cycle: int) -> QuerySet[Application]:
    """Returns what awaits a decision of what a panel has recommended on, and ``user`` may see as staff."""
    return queues.waiting(user, PENDING).filter(cycle=cycle, decision=None)


def _listed(user: User, cycle: int) -> QuerySet[Application]:
    """Returns the same with what their list shows."""
    rows = _waiting(user, cycle).select_related("recommendation").annotate(given=ArraySubquery(Rating.objects.given()))
    return rows.prefetch_related("compliance_checks")


@login_required
@require_GET
def decisions(request: AuthenticatedRequest) -> HttpResponse:
    """Redirects to the cycle with most pending applications, else the newest."""
    if not offered(request.user, Act.EDIT_LETTER):
        raise Http404
    due = Count("applications", filter=Q(applications__status__in=PENDING))
    cycle = Cycle.objects.annotate(due=due).order_by("-due", "-opens").first()
    if cycle is None:
        raise Http404
    return redirect("recognition:decisions", cycle.pk)


@login_required
@require_safe
@never_cache
def decision_list(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Lists what awaits a decision. People who may decide can select several. For htmx only the progress of that."""
    cycle = cycle_for(request.user, cycle_pk, Act.EDIT_LETTER)
    if request.headers.get("HX-Request") and (last := cycle.decidings.first()):
        return _progress(request, last)
    nothing = Application.objects.none()
    return _list(request, cycle, SeveralForm(waiting=nothing, found=nothing))


def _list(request: AuthenticatedRequest, cycle: Cycle, form: SeveralForm) -> HttpResponse:
    rows = Listed(_listed, Application, request.user, cycle.pk)
    last = cycle.decidings.first()
    counts = composed.figures(_counts, request.user, cycle.pk)
    context = _tabs(request, cycle, counts) | {
        "form": form,
        "last": last,
        "refused": _refused(request.user, cycle, last),
    }
    table, template = _table(request.user, cycle), "recognition/deciding/decision_list.html"
    return list_page(request, table, AwaitingFilters, rows, template, context, total=counts["decisions"])


def _table(user: User, cycle: Cycle) -> type[WalkedTable]:
    return (DecidingTable if offered(user, Act.DECIDE) else AwaitingTable).of(cycle.pk)


@walking.walked("decide")
def _to_walk(user: User, cycle_pk: int) -> walking.Walkable | None:
    """Returns the list of a cycle's pending applications, for the way from one to the next."""
    cycle = Cycle.objects.filter(pk=cycle_pk).first() if offered(user, Act.EDIT_LETTER) else None
    if cycle is None:
        return None
    address, rows = reverse("recognition:decisions", args=[cycle.pk]), _waiting(user, cycle.pk)
    return walking.Walkable(f"Decisions: {cycle}", address, _table(user, cycle), AwaitingFilters, rows)


def _refused(user: User, cycle: Cycle, last: Deciding | None) -> dict[str, list[dict[str, Any]]]:
    """Returns what the last run did not decide and still awaits its decision: reason → applications."""
    refused: dict[str, list[dict[str, Any]]] = {}
    if last and last.is_finished and last.failed:
        keys = [each["pk"] for each in last.failed]
        still = set(_waiting(user, cycle.pk).order_by().filter(pk__in=keys).values_list("pk", flat=True))
        for each in last.failed:
            if each["pk"] in still:
                refused.setdefault(each["why"], []).append(each)
    return refused


def _counts(user: User, cycle: int) -> composed.Summed:
    """Counts what awaits a decision, and of how many the letter is in the outbox, by the names of their tabs."""
    made = Q(decision__isnull=False, decision__released_at=None) & ~Q(awaits(user))
    return queues.handled(user, PENDING).filter(cycle=cycle), {
        "decisions": Count("pk", filter=Q(decision=None)),
        "outbox": Count("pk", filter=made),
    }


def _tabs(request: AuthenticatedRequest, cycle: Cycle, counts: dict[str, int]) -> dict[str, Any]:
    """Returns the tabs with ``counts``, and the other cycles with pending applications."""
    busy = Cycle.objects.filter(applications__status__in=PENDING).exclude(pk=cycle.pk)
    return {
        "cycle": cycle,
        "others": busy.distinct(),
        "tabs": tabs(request.user, cycle, counts),
        "may_decide": offered(request.user, Act.DECIDE),
    }


def _pending(user: User, cycle: Cycle) -> Any:
    return Decision.objects.pending().manageable_by(user).filter(application__cycle=cycle)


@login_required
@require_POST
def decide_several(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Decides the selected applications, or all that the filters find: few at once, many by a worker."""
    cycle = cycle_for(request.user, cycle_pk, Act.DECIDE)
    known = queues.waiting(request.user, PENDING | OUTCOME).filter(cycle=cycle)
    found = AwaitingFilters(request.GET, _waiting(request.user, cycle.pk), request=request).qs
    form = SeveralForm(request.POST, waiting=known, found=found)  # known: also what a colleague decided meanwhile
    if not form.is_valid():
        for error in [error for errors in form.errors.values() for error in errors]:
            messages.error(request, f"Nothing was decided. {error}")
        answer = _list(request, cycle, form)
        answer.status_code = 422
        return answer
    chosen = list(form.cleaned_data["applications"].order_by().values_list("pk", flat=True))
    way = {name: form.cleaned_data[name] for name in ("recognize", "reason")}
    try:
        deciding = Deciding.request(cycle, chosen, by=request.user, **way)
    except WrongState as error:
        messages.error(request, f"Nothing was decided. {error}")
    else:
        _tell(request, deciding)
    address, query = reverse("recognition:decisions", args=[cycle.pk]), request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


def _tell(request: AuthenticatedRequest, deciding: Deciding) -> None:
    """Says what became of it; what was refused is on the page, except what a colleague decided meanwhile."""
    if not deciding.is_finished:
        messages.info(request, "The applications are in the queue to be decided. You can leave this page.")
        return
    if n := deciding.done:
        one = "1 application was" if n == 1 else f"{n} applications were"
        messages.success(request, f"{one} decided. Nothing is sent until they are released.")
    for each in deciding.failed[:NAMED]:
        messages.error(request, f"{each['name']}: not decided. {each['why']}")


@login_required
@require_POST
def deciding_stop(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Stops deciding many. What is not decided stays in the list."""
    cycle = cycle_for(request.user, cycle_pk, Act.DECIDE)
    _stop(request, cycle.decidings.unfinished().first(), "The others are still in the list.")
    return redirect("recognition:decisions", cycle.pk)


def _stop(request: AuthenticatedRequest, running: Batch | None, others: str) -> None:
    try:
        if running is None:
            raise WrongState
        running.stop(by=request.user)
    except WrongState:
        messages.info(request, "It is already finished.")
    else:
        messages.success(request, f"Stopped after {running.done} of {running.total}. {others}")


# One application.


@step(Act.DECIDE)
def decide(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Makes a decision, and leads to the next one of the list. Shows what the official needs for it or, once it is
    made, what was decided.
    """
    made = Decision.objects.filter(application=application).first()
    form = DecisionForm(request.POST or None, auto_id="id_decision_%s")
    if request.method == "POST" and form.is_valid():
        way = walking.walk(request, application)  # as long as it is in the list
        try:
            Decision.make(application, by=request.user, **form.cleaned_data)
        except ReasonNeeded:
            form.add_error("reason", DEPARTS)
        else:
            messages.success(
                request, f"The decision on {application.utility} was saved. Nothing is sent until it is released."
            )
            after = (way.after or way.back) if way else reverse("recognition:decisions", args=[application.cycle_id])
            return redirect(after)
    context = _for_decision(application, request.user) | {"decision": made, "form": form}
    return render(request, "recognition/deciding/decision_make.html", context, status=saving.status_of(form))


def _for_decision(application: Application, user: User) -> dict[str, Any]:
    """Returns the results of the panel and of the compliance review."""
    checks = application.compliance_checks.all()
    facts = {
        "application": application,
        "submission": application.submission,
        "recommendation": getattr(application, "recommendation", None),
        "checks": checks,
        "compliance": ComplianceCheck.in_a_word(checks),
    }
    return facts | reviews(application, user)


def _decision(application: Application) -> Decision:
    decision = get_object_or_404(Decision.objects.select_related("by"), application=application)
    decision.application = application
    return decision


@require_POST
@step(Act.DECIDE)
def decision_take_back(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    _decision(application).take_back(by=request.user)
    messages.success(request, f"The decision on {application.utility} was undone and its letter deleted.")
    return redirect("recognition:decide", application.pk)


# The outbox.


@login_required
@require_safe
@never_cache
def outbox(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Lists the unreleased letters, to edit, hold or release, and a release in progress. For htmx only its progress."""
    cycle = cycle_for(request.user, cycle_pk, Act.EDIT_LETTER)
    last = cycle.releases.first()
    if request.headers.get("HX-Request") and last:
        return _progress(request, last)
    rows = _pending(request.user, cycle).with_bars()
    counts = composed.figures(_counts, request.user, cycle.pk)
    context = _tabs(request, cycle, counts) | {"last": last, "n_to_mail": _n_to_mail(request.user, cycle)}
    known = rows.aggregate(n=Count("pk"), n_free=Count("pk", filter=Q(held=False, barred=False)), upto=Max("pk"))
    rows = rows.select_related("application__utility", "by").defer("reason", "subject", "body")  # long, not shown here
    template = "recognition/deciding/decision_outbox.html"
    return list_page(request, OutboxTable, OutboxFilters, rows, template, context | known, total=known["n"])


def _progress(request: AuthenticatedRequest, last: Batch) -> HttpResponse:
    """Responds 204 if nothing is new. Once it is finished, the page is loaded again."""
    fragment = "recognition/deciding/_progress.html"
    context = {"last": last, "cycle": last.cycle}
    return polling.until_finished(request, fragment, context, seen=last.seen, is_finished=last.is_finished)


def _n_to_mail(user: User, cycle: Cycle) -> int:
    letters = PaperLetter.objects.to_mail().filter(application__cycle=cycle)
    if not letters.exists():  # as nearly always, so that nobody asks whose they are
        return 0
    theirs = Application.objects.mailed_by(user).filter(cycle=cycle)
    return letters.filter(application__in=theirs.values("pk")).count()


@login_required
@require_POST
def release(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Releases all that are not held, up to the newest that the person saw; later decisions wait."""
    cycle = cycle_for(request.user, cycle_pk, Act.EDIT_LETTER)
    try:
        made = Release.request(cycle, by=request.user, upto=_number(request, "upto"))
    except WrongState as error:
        messages.error(request, f"Nothing was released. {error}")
        return redirect("recognition:outbox", cycle.pk)
    if not made.is_finished:
        messages.info(request, "The release is in progress. You can leave this page.")
    elif made.done:
        n = made.done
        one = "1 decision was released and its letter" if n == 1 else f"{n} decisions were released and their letters"
        messages.success(request, f"{one} written.")
    else:
        messages.info(request, "There was nothing to release.")
    return redirect("recognition:outbox", cycle.pk)


@login_required
@require_POST
def release_stop(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Stops a release. What it has not released stays in the outbox, to be released later."""
    cycle = cycle_for(request.user, cycle_pk, Act.EDIT_LETTER)
    _stop(request, cycle.releases.unfinished().first(), "The others are in the outbox.")
    return redirect("recognition:outbox", cycle.pk)


def _number(request: AuthenticatedRequest, name: str) -> int:
    """Returns the number sent, or 0 if invalid."""
    sent = request.POST.get(name, "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else 0


@step(Act.EDIT_LETTER)
def letter(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Edits the letter of a pending decision, with a preview."""
    decision = _decision(application)
    form = LetterForm(request.POST or None, decision=decision)
    conflict: dict[str, Any] = {}
    if form.is_valid():
        conflict = saving.tried(form, request, decision.edit_letter)
        if not conflict:
            messages.success(request, "The letter was saved. Check the preview.")
            return redirect("recognition:letter", application.pk)
    addresses = application.applicants() if rights.may(Act.READ_CONTACT) else None
    context = {"application": application, "decision": decision, "form": form, "addresses": addresses}
    status = 409 if conflict else saving.status_of(form)
    return render(request, "recognition/deciding/decision_letter.html", context | {"conflict": conflict}, status=status)


@require_POST
@step(Act.EDIT_LETTER)
def hold(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Holds a decision back from the release, or ends the hold."""
    held = request.POST.get("held") == "yes"
    _decision(application).hold(held)
    what = "is on hold and will not be sent with the next release" if held else "will be sent with the next release"
    messages.success(request, f"The letter to {application.utility} {what}.")
    return redirect("recognition:outbox", application.cycle_id)


# Feedback for the applicant.


@step(Act.WRITE_FEEDBACK)
def feedback(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Edits the feedback in which program staff sum up the reviews for the applicant, until it is released."""
    kept = Feedback.objects.filter(application=application).first()
    row = kept or (Feedback.of(application) if request.method == "POST" else Feedback(application=application))
    form = FeedbackForm(request.POST or None, feedback=row)
    conflict: dict[str, Any] = {}
    if form.is_valid():
        conflict = saving.tried(form, request, row.write)
        if not conflict:
            messages.success(request, "Saved. The applicant can’t see it until you release it.")
            return redirect("recognition:feedback", application.pk)
    context = _for_decision(application, request.user) | {"feedback": row, "form": form, "conflict": conflict}
    status = 409 if conflict else saving.status_of(form)
    return render(request, "recognition/deciding/feedback_write.html", context, status=status)


@require_POST
@step(Act.WRITE_FEEDBACK)
def feedback_release(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Releases the version that was read, whose number the form sends."""
    try:
        Feedback.of(application).release(_number(request, "version"), by=request.user)
    except Stale:
        messages.error(request, "Not released: someone else just changed it. Read it again.")
    else:
        messages.success(request, "Released. The applicant can read it once the decision is also released.")
    return redirect("recognition:feedback", application.pk)
