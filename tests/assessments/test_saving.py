"""Saving one row: by the page's script, by a plain form, over someone else's text, with forged values."""

import pytest

from assessments.models import Finding, GapAnalysis
from tests.factories import GapAnalysisFactory

pytestmark = pytest.mark.django_db

TEXTS = {"evidence": "Minutes of May.", "changes": "Share it.", "notes": "Ask Vic."}


def checked(page: str, slug: str) -> list[str]:
    """The values of the chosen rating and areas in the row of ``slug``."""
    row = page.partition(f'id="form-{slug}"')[2].partition("</form>")[0]
    inputs = [tag.partition(">")[0] for tag in row.split("<input")]
    return [tag.partition('value="')[2].partition('"')[0] for tag in inputs if " checked" in tag]


def part(page: str, before: str, after: str) -> str:
    return page.partition(before)[2].partition(after)[0]


# --- By the page's script


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_a_row_is_saved_and_the_answer_says_so(request, analysis, row, save, role):
    person = request.getfixturevalue(role)
    answer = save(person, analysis, rating=2, areas=["E", "Q"])
    assert answer.status_code == 200
    said = answer.json()
    assert said | {"saved": ""} == {
        "version": 2,
        "saved": "",
        "rating": 2,
        "missing_reason": "",
        "answered": ["vision"],
        "errors": [],
    }
    assert said["saved"].startswith("Saved at ")
    kept = row(analysis)
    assert (kept.rating, kept.areas, kept.version, kept.changed_by) == (2, ["E", "Q"], 2, person)


def test_the_closed_part_of_a_row_is_left_alone(analysis, row, save, manager):
    save(manager, analysis, rating=1, areas=["E"], details=1, initiatives=["cmom"], **TEXTS)
    save(manager, analysis, version=2, rating=0)
    kept = row(analysis)
    assert (kept.rating, kept.areas, kept.version) == (0, [], 3)
    assert (kept.initiatives, kept.evidence, kept.changes, kept.notes) == (["cmom"], *TEXTS.values())


def test_the_opened_part_of_a_row_is_saved_with_it(analysis, row, save, manager):
    save(manager, analysis, rating=1, areas=["E"], details=1, initiatives=["cmom", "iso-14001"], **TEXTS)
    kept = row(analysis)
    assert (kept.initiatives, kept.evidence, kept.changes, kept.notes) == (["cmom", "iso-14001"], *TEXTS.values())
    save(manager, analysis, version=2, rating=1, areas=["E"], details=1, evidence="")
    assert (row(analysis).initiatives, row(analysis).evidence) == ([], "")


def test_the_answer_says_what_a_row_still_lacks(analysis, save, manager):
    assert save(manager, analysis, rating=1).json()["missing_reason"] == "choose the area it supports"
    assert save(manager, analysis, version=2, rating=2).json()["missing_reason"] == "needs at least two areas"
    said = save(manager, analysis, version=3, rating="").json()
    assert (said["missing_reason"], said["answered"], said["rating"]) == ("not answered yet", [], None)


def test_a_row_that_someone_else_changed_is_not_overwritten(analysis, row, save, manager, contributor):
    save(contributor, analysis, rating=2, areas=["E", "S"], details=1, notes="Theirs <i>")
    answer = save(manager, analysis, rating=1, areas=["Q"], details=1, notes="Mine <b>")
    assert answer.status_code == 409
    said = answer.json()
    assert said["version"] == 2
    assert "Connie Boyd changed this" in said["conflict"]
    assert "Theirs &lt;i&gt;" in said["conflict"]
    assert "Mine &lt;b&gt;" in said["conflict"]
    assert "Supports a single area" in said["conflict"]
    assert "Supports multiple areas" in said["conflict"]
    assert row(analysis).notes == "Theirs <i>"
    assert save(manager, analysis, version=2, rating=1, areas=["Q"], details=1, notes="Mine <b>").status_code == 200
    assert row(analysis).notes == "Mine <b>"


def test_two_rows_do_not_disturb_each_other(analysis, save, manager, contributor):
    assert save(manager, analysis, "vision", rating=0).status_code == 200
    assert save(contributor, analysis, "auditing", rating=0).json()["answered"] == ["vision", "auditing"]


