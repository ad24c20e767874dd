"""The page of a panel member: the conflict of interest, the member's review, and then what the others found."""

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from accounts.requests import AuthenticatedRequest
from recognition.access import application_for
from recognition.application import shown
from recognition.applying.reading import content_for
from recognition.criteria.completeness import met_of_required, needed
from recognition.models import Application, Rating, Recommendation, Remark, Seat, Unfinished
from recognition.reviewing.panel_forms import RatingForm, RecommendationForm, RecuseForm, RemarkForm, SummaryForm
from recognition.reviewing.panel_views import reviews
from recognition.rights import Act, Rights
from workflow import saving
from workflow.models import Versioned, WrongState

CLOSED = "This review can no longer be changed: the panel has made its recommendation or you have left the panel."


def _own(request: AuthenticatedRequest, pk: int) -> tuple[Application, Rights, Seat]:
    """Returns the application, the rights and the user's seat on its panel. Raises PermissionDenied without a seat."""
    application, rights = application_for(request.user, pk)
    if rights.seat is None or application.my_role:
        raise PermissionDenied
    rights.seat.application = application
    return application, rights, rights.seat


def _over(request: AuthenticatedRequest, application: Application) -> HttpResponse:
    messages.info(request, "Nothing was changed: the panel is no longer reviewing this application.")
    return redirect(application)


