"""Turns the evidence of a gap analysis into a first draft of an attribute's narrative."""

from typing import Any

from assessments.models import Finding, GapAnalysis
from recognition.models import Attribute


def draft(attribute: Attribute, analysis: GapAnalysis) -> str:
    """Returns the evidence on the elements that the attribute is mapped to; empty if there is none."""
    findings = analysis.findings.filter(element__in=attribute.elements.all())
    ordered = findings.select_related("element").prefetch_related("evidence_items__file").order_by("element__order")
    return "\n\n".join(filter(None, (_told(finding) for finding in ordered)))


def added(answers: dict[str, Any], text: str) -> dict[str, Any]:
    """Returns the answers, marked chosen, with ``text`` appended to the first prompt."""
    first = "\n\n".join(filter(None, (answers.get("assessed", "").strip(), text)))
    return answers | {"chosen": True, "assessed": first}


def _told(finding: Finding) -> str:
    shown = [str(item) for item in finding.evidence_items.all()]
    if not finding.evidence.strip() and not shown:
        return ""
    return "\n".join([f"{finding.element}: {finding.evidence.strip()}".strip(), *(f"See: {item}" for item in shown)])
