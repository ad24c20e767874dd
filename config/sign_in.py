"""How people sign in: what does not differ between places. ``config/settings.py`` has the rest."""

from typing import Any

PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_FORMS = {
    "login": "accounts.sign_in.SignInForm",
    "signup": "accounts.sign_in.SignUpForm",
    "reset_password": "accounts.sign_in.ResetPasswordForm",
}
MFA_FORMS = {
    "authenticate": "accounts.second_factor.SignInForm",
    "reauthenticate": "accounts.second_factor.ConfirmForm",
    "activate_totp": "accounts.second_factor.SetUpForm",
    "add_webauthn": "accounts.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "accounts.second_factor.PasskeySecondForm",
    "login_webauthn": "accounts.second_factor.PasskeySignInForm",
    "reauthenticate_webauthn": "accounts.second_factor.PasskeyConfirmForm",
}


def rate_limits(tries: int, failed: int) -> dict[str, str]:
    """Returns allauth's limits. ``tries`` and failed ones in a minute are for one address, which an office may share.

    The limits for one account are fixed. "key" of failed sign-ins is the account at one address, or at all addresses
    that the account does not know (``accounts/guessing.py``).
    """
    return {
        "login": f"{tries}/m/ip",
        "login_failed": f"{failed}/m/ip,5/300s/key",
        "login_failed_by_strangers": "100/h/key",
        "signup": f"{tries}/m/ip",
        "reset_password": f"{tries}/m/ip,5/m/key",
        "reset_password_from_key": f"{tries}/m/ip",
    }
