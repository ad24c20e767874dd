"""The page and the file of a cycle's figures: what they say, who gets them, and of which applications."""

from datetime import timedelta
from html import unescape
from io import BytesIO

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Membership, Role
from recognition.figures.statistics import of_cycle
from recognition.figures.tables import tables
from recognition.models import Application, ApplicationEvent, Cycle, Decision, Recommendation, Seat, Submission
from tests.applications import pass_decision, pass_panel, put_in_review, review
from tests.factories import UtilityFactory

Status = Application.Status


def address(cycle: Cycle) -> str:
    return reverse("recognition:statistics", args=[cycle.pk])


def page(browser, cycle: Cycle) -> str:
    answer = browser.get(address(cycle))
    assert answer.status_code == 200
    return " ".join(unescape(answer.content.decode()).split())


def as_table(name: str, cycle: Cycle, user) -> list[list[str]]:
    return next(table.shown for table in tables(of_cycle(cycle, user)) if table.name == name)


def test_of_a_whole_cycle(as_, at, staff, cycle):
    at(Status.RECOGNIZED)
    shown = page(as_(staff), cycle)
    assert "1 application, as of" in shown
    for name, row in {
        "way": ["Recognized", "1", "0", "0", ""],
        "load": ["Paula Nell", "1", "1", "1", "0", "0.0"],
        "by-epa-region": ["Region 10", "1", "1", "100.0"],
        "by-state": ["Oregon", "1", "1", "100.0"],
        "by-size": ["Small", "1", "1", "100.0"],
        "by-system": ["Drinking water", "1", "1", "100.0"],
    }.items():
        assert row in as_table(name, cycle, staff), name
        cells = "".join(f"<td>{cell}</td>" for cell in row[1:])
        assert f'<th scope="row">{row[0]}</th>{cells}' in shown, name
    agreement = as_table("agreement", cycle, staff)
    assert len(agreement) == 6
    assert ["Product quality", "1", "1", "0", "0", "too few"] in agreement
    assert shown.count("<svg") == 4
    assert shown.count("<title>") == 5


def test_a_tribal_system_counts_in_the_region_of_its_number(at, staff, cycle, utility):
    utility.identifiers.create(kind="PWSID", value="085300001")
    at(Status.SUBMITTED)
    assert as_table("by-epa-region", cycle, staff) == [["Region 8", "1", "0", "0.0"]]


def test_days_come_from_the_events_of_the_application(at, staff, cycle):
    application = at(Status.COMPLIANCE)
    Application.objects.filter(pk=application.pk).update(created_at=timezone.now() - timedelta(days=20))
    ApplicationEvent.objects.filter(application=application, to_status="submitted", from_status="draft").update(
        at=timezone.now() - timedelta(days=5)
    )
    found = {row[0]: row[1:] for row in as_table("times", cycle, staff)}
    assert found["Draft"][:4] == ["1", "0", "15.0", "15.0"]
    assert found["Submitted"][3] == "5.0"
    assert found["Compliance review"][1] == "1"


def test_who_came_to_the_page_but_has_no_role_gets_none(as_, client, cycle, manager, compliance, panelists, official):
    for person in (manager, compliance, panelists[0]):
        assert as_(person).get(address(cycle)).status_code == 404
    assert client.get(address(cycle)).status_code == 302
    assert as_(official).get(address(cycle)).status_code == 200
    assert as_(official).post(address(cycle)).status_code == 405
    assert as_(official).get(reverse("recognition:statistics", args=[cycle.pk + 1])).status_code == 404


def test_a_cycle_without_applications_reads_well(as_, staff, cycle):
    shown = page(as_(staff), cycle)
    assert "No applications in this cycle yet." in shown
    assert "<svg" not in shown
    book = load_workbook(BytesIO(as_(staff).get(address(cycle), {"export": "xlsx"}).content))
    assert book["By state"].max_row == 1


def test_a_cycle_of_drafts_has_no_empty_tables(as_, staff, cycle, draft):
    shown = page(as_(staff), cycle)
    assert "No panels assigned yet." in shown
    assert "No panel has made a recommendation yet." in shown
    assert "No applications submitted yet." in shown
    assert shown.count("<table") == 2


def test_another_cycle_does_not_count(as_, staff, cycle, draft):
    now = timezone.now()
    other = Cycle.objects.create(
        title="Other", edition=cycle.edition, opens=now, closes=now + timedelta(days=1), panel_size=3
    )
    assert of_cycle(other, staff).entries == []


def test_a_draft_that_missed_the_deadline_has_left(staff, cycle, draft):
    past = timezone.now() - timedelta(days=1)
    Cycle.objects.filter(pk=cycle.pk).update(closes=past)
    assert as_table("way", cycle, staff)[0] == ["Started", "1", "0", "1", "1 not submitted in time"]
    Application.objects.filter(pk=draft.pk).update(extended_until=past + timedelta(days=3))
    assert as_table("way", cycle, staff)[0] == ["Started", "1", "1", "0", ""]


def test_a_decision_against_the_panel_is_told(as_, seats, staff, official, cycle):
    for each in seats:
        review(each)
    Recommendation.record(seats[0], recommends=False, reasons="Not shown.")
    put_in_review(cycle)
    Decision.make(seats[0].application, by=official, recognize=True, reason="It was shown on a visit.")
    Decision.objects.release(cycle, by=official)
    assert [row[:2] for row in as_table("way", cycle, staff)][4:] == [
        ["Reviewed by the panel", "1"],
        ["Recommended", "0"],
        ["Recognized", "1"],
    ]
    assert "1 was recognized although the panel did not recommend recognition." in page(as_(staff), cycle)


