"""Home page items: the records that a person owns and that are late or due soon."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import User
from ims.records import Record
from workflow.waiting import Waiting, source

SOON = timedelta(days=14)
MOST = 10


@source(order=10)
def mine(user: User) -> Iterator[Waiting]:
    until = timezone.localdate() + SOON
    rows = Record.objects.visible_to(user).open().filter(owner__user=user, due__lte=until)
    found = list(rows.order_by("due", "pk")[: MOST + 1])
    for record in found[:MOST]:
        yield Waiting(str(record), f"{record.utility}: {_when(record)}. You own it.", "Open", record.get_absolute_url())
    if len(found) > MOST:
        yield Waiting("More of your records are due", "All of them are in one list.", "Open", reverse("ims:mine"))


def _when(record: Record) -> str:
    if record.is_late:
        return f"{record.days_late} {'day' if record.days_late == 1 else 'days'} late"
    return f"due {date_format(record.due, 'F j, Y')}" if record.due else ""
