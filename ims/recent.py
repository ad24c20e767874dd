"""What others changed in the management system, for the home page: records, readings, the team, readiness, workshops.

Nothing here says what a person scored or rated, or tells of a closed register.
"""

from typing import Any

from django.db.models import Expression, F, Func, JSONField, QuerySet
from django.db.models.functions import JSONObject, Substr
from django.urls import reverse

from accounts.models import User
from ims import registers
from ims.check.audit_rows import AuditLine
from ims.check.readings import Reading, ReadingChange
from ims.do.emergencies import Drill
from ims.do.emergency_plan import PlanTopicChange, topics
from ims.do.signatures import DocumentReader
from ims.plan.harmonize.models import Pair, Participant
from ims.records import RecordChange, RecordComment, RecordEvent
from ims.team.functions import functions
from ims.team.models import SeatChange, SubgroupChange, TeamScopeChange
from ims.team.readiness.factors import barriers
from ims.team.readiness.models import ReadinessChange, ReadinessEvent, ReadinessRound
from workflow.addresses import remembered
from workflow.changes import label_of
from workflow.recent import ChangeText, Facts, source

QUOTED = 80  # characters of a comment or a reason


def _mine(user: User) -> list[int]:
    """Returns the keys of the utilities that the user belongs to today.

    The home page has read the memberships. With a subquery for each source instead, the one query of all sources took
    twice as long to write and to plan.
    """
    return [membership.utility_id for membership in user.memberships.all()]


def _about(path: str, **more: Any) -> JSONObject:
    """Returns the facts of a change. ``path`` leads from it to its record."""
    names = ("utility_id", "register", "number", "title")
    return JSONObject(**{name: F(f"{path}__{name}") for name in names}, **more)


def _text(did: str, facts: Facts, then: str = "", anchor: str = "") -> ChangeText:
    url = remembered("ims:record", facts["utility_id"], facts["register"], facts["number"])
    return ChangeText(did, f"{facts['number']} {facts['title']}", url + anchor, then)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:QUOTED]}…”" if len(line) > QUOTED else f"“{line}”"


def _moved(facts: Facts) -> ChangeText:
    if not facts["from"]:
        return _text("added", facts)
    if facts["from"] == facts["to"]:
        return _text(registers.get(facts["register"]).done_in(facts["to"]), facts)
    status = dict(registers.get(facts["register"]).stages).get(facts["to"], facts["to"])
    why = f": {_quoted(facts['why'])}" if facts["why"] else ""
    return _text("moved", facts, f"to “{status}”{why}")


@source(text=_moved, utility="record__utility")
def moves(user: User) -> QuerySet[Any]:
    why = Substr("why", 1, QUOTED + 1)
    facts = _about("record", **{"from": F("from_status"), "to": F("to_status"), "why": why})
    return RecordEvent.objects.filter(record__utility__in=_mine(user), record__restricted=False).annotate(facts=facts)


@source(text=lambda facts: _text("commented on", facts, _quoted(facts["text"]), "#comments"), utility="record__utility")
def comments(user: User) -> QuerySet[Any]:
    facts = _about("record", text=Substr("text", 1, QUOTED + 1))
    return RecordComment.objects.filter(record__utility__in=_mine(user), record__restricted=False).annotate(facts=facts)


def _names() -> Expression:
    """Returns the names of what a change holds, as a list. Their values may be long texts."""
    template = "jsonb_path_query_array(%(expressions)s, '$.keyvalue().key')"
    return Func(F("before"), F("after"), arg_joiner=" || ", template=template, output_field=JSONField())


def _changed(facts: Facts) -> ChangeText:
    if facts["attached"]:
        return _text(f"added “{facts['attached']}” to", facts, anchor="#attachments")
    if facts["removed"]:
        return _text(f"removed “{facts['removed']}” from", facts, anchor="#attachments")
    if facts["approval"]:
        return _text("entered an approval of", facts, f"({facts['approval']})", "#approval")
    model: Any = registers.get(facts["register"]).model
    labels = [label_of(model, name) for name in facts["fields"]]
    return _text("changed", facts, f"({', '.join(labels)})" if labels else "")


