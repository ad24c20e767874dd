"""Panels for all applications of a cycle: proposed, adjusted by hand and in Excel, assigned in one step, undone."""

import time
from collections import Counter
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from post_office.models import Email

from accounts.models import Membership, StaffGroup, User, Utility
from letters.models import Message
from recognition.models import Application, PanelMember, PanelProposal, PlannedPanel, PlannedSeat, Seat, Submission
from recognition.reviewing import panel_planning
from recognition.tasks import propose_panels, sweep_proposals
from tests import workbooks
from tests.applications import whole_content
from tests.database import analyze
from tests.factories import UserFactory, UtilityFactory
from tests.recognition.test_database_rules import refused_by
from workflow.models import Stale, WrongState

pytestmark = pytest.mark.django_db
Status = Application.Status
SOON = date.today() + timedelta(days=30)
STATES = ["OR", "WA", "CA", "TX", "NY", "OH", "FL", "GA", "MD", "MT"]


def address(name: str, *args) -> str:
    return reverse(f"recognition:{name}", args=args)


def applications(cycle, n: int, *, waiting: int = 0) -> list[Application]:
    """``n`` at the panel and ``waiting`` submitted ones, each of a utility of its own."""
    total = n + waiting
    utilities = Utility.objects.bulk_create(
        Utility(
            name=f"Applicant {number:04}",
            city="Riverbend",
            state=STATES[number % len(STATES)],
            systems=[["drinking_water"], ["wastewater"], ["drinking_water", "wastewater"]][number % 3],
        )
        for number in range(total)
    )
    rows = Application.objects.bulk_create(
        Application(utility=utility, cycle=cycle, status=Status.PANEL if number < n else Status.SUBMITTED)
        for number, utility in enumerate(utilities)
    )
    content = whole_content()
    Submission.objects.bulk_create(
        Submission(application=row, number=1, content=content, words=9, counted_attributes=4, counted_boxes=2)
        for row in rows
    )
    return rows[:n]


def reviewers(n: int) -> list[User]:
    people = User.objects.bulk_create(
        User(email=f"reviewer{number}@example.org", name=f"Reviewer {number:02}") for number in range(n)
    )
    group = Group.objects.get(name=StaffGroup.PANEL)
    User.groups.through.objects.bulk_create(User.groups.through(user=one, group=group) for one in people)
    PanelMember.objects.bulk_create(
        PanelMember(
            user=one,
            affiliation=["hq", "region", "expert"][number % 3],
            state=STATES[number % len(STATES)],
            systems=[["drinking_water"], ["wastewater"], []][number % 3],
            conflict_states=["TX"] if number % 8 == 7 else [],
            most_panels=60 if number % 10 == 0 else None,
        )
        for number, one in enumerate(people)
    )
    return people


@pytest.fixture
def proposed(cycle, staff, sent_tasks, django_capture_on_commit_callbacks):
    """``proposed()``: the cycle's proposal, as a worker made it."""

    def propose() -> PanelProposal:
        with django_capture_on_commit_callbacks(execute=True):
            made = PanelProposal.request(cycle, by=staff)
        assert [(each.task, each.args) for each in sent_tasks] == [("recognition.tasks.propose_panels", (made.pk,))]
        propose_panels(made.pk)
        made.refresh_from_db()
        return made

    return propose


# --- A whole cycle.


