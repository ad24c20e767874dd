"""Reminders before an advisor's last day."""

from django.conf import settings

from accounts.emails import remind_of_end
from accounts.models import Membership
from letters.reminders import daily, for_each, occasion


@daily
def remind() -> None:
    """Sends the reminders that are due today."""
    advisors = Membership.objects.ending().filter(user__is_active=True)
    for_each(advisors.select_related("user", "utility"), _remind)


def _remind(advisor: Membership) -> None:
    days = (Membership.SOON.days,)
    if advisor.until and (name := occasion(days, advisor.until, since=advisor.since, time_zone=settings.TIME_ZONE)):
        remind_of_end(advisor, name)
