"""Public verification of certificates: the page that a QR code opens, and a form for the number.

A number has 80 random bits, and requests are limited by client address, so numbers can't be guessed. Malformed and
unknown numbers take the same path through the code and get the same page.
"""

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.limits import AddressThrottle
from recognition.models import Recognition
from recognition.models.recognition import as_number
from recognition.register.forms import NumberForm

RATE = "30/5m"
WAIT = 5 * 60  # seconds
View = Callable[..., HttpResponse]


def seldom(view: View) -> View:
    """Limits requests from one address to ``RATE``, then responds 429. Tells search engines not to index responses."""

    @wraps(view)
    def counted(request: HttpRequest, *args: str, **more: str) -> HttpResponse:
        if AddressThrottle(RATE, "verification").allow_request(request):
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
    """Shows a form for a number, and redirects to the page that looks it up."""
    form = NumberForm(request.GET if "number" in request.GET else None)
    if form.is_valid():
        return redirect("recognition:verify", form.cleaned_data["number"])
    return render(request, "recognition/register/verify_form.html", {"form": form})


@require_safe
@never_cache
@seldom
def verify(request: HttpRequest, number: str) -> HttpResponse:
    """Says whether a number is valid, expired, revoked or unknown, with only what the register shows or showed."""
    found = Recognition.objects.with_utility().filter(number=as_number(number)).first()
    state = found.state if found else "unknown"
    context = {"found": found, "state": state, "form": NumberForm()}
    return render(request, "recognition/register/verify.html", context)
