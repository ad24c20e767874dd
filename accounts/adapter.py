"""How allauth, the sign-in library, sends its email, sets passwords and counts failures; which addresses need no
confirmation."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as current
from django.contrib.sites.shortcuts import get_current_site
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from accounts import guessing
from accounts.emails import link, sender
from accounts.models import User, addresses_of
from letters.models import post

PROVEN = "proven_address"  # in the session: the address to which the invitation that was opened here was sent


class Adapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": "Too many failed sign-ins. Wait five minutes and try again, or reset your password.",
        "too_many_by_strangers": (
            "Too many sign-ins with this email address have failed at other places on the internet. To sign in from"
            " here, reset your password."
        ),
    }

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Failures count for an account and an address: who guesses elsewhere locks nobody out."""
        return guessing.of_address(request, super()._get_login_attempts_cache_key(request, **credentials))

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """Also remembers the address of whoever has just reset the password, and so reads the mailbox."""
        super()._delete_login_attempts_cached_email(request, **credentials)
        guessing.remember(request, credentials["email"])

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        super().pre_authenticate(request, **credentials)
        if not guessing.may_try(request, credentials["email"]):
            raise self.validation_error("too_many_by_strangers")

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        user = super().authenticate(request, **credentials)
        if not user:
            guessing.count_failure(request, credentials["email"])
        return user

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        words = {"mfa_reauthenticate:webauthn": "Use a passkey"}
        return [method | {"description": words.get(method["id"], method["description"])} for method in methods]

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        for email in addresses_of(user):
            guessing.remember(request, email)
        return super().post_login(request, user, **options)

    def is_email_verified(self, request: HttpRequest, email: str) -> bool:
        return bool(request.session.get(PROVEN) == email.lower())

    @transaction.atomic
    def set_password(self, user: User, password: str) -> None:
        """Also revokes the API tokens: whoever changes a password wants nobody else to have access any longer."""
        super().set_password(user, password)
        user.api_tokens.revoke()

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Returns the link by SITE_URL, and not by the host that a stranger's request named. So does the next one."""
        return link("account_reset_password_from_key", *key.split("-", 1))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return link("account_confirm_email", emailconfirmation.key)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sends the email through the same outbox as all others."""
        about = {"request": current.request, "email": email, "current_site": get_current_site(current.request)}
        about |= sender()
        message = self.render_mail(template_prefix, email, about | context)
        post(email, message.subject, message.body)
