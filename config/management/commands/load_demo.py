"""``manage.py load_demo``: loads each app's demo data and the accounts to sign in with."""

import os
import secrets
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

import accounts.demo
import assessments.demo
import ims.demo
import recognition.demo
from accounts.models import Role, StaffGroup, User

# First part of the address → name, and role in the demo's utilities or in the program.
AT_UTILITIES = {
    "manager": ("Mara Gerr", Role.MANAGER),
    "contributor": ("Connie Boyd", Role.CONTRIBUTOR),
    "viewer": ("Vic Weir", Role.VIEWER),
}
IN_THE_PROGRAM = {
    "staff": ("Sam Prather", StaffGroup.PROGRAM),
    "compliance": ("Cora Lyle", StaffGroup.COMPLIANCE),
    "panelist1": ("Paula Nell", StaffGroup.PANEL),
    "panelist2": ("Pete Nolan", StaffGroup.PANEL),
    "panelist3": ("Pia Nestor", StaffGroup.PANEL),
    "official": ("Olive Deane", StaffGroup.OFFICIAL),
    "admin": ("Ada Minh", StaffGroup.ADMINISTRATOR),
}
ADMIN = "admin@example.org"


def who() -> str:
    """Returns the addresses that can sign in, as text for the terminal."""
    at, within = (" ".join(f"{name}@example.org" for name in people) for people in (AT_UTILITIES, IN_THE_PROGRAM))
    return f"At a utility: {at}\nIn the program: {within}"


class Command(BaseCommand):
    help = "Loads the demo data, once, into a database without users. Needs HEADWORKS_DEMO, which `make demo` sets."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("HEADWORKS_DEMO") != "1":
            raise CommandError("Demo data is loaded by `make demo` only.")
        admin = User.objects.filter(email=ADMIN).first()
        if admin is None and User.objects.exists():
            self.stdout.write("This database already has users: no demo data was loaded.")
            return
        password = os.environ.get("DEMO_PASSWORD") or _kept_password() or secrets.token_urlsafe(9)
        if admin is None:
            people = _people(password)
            at_utilities = {role: people[name] for name, (_, role) in AT_UTILITIES.items()}
            assessments.demo.load(at_utilities)
            accounts.demo.load(at_utilities)
            ims.demo.load(at_utilities)
            recognition.demo.load(people)
        elif not admin.check_password(password):
            addresses = [f"{name}@example.org" for name in AT_UTILITIES | IN_THE_PROGRAM]
            User.objects.filter(email__in=addresses).update(password=make_password(password))
        _keep_password(password)
        self.stdout.write(f"{who()}\nPassword for all accounts: {password}")


def _kept_password() -> str:
    path = settings.LOCAL_DIR / "demo-password"
    return path.read_text().strip() if path.exists() else ""


def _keep_password(password: str) -> None:
    """Keeps the password, so that it can be printed at each start, in a file that only its owner can read."""
    path = settings.LOCAL_DIR / "demo-password"
    path.touch(mode=0o600)
    path.write_text(f"{password}\n")


def _people(password: str) -> dict[str, User]:
    hashed = make_password(password)  # once for all of them: hashing is slow by design
    people = {}
    for name, (full_name, role) in (AT_UTILITIES | IN_THE_PROGRAM).items():
        email, may_enter = f"{name}@example.org", name == "admin"
        person = User.objects.create(
            email=email, name=full_name, password=hashed, is_staff=may_enter, is_superuser=may_enter
        )
        EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
        if isinstance(role, StaffGroup):
            person.groups.add(Group.objects.get(name=role))
        people[name] = person
    return people
