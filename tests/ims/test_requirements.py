"""Legal and other requirements: evaluations of compliance and their rhythm, the list of a department."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.editions import later
from ims.models import CorrectiveAction, Evaluation, Record, Requirement
from tests.conftest import main_of
from workflow.models import WrongState

TODAY = timezone.localdate()
FOUND = "Two of 30 samples came a day late."


@pytest.fixture
def requirement(catalog, utility, manager) -> Requirement:
    """In force, to be evaluated every three months."""
    made = Requirement.open_in(
        utility,
        by=manager,
        title="Sample each outfall weekly",
        kind="permit",
        citation="Permit part II.A",
        department="laboratory",
        every=3,
    )
    seen(made, manager).move("in-force", by=manager)
    return seen(made, manager)


def seen(requirement, user) -> Requirement:
    return Requirement.objects.visible_to(user).get(pk=requirement.pk)


def page_of(requirement) -> str:
    return reverse("ims:evaluate", args=[requirement.utility_id, requirement.number])


def sent(**changed) -> dict[str, str]:
    return {"on": TODAY.isoformat(), "result": "complies", "found": "", "evaluator": "Hank Osei"} | changed


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2026, 12, 15), 12, date(2027, 12, 15)),
        (date(2026, 5, 1), 7, date(2026, 12, 1)),
        (date(2026, 5, 1), 8, date(2027, 1, 1)),
    ],
)
def test_so_many_months_later(day, months, expected):
    assert later(day, months) == expected


@pytest.mark.django_db
def test_an_evaluation_sets_the_day_of_the_next(requirement, contributor, manager, as_):
    browser = as_(contributor)
    page = browser.post(page_of(requirement), sent(result="partly", found=FOUND), follow=True)
    assert FOUND in main_of(page)
    assert "Complies in part" in main_of(page)
    kept = Evaluation.objects.get()
    assert (kept.evaluator, kept.entered_by) == ("Hank Osei", contributor)
    assert seen(requirement, manager).due == later(TODAY, 3)
    browser.post(page_of(requirement), sent(on=(TODAY - timedelta(days=400)).isoformat()))
    assert seen(requirement, manager).due == later(TODAY, 3), "an earlier evaluation is not the last"


@pytest.mark.django_db
def test_without_a_rhythm_the_date_stays(requirement, manager):
    requirement.change(requirement.version, by=manager, every=None, due=date(2031, 1, 1))
    seen(requirement, manager).evaluate(by=manager, on=TODAY, result="complies", evaluator="Hank Osei")
    assert seen(requirement, manager).due == date(2031, 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"result": "fails"}, "Enter what was found."),
        ({"on": (TODAY + timedelta(days=1)).isoformat()}, "This date is in the future."),
        ({"on": "2026-02-30"}, "Enter a valid date."),
        ({"evaluator": " "}, "This field is required."),
        ({"result": ""}, "This field is required."),
    ],
)
def test_what_an_evaluation_needs(requirement, manager, as_, changed, words):
    page = as_(manager).post(page_of(requirement), sent(**changed))
    assert page.status_code == 422
    assert words in page.text
    assert not Evaluation.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "name"),
    [({"result": "fails", "found": ""}, "evaluation_says_what"), ({"evaluator": ""}, "evaluation_by_someone")],
)
def test_the_database_keeps_the_rules(requirement, changed, name):
    values = {"on": TODAY, "result": "complies", "evaluator": "Hank Osei"} | changed
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        requirement.evaluations.create(**values)
    with pytest.raises(IntegrityError, match="requirement_rhythm"), transaction.atomic():
        Requirement.objects.filter(pk=requirement.pk).update(every=0)


@pytest.mark.django_db
def test_what_no_longer_applies_is_not_evaluated(requirement, manager, as_):
    requirement.move("ended", by=manager, why="The outfall is closed.")
    ended = seen(requirement, manager)
    assert page_of(ended) not in as_(manager).get(ended.get_absolute_url()).text
    page = as_(manager).post(page_of(ended), sent(), follow=True)
    assert "is not in force" in page.text
    with pytest.raises(WrongState):
        ended.evaluate(by=manager, **sent())
    assert not Evaluation.objects.exists()


@pytest.mark.django_db
def test_who_may_evaluate(requirement, viewer, advisor, former, stranger, as_):
    for user, status in ((viewer, 403), (former, 404), (stranger, 404), (advisor, 302)):
        assert as_(user).post(page_of(requirement), sent()).status_code == status
    assert Evaluation.objects.get().entered_by == advisor


@pytest.mark.django_db
def test_each_department_sees_its_own(requirement, utility, manager, as_):
    Requirement.open_in(utility, by=manager, title="Report assets by GASB 34", department="finance", kind="code")
    page, browser = reverse("ims:list", args=[utility.pk, "requirements"]), as_(manager)
    assert len(browser.get(page).context["table"].rows) == 2
    for asked in ({"department": "finance"}, {"kind": "code"}):
        rows = browser.get(page, asked).context["table"].rows
        assert [row.record.title for row in rows] == ["Report assets by GASB 34"]
    seen(requirement, manager).evaluate(by=manager, on=TODAY, result="fails", found=FOUND, evaluator="Hank Osei")
    assert "Does not comply" in main_of(browser.get(page, {"department": "laboratory"}))
    assert "Does not comply" in b"".join(browser.get(page, {"export": "csv"})).decode()


@pytest.mark.django_db
def test_what_is_not_met_becomes_a_corrective_action(requirement, manager, as_):
    new = f"{reverse('ims:new', args=[requirement.utility_id, 'corrective'])}?from={requirement.number}"
    browser = as_(manager)
    assert new in browser.get(requirement.get_absolute_url()).text
    browser.post(new, {"title": "Samples came late", "kind": "corrective", "source": "compliance"})
    problem = CorrectiveAction.objects.get()
    assert requirement.number in main_of(browser.get(problem.get_absolute_url()))


@pytest.mark.django_db
def test_when_it_counts_as_living(requirement, manager):
    living = registers.get("requirements").living
    assert living(requirement) == ""
    Record.objects.filter(pk=requirement.pk).update(due=date(2026, 1, 31))
    assert living(seen(requirement, manager)) == "Its evaluation was due on January 31, 2026."
    coming = Requirement.open_in(requirement.utility, by=manager, title="New rule on lead")
    assert living(coming) == "It is not in force."
