"""The events of an application that a person may see.

People with SEE_PEOPLE see every event, but outside experts see no person, letter or note from before the panel: these
may name the applicant's people. Applicants, and panel members before their own review, see only the changes of
stage: no names of staff, none of the panel's steps, and only the reasons that were written to them. The panel of a
blind cycle sees nothing that was written about the applicant.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from recognition.models import Application, ApplicationEvent
from recognition.rights import Act, Rights, Who
from workflow import composed

Status = Application.Status


@dataclass(frozen=True)
class TimelineEntry:
    """An event as shown. ``who`` and ``why`` are empty if withheld; ``missing`` are the lines of a return letter."""

    at: datetime
    what: str
    who: str = ""
    why: str = ""
    missing: list[str] = field(default_factory=list)


def entries(application: Application, rights: Rights) -> list[TimelineEntry]:
    """Returns the visible entries, oldest first."""
    events = composed.rows(_events, None, application.pk)
    if application.my_blind:
        return [_to_blind(event, rights) for event in events if _to_blind_shown(event, rights)]
    if rights.may(Act.SEE_PEOPLE):
        if Who.EXPERT in rights.who:
            return [_to_expert(event, rights) for event in events if _of_the_panel(event) or not _is_note(event)]
        return [_in_full(event, application, rights) for event in events]
    moves = [event for event in events if not _is_note(event)]
    if Who.READER not in rights.who:
        return [TimelineEntry(event.at, _stage(event, rights), why=_for_reviewers(event, rights)) for event in moves]
    own = set(application.utility.memberships.values_list("user_id", flat=True))
    letter = _letter(application)
    return [_to_applicant(event, own, letter, rights) for event in moves]


def _events(application: int) -> QuerySet[ApplicationEvent]:
    return ApplicationEvent.objects.filter(application=application).select_related("by")


def _is_note(event: ApplicationEvent) -> bool:
    """Whether the stage stayed the same."""
    return event.from_status == event.to_status


def _to_applicant(event: ApplicationEvent, own: set[int], letter: list[str], rights: Rights) -> TimelineEntry:
    by_own = event.by_id in own
    told_them = {Status.INCOMPLETE, Status.NOT_ELIGIBLE} & {event.from_status, event.to_status} or by_own
    told_them = told_them or event.to_status == Status.RETURNED
    return TimelineEntry(
        event.at,
        _stage(event, rights),
        who=str(event.by) if by_own else "",
        why=event.why if told_them else "",
        missing=letter if event.to_status == Status.RETURNED else [],
    )


def _letter(application: Application) -> list[str]:
    """Returns what the first version was returned for, as its letter listed it."""
    first = application.submissions.first()
    missing: Any = first.checklist.filter(met=False) if first else []
    return [line for item in missing for line in item.missing]


def _for_reviewers(event: ApplicationEvent, rights: Rights) -> str:
    """Returns only the Region's recommendation, which panel members read before their own review."""
    is_regions = (event.from_status, event.to_status) == (Status.REGION, Status.PANEL)
    return event.why if is_regions and rights.may(Act.READ_TEXT) else ""


def _of_the_panel(event: ApplicationEvent) -> bool:
    """Whether the panel or the deciding official did it, not the applicant or staff before them."""
    ended = event.to_status in (Status.WITHDRAWN, Status.NOT_ELIGIBLE)
    return not ended and event.from_status in (Status.PANEL, *Application.PENDING)


def _to_expert(event: ApplicationEvent, rights: Rights) -> TimelineEntry:
    who = str(event.by or "") if _of_the_panel(event) else ""
    if _is_note(event):
        return TimelineEntry(event.at, event.why, who=who)
    return TimelineEntry(event.at, _stage(event, rights), who=who, why=_for_reviewers(event, rights))


def _to_blind_shown(event: ApplicationEvent, rights: Rights) -> bool:
    return not _is_note(event) or (_of_the_panel(event) and rights.may(Act.SEE_PEOPLE))


def _to_blind(event: ApplicationEvent, rights: Rights) -> TimelineEntry:
    """The stages, and what the panel did; no person or word from before the panel, which may say who applies."""
    who = str(event.by or "") if _of_the_panel(event) and rights.may(Act.SEE_PEOPLE) else ""
    return TimelineEntry(event.at, event.why if _is_note(event) else _stage(event, rights), who=who)


def _in_full(event: ApplicationEvent, application: Application, rights: Rights) -> TimelineEntry:
    who = str(event.by or "")
    if _is_note(event):
        return TimelineEntry(event.at, event.why, who=who)
    missing = _letter(application) if event.to_status == Status.RETURNED else []
    return TimelineEntry(event.at, _stage(event, rights), who=who, why=event.why, missing=missing)


def _stage(event: ApplicationEvent, rights: Rights) -> str:
    if event.to_status in Application.PENDING and not rights.may(Act.SEE_RECOMMENDATION):
        return "Awaiting decision"
    return Status(event.to_status).label
