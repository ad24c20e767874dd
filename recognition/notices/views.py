"""The notices of a cycle: checklist, addressees, the Federal Register notice, and each utility's press text."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.access import step
from recognition.cycles.views import cycle_for, tabs
from recognition.models import Addressee, Application, Cycle, Notice
from recognition.notices import content, federal_register
from recognition.notices.forms import AddresseeAddForm, AddresseeForm, GroupForm, LinesForm
from recognition.notices.lists import GroupFilters, GroupTable, NeverReady, PressTable
from recognition.rights import Act, Rights
from reports.models import Report
from workflow import saving, spreadsheets
from workflow.counting import counted
from workflow.lists import list_page

Kind = Notice.Kind


def _cycle(request: AuthenticatedRequest, pk: int) -> Cycle:
    """Returns the cycle. Raises Http404 for others than program staff, PermissionDenied for a change once archived."""
    cycle = cycle_for(request.user, pk, Act.NOTIFY)
    if request.method == "POST" and cycle.is_archived:
        raise PermissionDenied("The cycle is archived, so its notices no longer change.")
    return cycle


def _download(content: bytes, content_type: str, name: str) -> HttpResponse:
    disposition = content_disposition_header(True, name)
    return HttpResponse(content, content_type=content_type, headers={"Content-Disposition": disposition})


# The checklist.


@login_required
@require_safe
def notices(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Shows the checklist: what goes to whom, what is missing, what was sent. ``?export=`` returns it as a file."""
    cycle = _cycle(request, cycle_pk)
    if (ending := request.GET.get("export", "")) in spreadsheets.KINDS:
        content_type, written = spreadsheets.KINDS[ending]
        data = written(content.as_rows(request.user, cycle), "Notices")
        return _download(data, content_type, f"notices-{slugify(str(cycle))}-{timezone.localdate()}.{ending}")
    places = content.places(cycle)
    lines = content.lines(cycle, places)
    return _checklist(request, cycle, lines, places, LinesForm(cycle=cycle, lines=lines))


def _checklist(
    request: AuthenticatedRequest,
    cycle: Cycle,
    lines: list[content.Line],
    places: list[content.Place],
    form: LinesForm,
) -> HttpResponse:
    context = {
        "cycle": cycle,
        "tabs": tabs(request.user, cycle),
        "lines": lines,
        "groups": content.groups(request.user, cycle),
        "gaps": content.gaps(cycle),
        "unlisted": len(content.missing(places, [line.addressee for line in lines if line.addressee])),
        "report": Report.objects.latest_of("notice-letters", cycle.pk),
        "n_letters": sum(line.is_ready for line in lines if line.addressee),
        "is_released": bool(content.days_of_release(cycle)),
        "form": form,
    }
    return render(request, "recognition/notices/cycle_notices.html", context, status=saving.status_of(form))


