"""What others changed in the gap analyses, for the home page: coverage, evidence, completion, answers, the road map."""

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.text import get_text_list

from accounts.models import User
from assessments.models import Answer, AnswerChange, FindingChange, GapAnalysis, GapAnalysisEvent, RoadMap
from pdca.models import Area
from workflow.recent import ChangeText, Facts, source

ANSWERED = {
    "": "withdrew the answer to",
    Answer.Choice.TAKEN_UP: "adopted",
    Answer.Choice.ALREADY: "said that this is done already:",
    Answer.Choice.NOT_FOR_US: "decided against",
}


def _readable(user: User) -> QuerySet[Any]:
    return GapAnalysis.objects.visible_to(user).order_by().values("pk")


def _coverage(rows: QuerySet[Any]) -> Subquery:
    """Returns the cells that one analysis covers: {"covered", "cells", "as_of"}."""
    found: Any = rows
    return Subquery(
        found.with_coverage().values(coverage=JSONObject(covered="covered", cells="cells", as_of="as_of"))[:1]
    )


def _url(pk: int, element: str = "") -> str:
    return reverse("assessments:analysis", args=[pk]) + (f"#row-{element}" if element else "")


@source(
    text=lambda facts: ChangeText("started", facts["name"], _url(facts["analysis"])),
    utility="utility",
    at="created_at",
    by="created_by",
)
def starts(user: User) -> QuerySet[Any]:
    facts = JSONObject(analysis="pk", name="name")
    return GapAnalysis.objects.filter(pk__in=_readable(user)).annotate(facts=facts)


def _moved(facts: Facts) -> ChangeText:
    name, pk = facts["name"], facts["analysis"]
    if facts["to"] != GapAnalysis.Status.COMPLETE:
        return ChangeText("reopened", name, _url(pk), f"with the reason “{facts['why']}”" if facts["why"] else "")
    now, before = facts["coverage"], facts["before"]
    then = f"complete: {now['covered']} of {now['cells']} cells covered"
    if before:
        when = date_format(date.fromisoformat(before["as_of"]), "F Y")
        then += f", {before['covered']} of {before['cells']} in {when}"
    return ChangeText("marked", name, reverse("assessments:results", args=[pk]), then)


@source(text=_moved, utility="analysis__utility")
def moves(user: User) -> QuerySet[Any]:
    earlier = GapAnalysis.objects.filter(
        utility=OuterRef("analysis__utility"), status=GapAnalysis.Status.COMPLETE, as_of__lt=OuterRef("analysis__as_of")
    )
    facts = JSONObject(
        analysis="analysis",
        name="analysis__name",
        to="to_status",
        why="why",
        coverage=_coverage(GapAnalysis.objects.filter(pk=OuterRef("analysis"))),
        before=_coverage(earlier.order_by("-as_of", "-pk")),
    )
    return GapAnalysisEvent.objects.filter(analysis__in=_readable(user)).annotate(facts=facts)


def _row(facts: Facts) -> ChangeText:
    """Says what a saved row changed in the coverage; else that it was answered, or what was added to it."""
    before, after = facts["before"], facts["after"]
    name, url = facts["element"], _url(facts["analysis"], facts["slug"])
    if facts["was_linked"] or facts["is_linked"]:
        return ChangeText("added evidence to" if facts["is_linked"] else "removed evidence from", name, url)
    if before["rating"] is None and after["rating"] is not None:
        return ChangeText("answered", name, url, f"in {facts['name']}")
    had, has = set(before["areas"] or ()), set(after["areas"] or ())
    names = [(area["code"], area["name"]) for area in facts["areas"]]
    gained = [name for code, name in names if code in has - had]
    lost = [name for code, name in names if code in had - has]
    parts = [
        f"{verb} {get_text_list(areas, 'and')}"
        for verb, areas in (("now covers", gained), ("no longer covers", lost))
        if areas
    ]
    if not parts:
        return ChangeText("changed", name, url, f"in {facts['name']}")
    now = facts["coverage"]
    return ChangeText(
        "", name, url, f"{' and '.join(parts)}: {now['covered']} of {now['cells']} cells in {facts['name']}"
    )


@source(text=_row, utility="row__analysis__utility")
def rows(user: User) -> QuerySet[Any]:
    areas = Area.objects.order_by("code").values(area=JSONObject(code="code", name="name"))
    facts = JSONObject(
        analysis="row__analysis",
        name="row__analysis__name",
        element="row__element__name",
        slug="row__element__slug",
        before=JSONObject(rating=F("before__rating"), areas=F("before__areas")),
        after=JSONObject(rating=F("after__rating"), areas=F("after__areas")),
        was_linked=F("before__links_and_files"),
        is_linked=F("after__links_and_files"),
        areas=ArraySubquery(areas),
        coverage=_coverage(GapAnalysis.objects.filter(pk=OuterRef("row__analysis"))),
    )
    return FindingChange.objects.filter(row__analysis__in=_readable(user)).annotate(facts=facts)


@source(
    text=lambda facts: ChangeText(
        ANSWERED[facts["choice"] or ""],
        facts["title"],
        reverse("assessments:integration", args=[facts["utility"]]),
    ),
    utility="row__utility",
)
def answers(user: User) -> QuerySet[Any]:
    facts = JSONObject(choice="after__choice", title="row__opportunity__title", utility="row__utility")
    readable = Answer.objects.visible_to(user).order_by().values("pk")
    return AnswerChange.objects.filter(row__in=readable, after__has_key="choice").annotate(facts=facts)


@source(
    text=lambda facts: ChangeText("changed", "the road map", reverse("assessments:road_map", args=[facts["utility"]])),
    utility="utility",
    at="changed_at",
    by="changed_by",
)
def road_maps(user: User) -> QuerySet[Any]:
    readable = RoadMap.objects.visible_to(user).order_by().values("pk")
    return RoadMap.objects.filter(pk__in=readable).annotate(facts=JSONObject(utility="utility"))
