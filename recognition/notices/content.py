"""The notices of a cycle (CWA 501(e)(3); 40 CFR 105.14 to 105.16): addressees, checklist, texts."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import CharField, Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf, TruncDate
from django.utils import timezone

from accounts.models import Identifier, User
from letters import wordings
from recognition.models import Addressee, Application, Cycle, Decision, Notice, Recognition
from workflow.counting import counted

Office, Kind = Addressee.Office, Notice.Kind
Key = tuple[str, str, int | None]  # office, the Governor's state, the Tribal leader's utility
Place = tuple[str, int, bool]  # of a recognition: the state, the utility, whether it is tribal
OFFICES = list(Office)  # in the order of the list
# Titles that are not simply “Governor of” and the name of the state.
TITLES = {
    "DC": "Mayor of the District of Columbia",
    "MP": "Governor of the Northern Mariana Islands",
    "VI": "Governor of the Virgin Islands",
}
CARRIED = ("name", "title", "salutation", "address")


def recognized(cycle: Cycle) -> QuerySet[Recognition]:
    """Returns the recognitions that the notices name: those not revoked, by utility name."""
    rows = Recognition.objects.filter(application__cycle=cycle, revoked_at=None)
    return rows.with_utility().order_by("application__utility__name", "pk")


def by_state(recognitions: Iterable[Recognition]) -> list[tuple[str, list[Recognition]]]:
    """Groups recognitions by the name of the state or territory, sorted by name. Each group keeps the given order."""

    def state(row: Recognition) -> str:
        return str(row.application.utility.get_state_display())

    return [(name, list(rows)) for name, rows in groupby(sorted(recognitions, key=state), state)]


def days_of_release(cycle: Cycle) -> list[date]:
    """Returns the days on which decisions were released, in the cycle's time zone, earliest first."""
    day = TruncDate("released_at", tzinfo=ZoneInfo(cycle.time_zone))
    decisions = Decision.objects.filter(application__cycle=cycle, released_at__isnull=False)
    return list(decisions.annotate(day=day).order_by("day").values_list("day", flat=True).distinct())


# Addressees.


def needed(of: Iterable[Place]) -> list[Key]:
    """Returns the offices that the law names: three national ones, the Governor of each state with a recognized
    organization, and a leader for each tribal utility (its PWSID starts with a digit, see accounts/regions.py)."""
    keys: list[Key] = [(office, "", None) for office in Addressee.NATIONAL]
    keys += [(Office.GOVERNOR, state, None) for state in sorted({state for state, _, _ in of})]
    return keys + [(Office.TRIBAL_LEADER, "", utility) for utility in sorted({key for _, key, tribal in of if tribal})]


def missing(of: Iterable[Place], listed: Iterable[Addressee]) -> list[Key]:
    """Returns the needed offices that are not listed yet."""
    known = {_key(row) for row in listed}
    return [key for key in needed(of) if key not in known]


def _key(addressee: Addressee) -> Key:
    return addressee.office, addressee.state, addressee.utility_id


def earlier(cycle: Cycle) -> dict[Key, Addressee]:
    """Returns the addressee of each office in the latest earlier cycle that has a name or an address for it."""
    rows = Addressee.objects.filter(cycle__opens__lt=cycle.opens).exclude(name="", address="")
    return {_key(row): row for row in rows.select_related("cycle").order_by("cycle__opens", "pk")}


def draw_up(cycle: Cycle) -> int:
    """Lists every missing office, with name and address from the latest earlier cycle. Returns how many."""
    before = earlier(cycle)
    rows = [_addressee(cycle, key, before.get(key)) for key in missing(places(cycle), cycle.addressees.all())]
    return len(Addressee.objects.bulk_create(rows, ignore_conflicts=True))  # a double click may have listed them


