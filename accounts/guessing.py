"""How often a password may be tried: for an account from one address, and for an account from all strangers together.

Five wrong passwords lock an account for the address that they came from, and for nobody else. Guessing from many
addresses is slowed by a second, higher limit, which all addresses share from which the person has not signed in lately.
Whoever is kept out by it resets the password: the link in the mailbox makes their address a known one.
"""

from hashlib import sha256

from allauth.core.ratelimit import consume
from django.core.cache import cache
from django.http import HttpRequest

from accounts.limits import network_of

STRANGERS = "login_failed_by_strangers"  # in ACCOUNT_RATE_LIMITS
KNOWN_FOR = 90 * 24 * 60 * 60  # seconds after the last time that the person signed in from an address


def of_address(request: HttpRequest, account: str) -> str:
    """Returns what failures count for: the account and the address, of an IPv6 address its network."""
    return f"{account}:{network_of(request)}"


def _key(request: HttpRequest, email: str) -> str:
    return "known:" + sha256(of_address(request, email.lower()).encode()).hexdigest()


def remember(request: HttpRequest, email: str) -> None:
    """Makes the address of the request a known one of the person with this email address."""
    cache.set(_key(request, email), True, KNOWN_FOR)


def is_known(request: HttpRequest, email: str) -> bool:
    return bool(cache.get(_key(request, email)))


def may_try(request: HttpRequest, email: str) -> bool:
    """Returns False for a stranger if all strangers together failed too often."""
    return is_known(request, email) or consume(request, action=STRANGERS, key=email.lower(), dry_run=True)


def count_failure(request: HttpRequest, email: str) -> None:
    """Counts the failure of a stranger. Tries that began before it was counted may still go over the limit."""
    if not is_known(request, email):
        consume(request, action=STRANGERS, key=email.lower())
