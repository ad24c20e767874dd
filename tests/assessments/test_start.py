"""A new gap analysis: from scratch, or from an earlier one."""

from datetime import date

import pytest
from django.urls import reverse

from assessments.models import Evidence, GapAnalysis
from files.models import StoredFile
from initiatives.models import Initiative
from pdca.models import Element
from tests.factories import GapAnalysisFactory
from tests.uploads import upload

pytestmark = pytest.mark.django_db


def frame(**other) -> dict:
    return {
        "name": "Two years on",
        "as_of": "2026-06-30",
        "areas": ["Q", "E"],
        "operations": ["water-treatment"],
        "fence_line": "The plant, without the reservoir.",
        "initiatives": ["cmom"],
        "version": 1,
    } | other


@pytest.fixture
def start(as_):
    def send(user, utility, **other):
        return as_(user).post(reverse("assessments:start", args=[utility.pk]), frame(**other))

    return send


def newest() -> GapAnalysis:
    return GapAnalysis.objects.latest("pk")


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_it_begins_with_18_unanswered_rows(request, catalog, utility, start, role):
    person = request.getfixturevalue(role)
    answer = start(person, utility)
    made = newest()
    assert answer.status_code == 302
    assert answer["Location"] == made.get_absolute_url()
    assert (made.name, made.as_of, made.utility, made.created_by) == (
        "Two years on",
        date(2026, 6, 30),
        utility,
        person,
    )
    assert (made.areas, made.operations) == (["E", "Q"], ["water-treatment"]), "areas in their own order"
    assert made.fence_line == "The plant, without the reservoir."
    assert [initiative.slug for initiative in made.initiatives.all()] == ["cmom"]
    assert made.status == GapAnalysis.Status.DRAFT
    rows = list(made.findings.select_related("element"))
    assert [row.element for row in rows] == list(Element.objects.all())
    assert len(rows) == 18
    assert all((row.rating, row.areas, row.to_confirm, row.version) == (None, [], False, 1) for row in rows)
    assert made.missing() == [(row, "not answered yet") for row in rows]


def test_the_form_offers_all_areas_and_today(catalog, utility, manager, as_):
    page = as_(manager).get(reverse("assessments:start", args=[utility.pk])).content.decode()
    assert page.count('name="areas"') == 5
    assert "Start from an earlier gap analysis" not in page
    for chain in ("Drinking water", "Wastewater", "Stormwater"):
        assert chain in page


@pytest.mark.parametrize(
    "other",
    [
        {"name": ""},
        {"name": "x" * 151},
        {"as_of": "soon"},
        {"areas": []},
        {"areas": ["E", "X"]},
        {"operations": ["moon-base"]},
        {"initiatives": ["no-such-initiative"]},
        {"fence_line": "x" * 5001},
    ],
)
def test_a_frame_that_cannot_be_is_refused_and_kept_in_the_form(catalog, utility, manager, start, other):
    answer = start(manager, utility, **other)
    assert answer.status_code == 422
    assert "Two years on" in answer.content.decode() or "name" in other
    assert not GapAnalysis.objects.exists()


def test_status_and_owner_cannot_be_forged(catalog, utility, manager, stranger, as_):
    theirs = stranger.memberships.get().utility
    forged = {"status": "complete", "utility": theirs.pk, "frozen": "{}", "created_by": stranger.pk}
    as_(manager).post(reverse("assessments:start", args=[utility.pk]), frame(**forged))
    made = newest()
    assert (made.status, made.utility, made.created_by, made.frozen) == ("draft", utility, manager, None)


# --- From an earlier one


@pytest.fixture
def earlier(analysis, row, manager) -> GapAnalysis:
    """A vision that serves E and Q, objectives for E only, training that is absent, the rest unanswered."""
    chosen = {
        "vision": {
            "rating": 2,
            "areas": ["E", "Q"],
            "initiatives": ["cmom", "iso-14001"],
            "evidence": "On the wall.",
            "changes": "Say it aloud.",
            "notes": "Since 2020.",
        },
        "objectives-and-targets": {"rating": 1, "areas": ["E"]},
        "training-awareness-competence": {"rating": 0, "areas": []},
        "communication": {"rating": 2, "areas": ["S", "H"]},
        "document-control": {"rating": 2, "areas": []},
        "reporting": {"rating": 1, "areas": []},
        "management-review": {"rating": 2, "areas": ["E"]},
    }
    for slug, answers in chosen.items():
        row(analysis, slug, by=manager).answer(1, by=manager, **answers)
    row(analysis).evidence_items.create(url="https://example.org/vision", title="Vision", added_by=manager)
    row(analysis).evidence_items.create(file=StoredFile.keep(upload(), by=manager), added_by=manager)
    return analysis


