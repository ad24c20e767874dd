"""Pages of readings: those of a measure, a correction, those that are due, pasting and importing, exporting."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST

from accounts.models import Utility
from accounts.requests import AuthenticatedRequest
from ims import registers
from ims.access import can_edit, utility_of
from ims.check.charts import line
from ims.check.forms import ConfirmForm, CorrectionForm, DueForm, NoReadingForm, PasteForm, ReadingForm, Typed
from ims.check.measures import Measure
from ims.check.pasting import Line, as_text, exported, pasted, read
from ims.check.planning import Plan, carry_out, planned
from ims.check.readings import Reading, Standing, enter, next_period, open_period, with_last_period
from ims.check.trends import RULE
from ims.records import Record
from workflow.models import Stale, WrongState
from workflow.saving import status_of
from workflow.spreadsheets import KINDS, Unreadable

MAX_SHOWN = 300  # lines of a preview, of each kind
MAX_DUE = 50
CHARTED = 36


def measure_of(request: AuthenticatedRequest, utility_pk: int, number: str) -> Any:
    return get_object_or_404(Measure.objects.visible_to(request.user), utility=utility_pk, number=number)


def for_editors(request: AuthenticatedRequest, utility_pk: int) -> Utility:
    """Raises Http404 for strangers, PermissionDenied for viewers."""
    utility = utility_of(request, utility_pk)
    if not can_edit(utility):
        raise PermissionDenied
    return utility


@login_required
def readings(request: AuthenticatedRequest, utility_pk: int, number: str) -> HttpResponse:
    """Shows all readings of a measure, and adds one."""
    measure = measure_of(request, utility_pk, number)
    form = none_form = None
    if request.method == "POST":
        measure.require_editor()
        sent = (NoReadingForm if "why" in request.POST else ReadingForm)(request.POST, measure=measure)
        if sent.is_valid() and _entered(request, measure, sent):
            return redirect(f"{request.path}?added=1")
        form, none_form = (None, sent) if isinstance(sent, NoReadingForm) else (sent, None)
    rows = list(measure.readings.select_related("entered_by", "changed_by").order_by("-period"))
    for row in rows:
        row.measure = measure
    if measure.can_edit:
        initial = {"period": measure.period_name(next_period(measure, [row.period for row in rows[:1]]))}
        form = form or ReadingForm(measure=measure, initial=initial)
        if "added" in request.GET:  # the next one follows without a mouse; a fragment would prevent that
            form.fields["value"].widget.attrs["autofocus"] = True
        none_form = none_form or NoReadingForm(measure=measure, initial=initial)
    standing = Standing(measure, [row for row in rows if row.value is not None][:CHARTED][::-1])
    context = {
        **{"record": measure, "register": registers.get("measures"), "rows": rows, "rule": RULE},
        **{"form": form, "none_form": none_form},
        **{"standing": standing, "chart": line(standing) if standing.readings else ""},
    }
    status = max(status_of(each) if each else 200 for each in (form, none_form))
    return render(request, "ims/check/readings.html", context, status=status)


def _entered(request: AuthenticatedRequest, measure: Measure, form: ReadingForm) -> bool:
    try:
        reading = enter(measure, by=request.user, **({"value": None} | form.cleaned_data))
    except WrongState as refused:
        form.add_error("period", str(refused))
        return False
    messages.success(request, f"{measure.period_name(reading.period)}: {reading.shown} was added.")
    return True


@login_required
def reading(request: AuthenticatedRequest, utility_pk: int, number: str, pk: int) -> HttpResponse:
    """Shows a reading with its history, and corrects or removes it."""
    rows = Reading.objects.visible_to(request.user).select_related("measure__utility", "entered_by", "changed_by")
    found = get_object_or_404(rows, pk=pk, measure__utility=utility_pk, measure__number=number)
    found.measure.my_role = found.my_role
    form: CorrectionForm | None = CorrectionForm(reading=found) if found.measure.can_edit else None
    current = None
    if request.method == "POST":
        found.require_editor()
        form = CorrectionForm(request.POST, reading=found)
        if form.is_valid():
            try:
                found.correct(by=request.user, **form.cleaned_data)
            except Stale as stale:
                current = stale.current
                form.data = request.POST.copy()
                form.data["version"] = str(current.version)
            except WrongState as refused:
                form.add_error(None, str(refused))
            else:
                messages.success(request, f"{found}: now {found.shown}.")
                return redirect("ims:readings", utility_pk, number)
    changes = [(change, change.lines({})) for change in found.history.select_related("by")]
    context = {
        **{"record": found.measure, "register": registers.get("measures"), "reading": found, "form": form},
        **{"changes": changes, "current": current},
    }
    return render(
        request, "ims/check/reading.html", context, status=409 if current else status_of(form) if form else 200
    )


@login_required
def due(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """A row for each measure with a period that ended without a reading; saves what is entered, all or nothing.

    What was typed for a reading that someone else has just entered is shown beside theirs.
    """
    utility, taken = for_editors(request, utility_pk), []
    sent = request.POST if request.method == "POST" else None
    with transaction.atomic():
        if sent is not None:  # until this is saved, nobody else enters a reading
            measures = Record.objects.filter(utility=utility, register=Measure.REGISTER)
            list(measures.select_for_update().order_by("pk").values("pk"))
        found = _due(request, utility)
        shown = [each for n, each in enumerate(found) if n < MAX_DUE or f"value-{each[0].pk}-{each[1]}" in (sent or ())]
        form = DueForm(sent, due=shown)
        if sent is not None:
            taken = _taken(form, utility, request)
            if form.is_valid() and not taken and (n := _save_due(form, utility, request)) is not None:
                messages.success(request, f"{n} reading{pluralize(n)} {pluralize(n, 'was,were')} saved.")
                return redirect(request.get_full_path())
    context = {
        **{"utility": utility, "register": registers.get("measures"), "form": form, "taken": taken},
        **{"n_due": len(found), "most": MAX_DUE, "only_mine": request.GET.get("whose") == "mine"},
    }
    return render(request, "ims/check/due.html", context, status=409 if taken else status_of(form))


def _due(request: AuthenticatedRequest, utility: Utility) -> list[tuple[Any, Any]]:
    rows = with_last_period(Measure.objects.visible_to(request.user).filter(utility=utility, is_open=True))
    if request.GET.get("whose") == "mine":
        rows = rows.filter(owner__user=request.user)
    return [(measure, period) for measure in rows if (period := open_period(measure))]


def _taken(form: DueForm, utility: Utility, request: AuthenticatedRequest) -> list[Typed]:
    """Returns what was typed for periods that have another reading by now, or that are of a retired measure."""
    typed = form.typed_elsewhere()
    measures: dict[int, Any] = (
        Measure.objects.visible_to(request.user).filter(utility=utility).in_bulk([pk for pk, _ in typed])
    )
    rows = Reading.objects.filter(measure__in=measures).select_related("entered_by", "changed_by")
    known = {(row.measure_id, row.period): row for row in rows.filter(period__in=[period for _, period in typed])}
    found = [
        Typed(measures[pk], period, *texts, known.get((pk, period)))
        for (pk, period), texts in typed.items()
        if pk in measures
    ]
    for each in found:
        if each.reading:
            each.reading.measure = each.measure
    return [each for each in found if not each.is_there]


def _save_due(form: DueForm, utility: Utility, request: AuthenticatedRequest) -> int | None:
    """Saves what is in the form and returns how many readings that are; None, with errors in the form, if it can't."""
    plan = planned(form.lines, utility, request.user)
    form.add_faults(plan.faults)
    if not form.is_valid():
        return None
    carry_out(form.lines, utility, plan.token, by=request.user)
    return len(plan.added)


