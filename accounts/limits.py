"""The answer to too many attempts of signing in, signing up or asking for a new password; the limits of API tokens and
of what an address may read without an account."""

import ipaddress
from math import ceil

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from ninja.throttling import SimpleRateThrottle

PER_TOKEN = "120/m"  # noqa: S105  requests to the API

TOO_MANY = (
    "Nothing was saved: there were too many attempts from your internet connection in a short time. Wait a minute,"
    " enter your password again if the form asks for it, and click the button again."
)


def network_of(request: HttpRequest) -> str:
    """Returns the client's address, for which allauth uses X-Forwarded-For only from trusted proxies.

    For IPv6 it is the /64 network, because a client can use any address in it.
    """
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 6:
        address = ipaddress.ip_network((address, 64), strict=False).network_address
    return str(address)


def too_many(request: HttpRequest) -> HttpResponse:
    """Shows the form again with what was typed, except passwords; a page if there is no form."""
    match, method, sent = request.resolver_match, request.method, request.POST.dict()
    response: HttpResponse | None = None
    if match and method == "POST":
        request.method = "GET"  # the view shows its form and counts no try
        try:
            response = match.func(request, *match.args, **match.kwargs)
            form = (getattr(response, "context_data", None) or {}).get("form")
            if form and isinstance(response, TemplateResponse):
                form.initial.update(sent)
                messages.error(request, TOO_MANY)
                response.status_code = 429
                response.render()
            else:
                response = None
        finally:
            request.method = method
    response = response or render(request, "429.html", status=429)
    response["Retry-After"] = "60"
    return response


class TokenThrottle(SimpleRateThrottle):
    """Counts the requests with one API token. One object serves one request, since it is not safe to share."""

    def __init__(self, token: int) -> None:
        super().__init__(PER_TOKEN)
        self.token = token

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"api-token:{self.token}"

    @property
    def seconds_to_wait(self) -> int:
        return ceil(self.wait() or 1)


class AddressThrottle(SimpleRateThrottle):
    """Counts requests by client address (``network_of``). ``what`` names what is counted."""

    def __init__(self, rate: str, what: str) -> None:
        super().__init__(rate)
        self.what = what

    def get_cache_key(self, request: HttpRequest) -> str:
        return f"{self.what}:{network_of(request)}"
