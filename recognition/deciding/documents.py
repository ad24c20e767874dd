"""Builds the template contexts of the printed documents from rows.

The documents are the letters, the certificate, the packet for the panel and the scores for the decision.
``recognition.deciding.reports`` checks in ``recognition.rights`` who may have which.
"""

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from unicodedata import east_asian_width
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.safestring import SafeString, mark_safe

from accounts.models import System, User
from recognition.application.content import identifiers, passages, postal
from recognition.application.shown import criterion_names
from recognition.applying.reading import page
from recognition.models import Application, Cycle, Feedback, Photo, Seat
from recognition.models.application_rows import ApplicationQuerySet
from recognition.reviewing import agreement
from recognition.reviewing.agreement import Agreement
from recognition.rights import Act, Rights
from reports import tokens


@dataclass(frozen=True)
class Asked:
    """An application, and the rights of the person who requests a document of it."""

    application: Application
    rights: Rights

    @property
    def pk(self) -> int:
        return self.application.pk


@dataclass(frozen=True)
class AskedCycle:
    """A cycle, and the person who requests a document of the whole cycle."""

    cycle: Cycle
    user: User

    @property
    def pk(self) -> int:
        return self.cycle.pk


def of_others(asked: AskedCycle, statuses: Sequence[str]) -> tuple[ApplicationQuerySet, int]:
    """Returns the cycle's applications in which the person has no part, by name, and the number left out."""
    every = Application.objects.filter(cycle=asked.cycle, status__in=statuses)
    shown = every.visible_to(asked.user).without_part_of(asked.user).order_by("utility__name", "pk")
    return shown, every.count() - shown.count()


# The letters.


@dataclass(frozen=True)
class Block:
    """A paragraph, or the items of a list."""

    text: str = ""
    items: tuple[str, ...] = ()


def blocks(text: str) -> list[Block]:
    """Splits plain text into paragraphs at empty lines, and into lists where lines begin with "- "."""
    found = []
    for paragraph in re.split(r"\n[ \t]*\n", "\n".join(text.strip().splitlines())):
        for is_list, lines in groupby(paragraph.splitlines(), lambda line: line.lstrip().startswith("- ")):
            if is_list:
                found.append(Block(items=tuple(line.lstrip()[2:].strip() for line in lines)))
            elif words := "\n".join(lines).strip():
                found.append(Block(text=words))
    return found


def letter(asked: Asked) -> dict[str, Any]:
    """Returns the text emailed at the release, with the sender, date and recipient for a printed letter."""
    application, cycle, decision = asked.application, asked.application.cycle, asked.application.decision
    feedback = None if decision.recognize else Feedback.objects.shown(application)
    submission, utility = application.submission, application.utility
    contact = submission.content.get("contact", {}) if submission and asked.rights.may(Act.READ_CONTACT) else {}
    return {
        "application": application,
        "cycle": cycle,
        "sender": cycle.letterhead.split("\n"),
        "dated": released_on(application),
        "recipient": postal(contact, name=utility.name, city=utility.city, state=utility.state),
        "subject": decision.subject,
        "body": blocks(decision.body),
        "feedback": blocks(feedback.text) if feedback else [],
    }


def released_on(application: Application) -> date:
    """Returns the day of the release in the cycle's time zone."""
    at = application.decision.released_at
    assert at  # noqa: S101  # letters exist only for released decisions
    return at.astimezone(ZoneInfo(application.cycle.time_zone)).date()


# The certificate.

MAX_AT_FULL_SIZE = 320  # characters besides the name; longer wordings are set smaller


def certificate(asked: Asked) -> dict[str, Any]:
    """Returns the administrators' wording, split around the utility's name, and the facts on every certificate."""
    application, cycle, utility = asked.application, asked.application.cycle, asked.application.utility
    recognition = application.recognition
    title, words = application.rendered(
        "certificate",
        since=in_words(recognition.since),
        until=in_words(recognition.until),
        recognition_number=recognition.number,
        signatory=cycle.signatory_name,
        signatory_title=cycle.signatory_title,
    )
    before, after = around_name(blocks(words), utility.name)
    submission = application.submission
    return {
        "application": application,
        "cycle": cycle,
        "recognition": recognition,
        "issuer": cycle.letterhead.split("\n")[0].strip(),
        "title": title,
        "systems": kinds_of_system(submission.content if submission else {}),
        "before": before,
        "after": after,
        "size": size_of(utility.name),
        "is_long": len(words) - len(utility.name) > MAX_AT_FULL_SIZE,
        "qr": qr_code(recognition.verify_url, "QR code for the page that checks this certificate"),
    }


def kinds_of_system(content: Mapping[str, Any]) -> str:
    """Returns what the application covers: "Wastewater and drinking water systems"; empty if it says nothing."""
    kinds = [System(kind).label for kind in content.get("eligibility", {}).get("facility_types", [])]
    if not kinds:
        return ""
    *first, last = kinds if len(kinds) == 1 else [kinds[0], *(kind[0].lower() + kind[1:] for kind in kinds[1:])]
    words = f"{', '.join(first)} and {last}" if first else last
    return f"{words} {'systems' if first else 'system'}"


