"""Demo data: an open cycle and one in review, with applications at every stage. Loaded by ``manage.py load_demo``.

Applications reach their stages through the same model methods as in production, called by users with the right roles.
``Past`` then moves the timestamps back, so that dates and ages are realistic.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

import pgtrigger
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone

from accounts.models import Identifier, Membership, Role, User, Utility
from letters.models import Delivery
from pdca.loading import read
from recognition import demo_pilot, reminders
from recognition.models import (
    Announcement,
    Application,
    ComplianceCheck,
    Cycle,
    Decision,
    Edition,
    Feedback,
    Hours,
    Notice,
    PanelMember,
    QueueView,
    Recognition,
    Recommendation,
    Remark,
    Seat,
    StaffNote,
)
from recognition.models.review import (
    begin_completeness,
    find_complete,
    find_compliant,
    find_not_eligible,
    record_checklist,
    return_for_completion,
)
from recognition.notices import content as notices

DATA = Path(__file__).parent / "data" / "demo.yaml"
# The stages, as named in demo.yaml, of the applications in the cycle that is still open.
EARLY = ("draft", "submitted", "completeness", "withdrawn")
TO_PANEL = ("panel", "recommended", "not-recommended", "recognized", "not-recognized")
ZONE = "America/New_York"
# Date-time fields that hold plans, not past events; ``Past`` does not move them.
PLANNED = ("opens", "closes", "extended_until", "resubmit_by")


class Past:
    """The blocks of code that were run, and how far back in time each is to be moved."""

    def __init__(self) -> None:
        self.blocks: list[tuple[datetime, datetime, timedelta]] = []

    @contextmanager
    def ago(self, days: int) -> Iterator[None]:
        """Dates what the ``with`` block writes ``days`` days ago, between 8 AM and 4 PM; ``move`` applies it."""
        began = timezone.now()
        yield
        back = began - _at(-days, 8 + 7 * days % 9)
        self.blocks.append((began, timezone.now(), back))

    def move(self) -> None:
        """Moves back every timestamp that the blocks wrote."""
        with pgtrigger.ignore(
            "recognition.Submission:submission_is_kept",
            "recognition.PaperLetter:paper_letter_is_kept",
            "recognition.StaffNote:staff_note_is_kept",
        ):
            for model, name in _moments():
                first = {f"{name}__gte": self.blocks[0][0]}
                model._base_manager.filter(**first).update(**{name: models.Case(*self._back(name), default=name)})
        self.blocks.clear()

    def _back(self, name: str) -> Iterator[models.When]:
        for began, ended, back in self.blocks:
            within = {f"{name}__gte": began, f"{name}__lte": ended}
            yield models.When(then=models.F(name) - back, **within)


@dataclass
class Play:
    """The data, who takes part (``people`` by the local part of their email), and the applications by final stage."""

    data: dict[str, Any]
    people: Mapping[str, User]
    members: list[User]
    past: Past = field(default_factory=Past)
    entries: dict[str, Application] = field(default_factory=dict)

    @property
    def words(self) -> dict[str, Any]:
        return self.data["words"]


def load(people: Mapping[str, User]) -> None:
    data = read(DATA)
    play = Play(data, people, _panel(data["panel"], people))
    closing, opened = _cycles()
    _apply_in_time(play, closing)
    _check(play)
    _sit(play)
    _decide(play)
    _follow_up(play)
    _return(play)
    _begin_another(play, opened)
    _enter_from_paper(play, opened)
    _share(play)
    _write_to_many(play, opened)
    _pilot(play, opened)
    play.past.move()
    with play.past.ago(2):
        reminders.remind()
    play.past.move()
    # The addresses are invented, so nothing is sent.
    while delivery := Delivery.objects.claim():
        delivery.sent()
    _come_back(play)


def _moments() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_app_config("recognition").get_models():
        for column in model._meta.fields:
            if isinstance(column, models.DateTimeField) and column.name not in PLANNED:
                yield model, column.name


def _cycles() -> tuple[Cycle, Cycle]:
    """Creates the cycle in review (still open, so that applications can be submitted) and the open one."""
    edition = Edition.objects.get()  # made by load_catalog
    year = _day(-34).year
    signed = {
        "signatory_name": "Adelaide Worth",
        "signatory_title": f"Director, {edition.program}",
        "letterhead": f"{edition.program}\n100 Clearwater Square\nWashington, DC 20000",
    }
    closing = Cycle.objects.create(
        title=f"Recognition {year}",
        edition=edition,
        time_zone=ZONE,
        opens=_at(-95, 8),
        closes=_at(1, 17),
        panel_from=_day(-24),
        panel_until=_day(14),
        letters_from=_day(21),
        letters_until=_day(35),
        **signed,
    )
    opened = Cycle.objects.create(
        title=f"Recognition {year + 1}",
        edition=edition,
        time_zone=ZONE,
        opens=_at(-20, 8),
        closes=_at(40, 17),
        panel_from=_day(54),
        panel_until=_day(84),
        letters_from=_day(98),
        letters_until=_day(112),
        **signed,
    )
    return closing, opened


def _day(days: int) -> date:
    return timezone.localdate(timezone=ZoneInfo(ZONE)) + timedelta(days=days)


def _at(days: int, hour: int) -> datetime:
    return datetime.combine(_day(days), time(hour), ZoneInfo(ZONE))


def _panel(others: list[dict[str, str]], people: Mapping[str, User]) -> list[User]:
    """Makes panel members of the three people who can sign in, and of others who can't."""
    members = []
    for number, affiliation in enumerate(("hq", "region", "expert"), start=1):
        member = people[f"panelist{number}"]
        state = ("MD", "GA", "MT")[number - 1]
        knows = {
            "systems": [["drinking_water"], ["wastewater", "stormwater"], ["drinking_water", "wastewater"]][number - 1],
            "topics": ["attributes.product-quality", "categories.energy-management"][: number % 3],
            "conflict_states": [state],
            "most_panels": 40,
        }
        PanelMember.objects.create(user=member, affiliation=affiliation, state=state, **knows)
        members.append(member)
    group = members[0].groups.get()
    for one in others:
        member = User.objects.create_user(one["email"], name=one["name"])
        member.groups.add(group)
        more = {name: one[name] for name in ("affiliation", "organization", "state")}
        PanelMember.objects.create(user=member, **more)
        members.append(member)
    return members


