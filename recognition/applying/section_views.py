"""Views for filling in an application: the page of each step, saving a section, photos, evidence."""

from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_GET, require_POST

from accounts.requests import AuthenticatedRequest
from assessments.models import GapAnalysis
from files.models import RefusedFile
from recognition.access import application_for
from recognition.application import shown
from recognition.application.content import Content
from recognition.applying.forms import DiscardForm
from recognition.applying.photo_forms import PhotoForm
from recognition.applying.section_forms import SectionForm, section_form
from recognition.applying.steps import BY_NAME, Step, place_of, progress, step_of, steps_of
from recognition.criteria.completeness import Outcome
from recognition.models import Application, Attribute, CapacityElement, Category, Photo, Section, TooManyPhotos
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import WrongState

CLOSED = "Not saved: this application was submitted or its deadline has passed, so it can no longer be changed."


@login_required
@require_GET
def step(request: AuthenticatedRequest, pk: int, name: str) -> HttpResponse:
    application, rights = application_for(request.user, pk, Act.READ_TEXT)
    if name not in BY_NAME:
        raise Http404
    if not (rights.may(Act.EDIT) and application.is_editable):
        return redirect(application)
    return _page(request, application, rights, name)


def _page(
    request: AuthenticatedRequest, application: Application, rights: Rights, name: str, **more: Any
) -> HttpResponse:
    """Renders a step with its forms. ``more`` may contain a bound form as ``sent``, a conflict, a photo form."""
    criteria = application.cycle.edition.criteria
    sections = list(application.sections.all())
    content = {section.name: section.answers for section in sections}
    if BY_NAME[name] not in steps_of(content):
        return redirect("recognition:step", application.pk, "facility")
    outcome = application.checked(content)
    gaps = missing(application, outcome)
    about = _about(application)
    wanted = [section for section in sections if _belongs(section, name, about)]
    sent: SectionForm | None = more.pop("sent", None)
    forms = [section_form(section, criteria) for section in wanted]
    blocks = [
        {
            "section": section,
            "anchor": section.anchor,
            "kind": section.name.partition(".")[0],
            "slug": section.name.partition(".")[2],
            "about": about.get(section.name),
            "form": sent if sent and sent.section.pk == section.pk else form,
        }
        for section, form in zip(wanted, forms, strict=True)
    ]
    context = _frame(application, rights, name, steps_of(content)) | {
        "blocks": blocks,
        "outcome": outcome,
        "missing": gaps,
        "criteria": criteria,
        "steps": _progress(application, content, outcome, gaps),
        "open_block": _open_block(blocks, sent, gaps, request.GET.get("open", "")),
    }
    extra = _EXTRA.get(name)
    context |= extra(request, application, content) if extra else {}
    return render(request, f"recognition/applying/step_{name}.html", context | more, status=more.get("status", 200))


def _progress(
    application: Application, content: Content, outcome: Outcome, gaps: list[dict[str, str]]
) -> list[tuple[Step, str]]:
    n_photos = application.photos_now().count()
    return progress(steps_of(content), outcome, {gap["step"] for gap in gaps}, n_photos)


def _open_block(blocks: list[dict[str, Any]], sent: SectionForm | None, gaps: list[dict[str, str]], asked: str) -> str:
    """Returns the anchor of the one block to open: the one asked for or sent, else the first chosen with a gap."""
    if sent:
        return sent.section.anchor
    chosen = [block["anchor"] for block in blocks if block["section"].answers.get("chosen")]
    if asked in chosen:
        return asked
    missing = {gap["url"].partition("#row-")[2] for gap in gaps}
    return next((anchor for anchor in chosen if anchor in missing), "")


def _frame(application: Application, rights: Rights, name: str, steps: list[Step]) -> dict[str, Any]:
    """Returns what every step shows: its place, the deadline, and rights."""
    names = [step.name for step in steps]
    place = names.index(name)
    return {
        "application": application,
        "step": BY_NAME[name],
        "next": steps[place + 1] if place + 1 < len(steps) else None,
        "previous": steps[place - 1] if place else None,
        "may_submit": rights.may(Act.SUBMIT),
        "may_delete": rights.may(Act.DELETE),
        "discard_form": DiscardForm(auto_id="id_discard_%s"),
        "deadline": application.deadline_shown,
    }


def _belongs(section: Section, step: str, about: dict[str, Any]) -> bool:
    """Whether the section is on this step. A section that the edition dropped after the draft began is on none."""
    kind, dot, _ = section.name.partition(".")
    return kind in BY_NAME[step].sections and (not dot or kind == "points" or section.name in about)


def _about(application: Application) -> dict[str, Attribute | Category]:
    """Returns section name → its attribute or category."""
    edition = application.cycle.edition
    found: dict[str, Attribute | Category] = {f"attributes.{each.slug}": each for each in edition.attributes.all()}
    return found | {f"categories.{each.slug}": each for each in edition.categories.all()}


def missing(application: Application, outcome: Any) -> list[dict[str, str]]:
    """Returns what is missing, each with the step and the URL where it can be fixed."""
    found = []
    for deficiency in outcome.deficiencies:
        name, anchor = place_of(deficiency)
        url = application.step_url(name, anchor)
        found.append({"step": BY_NAME[name].title, "message": deficiency.message, "url": url})
    return found


