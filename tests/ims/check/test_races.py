"""Readings entered at the same moment, on real connections: nothing is lost, and nobody gets an error page."""

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils.html import strip_tags

from ims.models import Reading
from tests.assessments.programs import Program, make
from tests.assessments.test_races import at_once
from tests.ims.check.conftest import add

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(measure):
    return reverse("ims:readings", args=[measure.utility_id, measure.number])


def test_two_readings_of_one_period(measure, page, sends, manager, contributor):
    people = {manager: "1.4", contributor: "2.4"}
    answers = at_once(*[sends(user, page, {"period": "April 2026", "value": value}) for user, value in people.items()])
    assert sorted(answer.status_code for answer in answers) == [302, 422]
    place = [answer.status_code for answer in answers].index(302)
    kept = Reading.objects.get()
    assert (kept.entered_by, str(kept.value.normalize())) == list(people.items())[place]
    refused = answers[1 - place]
    assert "April 2026 has a reading already. Correct that one." in refused.text
    assert f'value="{list(people.values())[1 - place]}"' in refused.text, "what was typed is kept in the form"


def test_readings_of_two_periods_are_both_kept(measure, page, sends, manager, contributor):
    answers = at_once(
        sends(manager, page, {"period": "March 2026", "value": "1"}),
        sends(contributor, page, {"period": "April 2026", "value": "2"}),
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Reading.objects.count() == 2


def test_two_people_enter_all_that_is_due(measure, utility, sends, manager, contributor):
    other, page = add(utility, manager, title="Energy"), reverse("ims:due", args=[utility.pk])
    names = [f"value-{each.pk}-2026-04-01" for each in (measure, other)]
    answers = at_once(
        *[
            sends(user, page, dict.fromkeys(names, value), follow=True)
            for user, value in ((manager, "1"), (contributor, "2"))
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    by = {reading.entered_by for reading in Reading.objects.all()}
    assert Reading.objects.count() == 2
    assert len(by) == 1, "all of one person's, and none of the other's"
    saved, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert "2 readings were saved." in saved.text
    text = " ".join(strip_tags(refused.text).split())
    kept, typed = ("1", "2") if by == {manager} else ("2", "1")
    for title in ("Overflows", "Energy"):
        assert f"{title}, April 2026: you typed {typed}. {next(iter(by))} entered {kept}.0." in text


def test_a_page_and_a_program_enter_one_period(measure, page, sends, manager, contributor):
    cache.clear()
    program = Program(make(contributor))
    sent = {"measure": measure.pk, "period": "2026-04", "value": 2}
    by_page, by_program = at_once(
        sends(manager, page, {"period": "April 2026", "value": "1"}),
        lambda: program("POST", "readings", sent),
    )
    assert (by_page.status_code, by_program.status_code) in [(302, 409), (422, 201)]
    assert Reading.objects.count() == 1
    if by_program.status_code == 409:
        assert by_program.json()["current"]["value"] == "1"


def test_two_corrections_of_one_reading(read, sends, manager, contributor):
    row = Reading.objects.filter(measure=read).last()
    page = row.get_absolute_url()
    answers = at_once(
        *[
            sends(user, page, {"version": 1, "value": value, "why": f"It was {value}."})
            for user, value in ((manager, "1.5"), (contributor, "1.6"))
        ]
    )
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    place = [answer.status_code for answer in answers].index(302)
    kept = Reading.objects.get(pk=row.pk)
    assert (str(kept.value.normalize()), kept.version) == (("1.5", "1.6")[place], 2)
    assert f"It was {('1.6', '1.5')[place]}." in answers[1 - place].text, "the other's reason is kept in the form"
    assert kept.history.count() == 1