# --- Applying -------------------------------------------------------------------------------------


def _apply_in_time(play: Play, cycle: Cycle) -> None:
    """Submits all applications of the cycle in review, then closes it and begins the review."""
    rows = [row for row in play.data["utilities"] if row["stage"] not in EARLY]
    batches = [(58, rows[0::4]), (47, rows[1::4]), (39, rows[2::4]), (36, rows[3::4])]
    for days, some in batches:
        with play.past.ago(days + 23):
            drafts = [_begun(play, row, cycle, signed=_day(-days)) for row in some]
        with play.past.ago(days):
            for draft in drafts:
                _submit(draft)
    Cycle.objects.filter(pk=cycle.pk).update(closes=_at(-34, 17))
    with play.past.ago(33):
        cycle.begin_review(by=play.people["admin"])


def _begun(play: Play, row: dict[str, Any], cycle: Cycle, *, signed: date | None) -> Application:
    """Creates a utility with a manager, and a draft with the answers in ``row``."""
    contact = row["contact"]
    manager = User.objects.create_user(contact["email"], name=contact["manager"])
    fields = {name: row[name] for name in ("name", "city", "state", "systems")}
    utility = Utility.objects.create(**fields, management_representative=manager, confirmed_at=timezone.now())
    Identifier.objects.bulk_create(Identifier(utility=utility, **one) for one in row["identifiers"])
    Membership.objects.create(user=manager, utility=utility, role=Role.MANAGER)
    application = Application.start(utility=utility, cycle=cycle, by=manager)
    claims = play.data["claims"].get(row["name"], [])
    _fill(application, row, manager, signed=signed, claims=claims)
    play.entries[row["stage"]] = application
    return application


def _fill(application: Application, row: dict[str, Any], by: User, *, signed: date | None, claims: list[str]) -> None:
    content: dict[str, dict[str, Any]] = {
        "eligibility": {name: figure for name, figure in row["figures"].items() if figure is not None},
        "contact": row["contact"],
        "attestation": {"attested": True},
    }
    if claims:
        content["confidentiality"] = {"passages": claims}
    if "partners" in row:
        content["partners"] = {"partners": row["partners"]}
    for kind in ("attributes", "categories"):
        content |= {f"{kind}.{slug}": {"chosen": True, **answers} for slug, answers in row[kind].items()}
    if signed:
        name, title = row["contact"]["manager"], row["contact"]["title"]
        content["certification"] = {"name": name, "title": title, "date": signed.isoformat(), "agreed": True}
    for section in application.sections.filter(name__in=content):
        section.application = application
        section.answer(section.version, section.answers | content[section.name], by=by)