@pytest.mark.parametrize(
    "forged",
    [
        {"rating": 7},
        {"rating": "two"},
        {"rating": 1, "areas": ["X"]},
        {"rating": 0, "areas": ["E"]},
        {"rating": 1, "areas": ["E", "Q"]},
        {"rating": 0, "version": ""},
        {"rating": 0, "version": "one"},
    ],
)
def test_a_forged_row_is_refused_with_words(analysis, row, save, manager, forged):
    answer = save(manager, analysis, **forged)
    assert answer.status_code == 422
    assert all(answer.json()["errors"])
    assert (row(analysis).rating, row(analysis).version, row(analysis).evidence) == (None, 1, "")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"initiatives": ["baldrige"]}, "initiatives"),  # in the catalog, not in place here
        ({"initiatives": ["<b>"]}, "initiatives"),
        ({"evidence": "x" * 10_001}, "evidence"),
        ({"unread": ["evidence"]}, "evidence"),
    ],
)
def test_one_wrong_field_is_named_and_the_others_are_saved(analysis, row, save, manager, wrong, field):
    save(manager, analysis, rating=2, areas=["E", "S"], details=1, initiatives=["cmom"], **TEXTS)
    answer = save(manager, analysis, version=2, rating=0, details=1, **{"changes": "New.", "evidence": "New."} | wrong)
    assert answer.status_code == 200
    assert [error["name"] for error in answer.json()["errors"]] == [field]
    assert answer.json()["errors"][0]["label"]
    kept = row(analysis)
    assert (kept.rating, kept.changes, kept.version) == (0, "New.", 3)
    before = {"initiatives": ["cmom"], "evidence": TEXTS["evidence"], "notes": TEXTS["notes"]}
    assert getattr(kept, field) == before[field]


def test_areas_that_contradict_the_rating_keep_no_text_from_being_saved(analysis, row, save, manager):
    answer = save(manager, analysis, rating=0, areas=["E"], details=1, **TEXTS)
    assert [error["name"] for error in answer.json()["errors"]] == ["areas"]
    assert (row(analysis).rating, row(analysis).areas, row(analysis).evidence) == (None, [], TEXTS["evidence"])


def test_a_text_over_its_limit_says_how_many_characters_are_too_many(analysis, save, manager):
    answer = save(manager, analysis, details=1, evidence="x" * 14_610)
    assert answer.json()["errors"] == [
        {"name": "evidence", "label": "Evidence", "message": "4,610 characters too many: 10,000 fit."}
    ]


def test_a_line_break_is_one_character(analysis, row, save, manager):
    """Browsers send two. This text has exactly as many characters as fit."""
    answer = save(manager, analysis, details=1, evidence="Line.\r\n" * 1_666 + "Last")
    assert answer.json()["errors"] == []
    assert row(analysis).evidence == "Line.\n" * 1_666 + "Last"


def test_the_same_saved_twice_is_no_conflict(analysis, row, save, manager, contributor):
    """A page that is left while it saves may send the same once more, over the version that it knew."""
    first = save(manager, analysis, rating=2, areas=["E", "S"], details=1, **TEXTS)
    again = save(manager, analysis, rating=2, areas=["E", "S"], details=1, **TEXTS)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["version"] == first.json()["version"] == row(analysis).version == 2
    assert again.json()["rating"] == 2
    plain = save(contributor, analysis, script=False, rating=2, areas=["E", "S"], details=1, **TEXTS)
    assert plain.status_code == 302


def test_a_conflict_with_oneself_says_so(analysis, save, manager):
    save(manager, analysis, rating=0)
    answer = save(manager, analysis, rating=1, areas=["E"]).json()
    assert answer["message"] == "Not saved: you changed this in another tab or window. Choose which version to keep."
    assert "You changed this" in answer["conflict"]
    assert "Mara Gerr" not in answer["conflict"]


@pytest.mark.parametrize("version", [0, -1, 2, 2**31, 2**63, 10**30])
def test_a_forged_version_saves_nothing(analysis, row, save, manager, version):
    answer = save(manager, analysis, rating=0, version=version)
    assert answer.status_code == 409
    assert answer.json()["version"] == 1
    assert row(analysis).rating is None


def test_what_is_on_no_form_cannot_be_sent(analysis, row, save, manager, stranger):
    save(
        manager,
        analysis,
        rating=0,
        to_confirm="on",
        changed_by=stranger.pk,
        element=1,
        analysis_id=999,
        status="complete",
    )
    kept = row(analysis)
    assert (kept.to_confirm, kept.changed_by, kept.analysis) == (False, manager, analysis)
    assert kept.analysis.status == "draft"


def test_an_element_that_there_is_not_is_404(analysis, save, manager):
    assert save(manager, analysis, "no-such-element", rating=0).status_code == 404


def test_a_complete_one_says_why_it_cannot_change(complete, row, save, manager):
    answer = save(manager, complete, rating=0)
    assert answer.status_code == 422
    assert "has just been marked complete" in answer.json()["errors"][0]["message"]
    assert row(complete).rating == 2


# --- Areas are kept for each rating