def _attributes(request: AuthenticatedRequest, application: Application, content: Any) -> dict[str, Any]:
    edition = application.cycle.edition
    return {
        "capacity": CapacityElement.objects.filter(attributes__edition=edition)
        .distinct()
        .prefetch_related("attributes"),
        "analyses": GapAnalysis.objects.filter(utility=application.utility_id, status=GapAnalysis.Status.COMPLETE),
    }


def _photos(request: AuthenticatedRequest, application: Application, content: Any) -> dict[str, Any]:
    photos = list(application.photos_now())
    return {
        "photos": [(photo, PhotoForm(instance=photo, auto_id=f"id_photo{photo.pk}_%s")) for photo in photos],
        "photo_form": PhotoForm(),
        "is_full": len(photos) >= application.cycle.edition.most_photos,
    }


def _submission(request: AuthenticatedRequest, application: Application, content: Any) -> dict[str, Any]:
    return {
        "contact": shown.contact(content),
        "texts": shown.texts(content, application.cycle.edition.criteria),
        "statements": [*shown.answered(content), *shown.statements(content)],
        "photos": application.photos_now(),
    }


_EXTRA = {
    "attributes": _attributes,
    "photos": _photos,
    "submit": _submission,
}


# One section.


@login_required
@require_POST
def section(request: AuthenticatedRequest, pk: int, name: str) -> HttpResponse:
    """Saves a section over the version it was read at (see workflow.saving)."""
    application, rights = application_for(request.user, pk, Act.EDIT)
    section = get_object_or_404(application.sections.all(), name=name)
    section.application = application
    form = section_form(section, application.cycle.edition.criteria, request.POST)

    def save() -> Section:
        section.answer(form.cleaned_data["version"], form.answers, by=request.user)
        return section

    def more(section: Section) -> dict[str, Any]:
        content = application.content()
        outcome = application.checked(content)
        gaps = missing(application, outcome)
        context = {
            "outcome": outcome,
            "missing": gaps,
            "application": application,
            "step": BY_NAME[step_of(name)],
            "steps": _progress(application, content, outcome, gaps),
        }
        return {
            "words": outcome.words,
            "n_missing": len(outcome.deficiencies),
            "missing": render_to_string("recognition/applying/_missing.html", context, request),
            "steps": render_to_string("recognition/applying/_steps.html", context, request),
        }

    def page(conflict: dict[str, Any], status: int) -> HttpResponse:
        if not application.is_editable:
            messages.error(request, CLOSED)
            return redirect(application)
        return _page(request, application, rights, step_of(name), sent=form, conflict=conflict, status=status)

    block = saving.Block(section.anchor, application.step_url(step_of(name)).partition("#")[0])
    return saving.save_block(
        request,
        form,
        block,
        save=save,
        more=more,
        page=page,
        theirs=lambda current: SimpleNamespace(**current.answers),
        why_not=lambda error: CLOSED,
    )


# Photos.


@login_required
@require_POST
def photo_add(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights = application_for(request.user, pk, Act.EDIT)
    form = PhotoForm(request.POST, request.FILES, auto_id="id_%s")
    form.fields["file"].required = True
    if form.is_valid():
        try:
            Photo.add(application, form.cleaned_data["file"], by=request.user, **form.words)
        except TooManyPhotos:
            form.add_error(None, "The application already has the maximum number of photos. Remove one first.")
        except (RefusedFile, WrongState) as error:
            form.add_error("file", str(error))
        else:
            return redirect(application.step_url("photos"))
    return _page(request, application, rights, "photos", photo_form=form, status=422)


def _photo(request: AuthenticatedRequest, pk: int, act: Act) -> tuple[Photo, Application]:
    photo = get_object_or_404(Photo.objects.select_related("file"), pk=pk)
    application, _ = application_for(request.user, photo.application_id, act)
    photo.application = application
    return photo, application


@login_required
@require_POST
def photo_change(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    photo, application = _photo(request, pk, Act.EDIT)
    form = PhotoForm(request.POST, instance=photo)
    try:
        if form.is_valid():
            photo.describe(**form.words)
            messages.success(request, "Saved.")
        else:
            messages.error(request, "Not saved: a caption can have at most 300 characters.")
    except WrongState:
        messages.error(request, CLOSED)
    return redirect(application.step_url("photos"))


@login_required
@require_POST
def photo_remove(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    photo, application = _photo(request, pk, Act.EDIT)
    try:
        photo.discard()
    except WrongState:
        messages.error(request, CLOSED)
    return redirect(application.step_url("photos"))


@login_required
@require_GET
def photo_file(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    """Serves a photo; a draft's only to the utility's members, or to staff if it came on paper."""
    photo, application = _photo(request, pk, Act.READ_CONFIDENTIAL)
    if application.my_blind:
        raise PermissionDenied
    if photo.submission_id is None and not application.my_role and not application.on_paper:
        raise PermissionDenied
    return photo.file.response(inline=True)  # type: ignore[return-value]