@login_required
@require_POST
def record(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Records the ticked lines as sent, all or none."""
    cycle = _cycle(request, cycle_pk)
    places = content.places(cycle)
    lines = content.lines(cycle, places)
    form = LinesForm(request.POST, cycle=cycle, lines=lines)
    if not form.is_valid():
        return _checklist(request, cycle, lines, places, form)
    chosen = [line for line in lines if line.key in form.cleaned_data["lines"]]
    done = {"by": request.user, "sent_on": form.cleaned_data["sent_on"], "how": form.cleaned_data["how"]}
    with transaction.atomic():
        for line in chosen:
            kind = Kind.OFFICE if line.addressee else Kind.REGISTER
            Notice.record(cycle, kind, addressee=line.addressee, **done)
    messages.success(request, _recorded(len(chosen)))
    return redirect("recognition:notices", cycle.pk)


def _recorded(n: int) -> str:
    return f"{counted(n, 'line is', 'lines are')} recorded as sent."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: AuthenticatedRequest, cycle_pk: int, kind: str) -> HttpResponse:
    """Lists the lines to applicants of one kind. A POST records the ticked ones, or all that are left, as sent."""
    cycle = _cycle(request, cycle_pk)
    if kind not in Notice.OF_AN_APPLICATION:
        raise Http404
    rows = content.of_applicants(request.user, cycle, kind)
    gaps = [] if kind == Kind.PRESS else content.gaps(cycle)
    form = GroupForm(request.POST or None, cycle=cycle, rows=rows.none() if gaps else rows)
    if form.is_valid():
        chosen = list(form.cleaned_data["applications"])
        done = {name: form.cleaned_data[name] for name in ("sent_on", "how")}
        content.record(cycle, kind, chosen, by=request.user, **done)
        messages.success(request, _recorded(len(chosen)))
        return redirect("recognition:notice_group", cycle.pk, kind)
    context = {"cycle": cycle, "kind": kind, "label": content.LABELS[Kind(kind)], "form": form, "gaps": gaps}
    context["n_open"] = rows.filter(sent_on=None).count()
    table = PressTable if kind == Kind.PRESS else NeverReady if gaps else GroupTable
    answer = list_page(request, table, GroupFilters, rows, "recognition/notices/notice_group.html", context)
    if form.errors:
        answer.status_code = 422
    return answer


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for confirmation, then deletes the record that a line was sent."""
    notice = get_object_or_404(Notice.objects.select_related("cycle", "addressee", "application__utility", "by"), pk=pk)
    _cycle(request, notice.cycle_id)
    _require_same_staff(request.user, notice)
    back = ("recognition:notices", notice.cycle_id)
    if notice.application_id:
        back = ("recognition:notice_group", notice.cycle_id, notice.kind)  # type: ignore[assignment]
    if request.method != "POST":
        return render(request, "recognition/notices/notice_undo.html", {"notice": notice, "back": redirect(*back).url})
    notice.delete()
    messages.success(request, "The record was undone.")
    return redirect(*back)


def _require_same_staff(user: User, notice: Notice) -> None:
    """Raises Http404 if the notice went to the user's own utility: only other staff may handle it."""
    if notice.application_id:
        get_object_or_404(Application.objects.visible_to(user).of_others(user), pk=notice.application_id)


# Addressees.


@login_required
@require_POST
def draw_up(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = _cycle(request, cycle_pk)
    n = content.draw_up(cycle)
    if n:
        added = counted(n, "addressee is", "addressees are")
        messages.success(request, f"{added} added. Enter or check each officeholder.")
    else:
        messages.info(request, "All offices named by law are already on the list.")
    return redirect("recognition:notices", cycle.pk)


def _addressee(request: AuthenticatedRequest, pk: int) -> Addressee:
    """Returns the addressee with its cycle. Raises Http404 for users who don't send notices."""
    row = get_object_or_404(Addressee.objects.select_related("cycle", "utility"), pk=pk)
    _cycle(request, row.cycle_id)
    return row


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def addressee(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Edits who holds the office, and the address."""
    row = _addressee(request, pk)
    form = AddresseeForm(request.POST or None, instance=row)
    if form.is_valid():
        saved = form.save()
        messages.success(request, f"{saved.office_title}: saved.")
        return redirect("recognition:notices", row.cycle_id)
    before = content.earlier(row.cycle).get((row.office, row.state, row.utility_id))
    stored = Addressee.objects.get(pk=pk)  # the form has changed ``row``
    context = {
        "addressee": stored,
        "cycle": row.cycle,
        "form": form,
        "taken_from": before.cycle if before and content.is_as(before, stored) else None,
    }
    return render(request, "recognition/notices/addressee_edit.html", context, status=saving.status_of(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def addressee_add(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    cycle = _cycle(request, cycle_pk)
    form = AddresseeAddForm(request.POST or None, instance=Addressee(cycle=cycle))
    if form.is_valid():
        try:
            with transaction.atomic():
                saved = form.save()
        except IntegrityError:  # a double click, or a colleague was faster
            messages.info(request, "This addressee is already on the list.")
        else:
            messages.success(request, f"{saved.office_title}: added.")
        return redirect("recognition:notices", cycle.pk)
    context = {"cycle": cycle, "form": form}
    return render(request, "recognition/notices/addressee_add.html", context, status=saving.status_of(form))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def addressee_remove(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Asks for confirmation, then deletes an addressee. One with a sent letter stays, to keep the record of it."""
    row = _addressee(request, pk)
    sent = Notice.objects.filter(addressee=row).first()
    if request.method != "POST":
        return render(request, "recognition/notices/addressee_remove.html", {"addressee": row, "sent": sent})
    if sent:
        messages.error(request, f"Not removed: a letter is recorded as sent on {sent.sent_on:%B %-d, %Y}.")
    else:
        row.delete()
        messages.success(request, f"{row.office_title}: removed from the list.")
    return redirect("recognition:notices", row.cycle_id)


# Texts.


@login_required
@require_safe
def register_notice(request: AuthenticatedRequest, cycle_pk: int) -> HttpResponse:
    """Returns the draft of the Federal Register notice as a Word document."""
    cycle = _cycle(request, cycle_pk)
    paragraphs = content.register_notice(cycle)
    title = next(each.text for each in paragraphs if each.kind == "title")
    data = federal_register.docx(title, paragraphs, author=cycle.letterhead.partition("\n")[0])
    return _download(data, federal_register.CONTENT_TYPE, f"federal-register-{slugify(str(cycle))}.docx")


@require_safe
@step(Act.GET_LETTER)
def press(request: AuthenticatedRequest, application: Application, rights: Rights) -> HttpResponse:
    """Shows a text that the utility can copy or download for its own press releases."""
    headline, text = _press(application)
    context = {"application": application, "headline": headline, "text": text}
    return render(request, "recognition/notices/notice_press.html", context)


@require_safe
@step(Act.GET_LETTER)
def press_file(request: AuthenticatedRequest, application: Application, rights: Rights, ending: str) -> HttpResponse:
    headline, text = _press(application)
    name = f"press-text-{slugify(str(application.utility))}.{ending}"
    if ending == "txt":
        return _download(f"{headline}\n\n{text}\n".encode(), "text/plain; charset=utf-8", name)
    if ending == "docx":
        paragraphs = [content.Paragraph(headline, "title"), *content.paragraphs(text)]
        data = federal_register.docx(headline, paragraphs, author=str(application.utility))
        return _download(data, federal_register.CONTENT_TYPE, name)
    raise Http404


def _press(application: Application) -> tuple[str, str]:
    """Returns headline and text. Raises Http404 if it is not recognized, or no longer."""
    if not content.has_press_text(application):
        raise Http404
    return content.press(application)
