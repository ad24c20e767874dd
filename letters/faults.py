"""Checks a wording that an administrator typed.

Nothing that passes makes a letter much longer than it is itself: there are no loops, and no filter that is given a
size, such as ``ljust`` or ``stringformat``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.template import Template, TemplateSyntaxError, Variable
from django.template.base import FilterExpression, Node, TextNode, VariableNode
from django.template.defaulttags import CommentNode, IfNode

from letters.wordings import Wording

MAX_LENGTH = 20_000  # characters of a wording
MAX_TAGS = 200  # variables and ifs
# Filters whose result is at most as long as what they get, or as an argument that is typed out.
FILTERS = {
    "capfirst", "cut", "default", "default_if_none", "first", "last", "length", "lower", "slugify", "title",
    "truncatechars", "truncatewords", "upper", "wordcount", "yesno",
}  # fmt: skip

PLAIN = "Its subject can’t have any, since it goes to people who have not asked for it"


def faults(text: str, wording: Wording) -> list[str]:
    """Returns the errors in ``text``, for the person who typed it; empty if letters can be made from it."""
    if len(text) > MAX_LENGTH:
        return [f"This is too long: {len(text) - MAX_LENGTH:,} characters more than the {MAX_LENGTH:,} that fit."]
    if text.count("{{") + text.count("{%") > MAX_TAGS:
        return [f"There are too many variables and conditions in it: at most {MAX_TAGS}."]
    try:
        nodes = Template(text).nodelist
        names_used = list(dict.fromkeys(_variables(nodes)))
        filters = sorted(set(_filters(nodes)) - FILTERS)
    except TemplateSyntaxError as error:
        return [f"Template error: {error}"]
    except RecursionError:
        return ["Its conditions are nested too deeply."]
    names = [word.name for word in wording.words]
    there = "Available: " + ", ".join(f"{{{{ {name} }}}}" for name in names) if names else PLAIN
    found = []
    for name in names_used:
        if name not in names:
            found.append(f"This email has no variable “{name}”. {there}.")
    if filters:
        found.append(f"Letters can’t use the filter “{filters[0]}”. Available: {', '.join(sorted(FILTERS))}.")
    if any(_is_other(node) for node in nodes.get_nodes_by_type(Node)):
        found.append("The only tags allowed are {% if %}, {% elif %}, {% else %} and {% endif %}.")
    texts = [node.s for node in nodes.get_nodes_by_type(TextNode) if isinstance(node, TextNode)]
    if any(re.search(r"{{|}}|{%|%}", typed) for typed in texts):
        found.append("A {{ or {% is not closed or is closed twice. Write variables as {{ utility }}.")
    return found


def _is_other(node: Node) -> bool:
    return not isinstance(node, TextNode | VariableNode | IfNode | CommentNode)


def _variables(nodes: Iterable[Any]) -> Iterator[str]:
    """Yields the names of the variables, as typed."""
    for expression in _expressions(nodes):
        arguments = (value for _, given in expression.filters for _, value in given)
        for value in (expression.var, *arguments):
            if isinstance(value, Variable) and value.lookups:
                yield ".".join(value.lookups)


def _filters(nodes: Iterable[Any]) -> Iterator[str]:
    for expression in _expressions(nodes):
        yield from (function._filter_name for function, _ in expression.filters)


def _expressions(nodes: Iterable[Any]) -> Iterator[FilterExpression]:
    for node in nodes:
        if isinstance(node, VariableNode):
            yield node.filter_expression
        elif isinstance(node, IfNode):
            for condition, inside in node.conditions_nodelists:
                yield from _in_condition(condition)
                yield from _expressions(inside)


def _in_condition(condition: Any) -> Iterator[FilterExpression]:
    """Yields what is in an ``if``: a tree of operators (first, second) whose leaves have a value."""
    if condition is None:  # else
        return
    if isinstance(getattr(condition, "value", None), FilterExpression):
        yield condition.value
    yield from _in_condition(getattr(condition, "first", None))
    yield from _in_condition(getattr(condition, "second", None))