def test_areas_chosen_under_a_rating_are_kept_when_it_changes(analysis, row, save, manager):
    for version, (rating, areas) in enumerate([(1, ["E"]), (0, []), (2, ["E", "Q"]), (2, ["Q"]), (0, [])], start=1):
        assert save(manager, analysis, version=version, rating=rating, areas=areas).json()["errors"] == []
    assert row(analysis).areas == []
    assert row(analysis).areas_by_rating == {"1": ["E"], "2": ["Q"]}


def test_areas_from_before_they_were_kept_are_kept_too(analysis, row, save, manager):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=2, areas=["E", "S"])
    save(manager, analysis, rating=0)
    assert row(analysis).areas_by_rating == {"2": ["E", "S"]}


def test_what_the_page_kept_between_two_saves_is_saved(analysis, row, save, manager, as_):
    kept = '{"1":["H"],"2":["E","S"]}'
    save(manager, analysis, rating=0, kept_areas=kept)
    assert row(analysis).areas_by_rating == {"1": ["H"], "2": ["E", "S"]}
    page = as_(manager).get(analysis.get_absolute_url()).content.decode()
    assert f'name="kept_areas" value="{kept.replace(chr(34), "&quot;")}"' in page


@pytest.mark.parametrize(
    ("forged", "kept"),
    [
        ("[1]", {}),
        ('"x"', {}),
        ('{"1": "E", "2": [["E"], 7, "X", "Q", "E", "Q"], "3": ["E"], "0": ["S"]}', {"2": ["E", "Q"]}),
        ("{}", {}),
    ],
)
def test_forged_kept_areas_keep_only_what_can_be_chosen(analysis, row, save, manager, forged, kept):
    assert save(manager, analysis, rating=0, kept_areas=forged).status_code == 200
    assert row(analysis).areas_by_rating == kept


def test_an_area_taken_out_of_scope_does_not_come_back(analysis, row, save, manager):
    save(manager, analysis, rating=1, areas=["Q"])
    save(manager, analysis, version=2, rating=0)
    GapAnalysis.objects.filter(pk=analysis.pk).update(areas=["E", "S"])
    save(manager, analysis, script=False, version=3, rating=1, kept_areas='{"1": ["Q"]}')
    assert (row(analysis).rating, row(analysis).areas) == (1, [])


def test_without_a_script_the_areas_of_a_rating_come_back_with_it(analysis, row, save, manager):
    save(manager, analysis, script=False, rating=2, areas=["E", "Q"])
    save(manager, analysis, script=False, version=2, rating=0, kept_areas='{"2": ["E", "Q"]}')
    save(manager, analysis, script=False, version=3, rating=2, kept_areas='{"2": ["E", "Q"]}')
    assert (row(analysis).rating, row(analysis).areas) == (2, ["E", "Q"])
    save(manager, analysis, script=False, version=4, rating=2, kept_areas='{"2": ["E", "Q"]}')
    assert row(analysis).areas == [], "the person unchecked them"


# --- By a plain form


def test_a_plain_form_is_answered_with_the_page_at_that_row(analysis, row, save, manager):
    answer = save(manager, analysis, script=False, rating=1, areas=["H"])
    assert answer.status_code == 302
    assert answer["Location"] == f"{analysis.get_absolute_url()}#row-vision"
    assert row(analysis).areas == ["H"]


def test_a_plain_form_that_is_not_valid_comes_back_with_what_was_sent(analysis, row, save, manager):
    answer = save(manager, analysis, script=False, rating=0, areas=["Q"], details=1, **TEXTS)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "can’t have areas" in page
    assert all(text in page for text in TEXTS.values())
    assert checked(page, "vision") == ["0", "Q"]
    assert row(analysis).version == 1


def test_a_plain_form_with_the_row_closed_comes_back_without_emptying_its_texts(analysis, row, save, manager):
    save(manager, analysis, rating=1, areas=["E"], details=1, initiatives=["cmom"], **TEXTS)
    answer = save(manager, analysis, script=False, version=2, rating=0, areas=["Q"])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "can’t have areas" in page
    assert checked(page, "vision") == ["0", "Q"]
    if 'name="details" value="1"' in page:  # then what it shows is what the next Save writes
        assert all(text in page for text in TEXTS.values())


