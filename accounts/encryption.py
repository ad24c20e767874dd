"""Secrets that the database keeps only encrypted, with a key that is derived from SECRET_KEY.

A new SECRET_KEY goes with the old one in SECRET_KEY_FALLBACKS until ``manage.py reencrypt`` has run.
"""

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac

SALT = "headworks.accounts.encryption"


def cipher() -> MultiFernet:
    """Returns what encrypts with the present key, and decrypts with the earlier ones too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    derived = (salted_hmac(SALT, "key", secret=key, algorithm="sha256").digest() for key in keys)
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in derived])


def encrypt(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def decrypt(text: str) -> str:
    """Raises cryptography.fernet.InvalidToken if no key fits."""
    return cipher().decrypt(text.encode()).decode()


def rotate(text: str) -> str:
    """Returns the text encrypted with the present key. Raises InvalidToken if no key fits."""
    return cipher().rotate(text.encode()).decode()
