"""Turns what a utility knows into a first draft of a narrative: a gap analysis's evidence, its records and measures."""

from collections.abc import Iterable, Mapping
from typing import Any

from accounts.models import User
from assessments.models import Finding, GapAnalysis
from ims.system.sentences import Sentence, sentences
from recognition.application.content import MAX_LENGTH, PROMPTS, Content
from recognition.models import Application, Attribute, Category, Section


class TooLong(Exception):
    """The narratives would be longer than they may be; the message says by how much. Nothing was added."""


def draft(attribute: Attribute, analysis: GapAnalysis) -> str:
    """Returns the evidence on the elements that the attribute is mapped to; empty if there is none."""
    findings = analysis.findings.filter(element__in=attribute.elements.all())
    ordered = findings.select_related("element").prefetch_related("evidence_items__file").order_by("element__order")
    return "\n\n".join(filter(None, (_in_words(finding) for finding in ordered)))


def offered(about: Attribute | Category, application: Application, user: User) -> list[Sentence]:
    """Returns the records and measures of the applicant that fit: by elements, or by the words of a category."""
    if isinstance(about, Category):
        return sentences(application.utility, user, words=about.found_by)
    return sentences(application.utility, user, elements=about.elements.values_list("slug", flat=True))


def added(answers: Mapping[str, Any], texts: Iterable[str], prompt: str = "assessed") -> dict[str, Any]:
    """Returns the answers, marked chosen, with the texts that are not there yet appended to one of them."""
    before = answers.get(prompt, "").strip()
    new = [text for text in texts if text not in before]
    return {**answers, "chosen": True, prompt: "\n\n".join(filter(None, [before, *new]))}


def with_sentences(answers: Mapping[str, Any], chosen: Iterable[Sentence], *, is_category: bool) -> dict[str, Any]:
    """Returns the answers with what the sentences say. An attribute has a prompt of its own for measures."""
    found = list(chosen)
    if is_category:
        return added(answers, [each.text for each in found], "narrative")
    for prompt, is_measure in (("assessed", False), ("measures", True)):
        if texts := [each.text for each in found if each.is_measure == is_measure]:
            answers = added(answers, texts, prompt)
    return dict(answers)


def keep(application: Application, section: Section, answers: dict[str, Any], *, by: User) -> None:
    """Saves the answers over those that were read. Raises TooLong, Stale, WrongState."""
    content: Content = {**application.content(), section.name: answers}
    words, most = application.checked(content).words, application.cycle.edition.most_words
    if words > most:
        raise TooLong(f"Your narratives would have {words:,} words; the limit is {most:,}.")
    if any(len(answers.get(name, "")) > MAX_LENGTH for name in (*PROMPTS, "narrative")):
        raise TooLong(f"A text can have at most {MAX_LENGTH:,} characters.")
    section.application = application
    section.answer(section.version, answers, by=by)


def _in_words(finding: Finding) -> str:
    shown = [str(item) for item in finding.evidence_items.all()]
    if not finding.evidence.strip() and not shown:
        return ""
    return "\n".join([f"{finding.element}: {finding.evidence.strip()}".strip(), *(f"See: {item}" for item in shown)])
