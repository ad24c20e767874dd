"""The sign-in form. A module of its own, because allauth's forms import those of accounts/forms.py."""

from typing import Any

from allauth.account.forms import LoginForm


class SignInForm(LoginForm):
    """The link in an invitation fills in its address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].initial = self.request.GET.get("email")