def _addressee(cycle: Cycle, key: Key, before: Addressee | None) -> Addressee:
    office, state, utility = key
    taken = {name: getattr(before, name) for name in CARRIED} if before else {}
    if not taken and state in TITLES:
        taken = {"title": TITLES[state]}
    return Addressee(cycle=cycle, office=office, state=state, utility_id=utility, **taken)


def is_as(before: Addressee | None, addressee: Addressee) -> bool:
    """Returns whether ``addressee`` still has the values of ``before``, so that someone should check them."""
    return before is not None and all(getattr(before, name) == getattr(addressee, name) for name in CARRIED)


# What must be entered before something can be sent, as noun phrases for a message.


def gaps(cycle: Cycle) -> list[str]:
    """Returns what the cycle lacks: every letter, certificate and notice needs a signature and a sender."""
    parts = {
        "signer": cycle.signatory_name,
        "signer’s title": cycle.signatory_title,
        "sender": cycle.letterhead,
    }
    return [what for what, entered in parts.items() if not entered.strip()]


def gaps_of(addressee: Addressee, recognitions: list[Place]) -> list[str]:
    """Returns what one letter lacks."""
    found = [what for what in ("name", "address") if not getattr(addressee, what).strip()]
    of_office = {
        Office.GOVERNOR: any(state == addressee.state for state, _, _ in recognitions),
        Office.TRIBAL_LEADER: any(utility == addressee.utility_id for _, utility, _ in recognitions),
    }
    return found if of_office.get(Office(addressee.office), any(recognitions)) else [*found, "recognized organizations"]


def is_ready(addressee: Addressee) -> bool:
    """Returns whether its letter can be made now."""
    recognitions = places(addressee.cycle)
    return not (gaps(addressee.cycle) or gaps_of(addressee, recognitions))


def places(cycle: Cycle) -> list[Place]:
    """Returns the place of each recognition that the notices name."""
    tribal = Identifier.objects.filter(kind=Identifier.Kind.PWSID, value__regex="^[0-9]")
    is_tribal = Exists(tribal.filter(utility=OuterRef("application__utility")))
    rows = recognized(cycle).annotate(is_tribal=is_tribal)
    return list(rows.values_list("application__utility__state", "application__utility", "is_tribal"))


# The checklist.


@dataclass(frozen=True)
class Line:
    """A line of the checklist: what goes to whom, and what is ``missing``. ``key`` is its value in the form."""

    key: str
    what: str
    whom: str
    missing: list[str]
    notice: Notice | None
    addressee: Addressee | None = None
    taken_from: Cycle | None = None

    @property
    def is_ready(self) -> bool:
        return not self.missing

    @property
    def status(self) -> str:
        """The status for the exported checklist."""
        if self.notice:
            return "Sent"
        return f"Missing: {', '.join(self.missing)}" if self.missing else "Ready"


def lines(cycle: Cycle, known: list[Place] | None = None) -> list[Line]:
    """Returns the letters to the offices, then the Federal Register notice, with a fixed number of queries.

    ``known`` are the cycle's places, where they were read before.
    """
    of, before, of_cycle = places(cycle) if known is None else known, earlier(cycle), gaps(cycle)
    sent = {(row.kind, row.addressee_id): row for row in cycle.notices.filter(application=None).select_related("by")}
    rows = sorted(cycle.addressees.select_related("cycle", "utility"), key=_place)
    lines = [
        Line(
            key=f"office-{row.pk}",
            what=Kind.OFFICE.label,
            whom=row.office_title,
            missing=[*gaps_of(row, of), *of_cycle],
            notice=(notice := sent.get((Kind.OFFICE, row.pk))),
            addressee=row,
            taken_from=before[_key(row)].cycle if not notice and is_as(before.get(_key(row)), row) else None,
        )
        for row in rows
    ]
    lacks = [*([] if of else ["recognized organizations"]), *of_cycle]
    notice = sent.get((Kind.REGISTER, None))
    return [*lines, Line(Kind.REGISTER, Kind.REGISTER.label, "Office of the Federal Register", lacks, notice)]


