"""The second factor: its secrets, its forms, and that staff have one. ``templates/mfa`` has its pages."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.expressions import ArraySubquery
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from accounts import encryption
from accounts.models import User
from workflow.composed import ANYONE, Rows
from workflow.saving import wants_json

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
SECRETS = ("secret", "seed")  # the keys of Authenticator.data that are encrypted


class Adapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "This code or passkey was not accepted. Try again.",
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def _get_site_name(self) -> str:
        return "Headworks"

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        return f"Passkey {Authenticator.objects.filter(user=user, type=type).count() + 1}"


# --- Staff have a second factor --------------------------------------------------------------------


class Backend(AuthenticationBackend):
    """Reads in the query of the signed-in person their staff roles too, and whether they owe a second factor."""

    def get_user(self, user_id: Any) -> User | None:
        user: Any = next(iter(_person().ask({ANYONE: user_id})), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        user.staff_groups = frozenset(user.group_names)
        is_staff = user.is_staff or user.is_superuser or bool(user.staff_groups)
        user.owes_second_factor = settings.REQUIRE_SECOND_FACTOR and is_staff and not user.has_second_factor
        return user


@lru_cache
def _person() -> Rows:
    """Returns the query of one person. Every page starts with it, so it is composed only once."""
    names = Group.objects.filter(user=OuterRef("pk")).values("name")
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    people = User.objects.annotate(group_names=ArraySubquery(names), has_second_factor=Exists(factors))
    return Rows(people.filter(pk=ANYONE))


# What they reach before: setting it up, signing out, and what is no page of staff.
OPEN = ("/account/", "/static/", "/api/", "/help/", "/privacy/", "/accessibility/", "/public/")


def required(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: leads staff who have no second factor to the page on which they set one up."""

    def answer(request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(OPEN) or not _owes(request):
            return get_response(request)
        page = reverse("mfa_index")
        if wants_json(request):
            return JsonResponse({"second_factor": page}, status=403)
        if request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(page)
        return redirect(page)

    return answer


def _owes(request: HttpRequest) -> bool:
    return bool(request.user.is_authenticated and request.user.owes_second_factor)  # type: ignore[attr-defined]


# --- A code counts once ----------------------------------------------------------------------------


def use_up(user: User, code: str) -> None:
    """Raises ValidationError if the code of the person's app was used before (RFC 6238, 5.2).

    allauth remembers a code for one period, but accepts it in as many as the tolerance says.
    """
    seconds = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
    characters = "".join(filter(str.isalnum, code))  # allauth leaves spaces and dashes out too
    if not cache.add(f"totp-used:{user.pk}:{characters}", True, seconds):
        raise get_adapter().validation_error("incorrect_code")


class CodeOnce:
    """Mixin of forms that accept a code of the app or a recovery code."""

    user: User
    authenticator: Any

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        if self.authenticator.type == Authenticator.Type.TOTP:
            use_up(self.user, code)
        return code


class SignInForm(CodeOnce, AuthenticateForm):
    pass


class ConfirmForm(CodeOnce, ReauthenticateForm):
    pass


class SetUpForm(ActivateTOTPForm):
    def clean_code(self) -> str:
        code = str(super().clean_code())
        use_up(self.user, code)
        return code


# --- Passkeys --------------------------------------------------------------------------------------


class Sound:
    """Mixin of forms with what a passkey answered: whatever it is, it is accepted or refused."""

    def clean_credential(self) -> Any:
        with_rule = getattr(super(), "clean_credential", None)
        return _refusing(with_rule) if with_rule else self.cleaned_data["credential"]  # type: ignore[attr-defined]

    def clean(self) -> Any:
        return _refusing(super().clean)  # type: ignore[misc]


def _refusing(check: Callable[[], Any]) -> Any:
    try:
        return check()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise get_adapter().validation_error("incorrect_code") from error


class AddPasskeyForm(Sound, AddWebAuthnForm):
    name = forms.CharField(label="Name", max_length=60, required=False, help_text="For the list of your passkeys.")
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without the password",
        required=False,
        initial=True,
        help_text="It then asks for your fingerprint, face or PIN. Clear this for a security key that has none.",
    )

    def clean(self) -> Any:
        cleaned = super().clean()
        if "\0" in str(self.cleaned_data.get("credential")):
            raise ValidationError("This passkey was not accepted. Try again.")
        return cleaned


class PasskeySecondForm(Sound, AuthenticateWebAuthnForm):
    pass


class PasskeySignInForm(Sound, LoginWebAuthnForm):
    pass


class PasskeyConfirmForm(Sound, ReauthenticateWebAuthnForm):
    pass
