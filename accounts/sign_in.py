"""Signing in and up. A module of its own, because allauth's forms import those of accounts/forms.py."""

from secrets import token_hex
from typing import Any

from allauth.account import forms
from allauth.account.forms import LoginForm, SignupForm
from allauth.account.models import EmailAddress
from allauth.account.views import SignupView
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User


class SignInForm(LoginForm):
    """The link in an invitation fills in its address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].initial = self.request.GET.get("email")


class SignUpForm(SignupForm):
    """Does the same work for an address that has an account as for one that has none: nobody can tell them apart."""

    def try_save(self, request: HttpRequest) -> Any:
        if self.account_already_exists:
            self._create_and_undo(request)
        return super().try_save(request)

    @transaction.atomic
    def _create_and_undo(self, request: HttpRequest) -> None:
        """Creates an account with an address that nobody has, with the same hashing and queries, and undoes it."""
        typed = self.cleaned_data["email"]
        self.cleaned_data["email"] = f"{token_hex(8)}@example.invalid"
        self.account_already_exists = False
        try:
            user = self.save(request)
            addresses = user.emailaddress_set  # what is asked for before an address is confirmed
            _ask(addresses.filter(verified=True), addresses.all(), User.objects.filter(pk=user.pk))
        finally:
            self.cleaned_data["email"] = typed
            self.account_already_exists = True
            transaction.set_rollback(True)


class SignUpView(SignupView):
    @transaction.atomic
    def form_valid(self, form: Any) -> Any:
        """Writes everything in one transaction: each commit waits for the disk, and both kinds of address have one."""
        return super().form_valid(form)


class ResetPasswordForm(forms.ResetPasswordForm):
    def clean_email(self) -> str:
        """Asks the database as much about an address without an account as about one with an account."""
        email = str(super().clean_email())
        addresses = EmailAddress.objects.filter(email=email.lower())
        if self.users:
            list(User.objects.filter(email=email.lower()).iterator())  # which allauth asks too if it found no one
        else:
            _ask(addresses.filter(user=None), addresses)
        return email


def _ask(*rows: QuerySet[Any]) -> None:
    for each in rows:
        list(each)
