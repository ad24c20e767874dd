"""Checks a wording that an administrator typed."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.template import Template, TemplateSyntaxError, Variable
from django.template.base import FilterExpression, Node, TextNode, VariableNode
from django.template.defaulttags import CommentNode, IfNode

from letters.wordings import Wording

PLAIN = "Its subject can’t have any, since it goes to people who have not asked for it"


def faults(text: str, wording: Wording) -> list[str]:
    """Returns the errors in ``text``, for the person who typed it; empty if letters can be made from it."""
    try:
        nodes = Template(text).nodelist
    except TemplateSyntaxError as error:
        return [f"Template error: {error}"]
    names = [word.name for word in wording.words]
    there = "Available: " + ", ".join(f"{{{{ {name} }}}}" for name in names) if names else PLAIN
    found = []
    for name in dict.fromkeys(_variables(nodes)):
        if name not in names:
            found.append(f"This email has no variable “{name}”. {there}.")
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
    for node in nodes:
        if isinstance(node, VariableNode):
            yield from _of_expression(node.filter_expression)
        elif isinstance(node, IfNode):
            for condition, inside in node.conditions_nodelists:
                yield from _of_condition(condition)
                yield from _variables(inside)


def _of_condition(condition: Any) -> Iterator[str]:
    """Yields the names in an ``if``: a tree of operators (first, second) whose leaves have a value."""
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
