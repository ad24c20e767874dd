"""The wordings of emails about records, and the variables that each may contain."""

from pathlib import Path

from django.conf import settings

from letters.wordings import Word, register

_PERSON = Word("person", "the reader's name", "Sam Reyes")
_UTILITY = Word("utility", "the utility's name", "Riverbend Water and Sewer")
_NUMBER = Word("number", "the record's number", "PRG-2026-014")
_TITLE = Word("title", "the record's title", "Clean the sewers of Mill Street")
_LINK = Word("link", "the address of the page to open", f"{settings.SITE_URL}/system/1/actions/PRG-2026-014/")
_SAMPLE = f"- PRG-2026-014 Clean the sewers of Mill Street, due June 30, 2026\n  {_LINK.sample}"
_WORKSHOP = f"{settings.SITE_URL}/system/1/workshops/WS-2026-001/"
_SCORED = f"- Objectives for 2027, Riverbend: 3 of 12 objectives scored\n  {_WORKSHOP}"
_ALWAYS = (
    Word("contact", "the address for questions", settings.CONTACT_EMAIL),
    Word("site", "the site's address", settings.SITE_URL),
)

register(
    Path(__file__).parent / "data" / "emails.yaml",
    {
        "record-assigned": (
            _PERSON,
            _UTILITY,
            _NUMBER,
            _TITLE,
            _LINK,
            Word("by", "the person who chose the owner; may be empty", "Mara Gerr"),
            Word("due", "the date it is due; may be empty", "June 30, 2026"),
            *_ALWAYS,
        ),
        "record-mentioned": (
            _PERSON,
            _UTILITY,
            _NUMBER,
            _TITLE,
            _LINK,
            Word("by", "the person who wrote the comment", "Dana Whitfield"),
            Word("comment", "the comment", "@Sam station 11 has no display."),
            *_ALWAYS,
        ),
        "records-due": (
            _PERSON,
            _UTILITY,
            Word("count", "how many records", "2 records"),
            Word("records", "the records, one for each item", _SAMPLE),
            *_ALWAYS,
        ),
        "records-handed-over": (
            _PERSON,
            _UTILITY,
            Word("by", "the person who handed them over", "Mara Gerr"),
            Word("before", "the person who owned them", "Dana Whitfield"),
            Word("count", "how many records", "2 records"),
            Word("records", "the records, one for each item", _SAMPLE),
            *_ALWAYS,
        ),
        "record-escalated": (
            _PERSON,
            _UTILITY,
            _NUMBER,
            _TITLE,
            _LINK,
            Word("owner", "the record's owner; may be empty", "Sam Reyes"),
            Word("status", "where it stands", "Being corrected"),
            Word("due", "the date it was due", "June 30, 2026"),
            *_ALWAYS,
        ),
        "weekly-digest": (
            _PERSON,
            Word("late", "the reader's late records; may be empty", _SAMPLE),
            Word("soon", "the reader's records that are due soon; may be empty", _SAMPLE),
            Word("workshops", "workshops in which the reader has not finished scoring; may be empty", _SCORED),
            Word(
                "utilities",
                "one line for each utility that the reader manages or advises; may be empty",
                "- Riverbend: 3 late",
            ),
            Word("link", "the address of the home page", f"{settings.SITE_URL}/"),
            Word("stop", "the address that stops this email", f"{settings.SITE_URL}/system/digest/…/stop/"),
            *_ALWAYS,
        ),
    },
)
