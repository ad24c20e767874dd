"""Marking complete, reopening."""

import re

import pytest

from assessments.models import Finding, GapAnalysis, Incomplete
from initiatives.models import Initiative
from pdca.models import Element
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


def stored(analysis) -> GapAnalysis:
    return GapAnalysis.objects.get(pk=analysis.pk)


def words(answer) -> str:
    return answer.content.decode()


# --- Marking complete


def test_a_manager_marks_it_complete_and_sees_the_results(answered, url, as_, manager):
    answer = as_(manager).post(url("complete", answered), follow=True)
    assert answer.redirect_chain == [(url("results", answered), 302)]
    assert "Marked complete" in words(answer)
    kept = stored(answered)
    assert (kept.status, kept.completed_by) == ("complete", manager)
    assert kept.completed_at is not None
    assert kept.frozen == answered.measured().as_json()
    event = kept.events.get()
    assert (event.from_status, event.to_status, event.by) == ("draft", "complete", manager)


def test_what_is_missing_is_listed_with_links(answered, row, url, as_, manager):
    changes = {
        "vision": ({"rating": None, "areas": []}, "not answered yet"),
        "communication": ({"to_confirm": True}, "carried over from an earlier analysis: confirm or change it"),
        "auditing": ({"rating": 1, "areas": []}, "choose the area it supports"),
        "reporting": ({"rating": 2, "areas": []}, "needs at least two areas"),
    }
    for slug, (change, _) in changes.items():
        Finding.objects.filter(pk=row(answered, slug).pk).update(**change)
    answer = as_(manager).post(url("complete", answered))
    assert answer.status_code == 302
    assert answer["Location"] == f"{answered.get_absolute_url()}?missing=1#missing"
    page = words(as_(manager).get(answer["Location"]))
    assert "Not complete: 4 rows need your attention" in page
    for slug, (_, lack) in changes.items():
        name = Element.objects.get(slug=slug).name
        assert f'<li><a href="#row-{slug}">{name}</a>: {lack}</li>' in page
    assert stored(answered).status == "draft"
    assert not stored(answered).events.exists()


def test_missing_rows_are_told_by_the_rule_itself(analysis, manager):
    with pytest.raises(Incomplete, match="18 rows are not answered") as caught:
        analysis.complete(by=manager)
    assert len(caught.value.missing) == 18


@pytest.mark.parametrize("role", ["contributor", "viewer"])
def test_only_managers_complete_reopen_and_delete(request, answered, seen_by, url, as_, role, manager):
    person = request.getfixturevalue(role)
    mine = seen_by(person, answered)
    for action in (
        lambda: mine.complete(by=person),
        lambda: mine.reopen(by=person, why="x"),
        lambda: mine.discard(by=person, why="x"),
    ):
        with pytest.raises(NotAllowed):
            action()
    for name in ("complete", "delete"):
        assert as_(person).post(url(name, answered)).status_code == 403
    answered.complete(by=manager)
    assert as_(person).post(url("reopen", answered), {"why": "x"}).status_code == 403
    assert stored(answered).status == "complete"


def test_a_second_completion_changes_nothing(complete, url, as_, manager):
    before = stored(complete).completed_at
    answer = as_(manager).post(url("complete", complete), follow=True)
    assert "already marked complete" in words(answer)
    assert stored(complete).completed_at == before
    assert complete.events.count() == 1


def test_a_complete_one_is_shown_to_read(complete, as_, manager, row):
    page = words(as_(manager).get(complete.get_absolute_url()))
    assert "is read-only" in page
    assert 'name="rating"' not in page
    assert "Marked complete by Mara Gerr" in page


def test_its_results_stay_as_they_were(complete, url, as_, viewer):
    def main() -> str:
        """The headline, coverage and table. What is recommended follows today's catalog."""
        page = words(as_(viewer).get(url("results", complete))).partition("<main")[2]
        return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page.partition('<h2 id="smallest"')[0])

    before = main()
    assert "Vision" in before
    Element.objects.filter(slug="vision").update(name="Renamed element")
    Initiative.objects.update(short_name="Renamed initiative")
    assert main() == before
    assert "Renamed element" in [row.name for row in complete.measured().rows], "under way it would follow"


def test_the_results_follow_a_rescope_that_came_before_the_completion(answered, manager, seen_by):
    """The one who completes it had read it before its scope changed."""
    late = seen_by(manager, answered)
    answered.rescope(
        1, by=manager, initiatives=[], name="x", as_of=answered.as_of, areas=["E", "S"], operations=[], fence_line=""
    )
    late.complete(by=manager)
    assert [area.code for area in stored(answered).results.areas] == ["E", "S"]


# --- Reopening


def test_reopening_keeps_the_reason_and_forgets_the_frozen_results(complete, url, as_, manager, viewer):
    answer = as_(manager).post(url("reopen", complete), {"why": "A <b>row</b> was wrong."}, follow=True)
    assert "Reopened" in words(answer)
    kept = stored(complete)
    assert (kept.status, kept.frozen, kept.completed_at, kept.completed_by) == ("draft", None, None, None)
    event = kept.events.last()
    assert (event.to_status, event.by, event.why) == ("draft", manager, "A <b>row</b> was wrong.")
    page = words(as_(viewer).get(complete.get_absolute_url()))
    assert "Reopened by Mara Gerr" in page
    assert "A &lt;b&gt;row&lt;/b&gt; was wrong." in page


@pytest.mark.parametrize("why", ["", "   ", "x" * 1001])
def test_reopening_needs_a_reason(complete, url, as_, manager, why):
    answer = as_(manager).post(url("reopen", complete), {"why": why}, follow=True)
    assert "Enter a reason for reopening" in words(answer)
    assert stored(complete).status == "complete"
    assert complete.events.count() == 1


@pytest.mark.parametrize("role", ["contributor", "viewer"])
@pytest.mark.parametrize("why", ["", "A row was wrong."])
def test_who_may_not_reopen_is_told_so_whatever_the_reason(request, complete, url, as_, role, why):
    assert as_(request.getfixturevalue(role)).post(url("reopen", complete), {"why": why}).status_code == 403
    assert stored(complete).status == "complete"


def test_what_is_open_cannot_be_reopened(analysis, url, as_, manager):
    answer = as_(manager).post(url("reopen", analysis), {"why": "Because."}, follow=True)
    assert "It was already reopened" in words(answer)
    assert not analysis.events.exists()


def test_completed_again_it_keeps_the_new_results(complete, row, manager, seen_by):
    complete.reopen(by=manager, why="A row was wrong.")
    Finding.objects.filter(pk=row(complete).pk).update(rating=0, areas=[])
    seen_by(manager, complete).complete(by=manager)
    kept = stored(complete)
    assert next(one.rating for one in kept.results.rows if one.slug == "vision") == 0
    assert [event.to_status for event in kept.events.all()] == ["complete", "draft", "complete"]
