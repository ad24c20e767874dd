"""Rows that were carried over, confirmed together after a look."""

import pytest

from assessments.models import Finding, GapAnalysis
from tests.factories import GapAnalysisFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def carried(answered, row, manager) -> GapAnalysis:
    """18 rows to confirm; one of them lacks an area."""
    Finding.objects.filter(pk=row(answered, "auditing").pk).update(areas=["E"])
    return GapAnalysisFactory(utility=answered.utility, by=manager, previous=answered)


@pytest.fixture
def confirm(as_, url):
    """``confirm(user, analysis, vision=1, …)`` sends rows with the versions that were shown, and follows."""

    def send(user, analysis, **versions):
        rows = [f"{slug.replace('_', '-')}:{version}" for slug, version in versions.items()]
        return as_(user).post(url("confirm", analysis), {"rows": rows}, follow=True)

    return send


def to_confirm(analysis) -> int:
    return analysis.findings.filter(to_confirm=True).count()


def test_the_table_leads_there_while_there_is_something_to_confirm(carried, answered, url, as_, manager):
    page = as_(manager).get(carried.get_absolute_url()).content.decode()
    assert f'href="{url("confirm", carried)}"' in page
    assert url("confirm", answered) not in as_(manager).get(answered.get_absolute_url()).content.decode()


def test_the_page_lists_each_row_with_its_rating_and_areas(carried, answered, url, as_, contributor):
    page = as_(contributor).get(url("confirm", carried)).content.decode()
    assert page.count('name="rows"') == page.count(" checked>") == 17
    assert 'value="vision:1"' in page
    assert page.count("Supports multiple areas: Environmental performance, ") == 17
    assert f"carried over from “{answered}”" in page
    assert f'href="{carried.get_absolute_url()}#row-auditing"' in page.partition("Rows to complete first")[2]


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_the_checked_rows_are_confirmed(request, carried, row, confirm, role):
    person = request.getfixturevalue(role)
    page = confirm(person, carried, vision=1, communication=1).content.decode()
    assert "2 rows were confirmed." in page
    assert "Not confirmed" not in page
    assert to_confirm(carried) == 16
    vision = row(carried)
    assert (vision.to_confirm, vision.version, vision.changed_by, vision.areas) == (False, 2, person, ["E", "S"])
    change = vision.history.get()
    assert (change.by, change.before, change.after) == (person, {"to_confirm": True}, {"to_confirm": False})


def test_rows_that_were_changed_meanwhile_are_named_and_left(carried, row, confirm, manager, contributor):
    row(carried, by=contributor).answer(1, by=contributor, rating=0, areas=[])
    page = confirm(manager, carried, vision=1, communication=1).content.decode()
    assert "1 row was confirmed." in page
    assert "Not confirmed, because someone else has just changed them: “Vision”." in page
    assert (row(carried).rating, row(carried).version, row(carried).changed_by) == (0, 2, contributor)


def test_a_change_that_was_undone_is_to_be_looked_at_again(carried, row, confirm, manager, contributor):
    row(carried, by=contributor).answer(1, by=contributor, rating=0, areas=[])
    row(carried, by=contributor).undo(2, by=contributor)
    assert "“Vision”" in confirm(manager, carried, vision=1).content.decode()
    assert row(carried).to_confirm


def test_a_double_click_confirms_once(carried, row, confirm, manager):
    for _ in range(2):
        page = confirm(manager, carried, vision=1).content.decode()
        assert "1 row was confirmed." in page
        assert "Not confirmed" not in page
    assert (row(carried).version, row(carried).history.count()) == (2, 1)


def test_a_row_that_lacks_areas_is_not_confirmed(carried, row, confirm, manager):
    confirm(manager, carried, auditing=1)
    assert row(carried, "auditing").to_confirm


@pytest.mark.parametrize("forged", [[], [""], ["vision"], ["vision:x"], ["vision:1", "auditing:-1"], ["<b>:1"]])
def test_what_is_not_a_row_confirms_nothing(carried, url, as_, manager, forged):
    answer = as_(manager).post(url("confirm", carried), {"rows": forged})
    assert answer.status_code == 422
    assert to_confirm(carried) == 18


@pytest.mark.parametrize("forged", ["no-such-element:1", "vision:2", "vision:999999999"])
def test_a_row_or_version_that_there_is_not_confirms_nothing(carried, url, as_, manager, forged):
    assert as_(manager).post(url("confirm", carried), {"rows": [forged]}).status_code == 302
    assert to_confirm(carried) == 18


def test_rows_of_another_analysis_stay_as_they_are(carried, answered, confirm, manager):
    Finding.objects.filter(analysis=answered).update(to_confirm=True)
    confirm(manager, carried, vision=1)
    assert to_confirm(answered) == 18


def test_nothing_is_confirmed_in_a_complete_one(carried, row, confirm, seen_by, manager):
    carried.findings.update(to_confirm=False, areas=["E", "S"])
    seen_by(manager, carried).complete(by=manager)
    assert "has just been marked complete" in confirm(manager, carried, vision=1).content.decode()
    assert row(carried).version == 1


def test_without_rows_to_confirm_the_page_leads_to_the_table(answered, url, as_, manager):
    answer = as_(manager).get(url("confirm", answered), follow=True)
    assert answer.redirect_chain == [(answered.get_absolute_url(), 302)]
    assert "No rows need confirmation." in answer.content.decode()


def test_confirming_all_does_not_ask_more_than_confirming_one(
    carried, url, as_, manager, django_assert_max_num_queries
):
    browser, path = as_(manager), url("confirm", carried)
    rows = [f"{slug}:1" for slug in carried.findings.values_list("element__slug", flat=True)]
    with django_assert_max_num_queries(16) as one:
        browser.post(path, {"rows": rows[:1]})
    with django_assert_max_num_queries(len(one)):
        browser.post(path, {"rows": rows[1:]})
    assert to_confirm(carried) == 1
