"""The road map: suggested for an analysis, kept by the utility, reordered by its people."""

import re

import pytest
from django.urls import reverse

from assessments.models import RoadMap

pytestmark = pytest.mark.django_db


@pytest.fixture
def rated(analysis, save, manager):
    save(manager, analysis, "document-control", rating=1, areas=["E"])
    save(manager, analysis, "policy-statements", rating=1, areas=["S"])
    return analysis


@pytest.fixture
def road(rated, url, as_, manager) -> RoadMap:
    as_(manager).post(url("road_map_suggested", rated), {"version": 0})
    return RoadMap.objects.get()


@pytest.fixture
def change(utility, as_):
    """``change(user, do="up", key=…)`` sends one change of the road map."""

    def send(user, *, version=1, script=False, **data):
        address = reverse("assessments:road_map_change", args=[utility.pk])
        headers = {"HX-Request": "true"} if script else {}
        return as_(user).post(address, {"version": version} | data, headers=headers)

    return send


def keys(road: RoadMap) -> list[str]:
    road.refresh_from_db()
    return [step["key"] for step in road.steps]


def test_the_suggestion_extends_what_exists_uses_the_smallest_mix_and_names_the_rest(rated, url, as_, viewer):
    page = as_(viewer).get(url("road_map_suggested", rated), {"approach": "areas"})
    steps = [one.step for _, _, lane in page.context["lanes"] for one in lane]
    assert [step["key"] for step in steps[:2]] == ["extend-policy-statements", "extend-document-control"]
    text = "Extend policy statements from safety and health to environment, quality, finance and human resources."
    assert steps[0]["text"] == text
    found = as_(viewer).get(url("results", rated)).context["recommended"]
    smallest = {f"{'use' if offer.in_place else 'adopt'}-{offer.initiative.slug}" for offer in found.smallest}
    assert smallest == {step["key"] for step in steps if step["key"].startswith(("use-", "adopt-"))}
    built = {step["key"] for step in steps if step["key"].startswith("build-")}
    assert built == {f"build-{one.element.component_id}" for one in found.unclosed}


def test_few_elements_and_no_framework_start_by_planning(rated, url, as_, viewer):
    rated.initiatives.remove(rated.initiatives.get(slug="iso-14001"))
    page = as_(viewer).get(url("road_map_suggested", rated))
    assert page.context["chosen"] == "planning"
    assert [fit.approach for fit in page.context["approaches"]] == ["planning", "areas", "operations"]
    assert "2 of 18 elements exist." in page.text


def test_operations_outside_the_fence_line_become_a_step(rated, url, as_, viewer):
    type(rated).objects.filter(pk=rated.pk).update(operations=["solids-handling"])
    page = as_(viewer).get(url("road_map_suggested", rated), {"approach": "operations"})
    first = page.context["lanes"][0][2][0].step
    assert first["key"] == "widen-operations"
    assert "transport and use or disposal of biosolids" in first["text"]
    assert "detention" not in first["text"], "stormwater is another value chain"


def test_it_is_kept_changed_and_seen_by_colleagues(road, change, contributor, viewer, as_, utility):
    before = keys(road)
    answer = change(contributor, do="down", key=before[0])
    assert answer.status_code == 302
    assert keys(road)[:2] == [before[1], before[0]]
    page = as_(viewer).get(road.get_absolute_url())
    assert "Connie Boyd" in page.text
    assert "Move up" not in page.text, "viewers only read"


def test_own_steps_are_added_reworded_and_removed(road, change, manager):
    change(manager, do="add", text="Ask the board  for one policy", when="now")
    assert "own-1" in keys(road)
    change(manager, do="reword", key="own-1", text="Ask the board first", version=2)
    road.refresh_from_db()
    assert next(step for step in road.steps if step["key"] == "own-1") == {
        "key": "own-1",
        "text": "Ask the board first",
        "when": "now",
    }
    change(manager, do="remove", key="own-1", version=3)
    assert "own-1" not in keys(road)


@pytest.mark.parametrize("text", ["", "   ", "x" * 301])
def test_a_step_needs_a_text_that_fits(road, change, manager, text):
    answer = change(manager, do="add", text=text, when="now")
    assert answer.status_code == 422
    assert road.version == 1


def test_of_two_changes_at_a_time_the_second_is_told(road, change, manager, contributor):
    first = keys(road)[0]
    change(manager, do="down", key=first)
    answer = change(contributor, do="remove", key=first)
    assert answer.status_code == 409
    assert "Mara Gerr changed the road map" in answer.text
    assert first in keys(road)
    assert "Mara Gerr changed the road map" in change(contributor, do="remove", key=first, script=True).text
    assert "You changed the road map in another tab or window" in change(manager, do="remove", key=first).text


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("do", ["add", "reword"])
def test_what_was_typed_stays_if_someone_changed_the_road_map(road, change, manager, contributor, do, script):
    first, second = keys(road)[:2]
    change(manager, do="down", key=first)
    which = {"key": second} if do == "reword" else {"when": "now"}
    page = change(contributor, do=do, text="Ask the board for one policy", script=script, **which)
    field = f"text-{second}" if do == "reword" else "id_text"
    assert re.search(rf'id="{field}"[^>]*>\s*Ask the board for one policy<', page.text)
    assert page.text.count("Ask the board for one policy") == 1
    assert "What you typed is still in its form below." in page.text