def _place(addressee: Addressee) -> tuple[int, str, str]:
    return OFFICES.index(Office(addressee.office)), str(addressee.get_state_display()), addressee.office_title


def of_applicants(user: User, cycle: Cycle, kind: str) -> QuerySet[Any]:
    """Returns the applications with a line of this kind that ``user`` may handle, annotated with what was sent."""
    rows: QuerySet[Any] = Application.objects.visible_to(user).of_others(user).filter(cycle=cycle)
    rows = rows.annotate(
        line=FilteredRelation("notices", condition=Q(notices__kind=kind)),
        notice_pk=F("line__pk"),
        sent_on=F("line__sent_on"),
        how=F("line__how"),
        recorded_by=Coalesce(NullIf("line__by__name", Value("")), "line__by__email", output_field=CharField()),
    ).order_by("utility__name", "pk")
    if kind == Kind.LETTER:
        return rows.filter(status__in=Application.OUTCOME)
    stands = Q(recognition__revoked_at=None) | Q(notice_pk__isnull=False)  # a revoked one stays if it was sent
    return rows.filter(stands, status=Application.Status.RECOGNIZED, recognition__isnull=False)


@dataclass(frozen=True)
class Group:
    """A summary of the lines of one kind to applicants. ``next`` names the first that are not sent, with their city."""

    kind: str
    label: str
    total: int
    sent: int
    next: list[str] = field(default_factory=list)


LABELS = {Kind.LETTER: "Letters to applicants", Kind.CERTIFICATE: "Certificates", Kind.PRESS: "Press texts"}
SHOWN = 5


def groups(user: User, cycle: Cycle) -> list[Group]:
    """Returns the summary of each kind; four queries."""
    rows = {kind: of_applicants(user, cycle, kind) for kind in LABELS}
    first, *others = (
        each.filter(sent_on=None)
        .annotate(kind=Value(kind), name=F("utility__name"), city=F("utility__city"))
        .values_list("kind", "name", "city")[:SHOWN]
        for kind, each in rows.items()
    )
    named: dict[str, list[str]] = {kind: [] for kind in rows}
    for kind, name, city in first.union(*others, all=True).order_by("name", "city"):
        named[kind].append(f"{name}, {city}")
    found = []
    for kind, each in rows.items():
        n = each.order_by().aggregate(total=Count("pk"), sent=Count("pk", filter=Q(sent_on__isnull=False)))
        found.append(Group(kind, LABELS[kind], n["total"], n["sent"], named[kind]))
    return found


def record(cycle: Cycle, kind: str, applications: Iterable[Application], *, by: User, sent_on: date, how: str) -> None:
    """Does what ``Notice.record`` does, for many applications in one statement."""
    done = {"sent_on": sent_on, "how": how, "by": by, "recorded_at": timezone.now()}
    Notice.objects.bulk_create(
        [Notice(cycle=cycle, kind=kind, application=application, **done) for application in applications],
        update_conflicts=True,
        unique_fields=["cycle", "kind", "addressee", "application"],
        update_fields=list(done),
    )


HEAD = ["Notice", "To", "State", "Status", "Sent on", "How", "Recorded by"]


def as_rows(user: User, cycle: Cycle) -> Iterator[list[Any]]:
    """Yields the whole checklist for a file, header first."""
    yield HEAD
    for line in lines(cycle):
        yield [line.what, line.whom, "", line.status, *_done(line.notice)]
    of_cycle = gaps(cycle)
    for kind in LABELS:
        lacks = [] if kind == Kind.PRESS else of_cycle
        ready = f"Missing: {', '.join(lacks)}" if lacks else "Ready"
        for row in of_applicants(user, cycle, kind):
            state = "Sent" if row.sent_on else ready
            whom = [str(row.utility), row.utility.state]
            yield [Kind(kind).label, *whom, state, row.sent_on, row.how or "", row.recorded_by or ""]


