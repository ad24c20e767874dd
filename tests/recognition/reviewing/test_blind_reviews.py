"""Nobody learns anything of another's review before the own one is submitted: not by any page, list, file or count."""

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from accounts.models import StaffGroup
from recognition.models import Application, PanelMember, Recommendation, Remark, Seat
from recognition.models.review import Unfinished
from tests.applications import pass_panel

pytestmark = pytest.mark.django_db
Status = Application.Status

# What Paula writes, and what would tell that she did. No other text of the site has any of it.
MARKS = ["Quillwort", "Burdock", "Tamarack", "Submitted a review"]


@pytest.fixture
def written(seats, panelists) -> Application:
    """Paula has rated everything and summed it up, not submitted; Pete and Pia have declared."""
    for seat in seats:
        seat.declare()
    for rating in seats[0].ratings.all():
        rating.seat = seats[0]
        rating.rate(1, value="not_met", comment="Quillwort: not shown.", by=panelists[0])
    seats[0].sum_up(1, "Burdock, in short.", by=panelists[0])
    return seats[0].application


@pytest.fixture
def submitted(written, seats) -> Application:
    """Paula has submitted and said something to the panel."""
    seats[0].submit()
    Remark.say(seats[0], "Tamarack: what do you think?")
    return written


def pages(application: Application) -> list[str]:
    """Every address that might tell of reviews."""
    one = ["application", "panel", "review", "decide", "letter", "feedback", "checklist", "compliance"]
    names = ["completeness", "compliance", "region", "panel", "decisions", "all", "my-reviews"]
    return [
        *(reverse(f"recognition:{name}", args=[application.pk]) for name in one),
        *(reverse("recognition:queue", args=[name]) for name in names),
        *(reverse(f"recognition:{name}", args=[application.cycle_id]) for name in ("decisions", "outbox")),
        reverse("recognition:list"),
        reverse("recognition:decisions"),
        reverse("home"),
        reverse("accounts:utility", args=[application.utility_id]),
    ]


def contents(browser, application: Application) -> dict[str, str]:
    """What each of these pages says to who is signed in, and each file that a list gives."""
    found = {}
    for path in pages(application):
        found[path] = browser.get(path, follow=True).content.decode()
        if "?export=csv" in found[path]:
            found[f"{path} csv"] = browser.get(path, {"export": "csv"}).content.decode()
            with ZipFile(BytesIO(browser.get(path, {"export": "xlsx"}).content)) as book:
                found[f"{path} xlsx"] = b" ".join(book.read(name) for name in book.namelist()).decode()
    return found


def assert_blind(browser, application: Application, marks=MARKS) -> None:
    for path, text in contents(browser, application).items():
        for mark in marks:
            assert mark not in text, f"{mark} on {path}"


# A member who has not submitted.


@pytest.mark.parametrize("stage", ["written", "submitted"])
def test_a_member_before_the_own_review(stage, request, seats, panelists, as_):
    application = request.getfixturevalue(stage)
    for member in panelists[1:3]:
        assert_blind(as_(member), application)


def test_nothing_changes_for_a_member_when_another_submits(written, seats, panelists, as_):
    """Not a count, a date, a tag or an order: every page and file stays as it was."""
    browser = as_(panelists[1])
    contents(browser, written)  # what is shown once is gone
    before = contents(browser, written)
    seats[0].submit()
    Remark.say(seats[0], "Tamarack")
    seats[0].ratings.update(value="met")
    after = contents(browser, written)
    for path, text in before.items():
        assert _plain(after[path]) == _plain(text), path


def _plain(text: str) -> str:
    """Without what is new in every answer: the tokens of forms, and when an Excel file was made."""
    import re

    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)
    return re.sub(r"<dcterms:\w+ [^>]*>[^<]*<", "<", text)


@pytest.mark.parametrize("group", [StaffGroup.PROGRAM, StaffGroup.COMPLIANCE, StaffGroup.OFFICIAL])
def test_a_member_who_is_staff_too_is_first_a_member(submitted, seats, panelists, as_, group):
    """Another hat opens no other way to what the others wrote."""
    panelists[1].groups.add(Group.objects.get(name=group))
    browser = as_(panelists[1])
    assert_blind(browser, submitted)
    assert browser.get(reverse("recognition:panel", args=[submitted.pk])).status_code in (302, 403)
    other = {"member": panelists[3].pk, "due": "2099-01-01", "seat": seats[2].pk, "reason": "x"}
    for name in ("assign", "lead", "take_off"):
        browser.post(reverse(f"recognition:{name}", args=[submitted.pk]), other)
    assert [seat.lead for seat in Seat.objects.active().order_by("pk")] == [True, False, False]


def test_actions_answer_alike_whether_another_has_submitted(written, seats, panelists, as_):
    browser = as_(panelists[1])

    def answers():
        return [
            browser.post(reverse(f"recognition:{name}", args=[written.pk]), {"text": "x"}).status_code
            for name in ("remark", "recommend", "review_submit")
        ]

    before = answers()
    seats[0].submit()
    assert answers() == before