def test_the_conflict_page_shows_both_texts_and_keeps_mine_in_the_form(analysis, row, save, manager, contributor):
    save(contributor, analysis, rating=2, areas=["E", "S"], details=1, notes="Theirs <i>")
    answer = save(manager, analysis, script=False, rating=1, areas=["Q"], details=1, notes="Mine <b>")
    page = answer.content.decode()
    conflict = part(page, 'class="conflict"', 'class="details"')
    assert answer.status_code == 409
    assert "Connie Boyd changed this" in conflict
    assert "Theirs &lt;i&gt;" in conflict
    assert "Mine &lt;b&gt;" in conflict
    assert "<i>" not in page
    assert "Mine &lt;b&gt;</textarea>" in page.replace("\n", "")
    assert checked(page, "vision") == ["1", "Q"], "“Keep mine” sends what I chose"
    assert 'name="version" value="2"' in part(page, 'id="form-vision"', "</form>"), "over the version that I now know"
    assert row(analysis).notes == "Theirs <i>"


def test_a_conflict_with_the_row_closed_does_not_empty_its_texts(analysis, save, manager, contributor):
    save(contributor, analysis, rating=2, areas=["E", "S"], details=1, **TEXTS)
    answer = save(manager, analysis, script=False, rating=1, areas=["Q"])
    page = answer.content.decode()
    assert answer.status_code == 409
    assert checked(page, "vision") == ["1", "Q"]
    if 'name="details" value="1"' in page:
        assert all(text in page for text in TEXTS.values())


def test_a_plain_form_on_a_complete_one_shows_it_as_it_is(complete, row, save, manager):
    answer = save(manager, complete, script=False, rating=0)
    assert answer.status_code == 422
    assert "is read-only" in answer.content.decode()
    assert row(complete).rating == 2


# --- The page


def test_the_page_shows_18_rows_under_their_components(analysis, as_, manager):
    page = as_(manager).get(analysis.get_absolute_url()).content.decode()
    assert page.count('role="radiogroup"') == 18
    assert page.count('name="rating"') == 54
    assert [page.index(f'id="phase-{slug}"') for slug in ("plan", "do", "check", "act")] == sorted(
        page.index(f'id="phase-{slug}"') for slug in ("plan", "do", "check", "act")
    )
    assert "<b><span data-count>0</span> of 18</b>" in page
    assert 'href="#row-management-commitment" data-next' in page


def test_the_page_leads_to_the_next_unanswered_row(analysis, save, as_, manager):
    save(manager, analysis, "management-commitment", rating=0)
    page = as_(manager).get(analysis.get_absolute_url()).content.decode()
    assert "<span data-count>1</span>" in page
    assert 'href="#row-vision" data-next' in page
    assert checked(page, "management-commitment") == ["0"]


def test_markup_in_any_text_is_shown_as_text(analysis, row, save, as_, manager, viewer):
    evil = "<script>alert(1)</script>"
    GapAnalysis.objects.filter(pk=analysis.pk).update(name=evil, fence_line=evil)
    save(manager, analysis, rating=0, details=1, evidence=evil, changes=evil, notes=evil)
    row(analysis).evidence_items.create(url="https://example.org/?<script>alert(1)</script>", title=evil)
    address = analysis.get_absolute_url()
    for person, path in [
        (manager, f"{address}?open=vision"),
        (viewer, address),
        (manager, f"{address}scope/"),
        (manager, f"{address}results/"),
        (manager, "/gap-analyses/"),
        (manager, "/"),
    ]:
        answer = as_(person).get(path, follow=True)
        assert answer.status_code in (200, 404)
        assert "<script>alert" not in answer.content.decode(), path


@pytest.mark.parametrize("opened", ["vision", "no-such-element", "<script>alert(1)</script>"])
def test_a_row_is_opened_by_its_address(analysis, as_, manager, opened):
    answer = as_(manager).get(analysis.get_absolute_url(), {"open": opened})
    page = answer.content.decode()
    assert answer.status_code == 200
    assert page.count("details__grid") == (1 if opened == "vision" else 0)
    assert "<script>alert" not in page


def test_a_row_opens_in_place(analysis, url, save, as_, manager):
    save(manager, analysis, rating=1, areas=["E"], details=1, initiatives=["cmom"], **TEXTS)
    answer = as_(manager).get(url("details", analysis, "vision"))
    part = answer.content.decode()
    assert "<html" not in part
    assert all(text in part for text in TEXTS.values())
    assert part.count('name="initiatives"') == 2, "only those in place are offered"


def test_a_row_without_initiatives_in_place_says_where_to_add_them(catalog, utility, manager, url, as_):
    bare = GapAnalysisFactory(utility=utility)
    page = as_(manager).get(url("details", bare, "vision")).content.decode()
    assert "No initiatives in place yet" in page


def test_a_row_reads_as_its_element_and_rating(analysis, row):
    assert str(row(analysis)) == "Vision: not answered"
    Finding.objects.filter(pk=row(analysis).pk).update(rating=0)
    assert str(row(analysis)) == "Vision: Does not exist"
