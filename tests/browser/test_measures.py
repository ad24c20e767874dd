"""Measures in Chromium: start from examples, enter, paste, import, the charts, and the performance report."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from ims.check import periods
from ims.check.periods import Every
from ims.models import Action, Measure, Objective, Person, Quarter, Reading
from tests.browser.conftest import expect_saved, look

pytestmark = pytest.mark.usefixtures("visits")


@pytest.mark.usefixtures("narrow")
def test_from_an_example_to_the_report(visits, catalog, manager, utility, tmp_path):
    visits.expected.append("422")  # a paste with a line that is not understood
    page = visits(manager, reverse("ims:list", args=[utility.pk, "measures"]))
    page.get_by_role("link", name="Start from examples").click()
    page.get_by_text("Sewer spills", exact=False).first.click()
    page.get_by_text("Filtered water below 0.1 NTU").click()
    page.get_by_role("button", name="Create the ones you chose").click()
    expect(page.get_by_text("2 measures were created.")).to_be_visible()
    # by hand, with the keyboard alone
    page.get_by_role("link", name="Enter readings").click()
    page.get_by_label("Sewer spills", exact=False).first.focus()
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 reading was saved.")).to_be_visible()
    spills = Measure.objects.get(title="Sewer spills")
    last = spills.readings.get().period
    Measure.objects.filter(pk=spills.pk).update(created_at=timezone.now() - timedelta(days=400))
    spills.readings.update(period=periods.moved(last, "month", -2))
    page.goto(visits.url + reverse("ims:readings", args=[utility.pk, spills.number]))
    page.get_by_label("Value").focus()
    for value in ("5", "4"):  # one after the other
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        expect(page.get_by_text(f": {value} was added.")).to_be_visible()
    assert [int(row.value) for row in spills.readings.order_by("period")] == [4, 5, 4]
    spills.readings.filter(period__lt=last).delete()
    # pasted
    named = [periods.short(periods.moved(last, "month", -n), "month") for n in range(12)]
    page.goto(f"{visits.url}{spills.get_absolute_url()}")
    page.get_by_role("link", name="Paste or import").click()
    page.get_by_label("Paste from a spreadsheet").fill(
        "\n".join(f"{name}\t{4 + place % 3}" for place, name in enumerate(named)) + "\nTotal\tND"
    )
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="Nothing can be saved yet")).to_be_visible()
    text = page.get_by_label("Paste from a spreadsheet")
    text.fill("\n".join(line for line in text.input_value().splitlines() if "Total" not in line))
    page.get_by_role("button", name="Preview again").click()
    expect(page.get_by_text("11 added, 0 changed, 1 unchanged")).to_be_visible()
    page.get_by_role("button", name="Save 11 readings").click()
    expect(page.get_by_text("11 readings added, 0 changed.")).to_be_visible()
    # imported
    file = tmp_path / "readings.csv"
    file.write_text(f"Measure,{named[1]},{named[0]}\nFiltered water below 0.1 NTU,97.2 %,98.4 %\nSewer spills,5,3\n")
    page.goto(visits.url + reverse("ims:paste", args=[utility.pk]))
    page.get_by_label("Or choose a file").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    page.get_by_label("Reason for the changes").fill("One was counted twice.")
    page.get_by_role("button", name="Save 3 readings").click()
    expect(page.get_by_text("2 readings added, 1 changed.")).to_be_visible()
    # the chart, the report
    page.get_by_role("link", name="MEA-").first.click()
    expect(page.get_by_role("img", name="Sewer spills: from").first).to_be_visible()
    page.goto(visits.url + reverse("ims:performance", args=[utility.pk]))
    page.get_by_label("What happened this quarter").fill("A dry quarter.")
    expect_saved(page)
    assert Quarter.objects.get().summary == "A dry quarter."
    page.get_by_label("Quarter", exact=True).select_option(index=2)
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Performance in")


def filled(utility, manager) -> Measure:
    """Measures with three years of readings, an objective, and actions of the last quarter."""
    quarter = periods.last_ended(timezone.localdate(), Every.QUARTER)
    owner = Person.objects.of(utility).get(user=manager)
    objective = Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles", target=2, areas=["E"])
    for title in ("Clean the sewers of Mill Street", "Line 4 miles of clay pipe"):
        Action.open_in(utility, by=manager, title=title, due=quarter + timedelta(days=20), owner=owner)
    action = Action.objects.first()
    for step in ("under-way", "done"):
        action = Action.objects.visible_to(manager).get(pk=action.pk)
        action.move(step, by=manager)
    action.events.update(at=timezone.now().replace(year=quarter.year, month=quarter.month, day=15))
    made = []
    for title, fields, start, step in (
        ("Overflows", {"unit": "per 100 miles", "target": 2, "objective": objective}, "3.6", "-0.06"),
        (
            "Filtered water below 0.1 NTU",
            {"unit": "percent of time", "direction": "higher", "target": 95, "areas": ["Q"]},
            "93",
            "0.15",
        ),
        ("pH of the effluent", {"direction": "range", "lower": Decimal("6.5"), "upper": Decimal("8.5")}, "7.1", "0.01"),
        ("Overtime", {"unit": "percent of hours", "target": 6, "areas": ["H", "F"]}, "5.2", "0.08"),
        ("Vehicle accidents", {"unit": "number", "decimals": 0, "combined": "total"}, "6", "-0.1"),
    ):
        measure = Measure.open_in(utility, by=manager, title=title, owner=owner, **fields)
        first = periods.moved(quarter, "quarter", -11)
        Reading.objects.bulk_create(
            Reading(
                measure=measure,
                period=periods.moved(first, "month", n),
                value=Decimal(start) + n * Decimal(step) + Decimal((n * 7) % 5) / 10,
                note="Heavy rain on the 14th." if n == 34 else "",
                entered_by=manager,
            )
            for n in range(36)
            if not (title == "pH of the effluent" and n in (20, 21))
        )
        made.append(measure)
    Measure.open_in(utility, by=manager, title="Fines", unit="dollars", decimals=0, combined="total", target=0)
    Measure.objects.update(created_at=timezone.now() - timedelta(days=400))
    return made[0]


def test_the_pages(visits, catalog, manager, utility):
    visits.expected.append("422")  # a paste with a line that is not understood
    measure = filled(utility, manager)
    reading = measure.readings.first()
    page = visits(manager, reverse("ims:list", args=[utility.pk, "measures"]))
    look(page, "measures-list")
    one, all_of = [utility.pk, measure.number], [utility.pk]
    for name, url in (
        ("measures-record", measure.get_absolute_url()),
        ("measures-objective", measure.objective.get_absolute_url()),
        ("measures-readings", reverse("ims:readings", args=one)),
        ("measures-reading", reading.get_absolute_url()),
        ("measures-due", reverse("ims:due", args=all_of)),
        ("measures-paste", reverse("ims:paste", args=all_of)),
        ("measures-performance", reverse("ims:performance", args=all_of)),
        ("measures-examples", reverse("ims:examples", args=[utility.pk, "measures"])),
    ):
        page.goto(visits.url + url)
        look(page, name)
    page.goto(visits.url + reverse("ims:paste_one", args=one))
    last = periods.short(date(measure.readings.last().period.year, 1, 1), "month")
    page.get_by_label("Paste from a spreadsheet").fill(f"{last}\t1.5\nMar 1990\t3\nTotal\tND")
    page.get_by_role("button", name="Preview").click()
    look(page, "measures-preview-faults")
    page.goto(visits.url + reverse("ims:paste_one", args=one))
    page.get_by_label("Paste from a spreadsheet").fill(f"{last}\t1.5\nMar 1990\t3")
    page.get_by_role("button", name="Preview").click()
    look(page, "measures-preview")


@pytest.mark.usefixtures("narrow")
def test_what_someone_else_enters_meanwhile_is_shown_beside_what_was_typed(
    visits, catalog, manager, contributor, utility
):
    visits.expected.append("409")
    measures = [Measure.open_in(utility, by=manager, title=title) for title in ("Overflows", "Energy")]
    page = visits(contributor, reverse("ims:due", args=[utility.pk]))
    page.get_by_role("textbox", name="Overflows").first.fill("4")
    page.get_by_role("textbox", name="Note: Overflows").fill("Rain")
    page.get_by_role("textbox", name="Energy").first.fill("1210")
    month = periods.last_ended(timezone.localdate(), Every.MONTH)
    Reading.objects.create(measure=measures[0], period=month, value=5, entered_by=manager)
    page.get_by_role("button", name="Save readings").click()
    expect(page.get_by_role("alert")).to_contain_text("you typed 4 with the note “Rain”. Mara Gerr entered 5.0.")
    expect(page.get_by_role("textbox", name="Energy").first).to_have_value("1210")
    look(page, "readings-taken")
    page.get_by_role("button", name="Save readings").click()
    expect(page.get_by_text("1 reading was saved.")).to_be_visible()
    assert {str(row.value.normalize()) for row in Reading.objects.all()} == {"5", "1.21E+3"}
