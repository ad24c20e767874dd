"""The site's addresses, and beside them the views that its pages are compared with."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as site


def bare(request: HttpRequest, size: int) -> HttpResponse:
    """As many bytes as the page, and nothing else: no session, no user, no query, no template."""
    return HttpResponse(b"x" * size)


def only_user(request: HttpRequest, size: int) -> HttpResponse:
    """The session and its user are looked up, and that is all."""
    return HttpResponse(b"x" * size if request.user.is_authenticated else b"nobody")


urlpatterns = [path("bench/bare/<int:size>/", bare), path("bench/user/<int:size>/", only_user), *site]
