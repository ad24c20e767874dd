"""Numbers with the word for what they count."""

from django.contrib.humanize.templatetags.humanize import intcomma


def counted(n: int, one: str, many: str) -> str:
    """Returns such as “1 email is” or “1,085 emails are”."""
    return f"{intcomma(n)} {one if n == 1 else many}"
