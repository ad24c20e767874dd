"""Days as an iCalendar file (RFC 5545), for the calendars of people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.http import HttpResponse

MAX_DAYS = 5000  # days in a file


@dataclass(frozen=True)
class Day:
    """A whole day, in no time zone. A calendar moves what it has with the same ``key`` to another date."""

    key: str
    date: date
    summary: str
    description: str
    path: str
    stamp: datetime
    sequence: int = 0
    is_tentative: bool = False


def file(name: str, days: Iterable[Day]) -> bytes:
    from icalendar import Calendar, Event  # imported here because most web processes never need it: 4 MB

    site = settings.SITE_URL.rstrip("/")
    calendar = Calendar()
    calendar.add("prodid", "-//Headworks//Records//EN")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    for day in days:
        event = Event()
        event.add("uid", f"{day.key}@{site.partition('://')[2]}")
        event.add("dtstamp", day.stamp)
        event.add("sequence", day.sequence)
        event.add("dtstart", day.date)
        event.add("summary", day.summary)
        event.add("description", day.description)
        event.add("url", site + day.path)
        event.add("transp", "TRANSPARENT")
        event.add("status", "TENTATIVE" if day.is_tentative else "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def answer(name: str, days: Iterable[Day]) -> HttpResponse:
    return HttpResponse(file(name, days), content_type="text/calendar; charset=utf-8")