@pytest.fixture
def copy(earlier, manager):
    """``copy(areas=…)``: a new analysis from the earlier one."""

    def make(**other) -> GapAnalysis:
        in_place = list(Initiative.objects.filter(slug__in=other.pop("initiatives", ["cmom", "iso-14001"])))
        return GapAnalysisFactory(utility=earlier.utility, by=manager, previous=earlier, initiatives=in_place, **other)

    return make


def test_findings_are_carried_over_and_wait_for_confirmation(earlier, copy, row, seen_by, manager):
    made = copy()
    vision = row(made, "vision")
    assert (vision.rating, vision.areas, vision.initiatives) == (2, ["E", "Q"], ["cmom", "iso-14001"])
    assert (vision.evidence, vision.changes, vision.notes) == ("On the wall.", "Say it aloud.", "Since 2020.")
    assert (vision.to_confirm, vision.is_answered, vision.version, vision.changed_by) == (True, False, 1, None)
    assert vision.missing_reason(made.areas) == "carried over from an earlier analysis: confirm or change it"
    assert row(made, "training-awareness-competence").to_confirm, "a rating of none is carried over too"
    assert not row(made, "auditing").to_confirm, "what was not answered has nothing to confirm"
    assert made.copied_from == earlier
    assert GapAnalysis.objects.with_progress().get(pk=made.pk).n_answered == 0
    assert len(made.missing()) == 18
    assert row(earlier, "vision").is_answered, "the earlier one stays as it was"


def test_links_and_files_come_along_and_a_file_is_kept_once(copy, row):
    items = list(row(copy()).evidence_items.all())
    assert [str(item) for item in items] == ["Vision", "policy.pdf"]
    assert StoredFile.objects.count() == 1
    assert Evidence.objects.count() == 4


def test_what_no_longer_fits_the_scope_is_dropped(copy, row):
    made = copy(areas=["E", "F"])
    assert (row(made, "vision").rating, row(made, "vision").areas) == (1, ["E"])
    assert (row(made, "objectives-and-targets").rating, row(made, "objectives-and-targets").areas) == (1, ["E"])
    communication = row(made, "communication")
    assert (communication.rating, communication.areas, communication.to_confirm) == (None, [], False)
    assert row(made, "document-control").rating == 2
    assert row(made, "reporting").rating == 1
    assert row(made, "management-review").rating == 2, "it lacked an area before, and still does"


def test_with_one_area_left_nothing_serves_several(copy, row):
    made = copy(areas=["Q"])
    assert (row(made, "vision").rating, row(made, "vision").areas) == (1, ["Q"])
    assert (row(made, "document-control").rating, row(made, "document-control").to_confirm) == (None, False)
    assert row(made, "objectives-and-targets").rating is None


def test_initiatives_that_are_no_longer_in_place_are_dropped(copy, row):
    assert row(copy(initiatives=["iso-14001"])).initiatives == ["iso-14001"]


def test_the_page_starts_from_the_one_that_it_was_asked_for(earlier, start, utility, contributor, as_):
    page = as_(contributor).get(reverse("assessments:start", args=[utility.pk]), {"from": earlier.pk})
    assert f'<option value="{earlier.pk}" selected>' in page.content.decode()
    answer = start(contributor, utility, previous=earlier.pk, areas=["E", "S", "Q", "F", "H"])
    assert answer.status_code == 302
    assert newest().copied_from == earlier
    assert newest().findings.filter(to_confirm=True).count() == 7


