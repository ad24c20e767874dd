"""Demo data: a county that sees two of the three utilities side by side, and asks the third.

Loaded by ``manage.py load_demo``.
"""

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from accounts.groups import GroupUtility, GroupUtilityEvent, UtilityGroup
from accounts.models import Role, User, Utility

NAME, ASKED_LAST = "Utilities of the upper valley", "City of Albany Public Works Department"
LONG_AGO, LATELY = timedelta(days=60), timedelta(days=2)


def load(people: Mapping[Role, User]) -> None:
    """``people`` are members of every utility, each in their role."""
    manager, viewer, now = people[Role.MANAGER], people[Role.VIEWER], timezone.now()
    made = UtilityGroup.objects.begin(by=manager, name=NAME, kind=UtilityGroup.Kind.COUNTY)
    group = UtilityGroup.objects.visible_to(manager).get(pk=made.pk)
    group.invite(viewer.email, by=manager)
    group.people.get(email=viewer.email).accept(by=viewer)
    for utility in Utility.objects.visible_to(manager):
        group.ask(utility, by=manager)
        place = group.utilities.get(utility=utility)
        if utility.name != ASKED_LAST:
            place.answer(GroupUtility.Status.AGREED, by=manager)
            GroupUtility.objects.filter(pk=place.pk).update(agreed_at=now - LONG_AGO)
        at = now - (LATELY if utility.name == ASKED_LAST else LONG_AGO)
        GroupUtilityEvent.objects.filter(row=place).update(at=at)