@login_required
def paste(request: AuthenticatedRequest, utility_pk: int, number: str = "") -> HttpResponse:
    """Takes a pasted table or a file, for one measure or for all, and shows what each line does. Saves nothing."""
    utility = for_editors(request, utility_pk)
    one = measure_of(request, utility_pk, number) if number else None
    form = PasteForm(request.POST, request.FILES, one=bool(one)) if request.method == "POST" else PasteForm()
    if form.is_bound and form.is_valid():
        plan = planned(form.found.lines, utility, request.user, one=one)
        return _preview(request, utility, one, plan, form.found.ignored, pasted_form=form)
    return _ask(request, utility, one, form)


def _ask(request: AuthenticatedRequest, utility: Utility, one: Any, form: PasteForm) -> HttpResponse:
    context = {"utility": utility, "register": registers.get("measures"), "record": one, "form": form}
    return render(request, "ims/check/paste.html", context, status=status_of(form))


def _preview(
    request: AuthenticatedRequest, utility: Utility, one: Any, plan: Plan, ignored: list[str], **more: Any
) -> HttpResponse:
    """``pasted_form`` is what was sent: a person can fix a pasted text on the page, but not a file."""
    text = as_text([entry.line for entry in plan.entries])
    confirm = more.pop("confirm", None) or ConfirmForm(initial={"text": text, "token": plan.token})
    confirm.fields["why"].required = bool(plan.changed)
    sent = more.pop("pasted_form", None)
    shown = [
        (state, label, entries[:MAX_SHOWN], len(entries))
        for state, label, entries in (
            ("fault", "Not understood", plan.faults),
            ("change", "Changed", plan.changed),
            ("add", "Added", plan.added),
            ("same", "Unchanged", plan.same),
        )
        if entries
    ]
    context = {
        **{"utility": utility, "register": registers.get("measures"), "record": one, "plan": plan, "shown": shown},
        **{"ignored": ignored, "confirm": confirm, "most": MAX_SHOWN},
        "form": sent if sent and not sent.cleaned_data["file"] else None,
    }
    status = 422 if plan.faults or confirm.errors else 200
    return render(request, "ims/check/paste_preview.html", context, status=status)