def _author(application: Application) -> User:
    return cast(User, application.created_by)


def _submit(application: Application) -> None:
    application.submit(by=_author(application))


# --- Completeness and compliance ------------------------------------------------------------------


def _check(play: Play) -> None:
    staff, compliance = play.people["staff"], play.people["compliance"]
    with play.past.ago(32):
        for application in play.entries.values():
            begin_completeness(application, by=staff)
    with play.past.ago(28):
        for stage in ("compliance", "not-eligible", *TO_PANEL):
            _judge(play.entries[stage], staff)
            find_complete(play.entries[stage], by=staff)
    with play.past.ago(24):
        for stage in TO_PANEL:
            _record(play, stage, "criminal", "clear")
            _record(play, stage, "administrative", "clear")
            find_compliant(play.entries[stage], by=compliance)
    with play.past.ago(23):
        _record(play, "not-eligible", "criminal", "clear")
        _record(play, "not-eligible", "administrative", "violation")
        find_not_eligible(play.entries["not-eligible"], by=compliance, finding=play.words["finding"])
    with play.past.ago(3):
        _record(play, "compliance", "criminal", "clear")


def _judge(application: Application, staff: User, missing: str = "") -> None:
    """Marks every line of the checklist as met, except "recent" if ``missing`` says what is missing there."""
    submission = application.submission
    if submission is None:
        return
    answers: dict[str, tuple[bool | None, str]] = {line.name: (True, "") for line in submission.checklist.all()}
    if missing:
        answers["recent"] = (False, missing)
    record_checklist(application, answers, seen="", by=staff)


def _record(play: Play, stage: str, kind: str, result: str) -> None:
    source = "ECHO, detailed facility report" if kind == "administrative" else "Written answer of the regional counsel"
    ComplianceCheck.record(
        play.entries[stage],
        by=play.people["compliance"],
        kind=kind,
        source=source,
        checked_on=_day(-24),
        result=result,
        note=play.words["violation" if result == "violation" else "clear"],
    )


def _return(play: Play) -> None:
    """Returns three applications: one is resubmitted, one still can be, one misses its date and is closed."""
    staff, words = play.people["staff"], play.words
    for stage, days, due in (("incomplete", 30, 1), ("resubmitted", 13, 1), ("returned", 9, 5)):
        with play.past.ago(days):
            _judge(play.entries[stage], staff, words["deficiency"])
            return_for_completion(play.entries[stage], by=staff, due=_day(due), letter=words["letter"])
    late = play.entries["incomplete"]
    Application.objects.filter(pk=late.pk).update(resubmit_by=late.end_of(_day(-16)))
    with play.past.ago(15):
        reminders.close_late()
    with play.past.ago(2):
        _answer_points(play.entries["resubmitted"], words["answer"])
        _submit(play.entries["resubmitted"])


def _answer_points(application: Application, answer: str) -> None:
    for section in application.sections.filter(name__startswith="points."):
        section.application = application
        section.answer(section.version, section.answers | {"answer": answer}, by=_author(application))


# --- Panel review and decision -----------------------------------------------------------------------


def _sit(play: Play) -> None:
    one, two, three, hal, renata, desmond, lucia = play.members
    panels = {
        "recommended": [one, two, desmond],
        "not-recommended": [renata, hal, three],
        "recognized": [two, one, lucia],
        "not-recognized": [hal, two, three],
    }
    staff = play.people["staff"]
    with play.past.ago(21):
        seats = {stage: _seats(play, stage, members, _day(-8)) for stage, members in panels.items()}
    with play.past.ago(19):
        for seat in _all(seats):
            seat.declare()
    with play.past.ago(11):
        for number, seat in enumerate(_all(seats)):
            _review(play, seat, number)
    with play.past.ago(8):
        for seat in (seats["not-recommended"][1], seats["not-recognized"][2]):
            Remark.objects.create(application=seat.application, by=seat.member, text=play.words["remark"])
    with play.past.ago(6):
        for stage, (lead, *_) in seats.items():
            _recommend(play, lead, not stage.startswith("not"))
    with play.past.ago(12):
        reading = _seats(play, "panel", [one, two, lucia], _day(6))
    with play.past.ago(10):
        reading[0].declare()
        reading[1].declare()
        reading[2].recuse(conflict=Seat.Conflict.CONTRACT, reason=play.words["conflict"])
    with play.past.ago(9):
        Seat.assign(play.entries["panel"], three, by=staff, due=_day(6))
    with play.past.ago(3):
        _review(play, reading[1], 1)
        _rate(play, reading[0], 0, only=4)


