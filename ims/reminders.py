"""Emails that a day brings: to owners what is due, to managers what is very late, and on Monday the weekly one.

The weekly email goes out until Wednesday if Monday was missed.
"""

import logging
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from ims import emails
from letters.reminders import daily, for_each

logger = logging.getLogger(__name__)
WEDNESDAY = 2


@daily
def remind() -> None:
    """Reminds each owner by one email for each utility."""
    today = timezone.localdate()
    for owner, records in groupby(emails.due_today(today), key=lambda record: record.owner_id):
        try:
            with transaction.atomic():
                emails.remind(list(records), today)
        except Exception:
            logger.exception("reminding person %s failed", owner)


@daily
def escalate() -> None:
    for_each(emails.to_escalate(timezone.localdate()), emails.escalate)


@daily
def tell_week() -> None:
    today = timezone.localdate()

    def tell(user: User) -> None:
        emails.tell_week(user, today)

    if today.weekday() <= WEDNESDAY:
        for_each(emails.readers_of_the_week(), tell)
