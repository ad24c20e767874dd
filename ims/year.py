"""The dates of the management system in a person's year: open records, readings, the rating of readiness."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, Count, DateField, F, Min, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils import timezone

from accounts.models import CAN_EDIT, User
from ims import registers
from ims.check.measures import Measure
from ims.check.periods import LENGTH, Every, moved, named, start
from ims.records import Record
from ims.team.readiness.models import ReadinessRound
from workflow.addresses import remembered
from workflow.year import Facts, Occasion, source


def _due_occasion(day: date, facts: Facts) -> Occasion:
    url = remembered("ims:record", facts["utility_id"], facts["register"], facts["number"])
    return Occasion(day, f"{facts['number']} {facts['title']}", url, utility=facts["utility"])


@source(occasion=_due_occasion)
def due(user: User) -> QuerySet[Any]:
    component = Case(
        *(When(register=each.slug, then=Value(each.component)) for each in registers.known()),
        default=Value(""),
        output_field=CharField(),
    )
    names = ("utility_id", "register", "number", "title")
    facts = JSONObject(utility=F("utility__name"), **{name: F(name) for name in names})
    rows = Record.objects.visible_to(user).select_related(None).open()
    return rows.annotate(day=F("due"), component=component, facts=facts)


def _expected(day: date, facts: Facts) -> Occasion:
    every, n = Every(facts["every"]), facts["n"]
    what = f"Readings of {n} {every.label.lower()} measures" if n > 1 else f"Reading of {facts['measure']}"
    to_enter, to_read = ("ims:due", [facts["utility"]]), ("ims:list", [facts["utility"], Measure.REGISTER])
    name, arguments = to_enter if facts["role"] in CAN_EDIT else to_read
    period = named(moved(day, every, -1), every)
    return Occasion(day, what, reverse(name, args=arguments), f"for {period}", utility=facts["where"])


@source(occasion=_expected, are_few=True)
def readings(user: User) -> QuerySet[Any]:
    """The day after each period of the open measures, for all measures of one length together."""
    today = timezone.localdate()
    ends = {every: moved(start(today, every), every, 1) for every in Every}
    day = Case(*(When(every=each, then=Value(ends[each])) for each in Every), output_field=DateField())
    months = Case(*(When(every=each, then=Value(LENGTH[each])) for each in Every))
    rows: Any = Measure.objects.visible_to(user).select_related(None).open().order_by()
    same = ("utility", "utility__name", "my_role", "every", "day", "component")
    grouped = rows.annotate(day=day, component=Value("check")).values(*same)
    facts = JSONObject(
        utility="utility",
        where="utility__name",
        role="my_role",
        every="every",
        months=months,
        n=Count("pk"),
        measure=Min("title"),
    )
    return grouped.annotate(facts=facts)


def _rated(day: date, facts: Facts) -> Occasion:
    url = reverse("ims:round", args=[facts["utility_id"], facts["round"]])
    return Occasion(day, f"Readiness, {facts['name']}", url, "to be rated", utility=facts["utility"])


@source(occasion=_rated, are_few=True)
def rating(user: User) -> QuerySet[Any]:
    rows = ReadinessRound.objects.visible_to(user).filter(status=ReadinessRound.Status.RATING)
    facts = JSONObject(round="pk", name="name", utility_id="utility_id", utility="utility__name")
    return rows.annotate(day=F("rate_by"), component=Value("plan"), facts=facts)
