"""The system manual as a file: an edition as it was issued, or a draft as of now.

A draft is no row: nobody would clean up such rows. The report of a draft is about the utility, and there is a kind for
the manual of all areas and for that of each.
"""

from functools import partial
from typing import Any

from django.utils import timezone

from accounts.models import User, Utility
from ims.records import AREAS
from ims.system.manual import ManualEdition, title_of
from ims.system.manual_content import compose
from ims.system.manual_shown import shown
from reports.kinds import Kind, Sharing, register

TEMPLATE = "ims/reports/manual.html"


def find(user: User, object_id: int) -> ManualEdition | None:
    rows = ManualEdition.objects.visible_to(user).select_related("utility", "issued_by")
    return rows.filter(pk=object_id).first()


def context(edition: ManualEdition) -> dict[str, Any]:
    return shown(edition.utility, edition.content, edition.before) | {
        "title": edition.title,
        "area": edition.area,
        "edition": edition,
        "stage": f"Edition {edition.number}, {timezone.localtime(edition.issued_at):%B %-d, %Y}",
    }


register(
    Kind(
        name="manual",
        label="System manual",
        template=TEMPLATE,
        find=find,
        title=lambda edition: f"{edition.title}, edition {edition.number}: {edition.utility}",
        filename=lambda edition: f"{_file(edition.utility, edition.area)}-edition-{edition.number}",
        context=context,
        in_word=True,
        sharing=Sharing.of_utility(ManualEdition),
    )
)


def _file(utility: Utility, area: str) -> str:
    return f"{utility.in_file_names}-manual" + (f"-{area}" if area else "")


# Drafts.


def draft_kind(area: str) -> str:
    """Returns the name of the kind of a draft, for all areas if there is no letter."""
    return f"manual-draft-{area}" if area else "manual-draft"


def find_utility(user: User, object_id: int) -> Utility | None:
    return Utility.objects.visible_to(user).filter(pk=object_id).first()


def draft(utility: Utility, area: str) -> dict[str, Any]:
    last = ManualEdition.objects.series(utility, area).first()
    return shown(utility, compose(utility, area), last) | {
        "title": title_of(area),
        "area": area,
        "stage": f"Draft of {timezone.localdate():%B %-d, %Y}, not issued",
    }


def draft_title(utility: Utility, area: str) -> str:
    return f"{title_of(area)}, draft: {utility}"


def draft_file(utility: Utility, area: str) -> str:
    return f"{_file(utility, area)}-draft"


for letter in ("", *AREAS):
    register(
        Kind(
            name=draft_kind(letter),
            label=f"Draft of the system manual{letter and f', {letter}'}",
            template=TEMPLATE,
            find=find_utility,
            title=partial(draft_title, area=letter),
            filename=partial(draft_file, area=letter),
            context=partial(draft, area=letter),
            in_word=True,
            sharing=Sharing.of_utility(Utility, "pk"),
        )
    )
