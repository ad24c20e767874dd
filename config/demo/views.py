"""The emails that the demo sent: whoever tries it has no mailbox at example.org. Anyone may read them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from post_office.models import Email

SHOWN = 200


def emails(request: HttpRequest) -> HttpResponse:
    """Lists the latest emails."""
    return render(request, "config/demo_emails.html", {"emails": Email.objects.order_by("-pk")[:SHOWN]})


def email(request: HttpRequest, pk: int) -> HttpResponse:
    """Shows an email; the addresses in it are links."""
    return render(request, "config/demo_email.html", {"email": get_object_or_404(Email, pk=pk)})