def _all(seats: Mapping[str, list[Seat]]) -> Iterator[Seat]:
    for panel in seats.values():
        yield from panel


def _seats(play: Play, stage: str, members: list[User], due: date) -> list[Seat]:
    staff = play.people["staff"]
    return [
        Seat.assign(play.entries[stage], member, by=staff, due=due, lead=place == 0)
        for place, member in enumerate(members)
    ]


def _review(play: Play, seat: Seat, number: int) -> None:
    _rate(play, seat, number)
    against = play.entries["not-recommended"], play.entries["not-recognized"]
    summary = play.words["summary_against" if seat.application in against else "summary_for"]
    seat.sum_up(seat.version, summary, by=seat.member)
    seat.submit()


def _rate(play: Play, seat: Seat, number: int, only: int | None = None) -> None:
    """Rates criteria "met", and every fifth "partly"; in applications not recommended, every third "not_met"."""
    against = play.entries["not-recommended"], play.entries["not-recognized"]
    for place, rating in enumerate(seat.ratings.all()[:only], start=number):
        value = "partly" if place % 5 == 4 else "met"
        if seat.application in against and place % 3 == 0:
            value = "not_met"
        rating.seat = seat
        comments = play.words[value]
        rating.rate(rating.version, value=value, comment=comments[place % len(comments)], by=seat.member)


def _recommend(play: Play, lead: Seat, recommends: bool) -> None:
    reasons = play.words["for" if recommends else "against"]
    dissent = "" if recommends else play.words["dissent"]
    Recommendation.record(lead, recommends=recommends, reasons=reasons, dissent=dissent)


def _decide(play: Play) -> None:
    """Releases two decisions and leaves a third in the outbox; the fourth application stays undecided."""
    official, staff, entries = play.people["official"], play.people["staff"], play.entries
    with play.past.ago(5):
        Decision.make(entries["recognized"], by=official, recognize=True)
        Decision.make(entries["not-recognized"], by=official, recognize=False)
    with play.past.ago(4):
        Decision.objects.release(entries["recognized"].cycle, by=official)
        feedback = Feedback.of(entries["recognized"])
        feedback.write(feedback.version, play.words["feedback"], by=staff)
    with play.past.ago(3):
        feedback.release(feedback.version, by=staff)
    with play.past.ago(1):
        Decision.make(entries["not-recommended"], by=official, recognize=False)


def _follow_up(play: Play) -> None:
    """Lists the offices, records a letter as sent, publishes a register entry, and reports hours."""
    entry, staff, words = play.entries["recognized"], play.people["staff"], play.words
    with play.past.ago(3):
        notices.draw_up(entry.cycle)
        Notice.record(entry.cycle, Notice.Kind.LETTER, application=entry, by=staff, sent_on=_day(-3), how="mail")
        recognition = Recognition.objects.get(application=entry)
        shown = ["attributes.product-quality", "attributes.community-sustainability", "categories.energy-management"]
        recognition.publish(recognition.version, by=_author(entry), published=shown, summary=words["summary_public"])
    with play.past.ago(2):
        for place, stage in enumerate(TO_PANEL):
            application = play.entries[stage]
            hours = Decimal(24 + 7 * place)
            Hours.report(application, Hours.Step.APPLYING, hours, by=_author(application))
            Hours.report(application, Hours.Step.COMPLETENESS, Decimal("0.5"), by=staff)
            Hours.report(application, Hours.Step.COMPLIANCE, Decimal("0.25"), by=play.people["compliance"])


def _share(play: Play) -> None:
    """Staff take up what came back and what waits for its panel, note something, and keep a view of what is late.

    The official leaves a note for them, which waits on their home page.
    """
    staff = play.people["staff"]
    with play.past.ago(1):
        mine = [play.entries[stage].pk for stage in ("resubmitted", "panel")]
        Application.objects.filter(pk__in=mine).take_up(by=staff)
        StaffNote.write(play.entries["resubmitted"], play.words["note"], by=staff)
        asked = play.entries["recommended"]
        StaffNote.write(asked, play.words["note_for_staff"], by=play.people["official"], tell=[staff])
    QueueView.objects.create(by=staff, queue="all", name="Late", query="late=yes", is_shared=True)


