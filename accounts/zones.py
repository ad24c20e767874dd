"""Time zones: of utilities, and of the person who reads a page.

Pages show times in the reader's zone: the browser's, which static/js/zone.js stores in a cookie, else that of the
reader's utility, else the site's.
"""

from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

ZONES = [
    ("America/Puerto_Rico", "Atlantic (Puerto Rico, Virgin Islands)"),
    ("America/New_York", "Eastern"),
    ("America/Chicago", "Central"),
    ("America/Denver", "Mountain"),
    ("America/Phoenix", "Mountain without daylight saving time (Arizona)"),
    ("America/Los_Angeles", "Pacific"),
    ("America/Anchorage", "Alaska"),
    ("Pacific/Honolulu", "Hawaii"),
    ("Pacific/Pago_Pago", "American Samoa"),
    ("Pacific/Guam", "Guam and Northern Mariana Islands"),
    ("Pacific/Palau", "Palau"),
    ("Pacific/Pohnpei", "Micronesia"),
    ("Pacific/Majuro", "Marshall Islands"),
]
# The zone of a state, or of most of its people.
OF_STATES = {
    "America/Puerto_Rico": "PR VI",
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "Pacific/Pago_Pago": "AS",
    "Pacific/Guam": "GU MP",
    "Pacific/Palau": "PW",
    "Pacific/Pohnpei": "FM",
    "Pacific/Majuro": "MH",
}
OF_STATE = {state: zone for zone, states in OF_STATES.items() for state in states.split()}
LATEST = ZoneInfo("Pacific/Majuro")  # where a utility's day begins first
COOKIE = "zone"


def choices() -> list[tuple[str, str]]:
    """Returns where a utility can be. A function, so that migrations refer to it instead of copying the list."""
    return ZONES


@cache
def known() -> frozenset[str]:
    return frozenset(available_timezones())


def in_the_readers_zone(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: activates the reader's zone."""

    def respond(request: HttpRequest) -> HttpResponse:
        with timezone.override(_zone_of_reader(request)):
            return get_response(request)

    return respond


def _zone_of_reader(request: HttpRequest) -> ZoneInfo:
    if (name := request.COOKIES.get(COOKIE, "")) in known():
        return ZoneInfo(name)
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user.zone
    return ZoneInfo(settings.TIME_ZONE)


def in_zone(moment: datetime, zone: ZoneInfo) -> str:
    there = moment.astimezone(zone)
    return f"{there:%B %-d, %Y, %-I:%M %p} {named(there)}"


def shown(moment: datetime, zone: ZoneInfo) -> str:
    """Returns ``moment`` in ``zone`` and, where its clock differs, in the reader's zone."""
    there, here = moment.astimezone(zone), timezone.localtime(moment)
    text = in_zone(moment, zone)
    if there.utcoffset() == here.utcoffset():
        return text
    day = "" if there.date() == here.date() else f"{here:%B %-d}, "
    return f"{text} ({day}{here:%-I:%M %p} {named(here)})"


def named(moment: datetime) -> str:
    """Returns the name of the moment's time zone, as EDT or, if it has none, as UTC+11."""
    name = f"{moment:%Z}"
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def today(zone: ZoneInfo | None = None) -> date:
    """Returns the reader's day, or the later one of it and that of ``zone``: not yet to come for either."""
    return max(timezone.localdate(), timezone.localdate(timezone=zone or timezone.get_current_timezone()))


def site_today() -> date:
    """Returns the site's day, for what is the same for every reader: whether a recognition is valid."""
    return timezone.localdate(timezone=timezone.get_default_timezone())
