"""Reminders before an advisor's last day; and, to staff, that emails did not arrive."""

from django.conf import settings
from django.db.models import Q

from accounts.emails import UNDELIVERED, remind_of_end, tell_of_undelivered
from accounts.models import Membership, StaffGroup, User
from letters.models import Delivery, DeliveryEvent, Message
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


@daily
def tell_staff() -> None:
    """Tells program staff and administrators once a day how many emails did not arrive since they were last told.

    That such a telling did not arrive itself is no reason for another one.
    """
    last = Message.objects.filter(key__startswith=f"{UNDELIVERED}:").first()
    events = DeliveryEvent.objects.filter(to_status__in=Delivery.UNSOLVED, delivery__status__in=Delivery.UNSOLVED)
    if last:
        events = events.filter(at__gt=last.written_at)
    reported = Message.objects.filter(key__startswith=f"{UNDELIVERED}:").values("email")
    n = events.exclude(delivery__email__in=reported).values("delivery").distinct().count()
    watching = Q(is_superuser=True) | Q(groups__name__in=[StaffGroup.PROGRAM, StaffGroup.ADMINISTRATOR])
    if n:
        people = User.objects.filter(watching, is_active=True).distinct()
        for_each(people, lambda person: tell_of_undelivered(person, n))
