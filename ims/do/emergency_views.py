"""The pages of the emergency plan: its topics, its history, and the drills."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import CAN_EDIT
from accounts.requests import AuthenticatedRequest
from ims.access import can_edit, record_of, utility_of
from ims.do.emergencies import Drill, Emergency
from ims.do.emergency_forms import DrillForm, TopicForm
from ims.do.emergency_plan import Plan, PlanTopic, PlanTopicChange, answers_of, covered, topics
from ims.team.views import for_editor
from workflow import saving
from workflow.models import WrongState

MAX_CHANGES = 100


@login_required
def plan(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    return _page(request, utility_pk)


def _page(request: AuthenticatedRequest, utility_pk: int, **more: Any) -> HttpResponse:
    """``more`` may have ``sent``, the form of a topic, its ``conflict`` and a ``status``."""
    utility = utility_of(request, utility_pk)
    status, sent = more.pop("status", 200), more.pop("sent", None)
    answers, may_edit = answers_of(utility), can_edit(utility)
    n, of = covered(answers)
    rows = []
    for slug, topic in topics().items():
        answer = answers.get(slug) or PlanTopic(utility=utility, slug=slug)
        form = sent if sent and sent.instance.slug == slug else TopicForm(instance=answer)
        rows.append((topic, answer, form if may_edit else None))
    context = {
        "utility": utility,
        "rows": rows,
        "answers": PlanTopic.Answer.choices,
        "n": n,
        "of": of,
        "plan": Plan(utility),
        "can_edit": may_edit,
        "status": status,
    }
    return render(request, "ims/do/emergency_plan.html", context | more, status=status)


@login_required
@require_POST
def save_topic(request: AuthenticatedRequest, utility_pk: int, topic: str) -> HttpResponse:
    utility = for_editor(request, utility_pk)
    if topic not in topics():
        raise Http404
    stored = PlanTopic.objects.filter(utility=utility, slug=topic).first()
    form = TopicForm(request.POST, instance=stored or PlanTopic(utility=utility, slug=topic))

    def keep() -> PlanTopic:
        return PlanTopic.give(utility, topic, form.cleaned_data["version"], by=request.user, **form.changes)

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _page(request, utility_pk, sent=form, conflict=conflict, status=status)

    block = saving.Block(topic, reverse("ims:emergency_plan", args=[utility_pk]))
    return saving.save_block(request, form, block, save=keep, more=lambda row: {}, page=page)


@login_required
def history(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """What was answered about the topics, the newest first."""
    utility = utility_of(request, utility_pk)
    rows = PlanTopicChange.objects.filter(row__utility=utility).select_related("row", "by")
    changes = list(rows[: MAX_CHANGES + 1])
    context = {
        "utility": utility,
        "changes": [(each.row.name, [(each, each.lines({}))]) for each in changes[:MAX_CHANGES]],
        "are_more": len(changes) > MAX_CHANGES,
        "most": MAX_CHANGES,
    }
    return render(request, "ims/do/emergency_history.html", context)


@login_required
def new_drill(request: AuthenticatedRequest, utility_pk: int, number: str = "") -> HttpResponse:
    """Enters a drill of a situation, or of the whole plan if no number is given."""
    of: Any = record_of(request, utility_pk, Emergency.REGISTER, number) if number else utility_of(request, utility_pk)
    if of.my_role not in CAN_EDIT:
        raise PermissionDenied
    form = DrillForm(request.POST or None, initial={"on": timezone.localdate()})
    back = f"{of.get_absolute_url() if number else reverse('ims:emergency_plan', args=[utility_pk])}#drills"
    if request.method == "POST" and form.is_valid():
        try:
            Drill.hold(of, by=request.user, **form.cleaned_data)
        except WrongState as error:
            messages.info(request, f"Nothing was saved. {error}")
        else:
            messages.success(request, "The drill was saved.")
        return redirect(back)
    context = {
        "utility": utility_of(request, utility_pk),
        "emergency": of if number else None,
        "form": form,
        "back": back,
    }
    return render(request, "ims/do/new_drill.html", context, status=saving.status_of(form))
