"""Registers items for the home page: applications to edit."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Role, User
from recognition.applying.latest import to_write
from recognition.models import Application
from recognition.models.application import check_content
from workflow.waiting import Waiting, source

Status = Application.Status


@source(order=20)
def applications(user: User) -> list[Waiting]:
    """Returns applications that the user can still edit, of the five that close first."""
    return [_application(application) for application in to_write(user)] if user.memberships.all() else []


def _application(application: Any) -> Waiting:
    by = application.deadline_shown
    if application.status == Status.RETURNED:
        why = f"Something is missing. Complete it and resubmit it by {by}."
        what, day = f"{application}: returned to you", None if application.awaits_mailing else _last_day(application)
        return Waiting(what, why, "Complete", application.get_absolute_url(), by=day)
    photos = [(photo["name"], photo["caption"]) for photo in application.draft_photos]
    content = {section["name"]: section["answers"] for section in application.draft_sections}
    n = len(check_content(content, photos, application.cycle).deficiencies)
    if n:
        missing = f"{n} item{' is' if n == 1 else 's are'} missing."
    else:
        can_submit = application.my_role == Role.MANAGER
        missing = "Ready to submit." if can_submit else "Ready for a manager to submit."
    why = f"{missing} {_days_left(application)}: submit it by {by}."
    return Waiting(str(application), why, "Continue", application.get_absolute_url(), by=_last_day(application))


def _last_day(application: Application) -> date:
    return application.deadline.astimezone(ZoneInfo(application.cycle.time_zone)).date()


def _days_left(application: Application) -> str:
    left = (_last_day(application) - timezone.localdate(timezone=ZoneInfo(application.cycle.time_zone))).days
    return "Last day" if left == 0 else f"{left} day{'s' if left > 1 else ''} left"