# --- What a person has a part in


def test_ratings_are_not_told_before_the_panel_has_recommended(seats, staff, cycle):
    for each in seats:
        review(each, "partly")
    assert of_cycle(cycle, staff).accord == []
    Recommendation.record(seats[0], recommends=True, reasons="Shown.")
    assert {each.agree for each in of_cycle(cycle, staff).accord} == {1}


def test_whose_own_review_is_due_gets_nothing_of_that_application(as_, seats, staff, cycle):
    """Program staff with a seat: neither how the others rate nor who of them has reviewed."""
    own = Seat.objects.create(
        application=seats[0].application, member=staff, due=timezone.localdate(), declared_at=timezone.now()
    )
    review(seats[1])
    figures = of_cycle(cycle, staff)
    assert (figures.entries, figures.load, figures.accord, figures.left_out) == ([], [], [], 1)
    shown = page(as_(staff), cycle)
    assert "1 application is not included in these figures" in shown
    assert "Pete Nolan" not in shown
    Seat.objects.filter(pk=own.pk).update(submitted_at=timezone.now())
    assert of_cycle(cycle, staff).left_out == 0
    assert "Pete Nolan" in page(as_(staff), cycle)


def test_an_own_utility_is_left_out(as_, at, staff, official, cycle, utility):
    at(Status.RECOMMENDED)
    Membership.objects.create(utility=utility, user=official, role=Role.VIEWER)
    figures = of_cycle(cycle, official)
    assert (figures.entries, figures.load, figures.accord, figures.left_out) == ([], [], [], 1)
    content = as_(official).get(address(cycle), {"export": "xlsx"}).content
    assert load_workbook(BytesIO(content))["Reviewer workload"].max_row == 1
    assert of_cycle(cycle, staff).left_out == 0


def test_a_seat_that_was_given_up_tells_no_ratings(seats, staff, cycle, panelists):
    for each in seats:
        review(each)
    seats[2].recuse(conflict="personal", reason="A relative.")
    last = Seat.assign(seats[0].application, panelists[3], by=staff, due=timezone.localdate())
    review(last, "not_met")
    Recommendation.record(seats[0], recommends=True, reasons="Shown.")
    assert {(each.agree, each.differ) for each in of_cycle(cycle, staff).accord} == {(0, 1)}
    assert ["Pia Nestor", "1", "1", "0", "1", "–"] in as_table("load", cycle, staff)


# --- The file, and the database


def test_a_sheet_for_each_table(as_, at, staff, cycle, official):
    at(Status.RECOGNIZED)
    answer = as_(staff).get(address(cycle), {"export": "xlsx"})
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert 'filename="statistics-recognition-2027-' in answer["Content-Disposition"]
    book = load_workbook(BytesIO(answer.content))
    assert book.sheetnames == [
        "From start to recognition",
        "Days in each stage",
        "Reviewer workload",
        "Agreement among panelists",
        "By system",
        "By size",
        "By EPA region",
        "By state",
    ]
    assert [cell.value for cell in book["By state"][1]] == ["State", "Applied", "Recognized", "Percent"]
    assert [cell.value for cell in book["By state"][2]] == ["Oregon", 1, 1, 100]
    assert book["By state"]["A1"].font.bold


def test_a_name_that_looks_like_a_formula_is_text_in_the_file(as_, seats, staff, cycle):
    type(seats[0].member).objects.filter(pk=seats[0].member_id).update(name="=1+1")
    book = load_workbook(BytesIO(as_(staff).get(address(cycle), {"export": "xlsx"}).content))
    assert (book["Reviewer workload"]["A2"].value, book["Reviewer workload"]["A2"].data_type) == ("=1+1", "s")


def test_it_asks_the_database_as_much_for_many_as_for_few(as_, at, staff, official, cycle, panelists):
    first = at(Status.PANEL)
    browser = as_(staff)

    def count(**query) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(address(cycle), query).status_code == 200
        return len(captured)

    pass_panel(first, staff, panelists[:3])
    few, few_filed = count(), count(export="xlsx")
    pass_decision(first, official)
    for n in range(3):
        another_like(first, n, staff, panelists[n])
    assert count() == few
    assert count(export="xlsx") == few_filed
    assert of_cycle(cycle, staff).steps[0].reached == 4


def another_like(first: Application, n: int, staff, member) -> None:
    """Another utility's application of the same cycle, at its panel."""
    utility = UtilityFactory(name=f"Utility {n}", state="CO")
    utility.identifiers.create(kind="PWSID", value=f"CO400000{n}")
    other = Application.objects.create(utility=utility, cycle=first.cycle, status=Status.PANEL)
    other.events.create(from_status="draft", to_status="submitted")
    other.events.create(from_status="compliance", to_status="panel")
    version = first.submission
    facts = {"content": version.content, "size": "large", "words": 1, "counted_attributes": 4, "counted_boxes": 2}
    Submission.objects.create(application=other, number=1, **facts)
    review(Seat.assign(other, member, by=staff, due=timezone.localdate()))
