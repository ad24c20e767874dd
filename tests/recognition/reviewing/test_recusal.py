"""A member steps down, with kind and reason; what was written is seen by nobody, and someone else takes over."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from recognition.models import CannotSit, Rating, Recommendation, Remark, Seat, Unfinished
from tests.applications import review
from workflow.models import WrongState

pytestmark = pytest.mark.django_db
WHY = {"conflict": "contract", "reason": "My firm designed their plant."}


def url(name: str, seat: Seat) -> str:
    return reverse(f"recognition:{name}", args=[seat.application_id])


@pytest.mark.parametrize("declared_first", [False, True])
def test_stepping_down_before_and_after_declaring(seats, panelists, staff, as_, declared_first):
    if declared_first:
        seats[0].declare()
    browser = as_(panelists[0])
    answer = browser.post(url("recuse", seats[0]), WHY)
    assert answer["Location"] == reverse("home")
    gone = Seat.objects.get(pk=seats[0].pk)
    assert gone.recused_at
    assert (gone.conflict, gone.conflict_reason, gone.lead) == ("contract", "My firm designed their plant.", False)
    assert browser.get(url("review", gone)).status_code == 404
    assert browser.post(url("recuse", gone), WHY).status_code == 404
    page = as_(staff).get(url("panel", gone)).content.decode()
    assert "“I have or had a contract with it”. My firm designed their plant." in page
    assert "2 of 3 seats are filled" in page
    assert f'value="{panelists[0].pk}"' not in page, "who stepped down is not proposed again"
    [event] = gone.application.events.filter(why__startswith="Stepped down")
    assert (event.by, "firm" in event.why) == (panelists[0], False)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"conflict": "contract", "reason": "  "},
        {"conflict": "", "reason": "x"},
        {"conflict": "removed", "reason": "x"},
    ],
)
@pytest.mark.parametrize("declared_first", [False, True])
def test_kind_and_reason_are_needed(seats, panelists, as_, data, declared_first):
    if declared_first:
        seats[0].declare()
    answer = as_(panelists[0]).post(url("recuse", seats[0]), data)
    assert answer.status_code == 422
    assert ("product-quality-assessed" in answer.content.decode()) == declared_first
    assert Seat.objects.active().count() == 3


def test_what_a_recused_member_wrote_is_seen_by_nobody(seats, panelists, staff, as_):
    for seat in seats[:2]:
        review(seat)
    seats[1].ratings.update(comment="Hidden words of Pete")
    seats[1].sum_up(1, "Hidden impression of Pete", by=panelists[1])
    assert "Hidden words" in as_(panelists[0]).get(url("review", seats[0])).content.decode()
    as_(panelists[1]).post(url("recuse", seats[1]), WHY)
    for person, name in [(panelists[0], "review"), (panelists[0], "panel"), (staff, "panel")]:
        page = as_(person).get(url(name, seats[0])).content.decode()
        assert "Hidden" not in page
        assert ("My firm" in page) == (person is staff)


def test_a_recused_member_can_do_nothing_more(seats, panelists):
    review(seats[0])
    late = Seat.objects.get(pk=seats[0].pk)
    rating = Rating.objects.select_related("seat").filter(seat=late).first()
    seats[0].recuse(**WHY)
    for step in (
        late.declare,
        late.submit,
        lambda: late.take_lead(by=None),
        lambda: late.recuse(**WHY),
        lambda: late.sum_up(1, "x", by=panelists[0]),
        lambda: rating.rate(rating.version, value="met", comment="x", by=panelists[0]),
        lambda: Remark.say(late, "x"),
        lambda: Recommendation.record(late, recommends=True, reasons="x"),
    ):
        with pytest.raises(WrongState):
            step()
    assert not Remark.objects.exists()


def test_the_replacement_completes_the_panel(seats, panelists, staff, as_):
    application = seats[0].application
    for seat in seats:
        review(seat)
    seats[2].recuse(**WHY)
    with pytest.raises(Unfinished, match="2 of 3"):
        Recommendation.record(seats[0], recommends=True, reasons="All is met.")
    due = (date.today() + timedelta(days=5)).isoformat()
    with pytest.raises(CannotSit):
        Seat.assign(application, panelists[2], by=staff, due=date.today())
    as_(staff).post(reverse("recognition:assign", args=[application.pk]), {"member": panelists[3].pk, "due": due})
    with pytest.raises(Unfinished, match="2 of 3"):
        Recommendation.record(seats[0], recommends=True, reasons="All is met.")
    review(Seat.objects.get(member=panelists[3]))
    assert Recommendation.record(seats[0], recommends=True, reasons="All is met.").recommends


def test_the_lead_who_steps_down_is_replaced_as_lead(seats, staff):
    for seat in seats:
        review(seat)
    seats[0].recuse(**WHY)
    seats[1].take_lead(by=staff)
    assert [seat.pk for seat in Seat.objects.filter(lead=True)] == [seats[1].pk]


def test_nobody_steps_down_after_the_recommendation(seats, panelists, as_):
    for seat in seats:
        review(seat)
    Recommendation.record(seats[0], recommends=True, reasons="All is met.")
    answer = as_(panelists[1]).post(url("recuse", seats[1]), WHY)
    assert answer.status_code == 302
    assert Seat.objects.reviews().count() == 3
