"""Numbers as people write them, read and shown without loss: always Decimal, never float."""

import re
from decimal import ROUND_HALF_UP, Decimal

PLACES, DIGITS = 6, 14  # after and before the decimal point
_UNIT = Decimal(1).scaleb(-PLACES)
_NUMBER = re.compile(r"(\d{1,3}(,\d{3})+|\d+)(\.\d*)?|\.\d+", re.ASCII)
_SHORTENED = re.compile(r"[\d.]+e[+-]?\d+", re.ASCII | re.IGNORECASE)
_NOT_DETECTED = re.compile(r"n\.?d\.?|bdl|bql|non[- ]?detect(ed)?|not detected", re.IGNORECASE)


class NotANumber(Exception):
    """The text is no number that can be kept; the message says why and what to do."""


def number(text: str, *, percent: bool = False) -> Decimal:
    """Returns the number. ``percent``: whether a percent sign may follow, as for a measure in percent.

    Reads 1,234.5, $1,200, 12 %, (3.2) and -3.2. Raises NotANumber.
    """
    plain = " ".join(text.split()).replace("−", "-").replace("–", "-")  # noqa: RUF001
    said = f"“{text.strip()[:40]}”"
    _refuse_words(plain, said)
    negative, core = _without_sign(plain)
    if core.endswith("%"):
        if not percent:
            raise NotANumber(f"{said} is in percent, but the unit of this measure is not.")
        core = core[:-1].rstrip()
    core = core.removeprefix("$").lstrip()
    if _SHORTENED.fullmatch(core):
        raise NotANumber(f"{said} is a number that the spreadsheet shortened. Widen its column and copy it again.")
    if not _NUMBER.fullmatch(core):
        raise NotANumber(f"{said} is not a number. Write it as 1,234.5.")
    value = Decimal(core.replace(",", ""))
    if value >= 10**DIGITS or value != value.quantize(_UNIT):
        raise NotANumber(f"{said} has too many digits: {DIGITS} before the point and {PLACES} after it fit.")
    return kept(-value if negative else value)


def _refuse_words(plain: str, said: str) -> None:
    if not plain or plain == "-":
        raise NotANumber("There is no number.")
    if plain[0] in "<>≤≥~":
        raise NotANumber(f"{said} is a limit, not a number. Enter the number that you report for it.")
    if _NOT_DETECTED.fullmatch(plain):
        raise NotANumber(f"{said} is not a number. Enter the number that you report when nothing is detected.")


def _without_sign(plain: str) -> tuple[bool, str]:
    if plain.startswith("(") and plain.endswith(")"):
        return True, plain[1:-1].strip()
    if plain.startswith("-"):
        return True, plain[1:].lstrip()
    return False, plain


def kept(value: Decimal) -> Decimal:
    """Returns the number as the database keeps it, with six decimals; zero has no sign."""
    return value.quantize(_UNIT) + 0


def exact(value: Decimal) -> str:
    """Returns all of its digits and no others: 1234.5."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown(value: Decimal, decimals: int) -> str:
    """Returns it as pages show it: 1,234.50. Rounds halves away from zero."""
    rounded = value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) + 0
    return f"{rounded:,.{decimals}f}"


def average(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal(0)) / len(values)