def test_a_cycle_of_1500_applications_and_40_reviewers_takes_a_few_pages_and_30_seconds(cycle, staff, as_, proposed):
    rows, people = applications(cycle, 1085, waiting=415), reviewers(40)
    conflict = Membership.objects.create(utility=rows[5].utility, user=people[3], role="viewer")
    PanelMember.objects.get(user=people[4]).interests.add(rows[6].utility)
    browser, pages = as_(staff), 0
    began = time.process_time()  # of this process, which no other makes longer; the database takes a few more
    for step in ("page", "propose", "work", "page", "assign", "page"):
        if step == "work":
            propose_panels(PanelProposal.objects.get().pk)
            continue
        analyze()
        pages += 1
        if step == "page":
            page = browser.get(address("panels", cycle.pk)).text
        else:
            browser.post(address(f"panels_{step}", cycle.pk), {"due": SOON.isoformat()})
    seconds = time.process_time() - began
    assert seconds < 30
    assert pages <= 30, "where one needed six for each panel"
    assert "1,085" in page or "1085" in page

    seats = list(Seat.objects.select_related("application__utility", "member__panel_member"))
    assert len(seats) == 3255
    of: dict[int, list[Seat]] = {}
    for seat in seats:
        of.setdefault(seat.application_id, []).append(seat)
    assert set(of) == {row.pk for row in rows}
    for panel in of.values():
        assert len({seat.member_id for seat in panel}) == 3
        assert [seat.lead for seat in panel].count(True) == 1
        assert {seat.due for seat in panel} == {SOON}
    for seat in seats:
        assert seat.application.utility.state not in seat.member.panel_member.conflict_states
    assert conflict.user not in [seat.member for seat in of[rows[5].pk]]
    assert people[4] not in [seat.member for seat in of[rows[6].pk]]
    load = Counter(seat.member for seat in seats)
    assert {load[one] for one in people[::10]} == {60}, "they take no more"
    others = [load[one] for one in people if one not in people[::10]]
    assert set(others) <= {83, 84}, "3255 less 240 seats for 36 people"
    leads = Counter(seat.member_id for seat in seats if seat.lead)
    assert max(leads.values()) - min(leads.values()) <= 2
    assert Email.objects.filter(subject__contains="to review by").count() == 40, "one email for each, not 81"
    assert rows[0].events.filter(why__endswith="was assigned to the panel").count() == 3


# --- The proposal.


def test_the_proposal_is_shown_before_anything_is_assigned(cycle, staff, as_, proposed):
    applications(cycle, 3), reviewers(4)
    made = proposed()
    assert (made.status, made.progress, made.panels.count()) == ("ready", 100, 3)
    page = as_(staff).get(address("panels", cycle.pk)).text
    assert "3 panels proposed" in page
    assert "Applicant 0002" in page
    assert not Seat.objects.exists()
    assert not Email.objects.exists()
    assert PanelProposal.request(cycle, by=staff) == made, "one at a time"
    as_(staff).post(address("panels_discard", cycle.pk), {"proposal": made.pk})
    assert PanelProposal.objects.get().status == "discarded"
    as_(staff).post(address("panels_assign", cycle.pk), {"proposal": made.pk, "due": SOON.isoformat()})
    assert not Seat.objects.exists()


def test_a_proposal_fills_up_what_is_there_and_says_what_stays_empty(cycle, staff, as_, proposed):
    [full, begun, untouched], people = applications(cycle, 3), reviewers(4)
    for person in people[1:]:
        Seat.assign(full, person, by=staff, due=SOON)
    first = Seat.assign(begun, people[1], by=staff, due=SOON, lead=True)
    second = Seat.assign(begun, people[2], by=staff, due=SOON)
    second.recuse(conflict="other", reason="A cousin.")
    PanelMember.objects.filter(user__in=people[2:]).update(conflict_states=[untouched.utility.state])
    made = proposed()
    planned = {panel.application_id: panel for panel in made.panels.all()}
    assert set(planned) == {begun.pk, untouched.pk}
    added = [seat.member for seat in planned[begun.pk].seats.all()]
    assert len(added) == 2
    assert not {first.member, second.member} & set(added)
    assert not planned[begun.pk].seats.filter(lead=True).exists(), "it has a lead"
    assert "only 2 of 4 reviewers have no conflict" in planned[untouched.pk].why
    page = as_(staff).get(address("panels", cycle.pk), {"shown": "short"}).text
    assert untouched.utility.name in page
    assert "1 seat stays empty: only 2 of 4 reviewers have no conflict of interest" in page
    assert f">{begun.utility.name}<" not in page


