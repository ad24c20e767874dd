"""Hours that applicants report and reviewers log: how they are written, who is asked, who sees what, the estimate."""

from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role, StaffGroup
from recognition.access import application_for
from recognition.burden import hours
from recognition.burden.estimate import estimate
from recognition.burden.hours_forms import HoursForm, read_hours
from recognition.models import Application, Cycle, Hours, Seat
from tests.applications import review
from tests.factories import UserFactory, UtilityFactory

Status, Step = Application.Status, Hours.Step
BURDEN = reverse("recognition:burden")


def address(application: Application, step: str) -> str:
    return reverse("recognition:hours", args=[application.pk, step])


def text_of(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


def page(browser, application: Application) -> str:
    answer = browser.get(application.get_absolute_url())
    assert answer.status_code == 200
    return text_of(answer)


def asked(user, application: Application) -> list[str]:
    return hours.steps(application_for(user, application.pk)[1])


def kept() -> list[tuple]:
    return list(Hours.objects.values_list("step", "by__email", "hours"))


# --- As people write them


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1.5", "1.5"),
        (" 20 ", "20"),
        (".25", "0.25"),
        ("1:30", "1.5"),
        ("0:05", "0.08"),
        ("120:00", "120"),
        ("90 min", "1.5"),
        ("90min.", "1.5"),
        ("10 Minutes", "0.17"),
        ("2 h", "2"),
        ("2.5 hours", "2.5"),
        ("1 hour", "1"),
        ("1h30", "1.5"),
        ("1 h 30 min", "1.5"),
        ("2 hours and 15 minutes", "2.25"),
    ],
)
def test_what_is_understood(written, read):
    assert read_hours(written) == Decimal(read)


@pytest.mark.parametrize(
    "written", ["", "a week", "1,5", "1:75", "1:3", "-2", "1e3", "NaN", "min", "h", "1 2", "1.5.2", "9" * 30]
)
def test_what_is_not(written):
    assert read_hours(written) is None


@pytest.mark.parametrize("written", ["0", "2 min", "2001", "2000:30", "999999"])
def test_what_is_not_plausible(written):
    form = HoursForm({"hours": written}, step=Step.APPLYING)
    assert form.errors == {"hours": ["Enter a time between 3 minutes and 2,000 hours."]}


def test_a_field_of_each_step_has_its_own_id():
    assert {HoursForm(step=step)["hours"].auto_id for step in Step.values} == {
        f"id_{each}_hours" for each in Step.values
    }


# --- The applicant


def test_the_applicant_is_asked_with_the_reason_and_not_again(as_, at, manager, contributor):
    application = at(Status.SUBMITTED)
    assert "How many hours did you spend" in page(as_(manager), application)
    assert "Paperwork Reduction Act" in page(as_(manager), application)
    answer = as_(manager).post(address(application, "applying"), {"hours": "21:15"}, follow=True)
    assert "Thank you. Saved: 21.25 h" in text_of(answer)
    assert kept() == [("applying", "manager@example.org", Decimal("21.25"))]
    shown = page(as_(contributor), application)
    assert "You reported 21.25 hours." in shown
    assert "How many hours did you spend" not in shown


def test_there_is_one_figure_which_both_may_change(as_, at, manager, contributor):
    application = at(Status.SUBMITTED)
    as_(manager).post(address(application, "applying"), {"hours": "20"})
    as_(contributor).post(address(application, "applying"), {"hours": "24"})
    assert kept() == [("applying", "contributor@example.org", Decimal(24))]


def test_only_who_wrote_it_is_asked(as_, at, viewer, stranger, staff, client):
    application = at(Status.SUBMITTED)
    for person, status in [(viewer, 403), (stranger, 404), (staff, 403)]:
        assert as_(person).post(address(application, "applying"), {"hours": "2"}).status_code == status
        assert as_(person).get(address(application, "applying")).status_code == status
    assert client.post(address(application, "applying"), {"hours": "2"}).status_code == 302
    assert "How many hours" not in page(as_(viewer), application)
    assert kept() == []


def test_not_before_it_is_submitted(as_, draft, manager):
    assert "How many hours" not in page(as_(manager), draft)
    answer = as_(manager).post(address(draft, "applying"), {"hours": "2"}, follow=True)
    assert "Nothing was changed" in text_of(answer)
    assert kept() == []


def test_what_is_not_understood_is_kept_in_the_field(as_, at, manager):
    application = at(Status.SUBMITTED)
    answer = as_(manager).post(address(application, "applying"), {"hours": "a week"})
    assert answer.status_code == 422
    assert 'value="a week"' in text_of(answer)
    assert as_(manager).post(address(application, "applying")).status_code == 422
    assert as_(manager).get(address(application, "applying")).status_code == 200
    assert as_(manager).put(address(application, "applying")).status_code == 405
    assert as_(manager).post(address(application, "tea"), {"hours": "1"}).status_code == 404
    assert kept() == []


# --- Reviewers


