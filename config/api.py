"""The JSON API's root: each room brings its own router in ``api.py``."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from initiatives.api import router as initiatives_router
from pdca.api import router as pdca_router

api = NinjaAPI(title="Headworks", version="1", docs_url="docs", openapi_url="openapi.json", urls_namespace="api")
api.add_router("", pdca_router)
api.add_router("", initiatives_router)


def problem(status: int, title: str, **more: object) -> JsonResponse:
    """An error as RFC 9457 describes it."""
    body = {"type": "about:blank", "title": title, "status": status} | more
    return JsonResponse(body, status=status, content_type="application/problem+json")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(404, "Not found", detail="There is nothing at this address.")


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, "Not valid", detail="Some values are missing or not as expected.", errors=error.errors)
