"""The dates of the recognition program in a utility's year: a cycle opens and closes, what is due, what runs out."""

from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import JSONObject, TruncDate
from django.urls import reverse

from accounts.models import User
from recognition.models import Application, Cycle, Recognition
from workflow.year import Facts, Occasion, source

Status = Application.Status


def _of_cycle(day: date, facts: Facts) -> Occasion:
    return Occasion(day, facts["title"], reverse("recognition:list"), facts["what"])


def _of_application(day: date, facts: Facts) -> Occasion:
    url = reverse("recognition:application", args=[facts["application"]])
    return Occasion(day, f"{facts['utility']}, {facts['cycle']}", url, facts["what"])


def _cycles(field: str, what: str) -> QuerySet[Any]:
    rows = Cycle.objects.filter(status=Cycle.Status.PLANNED)
    facts = JSONObject(title="title", what=Value(what))
    return rows.annotate(day=TruncDate(field), component=Value(""), facts=facts)


def _applications(user: User, day: Any, what: str) -> QuerySet[Any]:
    rows = Application.objects.visible_to(user).of_utilities_of(user).select_related(None)
    facts = JSONObject(application="pk", utility=F("utility__name"), cycle=F("cycle__title"), what=Value(what))
    return rows.annotate(day=TruncDate(day), component=Value(""), facts=facts)


@source(occasion=_of_cycle, are_few=True)
def opens(user: User) -> QuerySet[Any]:
    return _cycles("opens", "opens for applications")


@source(occasion=_of_cycle, are_few=True)
def closes(user: User) -> QuerySet[Any]:
    return _cycles("closes", "closes for applications")


@source(occasion=_of_application, are_few=True)
def extended(user: User) -> QuerySet[Any]:
    """A draft whose deadline is later than that of its cycle."""
    later = _applications(user, F("extended_until"), "the extended deadline")
    return later.filter(status=Status.DRAFT, extended_until__gt=F("cycle__closes"))


@source(occasion=_of_application, are_few=True)
def returned(user: User) -> QuerySet[Any]:
    return _applications(user, F("resubmit_by"), "to be resubmitted").filter(status=Status.RETURNED)


@source(occasion=_of_application, are_few=True)
def expires(user: User) -> QuerySet[Any]:
    """The last day of a valid recognition."""
    own = Application.objects.of_utilities_of(user).order_by().values("pk")
    facts = JSONObject(
        application="application",
        utility="application__utility__name",
        cycle="application__cycle__title",
        what=Value("the recognition ends"),
    )
    rows = Recognition.objects.filter(application__in=own, revoked_at=None)
    return rows.annotate(day=F("until"), component=Value(""), facts=facts)