def test_each_is_asked_for_the_steps_they_work_on(at, seats, staff, compliance, official, panelists):
    application = seats[0].application
    assert asked(staff, application) == ["completeness"]
    assert asked(compliance, application) == ["compliance"]
    assert asked(panelists[0], application) == []  # not declared yet
    seats[0].declare()
    assert asked(panelists[0], application) == ["substantive"]
    Application.objects.filter(pk=application.pk).update(status=Status.NOT_RECOGNIZED)
    assert asked(staff, application) == ["completeness", "post_review"]
    assert asked(official, application) == []


def test_a_reviewer_sees_the_own_figure_alone(as_, at, staff, compliance):
    application = at(Status.COMPLIANCE)
    other = UserFactory(email="other@example.org")
    other.groups.add(Group.objects.get(name=StaffGroup.COMPLIANCE))
    as_(compliance).post(address(application, "compliance"), {"hours": "20 min"})
    assert "Your hours on the compliance review: 0.33 (change)" in page(as_(compliance), application)
    assert "0.33" not in page(as_(other), application)
    as_(other).post(address(application, "compliance"), {"hours": "1"})
    as_(compliance).post(address(application, "compliance"), {"hours": "30 min"})
    assert kept() == [
        ("compliance", "compliance@example.org", Decimal("0.5")),
        ("compliance", "other@example.org", Decimal(1)),
    ]
    assert "Hours so far" not in page(as_(compliance), application)
    assert '<th scope="row">Compliance review</th><td>2</td><td>1.50</td>' in page(as_(staff), application)
    assert "other@example.org" not in page(as_(staff), application)


def test_the_steps_of_others_are_not_theirs_to_log(as_, at, compliance, official, panelists, seats):
    application = seats[0].application
    for person, step in [(compliance, "completeness"), (compliance, "applying"), (compliance, "substantive")]:
        assert as_(person).post(address(application, step), {"hours": "1"}).status_code == 403
    Application.objects.filter(pk=application.pk).update(status=Status.RECOMMENDED)
    assert as_(official).post(address(application, "post_review"), {"hours": "1"}).status_code == 403
    assert as_(panelists[3]).post(address(application, "substantive"), {"hours": "1"}).status_code == 404
    assert kept() == []


def test_a_member_of_the_panel_logs_after_declaring(as_, seats, panelists):
    application = seats[0].application
    seats[0].declare()
    as_(panelists[0]).post(address(application, "substantive"), {"hours": "2:30"})
    assert kept() == [("substantive", "panelist1@example.org", Decimal("2.5"))]
    assert "Your hours on the panel review: 2.5 (change)" in page(as_(panelists[0]), application)
    late = as_(panelists[1]).post(address(application, "substantive"), {"hours": "1"}, follow=True)
    assert "Nothing was changed" in text_of(late)


def test_staff_whose_own_review_is_due_see_no_sums(as_, seats, staff):
    application = seats[0].application
    review(seats[1])
    Hours.report(application, Step.PANEL, Decimal(3), by=seats[1].member)
    assert "Hours so far" in page(as_(staff), application)
    Seat.objects.create(application=application, member=staff, due=timezone.localdate())
    assert "Hours so far" not in page(as_(staff), application)


def test_staff_of_an_own_utility_are_applicants(at, staff, utility):
    application = at(Status.SUBMITTED)
    Membership.objects.create(utility=utility, user=staff, role=Role.CONTRIBUTOR)
    assert asked(staff, application) == ["applying"]


# --- Rules of the table


def refused_by(**fields) -> str:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Hours.objects.create(**fields)
    return caught.value.__cause__.diag.constraint_name


def test_one_figure_of_an_application(at, manager, contributor):
    first = {"application": at(Status.SUBMITTED), "step": Step.APPLYING, "hours": 3}
    Hours.objects.create(**first, by=manager)
    assert refused_by(**first, by=contributor) == "hours_of_applying_once"


def test_one_figure_of_a_person_and_step(at, staff, compliance):
    first = {"application": at(Status.SUBMITTED), "step": Step.COMPLETENESS, "hours": 3}
    Hours.objects.create(**first, by=staff)
    Hours.objects.create(**first, by=compliance)
    Hours.objects.create(**first | {"step": Step.POST_REVIEW}, by=staff)
    assert refused_by(**first, by=staff) == "hours_of_review_once"


@pytest.mark.parametrize("figure", ["0", "-1", "2000.01"])
def test_hours_are_plausible(at, staff, figure):
    given = {"application": at(Status.SUBMITTED), "step": Step.COMPLETENESS, "by": staff}
    assert refused_by(**given, hours=Decimal(figure)) == "hours_plausible"


# --- Beside the estimate


def log(application: Application, step: str, *figures: str) -> None:
    for figure in figures:
        Hours.objects.create(application=application, step=step, hours=Decimal(figure), by=UserFactory())


@pytest.fixture
def two(at, cycle) -> list[Application]:
    """Two submitted applications of the cycle."""
    other = Application.objects.create(utility=UtilityFactory(), cycle=cycle, status=Status.SUBMITTED)
    return [at(Status.SUBMITTED), other]


