"""Reports: the letter to an office, and a bundle of all of a cycle's letters that are ready."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User
from recognition.models import Addressee, Cycle, Notice
from recognition.notices import content as notices
from recognition.rights import Act, offered
from reports.kinds import Bundle, Kind, Part

MAX_BELOW_SIGNATURE = 2  # organizations listed below the signature; a longer list is an enclosure


def find(user: User, object_id: int) -> Addressee | None:
    """Returns the addressee, or None if ``user`` does not send notices or the letter lacks something."""
    addressee = Addressee.objects.select_related("cycle", "utility").filter(pk=object_id).first()
    if addressee is None or not offered(user, Act.NOTIFY) or not notices.is_ready(addressee):
        return None
    return addressee


def title(addressee: Addressee) -> str:
    return f"Letter to the {addressee.office_title}, {addressee.cycle}"


def filename(addressee: Addressee) -> str:
    whom = addressee.utility or addressee.office_title
    return f"letter-{slugify(addressee.office)}-{slugify(str(whom))}"


def context(addressee: Addressee) -> dict[str, Any]:
    cycle = addressee.cycle
    recognitions = list(addressee.recognitions.order_by("application__utility__name", "pk"))
    subject, body = notices.letter(addressee, len(recognitions))
    return {
        "addressee": addressee,
        "cycle": cycle,
        "sender": cycle.letterhead.strip().splitlines(),
        "recipient": [addressee.name, addressee.office_title, *addressee.address.strip().splitlines()],
        "day": _dated(addressee),
        "title": title(addressee),
        "subject": subject,
        "body": body,
        "states": notices.by_state(recognitions),
        "is_enclosed": len(recognitions) > MAX_BELOW_SIGNATURE,
    }


def _dated(addressee: Addressee) -> date:
    """Returns the day it was sent, or today if it was not sent yet."""
    sent = Notice.objects.filter(addressee=addressee).values_list("sent_on", flat=True).first()
    return sent or timezone.localdate(timezone=ZoneInfo(addressee.cycle.time_zone))


NOTICE_LETTER = Kind(
    name="notice-letter",
    label="Letter to an office",
    template="recognition/notices/reports/notice_letter.html",
    find=find,
    title=title,
    filename=filename,
    context=context,
)


def find_all(user: User, object_id: int) -> Cycle | None:
    """Returns the cycle, or None if ``user`` does not send notices or no letter is ready."""
    cycle = Cycle.objects.filter(pk=object_id).first() if offered(user, Act.NOTIFY) else None
    return cycle if cycle and parts(cycle) else None


def parts(cycle: Cycle) -> list[Part]:
    ready = [line.addressee for line in notices.lines(cycle) if line.addressee and line.is_ready]
    return [
        Part(NOTICE_LETTER.name, row.pk, "letters-to-offices", str(row.utility or row.office_title)) for row in ready
    ]


NOTICE_LETTERS = Bundle(
    name="notice-letters",
    label="Letters to offices",
    find=find_all,
    title=lambda cycle: f"Letters to offices: {cycle}",
    filename=lambda cycle: f"letters-to-offices-{slugify(str(cycle))[:80]}",
    parts=parts,
)
