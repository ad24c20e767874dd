"""The report of an audit: what it is made of, for the page and for Excel."""

from collections.abc import Mapping
from typing import Any

from accounts.models import User
from ims.check.audit_rows import AuditLine
from ims.check.audits import Audit
from ims.plan.units import Unit
from initiatives.models import Initiative
from pdca.models import Area, Element
from workflow.spreadsheets import Rows


def find(user: User, object_id: int) -> Audit | None:
    return Audit.objects.visible_to(user).filter(pk=object_id).first()  # type: ignore[return-value]


def context(audit: Audit) -> dict[str, Any]:
    elements = dict(Element.objects.known().values_list("slug", "name"))
    lines = list(audit.lines.select_related("made"))
    named = [(line, line.question or elements.get(line.element, line.element)) for line in lines]
    kinds = AuditLine.Finding
    return {
        "audit": audit,
        "utility": audit.utility,
        "team": audit.team.select_related("person"),
        "areas": list(Area.objects.filter(code__in=audit.areas).values_list("name", flat=True)),
        "initiatives": _names(Initiative.objects.known(), audit.initiatives),
        "units": list(Unit.objects.filter(pk__in=audit.units).values_list("title", flat=True)),
        "lines": named,
        "findings": sorted(
            ((line, name) for line, name in named if line.is_worse or line.finding == kinds.OPPORTUNITY),
            key=lambda pair: (kinds.MAJOR, kinds.MINOR, kinds.OPPORTUNITY).index(pair[0].finding),
        ),
        "counts": [
            (label, sum(line.finding == value for line in lines))
            for value, label in [*kinds.choices, ("", "No answer yet")]
        ],
    }


def _names(rows: Any, slugs: list[str]) -> list[str]:
    return list(rows.filter(slug__in=slugs).order_by("short_name").values_list("short_name", flat=True))


def sheets(context: dict[str, Any]) -> Mapping[str, Rows]:
    """Returns the checklist with its findings, and the team."""
    heads = ["Line", "About", "Asked by", "What is asked", "Finding", "What was seen", "Led to"]
    rows = [
        [
            place,
            name,
            ", ".join(each["name"] for each in line.asked),
            line.what,
            str(line),
            line.seen,
            line.made.number if line.made else "",
        ]
        for place, (line, name) in enumerate(context["lines"], 1)
    ]
    team = [
        [str(each.person), each.get_role_display(), each.training, each.trained_on, each.apart]
        for each in context["team"]
    ]
    return {
        "Findings": [heads, *rows],
        "Team": [["Person", "Part", "Training in auditing", "Trained on", "Who audits what they own"], *team],
    }