def in_words(day: date) -> str:
    return f"{day:%B} {day.day}, {day.year}"


def around_name(wording: Sequence[Block], name: str) -> tuple[list[Block], list[Block]]:
    """Splits the wording at the paragraph that is only the name, which is set large. Without one, all goes below it."""
    places = [place for place, block in enumerate(wording) if block.text == name.strip()]
    if not places:
        return [], list(wording)
    return list(wording[: places[0]]), list(wording[places[0] + 1 :])


def size_of(name: str) -> str:
    """Returns a size for the name that leaves room for the wording. Wide East Asian characters count as two."""
    width = sum(2 if east_asian_width(sign) in "WF" else 1 for sign in name)
    return next((size for size, most in (("xl", 30), ("l", 56), ("m", 96), ("s", 150)) if width <= most), "xs")


def qr_code(address: str, title: str) -> SafeString:
    """Returns an SVG that uses only presentation attributes. The page around it provides the quiet zone."""
    import segno  # imported here because only workers need it

    code = segno.make(address, error="m", boost_error=False, micro=False)
    svg = code.svg_inline(title=title, border=0, omitsize=True, dark=tokens.value("ink"), svgclass=None, lineclass=None)
    return mark_safe(svg)  # noqa: S308  # segno escapes the title; the address becomes squares only


# The packet for the panel.


def packet(asked: Asked) -> dict[str, Any]:
    """Returns everything of the version under review that its reader may see."""
    application, rights = asked.application, asked.rights
    shown = page(application, rights)
    submission, criteria = shown["submission"], application.cycle.edition.criteria
    is_large = submission.size == "large"
    checklist = list(submission.checklist.all()) if rights.may(Act.SEE_CHECKLIST) else []
    by_kind = application.compliance_checks.select_related("recorded_by").by_kind()
    checks = list(by_kind.values()) if rights.may(Act.SEE_COMPLIANCE) else []
    return shown | {
        "asked_attributes": criteria.large_attributes if is_large else criteria.small_attributes,
        "asked_boxes": criteria.large_boxes if is_large else criteria.small_boxes,
        "most_words": criteria.most_words,
        "checklist": checklist,
        "has_reasons": any(item.reason for item in checklist),
        "checks": checks,
        "has_notes": any(check.note for check in checks),
        "submitted": application.in_its_zone(submission.submitted_at),
        "numbers": identifiers(submission.content) if rights.may(Act.READ_CONTACT) else [],
        "n_claims": len(passages(submission.content)),
        "pictures": [(photo, as_data(photo)) for photo in shown["photos"]],
    }


def as_data(photo: Photo) -> str:
    """Returns the picture as a data URL, since the renderer reads no local files."""
    with photo.file.content.open("rb") as file:
        return f"data:image/jpeg;base64,{base64.b64encode(file.read()).decode()}"


# The scores.


class Line(NamedTuple):
    """A criterion with its agreement and each member's rating, or None."""

    name: str
    agreement: Agreement
    given: list[Any]

    @property
    def comments(self) -> list[str]:
        return [rating.comment if rating else "" for rating in self.given]


@dataclass(frozen=True)
class Score:
    """The panel's ratings of one application."""

    application: Application
    reviews: list[Seat]
    lines: list[Line]
    mean: float | None
    in_short: str

    @property
    def summaries(self) -> list[str]:
        """What each member wrote about their overall impression; empty if nobody did."""
        said = [seat.summary for seat in self.reviews]
        return said if any(said) else []


def scores(asked: AskedCycle) -> dict[str, Any]:
    """Returns the ratings of every panel of the cycle that has recommended."""
    shown, left_out = of_others(asked, Application.PAST_PANEL)
    reviews = Prefetch("seats", queryset=Seat.objects.reviews(), to_attr="reviews")
    names = criterion_names(asked.cycle.edition.criteria)
    rows = shown.select_related("recommendation__by").prefetch_related(reviews)
    found = [score(row, names) for row in rows if Rights(asked.user, row).may(Act.SEE_SCORES)]
    return {"cycle": asked.cycle, "scores": found, "left_out": left_out}


def score(application: Any, names: Mapping[str, str]) -> Score:
    """Requires ``application.reviews``."""
    lines = agreement.of_reviews(application.reviews)
    given = [{rating.criterion: rating for rating in seat.ratings.all()} for seat in application.reviews]
    return Score(
        application=application,
        reviews=application.reviews,
        lines=[Line(names[line.criterion], line, [each.get(line.criterion) for each in given]) for line in lines],
        mean=mean(lines),
        in_short=agreement.in_short(lines),
    )


def mean(lines: Iterable[Agreement]) -> float | None:
    """Returns the mean of all ratings: met counts 2, partly met 1, not met 0. None if there are no ratings."""
    lines = list(lines)
    rated = sum(line.rated for line in lines)
    return sum(2 * line.met + line.partly for line in lines) / rated if rated else None
