"""The URLs of the site, and of the views that its pages are compared with."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as site


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """Returns as many bytes as the page, without session, user, query or template."""
    return HttpResponse(b"x" * size)


def only_user(request: HttpRequest, size: int) -> HttpResponse:
    """Only loads the session and its user."""
    return HttpResponse(b"x" * size if request.user.is_authenticated else b"nobody")


urlpatterns = [path("bench/bare/<int:size>/", bare), path("bench/user/<int:size>/", only_user), *site]
