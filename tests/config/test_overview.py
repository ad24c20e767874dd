"""The overview of a person's utilities: a row for each, the most urgent first, and what each room says of it."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import strip_tags

from accounts.models import Membership, Role
from accounts.zones import site_today
from assessments.models import GapAnalysis
from ims.models import Action, Person
from recognition.models import Application, Cycle, Edition
from tests.conftest import main_of
from tests.factories import GapAnalysisFactory, MembershipFactory, UserFactory, UtilityFactory
from workflow.recent import last_by_utility

pytestmark = pytest.mark.django_db
LIST = "accounts:list"


def day(days: int):
    return site_today() + timedelta(days=days)


@pytest.fixture
def consultant():
    return UserFactory(email="ada.reed@example.org", name="Ada Reed")


@pytest.fixture
def advised(catalog, consultant):
    """``advised(name)`` is a utility that the consultant advises for a year, or until ``until``."""

    def make(name: str, until: int = 365):
        utility = UtilityFactory(name=name)
        utility.boss = MembershipFactory(utility=utility, user__name=f"Boss of {name}").user
        MembershipFactory(utility=utility, user=consultant, role=Role.ADVISOR, until=day(until))
        return utility

    return make


def action(utility, due: int | None, owner=None, title: str = "Clean the sewers") -> Action:
    person = Person.objects.of(utility).get(user=owner) if owner else None
    date = None if due is None else timezone.localdate() + timedelta(days=due)
    made = Action.open_in(utility, by=utility.boss, title=title, due=date, owner=person)
    return Action.objects.visible_to(utility.boss).get(pk=made.pk)


def rows_of(as_, user) -> dict[str, dict[str, str]]:
    """What the page says: name of the utility → heading of the column → text; in the order of the page."""
    page = main_of(as_(user).get(reverse(LIST)))
    table = re.search(r"<table.*?</table>", page, re.DOTALL)[0]
    heads = [strip_tags(each) for each in re.findall(r'<th role="columnheader".*?</th>', table)]
    rows = {}
    for row in re.findall(r'<tr role="row">\s*<th role="rowheader".*?</tr>', table, re.DOTALL):
        visible = re.sub(r'<span class="(usa-sr-only|stacked__label)".*?</span>|<progress.*?</progress>', "", row)
        cells = re.findall(r"<t[hd] .*?</t[hd]>", visible, re.DOTALL)
        texts = [re.sub(r"\s+", " ", strip_tags(each.replace("<small>", " "))).strip() for each in cells]
        rows[re.search(r"<a [^>]*>(.*?)</a>", cells[0])[1]] = dict(zip(heads, texts, strict=True))
    return rows


def test_what_has_most_late_comes_first_then_what_is_due_soon_then_what_ends(advised, as_, consultant):
    advised("Calm")
    advised("Ends late", 29)
    advised("Ends first", 3)
    soon = advised("Soon")
    action(soon, 0)
    action(soon, 14)
    late = advised("Late")
    action(late, -1)
    worst = advised("Worst")
    for due in (-9, -2, 3):
        action(worst, due)
    assert list(rows_of(as_, consultant)) == ["Worst", "Late", "Soon", "Ends first", "Ends late", "Calm"]
    page = main_of(as_(consultant).get(reverse(LIST)))
    assert "2 of 6 have something late." in page


@pytest.mark.parametrize(
    ("days", "said"), [(0, "last day"), (1, "1 day left"), (30, "30 days left"), (31, ""), (200, "")]
)
def test_the_last_day_is_told_and_warned_of_within_thirty_days(advised, as_, consultant, days, said):
    advised("Alder Creek", days)
    text = rows_of(as_, consultant)["Alder Creek"]["Utility"]
    assert f"Advisor until {date_format(day(days), 'M j, Y')}" in text
    assert text.endswith(said or date_format(day(days), "Y"))


def test_records_that_are_late_due_soon_and_open(advised, as_, consultant):
    utility = advised("Alder Creek")
    for due in (-20, -1, 0, 14, 15, None):
        action(utility, due)
    action(utility, -30).move("canceled", by=utility.boss, why="Not needed")
    first = date_format(timezone.localdate() - timedelta(days=20), "M j, Y")
    row = rows_of(as_, consultant)["Alder Creek"]
    assert row["Records"] == f"2 late since {first} 2 due in 14 days 6 open"
    assert row["Yours"] == ""


def test_ones_own_records(advised, as_, consultant):
    utility, other = advised("Alder Creek"), advised("Birch Hill")
    for due in (-2, 40, None):
        action(utility, due, consultant)
    action(utility, -5, utility.boss)
    action(other, 3, consultant)
    rows = rows_of(as_, consultant)
    assert rows["Alder Creek"]["Yours"] == "1 late 3 open"
    assert rows["Birch Hill"]["Yours"] == "1 open"


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("1 late", {"Late of mine", "Late of others"}),
        ("1 due in 14 days", {"Soon"}),
        ("Yours: 1 late", {"Late of mine"}),
        ("Yours: 2 open", {"Late of mine", "Someday of mine"}),
    ],
)
def test_each_number_leads_to_what_it_counts(advised, as_, consultant, words, titles):
    utility = advised("Alder Creek")
    action(utility, -2, consultant, "Late of mine")
    action(utility, None, consultant, "Someday of mine")
    action(utility, -2, utility.boss, "Late of others")
    action(utility, 5, None, "Soon")
    page = main_of(as_(consultant).get(reverse(LIST)))
    column, _, text = words.rpartition(": ")
    page = page.partition("Yours</span>")[2] if column else page.replace("2 late", "1 late", 1)
    url = re.search(rf'<a href="([^"]*)"[^>]*>{text}<', page)[1].replace("&amp;", "&")
    listed = as_(consultant).get(url)
    assert {record.title for record in listed.context["table"].data} == titles


def test_the_coverage_and_the_progress(advised, as_, consultant):
    none, begun, done = advised("None"), advised("Begun"), advised("Done")
    GapAnalysisFactory(utility=begun, by=begun.boss).findings.filter(element__slug__in=["vision"]).update(rating=0)
    complete(done, 2025, ["E"])
    complete(done, 2026, ["E", "S"])
    GapAnalysisFactory(utility=done, by=done.boss, as_of="2027-01-31")
    rows = rows_of(as_, consultant)
    assert rows["None"]["Gap analysis"] == "Start one"
    assert rows["Begun"]["Gap analysis"] == "1 of 18 answered in progress"
    assert rows["Done"]["Gap analysis"] == "0 of 18 answered in progress 36 of 90 cells covered, March 2026"
    Membership.objects.filter(utility=none, user=consultant).update(role=Role.VIEWER, until=None)
    assert rows_of(as_, consultant)["None"]["Gap analysis"] == "", "a viewer starts none"


def complete(utility, year: int, areas: list[str]) -> None:
    begun = GapAnalysisFactory(utility=utility, by=utility.boss, as_of=f"{year}-03-31")
    begun.findings.update(rating=min(len(areas), 2), areas=areas)
    GapAnalysis.objects.visible_to(utility.boss).get(pk=begun.pk).complete(by=utility.boss)


def test_where_the_application_stands(advised, as_, consultant):
    utility, other = advised("Alder Creek"), advised("Birch Hill")
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="Recognition 2027",
        edition=Edition.objects.get(),
        opens=now - timedelta(days=7),
        closes=now + timedelta(days=10),
    )
    entry = Application.start(utility=utility, cycle=cycle, by=utility.boss)
    rows = rows_of(as_, consultant)
    closes = date_format(entry.deadline.astimezone(cycle.closes.tzinfo), "Y")
    assert re.fullmatch(rf"Draft Recognition 2027 Submit by \w+ \d+, {closes}", rows["Alder Creek"]["Application"])
    assert rows["Birch Hill"]["Application"] == ""
    assert list(rows)[0] == "Alder Creek", "it is due in ten days"
    Cycle.objects.update(closes=now + timedelta(days=60))
    action(other, 5)
    assert list(rows_of(as_, consultant))[0] == "Birch Hill"
    Application.objects.update(status="panel")
    assert rows_of(as_, consultant)["Alder Creek"]["Application"] == "Panel review Recognition 2027"


def test_the_last_change_there_whoever_made_it(advised, as_, consultant):
    utility, quiet = advised("Alder Creek"), advised("Birch Hill")
    record = action(utility, None)
    assert "Boss of Alder Creek added" in rows_of(as_, consultant)["Alder Creek"]["Last change"]
    record.say("It leaks.", by=consultant)
    today = date_format(timezone.localdate(), "M j, Y")
    expected = f"Ada Reed commented on {record} “It leaks.” {today}"
    assert rows_of(as_, consultant)["Alder Creek"]["Last change"] == expected
    assert rows_of(as_, consultant)["Birch Hill"]["Last change"] == ""
    assert last_by_utility(quiet.boss) == {}, "nothing of a utility of others"


def test_the_last_change_of_each_room(advised, consultant):
    utility, other = advised("Alder Creek"), advised("Birch Hill")
    action(other, None)
    for n in range(3):
        GapAnalysisFactory(utility=utility, by=utility.boss, name=f"System {n}")
    last = last_by_utility(consultant)
    assert set(last) == {utility.pk, other.pk}
    assert last[utility.pk].links[0][0] == "System 2"
    assert last[other.pk].did == "added"


def test_what_has_ended_is_not_shown(advised, as_, consultant):
    ended = advised("Ended", -1)
    action(ended, -3, title="Secret")
    advised("Alder Creek", 0)
    page = as_(consultant).get(reverse(LIST)).text
    assert "Ended" not in page
    assert "Secret" not in page
    assert list(rows_of(as_, consultant)) == ["Alder Creek"]


def test_home_leads_to_it_where_there_are_several(advised, as_, consultant):
    advised("Alder Creek")
    assert "Overview of your" not in as_(consultant).get("/").text
    advised("Birch Hill")
    assert f'<a href="{reverse(LIST)}">Overview of your 2 utilities</a>' in as_(consultant).get("/").text


def test_its_links_make_the_utility_current(advised, as_, consultant):
    first, second = advised("Alder Creek"), advised("Birch Hill")
    action(second, -2)
    complete(second, 2026, ["E"])
    browser = as_(consultant)
    page = main_of(browser.get(reverse(LIST)))
    row = page.partition("Birch Hill</a>")[2].partition("</tr>")[0]
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]*)"', row)]
    assert len(links) >= 4
    for link in links:
        browser.get(reverse("accounts:utility", args=[first.pk]))
        assert browser.session["utility"] == first.pk
        assert browser.get(link).status_code == 200
        assert browser.session["utility"] == second.pk, link


def test_it_costs_the_same_for_two_and_for_thirty(advised, as_, consultant, django_assert_max_num_queries):
    browser, sizes = as_(consultant), []
    now = timezone.now()
    cycle = Cycle.objects.create(
        title="Recognition 2027", edition=Edition.objects.get(), opens=now, closes=now + timedelta(days=9)
    )
    for n in (2, 28):
        for each in range(n):
            utility = advised(f"Utility {n} {each}")
            action(utility, -3, consultant)
            GapAnalysisFactory(utility=utility, by=utility.boss)
            Application.start(utility=utility, cycle=cycle, by=utility.boss)
        browser.get(reverse(LIST))
        with django_assert_max_num_queries(15) as captured:
            page = browser.get(reverse(LIST))
        sizes.append(len(captured))
    assert len(page.context["rows"]) == 30
    assert sizes[0] == sizes[1]


# What a person with several utilities reads on the home page names the utility.


def test_what_changed_and_the_year_name_the_utility(advised, as_, consultant):
    first = advised("Alder Creek")
    record = action(first, 20)
    page = as_(consultant).get("/").text
    assert "· Alder Creek" not in page, "there is only one"
    second = advised("Birch Hill")
    action(second, 20)
    page = re.sub(r"\s+", " ", as_(consultant).get("/").text)
    recent = page.partition('<section class="panel recent"')[2].partition("</section>")[0]
    year = page.partition('<section class="panel year"')[2].partition("</section>")[0]
    for part in (recent, year):
        for utility in (first, second):
            assert re.search(rf'/system/{utility.pk}/actions/{record.number}/".*?· {utility}<', part)


@pytest.mark.parametrize(("name", "in_files"), [("Alder Creek, #2", "alder-creek-2"), ("水道", "utility-{pk}")])
def test_files_of_a_utility_are_named_after_it(catalog, manager, as_, name, in_files):
    utility = UtilityFactory(name=name)
    MembershipFactory(utility=utility, user=manager)
    analysis = GapAnalysisFactory(utility=utility, by=manager)
    for address in (
        reverse("ims:excel", args=[utility.pk, "actions"]),
        reverse("ims:readings_export", args=[utility.pk, "csv"]),
        reverse("assessments:excel", args=[analysis.pk]),
    ):
        answer = as_(manager).get(address)
        assert f'filename="{in_files.format(pk=utility.pk)}-' in answer["Content-Disposition"]
