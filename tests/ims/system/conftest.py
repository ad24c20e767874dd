"""What a utility can show the auditor for ISO 14001."""

import pytest

from ims.models import Requirement
from ims.system.auditing import Auditing
from initiatives.models import Initiative

ISO = "iso-14001"


def requirement(utility, by, title, *, initiatives=(), areas="E", status="in-force", **fields) -> Requirement:
    """As ``by`` fetches it."""
    made = Requirement.open_in(
        utility, by=by, title=title, initiatives=list(initiatives), areas=list(areas), kind="permit", **fields
    )
    if status != "coming":
        Requirement.objects.visible_to(by).get(pk=made.pk).move(status, by=by)
    return Requirement.objects.visible_to(by).get(pk=made.pk)


@pytest.fixture
def permit(catalog, utility, manager) -> Requirement:
    """In force: it proves what ISO 14001 asks about legal and other requirements."""
    return requirement(utility, manager, "Sample each outfall", initiatives=[ISO])


@pytest.fixture
def auditing(utility):
    """``auditing()``, ``auditing("ES")``: what the utility can show now."""
    return lambda scope="": Auditing(utility, Initiative.objects.get(slug=ISO), scope)
