"""The history of a row, and undoing its last change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.models import Finding, FindingChange, GapAnalysis
from pdca.models import Area
from tests.uploads import upload
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def change(row):
    """``change(user, analysis, **values)`` saves a row over its current version."""

    def make(user, analysis, slug="vision", **values) -> Finding:
        finding = row(analysis, slug, by=user)
        finding.answer(finding.version, by=user, **values)
        return finding

    return make


@pytest.fixture
def later():
    """``later()`` puts all changes so far ten minutes back."""
    return lambda: [
        FindingChange.objects.filter(pk=one.pk).update(at=one.at - timedelta(minutes=10))
        for one in FindingChange.objects.all()
    ]


def changes(finding) -> list[tuple]:
    return [(each.by.name, each.before, each.after) for each in finding.history.select_related("by")]


def page_of(as_, user, url, analysis, slug="vision", **headers) -> str:
    answer = as_(user).get(url("history", analysis, slug), headers=headers)
    assert answer.status_code == 200
    return answer.content.decode()


# --- What is kept


def test_a_save_is_kept_with_what_changed(analysis, row, change, manager, contributor):
    change(manager, analysis, rating=1, areas=["E"], evidence="Minutes.")
    change(contributor, analysis, rating=2, areas=["E", "Q"], evidence="Minutes.", notes="")
    assert changes(row(analysis)) == [
        ("Connie Boyd", {"rating": 1, "areas": ["E"]}, {"rating": 2, "areas": ["E", "Q"]}),
        (
            "Mara Gerr",
            {"rating": None, "areas": [], "evidence": ""},
            {"rating": 1, "areas": ["E"], "evidence": "Minutes."},
        ),
    ]


def test_the_same_saved_again_is_no_change(analysis, row, change, manager):
    change(manager, analysis, rating=1, areas=["E"])
    change(manager, analysis, rating=1, areas=["E"])
    assert row(analysis).history.count() == 1


def test_saves_that_follow_each_other_are_one_change(analysis, row, change, manager, later):
    for text in ("M", "Minutes", "Minutes of May."):
        change(manager, analysis, evidence=text)
    change(manager, analysis, rating=0, areas=[])
    assert changes(row(analysis)) == [
        ("Mara Gerr", {"rating": None, "evidence": ""}, {"rating": 0, "evidence": "Minutes of May."})
    ]
    later()
    change(manager, analysis, evidence="Minutes of June.")
    assert row(analysis).history.count() == 2


def test_what_is_put_back_at_once_leaves_no_change(analysis, row, change, manager, later):
    change(manager, analysis, rating=1, areas=["E"])
    later()
    change(manager, analysis, rating=0, areas=[])
    change(manager, analysis, rating=1, areas=["E"])
    assert [after for _, _, after in changes(row(analysis))] == [{"rating": 1, "areas": ["E"]}]


def test_saves_of_two_people_are_not_merged(analysis, row, change, manager, contributor):
    for person, text in [(manager, "a"), (contributor, "b"), (manager, "c")]:
        change(person, analysis, notes=text)
    assert [(before["notes"], after["notes"]) for _, before, after in changes(row(analysis))] == [
        ("b", "c"),
        ("a", "b"),
        ("", "a"),
    ]


def test_a_save_that_was_refused_is_not_kept(analysis, row, manager, contributor):
    old = row(analysis, by=contributor)
    row(analysis, by=manager).answer(1, by=manager, notes="Mine.")
    with pytest.raises(Stale):
        old.answer(1, by=contributor, notes="Theirs.")
    assert len(changes(row(analysis))) == 1


def test_what_a_row_had_is_read_anew_if_it_was_fetched_before(analysis, row, manager, contributor):
    """Such as by an import that fetches all rows and then saves them."""
    old = row(analysis, by=contributor)
    row(analysis, by=manager).answer(1, by=manager, notes="Mine.")
    old.answer(2, by=contributor, notes="Theirs.")
    assert changes(row(analysis))[0] == ("Connie Boyd", {"notes": "Mine."}, {"notes": "Theirs."})


def test_confirming_a_row_is_a_change(analysis, row, change, manager):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=0, to_confirm=True)
    change(manager, analysis)
    assert changes(row(analysis)) == [("Mara Gerr", {"to_confirm": True}, {"to_confirm": False})]


def test_links_and_files_are_in_the_history(analysis, row, change, manager, contributor):
    change(manager, analysis, notes="a")
    row(analysis, by=manager).attach_link(by=manager, url="https://example.org", title="Minutes")
    item = row(analysis, by=manager).attach_file(upload(), by=manager)
    item.discard(by=contributor)
    change(manager, analysis, notes="b")
    assert [
        (by, after.get("links_and_files"), before.get("links_and_files"))
        for by, before, after in changes(row(analysis))
    ] == [
        ("Mara Gerr", None, None),
        ("Connie Boyd", None, "policy.pdf"),
        ("Mara Gerr", "policy.pdf", None),
        ("Mara Gerr", "Minutes", None),
        ("Mara Gerr", None, None),
    ]


def test_it_goes_with_its_analysis(analysis, row, change, manager, seen_by):
    change(manager, analysis, notes="a")
    seen_by(manager, analysis).discard(by=manager)
    assert not FindingChange.objects.exists()


# --- How it reads


def test_it_reads_in_words_newest_first(analysis, url, as_, change, manager, viewer, later):
    change(manager, analysis, rating=1, areas=["E"], initiatives=["cmom"], evidence="Minutes of May.")
    later()
    change(manager, analysis, rating=2, areas=["E", "Q"], evidence="Minutes of June <b>.")
    page = " ".join(page_of(as_, viewer, url, analysis).split())
    newest, oldest = page.index("Minutes of"), page.rindex("Minutes of")
    assert newest < oldest
    assert 'Supports a single area <span aria-hidden="true">→</span>' in page
    assert "</span> Supports multiple areas" in page
    assert ", ".join(Area.objects.filter(code__in="EQ").values_list("name", flat=True)) in page
    assert "CMOM" in page
    assert "not answered" in page
    assert 'Minutes of<del><span class="usa-sr-only">removed: </span> May.</del>' in page
    assert "June &lt;b&gt;" in page
    assert "Mara Gerr" in page
    assert timezone.localtime().strftime("%Z") in page


def test_it_opens_in_the_row(analysis, url, as_, change, manager):
    change(manager, analysis, notes="Ask Vic.")
    part = page_of(as_, manager, url, analysis, **{"HX-Request": "true"})
    assert "<html" not in part
    assert "Ask Vic." in part


def test_a_row_without_changes_says_so_and_offers_no_undo(analysis, url, as_, manager):
    assert "No changes yet" in page_of(as_, manager, url, analysis)


def test_who_left_is_a_former_member(analysis, url, as_, change, manager, contributor):
    change(contributor, analysis, notes="Ask Vic.")
    contributor.delete()
    assert "A former member" in page_of(as_, manager, url, analysis)


def test_only_the_last_changes_are_shown(analysis, url, as_, row, manager):
    finding = row(analysis)
    finding.history.bulk_create(
        FindingChange(row=finding, by=manager, before={"notes": ""}, after={"notes": f"n{n}"}) for n in range(60)
    )
    page = page_of(as_, manager, url, analysis)
    assert page.count('class="changes__by"') == 50
    assert "The last 50 changes are shown." in page


def test_it_does_not_ask_more_for_more(analysis, url, as_, change, manager, contributor, django_assert_max_num_queries):
    browser, path = as_(manager), url("history", analysis, "vision")
    change(manager, analysis, rating=0, areas=[])
    with django_assert_max_num_queries(9) as few:
        browser.get(path)
    for person in (contributor, manager, contributor):
        change(person, analysis, notes=person.name, initiatives=["cmom"])
    with django_assert_max_num_queries(len(few)):
        browser.get(path)


def test_viewers_and_readers_of_a_complete_one_see_it_but_no_undo(complete, url, as_, manager, viewer):
    for person in (viewer, manager):
        page = as_(person).get(complete.get_absolute_url()).content.decode()
        assert page.count(url("history", complete, "vision")) == 2, "in place and as a page"
        assert "Undo the last change" not in page
        assert "Undo the last change" not in page_of(as_, person, url, complete)


# --- Undo


@pytest.fixture
def undo(as_, url):
    """``undo(user, analysis, version)``: the answer; with ``follow`` the page that it leads to."""

    def send(user, analysis, version, *, follow=False):
        return as_(user).post(url("undo", analysis, "vision"), {"version": version}, follow=follow)

    return send


def values(finding) -> tuple:
    return finding.rating, finding.areas, finding.initiatives, finding.evidence, finding.to_confirm


def test_the_last_change_is_undone_and_that_too(analysis, row, change, undo, manager, later):
    change(manager, analysis, rating=2, areas=["E", "Q"], initiatives=["cmom"], evidence="Minutes.")
    later()
    change(manager, analysis, rating=0, areas=[], evidence="")
    answer = undo(manager, analysis, 3)
    assert answer.status_code == 302
    assert answer["Location"] == f"{analysis.get_absolute_url()}?open=vision#row-vision"
    assert values(row(analysis)) == (2, ["E", "Q"], ["cmom"], "Minutes.", False)
    assert row(analysis).version == 4
    assert row(analysis).history.first().is_undo
    undo(manager, analysis, 4)
    assert values(row(analysis)) == (0, [], ["cmom"], "", False)
    undo(manager, analysis, 5)
    assert values(row(analysis)) == (2, ["E", "Q"], ["cmom"], "Minutes.", False)
    assert row(analysis).history.count() == 5


def test_a_first_answer_is_undone(analysis, row, change, undo, manager):
    change(manager, analysis, rating=1, areas=["E"])
    undo(manager, analysis, 2)
    assert values(row(analysis)) == (None, [], [], "", False)
    assert row(analysis).areas_by_rating == {"1": ["E"]}


def test_a_change_after_an_undo_is_one_of_its_own(analysis, row, change, undo, manager):
    change(manager, analysis, notes="a")
    undo(manager, analysis, 2)
    change(manager, analysis, notes="b")
    undo(manager, analysis, 4)
    assert row(analysis).notes == ""


def test_an_undone_confirmation_waits_for_it_again(analysis, row, change, undo, manager):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=0, to_confirm=True)
    change(manager, analysis)
    undo(manager, analysis, 2)
    assert row(analysis).to_confirm


def test_links_stay_when_a_change_before_them_is_undone(analysis, row, change, undo, manager):
    change(manager, analysis, notes="a")
    row(analysis, by=manager).attach_link(by=manager, url="https://example.org")
    undo(manager, analysis, 2)
    assert row(analysis).notes == ""
    assert row(analysis).evidence_items.count() == 1


def test_what_someone_changed_meanwhile_is_not_undone(analysis, row, change, undo, manager, contributor):
    change(manager, analysis, notes="Mine.")
    change(contributor, analysis, notes="Theirs.")
    answer = undo(manager, analysis, 2)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing was undone" in page
    assert "Connie Boyd changed this row" in page
    assert 'name="version" value="3"' in page
    assert (row(analysis).notes, row(analysis).version) == ("Theirs.", 3)


def test_a_row_without_changes_has_nothing_to_undo(analysis, row, undo, manager):
    assert "There is no change to undo." in undo(manager, analysis, 1, follow=True).content.decode()
    assert row(analysis).version == 1


@pytest.mark.parametrize("version", ["", "x", "0", "-1", str(10**30)])
def test_a_forged_version_undoes_nothing(analysis, row, change, undo, manager, version):
    change(manager, analysis, notes="a")
    assert undo(manager, analysis, version).status_code in (400, 409)
    assert row(analysis).notes == "a"


def test_a_change_that_no_longer_fits_the_scope_is_not_undone(analysis, row, change, undo, manager, later):
    change(manager, analysis, rating=1, areas=["Q"])
    later()
    change(manager, analysis, rating=0, areas=[])
    GapAnalysis.objects.filter(pk=analysis.pk).update(areas=["E", "S"])
    assert "can’t be undone" in undo(manager, analysis, 3, follow=True).content.decode()
    assert (row(analysis).rating, row(analysis).version) == (0, 3)


def test_an_initiative_that_is_no_longer_in_place_does_not_come_back(analysis, row, change, manager, later):
    change(manager, analysis, initiatives=["cmom"])
    later()
    change(manager, analysis, initiatives=[])
    analysis.initiatives.clear()
    with pytest.raises(WrongState, match="can’t be undone"):
        row(analysis, by=manager).undo(3, by=manager)
    assert row(analysis).initiatives == []


def test_nothing_is_undone_once_complete(answered, row, change, undo, manager):
    change(manager, answered, notes="a")
    answered.complete(by=manager)
    assert "has just been marked complete" in undo(manager, answered, 2, follow=True).content.decode()
    assert row(answered).notes == "a"


def test_a_viewer_undoes_nothing(analysis, row, change, manager, viewer):
    change(manager, analysis, notes="a")
    with pytest.raises(NotAllowed):
        row(analysis, by=viewer).undo(2, by=viewer)
    assert row(analysis).notes == "a"
