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
            Word("inviter", "who invites", "Mara Gerr"),
            Word("role", "as what: manager, contributor or viewer", "contributor"),
            Word("address", "the e-mail address that the invitation is for", "connie@example.org"),
            Word("until", "the last day of the invitation", "October 14, 2026"),
            *_ALWAYS,
        ),
        "join-request": (
            _UTILITY,
            _LINK,
            Word("person", "who asks", "Connie Boyd"),
            Word("address", "that person's e-mail address", "connie@example.org"),
            Word("city", "where the utility is", "Riverbend"),
            Word("state", "the utility's state, as two letters", "OR"),
            Word("message", "what the person writes; may be empty", "I run the laboratory."),
            *_ALWAYS,
        ),
        "join-answer": (
            _UTILITY,
            _LINK,
            Word("person", "who asked", "Connie Boyd"),
            Word("role", "what the person may be there; empty where the request is declined", "viewer"),
            *_ALWAYS,
        ),
    },
)
