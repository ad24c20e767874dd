"""Whether a certificate is genuine: what its QR code opens, and a form for its number. For anyone, without an account.

A number has 80 random bits, and an address may ask only so often, so nobody comes upon one by trying. A number that
is no number and one that does not exist take the same way and get the same page.
"""

import ipaddress
from collections.abc import Callable
from functools import wraps

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from ninja.throttling import SimpleRateThrottle

from recognition.models import Recognition
from recognition.models.recognition import as_number
from recognition.register.forms import NumberForm

RATE = "30/5m"
WAIT = 5 * 60  # seconds
View = Callable[..., HttpResponse]


class AddressThrottle(SimpleRateThrottle):
    """Counts by the client's address, for which allauth believes X-Forwarded-For only as far as proxies are trusted.

    An IPv6 client has a whole /64 network of addresses, so the network is counted.
    """

    def get_cache_key(self, request: HttpRequest) -> str:
        address = ipaddress.ip_address(get_adapter().get_client_ip(request))
        if address.version == 6:
            address = ipaddress.ip_network((address, 64), strict=False).network_address
        return f"verification:{address}"


def seldom(view: View) -> View:
    """So often from one address as a person checks certificates; then 429. No search engine keeps what it answers."""

    @wraps(view)
    def counted(request: HttpRequest, *args: str, **more: str) -> HttpResponse:
        if AddressThrottle(RATE).allow_request(request):
            response = view(request, *args, **more)
        else:
            response = render(request, "recognition/register/verify_wait.html", status=429)
            response["Retry-After"] = str(WAIT)
        response["X-Robots-Tag"] = "noindex"
        return response

    return counted


@require_safe
@never_cache
def verify_form(request: HttpRequest) -> HttpResponse:
    """A number as someone typed it, led to where it is looked up."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        return redirect("recognition:verify", form.cleaned_data["number"])
    return render(request, "recognition/register/verify_form.html", {"form": form})


@require_safe
@never_cache
@seldom
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Valid, expired, revoked or unknown; beside it only what the register shows, or showed."""
    found = Recognition.objects.with_utility().filter(number=as_number(number)).first()
    state = found.state if found else "unknown"
    context = {"found": found, "state": state, "form": NumberForm()}
    return render(request, "recognition/register/verify.html", context)
