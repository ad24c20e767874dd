"""Registers the wordings of the recognition program, and the words (variables) that each may contain."""

from pathlib import Path

from django.conf import settings

from letters.wordings import Word, register
from recognition.models.cycle import LAW

WORDS = {
    word.name: word
    for word in [
        Word("utility", "the utility's name", "Riverbend Water and Sewer"),
        Word("program", "the program's name, as set in the criteria", "Sustainable Water Leadership Program"),
        Word("law", "the law under which the program recognizes", LAW),
        Word("cycle", "the cycle's title", "Recognition 2027"),
        Word("link", "the address of the application's page", f"{settings.SITE_URL}/recognition/applications/1/"),
        Word("contact", "the address for questions", settings.CONTACT_EMAIL),
        Word("person", "the reader's name; empty in letters to applicants", "Paula Nell"),
        Word("by_mail", "filled in if the letter is printed and mailed, else empty", ""),
        Word("number", "the version that was submitted, 1 or 2", "1"),
        Word("submitted_at", "when it was submitted", "September 30, 2026, 4:12 PM EDT"),
        Word("due", "the date it is due", "October 14, 2026"),
        Word("stage", "the stage as its applicant sees it", "Draft"),
        Word("closes", "when the cycle or the invitation closes", "September 30, 2026, 5:00 PM EDT"),
        Word("deficiencies", "what is missing, one item per line", "- It is certified\n- The contact is complete"),
        Word("letter", "the reviewer's note; may be empty", "Please call us if a point is unclear."),
        Word("until", "the last day of the recognition", "March 31, 2030"),
        Word("finding", "what the compliance review found", "A consent order of May 2026 is still open."),
        Word(
            "reason", "the reason for the decision; may be empty", "Two attributes rest on plans that have not begun."
        ),
        Word("recognition_number", "the recognition's number", "7K3M-9QXP-2RTV-8WYZ"),
        Word("signatory", "who signs, as set in the cycle; may be empty", "Dana Whitfield"),
        Word("signatory_title", "that person's title; may be empty", "Director of the recognition program"),
        Word("count", "how many organizations are recognized", "12 organizations"),
        Word("place", "where the organizations in the letter are", "in Oregon"),
        Word("states", "in how many states and territories the organizations are", "9 states and territories"),
        Word("agency", "the first line of the cycle’s sender", "Environmental Protection Agency"),
        Word("released", "when the decisions were released", "October 14, 2026"),
        Word("city", "the utility’s city", "Riverbend"),
        Word("state", "the utility’s state or territory", "Oregon"),
        Word("since", "the first day of the recognition", "April 1, 2027"),
        Word("panels", "how many applications the member reviews", "81 applications"),
        Word("late", "how many of these are late; empty if none", "3 applications"),
        Word("list", "what is late, one item per line", "- Pete Nolan: 3 late, the first since May 3, 2027"),
        Word("inviter", "the staff member who sent the invitation", "Mara Gerr"),
        Word("author", "the staff member who wrote the note", "Sam Prather"),
        Word("address", "the email address that the invitation is for", "paula@example.org"),
        Word("leads", "how many panels the member leads; empty if none", "27 panels"),
        Word("register", "the utility’s public page", f"{settings.SITE_URL}/recognition/register/1/"),
    ]
}
# Words of every wording about one application, and of every wording about a whole cycle.
EVERYWHERE, OF_A_CYCLE, OF_A_REVIEWER = (
    ("utility", "program", "law", "cycle", "link", "contact", "person", "by_mail"),
    ("program", "cycle", "contact"),
    ("program", "cycle", "link", "contact", "person"),
)
OF_AN_INVITATION = ("program", "link", "contact", "person")
TO_A_REVIEWER = (
    "panels-assigned",
    "panels-undone",
    "reviews-reminder",
    "reviews-late",
    "panel-late",
    "reviewer-invitation",
)
ABOUT_A_CYCLE = ("notice-letter", "federal-register")
OWN = {
    "application-submitted": ("number", "submitted_at"),
    "application-returned": ("due", "deficiencies", "letter"),
    "application-reminder": ("due",),
    "draft-reminder": ("closes",),
    "deadline-moved": ("due",),
    "panel-assigned": ("due",),
    "panel-reminder": ("due",),
    "panel-lead": (),
    "panel-ready": (),
    "staff-note": ("author",),
    "panels-assigned": ("panels", "leads", "due"),
    "panels-undone": ("panels",),
    "reviews-reminder": ("panels", "late", "due"),
    "reviews-late": ("late", "list"),
    "panel-late": ("late", "list"),
    "reviewer-invitation": ("inviter", "address", "closes"),
    "application-not-eligible": ("finding",),
    "application-incomplete": ("due", "reason"),
    "application-reopened": ("reason", "due"),
    "application-withdrawn": (),
    "message-to-applicants": ("stage", "due", "closes"),
    "recognized": ("reason",),
    "not-recognized": ("reason",),
    # Every certificate shows name, place, dates, number and signature; the wording need not repeat them.
    "certificate": ("since", "until", "recognition_number", "signatory", "signatory_title"),
    "notice-letter": ("count", "place"),
    "federal-register": ("agency", "count", "states", "released"),
    "press-text": ("city", "state", "since", "until", "register"),
    "recognition-expires": ("until",),
    "recognition-revoked": ("reason",),
}


def _words(name: str) -> tuple[Word, ...]:
    """Returns the words of a wording. Only letters to the panel greet a person; others go to all managers."""
    about: tuple[str, ...] = OF_A_REVIEWER if name in TO_A_REVIEWER else EVERYWHERE
    about = OF_A_CYCLE if name in ABOUT_A_CYCLE else about
    about = OF_AN_INVITATION if name == "reviewer-invitation" else about
    found = [WORDS[word] for word in about + OWN[name]]
    if name == "message-to-applicants":
        due = Word("due", "until when it can be changed; empty if it can’t", WORDS["due"].sample)
        found = [due if word.name == "due" else word for word in found]
    if name.startswith("panel") or name in (*TO_A_REVIEWER, "staff-note"):
        return tuple(found)
    return tuple(Word("person", word.meaning, "") if word.name == "person" else word for word in found)


register(Path(__file__).parent / "data" / "emails.yaml", {name: _words(name) for name in OWN})
