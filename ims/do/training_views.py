"""The pages of training: the matrix, what one session could cover, entering and correcting sessions."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header

from accounts.models import CAN_EDIT, Utility
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, record_of, utility_of
from ims.do.training import TrainingSession, TrainingTopic
from ims.do.training_forms import CorrectionForm, MatrixFilters, NeedForm, SessionForm
from ims.do.training_matrix import Matrix
from ims.do.training_together import Together
from workflow import saving
from workflow.models import Stale, WrongState
from workflow.spreadsheets import KINDS, as_workbook


@login_required
def matrix(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    filters = MatrixFilters(request.GET, utility=utility)
    shown = Matrix(utility, **filters.asked)
    if request.GET.get("export") == "xlsx":
        return _file(utility, shown)
    context = {
        "utility": utility,
        "filters": filters,
        "matrix": shown,
        "can_edit": can_edit(utility),
        "export": _with_export(request),
    }
    return render(request, "ims/do/training_matrix.html", context)


def _with_export(request: AuthenticatedRequest) -> str:
    query = request.GET.copy()
    query["export"] = "xlsx"
    return f"?{query.urlencode()}"


def _file(utility: Utility, shown: Matrix) -> HttpResponse:
    name = f"{utility.in_file_names}-training-matrix-{timezone.localdate()}.xlsx"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(as_workbook(shown.sheets()), KINDS["xlsx"][0], headers=headers)


@login_required
def together(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Proposes which trainings one session could cover."""
    utility = utility_of(request, utility_pk)
    context = {"utility": utility, "together": Together(utility), "can_edit": can_edit(utility)}
    return render(request, "ims/do/training_together.html", context)


@login_required
def new_session(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Enters a session. ``topic`` in the address, once or more, are the numbers of what it covered."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    topics = _topics(request, utility)
    asked = set(request.GET.getlist("topic"))
    chosen = [topic for topic in topics if topic.number in asked]
    initial = {"on": timezone.localdate()}
    form = SessionForm(
        request.POST or None, utility=utility, topics=topics, chosen=[each.pk for each in chosen], initial=initial
    )
    if request.method == "POST" and form.is_valid():
        values = form.values
        try:
            TrainingSession.enter(values.pop("topics"), by=request.user, **values)
        except WrongState as error:
            messages.info(request, f"Nothing was saved. {error}")
        else:
            n = len(values["people"])
            messages.success(request, f"The session of {n} {'person' if n == 1 else 'people'} was entered.")
        return _back(utility, chosen)
    context = {"utility": utility, "form": form, "chosen": chosen}
    return render(request, "ims/do/training_session.html", context, status=saving.status_of(form))


def _topics(request: AuthenticatedRequest, utility: Utility, session: TrainingSession | None = None) -> list[Any]:
    """Returns the topics that a session may cover: those that are given, and those that it covered."""
    rows: Any = TrainingTopic.objects.visible_to(request.user).filter(utility=utility)
    kept = session.topics.values_list("pk", flat=True) if session else []
    return list(rows.filter(Q(is_open=True) | Q(pk__in=list(kept))).order_by("title", "pk"))


def _back(utility: Utility, topics: list[Any]) -> HttpResponse:
    if len(topics) == 1:
        return redirect(f"{topics[0].get_absolute_url()}#sessions")
    return redirect("ims:training_matrix", utility.pk)


@login_required
def session(request: AuthenticatedRequest, utility_pk: int, pk: int) -> HttpResponse:
    """Corrects a session, with a reason."""
    utility = utility_of(request, utility_pk)
    rows: Any = TrainingSession.objects.visible_to(request.user)
    found: TrainingSession = get_object_or_404(rows, utility=utility, pk=pk)
    if not can_edit(utility):
        raise PermissionDenied
    topics = _topics(request, utility, found)
    chosen = list(found.topics.all())
    keys = [each.pk for each in chosen]
    form = CorrectionForm(
        request.POST or None,
        instance=found,
        utility=utility,
        topics=topics,
        chosen=keys,
        initial={"version": found.version},
    )
    if request.method == "POST" and form.is_valid():
        try:
            found.correct(by=request.user, **form.values)
        except Stale as stale:
            return _was_corrected(request, utility, found, form, stale.current)
        messages.success(request, "The session was corrected.")
        return _back(utility, chosen)
    context = {"utility": utility, "form": form, "chosen": chosen, "session": found}
    return render(request, "ims/do/training_session.html", context, status=saving.status_of(form))


def _was_corrected(
    request: AuthenticatedRequest, utility: Utility, found: TrainingSession, form: CorrectionForm, now: Any
) -> HttpResponse:
    """Shows what was sent once more, with what someone else saved in the meantime. The next save replaces that."""
    data = request.POST.copy()
    data["version"] = str(now.version)
    form.data = data
    form.add_error(
        None,
        f"{now.changed_by or 'Someone'} corrected it while you did. It now says: {now}. Reason: {now.why}. "
        "Nothing of yours was saved yet. Save again to replace that with what is below.",
    )
    context = {"utility": utility, "form": form, "chosen": list(found.topics.all()), "session": found}
    return render(request, "ims/do/training_session.html", context, status=409)


@login_required
def people(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Chooses the single people who need a topic."""
    topic: TrainingTopic = record_of(request, utility_pk, TrainingTopic.REGISTER, number)
    if topic.my_role not in CAN_EDIT:
        raise PermissionDenied
    form = NeedForm(request.POST if request.method == "POST" else None, topic=topic)
    if request.method == "POST" and form.is_valid():
        try:
            topic.need(form.chosen, by=request.user)
        except WrongState as error:
            messages.info(request, f"Nothing was changed. {error}")
        else:
            messages.success(request, f"{number}: who needs it was saved.")
        return redirect(f"{topic.get_absolute_url()}#needing")
    context = {"topic": topic, "form": form}
    return render(request, "ims/do/training_people.html", context, status=saving.status_of(form))
