"""The pages that all registers share: the system at a glance, the list, a record, its form, its moves and comments."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST

from accounts.current import current, utilities_of
from accounts.models import CAN_EDIT, User
from accounts.requests import AuthenticatedRequest
from files.forms import FileForm, LinkForm
from ims import registers
from ims.access import can_edit, record_of, register_in, utility_of
from ims.attribution import name_authors
from ims.closed import ClosedRegister
from ims.emails import tell_mentioned
from ims.forms import CommentForm, MoveForm, RecordForm, RelationForm, VersionForm, form_of
from ims.links import CAME_FROM, LED_TO, RELATED, Relative, relatives
from ims.origins import suggested
from ims.people import Person
from ims.plan.objectives import Objective
from ims.records import DRAFT, Record
from ims.registers import Register
from ims.words import names_of, words_of
from pdca.models import Component, Element
from workflow import saving
from workflow.models import Stale, WrongState

MAX_CHANGES = 30


@login_required
def systems(request: AuthenticatedRequest) -> HttpResponse:
    """Leads to the system of the person's current utility; asks which if none of several is chosen."""
    if utility := current(request):
        return redirect("ims:system", utility.pk)
    return render(request, "ims/systems.html", {"utilities": utilities_of(request)})


@login_required
def system(request: AuthenticatedRequest, utility_pk: int) -> HttpResponse:
    """Shows the pages and registers by component, with how many records are open and late."""
    utility = utility_of(request, utility_pk)
    late = Q(is_open=True, due__lt=timezone.localdate())
    rows = Record.objects.visible_to(request.user).select_related(None).filter(utility=utility)
    counts = {
        row["register"]: row
        for row in rows.order_by()
        .values("register")
        .annotate(n=Count("pk"), n_open=Count("pk", filter=Q(is_open=True)), n_late=Count("pk", filter=late))
    }
    closed = ClosedRegister.closed_to(request.user, utility)
    shown = [each for each in registers.known() if each.slug not in closed]
    pages = [
        (page, reverse(page.url_name, args=[utility.pk]), page.state(utility, request.user))
        for page in registers.pages()
    ]
    context = {
        "utility": utility,
        "whole": [each for each in pages if not each[0].component],
        "components": [
            (
                component,
                [each for each in pages if each[0].component == component.slug],
                [(each, counts.get(each.slug)) for each in shown if each.component == component.slug],
            )
            for component in Component.objects.all()
        ],
    }
    return render(request, "ims/system.html", context)


@login_required
def new(request: AuthenticatedRequest, utility_pk: int, register: str) -> HttpResponse:
    utility = utility_of(request, utility_pk)
    described = register_in(request, utility, register)
    if not can_edit(utility):
        raise PermissionDenied
    begun = suggested(request.GET, described, utility, request.user)
    form = form_of(described)(request.POST or None, utility=utility, initial=begun.initial)
    form.order_fields(described.on_page)
    if request.method == "POST" and form.is_valid():
        record = begun.open_in(described, utility, by=request.user, **form.changes)
        messages.success(request, f"{record.number} was created.")
        return redirect(record)
    context = {"utility": utility, "register": described, "form": form, "begun": begun, "origin": begun.origin}
    return render(request, "ims/record_new.html", context, status=saving.status_of(form))


