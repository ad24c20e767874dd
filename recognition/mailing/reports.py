"""Registers the kinds of report: one letter on paper, and all of a cycle that wait to be mailed."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from accounts import zones
from accounts.models import User
from recognition.deciding.documents import AskedCycle, blocks
from recognition.mailing.lists import of_cycle
from recognition.models import Application, Cycle, PaperLetter
from recognition.rights import Act, Rights, offered
from reports.kinds import Bundle, Kind, Part, register


def find(user: User, pk: int) -> PaperLetter | None:
    """Returns the letter, or None if ``user`` may not mail it."""
    letter = PaperLetter.objects.filter(pk=pk).first()
    rows = Application.objects.visible_to(user).select_related("cycle__edition")
    application = rows.filter(pk=letter.application_id).first() if letter else None
    if letter is None or application is None or not Rights(user, application).may(Act.MAIL):
        return None
    letter.application = application
    return letter


def context(letter: PaperLetter) -> dict[str, Any]:
    """Returns what the printed letters of decisions have too: sender, date, recipient, text and signature."""
    cycle = letter.application.cycle
    return {
        "application": letter.application,
        "cycle": cycle,
        "sender": cycle.letterhead.split("\n"),
        "dated": _dated(letter),
        "recipient": letter.address.splitlines(),
        "subject": letter.subject,
        "body": blocks(letter.body),
        "feedback": [],
    }


def _dated(letter: PaperLetter) -> date:
    """Returns the day it was mailed, or today."""
    return letter.mailed_on or zones.today(ZoneInfo(letter.application.cycle.time_zone))


LETTER = Kind(
    name="paper-letter",
    label="Letter to mail",
    template="recognition/deciding/reports/letter.html",
    find=find,
    title=lambda letter: f"Letter to mail: {letter.application}",
    filename=lambda letter: f"letter-{slugify(letter.application.utility.name)[:60]}-{letter.pk}",
    context=context,
)


def find_all(user: User, pk: int) -> AskedCycle | None:
    """Returns the cycle, or None if ``user`` mails no letters or none waits."""
    cycle = Cycle.objects.filter(pk=pk).first() if offered(user, Act.MAIL) else None
    asked = AskedCycle(cycle, user) if cycle else None
    return asked if asked and parts(asked) else None


def parts(asked: AskedCycle) -> list[Part]:
    waiting = of_cycle(asked.user, asked.cycle).to_mail().order_by("written_at", "pk")
    return [Part(LETTER.name, letter.pk, "letters", letter.application.utility.name) for letter in waiting]


register(LETTER)
register(
    Bundle(
        name="letters-to-mail",
        label="Letters to mail",
        find=find_all,
        title=lambda asked: f"Letters to mail: {asked.cycle}",
        filename=lambda asked: f"letters-to-mail-{slugify(asked.cycle.title)[:80]}",
        parts=parts,
    )
)