@source(text=_changed, utility="row__utility")
def changes(user: User) -> QuerySet[Any]:
    """Of fields, of links and files that were added or removed, and approvals of documents."""
    attached, removed = F("after__links_and_files"), F("before__links_and_files")
    facts = _about("row", fields=_names(), attached=attached, removed=removed, approval=F("after__approval"))
    return RecordChange.objects.filter(row__utility__in=_mine(user), row__restricted=False).annotate(facts=facts)


def _about_topic(facts: Facts) -> ChangeText:
    name = topics()[facts["slug"]].name if facts["slug"] in topics() else facts["slug"]
    url = reverse("ims:emergency_plan", args=[facts["utility_id"]])
    return ChangeText("answered in the emergency plan:", name, f"{url}#row-{facts['slug']}")


@source(text=_about_topic, utility="row__utility", alike=("row",))
def plan_topics(user: User) -> QuerySet[Any]:
    facts = JSONObject(utility_id=F("row__utility_id"), slug=F("row__slug"))
    return PlanTopicChange.objects.filter(row__utility__in=_mine(user)).annotate(facts=facts)


def _drilled(facts: Facts) -> ChangeText:
    url = reverse("ims:emergency_plan", args=[facts["utility_id"]])
    return ChangeText("entered", "a drill of the emergency plan", f"{url}#drills", _quoted(facts["practiced"]))


@source(text=_drilled, at="entered_at", by="entered_by", utility="utility")
def drills(user: User) -> QuerySet[Any]:
    """Of the whole plan; one of a situation is among the changes of its record."""
    facts = JSONObject(utility_id=F("utility_id"), practiced=Substr("practiced", 1, QUOTED + 1))
    return Drill.objects.filter(utility__in=_mine(user), emergency=None).annotate(facts=facts)


def _measured(did: str, facts: Facts, then: str = "") -> ChangeText:
    url = reverse("ims:readings", args=[facts["utility_id"], facts["number"]])
    return ChangeText(did, f"{facts['number']} {facts['title']}", url, then)


@source(
    text=lambda facts: _measured("entered readings of", facts),
    at="entered_at",
    by="entered_by",
    utility="measure__utility",
    alike=("measure",),
)
def readings(user: User) -> QuerySet[Any]:
    """Hundreds that were pasted at once are one change of each measure."""
    return Reading.objects.filter(measure__utility__in=_mine(user)).annotate(facts=_about("measure"))


@source(
    text=lambda facts: _measured("corrected readings of", facts, _quoted(facts["why"])),
    utility="row__measure__utility",
    alike=("row__measure",),
)
def corrections(user: User) -> QuerySet[Any]:
    facts = _about("row__measure", why=F("row__why"))
    return ReadingChange.objects.filter(row__measure__utility__in=_mine(user)).annotate(facts=facts)


def _audited(facts: Facts) -> ChangeText:
    url = reverse("ims:checklist", args=[facts["utility_id"], facts["number"]])
    return ChangeText("entered findings of", f"{facts['number']} {facts['title']}", url)


@source(text=_audited, at="changed_at", by="changed_by", utility="audit__utility", alike=("audit",))
def findings(user: User) -> QuerySet[Any]:
    """The answers to a checklist are one change of each audit."""
    rows = AuditLine.objects.filter(audit__utility__in=_mine(user), changed_at__isnull=False)
    return rows.annotate(facts=_about("audit"))


def _on_team(did: str, what: str, facts: Facts, then: str = "") -> ChangeText:
    return ChangeText(did, what, reverse("ims:team", args=[facts["utility_id"]]), then)


def _seated(facts: Facts) -> ChangeText:
    known = functions().get(facts["function"])
    what = known.name if known else facts["name"] or facts["function"]
    if facts["left_out"]:
        return _on_team("left", what, facts, f"without a seat: {_quoted(facts['left_out'])}")
    return _on_team("chose who represents", what, facts)


@source(text=_seated, utility="row__utility")
def seats(user: User) -> QuerySet[Any]:
    names = {name: F(f"row__{name}") for name in ("utility_id", "function", "name")}
    facts = JSONObject(**names, left_out=F("after__left_out"))
    return SeatChange.objects.filter(row__utility__in=_mine(user)).annotate(facts=facts)


