"""Two people issue the manual at the same moment, on real connections: one edition is made, and both are told."""

import pytest
from django.urls import reverse

from ims.models import ManualEdition, Unit
from tests.assessments.test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_people_issue_at_once(catalog, utility, manager, contributor, sends):
    Unit.open_in(utility, by=manager, title="Lift stations")
    address = reverse("ims:issue_manual", args=[utility.pk])
    sent = {"area": "", "last": "0", "approved_by": "The board", "note": "Mine"}
    answers = at_once(*[sends(user, address, sent, follow=True) for user in (manager, contributor)])
    assert sorted(answer.status_code for answer in answers) == [200, 422]
    done, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert "Edition 1 was issued." in done.text
    assert "Nothing was issued." in refused.text
    assert ManualEdition.objects.get().number == 1
