import pytest


@pytest.fixture(autouse=True)
def quick(settings):
    """Nothing here is about how slow a password's hash is, or about files on disk."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True
