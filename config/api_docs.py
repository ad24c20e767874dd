"""The page that documents the JSON API, in the site's design.

django-ninja's own page loads its script from another host, which the content security policy forbids.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from accounts.limits import PER_TOKEN

Described = dict[str, Any]  # a part of an OpenAPI document


class Docs(DocsBase):
    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        described = api.get_openapi_schema(path_params=kwargs)
        context = {
            "url": self.get_openapi_url(api, kwargs),
            "site": settings.SITE_URL.rstrip("/"),
            "per_minute": PER_TOKEN.partition("/")[0],
            "addresses": [
                address(path, method, operation)
                for path, methods in described["paths"].items()
                for method, operation in methods.items()
            ],
            "shapes": [shape(name, schema) for name, schema in described["components"]["schemas"].items()],
        }
        return render(request, "config/api.html", context)


def address(path: str, method: str, operation: Described) -> Described:
    takes = [parameter["name"] for parameter in operation.get("parameters", [])]
    answers = [bodies(answer) for status, answer in operation["responses"].items() if int(status) < 300]
    return {
        "call": f"{method.upper()} {path}",
        "needs_token": "security" in operation,
        "summary": operation.get("summary", ""),
        "takes": ", ".join(filter(None, [*takes, bodies(operation.get("requestBody", {}))])),
        "answers": ", ".join(filter(None, answers)),
    }


def bodies(message: Described) -> str:
    return ", ".join(in_words(content["schema"]) for content in message.get("content", {}).values())


def shape(name: str, schema: Described) -> Described:
    fields = [(field, in_words(kind)) for field, kind in schema.get("properties", {}).items()]
    return {"name": name, "description": schema.get("description", ""), "fields": fields, "kind": in_words(schema)}


def in_words(schema: Described) -> str:
    """Returns the type of a value, such as ``list of ElementOut`` or ``string or null``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(in_words(choice) for choice in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {in_words(schema.get('items', {}))}"
    return str(schema.get("type", "anything"))
