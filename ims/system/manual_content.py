"""What the system manual says, composed from the living records as plain values (guide 2004, §4.2.3).

The guide asks that a manual describe how the elements fit together and refer clearly to the other documents.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.utils import timezone

from accounts.models import Utility
from assessments.operations import OPERATIONS
from ims import registers
from ims.check.audits import Audit
from ims.check.quarters import Quarter
from ims.closed import ClosedRegister
from ims.do.emergency_plan import answers_of, covered
from ims.editions import later
from ims.records import Record
from ims.registers import InManual, Register
from ims.system.coverage import in_scope
from ims.system.manual import ManualWords
from ims.team.board import State, Team
from ims.words import words_of
from pdca.models import Element
from workflow.changes import label_of

OTHER_AREA = "It does not name this area."


def compose(utility: Utility, area: str = "") -> dict[str, Any]:
    """Returns the manual as of now, for all areas or for the letter of one, as values that JSON can hold::

        {"facts": [[label, words]], "functions": [[function, people]], "closed": [names of registers],
         "lacking": {number: why it is not in force},
         "elements": [{"slug", "name", "component", "purpose", "words", "notes": [sentences], "parts": [
             {"register", "name", "records": [
                 {"number", "title", "areas": [letters], "owner", "text", "facts": [[label, words]]}]}]}]}

    The manual of an area has the records that name it, and those that name no area, because these serve all. Records
    of closed registers are left out. Makes one query for each register and a few more, at any number of records.
    """
    team = Team(utility)
    held, lacking = _held(utility, area, team.names.initiatives)
    words = dict(ManualWords.objects.filter(utility=utility).values_list("element", "text"))
    elements = Element.objects.known().order_by("order")
    return {
        "facts": list(_facts(team, area)),
        "functions": list(_functions(team)),
        "closed": _closed(utility),
        "lacking": lacking,
        "elements": [
            {
                "slug": each.slug,
                "name": each.name,
                "component": each.component_id,
                "purpose": each.purpose,
                "words": words.get(each.slug, ""),
                "notes": NOTES[each.slug](utility, area) if each.slug in NOTES else [],
                "parts": held.get(each.slug, []),
            }
            for each in elements
        ],
    }


# The records.


def _held(utility: Utility, area: str, initiatives: dict[str, str]) -> tuple[dict[str, list[Any]], dict[str, str]]:
    """Returns the parts of each element, and why records are in none."""
    parts: dict[str, list[Any]] = {}
    lacking: dict[str, str] = {}
    used = set(Record.objects.filter(utility=utility).order_by().values_list("register", flat=True).distinct())
    for register in registers.known():
        in_manual = register.in_manual
        if in_manual is None or register.slug not in used:
            continue
        found: dict[str, list[Any]] = {}
        for record in _rows(register, in_manual, utility):
            if why := _lacks(record, register, area):
                lacking[record.number] = why
            else:
                found.setdefault(register.serves(record), []).append(_record(record, in_manual, initiatives))
        for element, records in found.items():
            part = {"register": register.slug, "name": register.name, "records": records}
            parts.setdefault(element, []).append(part)
    return parts, lacking


def _rows(register: Register, in_manual: InManual, utility: Utility) -> Any:
    rows = register.model.objects.filter(utility=utility, restricted=False)
    fields = [field for field in register.model._meta.fields if field.name in in_manual.facts]
    linked = [field.name for field in fields if field.is_relation]
    return in_manual.rows(rows.select_related("owner", *linked).order_by("number"))


def _lacks(record: Record, register: Register, area: str) -> str:
    if not in_scope(record.areas, area):
        return OTHER_AREA
    if why := register.living(record):
        return f"{'Lapsed' if record.is_late else record.status_label}. {why}"
    return ""


def _record(record: Any, in_manual: InManual, initiatives: dict[str, str]) -> dict[str, Any]:
    facts = [(label_of(type(record), name).capitalize(), _line(words_of(record, name))) for name in in_manual.facts]
    facts.append(("Initiatives", ", ".join(initiatives.get(slug, slug) for slug in record.initiatives)))
    facts.append(("Due", _line(words_of(record, "due"))))
    return {
        "number": record.number,
        "title": record.title,
        "areas": record.areas,
        "owner": str(record.owner or ""),
        "text": getattr(record, in_manual.text) if in_manual.text else "",
        "facts": [[label, words] for label, words in facts if words],
    }


def _line(words: Any) -> str:
    return " ".join(str(words).split())


def _closed(utility: Utility) -> list[str]:
    rows = ClosedRegister.objects.filter(utility=utility).order_by("register").values_list("register", flat=True)
    return [registers.get(slug).name for slug in rows]


# The introduction.


def _facts(team: Team, area: str) -> Iterator[list[str]]:
    utility, scope, names = team.utility, team.scope, team.names
    yield ["Utility", f"{utility}, {utility.city}, {utility.get_state_display()}"]
    covers = [area] if area else scope.areas
    others = team.analysis.other_initiatives if team.analysis else []
    facts = {
        "Management areas": ", ".join(names.areas.get(code, code) for code in covers),
        "Operations inside the fence line": "; ".join(OPERATIONS[slug] for slug in scope.operations),
        "Fence line": team.analysis.fence_line if team.analysis else "",
        "Initiatives in place": ", ".join(
            [*(names.initiatives.get(slug, slug) for slug in scope.initiatives), *others]
        ),
        "Management representative": str(team.representative or ""),
    }
    yield from ([label, words] for label, words in facts.items() if words)


def _functions(team: Team) -> Iterator[list[str]]:
    """Who represents each function. What is left out, and who is no longer here, is not named."""
    for place in team.places:
        if place.state != State.LEFT_OUT:
            yield [place.name, "Nobody yet" if place.is_missing else place.names]


# What else there is to say of an element.


def _reporting(utility: Utility, area: str) -> list[str]:
    quarter = Quarter.objects.filter(utility=utility).exclude(summary="").order_by("-first").first()
    return [f"The last quarterly report of performance is that of {quarter}."] if quarter else []


def _emergency_plan(utility: Utility, area: str) -> list[str]:
    answers = answers_of(utility)
    n, of = covered(answers)
    return [f"The emergency plan covers {n} of {of} topics."] if answers else []


def _audit_program(utility: Utility, area: str) -> list[str]:
    """Tells the audits planned in the twelve months ahead: they are not done yet, so they are no living records."""
    ahead = later(timezone.localdate(), 12)
    rows = Audit.objects.filter(utility=utility, restricted=False, status__in=Audit.BEFORE_REPORT, due__lte=ahead)
    planned = [audit for audit in rows.order_by("due", "number") if in_scope(audit.areas, area)]
    return [f"Planned: {audit.number} {audit.title}, {words_of(audit, 'due')}." for audit in planned]


NOTES: dict[str, Callable[[Utility, str], list[str]]] = {
    "reporting": _reporting,
    "emergency-preparedness-response": _emergency_plan,
    "auditing": _audit_program,
}
