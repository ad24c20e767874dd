"""Views that add evidence to a narrative: of a gap analysis, or of the applicant's records and measures."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_http_methods, require_POST

from accounts.requests import AuthenticatedRequest
from assessments.models import GapAnalysis
from ims.system.sentences import Sentence
from recognition.access import application_for
from recognition.applying import evidence
from recognition.applying.evidence import TooLong
from recognition.applying.steps import step_of
from recognition.models import Application, Section
from recognition.rights import Act
from workflow.models import Stale, WrongState

SHOWN = 100  # records on the page; a search finds the others
FAILED = "Nothing was added: someone just changed this section or the application is closed. Try again."


@login_required
@require_POST
def evidence_pull(request: AuthenticatedRequest, pk: int, slug: str) -> HttpResponse:
    """Appends the evidence of a completed gap analysis to an attribute's first text, as a starting draft."""
    application, _ = application_for(request.user, pk, Act.EDIT)
    attribute = get_object_or_404(application.cycle.edition.attributes.all(), slug=slug)
    own = GapAnalysis.objects.filter(utility=application.utility_id, status=GapAnalysis.Status.COMPLETE)
    chosen = request.POST.get("analysis", "")
    analysis = get_object_or_404(own, pk=chosen if chosen.isdecimal() else 0)
    section = application.sections.get(name=f"attributes.{slug}")
    text = evidence.draft(attribute, analysis)
    if not text:
        messages.info(request, f"“{analysis}” has no evidence related to {attribute.name}. Nothing was added.")
    else:
        answers = evidence.added(section.answers, [text])
        _keep(request, application, section, answers, f"Added from “{analysis}” to {attribute.name}.")
    return redirect(_row(application, section))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def records(request: AuthenticatedRequest, pk: int, kind: str, slug: str) -> HttpResponse:
    """Offers the applicant's living records and measures that fit, and appends what the chosen ones say."""
    application, _ = application_for(request.user, pk, Act.EDIT)
    edition = application.cycle.edition
    rows: dict[str, Any] = {"attributes": edition.attributes, "categories": edition.categories}
    if kind not in rows or not application.my_role:  # what came on paper is entered by staff, who see no records
        raise Http404
    about = get_object_or_404(rows[kind], slug=slug)
    section = get_object_or_404(application.sections.all(), name=f"{kind}.{slug}")
    if not application.is_editable:
        return redirect(application)
    offered = evidence.offered(about, application, request.user)
    if request.method == "POST":
        keys = set(request.POST.getlist("record"))
        chosen = [each for each in offered if str(each.key) in keys]
        answers = evidence.with_sentences(section.answers, chosen, is_category=kind == "categories")
        words = f"Added from {len(chosen)} record{pluralize(len(chosen))} to {about.name}."
        if not chosen:
            messages.error(request, "Nothing was added. Select at least one record or measure.")
        elif _keep(request, application, section, answers, words):
            return redirect(_row(application, section))
    context = _shown(request, application, section, about, offered)
    status = 422 if request.method == "POST" else 200
    return render(request, "recognition/applying/records.html", context, status=status)


def _shown(
    request: AuthenticatedRequest, application: Application, section: Section, about: Any, offered: list[Sentence]
) -> dict[str, Any]:
    asked = request.GET.get("q", "").strip().casefold()
    found = [each for each in offered if asked in each.text.casefold()]
    texts = "\n".join(value for value in section.answers.values() if isinstance(value, str))
    marked = set(request.POST.getlist("record"))
    return {
        "application": application,
        "about": about,
        "back": _row(application, section),
        "rows": [(each, len(each.text.split()), each.text in texts, str(each.key) in marked) for each in found[:SHOWN]],
        "n_more": max(0, len(found) - SHOWN),
        "is_searched": bool(asked),
        "can_search": len(offered) > SHOWN,
        "words": application.checked().words,
        "most": application.cycle.edition.most_words,
    }


def _row(application: Application, section: Section) -> str:
    """Returns the address of the section in its step, opened."""
    page, _, anchor = application.step_url(step_of(section.name), f"row-{section.anchor}").partition("#")
    return f"{page}?open={section.anchor}#{anchor}"


def _keep(
    request: AuthenticatedRequest, application: Application, section: Section, answers: dict[str, Any], words: str
) -> bool:
    """Saves the answers and says so, or why not. Returns whether they were saved."""
    try:
        evidence.keep(application, section, answers, by=request.user)
    except TooLong as error:
        messages.error(request, f"Nothing was added. {error}")
    except (Stale, WrongState):
        messages.error(request, FAILED)
    else:
        messages.success(request, f"{words} Edit it to fit your application.")
        return True
    return False
