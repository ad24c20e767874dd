"""Reminders before a date. An app registers its reminders in its ``reminders.py``; all of them run once a day.

Days are calendar days in the time zone that the app passes. A reminder's name contains the date and the number of days
before it, so it is sent once, no matter how often this runs. If nothing ran on its day, the next run sends it.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.utils import timezone

logger = logging.getLogger(__name__)

_daily: list[Callable[[], None]] = []


def daily(remind: Callable[[], None]) -> Callable[[], None]:
    """Decorator: registers ``remind`` to be called once a day."""
    _daily.append(remind)
    return remind


def remind() -> None:
    """Sends all reminders that are due today."""
    for each in _daily:
        each()


def occasion(days_before: Sequence[int], due: date | datetime, *, since: datetime, time_zone: str) -> str | None:
    """Returns the name of the reminder to send today, one of ``days_before`` the date ``due``, or None.

    Skips those whose day had already come at ``since``, because the person was notified then.
    """
    zone = ZoneInfo(time_zone)
    last_day = due.astimezone(zone).date() if isinstance(due, datetime) else due
    left = (last_day - timezone.localdate(timezone=zone)).days
    at_first = (last_day - since.astimezone(zone).date()).days
    reached = [days for days in days_before if left <= days < at_first]
    return f"{min(reached)} days before {last_day}" if reached and left >= 0 else None


def for_each(rows: models.QuerySet[Any] | Iterable[Any], do: Callable[[Any], None]) -> None:
    """Calls ``do`` with each row in its own transaction. Logs a failure and continues with the other rows."""
    for row in rows:
        try:
            with transaction.atomic():
                do(row)
        except Exception:
            logger.exception("%s %s: %s failed", row._meta.verbose_name, row.pk, do.__name__)
