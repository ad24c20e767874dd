"""What a new record is made from.

An action takes up an integration opportunity, closes gaps of an analysis at one element, or answers a weak success
factor or a barrier. An objective answers a finding of an assessment.
"""

from typing import Any

from django.http import QueryDict
from django.utils.text import get_text_list

from accounts.models import Utility
from ims.plan.assessing import Assessment
from ims.plan.ranked import Ranked
from ims.registers import Register
from ims.team.readiness.models import ReadinessPoint
from pdca.models import Area, Element, Opportunity

Suggested = tuple[dict[str, Any], dict[str, Any]]  # what the form begins with, what is kept with the record


def suggested(asked: QueryDict, register: Register, utility: Utility) -> Suggested:
    """Reads what the register's records may be made from. Ignores what is unknown.

    ``finding`` is the number of a finding; ``opportunity`` a slug, or ``element`` a slug and ``areas`` letters;
    ``readiness`` is the key of a factor, barrier or response in a round.
    """
    if "finding" in register.origins:
        rows = Assessment.objects.filter(utility=utility, number=asked.get("finding", ""))
        finding: Any = rows.select_related("utility").first()
        return (Ranked(utility).objective_for(finding), {"finding": finding}) if finding else ({}, {})
    key = str(asked.get("readiness", ""))
    if "readiness" in register.origins and key.isdecimal():
        points = ReadinessPoint.objects.filter(round__utility=utility, pk=int(key[:18]))
        if point := points.select_related("round").first():
            element = Element.objects.filter(slug=point.element).first()
            return point.suggested(), {"readiness": point, "element": element}
    if "opportunity" not in register.origins:
        return {}, {}
    if opportunity := Opportunity.objects.readable().filter(slug=asked.get("opportunity", "")).first():
        initial = {
            "title": opportunity.title,
            "lines": "\n".join(opportunity.how) or opportunity.shared,
            "initiatives": opportunity.initiatives,
        }
        return initial, {"opportunity": opportunity, "element": opportunity.element}
    if element := Element.objects.known().filter(slug=asked.get("element", "")).first():
        areas = list(Area.objects.filter(code__in=list(asked.get("areas", ""))))
        names = get_text_list([area.short_name.lower() for area in areas], "and")
        name = f"{element.name[0].lower()}{element.name[1:]}"
        title = f"Extend {name} to {names}" if areas else f"Improve {name}"
        return {"title": title, "areas": [area.code for area in areas]}, {"element": element}
    return {}, {}
