"""What names of utilities and people may not contain, since emails from our sender carry them.

With an address or a sum in it, a name turns an invitation into a request to pay somewhere.
"""

import re
import unicodedata

from django.core.exceptions import ValidationError

ADDRESS = re.compile(r"\S*(?:://|@)\S*|\bwww\.\S*|\b[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}\b\S*", re.IGNORECASE)
_MONEY = "USD|EUR|GBP|CAD|MXN|dollars?|euros?|pounds? sterling|cents?"
SUM = re.compile(rf"\b(?:{_MONEY})\s*[\d.,]*\d|\d[\d.,]*\s*(?:{_MONEY})\b", re.IGNORECASE)
DOTS = str.maketrans("。｡", "..")  # browsers take these for a period too


def check_name(name: str) -> None:
    """Raises ValidationError for a name with a web address, an email address or an amount of money."""
    read = _as_read(name)
    if found := ADDRESS.search(read):
        raise ValidationError(
            f"Enter the name without a web or email address: “{found[0][:60]}”. If it is none, put a space after the"
            " period."
        )
    if SUM.search(read) or _has_currency(read):
        raise ValidationError("Enter the name without an amount of money or a currency sign.")


def harmless(name: str) -> str:
    """Returns a name from before there was this check as an email may contain it: with … for addresses and sums."""
    read = SUM.sub("…", ADDRESS.sub("…", _as_read(name)))
    return "".join("…" if unicodedata.category(letter) == "Sc" else letter for letter in read)


def _as_read(name: str) -> str:
    """Returns the name on one line, with full-width and other letters that only look different as plain ones."""
    return " ".join(unicodedata.normalize("NFKC", name).translate(DOTS).split())


def _has_currency(text: str) -> bool:
    return any(unicodedata.category(letter) == "Sc" for letter in text)
