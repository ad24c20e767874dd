"""The records and measures of the applicant start a narrative: what fits, what they say, and what is never added."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims.check.readings import Standing, enter, latest
from ims.closed import ClosedRegister
from ims.models import Control, CorrectiveAction, Measure, Record, RecordEvent
from ims.system.sentences import measured, sentences
from recognition.models import Application
from tests.applications import ATTRIBUTES
from tests.factories import UtilityFactory

Status = Application.Status
pytestmark = pytest.mark.django_db


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def control(catalog, utility, manager) -> Control:
    """In force since March 3, 2026."""
    made = seen(Control.open_in(utility, by=manager, title="Chlorine dose", what="Set the dose."), manager)
    made.move("in-force", by=manager)
    RecordEvent.objects.filter(record=made.pk).update(at=datetime(2026, 3, 3, 17, tzinfo=UTC))
    return made


@pytest.fixture
def measure(catalog, utility, manager) -> Measure:
    """Four quarters, the last one at its target."""
    fields = {"every": "quarter", "unit": "per 100 miles", "target": 5, "decimals": 0}
    made = seen(Measure.open_in(utility, by=manager, title="Overflows", **fields), manager)
    for month, value in zip((1, 4, 7, 10), (9, 8, 6, 4), strict=True):
        enter(made, date(2025, month, 1), value=Decimal(value), by=manager)
    return made


def page(application: Application, slug: str, kind: str = "attributes") -> str:
    return reverse("recognition:records", args=[application.pk, kind, slug])


def stored(application: Application, name: str) -> dict:
    return application.sections.get(name=name).answers


SAYS = "Overflows: 4 per 100 miles in Q4 2025, after 8 in Q2 2025 and 6 in Q3 2025"


def test_a_measure_is_one_sentence_with_figures_and_dates(measure):
    of = Standing.of(Measure.objects.prefetch_related(latest()).get())
    said = f"{measure.number} {SAYS}; getting better over 4 readings; the target, 5 or less, is met."
    assert measured(of) == said
    assert measured(Standing(measure, of.readings[:1])) == (
        f"{measure.number} Overflows: 9 per 100 miles in Q1 2025; the target, 5 or less, is not met."
    )
    assert measured(Standing(measure, [])) == ""


def test_what_is_chosen_is_added_below_what_is_there(draft, control, measure, manager, as_):
    slug = ATTRIBUTES[0]  # mapped to operational control and to measuring
    before = stored(draft, f"attributes.{slug}")
    browser = as_(manager)
    line = f"{control.number} Chlorine dose: in force since March 3, 2026."
    shown = browser.get(page(draft, slug)).text
    assert line in shown
    assert SAYS in shown
    answer = browser.post(page(draft, slug), {"record": [control.pk, measure.pk]}, follow=True)
    assert "Added from 2 records to Product quality" in answer.text
    after = stored(draft, f"attributes.{slug}")
    assert after["assessed"] == f"{before['assessed']}\n\n{line}"
    assert after["measures"].startswith(f"{before['measures']}\n\n{measure.number} {SAYS}")
    assert (after["evaluated"], after["changes"]) == (before["evaluated"], before["changes"])
    assert "already in your text" in browser.get(page(draft, slug)).text
    browser.post(page(draft, slug), {"record": [control.pk]})
    assert stored(draft, f"attributes.{slug}") == after, "nothing is there twice"


def test_a_category_finds_records_by_the_beginnings_of_words(draft, utility, manager, control, as_):
    for title in ("Metering of large users", "Kilometers driven", "Leaks found", "Reuse (purple pipe)"):
        CorrectiveAction.open_in(utility, by=manager, title=title)
    found = sentences(utility, manager, words=["meter", "leak", "reuse (p", "x|y"])
    assert [each.text.partition(" ")[2].partition(":")[0] for each in found] == [
        "Metering of large users",
        "Leaks found",
        "Reuse (purple pipe)",
    ]
    before = stored(draft, "categories.water-efficiency")["narrative"]
    as_(manager).post(page(draft, "water-efficiency", "categories"), {"record": [found[1].key]})
    answers = stored(draft, "categories.water-efficiency")
    assert (answers["chosen"], answers["narrative"]) == (True, f"{before}\n\n{found[1].text}")


def test_only_what_is_living_open_to_all_and_ones_own_is_offered(draft, control, measure, utility, manager, as_):
    elsewhere = seen(Control.open_in(utility, by=manager, title="Moved", what="Set it."), manager)
    elsewhere.move("in-force", by=manager)
    Record.objects.filter(pk=elsewhere.pk).update(utility=UtilityFactory())
    Control.open_in(utility, by=manager, title="A draft", what="Not yet.")
    elements = ["operational-control"]
    assert [each.key for each in sentences(utility, manager, elements=elements)] == [control.pk]
    Record.objects.filter(pk=control.pk).update(due=timezone.localdate() - timedelta(days=1))
    assert sentences(utility, manager, elements=elements) == [], "its review is late"
    Record.objects.filter(pk=control.pk).update(due=None)
    ClosedRegister.close(utility, "controls", [], by=manager)
    assert sentences(utility, manager, elements=elements) == [], "not even to a manager"
    answer = as_(manager).post(page(draft, ATTRIBUTES[0]), {"record": [control.pk, elsewhere.pk, "x"]})
    assert answer.status_code == 422
    assert "Select at least one" in answer.text
    assert "Chlorine" not in str(stored(draft, f"attributes.{ATTRIBUTES[0]}"))


def test_the_limit_of_words_is_kept(draft, control, manager, as_):
    edition, slug = draft.cycle.edition, ATTRIBUTES[0]
    words = draft.checked().words
    n = len(f"{control.number} Chlorine dose: in force since March 3, 2026.".split())
    type(edition).objects.update(most_words=words + n - 1)
    before = stored(draft, f"attributes.{slug}")
    answer = as_(manager).post(page(draft, slug), {"record": control.pk})
    assert answer.status_code == 422
    assert (
        f"Nothing was added. Your narratives would have {words + n} words; the limit is {words + n - 1}." in answer.text
    )
    assert stored(draft, f"attributes.{slug}") == before
    type(edition).objects.update(most_words=words + n)
    assert as_(manager).post(page(draft, slug), {"record": control.pk}).status_code == 302
    assert draft.checked().words == words + n


@pytest.mark.parametrize(
    ("role", "status"),
    [("contributor", 200), ("advisor", 200), ("viewer", 403), ("stranger", 404), ("former", 404), ("staff", 403)],
)
def test_who_may(role, status, request, draft, control, as_):
    browser = as_(request.getfixturevalue(role))
    assert browser.get(page(draft, ATTRIBUTES[0])).status_code == status
    answer = browser.post(page(draft, ATTRIBUTES[0]), {"record": control.pk})
    assert answer.status_code == (302 if status == 200 else status)
    assert ("Chlorine" in str(stored(draft, f"attributes.{ATTRIBUTES[0]}"))) == (status == 200)


def test_staff_who_enter_an_application_from_paper_see_no_records(draft, control, staff, as_):
    Application.objects.filter(pk=draft.pk).update(on_paper=True)
    assert as_(staff).get(page(draft, ATTRIBUTES[0])).status_code == 404


def test_unknown_sections_are_not_found_and_a_submitted_application_stays(draft, control, manager, as_):
    browser = as_(manager)
    for kind, slug in (("attributes", "luck"), ("luck", ATTRIBUTES[0]), ("categories", ATTRIBUTES[0])):
        assert browser.get(page(draft, slug, kind)).status_code == 404
    draft.submit(by=manager)
    before = stored(draft, f"attributes.{ATTRIBUTES[0]}")
    browser.post(page(draft, ATTRIBUTES[0]), {"record": control.pk})
    assert stored(draft, f"attributes.{ATTRIBUTES[0]}") == before


def test_reviewers_read_the_text_and_get_no_way_into_the_system(draft, at, control, manager, panelists, as_):
    as_(manager).post(page(draft, ATTRIBUTES[0]), {"record": control.pk})
    application = at(Status.PANEL)
    for member in panelists[:3]:
        for name in ("review", "application"):
            text = as_(member).get(reverse(f"recognition:{name}", args=[application.pk])).text
            assert control.get_absolute_url() not in text
            assert f"/system/{application.utility_id}/" not in text
    read = "".join(str(each.content) for each in application.submissions.all())
    assert "Chlorine dose: in force since March 3, 2026." in read
    assert "/system/" not in read


def test_the_page_takes_as_many_queries_for_many_records(draft, control, measure, utility, manager, as_):
    browser, address = as_(manager), page(draft, ATTRIBUTES[0])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for n in range(9):
        seen(Control.open_in(utility, by=manager, title=f"C{n}", what="Set it."), manager).move("in-force", by=manager)
        enter(seen(Measure.open_in(utility, by=manager, title=f"M{n}"), manager), date(2026, 1, 1), value=1, by=manager)
    assert queries() == few
