"""Permit and water system numbers as people type and paste them."""

import re

LENGTH = 9


def numbers_in(text: str) -> list[str]:
    """Returns each number of a list once, in capitals: on lines of their own, or on one line with any separator.

    Spaces within a number are dropped: ``OR 0020427`` is one number.
    """
    found: list[str] = []
    for part in re.split(r"[\n\r\t,;/|，；、]+", text.upper()):
        words = part.split()
        found += ["".join(words)] if len("".join(words)) == LENGTH else words
    return list(dict.fromkeys(found))


def doubt(number: str) -> str:
    """Returns why a number deserves a second look; empty if it does not. It may be right all the same."""
    if re.match(r"..(.*O|.+[IL])", number):
        return "it has a letter O, I or L where most have a 0 or 1"
    if not re.match(r"[A-Z]{2}|(0[1-9]|10)[0-9]{7}", number):
        return "most permit numbers start with a two-letter state code"
    return ""