def test_it_says_why_there_is_no_proposal(cycle, staff, as_, proposed, sent_tasks, monkeypatch):
    assert "is one that a colleague has to assign" in proposed().error
    sent_tasks.clear()
    applications(cycle, 1)
    assert proposed().error == "No reviewer is available. Invite reviewers, or mark some as available."
    sent_tasks.clear()
    reviewers(3)
    with monkeypatch.context() as broken:
        broken.setattr(panel_planning, "plan", lambda *_: 1 / 0)
        assert "Site administrators can find the details" in proposed().error
    sent_tasks.clear()
    monkeypatch.setattr(panel_planning.plan, "__kwdefaults__", {"seconds": 0.0})
    assert "No plan was found within 0 seconds" in proposed().error
    assert "No plan was found" in as_(staff).get(address("panels", cycle.pk)).text


def test_progress_is_told_and_a_lost_worker_is_noticed(cycle, staff, as_, sent_tasks):
    made = PanelProposal.objects.create(cycle=cycle, by=staff)
    made.start()
    made.report_progress("Planning 7 panels with 4 reviewers", 30)
    browser = as_(staff)
    progress = browser.get(address("panels", cycle.pk), headers={"HX-Request": "true"})
    assert "Planning 7 panels with 4 reviewers" in progress.text
    made.refresh_from_db()
    same = browser.get(address("panels", cycle.pk), {"seen": made.seen}, headers={"HX-Request": "true"})
    assert same.status_code == 204
    PanelProposal.objects.update(heard_at=made.heard_at - timedelta(minutes=6))
    sweep_proposals()
    made.refresh_from_db()
    assert (made.status, made.error) == (
        "failed",
        "The proposal was interrupted and nothing was kept. Propose again.",
    )
    assert browser.get(address("panels", cycle.pk), headers={"HX-Request": "true"})["HX-Refresh"] == "true"


# --- By hand and in Excel.


def test_a_panel_is_adjusted_over_the_version_that_was_read(cycle, staff, as_, proposed):
    [row], people = applications(cycle, 1), reviewers(5)
    PanelMember.objects.get(user=people[4]).interests.add(row.utility)
    panel = proposed().panels.get()
    browser, page = as_(staff), address("planned_panel", panel.pk)
    shown = browser.get(page).text
    assert "reviewer1@example.org" in shown
    assert "Reviewer 04 has a conflict of interest." in shown
    new = {"version": 1, "members": [people[0].pk, people[3].pk], "lead": people[3].pk}
    for wrong, why in (
        ({"lead": people[1].pk}, "The lead must be one of the new members."),
        ({"lead": ""}, "Choose one of the new members as lead."),
        ({"members": [people[4].pk]}, "Select a valid choice"),
        ({"members": ["9" * 30]}, "Select a valid choice"),
    ):
        answer = browser.post(page, new | wrong)
        assert (answer.status_code, why in answer.text) == (422, True), why
    assert browser.post(page, new).status_code == 302
    assert {(seat.member, seat.lead) for seat in panel.seats.all()} == {(people[0], False), (people[3], True)}
    assert browser.post(page, new | {"members": [people[1].pk], "lead": people[1].pk}).status_code == 409
    assert panel.seats.count() == 2
    with pytest.raises(Stale):
        panel.adjust(1, members=[], lead=None, by=staff)
    assert "1 seat stays empty" in browser.get(address("panels", cycle.pk)).text
    browser.post(address("panels_assign", cycle.pk), {"due": SOON.isoformat()})
    assert {seat.member for seat in Seat.objects.all()} == {people[0], people[3]}
    with pytest.raises(WrongState):
        panel.adjust(2, members=[], lead=None, by=staff)