@source(text=lambda facts: _on_team("changed", "the scope of the team", facts), utility="row__utility")
def scopes(user: User) -> QuerySet[Any]:
    facts = JSONObject(utility_id=F("row__utility_id"))
    return TeamScopeChange.objects.filter(row__utility__in=_mine(user)).annotate(facts=facts)


def _grouped(facts: Facts) -> ChangeText:
    url = reverse("ims:subgroup", args=[facts["utility_id"], facts["subgroup"]])
    return ChangeText("closed" if facts["closed"] else "changed", f"the subgroup {facts['name']}", url)


@source(text=_grouped, utility="row__utility")
def subgroups(user: User) -> QuerySet[Any]:
    names = {"utility_id": F("row__utility_id"), "subgroup": F("row"), "name": F("row__name")}
    facts = JSONObject(**names, closed=F("after__is_closed"))
    return SubgroupChange.objects.filter(row__utility__in=_mine(user)).annotate(facts=facts)


def _of_round(path: str, **more: Any) -> JSONObject:
    return JSONObject(round=F(path), name=F(f"{path}__name"), utility_id=F(f"{path}__utility_id"), **more)


def _round_moved(facts: Facts) -> ChangeText:
    url = reverse("ims:round", args=[facts["utility_id"], facts["round"]])
    if facts["to"] == ReadinessRound.Status.TOGETHER:
        return ChangeText("showed the ratings of readiness,", facts["name"], url, "to the team")
    did = "reopened" if facts["from"] else "began"
    return ChangeText(
        f"{did} the rating of readiness,", facts["name"], url, _quoted(facts["why"]) if facts["why"] else ""
    )


@source(text=_round_moved, utility="round__utility")
def readiness(user: User) -> QuerySet[Any]:
    facts = _of_round("round", **{"from": F("from_status"), "to": F("to_status"), "why": Substr("why", 1, QUOTED + 1)})
    return ReadinessEvent.objects.filter(round__utility__in=_mine(user)).annotate(facts=facts)


def _of_barrier(facts: Facts) -> ChangeText:
    known, url = barriers().get(facts["slug"]), reverse("ims:round", args=[facts["utility_id"], facts["round"]])
    what, url = known.name if known else facts["slug"], f"{url}#row-{facts['slug']}"
    if facts["applies"] is None:
        return ChangeText("changed what is done about", what, url)
    return ChangeText("said that", what, url, "applies to us" if facts["applies"] else "does not apply to us")


@source(text=_of_barrier, utility="row__round__utility")
def barriers_met(user: User) -> QuerySet[Any]:
    facts = _of_round("row__round", slug=F("row__slug"), applies=F("after__applies"))
    return ReadinessChange.objects.filter(row__round__utility__in=_mine(user)).annotate(facts=facts)


def _scored(facts: Facts) -> ChangeText:
    text = _text("finished scoring in", facts)
    return ChangeText(text.did, text.what, text.url, who=facts["name"])


@source(text=_scored, at="done_at", by="person__user", utility="workshop__utility")
def scored(user: User) -> QuerySet[Any]:
    """Who finished scoring in a workshop, also someone without an account, for whom its leader scores."""
    facts = _about("workshop", name=F("person__name"))
    return Participant.objects.filter(workshop__utility__in=_mine(user)).annotate(facts=facts)


@source(
    text=lambda facts: _text(
        "settled a conflict in" if facts["outcome"] == Pair.Outcome.SETTLED else "accepted a conflict in", facts
    ),
    at="changed_at",
    by="changed_by",
    utility="workshop__utility",
)
def conflicts(user: User) -> QuerySet[Any]:
    facts = _about("workshop", outcome=F("outcome"))
    return Pair.objects.filter(workshop__utility__in=_mine(user)).exclude(outcome="").annotate(facts=facts)


def _read(facts: Facts) -> ChangeText:
    return _text("read" if facts["reader"] == facts["entered_by"] else "entered who read", facts)


@source(text=_read, at="entered_at", by="entered_by", utility="document__utility", alike=("document",))
def documents_read(user: User) -> QuerySet[Any]:
    facts = _about("document", reader=F("person__user"), entered_by=F("entered_by"))
    return DocumentReader.objects.filter(document__utility__in=_mine(user), signed_on__isnull=False).annotate(
        facts=facts
    )
