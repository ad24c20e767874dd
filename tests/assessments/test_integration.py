"""The Integration page: which opportunities are open to a utility and why, and its answers."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import Answer
from pdca.models import Opportunity
from tests.factories import MembershipFactory

pytestmark = pytest.mark.django_db

SLUG = "one-review-team"  # of management review


@pytest.fixture
def rated(analysis, save, manager):
    save(manager, analysis, "management-review", rating=1, areas=["E"])
    save(manager, analysis, "vision", rating=2, areas=["E", "S"])
    return analysis


@pytest.fixture
def page(utility):
    return reverse("assessments:integration", args=[utility.pk])


@pytest.fixture
def give(utility, as_):
    """``give(user, choice="taken-up", why="", version=0)`` sends an answer as the page's script does."""

    def send(user, *, slug=SLUG, script=True, version=0, **data):
        headers = {"Accept": "application/json"} if script else {}
        address = reverse("assessments:answer", args=[utility.pk, slug])
        return as_(user).post(address, {"version": version, "why": ""} | data, headers=headers)

    return send


def slugs(rows) -> list[str]:
    return [row.opportunity.slug for row in rows]


def test_it_tells_what_is_open_and_why(rated, page, as_, viewer):
    answer = as_(viewer).get(page)
    found = answer.context["board"]
    one = next(row for row in found.open if row.opportunity.slug == SLUG)
    assert [area.code for area in one.serves] == ["E"]
    assert [area.code for area in one.extends] == ["S", "Q", "F", "H"]
    assert "covers environment only" in answer.text
    asking = {initiative.slug for initiative in one.asking}
    assert asking == {
        row.slug for row in rated.initiatives.all() if row.asked.get("management-review", {}).get("stance") == "asks"
    }
    assert all(len(row.asking) > 1 or row.extends for row in found.open)
    assert all(len(row.asking) < 2 and not row.extends for row in found.others)
    aligned = [row.opportunity.element.strategic_alignment for row in found.open]
    assert aligned == sorted(aligned, reverse=True), "key to alignment first"


def test_each_answer_is_kept_and_counted(rated, page, give, contributor, as_, viewer):
    counted = as_(viewer).get(page).context["board"].n_counted
    answer = give(contributor, choice="taken-up")
    assert answer.status_code == 200
    assert (answer.json()["choice"], answer.json()["integrated"], answer.json()["counted"]) == ("Taken up", 1, counted)
    shown = as_(viewer).get(page)
    assert slugs(shown.context["board"].answered) == [SLUG]
    assert SLUG not in slugs(shown.context["board"].open)
    assert f"{counted}</span></b> opportunities taken up" in shown.text
    assert give(contributor, choice="not-for-us", why="We have one manager.", version=2).json()["set_aside"] == 1
    assert as_(viewer).get(page).context["board"].n_integrated == 0
    assert give(contributor, choice="", version=3).json()["counted"] == counted
    assert not as_(viewer).get(page).context["board"].answered


@pytest.mark.parametrize(("choice", "say"), [("already", "Enter what shows it."), ("not-for-us", "Enter the reason.")])
def test_what_needs_words_is_not_saved_without_them(rated, give, manager, choice, say):
    answer = give(manager, choice=choice, why="  ")
    assert [error["message"] for error in answer.json()["errors"]] == [say]
    assert not Answer.objects.exclude(choice="").exists()
    assert give(manager, choice=choice, why="Minutes of May 3").status_code == 200


def test_the_database_asks_for_words_too(rated, utility):
    with pytest.raises(IntegrityError, match="answer_says_why"), transaction.atomic():
        Answer.objects.create(utility=utility, opportunity_id=SLUG, choice="already")
    Answer.objects.create(utility=utility, opportunity_id=SLUG, choice="taken-up")
    with pytest.raises(IntegrityError, match="answer_once"), transaction.atomic():
        Answer.objects.create(utility=utility, opportunity_id=SLUG)


def test_two_people_at_a_time_see_both_answers(rated, give, manager, contributor):
    give(manager, choice="taken-up")
    answer = give(contributor, choice="not-for-us", why="Too early.")
    assert answer.status_code == 409
    assert "Taken up" in answer.json()["conflict"]
    assert "Mara Gerr" in answer.json()["conflict"]
    assert Answer.objects.get().choice == "taken-up"


def test_who_answered_what_is_kept(rated, utility, give, manager, contributor, viewer, as_):
    give(manager, choice="taken-up")
    give(contributor, choice="already", why="Minutes of May 3", version=2)
    history = as_(viewer).get(reverse("assessments:answer_history", args=[utility.pk, SLUG]))
    assert history.status_code == 200
    for words in ("Mara Gerr", "Connie Boyd", "Taken up", "Already so", "Minutes of May 3"):
        assert words in history.text


def test_without_javascript(rated, page, give, manager):
    answer = give(manager, choice="taken-up", script=False)
    assert answer["Location"] == f"{page}#row-{SLUG}"
    wrong = give(manager, choice="already", script=False, version=2)
    assert wrong.status_code == 422
    assert "Enter what shows it." in wrong.text


