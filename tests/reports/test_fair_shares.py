"""Nobody stops the making of reports for all: each person’s first report goes first, and nobody has more than ten."""

import pytest
from django.urls import reverse

from reports.models import Report, TooManyReports
from tests.factories import UtilityFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(kind, django_capture_on_commit_callbacks):
    """``asked(user, n)`` requests n reports of as many objects."""
    private = kind()

    def ask(user, n: int) -> list[Report]:
        with django_capture_on_commit_callbacks(execute=True):
            return [Report.request(private.name, UtilityFactory(), user) for _ in range(n)]

    return ask


def test_the_first_of_each_person_goes_before_the_others(asked, sent_tasks, viewer, manager):
    asked(viewer, 4)
    asked(manager, 1)
    assert [sent.options["priority"] for sent in sent_tasks] == [6, 7, 8, 8, 6]  # 0 goes first
    assert all("queue" not in sent.options for sent in sent_tasks)


def test_the_eleventh_waits_until_one_is_finished(asked, viewer, manager):
    ten = asked(viewer, 10)
    with pytest.raises(TooManyReports, match="10 of your reports are still in progress"):
        asked(viewer, 1)
    asked(manager, 1)
    Report.objects.filter(pk=ten[0].pk).update(status="failed")
    asked(viewer, 1)
    assert Report.objects.filter(requested_by=viewer).count() == 11


def test_a_page_says_so(asked, as_, viewer, utility, kind):
    ten = asked(viewer, 10)
    answered = as_(viewer).post(reverse("reports:request", args=[ten[0].kind, utility.pk]), follow=True)
    assert "Wait until one is ready, then request the next." in answered.text
    assert Report.objects.count() == 10