def _done(notice: Notice | None) -> list[Any]:
    return [notice.sent_on, notice.how, str(notice.by or "")] if notice else [None, "", ""]


# Texts. Administrators can edit the wordings.


@dataclass(frozen=True)
class Paragraph:
    """A paragraph. ``kind``: title, heading, subheading, state (a heading too), text, item (of a list), or sign (a
    plain line above the title or below the text)."""

    text: str
    kind: str = "text"


CAPTION = re.compile(r"([A-Z][A-Z ]{3,60}):\s*(.*)")
NUMBERED = re.compile(r"[IVX]{1,4}\. .{1,100}")


def paragraphs(text: str) -> Iterator[Paragraph]:
    """Splits text at empty lines. Captions like “SUMMARY:” become headings, “I. Background” a subheading."""
    for block in re.split(r"\n\s*\n", text.strip()):
        words = " ".join(block.split())
        if caption := CAPTION.fullmatch(words):
            yield Paragraph(f"{caption[1]}:", "heading")
            words = caption[2]
        if words:
            yield Paragraph(words, "subheading" if NUMBERED.fullmatch(words) else "text")


def letter(addressee: Addressee, n: int) -> tuple[str, str]:
    """Returns subject and body of the letter to an office, which names ``n`` organizations."""
    places = {
        Office.GOVERNOR: f"in {'the ' if addressee.state in TITLES else ''}{addressee.get_state_display()}",
        Office.TRIBAL_LEADER: "in the jurisdiction of your Tribe",
    }
    place = places.get(Office(addressee.office), "in the United States")
    count = counted(n, "organization", "organizations")
    return wordings.rendered(
        "notice-letter", program=addressee.cycle.program, cycle=addressee.cycle, count=count, place=place
    )


def register_notice(cycle: Cycle) -> list[Paragraph]:
    """Returns the draft of the Federal Register notice: the wording, the organizations by state, the signature.

    What is not known is a placeholder in square brackets.
    """
    states = by_state(recognized(cycle))
    agency = cycle.letterhead.strip().partition("\n")[0].strip() or "[Agency]"
    days = " and ".join(f"{day:%B %-d, %Y}" for day in days_of_release(cycle)) or "[date of release]"
    title, body = wordings.rendered(
        "federal-register",
        program=cycle.program,
        cycle=cycle,
        agency=agency,
        count=counted(sum(len(rows) for _, rows in states), "organization", "organizations"),
        states=counted(len(states), "state or territory", "states and territories"),
        released=days,
    )
    listed = [Paragraph("Recognized Organizations", "subheading")]
    for state, rows in states:
        listed.append(Paragraph(state, "state"))
        listed += [Paragraph(_named(row), "item") for row in rows]
    signed = [
        "Dated: [day of signature]", cycle.signatory_name or "[Name]", cycle.signatory_title or "[Title]"
    ]  # fmt: skip
    head = [Paragraph(agency, "sign"), Paragraph("[Docket or FRL number]", "sign"), Paragraph(title, "title")]
    return [*head, *paragraphs(body), *listed, *(Paragraph(line, "sign") for line in signed)]


def _named(recognition: Recognition) -> str:
    utility = recognition.application.utility
    return f"{utility.name}, {utility.city}"


def press(application: Application) -> tuple[str, str]:
    """Returns headline and text of a press release for the utility, from the administrators' wording."""
    recognition, utility = application.recognition, application.utility
    headline, text = application.rendered(
        "press-text",
        person="",
        city=utility.city,
        state=utility.get_state_display(),
        since=_day(recognition.since),
        until=_day(recognition.until),
        register=settings.SITE_URL.rstrip("/") + recognition.get_absolute_url(),
    )
    return headline, text.strip()


def _day(day: date | datetime) -> str:
    return f"{day:%B %-d, %Y}"


def has_press_text(application: Application) -> bool:
    """Returns whether the application has a recognition that is not revoked."""
    return Recognition.objects.filter(application=application, revoked_at=None).exists()
