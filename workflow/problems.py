"""Errors of the JSON API, in the format of RFC 9457."""

from django.http import JsonResponse

PROBLEM = "application/problem+json"


def problem(status: int, title: str, **more: object) -> JsonResponse:
    """Returns an error. ``more`` has its ``detail`` and what else a program needs to know."""
    body = {"type": "about:blank", "title": title, "status": status} | more
    return JsonResponse(body, status=status, content_type=PROBLEM)