def test_new_words_for_a_step_that_someone_removed_can_be_added(road, change, manager, contributor):
    first = keys(road)[0]
    change(manager, do="remove", key=first)
    page = change(contributor, do="reword", key=first, text="Ask the board for one policy")
    assert page.context["form"]["text"].value() == "Ask the board for one policy"
    assert "Ask the board for one policy</textarea>" in page.text


@pytest.mark.parametrize("text", ["", "   ", "x" * 301])
def test_words_that_do_not_fit_are_refused_beside_their_step(road, change, manager, text):
    first = keys(road)[0]
    page = change(manager, do="reword", key=first, text=text)
    assert page.status_code == 422
    assert f'aria-describedby="wrong-{first}"' in page.text
    assert not page.context["form"].is_bound
    assert "Please fix the following" not in page.text


def test_the_errors_of_a_new_step_are_listed_once(road, change, manager):
    assert change(manager, do="add", text=" ", when="now").text.count("Please fix the following") == 1


def test_the_first_step_can_go_no_further_up_nor_the_last_one_down(road, as_, manager):
    page = as_(manager).get(road.get_absolute_url()).text
    first, *between, last = keys(road)
    assert f'id="up-{first}"' not in page
    assert f'id="down-{last}"' not in page
    assert all(f'id="{way}-{key}"' in page for way in ("up", "down") for key in between)


@pytest.mark.parametrize("version", ["x", "²", "9" * 5000, ""])
def test_a_version_that_is_no_number_changes_nothing(road, change, rated, url, as_, manager, version):
    before = keys(road)
    assert change(manager, do="up", key=before[1], version=version).status_code == 409
    assert as_(manager).post(url("road_map_suggested", rated), {"version": version}).status_code == 302
    assert keys(road) == before


def test_nonsense_changes_nothing(road, change, manager):
    before = keys(road)
    change(manager, do="explode", key=before[0])
    change(manager, do="up", key="nothing", version=2)
    assert change(manager, do="up", key=before[1], version="x").status_code == 409
    assert keys(road) == before


def test_keeping_another_replaces_it_unless_it_changed_meanwhile(road, rated, url, as_, manager, change):
    change(manager, do="remove", key=keys(road)[0])
    browser = as_(manager)
    late = browser.post(url("road_map_suggested", rated), {"version": 1, "approach": "operations"}, follow=True)
    assert "You changed the road map in another tab or window" in late.text
    road.refresh_from_db()
    assert road.approach == "planning"
    browser.post(url("road_map_suggested", rated), {"version": 2, "approach": "operations"})
    road.refresh_from_db()
    assert road.approach == "operations"


def test_a_click_too_many_keeps_it_once_and_says_that_it_is_kept(road, rated, url, as_, manager, contributor):
    answer = as_(manager).post(url("road_map_suggested", rated), {"version": 0}, follow=True)
    assert "Kept as your road map." in answer.text
    assert RoadMap.objects.get().version == 1
    answer = as_(contributor).post(url("road_map_suggested", rated), {"version": 0}, follow=True)
    assert "Mara Gerr changed the road map" in answer.text
    answer = as_(manager).post(url("road_map_suggested", rated), {"version": 0, "approach": "operations"}, follow=True)
    assert "You changed the road map in another tab or window" in answer.text
    assert RoadMap.objects.get().version == 1


def test_who_may(road, rated, url, as_, viewer, stranger, client, change):
    assert as_(viewer).post(url("road_map_suggested", rated), {"version": 1}).status_code == 403
    assert change(viewer, do="remove", key=keys(road)[0]).status_code == 403
    assert change(stranger, do="remove", key=keys(road)[0]).status_code == 404
    assert as_(stranger).get(road.get_absolute_url()).status_code == 404
    assert as_(stranger).get(url("road_map_suggested", rated)).status_code == 404
    assert client.get(road.get_absolute_url()).status_code == 302


def test_it_outlives_its_analysis(road, rated, manager, as_, viewer):
    rated.discard(by=manager)
    assert as_(viewer).get(road.get_absolute_url()).status_code == 200


def test_the_way_to_the_road_map(utility, catalog, as_, viewer, manager, request):
    address = reverse("assessments:road_map_latest", args=[utility.pk])
    browser = as_(viewer)
    assert "A road map starts from a gap analysis." in browser.get(address, follow=True).text
    road = request.getfixturevalue("road")
    assert browser.get(address)["Location"] == road.get_absolute_url()
    analysis = road.analysis
    road.delete()
    assert browser.get(address)["Location"] == reverse("assessments:road_map_suggested", args=[analysis.pk])
