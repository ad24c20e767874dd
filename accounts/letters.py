"""The wordings about joining a utility, and the variables that each may contain."""

from pathlib import Path

from django.conf import settings

from letters.wordings import Word, register

_UTILITY = Word("utility", "the utility's name", "Riverbend Water and Sewer")
_LINK = Word("link", "the address of the page to open", f"{settings.SITE_URL}/utilities/1/")
_ALWAYS = (
    Word("contact", "the address for questions", settings.CONTACT_EMAIL),
    Word("site", "the site's address", settings.SITE_URL),
)

register(
    Path(__file__).parent / "data" / "emails.yaml",
    {
        "invitation": (
            _UTILITY,
            _LINK,
            Word("inviter", "the person who sent the invitation", "Mara Gerr"),
            Word("role", "the role: manager, contributor, advisor or viewer", "contributor"),
            Word("address", "the email address that the invitation is for", "connie@example.org"),
            Word("until", "the last day of the invitation", "October 14, 2026"),
            Word("advisor_until", "the last day of an advisor; empty for other roles", "June 30, 2027"),
            *_ALWAYS,
        ),
        "join-request": (
            _UTILITY,
            _LINK,
            Word("person", "the person who wants to join", "Connie Boyd"),
            Word("address", "that person's email address", "connie@example.org"),
            Word("city", "the utility's city", "Riverbend"),
            Word("state", "the utility's state, as two letters", "OR"),
            Word("message", "the person's message; may be empty", "I run the laboratory."),
            *_ALWAYS,
        ),
        "join-answer": (
            _UTILITY,
            _LINK,
            Word("person", "the person who wanted to join", "Connie Boyd"),
            Word("role", "the role; empty if the request was declined", "viewer"),
            *_ALWAYS,
        ),
        "advisor-ends": (
            _UTILITY,
            _LINK,
            Word("person", "the advisor", "Ada Reed"),
            Word("until", "the advisor's last day", "June 30, 2027"),
            *_ALWAYS,
        ),
        "advisor-ends-managers": (
            _UTILITY,
            _LINK,
            Word("person", "the advisor", "Ada Reed"),
            Word("address", "the advisor's email address", "ada@example.org"),
            Word("until", "the advisor's last day", "June 30, 2027"),
            *_ALWAYS,
        ),
        "emails-undelivered": (
            _LINK,
            Word("person", "the member of staff", "Sam Prather"),
            Word("count", "how many emails did not arrive since the last such email", "3 emails"),
            *_ALWAYS,
        ),
    },
)