def test_panels_go_out_to_excel_and_come_back(cycle, staff, as_, proposed):
    row, people = applications(cycle, 2)[0], reviewers(6)
    made = proposed()
    browser = as_(staff)
    file = browser.get(address("panels_excel", cycle.pk)).content
    cells = workbooks.cells(file, "Panels")
    assert cells[f"A{row.pk}"]["Utility"] == "Applicant 0000"
    assert cells[f"A{row.pk}"]["New members"].count("@example.org") == 3

    def edited(members: list[User], lead: User) -> bytes:
        def edit(book) -> None:
            sheet = book["Panels"]
            place = {cell.value: cell.column for cell in sheet[1]}
            line = next(line for line in range(2, 4) if sheet.cell(line, 1).value == f"A{row.pk}")
            names = "\n".join(f"{one.name} ({one.email})" for one in members)
            sheet.cell(line, place["New members"]).value = names
            sheet.cell(line, place["Lead"]).value = f"{lead.name} ({lead.email})"

        return workbooks.edited(file, None, edit)

    Membership.objects.create(utility=row.utility, user=people[5], role="viewer")
    wrong = browser.post(address("panels_import", cycle.pk), workbooks.sent(edited(people[4:], people[4])))
    assert wrong.status_code == 422
    assert "Reviewer 05 has a conflict of interest." in wrong.text
    plan = browser.post(address("panels_import", cycle.pk), workbooks.sent(edited(people[:3], people[2])))
    assert "The file changes 1 row" in plan.text
    browser.post(address("panels_confirm", cycle.pk), {"token": plan.context["plan"].token})
    now = made.panels.get(application=row).seats.all()
    assert {(seat.member, seat.lead) for seat in now} == {(people[0], False), (people[1], False), (people[2], True)}
    again = browser.post(address("panels_confirm", cycle.pk), {"token": plan.context["plan"].token})
    assert again.status_code == 422


# --- Assigning and undoing.


def test_a_panel_that_changed_since_is_left_out_and_says_why(cycle, staff, as_, proposed):
    [moved, taken, conflicted, fine] = applications(cycle, 4)
    reviewers(4)
    made = proposed()
    Application.objects.filter(pk=moved.pk).update(status=Status.RECOMMENDED)
    busy = made.panels.get(application=taken).seats.first().member
    Seat.assign(taken, busy, by=staff, due=SOON)
    member = made.panels.get(application=conflicted).seats.first().member
    Membership.objects.create(utility=conflicted.utility, user=member, role="viewer")
    answer = as_(staff).post(address("panels_assign", cycle.pk), {"due": SOON.isoformat()}, follow=True).text
    assert "1 panel is assigned: 3 seats." in answer
    assert "3 were not assigned" in answer
    assert Seat.objects.filter(proposal=made).values("application").distinct().count() == 1
    assert Seat.objects.filter(application=fine).count() == 3
    reasons = dict(made.panels.values_list("application", "left_out"))
    assert reasons[moved.pk] == "The panel is not reviewing this application."
    assert reasons[taken.pk] == "Its panel was changed after the proposal."
    assert reasons[conflicted.pk] == f"{member} has a conflict of interest."


def test_what_was_assigned_is_undone_where_nobody_has_begun(cycle, staff, as_, proposed):
    [begun, free] = applications(cycle, 2)
    reviewers(3)
    made, browser = proposed(), as_(staff)
    browser.post(address("panels_assign", cycle.pk), {"due": SOON.isoformat()})
    Seat.objects.filter(application=begun).first().declare()
    page = browser.get(address("panels", cycle.pk)).text
    assert "1 panel is undone" in page
    answer = browser.post(address("panels_undo", cycle.pk), {"proposal": made.pk}, follow=True).text
    assert "1 panel undone. 1 stays, because somebody has begun." in answer
    assert Seat.objects.filter(application=begun).count() == 3
    assert not Seat.objects.filter(application=free).exists()
    assert free.events.filter(why="The panel that was proposed and assigned was undone").exists()
    emails = Email.objects.filter(subject__startswith="You no longer need to review 1 application")
    assert emails.count() == 3
    assert "is no longer yours" in emails.first().message
    again = browser.post(address("panels_undo", cycle.pk), {"proposal": made.pk}, follow=True).text
    assert "On every one of these panels somebody has begun." in again
    made.refresh_from_db()
    assert made.status == "assigned"


