"""How often a password may be tried: for an account from one address, and for an account from all strangers together.

Five wrong passwords lock an account for the address that they came from, and for nobody else. Guessing from many
addresses is slowed by a second, higher limit, which all addresses share from which the person has not signed in lately.
Whoever is kept out by it resets the password: the link in the mailbox makes their address a known one.
"""

from hashlib import sha256

from allauth.core.internal.ratelimit import RateLimitUsage, consume, get_ip
from django.core.cache import cache
from django.http import HttpRequest

STRANGERS = "login_failed_by_strangers"  # in ACCOUNT_RATE_LIMITS
KNOWN_FOR = 90 * 24 * 60 * 60  # seconds after the last time that the person signed in from an address


def of_address(request: HttpRequest, account: str) -> str:
    """Returns what failures count for: the account and the address, of an IPv6 address its network."""
    return f"{account}:{get_ip(request)}"


def _key(request: HttpRequest, email: str) -> str:
    return "known:" + sha256(of_address(request, email.lower()).encode()).hexdigest()


def remember(request: HttpRequest, email: str) -> None:
    """Makes the address of the request a known one of the person with this email address."""
    cache.set(_key(request, email), True, KNOWN_FOR)


def is_known(request: HttpRequest, email: str) -> bool:
    return bool(cache.get(_key(request, email)))


def count(request: HttpRequest, email: str) -> RateLimitUsage | None:
    """Counts a try by a stranger. Returns None if all strangers together tried too often; ``rollback`` undoes it."""
    if is_known(request, email):
        return RateLimitUsage([])
    return consume(request, app="allauth.account", action=STRANGERS, key=email.lower())