@pytest.fixture
def scoped(earlier) -> GapAnalysis:
    """The earlier one with a scope of its own, and an initiative that the catalog has retired since."""
    GapAnalysis.objects.filter(pk=earlier.pk).update(
        operations=["water-treatment"],
        fence_line="The plant <b>.",
        areas=["E", "S", "Q", "H"],
        other_initiatives=["Spill"],
    )
    Initiative.objects.filter(slug="cmom").update(retired_on="2026-01-01")
    return earlier


def shown(page: str) -> tuple:
    """The scope that the form shows: checked values by name, texts."""
    tags = [tag.partition(">")[0] for tag in page.split("<input")]
    checked = [tag for tag in tags if " checked" in tag]
    values = [
        [tag.partition('value="')[2].partition('"')[0] for tag in checked if f'name="{name}"' in tag]
        for name in ("areas", "operations", "initiatives")
    ]
    texts = [
        page.partition(f'<textarea name="{name}"')[2].partition(">")[2].partition("</textarea>")[0].strip()
        for name in ("fence_line", "other_initiatives")
    ]
    return (*values, *texts)


SCOPE = (["E", "S", "Q", "H"], ["water-treatment"], ["cmom", "iso-14001"], "The plant &lt;b&gt;.", "Spill")


def test_the_scope_of_the_previous_one_is_filled_in(scoped, utility, contributor, as_):
    path = reverse("assessments:start", args=[utility.pk])
    page = as_(contributor).get(path, {"from": scoped.pk}).content.decode()
    assert shown(page) == SCOPE
    assert shown(as_(contributor).get(path).content.decode())[:2] == (["E", "S", "Q", "F", "H"], [])


def test_choosing_a_previous_one_fills_in_its_scope_and_keeps_name_and_date(scoped, utility, start, contributor):
    answer = start(contributor, utility, previous=scoped.pk, fill="1")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert shown(page) == SCOPE
    assert 'value="Two years on"' in page
    assert 'value="2026-06-30"' in page
    assert GapAnalysis.objects.count() == 1, "nothing is started yet"


def test_choosing_blank_rows_leaves_the_form_as_it_is(scoped, utility, start, contributor):
    page = start(contributor, utility, previous="", fill="1", initiatives=["iso-14001"]).content.decode()
    assert shown(page) == (["E", "Q"], ["water-treatment"], ["iso-14001"], "The plant, without the reservoir.", "")
    assert 'value="Two years on"' in page


def test_the_scope_that_was_filled_in_can_be_changed(scoped, utility, start, contributor):
    start(contributor, utility, previous=scoped.pk, areas=["E", "Q"], other_initiatives="Spill\nOdor")
    made = newest()
    assert (made.areas, made.other_initiatives, made.copied_from) == (["E", "Q"], ["Spill", "Odor"], scoped)
    assert [one.slug for one in made.initiatives.all()] == ["cmom"], "retired, but in place before"


def test_the_scope_of_another_utility_is_not_shown(scoped, stranger, as_):
    theirs = stranger.memberships.get().utility
    page = as_(stranger).get(reverse("assessments:start", args=[theirs.pk]), {"from": scoped.pk}).content.decode()
    assert "The plant" not in page


@pytest.mark.parametrize("asked", ["x", "-1", "99999999999999999999"])
def test_a_previous_one_that_is_none_is_no_trouble(earlier, utility, manager, as_, start, asked):
    assert as_(manager).get(reverse("assessments:start", args=[utility.pk]), {"from": asked}).status_code == 200
    assert start(manager, utility, previous=asked).status_code == 422


def test_the_analysis_of_another_utility_cannot_be_copied(analysis, stranger, start):
    theirs = stranger.memberships.get().utility
    GapAnalysisFactory(utility=theirs)
    answer = start(stranger, theirs, previous=analysis.pk)
    assert answer.status_code == 422
    assert GapAnalysis.objects.count() == 2


def test_confirming_a_row_as_it_is_answers_it(copy, row, save, manager):
    made = copy()
    answer = save(manager, made, rating=2, areas=["E", "Q"])
    assert answer.status_code == 200
    assert answer.json()["answered"] == ["vision"]
    assert not row(made).to_confirm
    assert row(made).notes == "Since 2020.", "the part that was not opened is left alone"
