"""The pages that all registers share, for every role."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.models import Answer
from ims import registers
from ims.models import Action, Objective, Person, Record, RecordComment
from pdca.models import Opportunity
from tests.factories import GapAnalysisFactory
from tests.uploads import upload

pytestmark = pytest.mark.django_db

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]


@pytest.fixture
def browser(request, as_):
    return lambda role: Client() if role == "nobody" else as_(request.getfixturevalue(role))


@pytest.mark.parametrize("role", ROLES)
def test_who_reads(action, address, browser, role, utility):
    pages = {
        reverse("ims:system", args=[utility.pk]): 200,
        reverse("ims:list", args=[utility.pk, "actions"]): 200,
        address("record", action): 200,
        reverse("ims:new", args=[utility.pk, "actions"]): 403 if role == "viewer" else 200,
        address("edit", action): 403 if role == "viewer" else 200,
    }
    for page, expected in pages.items():
        status = browser(role).get(page).status_code
        assert status == {"stranger": 404, "former": 404, "nobody": 302}.get(role, expected), page


@pytest.mark.parametrize("role", ROLES)
def test_who_changes(action, address, browser, role, utility):
    sent = {
        reverse("ims:new", args=[utility.pk, "actions"]): {"title": "New"},
        address("save", action): {"title": "Changed", "version": 1},
        address("move", action, "start"): {},
    }
    expected = {"viewer": 403, "stranger": 404, "former": 404}.get(role, 302)
    before = list(Record.objects.values())
    for page, data in sent.items():
        assert browser(role).post(page, data).status_code == expected, page
    changed = list(Record.objects.values()) != before
    assert changed == (role in ("manager", "contributor", "advisor"))


@pytest.mark.parametrize("role", ROLES)
def test_who_comments(action, address, browser, role):
    status = browser(role).post(address("comment", action), {"text": "Station 11 has no display."}).status_code
    assert status == {"stranger": 404, "former": 404}.get(role, 302)
    assert RecordComment.objects.exists() == (role in ("manager", "contributor", "advisor", "viewer"))


def test_an_action_from_its_start_to_its_close(objective, unit, utility, manager, as_):
    browser = as_(manager)
    mara = Person.objects.of(utility).get(user=manager)
    sent = {
        "title": "Clean the sewers",
        "areas": ["E", "S"],
        "initiatives": ["cmom"],
        "units": [unit.pk],
        "owner": mara.pk,
        "due": "2030-06-30",
        "objective": objective.pk,
        "cost": "12500",
    }
    page = browser.post(reverse("ims:new", args=[utility.pk, "actions"]), sent, follow=True)
    action = Action.objects.get()
    for words in (action.number, "Clean the sewers", "Mara Gerr", "June 30, 2030", "CMOM", "Lift stations", "Planned"):
        assert words in page.text
    step = f"{action.get_absolute_url()}"
    browser.post(f"{step}start/")
    browser.post(f"{step}finish/")
    refused = browser.post(f"{step}close/", {"verified": "", "verified_by": "Dana"})
    assert refused.status_code == 422
    assert Action.objects.get().status == "done"
    closed = browser.post(
        f"{step}close/", {"verified": "No overflow in six months.", "verified_by": "Dana"}, follow=True
    )
    assert "No overflow in six months." in closed.text
    assert Action.objects.get().status == "closed"
    assert [event.to_status for event in action.events.all()] == ["planned", "under-way", "done", "closed"]


def test_a_record_links_to_what_it_serves_and_shows_the_usual_way_ahead(action, objective, as_, viewer):
    page = as_(viewer).get(action.get_absolute_url())
    assert f'<a href="{objective.get_absolute_url()}">' in page.text
    assert [label for label, _, _ in page.context["stages"]] == [
        "Planned",
        "Under way",
        "Done, to be checked",
        "Closed",
    ]


def test_a_double_click_moves_once(action, address, as_, manager):
    browser = as_(manager)
    browser.post(address("move", action, "start"))
    page = browser.post(address("move", action, "start"), follow=True)
    assert "Nothing was changed" in page.text
    assert action.events.count() == 2


def test_saving_as_you_go_and_a_conflict(action, address, as_, manager, contributor):
    headers = {"Accept": "application/json"}
    saved = as_(manager).post(address("save", action), {"title": "One", "version": 1}, headers=headers)
    assert (saved.status_code, saved.json()["version"]) == (200, 2)
    late = as_(contributor).post(address("save", action), {"title": "Two", "version": 1}, headers=headers)
    assert late.status_code == 409
    assert "Mara Gerr" in late.json()["conflict"]
    assert Action.objects.get().title == "One"


@pytest.mark.parametrize("name", ["nothing", "actions/NO-1"])
def test_what_is_not_there(utility, action, as_, viewer, name):
    assert as_(viewer).get(f"/system/{utility.pk}/{name}/").status_code == 404


@pytest.mark.parametrize("register", [each.slug for each in registers.known()])
def test_a_list_takes_as_many_queries_for_many_records_and_exports_all(register, utility, catalog, as_, manager):
    described, browser = registers.get(register), as_(manager)
    page = reverse("ims:list", args=[utility.pk, register])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    described.model.open_in(utility, by=manager, title="First")
    queries()
    one = queries()
    owner = Person.objects.of(utility).first()
    for number in range(30):
        described.model.open_in(utility, by=manager, title=f"Record {number}", owner=owner)
    assert queries() == one
    assert one <= 15
    export = browser.get(page, {"export": "csv"}).content.decode("utf-8-sig")
    assert len(export.strip().splitlines()) == 32


def test_filters(action, objective, utility, as_, viewer):
    page = reverse("ims:list", args=[utility.pk, "actions"])
    Record.objects.filter(pk=action.pk).update(due="2020-01-01")
    browser = as_(viewer)
    for found in ({"late": "true"}, {"area": "S"}, {"status": "planned"}, {"title": "mill street"}):
        assert action.number in browser.get(page, found).text
    for missed in ({"area": "F"}, {"status": "closed"}, {"title": "nothing"}):
        assert action.number not in browser.get(page, missed).text


def test_the_system_tells_what_is_open_and_late(action, utility, as_, viewer):
    Record.objects.filter(pk=action.pk).update(due="2020-01-01")
    page = as_(viewer).get(reverse("ims:system", args=[utility.pk]))
    assert "1 late" in page.text
    assert "1 of 1 open" in page.text
    assert as_(viewer).get(reverse("ims:systems"))["Location"] == reverse("ims:system", args=[utility.pk])


def test_a_page_stands_beside_the_registers_with_its_state(utility, as_, viewer, monkeypatch, catalog):
    monkeypatch.setattr(registers, "_pages", {})
    page = registers.Page(
        slug="sample",
        name="Sample page",
        about="What it is for.",
        component="plan",
        element="vision",
        url_name="ims:system",
        state=lambda of, user: f"{of} for {user}",
    )
    registers.add_page(page)
    shown = as_(viewer).get(reverse("ims:system", args=[utility.pk])).text
    assert "Sample page" in shown
    assert f"{utility} for {viewer}" in shown
    for taken in ("sample", "actions"):
        with pytest.raises(ValueError, match="twice"):
            registers.add_page(replace(page, slug=taken))


def test_numbers_and_dates_of_a_record_are_written_out(action, objective, utility, as_, manager):
    browser = as_(manager)
    other = Objective.open_in(utility, by=manager, title="Lose less water")
    changes = {"cost": Decimal("1234567.50"), "hours": Decimal("60.0"), "starts": date(2029, 1, 2), "objective": other}
    action.change(1, by=manager, **changes)
    page = browser.get(action.get_absolute_url()).text
    for words in ("1,234,567.5<", ">60<", "January 2, 2029"):
        assert words in page
    assert f"{objective} <span" in page, "the history names what it served before"


def test_open_records_come_first_when_sorted_by_date(action, utility, as_, manager):
    checked = {"verified": "Seen.", "verified_by": "Dana"}
    closed = Action.open_in(utility, by=manager, title="Closed long ago", due=date(2020, 1, 1), **checked)
    Record.objects.filter(pk=closed.pk).update(is_open=False, status="closed")
    page = as_(manager).get(reverse("ims:list", args=[utility.pk, "actions"])).text
    assert page.index(action.title) < page.index(closed.title)


def test_a_record_takes_few_queries(action, as_, viewer):
    browser = as_(viewer)
    with CaptureQueriesContext(connection) as captured:
        browser.get(action.get_absolute_url())
    assert len(captured) <= 18


# --- from a result or an opportunity to an action


def test_an_opportunity_taken_up_becomes_an_action_with_its_steps(utility, analysis, as_, manager, viewer):
    opportunity = Opportunity.objects.get(slug="one-review-team")
    Answer.give(utility, opportunity, 0, by=manager, choice="taken-up")
    browser = as_(manager)
    page = browser.get(reverse("assessments:integration", args=[utility.pk]))
    new = f"{reverse('ims:new', args=[utility.pk, 'actions'])}?opportunity=one-review-team"
    assert new in page.text
    assert new not in as_(viewer).get(reverse("assessments:integration", args=[utility.pk])).text
    form = browser.get(new).context["form"]
    assert form["title"].value() == opportunity.title
    assert form["lines"].value() == "\n".join(opportunity.how)
    browser.post(new, {"title": "One team", "lines": "Ask the managers."})
    action = Action.objects.get()
    assert (action.opportunity, action.element.slug, action.lines) == (
        opportunity,
        "management-review",
        "Ask the managers.",
    )
    assert opportunity.get_absolute_url() in browser.get(action.get_absolute_url()).text


def test_a_result_becomes_an_action(utility, analysis, as_, manager):
    analysis.findings.filter(element__slug="document-control").update(rating=1, areas=["E"])
    browser = as_(manager)
    page = browser.get(reverse("assessments:results", args=[analysis.pk])).text.replace("&amp;", "&")
    new = f"{reverse('ims:new', args=[utility.pk, 'actions'])}?element=document-control&areas=SQFH"
    assert new in page
    form = browser.get(new).context["form"]
    title = "Extend document control to safety and health, quality, finance and human resources"
    assert form["title"].value() == title
    assert form["areas"].value() == ["S", "Q", "F", "H"]


@pytest.mark.parametrize("asked", ["opportunity=nothing", "element=nothing", "element=vision&areas=XYZ", "areas=E"])
def test_what_is_unknown_suggests_nothing_wrong(utility, catalog, as_, manager, asked):
    page = as_(manager).get(f"{reverse('ims:new', args=[utility.pk, 'actions'])}?{asked}")
    assert page.status_code == 200
    assert not page.context["form"]["areas"].value()


def test_what_is_mine_and_late_waits_on_the_home_page(action, utility, manager, contributor, viewer, as_):
    today = timezone.localdate()
    mine = Person.objects.of(utility).get(user=contributor)
    Record.objects.filter(pk=action.pk).update(owner=mine, due=today - timedelta(days=4))
    home = as_(contributor).get("/").text
    assert f"{action.number} · {action.title}" in home
    assert "4 days late" in home
    assert action.number not in as_(manager).get("/").text
    Record.objects.filter(pk=action.pk).update(due=today + timedelta(days=15))
    assert "you own it" not in as_(contributor).get("/").text
    Record.objects.filter(pk=action.pk).update(due=today + timedelta(days=14))
    assert action.number in as_(contributor).get("/").text
    contributor.memberships.all().delete()
    assert "you own it" not in as_(contributor).get("/").text


# --- links and files


@pytest.fixture
def attached(action, manager, own_folder):
    return action.attach_file(upload(), by=manager)


@pytest.mark.parametrize("role", ROLES)
def test_who_attaches_removes_and_downloads(action, attached, address, browser, role):
    expected = {"viewer": 403, "stranger": 404, "former": 404}.get(role, 302)
    person = browser(role)
    assert (
        person.post(address("add_link", action), {"url": "https://example.org", "title": "Plan"}).status_code
        == expected
    )
    assert person.post(address("add_file", action), {"file": upload()}).status_code == expected
    kept = person.get(reverse("ims:download", args=[attached.pk]))
    assert kept.status_code == {"stranger": 404, "former": 404, "nobody": 302}.get(role, 200)
    if kept.streaming:
        assert b"".join(kept.streaming_content)
    assert person.post(reverse("ims:remove", args=[attached.pk])).status_code == expected
    left = {str(item) for item in action.attachments.exclude(pk=attached.pk)}
    assert left == ({"Plan", str(attached)} if role in ("manager", "contributor", "advisor") else set())
    assert action.attachments.filter(pk=attached.pk).exists() == (not left)


def test_a_path_is_kept_to_copy_and_a_wrong_one_is_told(action, address, as_, manager):
    browser = as_(manager)
    path = r"\\server\share\plan.docx"
    browser.post(address("add_link", action), {"url": path, "title": ""})
    assert action.attachments.get().url == path
    assert "path to copy" in browser.get(action.get_absolute_url()).text
    wrong = browser.post(address("add_link", action), {"url": "not an address", "title": ""})
    assert wrong.status_code == 422
    assert "Enter a web address" in wrong.text


def test_a_program_is_refused_as_a_file(action, address, as_, manager, own_folder):
    program = SimpleUploadedFile("tool.exe", b"MZ" + b"\0" * 200)
    refused = as_(manager).post(address("add_file", action), {"file": program})
    assert refused.status_code == 422
    assert not action.attachments.exists()


def test_comparing_analyses_lists_the_actions_closed_in_between(action, analysis, utility, manager, viewer, as_):
    earlier = GapAnalysisFactory(utility=utility, by=manager, as_of=date(2025, 1, 1))
    page = reverse("assessments:compare", args=[utility.pk])
    asked = {"analysis": [earlier.pk, analysis.pk]}
    browser = as_(viewer)
    for step in ("under-way", "done"):
        action.move(step, by=manager)
    action.move("closed", by=manager, verified="No overflow since May.", verified_by="Dana")

    def shown(on: date) -> bool:
        action.events.filter(to_status="closed").update(at=datetime(on.year, on.month, on.day, 18, tzinfo=UTC))
        return "No overflow since May." in browser.get(page, asked).text

    assert not shown(date(2025, 1, 1))
    assert shown(date(2025, 1, 2))
    assert shown(analysis.as_of)
    assert not shown(analysis.as_of + timedelta(days=1))


def test_the_page_of_a_utility_tells_what_is_open_and_late(action, utility, as_, viewer):
    page = reverse("accounts:utility", args=[utility.pk])
    text = as_(viewer).get(page).text
    assert "3 open records" in text, "the unit and the objective too"
    assert "late</span>" not in text
    Record.objects.filter(pk=action.pk).update(due="2020-01-01")
    assert "1 late" in as_(viewer).get(page).text


def test_a_form_checks_what_the_fields_of_its_register_ask_for(utility, catalog, as_, manager):
    sent = {"title": "Overflows", "every": "month", "combined": "total", "direction": "lower", "decimals": "99"}
    page = as_(manager).post(reverse("ims:new", args=[utility.pk, "measures"]), sent)
    assert page.status_code == 422
    assert "less than or equal to 6" in str(page.context["form"].errors["decimals"])


@pytest.mark.parametrize(
    ("sent", "field"),
    [({"cost": "-1"}, "cost"), ({"hours": "-0.5"}, "hours"), ({"starts": "2030-02-01", "due": "2030-01-31"}, "starts")],
)
def test_what_contradicts_itself_in_an_action_is_told(utility, catalog, as_, manager, sent, field):
    page = as_(manager).post(reverse("ims:new", args=[utility.pk, "actions"]), {"title": "New"} | sent)
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert not Action.objects.exists()
