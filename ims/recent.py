"""What others changed in the registers, for the home page: statuses, fields, comments, links and files."""

from typing import Any

from django.db.models import Expression, F, Func, JSONField, QuerySet
from django.db.models.functions import JSONObject, Substr
from django.urls import reverse

from accounts.models import User
from ims import registers
from ims.records import Record, RecordChange, RecordComment, RecordEvent
from workflow.changes import label_of
from workflow.recent import Facts, Told, source

QUOTED = 80  # characters of a comment or a reason


def _readable(user: User) -> QuerySet[Any]:
    return Record.objects.visible_to(user).order_by().values("pk")


def _about(path: str, **more: Any) -> JSONObject:
    """Returns the facts of a change. ``path`` leads from it to its record."""
    names = ("utility_id", "register", "number", "title")
    return JSONObject(**{name: F(f"{path}__{name}") for name in names}, **more)


def _told(did: str, facts: Facts, then: str = "", anchor: str = "") -> Told:
    url = reverse("ims:record", args=[facts["utility_id"], facts["register"], facts["number"]])
    return Told(did, f"{facts['number']} {facts['title']}", url + anchor, then)


def _quoted(text: str) -> str:
    line = " ".join(text.split())
    return f"“{line[:QUOTED]}…”" if len(line) > QUOTED else f"“{line}”"


def _moved(facts: Facts) -> Told:
    if not facts["from"]:
        return _told("added", facts)
    status = dict(registers.get(facts["register"]).stages).get(facts["to"], facts["to"])
    why = f": {_quoted(facts['why'])}" if facts["why"] else ""
    return _told("moved", facts, f"to “{status}”{why}")


@source(told=_moved, utility="record__utility")
def moves(user: User) -> QuerySet[Any]:
    why = Substr("why", 1, QUOTED + 1)
    facts = _about("record", **{"from": F("from_status"), "to": F("to_status"), "why": why})
    return RecordEvent.objects.filter(record__in=_readable(user)).annotate(facts=facts)


@source(told=lambda facts: _told("commented on", facts, _quoted(facts["text"]), "#comments"), utility="record__utility")
def comments(user: User) -> QuerySet[Any]:
    facts = _about("record", text=Substr("text", 1, QUOTED + 1))
    return RecordComment.objects.filter(record__in=_readable(user)).annotate(facts=facts)


def _names() -> Expression:
    """Returns the names of what a change holds, as a list. Their values may be long texts."""
    template = "jsonb_path_query_array(%(expressions)s, '$.keyvalue().key')"
    return Func(F("before"), F("after"), arg_joiner=" || ", template=template, output_field=JSONField())


def _changed(facts: Facts) -> Told:
    if facts["attached"]:
        return _told(f"added “{facts['attached']}” to", facts, anchor="#attachments")
    if facts["removed"]:
        return _told(f"removed “{facts['removed']}” from", facts, anchor="#attachments")
    model: Any = registers.get(facts["register"]).model
    labels = [label_of(model, name) for name in facts["fields"]]
    return _told("changed", facts, f"({', '.join(labels)})" if labels else "")


@source(told=_changed, utility="row__utility")
def changes(user: User) -> QuerySet[Any]:
    """Of fields, and of links and files that were added or removed."""
    attached, removed = F("after__links_and_files"), F("before__links_and_files")
    facts = _about("row", fields=_names(), attached=attached, removed=removed)
    return RecordChange.objects.filter(row__in=_readable(user)).annotate(facts=facts)
