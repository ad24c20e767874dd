"""What the description of the API says besides what each router says: every error that an operation answers with."""

from http.client import responses as phrases
from typing import Any

from workflow.problems import PROBLEM

Described = dict[str, Any]  # a part of an OpenAPI document

SHAPE = "Problem"
CHANGES = ("post", "put", "patch", "delete")
PROBLEM_SHAPE: Described = {
    "title": SHAPE,
    "type": "object",
    "description": "An error (RFC 9457). “errors” names the values that are wrong, “current” is what is stored now.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {}},
        "current": {"type": "object"},
    },
}
# Answers of any operation; of those with values, with a body, that need a token, that change what is stored.
ANY, VALUES, BODY, TOKEN, CHANGE = (400,), (422,), (413,), (401, 403, 404, 429), (409,)
# Public ones that need an edition of the criteria, which a new site may lack.
OF_CRITERIA = ("/recognition/criteria", "/recognition/check")


def with_errors(described: Described) -> Described:
    """Adds the errors to an OpenAPI document, and returns it."""
    described["components"].setdefault("schemas", {})[SHAPE] = PROBLEM_SHAPE
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            for status in _errors(path, method, operation):
                answers.setdefault(status, _problem(status))
            if method == "get" and "security" not in operation:
                answers[304] = {"description": "It has not changed since the version that If-None-Match names."}
            operation["responses"] = {key: answers[key] for key in sorted(answers, key=int)}
    return described


def _errors(path: str, method: str, operation: Described) -> set[int]:
    has_body, needs_token = "requestBody" in operation, "security" in operation
    found = set(ANY)
    if has_body or operation.get("parameters"):
        found.update(VALUES)
    if has_body:
        found.update(BODY)
    if needs_token:
        found.update(TOKEN)
    if needs_token and method in CHANGES:
        found.update(CHANGE)
    if "{" in path or path.endswith(OF_CRITERIA):
        found.add(404)
    return found


def _problem(status: int) -> Described:
    return {"description": phrases[status], "content": {PROBLEM: {"schema": {"$ref": f"#/components/schemas/{SHAPE}"}}}}
