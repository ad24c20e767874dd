"""The secret key of a single machine."""

from pathlib import Path

from django.core.management.utils import get_random_secret_key


def kept(folder: Path) -> str:
    """Returns the key, created once in a file of ``folder`` that only its owner can read."""
    path = folder / "secret-key"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(get_random_secret_key())
    return path.read_text()