# --- The open cycle ---------------------------------------------------------------------------------


def _begin_another(play: Play, cycle: Cycle) -> None:
    rows = {row["stage"]: row for row in play.data["utilities"]}
    own, manager = play.data["own"], play.people["manager"]
    with play.past.ago(13):
        _begun(play, rows["draft"], cycle, signed=None)
        mine = Application.start(utility=Utility.objects.get(name=own["name"]), cycle=cycle, by=manager)
    for stage, days in (("completeness", 9), ("withdrawn", 8), ("submitted", 2)):
        with play.past.ago(days + 7):
            draft = _begun(play, rows[stage], cycle, signed=_day(-days))
        with play.past.ago(days):
            _submit(draft)
    with play.past.ago(4):
        begin_completeness(play.entries["completeness"], by=play.people["staff"])
        withdrawn = play.entries["withdrawn"]
        withdrawn.withdraw(by=_author(withdrawn), why=play.words["withdrawn"])
    with play.past.ago(1):
        _fill(mine, own, manager, signed=None, claims=[])


def _pilot(play: Play, opened: Cycle) -> None:
    """A small cycle with blind review whose panels are proposed; two invitations, one of which has expired."""
    staff = play.people["staff"]
    for days, place in ((16, 0), (2, 1)):
        with play.past.ago(days):
            demo_pilot.invite_one(staff, place)
    demo_pilot.confirm(play.members[:2], _at(-30, 10))
    earlier = [play.entries[stage] for stage in TO_PANEL[1:]]
    with play.past.ago(25):
        pilot, rows = demo_pilot.begin(
            earlier,
            _day(-25),
            title=f"Blind pilot {_day(-34).year}",
            edition=opened.edition,
            time_zone=ZONE,
            opens=_at(-60, 8),
            closes=_at(1, 17),
            panel_from=_day(-10),
            panel_until=_day(20),
            signatory_name=opened.signatory_name,
            signatory_title=opened.signatory_title,
            letterhead=opened.letterhead,
        )
    Cycle.objects.filter(pk=pilot.pk).update(closes=_at(-24, 17))
    pilot.refresh_from_db()
    with play.past.ago(22):
        pilot.begin_review(by=play.people["admin"])
        demo_pilot.bring_to_panel(rows, play.people, _day(-22))
    with play.past.ago(1):
        demo_pilot.propose(pilot, rows, play.members, staff, _day(12))


BLANK_PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


def _write_to_many(play: Play, cycle: Cycle) -> None:
    """Staff write to everyone who has a draft or was just submitted, a reminder of the workshop for applicants."""
    staff = play.people["staff"]
    with play.past.ago(2):
        rows = Application.objects.visible_to(staff).filter(cycle=cycle, status__in=["draft", "submitted"])
        words = play.words["to_many"]
        made = Announcement.draft(
            rows, subject=words["subject"], body=words["body"], whom=f"All applications: Cycle {cycle}", by=staff
        )
        made.send(made.version, by=staff)


def _come_back(play: Play) -> None:
    """One of the addresses does not exist any more."""
    to = play.entries["submitted"].applicants()[0]
    Delivery.objects.came_back(to, why="550 5.1.1 The mailbox does not exist.")


def _enter_from_paper(play: Play, cycle: Cycle) -> None:
    """Enters an application that came by mail, with gaps, from people whom no email reaches."""
    row, staff = play.data["paper"], play.people["staff"]
    with play.past.ago(3):
        fields = {name: row[name] for name in ("name", "city", "state", "systems")}
        utility = Utility.objects.create(**fields, confirmed_at=timezone.now())
        scan = SimpleUploadedFile("application.pdf", BLANK_PAGE, "application/pdf")
        application = Application.enter_on_paper(utility=utility, cycle=cycle, scan=scan, by=staff)
        content = {
            "eligibility": {"facility_types": row["systems"], **row["figures"]},
            "contact": row["contact"],
            "attestation": {"attested": True},
        }
        for section in application.sections.filter(name__in=content):
            section.application = application
            section.answer(section.version, section.answers | content[section.name], by=staff)
        application.submit(by=staff)