# After the own review.


def test_after_the_own_review_only_what_is_submitted(submitted, seats, panelists, as_):
    review_of(seats[1], panelists[1])
    page = as_(panelists[1]).get(reverse("recognition:review", args=[submitted.pk])).content.decode()
    assert "Quillwort" in page
    assert "Tamarack" in page
    for rating in seats[2].ratings.all():
        rating.seat = seats[2]
        rating.rate(1, value="not_met", comment="Sassafras", by=panelists[2])
    page = as_(panelists[1]).get(reverse("recognition:review", args=[submitted.pk])).content.decode()
    assert "Sassafras" not in page
    assert "Pia Nestor" not in page
    assert "1 more is due" in page


def review_of(seat: Seat, member) -> None:
    for rating in seat.ratings.all():
        rating.seat = seat
        rating.rate(rating.version, value="met", comment="Shown.", by=member)
    seat.submit()


# Everyone else.


def test_staff_see_progress_but_no_word_of_an_unsubmitted_review(written, seats, staff, as_):
    assert_blind(as_(staff), written)
    page = as_(staff).get(reverse("recognition:panel", args=[written.pk])).content.decode()
    assert "6 of 6 rated" in page
    assert "Not met" not in page
    seats[0].submit()
    page = as_(staff).get(reverse("recognition:panel", args=[written.pk])).content.decode()
    assert "Quillwort" in page
    Remark.say(seats[0], "Tamarack")
    assert "Tamarack" not in as_(staff).get(reverse("recognition:panel", args=[written.pk])).content.decode()


def test_administrators_see_no_unsubmitted_review(written, staff, as_):
    staff.is_staff = staff.is_superuser = True
    staff.save()
    browser = as_(staff)
    seat, rating = Seat.objects.get(lead=True), Seat.objects.get(lead=True).ratings.first()
    paths = [reverse("admin:recognition_seat_changelist"), reverse("admin:index")]
    paths += [
        reverse("admin:recognition_seat_change", args=[seat.pk]),
        reverse("admin:recognition_application_change", args=[written.pk]),
    ]
    for path in [*paths, f"/admin/recognition/rating/{rating.pk}/change/", "/admin/recognition/remark/"]:
        text = browser.get(path, follow=True).content.decode()
        assert not any(mark in text for mark in MARKS[:3]), path


@pytest.mark.parametrize("who", ["manager", "compliance", "official", "stranger"])
def test_others_see_nothing_while_the_panel_is_at_work(submitted, who, request, as_):
    # Compliance staff may know who did what; not what was found.
    marks = MARKS[:3] if who == "compliance" else [*MARKS, "Paula Nell", "Pete Nolan"]
    assert_blind(as_(request.getfixturevalue(who)), submitted, marks)


@pytest.mark.parametrize("who", ["manager", "viewer", "compliance"])
def test_applicants_and_compliance_see_nothing_after_it_either(at, staff, panelists, who, request, as_):
    application = at(Status.PANEL)
    pass_panel(application, staff, panelists[:3])
    for seat in Seat.objects.all():
        seat.ratings.update(comment="Quillwort")
    Seat.objects.update(summary="Burdock")
    Recommendation.objects.update(reasons="Larkspur", dissent="Bittersweet")
    marks = ["Quillwort", "Burdock", "Larkspur", "Bittersweet", "Recommended"]
    marks += [] if who == "compliance" else ["Paula Nell", "Pete Nolan", "Sam Prather"]
    assert_blind(as_(request.getfixturevalue(who)), application, marks)


def test_the_official_sees_all_once_the_panel_has_recommended(at, official, as_):
    application = at(Status.RECOMMENDED)
    page = as_(official).get(reverse("recognition:decide", args=[application.pk])).content.decode()
    assert "Shown in the text." in page
    assert "Everything is met." in page


def test_an_applicant_who_sits_on_the_panel_by_mistake_reads_no_review(submitted, panelists, utility, as_):
    """Joined the utility after the assignment: from then on an applicant and nothing else."""
    from accounts.models import Membership

    Membership.objects.create(user=panelists[1], utility=utility, role="viewer")
    assert_blind(as_(panelists[1]), submitted)
    assert as_(panelists[1]).get(reverse("recognition:review", args=[submitted.pk])).status_code == 403


def test_the_recommendation_waits_for_all_without_telling_who(submitted, seats):
    with pytest.raises(Unfinished) as error:
        Recommendation.record(seats[0], recommends=True, reasons="x")
    assert str(error.value).startswith("1 of 3 reviews")
    assert PanelMember.objects.count() == 4


def test_the_helper_of_these_tests_does_find_what_is_shown(submitted, staff, as_):
    """Else every test above would pass on empty pages."""
    found = contents(as_(staff), submitted)
    assert "Quillwort" in found[reverse("recognition:panel", args=[submitted.pk])]
    assert "Riverbend" in found[f"{reverse('recognition:queue', args=['panel'])} csv"]
    assert sum("Riverbend" in text for text in found.values()) > 5