def test_everything_undone_ends_the_proposal_and_may_be_proposed_again(cycle, staff, as_, proposed, sent_tasks):
    applications(cycle, 2), reviewers(3)
    made, browser = proposed(), as_(staff)
    browser.post(address("panels_assign", cycle.pk), {"due": SOON.isoformat()})
    browser.post(address("panels_undo", cycle.pk), {"proposal": made.pk})
    made.refresh_from_db()
    assert (made.status, Seat.objects.count()) == ("undone", 0)
    sent_tasks.clear()
    assert proposed().panels.count() == 2


# --- Who may, and who sees what.


def test_only_program_staff_and_not_their_own(
    cycle, staff, as_, proposed, official, compliance, stranger, panelists, client
):
    rows = applications(cycle, 3)
    reviewers(3)
    Membership.objects.create(utility=rows[0].utility, user=staff, role="viewer")
    Seat.assign(rows[1], panelists[0], by=staff, due=SOON)
    PanelMember.objects.create(user=staff, affiliation="hq")
    Seat.assign(rows[1], staff, by=staff, due=SOON)
    made = proposed()
    assert [panel.application for panel in made.panels.all()] == [rows[2]], "the others are for a colleague"
    panel = made.panels.get()
    paths = [address("planned_panel", panel.pk)]
    paths += [address(name, cycle.pk) for name in ("panels", "panels_excel", "panels_import")]
    posts = [address(f"panels_{name}", cycle.pk) for name in ("propose", "assign", "discard", "undo", "confirm")]
    for person in (official, compliance, stranger, panelists[1]):
        browser = as_(person)
        assert {browser.get(path).status_code for path in paths} == {404}
        assert {browser.post(path, {"due": SOON.isoformat()}).status_code for path in [*paths[:1], *posts]} == {404}
    for path in paths:
        assert client.get(path)["Location"].startswith("/account/login/")
    for path in posts:
        assert as_(staff).get(path).status_code == 405
    assert {as_(staff).get(path).status_code for path in paths} == {200}
    made.refresh_from_db()
    assert made.status == "ready"
    other = PlannedPanel.objects.create(proposal=made, application=rows[0], need=3)
    assert as_(staff).get(address("planned_panel", other.pk)).status_code == 404


def test_the_list_asks_no_more_for_more_panels(cycle, staff, as_, proposed):
    applications(cycle, 3), reviewers(4)
    made, browser = proposed(), as_(staff)
    browser.get(address("panels", cycle.pk))
    with CaptureQueriesContext(connection) as few:
        browser.get(address("panels", cycle.pk))
    more = [
        Application.objects.create(utility=UtilityFactory(name=f"More {number}"), cycle=cycle, status=Status.PANEL)
        for number in range(20)
    ]
    PlannedPanel.objects.bulk_create(PlannedPanel(proposal=made, application=row, need=3) for row in more)
    with CaptureQueriesContext(connection) as many:
        browser.get(address("panels", cycle.pk))
    assert len(many) == len(few) <= 25


# --- One page for all conflicts.


@pytest.fixture
def assigned(cycle, staff, proposed, as_) -> list[User]:
    applications(cycle, 4)
    people = reviewers(3)
    proposed()
    as_(staff).post(address("panels_assign", cycle.pk), {"due": SOON.isoformat()})
    return people


