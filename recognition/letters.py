"""What a letter may say: the variables of each template, what is wrong with a text, and how it reads."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template import Template, TemplateSyntaxError, Variable
from django.template.base import FilterExpression, Node, TextNode, VariableNode
from django.template.defaulttags import CommentNode, IfNode

from recognition.models.message import filled


@dataclass(frozen=True)
class Word:
    """A variable: what it stands for, and words to preview it with."""

    name: str
    meaning: str
    sample: str


WORDS = {
    word.name: word
    for word in [
        Word("utility", "the utility's name", "Riverbend Water and Sewer"),
        Word("cycle", "the cycle's title", "Recognition 2027"),
        Word("link", "the address of the application's page", f"{settings.SITE_URL}/recognition/applications/1/"),
        Word("contact", "the address for questions", settings.CONTACT_EMAIL),
        Word("person", "the reader's name; empty in letters to applicants", "Paula Nell"),
        Word("number", "which version was submitted, 1 or 2", "1"),
        Word("submitted_at", "when it was submitted", "September 30, 2026, 4:12 PM EDT"),
        Word("due", "the date it is due", "October 14, 2026"),
        Word("closes", "when the cycle closes", "September 30, 2026, 5:00 PM EDT"),
        Word("deficiencies", "what is missing, a line each", "- It is certified\n- The contact is complete"),
        Word("letter", "what the person who checked it wrote; may be empty", "Please call us if a point is unclear."),
        Word("until", "the last day of the recognition", "March 31, 2030"),
        Word("finding", "what the compliance review found", "A consent order of May 2026 is still open."),
        Word("reason", "why it was decided so; may be empty", "Two attributes rest on plans that have not begun."),
        Word("recognition_number", "the recognition's number", "7K3M-9QXP-2RTV-8WYZ"),
        Word("signatory", "who signs, as the cycle says; may be empty", "Dana Whitfield"),
        Word("signatory_title", "that person's title; may be empty", "Director of the recognition program"),
        Word("count", "how many organizations are recognized", "12 organizations"),
        Word("place", "where those are of whom the letter tells", "in Oregon"),
        Word("states", "in how many states and territories the organizations are", "9 states and territories"),
        Word("agency", "the first line of the cycle’s sender", "Environmental Protection Agency"),
        Word("released", "when the decisions were released", "October 14, 2026"),
        Word("city", "where the utility is", "Riverbend"),
        Word("state", "the utility’s state or territory", "Oregon"),
        Word("since", "the first day of the recognition", "April 1, 2027"),
        Word("register", "the utility’s page in the public register", f"{settings.SITE_URL}/recognition/register/1/"),
    ]
}
EVERYWHERE = ("utility", "cycle", "link", "contact", "person")
OF_A_CYCLE = ("cycle", "contact")  # instead of EVERYWHERE, in what is not about one application
ABOUT_A_CYCLE = ("notice-letter", "federal-register")
OWN = {
    "application-submitted": ("number", "submitted_at"),
    "application-returned": ("due", "deficiencies", "letter"),
    "application-reminder": ("due",),
    "draft-reminder": ("closes",),
    "deadline-moved": ("due",),
    "panel-assigned": ("due",),
    "panel-reminder": ("due",),
    "application-not-eligible": ("finding",),
    "application-incomplete": ("due", "reason"),
    "application-withdrawn": (),
    "recognized": ("reason",),
    "not-recognized": ("reason",),
    # Its name, place, days, number and signature stand on every certificate; the wording need not repeat them.
    "certificate": ("since", "until", "recognition_number", "signatory", "signatory_title"),
    "notice-letter": ("count", "place"),
    "federal-register": ("agency", "count", "states", "released"),
    "press-text": ("city", "state", "since", "until", "register"),
    "recognition-expires": ("until",),
    "recognition-revoked": ("reason",),
}


def words_of(template: str) -> list[Word]:
    """What can stand in the template of this name."""
    general = OF_A_CYCLE if template in ABOUT_A_CYCLE else EVERYWHERE
    return [WORDS[name] for name in (*general, *OWN.get(template, ()))]


def preview(template: str, subject: str, content: str) -> tuple[str, str]:
    """Both as a reader would get them. Takes what has no ``faults``."""
    words = {word.name: word.sample for word in words_of(template)}
    if not template.startswith("panel-"):
        words["person"] = ""
    return filled(subject, words).strip(), filled(content, words).strip()


def faults(text: str, template: str) -> list[str]:
    """In words for the person who typed ``text``; nothing where every letter made from it can be read."""
    try:
        nodes = Template(text).nodelist
    except TemplateSyntaxError as error:
        return [f"This can't be read: {error}"]
    names = [word.name for word in words_of(template)]
    there = ", ".join(f"{{{{ {name} }}}}" for name in names)
    found = []
    for name in dict.fromkeys(_variables(nodes)):
        if name not in names:
            found.append(f"There is no “{name}” in this letter. There is: {there}.")
    if any(_is_other(node) for node in nodes.get_nodes_by_type(Node)):
        found.append("Of tags in {% %}, a letter knows {% if %}, {% elif %}, {% else %} and {% endif %} only.")
    texts = [node.s for node in nodes.get_nodes_by_type(TextNode) if isinstance(node, TextNode)]
    if any(re.search(r"{{|}}|{%|%}", typed) for typed in texts):
        found.append("Somewhere a {{ or {% is not closed, or closed twice. Write {{ utility }}, with both pairs.")
    return found


def _is_other(node: Node) -> bool:
    return not isinstance(node, TextNode | VariableNode | IfNode | CommentNode)


def _variables(nodes: Iterable[Any]) -> Iterator[str]:
    """The names that are asked for, as they were typed."""
    for node in nodes:
        if isinstance(node, VariableNode):
            yield from _of_expression(node.filter_expression)
        elif isinstance(node, IfNode):
            for condition, inside in node.conditions_nodelists:
                yield from _of_condition(condition)
                yield from _variables(inside)


def _of_condition(condition: Any) -> Iterator[str]:
    """An ``if`` is a tree of operators (first, second) whose leaves have a value."""
    if condition is None:  # else
        return
    if isinstance(getattr(condition, "value", None), FilterExpression):
        yield from _of_expression(condition.value)
    yield from _of_condition(getattr(condition, "first", None))
    yield from _of_condition(getattr(condition, "second", None))


def _of_expression(expression: FilterExpression) -> Iterator[str]:
    values = [expression.var, *(value for _, arguments in expression.filters for _, value in arguments)]
    for value in values:
        if isinstance(value, Variable) and value.lookups:
            yield ".".join(value.lookups)
