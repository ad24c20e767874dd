"""The pages of readings: entering, correcting, what is due, where a measure is shown, and who may."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from ims.check import measure_urls as urls
from ims.models import Action, Measure, Objective, Person, Quarter, Reading, Record
from tests.ims.check.conftest import add, fill

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]
EDITORS = dict.fromkeys(("manager", "contributor", "advisor"), 200)
READ = EDITORS | {"viewer": 200, "stranger": 404, "former": 404, "nobody": 302}
FORM = READ | {"viewer": 403}
WRITE = FORM | dict.fromkeys(EDITORS, 302)
ONLY_POST = dict.fromkeys(ROLES, 405) | {"nobody": 302}
# name → expected of GET, expected of POST, what is sent
EXPECTED = {
    "due": (FORM, WRITE, {}),
    "paste": (FORM, FORM, {"text": "Overflows\tMay 2026\t1"}),
    "paste_confirm": (ONLY_POST, WRITE, {}),
    "readings_export": (READ, READ, {}),
    "performance": (READ, READ, {}),
    "performance_comment": (ONLY_POST, WRITE, {"version": 1, "summary": "Dry."}),
    "performance_report": (ONLY_POST, WRITE | {"viewer": 302}, {}),
    "readings": (READ, WRITE, {"period": "May 2026", "value": "1"}),
    "paste_one": (FORM, FORM, {"text": "May 2026\t1"}),
    "paste_one_confirm": (ONLY_POST, WRITE, {}),
    "reading": (READ, WRITE, {"version": 1, "value": "3", "why": "Recounted."}),
}


def test_every_address_is_looked_at():
    assert {pattern.name for pattern in urls.urlpatterns} == set(EXPECTED)


@pytest.fixture
def address(read):
    def of(name: str) -> str:
        more = {
            "readings_export": ["csv"],
            "performance_comment": ["2026-01"],
            "performance_report": ["2026-01"],
            "reading": [read.number, read.readings.first().pk],
        }
        one = [read.number] if name in ("readings", "paste_one", "paste_one_confirm") else []
        return reverse(f"ims:{name}", args=[read.utility_id, *more.get(name, one)])

    return of


def stored() -> list:
    return [list(Reading.objects.values()), list(Quarter.objects.values()), Record.objects.count()]


@pytest.mark.parametrize("name", EXPECTED)
def test_who_may(address, name, as_, request):
    page, (expected_get, expected_post, sent) = address(name), EXPECTED[name]
    people = {role: None if role == "nobody" else request.getfixturevalue(role) for role in ROLES}
    before = stored()
    for role, person in people.items():
        browser = as_(person) if person else Client()
        assert browser.get(page).status_code == expected_get[role], role
        assert stored() == before, role
        with transaction.atomic():
            assert browser.post(page, sent).status_code == expected_post[role], role
            writes = (expected_post is WRITE and sent) or name == "performance_report"
            may = writes and expected_post[role] == 302 and role != "nobody"
            assert (stored() != before) == bool(may), role
            transaction.set_rollback(True)


# --- by hand


def test_entering_one_after_the_other(read, address, as_, manager):
    browser = as_(manager)
    page = browser.get(address("readings"))
    assert page.context["form"]["period"].value() == "May 2026"
    browser.post(address("readings"), {"period": "may 2026", "value": "1,234.5", "note": "Storm"})
    may = read.readings.get(period=date(2026, 5, 1))
    assert (may.value, may.note, may.entered_by) == (Decimal("1234.5"), "Storm", manager)
    assert browser.get(address("readings")).context["form"]["period"].value() == "June 2026"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"period": "April 2026", "value": "1"}, "April 2026 has a reading already. Correct that one."),
        ({"period": "Dec 2026", "value": "1"}, "December 2026 has not begun."),
        ({"period": "2026", "value": "1"}, "is a year, but this measure is read monthly"),
        ({"period": "May 2026", "value": "<0.5"}, "is a limit, not a number"),
        ({"period": "May 2026", "value": ""}, "This field is required"),
        ({"period": "May 2026", "why": ""}, "This field is required"),
        ({"period": "April 2026", "why": "Broken"}, "April 2026 has a reading already."),
    ],
)
def test_what_can_not_be_entered(read, address, as_, manager, sent, words):
    page = as_(manager).post(address("readings"), sent)
    assert page.status_code == 422
    assert words in page.text
    assert read.readings.count() == 4


def test_a_period_without_a_value_has_a_reason(read, address, as_, manager):
    browser = as_(manager)
    browser.post(address("readings"), {"period": "May 2026", "why": "The meter was broken."})
    assert read.readings.get(period=date(2026, 5, 1)).value is None
    page = browser.get(address("readings")).text
    assert "no reading" in page
    assert "The meter was broken." in page


def test_a_correction_shows_its_history(read, address, as_, manager):
    browser = as_(manager)
    page = browser.get(address("reading"))
    assert page.context["form"]["value"].value() == "3.3"
    refused = browser.post(address("reading"), {"version": 1, "value": "3", "why": ""})
    assert refused.status_code == 422
    done = browser.post(address("reading"), {"version": 1, "value": "3.25", "why": "Recounted."}, follow=True)
    assert "January 2026: now 3.3." in done.text, "shown with one decimal, rounded"
    assert read.readings.first().value == Decimal("3.25")
    history = browser.get(address("reading")).text
    assert "Recounted." in history
    assert "3.250000" not in history


def test_two_people_correct_the_same_reading(read, address, as_, manager, contributor):
    as_(contributor).post(address("reading"), {"version": 1, "value": "3", "why": "Recounted."})
    page = as_(manager).post(address("reading"), {"version": 1, "value": "4", "why": "No."})
    assert page.status_code == 409
    assert "Connie Boyd has just changed it to 3.0" in page.text
    assert page.context["form"]["version"].value() == "2"
    assert read.readings.first().value == 3


def test_a_retired_measure_takes_no_readings(read, address, as_, manager):
    read.move("retired", by=manager, why="Not useful.")
    browser = as_(manager)
    assert browser.get(address("readings")).context["form"] is None
    assert browser.get(address("reading")).context["form"] is None
    page = browser.post(address("readings"), {"period": "May 2026", "value": "1"})
    assert page.status_code == 422
    assert "is retired" in page.text


# --- what is due


def test_the_rows_that_are_due_are_saved_together(read, utility, address, as_, manager):
    paper = add(utility, manager, title="Paper, recycled", every="year", unit="%")
    fill(read, "1.1", first=date(2025, 12, 1))
    Reading.objects.filter(measure=read, period=date(2026, 4, 1)).delete()
    browser = as_(manager)
    form = browser.get(address("due")).context["form"]
    assert [(measure.title, name) for measure, name, _, _ in form.rows] == [
        ("Overflows", "April 2026"),
        ("Paper, recycled", "2025"),
    ]
    april, year = f"value-{read.pk}-2026-04-01", f"value-{paper.pk}-2025-01-01"
    refused = browser.post(address("due"), {april: "1.4", year: "ND"})
    assert refused.status_code == 422
    assert "nothing is detected" in refused.text
    assert not Reading.objects.filter(measure=paper).exists()
    browser.post(address("due"), {april: "1.4", year: "96 %", f"note-{paper.pk}-2025-01-01": "Estimated"})
    assert read.readings.filter(period=date(2026, 4, 1)).get().value == Decimal("1.4")
    assert (paper.readings.get().value, paper.readings.get().note) == (96, "Estimated")
    assert "Every period that has ended has a reading." in browser.get(address("due")).text


def test_a_note_without_a_value_is_not_lost_silently(measure, utility, as_, manager):
    page = reverse("ims:due", args=[utility.pk])
    refused = as_(manager).post(page, {f"note-{measure.pk}-2026-04-01": "Storm"})
    assert refused.status_code == 422
    assert "There is no number." in refused.text
    assert "Storm" in refused.text


def test_what_someone_else_has_just_entered_stays_and_what_was_typed_is_shown(
    read, utility, address, as_, manager, contributor
):
    Reading.objects.filter(measure=read, period=date(2026, 4, 1)).delete()
    paper = add(utility, manager, title="Paper, recycled")
    browser = as_(manager)
    browser.get(address("due"))
    theirs = Reading.objects.create(measure=read, period=date(2026, 4, 1), value=9, entered_by=contributor)
    april, other = f"value-{read.pk}-2026-04-01", f"value-{paper.pk}-2026-04-01"
    page = browser.post(address("due"), {april: "1", f"note-{read.pk}-2026-04-01": "Rain", other: "7"})
    assert page.status_code == 409
    text = " ".join(strip_tags(page.text).split())
    assert "Overflows, April 2026: you typed 1 with the note “Rain”. Connie Boyd entered 9.0." in text
    assert theirs.get_absolute_url() in page.text
    assert 'value="7"' in page.text
    assert Reading.objects.get(measure=read, period=date(2026, 4, 1)).value == 9
    assert not paper.readings.exists()
    assert "1 reading was saved." in browser.post(address("due"), {other: "7"}, follow=True).text


@pytest.fixture
def due(utility) -> str:
    return reverse("ims:due", args=[utility.pk])


def test_a_second_click_is_no_conflict(measure, due, as_, manager):
    sent = {f"value-{measure.pk}-2026-04-01": "7.0", f"note-{measure.pk}-2026-04-01": "Rain"}
    for _ in range(2):
        assert as_(manager).post(due, sent).status_code == 302
    assert measure.readings.count() == 1
    assert as_(manager).post(due, sent | {f"note-{measure.pk}-2026-04-01": "Snow"}).status_code == 409


def test_what_was_typed_for_a_measure_that_was_just_retired_is_shown(measure, due, as_, manager):
    key = f"value-{measure.pk}-2026-04-01"
    measure.move("retired", by=manager, why="Measured otherwise.")
    page = as_(manager).post(due, {key: "1"})
    assert page.status_code == 409
    assert "you typed 1. The measure was retired." in " ".join(strip_tags(page.text).split())


@pytest.mark.parametrize("name", ["value-1-2026-99-01", f"value-{10**17}-2026-04-01", "value-x-2026-04-01", "value-"])
def test_forged_names_of_rows_are_ignored(measure, due, as_, manager, name):
    assert as_(manager).post(due, {name: "1"}).status_code == 302
    assert not Reading.objects.exists()


def test_a_reading_that_is_due_waits_on_the_owners_home_page(measure, utility, as_, manager, contributor):
    mine = Person.objects.of(utility).get(user=contributor)
    Record.objects.filter(pk=measure.pk).update(owner=mine, created_at=datetime(2026, 4, 2, 12, tzinfo=UTC))
    home = as_(contributor).get("/").text
    assert f"{measure.number} Overflows" in home
    assert "April 2026 has no reading" in home
    assert "has no reading" not in as_(manager).get("/").text
    Record.objects.filter(pk=measure.pk).update(created_at=datetime(2026, 5, 2, 12, tzinfo=UTC))
    assert "has no reading" not in as_(contributor).get("/").text, "it was added in May"
    fill(measure, "1", first=date(2026, 3, 1))
    assert "April 2026 has no reading" in as_(contributor).get("/").text
    Reading.objects.create(measure=measure, period=date(2026, 4, 1), why="The meter was broken.")
    assert "has no reading" not in as_(contributor).get("/").text


# --- where it is shown


def test_the_page_of_a_measure_has_its_chart_and_numbers(read, as_, viewer):
    page = as_(viewer).get(read.get_absolute_url()).text
    svg = re.search(r"<svg.*?</svg>", page, re.DOTALL)[0]
    assert "Overflows: from 3.3 in January 2026 to 1.4 in April 2026. Target: 2.0 or less." in svg
    assert svg.count("stroke-dasharray") == 1
    for words in ("target met", "better", ">2.4<", "the average of the last three readings"):
        assert words in page
    assert "Paste or import" not in page


def test_a_gap_breaks_the_line(read, as_, viewer):
    read.readings.filter(period=date(2026, 3, 1)).delete()
    svg = re.search(r"<svg.*?</svg>", as_(viewer).get(read.get_absolute_url()).text, re.DOTALL)[0]
    assert svg.count('stroke-width="3.5"') == 1  # January and February; April is a point
    assert svg.count("<circle") == 2


def test_the_page_of_the_objective_shows_its_measures(read, utility, as_, manager):
    objective = Objective.open_in(utility, by=manager, title="Fewer overflows")
    empty = as_(manager).get(objective.get_absolute_url()).text
    assert "Measured by" not in empty
    Measure.objects.filter(pk=read.pk).update(objective=objective)
    page = as_(manager).get(objective.get_absolute_url()).text
    assert "Measured by" in page
    assert read.get_absolute_url() in page
    assert "<svg" in page


def test_the_list_shows_value_trend_and_target(read, utility, as_, manager):
    add(utility, manager, title="Fines")
    browser = as_(manager)
    url = reverse("ims:list", args=[utility.pk, "measures"])
    page = browser.get(url).text
    for words in ("<b>1.4</b>", "Apr 2026", "better", "2.0 or less", "met</span>", "no reading yet", "Monthly"):
        assert words in page
    export = browser.get(url, {"export": "csv"}).content.decode("utf-8-sig").splitlines()
    assert export[1].split(",")[4:8] == ["1.400000", "Better", "2.0 or less", ""]


@pytest.mark.parametrize("role", ["manager", "viewer"])
def test_links_above_the_list(read, utility, as_, role, request):
    page = as_(request.getfixturevalue(role)).get(reverse("ims:list", args=[utility.pk, "measures"])).text
    assert reverse("ims:performance", args=[utility.pk]) in page
    assert (f'"{reverse("ims:due", args=[utility.pk])}"' in page) == (role == "manager")


def test_pages_take_as_many_queries_for_60_measures(utility, catalog, as_, manager, django_assert_max_num_queries):
    owner = Person.objects.of(utility).get(user=manager)
    objective = Objective.open_in(utility, by=manager, title="Fewer overflows")
    Action.open_in(utility, by=manager, title="Clean", due=date(2026, 3, 1), owner=owner)
    browser, counts = as_(manager), {}
    pages = {
        "list": reverse("ims:list", args=[utility.pk, "measures"]),
        "due": reverse("ims:due", args=[utility.pk]),
        "performance": f"{reverse('ims:performance', args=[utility.pk])}?quarter=2026-01",
        "home": "/",
    }
    for size in (3, 60):
        for n in range(Measure.objects.count(), size):
            made = Measure.open_in(utility, by=manager, title=f"Measure {n}", owner=owner, target=5)
            fill(made, *["4.5"] * 36, first=date(2023, 3, 1))
        for name, page in pages.items():
            browser.get(page)
            with CaptureQueriesContext(connection) as captured:
                assert browser.get(page).status_code == 200
            counts.setdefault(name, []).append(len(captured))
    assert all(few == many for few, many in counts.values()), counts
    assert counts["list"][0] <= 15
    assert counts["due"][0] <= 15
    assert counts["performance"][0] <= 20
    measure = Measure.objects.first()
    Measure.objects.update(objective=objective)
    with django_assert_max_num_queries(20):
        browser.get(measure.get_absolute_url())
    with django_assert_max_num_queries(20):
        browser.get(objective.get_absolute_url())