def test_who_may(rated, page, give, viewer, stranger, client, as_, utility):
    assert give(viewer, choice="taken-up").status_code == 403
    assert give(stranger, choice="taken-up").status_code == 404
    assert as_(stranger).get(page).status_code == 404
    assert as_(stranger).get(reverse("assessments:answer_history", args=[utility.pk, SLUG])).status_code == 404
    assert client.get(page).status_code == 302
    assert "No answer yet" not in as_(viewer).get(page).text
    assert not Answer.objects.exists()


def test_an_opportunity_that_is_not_published_is_neither_shown_nor_answered(rated, page, give, manager, as_):
    Opportunity.objects.filter(slug=SLUG).update(published=False)
    assert SLUG not in as_(manager).get(page).text
    assert give(manager, choice="taken-up").status_code == 404


def test_an_answer_outlives_its_opportunity(rated, page, give, manager, viewer, as_, utility):
    give(manager, choice="already", why="Minutes of May 3")
    Opportunity.objects.filter(slug=SLUG).update(retired_on="2026-01-01")
    text = as_(viewer).get(page).text
    assert "Answers to opportunities that are no longer offered" in text
    assert "Minutes of May 3" in text
    assert reverse("assessments:answer_history", args=[utility.pk, SLUG]) in text


def test_an_answer_outlives_the_analysis(rated, page, give, manager, viewer, as_):
    assert "Answers you gave" not in as_(viewer).get(page).text
    give(manager, choice="already", why="Minutes of May 3")
    rated.discard(by=manager)
    text = as_(viewer).get(page).text
    assert "Answers you gave" in text
    assert "Minutes of May 3" in text
    assert "count again once there is a gap analysis" in text


def test_what_was_typed_is_shown_if_the_analysis_was_deleted_meanwhile(rated, page, give, manager):
    rated.discard(by=manager)
    answer = give(manager, choice="already", why="Ä" * 2001, script=False)
    assert answer.status_code == 422
    assert "Ä" * 2001 in answer.text


def test_an_error_is_tied_to_its_field_and_told_in_the_title(rated, give, manager):
    answer = give(manager, choice="already", script=False)
    assert f'aria-describedby="id_{SLUG}_why-error id_{SLUG}_why-hint"' in answer.text
    assert f'id="id_{SLUG}_why-error"' in answer.text
    assert "<title>Error: Integration" in answer.text


def test_initiatives_outside_the_catalog_are_told_not_to_count(analysis, page, as_, viewer):
    analysis.initiatives.clear()
    assert "only those in the catalog count" in as_(viewer).get(page).text


def test_without_an_analysis_it_says_how_to_begin(catalog, utility, page, as_, manager, viewer):
    assert reverse("assessments:start", args=[utility.pk]) in as_(manager).get(page).text
    assert reverse("assessments:start", args=[utility.pk]) not in as_(viewer).get(page).text


def test_results_tell_the_share_beside_coverage(rated, url, give, manager, as_, viewer):
    give(manager, choice="taken-up")
    page = as_(viewer).get(url("results", rated))
    found = page.context["board"]
    assert found.n_integrated == 1
    assert f"Integrated: 1 of {found.n_counted} opportunities" in page.text


def test_it_takes_few_queries(rated, page, as_, manager):
    browser = as_(manager)
    with CaptureQueriesContext(connection) as captured:
        browser.get(page)
    assert len(captured) <= 15


def test_from_an_opportunity_of_the_guide_to_the_own_answer(rated, page, client, as_, viewer, utility):
    where = reverse("assessments:integration_where", args=[SLUG])
    assert where in client.get(reverse("pdca:opportunity", args=[SLUG])).text
    assert as_(viewer).get(where)["Location"] == f"{page}?open={SLUG}#row-{SLUG}"
    other = MembershipFactory(user=viewer).utility
    several = as_(viewer).get(where)
    assert str(utility) in several.text
    assert str(other) in several.text


def test_what_follows_a_complete_analysis_waits_on_the_home_page(rated, answer_all, give, manager, viewer, as_, url):
    home = as_(manager)
    assert "Integration at" not in home.get("/").text
    answer_all(rated)
    rated.complete(by=manager)
    assert "Integration at Riverbend Water and Sewer" in home.get("/").text
    assert "Integration at" not in as_(viewer).get("/").text, "who can't answer is not asked"
    give(manager, choice="taken-up")
    shown = home.get("/").text
    assert "Integration at" not in shown
    assert "Road map for Riverbend Water and Sewer" in shown
    home.post(url("road_map_suggested", rated), {"version": 0})
    assert "Road map for" not in home.get("/").text


def test_a_viewer_is_told_who_answers(rated, page, as_, viewer, contributor):
    words = "Managers, contributors and advisors give them."
    assert words in as_(viewer).get(page).text
    assert words not in as_(contributor).get(page).text


def test_an_opportunity_that_was_just_retired_is_told(rated, give, manager):
    give(manager, choice="taken-up")
    Opportunity.objects.filter(slug=SLUG).update(retired_on="2026-01-01")
    answer = give(manager, choice="already", why="Minutes of May 3", version=2)
    assert answer.status_code == 422
    assert "retired from the catalog" in answer.json()["errors"][0]["message"]
    page = give(manager, choice="already", why="Minutes of May 3", version=2, script=False)
    assert page.status_code == 422
    assert "Minutes of May 3" in page.text
    assert Answer.objects.get().choice == "taken-up"
