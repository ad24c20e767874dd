"""The dates of the registers in a person's year: when open records are due."""

from datetime import date
from typing import Any

from django.db.models import Case, CharField, F, QuerySet, Value, When
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.models import User
from ims import registers
from ims.records import Record
from workflow.year import Facts, Occasion, source


def _told(day: date, facts: Facts) -> Occasion:
    url = reverse("ims:record", args=[facts["utility_id"], facts["register"], facts["number"]])
    return Occasion(day, f"{facts['number']} {facts['title']}", url, utility=facts["utility"])


@source(told=_told)
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
