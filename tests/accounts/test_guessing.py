"""Guessing passwords behind a proxy: visitors have limits of their own, and nobody keeps a person out from afar."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.accounts.conftest import link_in, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("forget_tries", "mail_at_once")]

OFFICE, HOME = "198.51.100.1", "198.51.100.2"


@pytest.fixture(autouse=True)
def behind_a_proxy(settings):
    """As with HTTPS=True: the proxy adds the address of who calls it at the end."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


def at(*addresses: str) -> Client:
    """A browser. The last address is the one that the proxy adds; those before are what the browser itself sent."""
    return Client(REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": ", ".join(addresses)})


def gets_in(client: Client, **how) -> bool:
    sign_in(client, **how)
    return "_auth_user_id" in client.session


@pytest.fixture
def few(settings):
    """Strangers may fail three times an hour together, which is quicker to try than the hundred times of the site."""
    assert settings.ACCOUNT_RATE_LIMITS["login_failed_by_strangers"] == "100/h/key"
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login_failed_by_strangers": "3/h/key"}


def guess(*addresses: str, times: int = 1) -> str:
    for _ in range(times):
        answer = sign_in(at(*addresses), password="not it")
    return answer.text


def test_who_guesses_elsewhere_locks_only_themself_out(person):
    assert "Too many failed sign-ins" in guess("203.0.113.9", times=6)
    assert not gets_in(at("203.0.113.9")), "also with the right password"
    assert gets_in(at(OFFICE))
    assert gets_in(at(HOME))


def test_two_visitors_behind_one_proxy_have_limits_of_their_own(person):
    for n in range(10):
        sign_in(at(OFFICE), password="not it", login=f"nobody-{n}@example.org")
    assert not gets_in(at(OFFICE)), "ten failures a minute, whatever the account"
    assert gets_in(at(HOME))


def test_a_forged_header_does_not_help(person):
    for n in range(6):
        refused = guess(f"192.0.2.{n}", "203.0.113.9")
    assert "Too many failed sign-ins" in refused
    assert not gets_in(at(OFFICE, "203.0.113.9"))
    assert gets_in(at("203.0.113.9", OFFICE)), "nor does it lock out whose address it names"


def test_a_network_of_the_newer_addresses_counts_as_one(person):
    for n in range(5):
        guess(f"2001:db8:0:1::{n + 1:x}")
    assert not gets_in(at("2001:db8:0:1:ffff::1"))
    assert gets_in(at("2001:db8:0:2::1"))


def test_guessing_from_many_addresses_is_slowed_but_keeps_nobody_out(person, few):
    assert gets_in(at(OFFICE))
    for n in range(3):
        guess(f"203.0.113.{n}")
    assert "failed at other places on the internet" in guess("192.0.2.1")
    assert not gets_in(at("192.0.2.2")), "no stranger gets in, also with the right password"
    assert gets_in(at(OFFICE)), "who signed in there before does"

    home = at(HOME)
    assert not gets_in(home), "an address that is not known yet is asked for more"
    home.post(reverse("account_reset_password"), {"email": person.email})
    form = home.get(link_in(mail.outbox[-1]), follow=True).redirect_chain[-1][0]
    home.post(form, {"password1": "brand-new-river-7", "password2": "brand-new-river-7"})
    assert gets_in(home, password="brand-new-river-7"), "the mailbox is enough"
    assert not gets_in(at("192.0.2.3"), password="brand-new-river-7")


def test_an_account_that_does_not_exist_is_limited_the_same_way(few):
    for n in range(3):
        sign_in(at(f"203.0.113.{n}"), password="x", login="nobody@example.org")
    answer = sign_in(at(HOME), password="x", login="Nobody@example.org")
    assert "failed at other places on the internet" in answer.text


def test_signing_in_does_not_count_as_a_failure(person, few):
    for n in range(4):
        assert gets_in(at(f"203.0.113.{n}"))
    guess(HOME, times=3)
    assert not gets_in(at("203.0.113.9"))
