"""Demo data of reviewers: invitations, and a small cycle with blind review whose panels are proposed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from accounts.models import User, Utility
from recognition.models import Application, ComplianceCheck, Cycle, PanelMember, PanelProposal, Seat
from recognition.models.review import begin_completeness, find_complete, find_compliant, record_checklist
from recognition.reviewing import panel_proposing
from recognition.reviewing.reviewer_exchange import invite

INVITED = (
    ("odell.carver@example.org", "Odell Carver", "expert", "Cascade Rural Water Circuit", "WA", ["drinking_water"]),
    ("imani.brandt@example.org", "Imani Brandt", "region", "EPA Region 4", "GA", ["wastewater", "stormwater"]),
)


def invite_one(by: User, place: int) -> None:
    email, name, affiliation, organization, state, systems = INVITED[place]
    profile: dict[str, Any] = {"affiliation": affiliation, "organization": organization, "state": state}
    invite(by=by, email=email, name=name, systems=systems, **profile)


def confirm(members: Iterable[User], at: datetime) -> None:
    """Says that these reviewers confirmed their profiles."""
    PanelMember.objects.filter(user__in=members).update(confirmed_at=at)


def begin(earlier: Iterable[Application], signed: date, **cycle: Any) -> tuple[Cycle, list[Application]]:
    """Submits what these utilities applied with before to a cycle with blind review, which is open still."""
    pilot = Cycle.objects.create(blind=True, **cycle)
    drafts = []
    for before in earlier:
        author = before.created_by
        assert isinstance(author, User)  # noqa: S101  # the demo's own managers
        utility = Utility.objects.get(pk=before.utility_id)
        draft = Application.start(utility=utility, cycle=pilot, by=author, previous=before)
        certified = {"name": author.name, "title": "General manager", "date": signed.isoformat(), "agreed": True}
        for name, answers in (("attestation", {"attested": True}), ("certification", certified)):
            section = draft.sections.get(name=name)
            section.application = draft
            section.answer(section.version, answers, by=author)
        draft.submit(by=author)
        drafts.append(draft)
    return pilot, drafts


def bring_to_panel(rows: Iterable[Application], people: Mapping[str, User], checked_on: Any) -> None:
    for row in rows:
        begin_completeness(row, by=people["staff"])
        submission = row.submission
        assert submission  # noqa: S101  # it was just submitted
        answers: dict[str, tuple[bool | None, str]] = {line.name: (True, "") for line in submission.checklist.all()}
        record_checklist(row, answers, seen="", by=people["staff"])
        find_complete(row, by=people["staff"])
        for kind in ComplianceCheck.Kind:
            ComplianceCheck.record(
                row,
                by=people["compliance"],
                kind=kind,
                source="ECHO, detailed facility report",
                checked_on=checked_on,
                result=ComplianceCheck.Result.CLEAR,
                note="",
            )
        find_compliant(row, by=people["compliance"])


def propose(pilot: Cycle, rows: list[Application], members: list[User], staff: User, due: Any) -> None:
    """Seats one member on the first panel, who has declared, and proposes the rest, for staff to look at."""
    Seat.assign(rows[0], members[0], by=staff, due=due, lead=True).declare()
    panel_proposing.propose(PanelProposal.request(pilot, by=staff))
