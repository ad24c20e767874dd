"""A letter of staff to an applicant: written, previewed, and sent only once the preview is confirmed.

The page's form posts its fields; the preview posts them again, hidden, with "confirmed", or with "change" to go back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.forms import BaseForm

from accounts.requests import AuthenticatedRequest
from recognition.models import Application


@dataclass(frozen=True)
class Letter:
    """A letter as it would be sent: to which addresses or, if no email reaches the applicant, to which place."""

    subject: str
    body: str
    addresses: list[str]
    place: list[str]


def is_confirmed(request: AuthenticatedRequest, form: BaseForm) -> bool:
    """Returns whether the form is valid and was sent from the preview."""
    return request.method == "POST" and "confirmed" in request.POST and form.is_valid()


def preview(
    request: AuthenticatedRequest,
    form: BaseForm,
    application: Application,
    written: Callable[[Mapping[str, Any]], tuple[str, str]],
) -> Letter | None:
    """Returns the letter of a valid form; None before that, and when the person goes back to change it.

    ``written`` makes subject and body from the cleaned data.
    """
    if not form.is_bound or "change" in request.POST or not form.is_valid():
        return None
    addresses = application.applicants()
    place = [] if addresses else application.postal_address()
    return Letter(*written(form.cleaned_data), addresses=addresses, place=place)
