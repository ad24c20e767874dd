"""Changing the frame: what rows rely on stays; nobody overwrites unseen."""

import pytest

from assessments.models import Finding, GapAnalysis

pytestmark = pytest.mark.django_db


@pytest.fixture
def rescope(url, as_):
    def send(user, analysis, **other):
        data = {
            "version": 1,
            "name": "Renamed",
            "as_of": "2026-07-01",
            "areas": ["E", "S", "Q", "F", "H"],
            "operations": ["solids-handling"],
            "fence_line": "All of it.",
            "initiatives": ["cmom", "iso-14001"],
        } | other
        return as_(user).post(url("scope", analysis), data)

    return send


def stored(analysis) -> GapAnalysis:
    return GapAnalysis.objects.get(pk=analysis.pk)


def test_the_frame_is_changed(analysis, rescope, contributor):
    answer = rescope(contributor, analysis, areas=["Q", "S"], initiatives=["baldrige"])
    assert answer.status_code == 302
    assert answer["Location"] == analysis.get_absolute_url()
    kept = stored(analysis)
    assert (kept.name, str(kept.as_of), kept.areas, kept.operations) == (
        "Renamed",
        "2026-07-01",
        ["S", "Q"],
        ["solids-handling"],
    )
    assert kept.fence_line == "All of it."
    assert [initiative.slug for initiative in kept.initiatives.all()] == ["baldrige"]
    assert (kept.version, kept.changed_by) == (2, contributor)


def test_initiatives_outside_the_catalog(analysis, rescope, row, url, as_, manager):
    """They are named on one line each, provide elements like the others, and stay while a row uses them."""
    named = " State safety  program \r\n\r\nISO 45001\nState safety program"
    assert rescope(manager, analysis, other_initiatives=named).status_code == 302
    assert stored(analysis).other_initiatives == ["State safety program", "ISO 45001"]

    details = as_(manager).get(url("details", analysis, "vision")).text
    assert "State safety program" in details
    sent = {"version": 1, "rating": 1, "areas": ["S"], "details": 1, "initiatives": ["state-safety-program", "cmom"]}
    as_(manager).post(f"{analysis.get_absolute_url()}vision/", sent)
    assert row(analysis).initiatives == ["state-safety-program", "cmom"]
    results = stored(analysis).results
    assert results.initiatives[-2:] == ["State safety program", "ISO 45001"]
    vision = next(each for each in results.rows if each.slug == "vision")
    assert vision.initiatives == ["State safety program", "CMOM"]

    answer = rescope(manager, analysis, version=2, other_initiatives="ISO 45001")
    assert answer.status_code == 422
    assert "“Vision” uses State safety program" in answer.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("iso 14001", "is in the list above. Check it there"),
        ("Water\n!!!", "“!!!” needs letters or numbers"),
        ("x" * 61, "is too long. Use at most 60 characters"),
        ("\n".join(f"Program {n}" for n in range(16)), "Enter at most 15"),
    ],
)
def test_other_initiatives_that_are_refused_stay_in_the_form(analysis, rescope, manager, typed, said):
    answer = rescope(manager, analysis, other_initiatives=typed)
    assert answer.status_code == 422
    assert said in answer.text
    assert typed.splitlines()[0] in answer.text
    assert stored(analysis).other_initiatives == []


def test_the_form_shows_what_is_stored(analysis, url, as_, manager):
    page = as_(manager).get(url("scope", analysis)).content.decode()
    assert 'value="Integrated system, 2026"' in page
    assert 'value="2026-06-30"' in page
    assert page.count(" checked") == 7, "five areas and two initiatives"


def test_an_area_or_initiative_in_use_stays_and_the_row_is_named(analysis, rescope, row, manager):
    Finding.objects.filter(pk=row(analysis).pk).update(rating=1, areas=["H"], initiatives=["cmom"])
    answer = rescope(manager, analysis, areas=["E"], initiatives=["iso-14001"])
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“Vision” uses H" in page
    assert "“Vision” uses CMOM" in page
    kept = stored(analysis)
    assert (kept.name, len(kept.areas), kept.initiatives.count(), kept.version) == ("Integrated system, 2026", 5, 2, 1)


def test_two_people_do_not_overwrite_each_other_unseen(analysis, rescope, manager, contributor):
    rescope(contributor, analysis, name="Theirs")
    answer = rescope(manager, analysis, name="Mine")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Someone else changed these while you were editing" in page
    assert 'value="Mine"' in page
    assert 'name="version" value="2"' in page
    assert stored(analysis).name == "Theirs"
    assert rescope(manager, analysis, name="Mine", version=2).status_code == 302
    assert stored(analysis).name == "Mine"


@pytest.mark.parametrize(
    "forged",
    [
        {"areas": []},
        {"areas": ["X"]},
        {"operations": ["moon-base"]},
        {"initiatives": ["none"]},
        {"name": ""},
        {"version": "x"},
    ],
)
def test_a_frame_that_cannot_be_is_refused(analysis, rescope, manager, forged):
    assert rescope(manager, analysis, **forged).status_code == 422
    assert stored(analysis).version == 1


@pytest.mark.parametrize("role", ["manager", "contributor"])
def test_a_complete_one_keeps_its_frame_and_says_why(request, complete, rescope, url, as_, role):
    person = request.getfixturevalue(role)
    assert rescope(person, complete)["Location"] == complete.get_absolute_url()
    page = as_(person).get(url("scope", complete), follow=True)
    assert page.redirect_chain == [(complete.get_absolute_url(), 302)]
    assert "This gap analysis is complete, so its scope can’t be changed. A manager can reopen it." in page.text
    assert stored(complete).name == "Integrated system, 2026"


def test_a_viewer_may_not_change_the_frame_of_a_complete_one_either(complete, rescope, url, as_, viewer):
    assert rescope(viewer, complete).status_code == 403
    assert as_(viewer).get(url("scope", complete)).status_code == 403


def test_one_that_was_completed_while_the_form_was_sent_keeps_its_frame(
    answered, rescope, manager, seen_by, monkeypatch
):
    """Between the look at its state and the change someone marks it complete: a page in words, no failure."""
    rule = GapAnalysis.rescope

    def after_completion(self, *args, **kwargs):
        seen_by(manager, answered).complete(by=manager)
        return rule(self, *args, **kwargs)

    monkeypatch.setattr(GapAnalysis, "rescope", after_completion)
    answer = rescope(manager, answered)
    assert answer.status_code in (302, 403, 422)
    assert stored(answered).name == "Integrated system, 2026"
