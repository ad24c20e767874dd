"""Demo data: the public page of the demo's utility (data/demo.yaml)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pgtrigger

from accounts.models import User, Utility
from ims.system.public import PublicPage, PublicPageEvent

RECORDS = ("statements", "objectives", "measures")


def load(data: Mapping[str, Any], utility: Utility, made: Mapping[str, Any], at: datetime, *, by: User) -> None:
    """Publishes the page. ``made`` has the records by their key, by which ``data`` names them."""
    choices = {**data, **{name: [made[key].pk for key in data[name]] for name in RECORDS}}
    mine = Utility.objects.visible_to(by).get(pk=utility.pk)
    page = PublicPage.of(mine)
    page.choose(page.version, by=by, **choices)
    page = PublicPage.of(mine)
    page.publish(page.version, by=by)
    with pgtrigger.ignore("ims.PublicPageEvent:public_page_event_is_kept"):
        PublicPageEvent.objects.filter(page=page).update(at=at)
