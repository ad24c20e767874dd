"""What a new record is made from.

An action takes up an integration opportunity, closes gaps of an analysis at one element, or answers a weak success
factor or a barrier. One that closes gaps begins with the steps of the opportunities that are open to the utility at the
element (guide 2004, ch. 4). An objective answers a finding of an assessment. A record of any register may follow from
another record, carry out a decision of a management review or answer a finding of an audit.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.db import transaction
from django.http import QueryDict
from django.utils.text import get_text_list

from accounts.models import User, Utility
from assessments.integration.board import Shown, board, latest
from ims import registers
from ims.check.audit_rows import AuditLine
from ims.check.reviews import ReviewDecision
from ims.do.emergencies import Lesson
from ims.links import CAME_FROM, link
from ims.plan.assessing import Assessment
from ims.plan.ranked import Ranked
from ims.records import Record
from ims.registers import Register
from ims.team.readiness.models import ReadinessPoint
from initiatives.models import Initiative
from pdca.models import Area, Element, Opportunity

CARRIED = ("title", "areas", "initiatives", "units")  # from one record to the one that is made from it
MAX_LENGTH = 5000  # characters of the steps of an action
# The rows of records that ask for another record, by what their key is called in an address.
ROWS: dict[str, Any] = {
    "decision": ReviewDecision.objects.to_follow_up,
    "audited": AuditLine.objects.to_follow_up,
    "lesson": Lesson.objects.to_follow_up,
}


class Suggested(NamedTuple):
    """What the form begins with, what is kept with the record, and the opportunities whose steps the form has.

    ``source`` is the record that it follows from, ``row`` what asked for it there: what a management review decided,
    an audit found, or a drill taught.
    """

    initial: dict[str, Any]
    origin: dict[str, Any]
    opportunities: Sequence[Opportunity] = ()
    source: Record | None = None
    row: ReviewDecision | AuditLine | Lesson | None = None

    @transaction.atomic
    def open_in(self, register: Register, utility: Utility, *, by: User, **fields: Any) -> Record:
        """Creates the record. It links to the opportunities that its steps still name. ``by`` must be able to edit."""
        made = register.model.open_in(utility, by=by, **fields, **self.origin)
        if self.source:
            link(made, self.source, CAME_FROM, by=by)
        if self.row:
            self.row.keep_made(made)
        kept = [each for each in self.opportunities if each.title in fields["lines"]]
        if kept:
            mine = register.model.objects.visible_to(by).get(pk=made.pk)
            for each in kept:
                url = settings.SITE_URL.rstrip("/") + each.get_absolute_url()
                mine.attach_link(by=by, url=url, title=each.title)
        return made


def suggested(asked: QueryDict, register: Register, utility: Utility, user: User) -> Suggested:
    """Reads what the register's records may be made from. Ignores what is unknown or closed to the user.

    ``from`` is the number of any record, ``decision`` the key of one of a management review, ``audited`` the key of a
    line of an audit, ``lesson`` that of a drill, ``finding`` the number of a finding; ``opportunity`` is a slug, or
    ``element`` a slug and ``areas`` letters; ``readiness`` is the key of a factor, barrier or response in a round;
    ``initiative`` is the slug of one that the record is to serve.
    """
    if row := _row(asked, utility):
        begun = row.suggested(register.slug)
        initial = {name: begun[name] for name in begun if name in (*register.shared, *register.fields)}
        return Suggested(initial, {}, source=row.source, row=row)
    if "initiatives" in register.shared and (slug := asked.get("initiative", "")):
        known = Initiative.objects.known().filter(slug=slug)
        return Suggested({"initiatives": list(known.values_list("slug", flat=True))}, {})
    rows = Record.objects.visible_to(user).filter(utility=utility)
    if source := rows.filter(number=asked.get("from", "")).first():
        return Suggested(_carried(source, register), {}, source=source)
    if "finding" in register.origins:
        rows = Assessment.objects.filter(utility=utility, number=asked.get("finding", ""))
        finding: Any = rows.select_related("utility").first()
        return Suggested(Ranked(utility).objective_for(finding), {"finding": finding}) if finding else Suggested({}, {})
    key = str(asked.get("readiness", ""))
    if "readiness" in register.origins and key.isdecimal():
        points = ReadinessPoint.objects.filter(round__utility=utility, pk=int(key[:18]))
        if point := points.select_related("round").first():
            element = Element.objects.filter(slug=point.element).first()
            return Suggested(point.suggested(), {"readiness": point, "element": element})
    if "opportunity" not in register.origins:
        return Suggested({}, {})
    if opportunity := Opportunity.objects.readable().filter(slug=asked.get("opportunity", "")).first():
        initial = {
            "title": opportunity.title,
            "lines": "\n".join(opportunity.how) or opportunity.shared,
            "initiatives": opportunity.initiatives,
        }
        return Suggested(initial, {"opportunity": opportunity, "element": opportunity.element})
    if element := Element.objects.known().filter(slug=asked.get("element", "")).first():
        areas = list(Area.objects.filter(code__in=list(asked.get("areas", ""))))
        names = get_text_list([area.short_name.lower() for area in areas], "and")
        name = f"{element.name[0].lower()}{element.name[1:]}"
        title = f"Extend {name} to {names}" if areas else f"Improve {name}"
        shown = _ahead_at(element, utility)
        initial = {
            "title": title,
            "areas": [area.code for area in areas],
            "lines": _steps([each.opportunity for each in shown]),
            "initiatives": list(dict.fromkeys(one.slug for each in shown for one in each.asking)),
        }
        return Suggested(initial, {"element": element}, [each.opportunity for each in shown])
    return Suggested({}, {})


def _carried(source: Record, register: Register) -> dict[str, Any]:
    """Returns what a record of the register begins with if it follows from ``source``.

    It takes over the title only where it follows the source up.
    """
    described = registers.get(source.register)
    names = [name for name in CARRIED if name in register.shared]
    if register.slug not in described.leads_to:
        names.remove("title")
    begun = described.begins(described.model.objects.get(pk=source.pk))
    carried = {name: getattr(source, name) for name in names}
    return carried | {name: value for name, value in begun.items() if name in register.fields}


def _row(asked: QueryDict, utility: Utility) -> ReviewDecision | AuditLine | Lesson | None:
    """Returns the row of a record that asks for another record, unless one was made of it already."""
    for name, rows in ROWS.items():
        key = str(asked.get(name, ""))
        if key.isdecimal():
            return rows(utility).filter(pk=int(key[:18])).first()
    return None


def _ahead_at(element: Element, utility: Utility) -> list[Shown]:
    """Returns what the utility's latest analysis opens there and nobody has settled, the most important first."""
    analysis = latest(utility)
    shown = board(analysis, analysis.results).shown if analysis else []
    return [each for each in shown if each.opportunity.element_id == element.slug and each.is_ahead]


def _steps(opportunities: Sequence[Opportunity]) -> str:
    """Returns the title and the steps of each, as long as they fit."""
    text = ""
    for each in opportunities:
        steps = "\n".join([f"{each.title}:", *(each.how or [each.shared])])
        longer = f"{text}\n\n{steps}" if text else steps
        text = longer if len(longer) <= MAX_LENGTH else text
    return text