def test_one_email_leads_to_one_page_for_all_conflicts(assigned, as_, cycle, stranger):
    [email] = Email.objects.filter(to=[assigned[0].email])
    assert email.subject.startswith("4 applications to review by ")
    assert address("declare_all") in email.message
    assert Message.objects.filter(key__startswith="panels-assigned:").count() == 3
    browser = as_(assigned[0])
    page = browser.get(address("declare_all")).text
    assert page.count("I have a conflict<") == 4
    assert "product-quality-assessed" not in page
    first, *others = Seat.objects.filter(member=assigned[0]).order_by("application__utility__name")
    nothing = browser.post(address("declare_all"), {})
    assert nothing.status_code == 422
    half = {f"conflict-{first.pk}": "employment", "clear": "on"}
    assert "Enter an explanation." in browser.post(address("declare_all"), half).text
    assert not Seat.objects.exclude(declared_at=None, recused_at=None).exists()
    answer = browser.post(
        address("declare_all"), half | {f"reason-{first.pk}": "I worked there until 2021."}, follow=True
    ).text
    assert "You can now review 3 applications. You stepped down from 1 panel." in answer
    first.refresh_from_db()
    assert (first.conflict, first.conflict_reason, first.declared_at) == (
        "employment",
        "I worked there until 2021.",
        None,
    )
    for seat in others:
        seat.refresh_from_db()
        assert seat.declared_at
        assert seat.ratings.count() == 6
        assert seat.application.events.filter(why="Declared no conflict of interest", by=assigned[0]).count() == 1
    assert "You have declared for every application" in browser.get(address("declare_all")).text
    assert "You have declared for every application" in as_(stranger).get(address("declare_all")).text


def test_declaring_for_all_asks_no_more_for_more_panels(assigned, as_, cycle, staff):
    one, two = as_(assigned[0]), as_(assigned[1])
    Seat.objects.filter(member=assigned[0]).exclude(pk=Seat.objects.filter(member=assigned[0]).first().pk).delete()
    with CaptureQueriesContext(connection) as few:
        one.post(address("declare_all"), {"clear": "on"})
    with CaptureQueriesContext(connection) as many:
        two.post(address("declare_all"), {"clear": "on"})
    assert Seat.objects.filter(member=assigned[1], declared_at=None).count() == 0
    assert len(many) == len(few)


# --- What the database keeps.


def test_a_seat_goes_to_nobody_with_a_conflict(cycle, staff):
    [row], [one, two, three, former, fine] = applications(cycle, 1), reviewers(5)
    PanelMember.objects.get(user=one).interests.add(row.utility)
    PanelMember.objects.filter(user=two).update(conflict_states=[row.utility.state])
    Membership.objects.create(utility=row.utility, user=three, role="viewer")
    Membership.objects.create(utility=row.utility, user=former, role="advisor", until=date(2020, 1, 1))
    for person in (one, two, three, former):
        seats = [Seat(application=row, member=person, due=SOON)]
        assert refused_by(lambda: Seat.objects.bulk_create(seats)) == "seat_without_conflict"  # noqa: B023
    seat = Seat.objects.create(application=row, member=UserFactory(), due=SOON)
    assert refused_by(lambda: Seat.objects.filter(pk=seat.pk).update(member=one)) == "seat_without_conflict"
    assert Seat.assign(row, fine, by=staff, due=SOON).pk


def test_the_rules_of_a_proposal(cycle, staff):
    [row], [one, two] = applications(cycle, 1), reviewers(2)
    made = PanelProposal.objects.create(cycle=cycle)
    assert refused_by(lambda: PanelProposal.objects.create(cycle=cycle)) == "panel_proposal_one_at_a_time"
    rows = PanelProposal.objects.filter(pk=made.pk)
    assert refused_by(lambda: rows.update(progress=101)) == "panel_proposal_progress_percent"
    assert refused_by(lambda: rows.update(status="done")) == "panel_proposal_status_known"
    panel = PlannedPanel.objects.create(proposal=made, application=row, need=3)
    again = PlannedPanel(proposal=made, application=row, need=3)
    assert refused_by(again.save) == "planned_panel_once"
    assert refused_by(lambda: PlannedPanel.objects.update(need=0)) == "planned_panel_has_empty_seats"
    PlannedSeat.objects.create(panel=panel, member=one, lead=True)
    assert refused_by(PlannedSeat(panel=panel, member=one).save) == "planned_seat_once_per_member"
    assert refused_by(PlannedSeat(panel=panel, member=two, lead=True).save) == "planned_seat_one_lead"
    members = PanelMember.objects.filter(user=one)
    assert refused_by(lambda: members.update(most_panels=0)) == "panel_member_takes_a_panel"
    assert refused_by(lambda: members.update(systems=["sewer"])) == "panel_member_knows_known_systems"
