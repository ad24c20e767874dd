"""Demo data: the manual of the demo's utility, with an edition that was issued some time ago."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.utils import timezone

from accounts.models import User, Utility
from ims.records import Record
from ims.system.manual import ManualEdition, ManualWords
from ims.system.manual_content import compose


def load(manual: Mapping[str, Any], utility: Utility, at: datetime, *, by: User) -> None:
    """Writes the words and issues the edition as of ``at``, without the records that were added later."""
    write(manual["words"], utility, by=by)
    content = compose(utility)
    # What has no date of its own was made just now, and is dated back to before the edition at the end of the loading.
    dated = Record.objects.filter(utility=utility, created_at__gt=at, created_at__lt=timezone.now() - timedelta(days=1))
    later = set(dated.values_list("number", flat=True))
    for element in content["elements"]:
        for part in element["parts"]:
            part["records"] = [record for record in part["records"] if record["number"] not in later]
        element["parts"] = [part for part in element["parts"] if part["records"]]
    given = {name: manual[name] for name in ("approved_by", "note")}
    made = ManualEdition.issue(utility, "", 0, content, by=by, **given)
    with pgtrigger.ignore("ims.ManualEdition:manual_edition_is_kept"):
        ManualEdition.objects.filter(pk=made.pk).update(issued_at=at)


def write(words: Mapping[str, str], utility: Utility, *, by: User) -> None:
    for element, text in words.items():
        kept = ManualWords.objects.filter(utility=utility, element=element).first()
        ManualWords.write(utility, element, kept.version if kept else 0, by=by, text=text)