@login_required
@require_GET
def review(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    if not seat.declared_at:
        return _question(request, application, seat, RecuseForm())
    return _page(request, application, rights, seat)


def _question(request: AuthenticatedRequest, application: Application, seat: Seat, form: Any) -> HttpResponse:
    """Shows who applies and from where, and nothing else until the member declares no conflict."""
    context = {"application": application, "seat": seat, "form": form}
    return render(request, "recognition/reviewing/review_declare.html", context, status=saving.status_of(form))


def _page(
    request: AuthenticatedRequest, application: Application, rights: Rights, seat: Seat, **more: Any
) -> HttpResponse:
    """Shows the submitted text next to the member's ratings. ``more`` may contain bound forms: ``sent`` (with a
    ``conflict``), ``form``, ``remark_form``, ``recommendation_form``, ``summary_form``."""
    ratings = list(seat.ratings.all())
    missing = [rating for rating in ratings if not rating.value]
    names = shown.criterion_names(application.cycle.edition.criteria)
    context = {
        "application": application,
        "seat": seat,
        "may": {act.name.lower(): rights.may(act) for act in (Act.RATE, Act.DISCUSS, Act.RECOMMEND, Act.DECLARE)},
        "tally": _tally(application, ratings),
        "rows": _rows(application, rights, ratings, more.pop("sent", None)),
        "n_rated": len(ratings) - len(missing),
        "next": missing[0].anchor if missing else "",
        "missing": [(rating, names[rating.criterion]) for rating in missing] if "missing" in request.GET else [],
        "summary_form": SummaryForm(seat=seat),
        "form": RecuseForm(),
    }
    if rights.may(Act.SEE_REVIEWS):
        context |= _panel(application, rights, request.user)
    return render(request, "recognition/reviewing/review_fill.html", context | more, status=more.get("status", 200))


def _rows(
    application: Application, rights: Rights, ratings: list[Rating], sent: RatingForm | None
) -> list[dict[str, Any]]:
    """Returns each claimed criterion with its submitted text, the member's rating, and the form."""
    content = content_for(application, rights, application.submission)
    criteria = application.cycle.edition.criteria
    parts = {part.anchor: part for part in shown.texts(content, criteria)}
    about = _definitions(application)
    return [
        {
            "part": parts[rating.anchor],
            "about": about.get(rating.criterion),
            "rating": rating,
            "form": sent if sent and sent.rating.pk == rating.pk else RatingForm(rating=rating),
        }
        for rating in ratings
    ]


def _definitions(application: Application) -> dict[str, tuple[str, str]]:
    """Returns section name → (what the criterion means, what it takes to count)."""
    edition = application.cycle.edition
    found = {f"attributes.{each.slug}": (each.description, "") for each in edition.attributes.all()}
    rules = edition.criteria.categories
    return found | {
        f"categories.{each.slug}": (each.description, needed(rules[each.slug])) for each in edition.categories.all()
    }


def _tally(application: Application, ratings: Iterable[Rating]) -> str:
    submission = application.submission
    met = {rating.criterion for rating in ratings if rating.value == Rating.Value.MET}
    return met_of_required(met, submission.size if submission else "", application.cycle.edition.criteria)


def _panel(application: Application, rights: Rights, user: User) -> dict[str, Any]:
    """Returns what the whole panel found and said, for members who have submitted their own review."""
    seats = Seat.objects.active().filter(application=application)
    n_seats, n_submitted = seats.count(), seats.filter(submitted_at__isnull=False).count()
    return reviews(application, user) | {
        "sees_all": True,
        "remarks": application.remarks.select_related("by"),
        "remark_form": RemarkForm(),
        "recommendation_form": RecommendationForm(auto_id="id_recommendation_%s"),
        "recommendation": getattr(application, "recommendation", None) if rights.may(Act.SEE_RECOMMENDATION) else None,
        "waiting": max(application.cycle.panel_size, n_seats) - n_submitted,
        "has_lead": seats.filter(lead=True).exists(),
    }


@login_required
@require_POST
def declare(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    if seat.declared_at:
        return redirect("recognition:review", pk)
    try:
        seat.declare()
    except WrongState:
        return _over(request, application)
    return redirect("recognition:review", pk)


@login_required
@require_POST
def recuse(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    form = RecuseForm(request.POST)
    if not form.is_valid():
        if not seat.declared_at:
            return _question(request, application, seat, form)
        return _page(request, application, rights, seat, form=form, status=422)
    try:
        seat.recuse(**form.cleaned_data)
    except WrongState:
        return _over(request, application)
    messages.success(
        request, f"You stepped down from the panel for {application.utility}. Someone else will take your place."
    )
    return redirect("home")


# Saved while the member writes.


@login_required
@require_POST
def rating(request: AuthenticatedRequest, pk: int, criterion: str) -> HttpResponse:
    """Saves a rating over the version that was read (see workflow.saving)."""
    own = _own(request, pk)
    seat = own[2]
    rating = get_object_or_404(seat.ratings.all(), criterion=criterion)
    rating.seat = seat
    form = RatingForm(request.POST, rating=rating)

    def save() -> Rating:
        sent = form.cleaned_data
        kept = {"value": rating.value, "comment": rating.comment} | sent
        rating.rate(kept["version"], value=kept["value"], comment=kept["comment"], by=request.user)
        return rating

    return _save_block(request, own, form, rating.anchor, save, sent=form)


@login_required
@require_POST
def review_summary(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    own = _own(request, pk)
    seat = own[2]
    form = SummaryForm(request.POST, seat=seat)

    def save() -> Seat:
        seat.sum_up(form.cleaned_data["version"], form.cleaned_data["summary"], by=request.user)
        return seat

    return _save_block(request, own, form, "summary", save, summary_form=form)


def _save_block(
    request: AuthenticatedRequest,
    own: tuple[Application, Rights, Seat],
    form: BaseForm,
    anchor: str,
    save: Callable[[], Versioned],
    **bound: Any,
) -> HttpResponse:
    """Saves a block. ``bound`` has the form under the name that ``_page`` expects."""
    application, rights, seat = own

    def more(row: Versioned) -> dict[str, Any]:
        ratings = list(seat.ratings.all())
        rated = [rating.anchor for rating in ratings if rating.value]
        return {"rated": rated, "tally": _tally(application, ratings)}

    return saving.save_block(
        request,
        form,
        saving.Block(anchor, seat.get_absolute_url()),
        save=save,
        more=more,
        page=lambda conflict, status: _page(request, *own, conflict=conflict, status=status, **bound),
        why_not=lambda error: str(error) if rights.may(Act.RATE) else CLOSED,
    )


@login_required
@require_POST
def review_submit(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    try:
        seat.submit()
    except Unfinished:
        return redirect(f"{seat.get_absolute_url()}?missing=1#missing")
    except WrongState:
        messages.info(
            request,
            "Nothing was changed: your review is submitted or the panel is no longer reviewing this application.",
        )
    else:
        messages.success(request, "Your review was submitted. You can now see the other members’ submitted reviews.")
    return redirect("recognition:review", pk)


# After the member's own review.


@login_required
@require_POST
def remark(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    if not rights.may(Act.DISCUSS):
        raise PermissionDenied
    form = RemarkForm(request.POST)
    if not form.is_valid():
        return _page(request, application, rights, seat, remark_form=form, status=422)
    try:
        said = Remark.say(seat, form.cleaned_data["text"])
    except WrongState:
        return _over(request, application)
    return redirect(f"{seat.get_absolute_url()}#remark-{said.pk}")


@login_required
@require_POST
def recommend(request: AuthenticatedRequest, pk: int) -> HttpResponse:
    application, rights, seat = _own(request, pk)
    if not rights.may(Act.RECOMMEND):
        raise PermissionDenied
    form = RecommendationForm(request.POST, auto_id="id_recommendation_%s")
    if form.is_valid():
        try:
            Recommendation.record(seat, **form.cleaned_data)
        except Unfinished as error:
            form.add_error(None, str(error))
        except WrongState:
            return _over(request, application)
        else:
            messages.success(request, "Recorded. The application is now awaiting a decision.")
            return redirect("recognition:review", pk)
    return _page(request, application, rights, seat, recommendation_form=form, status=422)
