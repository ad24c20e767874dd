"""Reminders before a date. A room registers what it reminds of in its ``reminders.py``; all of them run once a day.

Days are calendar days in the time zone of the matter. A reminder is named by its date and by how many days before it is
due, so that it is told once, however often this runs; where nothing ran on its day, it goes out on the next.
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
    """Decorator: ``remind`` is called once a day."""
    _daily.append(remind)
    return remind


def remind() -> None:
    """Everyone who has to be reminded of something today."""
    for each in _daily:
        each()


def occasion(days_before: Sequence[int], due: date | datetime, *, since: datetime, time_zone: str) -> str | None:
    """Names the one of the reminders ``days_before`` a date that is to be told today; None where none is.

    One whose day had come already when the matter began (``since``) is left out: the person has just been told.
    """
    zone = ZoneInfo(time_zone)
    last_day = due.astimezone(zone).date() if isinstance(due, datetime) else due
    left = (last_day - timezone.localdate(timezone=zone)).days
    at_first = (last_day - since.astimezone(zone).date()).days
    reached = [days for days in days_before if left <= days < at_first]
    return f"{min(reached)} days before {last_day}" if reached and left >= 0 else None


def for_each(rows: models.QuerySet[Any] | Iterable[Any], do: Callable[[Any], None]) -> None:
    """``do`` each row in a transaction of its own: one that fails is logged and does not keep the others."""
    for row in rows:
        try:
            with transaction.atomic():
                do(row)
        except Exception:
            logger.exception("%s %s: %s failed", row._meta.verbose_name, row.pk, do.__name__)
