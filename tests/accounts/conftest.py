"""A person with a confirmed address, and what people do to get in."""

import re
import time

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import hotp_value
from django.core.cache import cache
from django.urls import reverse

from accounts.models import User
from letters import sending
from tests.factories import PASSWORD, UserFactory


@pytest.fixture
def forget_tries():
    cache.clear()


@pytest.fixture
def delivery(settings, monkeypatch):
    """Email is delivered as soon as a worker is asked to."""
    settings.POST_OFFICE = settings.POST_OFFICE | {
        "BACKENDS": {"default": "django.core.mail.backends.locmem.EmailBackend"}
    }
    monkeypatch.setattr("workflow.queue.send", lambda task, **options: deliver())


@pytest.fixture
def mail_at_once(delivery, monkeypatch):
    """A test's transaction is never committed, so what waits for that is done at once."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act, **options: act())


def deliver() -> None:
    while sending.send_due():
        pass


@pytest.fixture
def person() -> User:
    user = UserFactory(email="ada@example.org", name="Ada Reed")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def link_in(message) -> str:
    return re.search(r"http://localhost:8000(/\S+)", message.body)[1]


def sign_in(client, password=PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": "ada@example.org", "password": password} | more)


def show_again_who_one_is(client):
    """Changing how one signs in asks for the password once more."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def sign_up(client, **changes):
    data = {"email": "New@Example.org", "name": "Nora New", "password1": PASSWORD, "password2": PASSWORD} | changes
    return client.post(reverse("account_signup"), data)


def code_for(secret: str) -> str:
    """What the phone shows now: still good in the next half minute, should the test be slow."""
    return f"{hotp_value(secret, int(time.time()) // 30):06}"
