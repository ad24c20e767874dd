"""A report that was made earlier is given only to who could ask for its content now."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role
from ims.closed import ClosedRegister
from ims.system.archive.packing import ARCHIVE
from reports.models import Report
from tests.reports.test_lists import made

pytestmark = pytest.mark.django_db

CORRECTIVE = "corrective-action"
DRAFT = "manual-draft"  # of the system manual, which members share


def gives(browser, report: Report) -> bool:
    answer = browser.get(reverse("reports:download", args=[report.pk]))
    b"".join(answer)
    return answer.status_code == 200


@pytest.fixture
def before(utility, contributor, catalog, own_folder) -> Report:
    report = made(contributor, "Manual", 1, "done", kind=DRAFT, object_id=utility.pk)
    Report.objects.update(requested_at=timezone.now() - timedelta(days=1))
    return report


def test_of_a_register_that_was_closed_since(as_, utility, manager, contributor, viewer, before):
    assert all(gives(as_(who), before) for who in (manager, contributor, viewer))
    ClosedRegister.close(utility, CORRECTIVE, [viewer], by=manager)
    assert gives(as_(manager), before)
    assert gives(as_(viewer), before), "who may read the register"
    assert not gives(as_(contributor), before), "also who requested it"
    assert "Manual" not in as_(contributor).get(reverse("reports:list")).text
    after = made(contributor, "Manual again", 2, "done", kind=DRAFT, object_id=utility.pk)
    Report.objects.filter(pk=after.pk).update(requested_at=timezone.now())
    assert gives(as_(contributor), after), "one that was requested since leaves the register out"
    ClosedRegister.objects.all().delete()
    assert gives(as_(contributor), before)


def test_of_everything_by_someone_who_no_longer_manages(as_, utility, manager, contributor, own_folder):
    Membership.objects.filter(user=contributor).update(role=Role.MANAGER)
    report = made(contributor, "Everything", 1, "done", kind=ARCHIVE, object_id=utility.pk)
    assert gives(as_(contributor), report)
    Membership.objects.get(user=contributor).change_role(Role.CONTRIBUTOR, by=manager)
    assert not gives(as_(contributor), report)


def test_by_someone_who_left(as_, contributor, before):
    Membership.objects.get(user=contributor).leave()
    assert not gives(as_(contributor), before)