@login_required
@require_POST
def confirm(request: AuthenticatedRequest, utility_pk: int, number: str = "") -> HttpResponse:
    """Saves what the preview showed, all or nothing. If it would differ now, shows it again."""
    utility = for_editors(request, utility_pk)
    one = measure_of(request, utility_pk, number) if number else None
    form = ConfirmForm(request.POST)
    lines: list[Line] = []
    try:
        if form.is_valid():
            lines = read(pasted(form.cleaned_data["text"], one=bool(one)), one=bool(one)).lines
    except Unreadable as refused:
        messages.error(request, str(refused))
    if not lines:
        return redirect("ims:paste_one", utility.pk, number) if one else redirect("ims:paste", utility.pk)
    given = form.cleaned_data
    try:
        plan, saved = carry_out(lines, utility, given["token"], by=request.user, why=given["why"], one=one)
    except WrongState as refused:
        form.add_error("why", str(refused))
        plan = planned(lines, utility, request.user, one=one)
        return _preview(request, utility, one, plan, [], confirm=form)
    if not saved:
        messages.warning(request, "Nothing was saved, because readings changed since the preview. Check it again.")
        return _preview(request, utility, one, plan, [])
    n, m = len(plan.added), len(plan.changed)
    messages.success(request, f"{n} reading{pluralize(n)} added, {m} changed.")
    return redirect("ims:readings", utility.pk, number) if one else redirect("ims:list", utility.pk, "measures")


@login_required
def export(request: AuthenticatedRequest, utility_pk: int, ending: str) -> HttpResponse:
    """A file of all readings, which can be imported again."""
    utility = utility_of(request, utility_pk)
    if ending not in KINDS:
        raise Http404
    measures: dict[int, Any] = {row.pk: row for row in Measure.objects.visible_to(request.user).filter(utility=utility)}
    rows = list(Reading.objects.filter(measure__in=measures, value__isnull=False).order_by("measure", "period"))
    for row in rows:
        row.measure = measures[row.measure_id]
    content_type, written = KINDS[ending]
    name = f"{utility.in_file_names}-readings-{timezone.localdate()}.{ending}"
    headers = {"Content-Disposition": content_disposition_header(True, name), "Cache-Control": "private, no-store"}
    return HttpResponse(written(exported(rows), "Readings"), content_type=content_type, headers=headers)
