"""An application begins: once for each utility and cycle, while it is open, with what is known already."""

from datetime import timedelta

import pytest
from django.utils import timezone

from recognition.models import Application, Cycle, Photo
from tests.applications import fill
from tests.pictures import photo
from workflow.models import WrongState

Status = Application.Status
pytestmark = pytest.mark.django_db


def test_one_application_for_each_utility_and_cycle(draft, manager, cycle, utility):
    with pytest.raises(WrongState, match="already has an application"):
        Application.start(utility=utility, cycle=cycle, by=manager)
    assert Application.objects.count() == 1


def test_it_begins_only_while_the_cycle_is_open(cycle, utility, manager, time_machine):
    for moment in (cycle.opens - timedelta(seconds=1), cycle.closes):
        time_machine.move_to(moment, tick=False)
        with pytest.raises(WrongState, match="only while the cycle is open"):
            Application.start(utility=utility, cycle=cycle, by=manager)
    time_machine.move_to(cycle.opens, tick=False)
    assert Application.start(utility=utility, cycle=cycle, by=manager).status == Status.DRAFT


def test_a_draft_begins_with_what_is_known_of_the_utility(cycle, utility, manager):
    utility.set_identifiers([("PWSID", "OR4100001")])
    content = Application.start(utility=utility, cycle=cycle, by=manager).content()
    assert content["eligibility"] == {"facility_types": ["drinking_water", "wastewater"]}
    assert content["contact"] == {
        "organization": "Riverbend Water and Sewer",
        "city": "Riverbend",
        "state": "OR",
        "identifiers": ["OR4100001"],
    }
    assert len(content) == 6 + 10 + 7
    assert [name for name, answers in content.items() if answers] == ["eligibility", "contact"]


def test_an_earlier_text_is_carried_over_without_what_is_signed(draft, cycle, utility, manager, own_folder):
    fill(draft, manager, partners={"partners": "The county"}, confidentiality={"passages": ["climate1 climate2"]})
    Photo.add(draft, photo(), by=None, caption="The plant", may_publish=True)
    now = timezone.now()
    following = Cycle.objects.create(
        title="Recognition 2029", edition=cycle.edition, opens=now, closes=now + timedelta(days=9)
    )
    carried = Application.start(utility=utility, cycle=following, by=manager, previous=draft)
    signed = {"attestation", "certification", "confidentiality"}
    before, after = draft.content(), carried.content()
    assert after.keys() == before.keys()
    assert all(after[name] == ({} if name in signed else before[name]) for name in before)
    assert carried.carried_from == draft
    assert not carried.photos.exists()
    missing = {each.code for each in carried.checked().deficiencies}
    assert missing == {"attestation-missing", "certification-missing"}
    text = carried.sections.get(name="partners")
    text.application = carried
    text.answer(text.version, {"partners": "Nobody"}, by=manager)
    assert draft.content()["partners"] == {"partners": "The county"}
