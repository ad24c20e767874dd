"""What others changed about a utility, for the home page: its management representative."""

from typing import Any

from django.db.models import F, QuerySet
from django.db.models.functions import JSONObject
from django.urls import reverse

from accounts.models import RepresentativeChange, User, Utility
from workflow.recent import ChangeText, Facts, source


def _named(facts: Facts) -> ChangeText:
    url = reverse("accounts:utility", args=[facts["utility"]])
    if facts["name"]:
        return ChangeText("named", facts["name"], url, "the management representative")
    return ChangeText("cleared", "the management representative", url)


@source(text=_named, utility="row")
def representatives(user: User) -> QuerySet[Any]:
    mine = Utility.objects.visible_to(user).order_by().values("pk")
    facts = JSONObject(utility=F("row"), name=F("after__management_representative"))
    return RepresentativeChange.objects.filter(row__in=mine).annotate(facts=facts)
