"""The root of the JSON API. Each app with an API has its router in ``api.py``."""

from collections.abc import Callable
from functools import cached_property
from http.client import responses
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.openapi.schema import OpenAPISchema

from accounts.limits import PER_TOKEN
from assessments.analyses_api import router as analyses_router
from assessments.api import router as assessments_router
from config.api_answers import with_errors
from config.api_docs import Docs
from ims.api import router as ims_router
from ims.check.readings_api import router as readings_router
from initiatives.api import router as initiatives_router
from pdca.api import router as pdca_router
from recognition.api import router as recognition_router
from workflow.problems import PROBLEM, problem


class Api(NinjaAPI):
    @cached_property
    def described(self) -> OpenAPISchema:
        """Every answer, errors too. It is made once, because it never changes and takes much longer than most pages."""
        return cast(OpenAPISchema, with_errors(super().get_openapi_schema()))

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        return self.described


api = Api(
    title="Headworks", version="1", docs=Docs(), docs_url="docs", openapi_url="openapi.json", urls_namespace="api"
)
api.add_router("", pdca_router)
api.add_router("", initiatives_router)
api.add_router("", assessments_router)
api.add_router("", analyses_router)
api.add_router("", ims_router)
api.add_router("", readings_router)
api.add_router("", recognition_router)


def nothing_here() -> JsonResponse:
    return problem(404, "Not found", detail="Nothing was found at this address.")


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return nothing_here()


@api.exception_handler(HttpError)
def refused(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Reports what a router or django-ninja itself rejects, such as a body that is not JSON or an invalid token."""
    return problem(error.status_code, responses.get(error.status_code, "Error"), detail=str(error))


@api.exception_handler(AuthenticationError)
def not_authenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    detail = (
        "Send an API token that is valid: “Authorization: Bearer headworks_…”. You create tokens on your account page."
    )
    response = problem(401, "Unauthorized", detail=detail)
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(Throttled)
def throttled(request: HttpRequest, error: Throttled) -> HttpResponse:
    detail = f"The limit for each API token is {PER_TOKEN.partition('/')[0]} requests a minute."
    response = problem(429, "Too many requests", detail=detail)
    response["Retry-After"] = str(error.wait)
    return response


@api.exception_handler(PermissionDenied)
def not_allowed(request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, "Forbidden", detail=str(error))


@api.exception_handler(RequestDataTooBig)
def too_big(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // (1024 * 1024)
    return problem(413, "Too large", detail=f"The limit is {limit} MB.")


@api.exception_handler(ValidationError)
def not_valid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(422, "Invalid", detail="Some values are missing or invalid.", errors=error.errors)


def problems(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: returns problems, not pages, for API addresses and methods that no router handles."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/api/v1/") and response.get("Content-Type") != PROBLEM:
            if response.status_code == 404:
                return nothing_here()
            if response.status_code == 405:
                detail = f"This address allows only {response['Allow']}."
                refusal = problem(405, "Method not allowed", detail=detail)
                refusal["Allow"] = response["Allow"]
                return refusal
        return response

    return answer