def test_each_step_beside_its_line_of_the_estimate(two, cycle, staff):
    log(two[0], Step.APPLYING, "18")
    log(two[1], Step.APPLYING, "30")
    log(two[0], Step.PANEL, "1", "2", "1.5")
    made = estimate(120, 80)
    found = {each.logged.step: each for each in hours.beside(hours.of_cycle(cycle, staff), made)}
    assert list(found) == ["applying", "completeness", "compliance", "substantive", "post_review"]
    applying, panel = found["applying"].logged, found["substantive"].logged
    assert (applying.figures, applying.applications, applying.hours, applying.mean) == (2, 2, 48, 24)
    assert (panel.figures, panel.applications, panel.hours, panel.mean) == (3, 1, Decimal("4.5"), Decimal("4.5"))
    assert found["compliance"].logged.mean is None
    estimated = {step: each.estimated for step, each in found.items()}
    assert estimated == pytest.approx(
        {
            "applying": 20,
            "completeness": 13 / 60,  # 10 minutes, and 30 of the incomplete tenth
            "compliance": 20 / 60,
            "substantive": 1,
            "post_review": 20 / 60,
        }
    )


def test_an_estimate_of_no_applications_has_no_mean(cycle, staff):
    assert {each.estimated for each in hours.beside(hours.of_cycle(cycle, staff), estimate(0, 0))} == {None}


def test_staff_and_officials_see_it_on_the_page(as_, two, staff, official):
    log(two[0], Step.APPLYING, "18")
    row = '<th scope="row">Preparing the application</th><td>1</td><td>1</td><td>18.00</td><td>18.00</td><td>20.00</td>'
    for person in (staff, official):
        shown = text_of(as_(person).get(BURDEN))
        assert "Compared with reported hours: Recognition 2027" in shown
        assert row in shown


def test_all_others_see_the_estimate_alone(as_, client, two, cycle, manager, compliance, panelists):
    log(two[0], Step.APPLYING, "18.75")
    for browser in (client, as_(manager), as_(compliance), as_(panelists[0])):
        answer = browser.get(BURDEN, {"cycle": cycle.pk})
        assert answer.status_code == 200
        assert "18.75" not in text_of(answer)
        assert "Recognition 2027" not in text_of(answer)
        assert "reported" not in answer.context


def test_a_cycle_is_chosen_in_the_address(as_, two, cycle, staff):
    log(two[0], Step.APPLYING, "18.75")
    now = timezone.now()
    later = Cycle.objects.create(title="Later", edition=cycle.edition, opens=now, closes=now + timedelta(days=1))
    Cycle.objects.create(
        title="Planned", edition=cycle.edition, opens=now + timedelta(days=9), closes=now.replace(year=9999)
    )
    assert "with reported hours: Later" in text_of(as_(staff).get(BURDEN))
    assert "with reported hours: Later" in text_of(as_(staff).get(BURDEN, {"cycle": later.pk}))
    assert "18.75" in text_of(as_(staff).get(BURDEN, {"cycle": cycle.pk}))
    assert "with reported hours" not in text_of(as_(staff).get(BURDEN, {"cycle": ""}))
    assert as_(staff).get(BURDEN, {"cycle": "x"}).status_code == 422
    assert "Planned</option>" not in text_of(as_(staff).get(BURDEN))


def test_before_the_first_cycle_the_page_is_the_estimate(as_, staff):
    shown = text_of(as_(staff).get(BURDEN))
    assert "Hours and cost" in shown
    assert "with reported hours" not in shown


def test_what_one_has_a_part_in_does_not_count(two, cycle, staff, utility):
    log(two[0], Step.APPLYING, "18")
    log(two[1], Step.APPLYING, "30")
    Membership.objects.create(utility=utility, user=staff, role=Role.VIEWER)
    assert hours.of_cycle(cycle, staff)["applying"].hours == 30


def test_it_asks_the_database_as_much_for_many_as_for_few(as_, two, staff):
    browser = as_(staff)

    def count(path: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    its_page = two[0].get_absolute_url()
    log(two[0], Step.COMPLETENESS, "1")
    few = count(BURDEN), count(its_page)
    log(two[0], Step.COMPLETENESS, "1", "2", "3")
    log(two[0], Step.COMPLIANCE, "1", "2", "3")
    assert (count(BURDEN), count(its_page)) == few


# --- The administration pages


def test_administrators_look_at_figures_and_not_at_whose_they_are(as_, two, staff, utility):
    administrator = UserFactory(is_staff=True, is_superuser=True)
    row = Hours.report(two[0], Step.COMPLETENESS, Decimal("1.25"), by=staff)
    listed, one = (
        reverse("admin:recognition_hours_changelist"),
        reverse("admin:recognition_hours_change", args=[row.pk]),
    )
    for path in (listed, one):
        shown = text_of(as_(administrator).get(path))
        assert "1.25" in shown
        assert "Sam Prather" not in shown
    assert as_(administrator).post(one, {"hours": "2"}).status_code == 403
    Membership.objects.create(utility=utility, user=administrator, role=Role.VIEWER)
    assert "1.25" not in text_of(as_(administrator).get(listed))