@login_required
def record(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    return page_of(request, record_of(request, utility_pk, register, number))


def page_of(request: AuthenticatedRequest, found: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    """Shows a record. ``more`` may have a bound form of a move, a comment, a relation, a link or a file."""
    described = registers.get(found.register)
    labels = _labels(found)
    changes = list(found.history.select_related("by")[: MAX_CHANGES + 1])
    if any("objective" in change.after for change in changes):
        labels["objective"] = {each.pk: str(each) for each in Objective.objects.filter(utility=found.utility_id)}
    if any("elements" in change.after for change in changes):
        labels["elements"] = dict(Element.objects.values_list("slug", "name"))
    events = list(found.events.select_related("by"))
    comments = list(found.comments.select_related("by"))
    name_authors((changes, "by"), (events, "by"), (comments, "by"))
    context = {
        "record": found,
        "register": described,
        "stages": _stages(found, described, events),
        "fields": list(_fields(found, described)),
        "areas": [labels["areas"].get(code, code) for code in found.areas],
        "initiatives": [labels["initiatives"].get(slug, slug) for slug in found.initiatives],
        "units": [labels["units"].get(pk, "a unit") for pk in found.units],
        "moves": _moves(found, described, more.pop("sent", None)),
        "comments": comments,
        "comment_form": CommentForm(),
        "chain": _chain(found, request.user),
        "leads_to": [registers.get(slug) for slug in described.leads_to],
        "relation_form": RelationForm(record=found, user=request.user),
        "people": list(Person.objects.filter(utility=found.utility_id).values_list("name", flat=True)),
        "undoes": found.can_edit and _undoable(found, changes),
        "link_form": LinkForm(auto_id="id_link_%s"),
        "file_form": FileForm(auto_id="id_file_%s"),
        "attachments": found.attachments.select_related("file"),
        "changes": [(change, change.lines(labels)) for change in changes[:MAX_CHANGES]],
        "are_more": len(changes) > MAX_CHANGES,
        "most": MAX_CHANGES,
        "living": described.living(found),
        "may_be_deleted": found.status == DRAFT and found.may_be_deleted,
    }
    return render(request, "ims/record.html", context | more, status=status)


def _undoable(found: Any, changes: list[Any]) -> Any:
    """Returns the last change of fields, unless its fields no longer change in this status; else None."""
    last = next((change for change in changes if change.can_be_undone), None)
    return None if last is None or found.frozen & last.before.keys() else last


def _chain(found: Any, user: User) -> dict[str, list[tuple[Relative, Register]]]:
    """Returns what the record came from, what it led to and what is related, each with its register."""
    chain: dict[str, list[tuple[Relative, Register]]] = {"before": [], "after": [], "related": []}
    place = {CAME_FROM: "before", LED_TO: "after", RELATED: "related"}
    for relative in relatives(found, user):
        chain[place[relative.relation]].append((relative, registers.get(relative.record.register)))
    return chain


def _labels(found: Any) -> dict[str, dict[Any, str]]:
    """Returns the words for areas, initiatives, units and people. Makes four queries."""
    return names_of(found.utility) | {"owner": dict(found.utility.people.values_list("pk", "name"))}


def _fields(found: Any, described: Register) -> Iterator[tuple[str, Any, bool, str]]:
    """Yields (label, words, is long, address) of the register's own fields that have a value."""
    for name in dict.fromkeys((*described.origins, *described.fields, *described.recorded)):
        field: Any = described.model._meta.get_field(name)
        value = getattr(found, name)
        if value in (None, ""):
            continue
        url = value.get_absolute_url() if field.is_relation else ""
        is_long = field.get_internal_type() == "TextField"
        yield str(field.verbose_name).capitalize(), words_of(found, name), is_long, url


def _stages(found: Any, described: Register, events: list[Any]) -> list[tuple[str, str, Any]]:
    """Returns (label, state, last event into it) of each status: past, now or ahead."""
    into = {event.to_status: event for event in events}
    order = [value for value, _ in described.stages]
    now = order.index(found.status)
    return [
        (label, "now" if place == now else "past" if value in into else "ahead", into.get(value))
        for place, (value, label) in enumerate(described.stages)
        if value in into or place == now or (place > now and value not in described.aside)
    ]


def _moves(found: Any, described: Register, sent: MoveForm | None) -> list[tuple[Any, MoveForm]]:
    if found.my_role not in CAN_EDIT:
        return []
    return [
        (move, sent if sent and sent.move == move else MoveForm(record=found, move=move))
        for move in described.moves_from(found.status)
    ]


@login_required
def edit(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    """Shows the form of a record, which saves as you go."""
    found = record_of(request, utility_pk, register, number)
    if not found.can_edit:
        raise PermissionDenied
    return _form_page(request, found, form_of(registers.get(register))(utility=found.utility, instance=found))


def _form_page(request: AuthenticatedRequest, found: Any, form: RecordForm, **more: Any) -> HttpResponse:
    status = more.pop("status", 200)
    form.order_fields(registers.get(found.register).on_page)
    context = {"record": found, "register": registers.get(found.register), "form": form}
    return render(request, "ims/record_edit.html", context | more, status=status)


@login_required
@require_POST
def save(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    """Saves a record if it still has the version that was read (workflow.saving)."""
    found = record_of(request, utility_pk, register, number)
    found.require_editor()
    form = form_of(registers.get(register))(request.POST, utility=found.utility, instance=found)

    def keep() -> Any:
        found.change(form.cleaned_data["version"], by=request.user, **form.changes)
        return found

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        return _form_page(request, found, form, conflict=conflict, status=status)

    block = saving.Block("record", f"{found.get_absolute_url()}edit/")
    return saving.save_block(request, form, block, save=keep, more=lambda row: {"title": row.title}, page=page)


@login_required
@require_POST
def move(request: AuthenticatedRequest, utility_pk: int, register: str, number: str, to: str) -> HttpResponse:
    """Moves a record on, unless it left the status in which the person saw it."""
    found = record_of(request, utility_pk, register, number)
    found.require_editor()
    described = registers.get(register)
    chosen = next((each for each in described.moves if each.slug == to), None)
    if chosen is None:
        raise Http404
    form = MoveForm(request.POST, record=found, move=chosen)
    if not form.is_valid():
        return page_of(request, found, sent=form, status=422)
    try:
        if found.status not in chosen.start or found.status != request.POST.get("seen_status", found.status):
            raise WrongState
        asked = {name: form.cleaned_data[name] for name in chosen.asks}
        found.move(chosen.end, by=request.user, why=form.cleaned_data.get("why", ""), **asked)
    except WrongState:
        current = record_of(request, utility_pk, register, number)
        messages.info(request, f"Nothing was changed: {number} is now “{current.status_label}”.")
    else:
        did = f"was {chosen.did}" if chosen.start == {chosen.end} else f"is now “{found.status_label}”"
        messages.success(request, f"{number} {did}.")
    back = request.POST.get("back", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else found)


@login_required
@require_POST
def undo(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    """Undoes the last change if nobody changed the record since the page was read."""
    found = record_of(request, utility_pk, register, number)
    found.require_editor()
    form = VersionForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest("No version was sent.")
    try:
        found.take_back(form.cleaned_data["version"], by=request.user)
    except Stale as stale:
        messages.error(
            request, f"Nothing was undone: {stale.current.changed_by or 'someone'} changed the record since."
        )
    except WrongState as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"The last change of {number} was undone.")
    return redirect(found)


@login_required
@require_POST
def comment(request: AuthenticatedRequest, utility_pk: int, register: str, number: str) -> HttpResponse:
    found = record_of(request, utility_pk, register, number)
    form = CommentForm(request.POST)
    if not form.is_valid():
        return page_of(request, found, comment_form=form, status=422)
    with transaction.atomic():
        said = found.say(form.cleaned_data["text"], by=request.user)
        recipients = tell_mentioned(said, found)
    if recipients:
        names = get_text_list([str(person) for person in recipients], "and")
        messages.success(request, f"Emailed to {names}.")
    return redirect(f"{found.get_absolute_url()}#comments")
