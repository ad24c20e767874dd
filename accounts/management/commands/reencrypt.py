"""Encrypts the secrets of second factors again, so that an earlier SECRET_KEY is no longer needed."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand
from django.db import transaction

from accounts.encryption import rotate
from accounts.second_factor import SECRETS


class Command(BaseCommand):
    help = "Encrypt the secrets of second factors with the present SECRET_KEY, before SECRET_KEY_FALLBACKS is emptied."

    @transaction.atomic
    def handle(self, **options: Any) -> None:
        rows = Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN)
        for row in rows:
            row.data |= {key: rotate(row.data[key]) for key in SECRETS if key in row.data}
            row.save(update_fields=["data"])
        self.stdout.write(f"Encrypted with the present key: {len(rows)}")
