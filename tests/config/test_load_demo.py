"""Demo data: on demand only, in a database without users only, whole, and everyone can go on from there."""

from datetime import timedelta
from io import StringIO

import pytest
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone
from post_office.models import STATUS, Email

import accounts.demo
import assessments.demo
import ims.demo
import recognition.demo
from accounts.models import Membership, Role, StaffGroup, User, Utility
from assessments.models import GapAnalysis
from config.management.commands.load_demo import ADMIN, AT_UTILITIES, IN_THE_PROGRAM
from ims.models import (
    Action,
    Agreement,
    AreaWeight,
    Assessment,
    Ballot,
    Capacity,
    Criteria,
    Measure,
    Objective,
    ReadinessRound,
    Record,
    Workshop,
)
from ims.plan.harmonize.board import Board
from ims.plan.programs.glance import Glance
from ims.plan.ranked import Ranked
from letters.models import Message
from recognition import reminders
from recognition.models import Application, Cycle, Decision, PanelMember, PanelProposal, ReviewerInvitation, Seat
from tests.factories import UserFactory
from workflow.recent import recent_for

Status = Application.Status
TOLD = {utility["name"]: utility for utility in yaml.safe_load(assessments.demo.DATA.read_text())["utilities"]}
APPLIED = yaml.safe_load(recognition.demo.DATA.read_text())
PASSWORD = "tell-me-a-river"
ALL = (User, GapAnalysis, Application, Message, Record, ReadinessRound, Criteria, Ballot, Capacity, Agreement)


def load() -> str:
    said = StringIO()
    call_command("load_demo", stdout=said)
    return said.getvalue()


@pytest.fixture
def demo(catalog, monkeypatch):
    monkeypatch.setenv("HEADWORKS_DEMO", "1")


@pytest.fixture(scope="module")
def loaded(django_db_setup, django_db_blocker, tmp_path_factory):
    """Once for all tests of this module; each works within the transaction, which is rolled back at the end."""
    folder = tmp_path_factory.mktemp("demo")
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch, transaction.atomic():
        patch.setattr(settings, "LOCAL_DIR", folder)
        patch.setenv("HEADWORKS_DEMO", "1")
        patch.setenv("DEMO_PASSWORD", PASSWORD)
        yield load()
        transaction.set_rollback(True)


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


@pytest.mark.django_db
@pytest.mark.parametrize("value", [None, "", "0", "yes"])
def test_it_needs_to_be_asked_for(monkeypatch, value):
    monkeypatch.delenv("HEADWORKS_DEMO", raising=False)
    if value is not None:
        monkeypatch.setenv("HEADWORKS_DEMO", value)
    with pytest.raises(CommandError, match="make demo"):
        load()
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_database_with_users_of_its_own_is_left_alone(demo):
    UserFactory()
    assert "no demo data" in load()
    assert User.objects.count() == 1
    assert not Utility.objects.exists()


@pytest.fixture
def kept(settings, tmp_path):
    """The file that keeps the password."""
    settings.LOCAL_DIR = tmp_path
    return tmp_path / "demo-password"


def password_in(said: str) -> str:
    return said.strip().splitlines()[-1].removeprefix("Password for all accounts: ")


@pytest.mark.django_db
def test_without_a_given_password_a_random_one_is_made_and_kept(demo, monkeypatch, kept):
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    for room in (assessments.demo, accounts.demo, ims.demo, recognition.demo):  # what they load needs no password
        monkeypatch.setattr(room, "load", lambda people: None)
    password = password_in(load())
    assert len(password) >= 12
    assert User.objects.get(email=ADMIN).check_password(password)
    assert kept.read_text().strip() == password
    assert kept.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_second_time_changes_nothing_and_prints_the_password_again(loaded, monkeypatch, kept):
    monkeypatch.setenv("HEADWORKS_DEMO", "1")
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    kept.write_text(PASSWORD)
    before = [list(model.objects.values()) for model in ALL]
    assert password_in(load()) == PASSWORD
    assert [list(model.objects.values()) for model in ALL] == before


@pytest.mark.django_db
@pytest.mark.parametrize("given", ["my own words", ""])
def test_the_password_that_is_printed_is_right_for_all_whatever_was_kept(loaded, monkeypatch, kept, given):
    """With another DEMO_PASSWORD, and where the file is missing."""
    monkeypatch.setenv("HEADWORKS_DEMO", "1")
    monkeypatch.setenv("DEMO_PASSWORD", given)
    password = password_in(load())
    assert password == (given or kept.read_text().strip())
    assert all(person(name).check_password(password) for name in AT_UTILITIES | IN_THE_PROGRAM)


@pytest.mark.django_db
def test_the_accounts_are_printed_and_can_sign_in(loaded, client):
    assert f"Password for all accounts: {PASSWORD}" in loaded
    for name in [*AT_UTILITIES, *IN_THE_PROGRAM]:
        assert f"{name}@example.org" in loaded
        sent = {"login": f"{name}@example.org", "password": PASSWORD}
        assert client.post("/account/login/", sent).status_code == 302
        assert client.get("/").status_code == 200
        client.logout()
    assert person("admin").is_superuser
    assert not User.objects.exclude(email=ADMIN).filter(is_staff=True).exists()
    others = User.objects.exclude(email__in=[f"{name}@example.org" for name in [*AT_UTILITIES, *IN_THE_PROGRAM]])
    assert not any(user.has_usable_password() for user in others)


@pytest.mark.django_db
def test_everyone_has_their_role(loaded):
    for name, (_, role) in AT_UTILITIES.items():
        memberships = Membership.objects.filter(user=person(name))
        assert set(memberships.values_list("role", "utility__name")) == {(Role(role), name) for name in TOLD}
    for name, (_, group) in IN_THE_PROGRAM.items():
        assert person(name).staff_groups == {StaffGroup(group)}
    stands = dict(PanelMember.objects.values_list("user__email", "affiliation"))
    assert [stands[f"panelist{n}@example.org"] for n in (1, 2, 3)] == ["hq", "region", "expert"]


@pytest.mark.django_db
def test_every_analysis_is_loaded_as_told(loaded):
    for name, utility in TOLD.items():
        for one in utility["analyses"]:
            analysis = GapAnalysis.objects.get(utility__name=name, name=one["name"])
            assert (analysis.status, analysis.areas, analysis.as_of) == (one["status"], one["areas"], one["as_of"])
            assert sorted(analysis.initiatives.values_list("slug", flat=True)) == sorted(one["initiatives"])
            kept = {finding.element.slug: finding for finding in analysis.findings.select_related("element")}
            assert len(kept) == 18
            for slug, finding in kept.items():
                row = one["findings"].get(slug, {"rating": None, "areas": []})
                assert (finding.rating, finding.areas) == (row["rating"], row["areas"]), f"{name}: {slug}"
                assert finding.evidence == row.get("evidence", "").strip()
    assert GapAnalysis.objects.count() == sum(len(row["analyses"]) for row in TOLD.values())


@pytest.mark.django_db
@pytest.mark.parametrize("city", ["Albany", "Eugene"])
def test_the_worked_cases_are_under_way_and_silent_where_the_text_is(loaded, city):
    analysis = GapAnalysis.objects.get(utility__city=city)
    assert analysis.status == GapAnalysis.Status.DRAFT
    assert 0 < len(analysis.results.answered) < 18
    assert "not answered yet" in " ".join(analysis.results.sentences)
    assert all(finding.evidence for finding in analysis.findings.answered()), "each with the fact that it rests on"


@pytest.mark.django_db
def test_the_invented_utility_has_a_complete_one_and_an_older_one(loaded):
    name = next(name for name, row in TOLD.items() if row.get("fictional"))
    analyses = list(GapAnalysis.objects.filter(utility__name=name))
    assert len(analyses) >= 2
    assert any(analysis.status == "complete" and analysis.frozen for analysis in analyses)
    assert len({analysis.as_of for analysis in analyses}) == len(analyses)


@pytest.mark.django_db
def test_the_invented_utility_runs_a_system(loaded):
    utility = Utility.objects.get(name=ims.demo.read(ims.demo.DATA)["utility"])
    manager = person("manager")
    assert Objective.objects.filter(utility=utility).count() == 12
    actions = Action.objects.visible_to(manager).filter(utility=utility)
    assert actions.count() == 40
    assert set(actions.values_list("status", flat=True)) == set(Action.Status.values)
    assert 3 <= actions.late().count() <= 8
    assert actions.exclude(owner=None).count() == 40
    assert not Record.objects.exclude(assigned_at=None).exists(), "nobody is emailed about the demo"
    for action in actions:
        events = list(action.events.all())
        assert [event.at for event in events] == sorted(event.at for event in events), action
        assert (events[-1].to_status, events[-1].at < timezone.now()) == (action.status, True)
        for start, end in zip(events, events[1:], strict=False):
            assert end.to_status in Action.TRANSITIONS[start.to_status]
    for measure in Measure.objects.all():
        assert measure.readings.exclude(value=None).count() == 36, "three years"
        assert measure.readings.order_by("period").last().period == measure.last_period


@pytest.mark.django_db
def test_the_others_read_of_some_changes_and_not_of_the_loading(loaded):
    """Of the last two weeks: what a colleague did, and who scored; nothing that only the loading makes."""
    since = timezone.now() - timedelta(days=13)
    of_manager = [sentence.did for sentence in recent_for(person("manager"), since).sentences]
    assert {"moved", "commented on", "finished scoring in"} <= set(of_manager)
    sentences = recent_for(person("viewer"), since).sentences
    assert not [sentence for sentence in sentences if sentence.day == timezone.localdate()]


@pytest.mark.django_db
def test_its_findings_are_ranked_by_the_criteria_that_the_team_keeps(loaded):
    utility = Utility.objects.get(name="Riverbend Water & Sewer")
    ranked = Ranked(utility)
    assert (ranked.criteria.edition, len(ranked.places), len(ranked.unranked)) == (2, 12, 1)
    assert len({place.total for place in ranked.places}) == 12
    findings = Assessment.objects.filter(utility=utility)
    assert len({finding.kind for finding in findings}) >= 8
    assert len({slug for finding in findings for slug in finding.initiatives}) >= 8
    assert {finding.status for finding in findings} == set(Assessment.Status.values)
    assert Objective.objects.filter(utility=utility).exclude(finding=None).count() == 7
    (own,) = AreaWeight.objects.filter(criterion__criteria=ranked.criteria)
    assert own.why
    assert all(edition.made_at < timezone.now() - timedelta(days=100) for edition in Criteria.objects.all())


@pytest.mark.django_db
def test_the_team_has_rated_its_readiness_twice_and_acts_on_a_barrier(loaded):
    latest, before = ReadinessRound.objects.all()
    assert latest.before() == before
    assert [len(each.ratings.values("person").distinct()) for each in (latest, before)] == [7, 5]
    assert any(spread.is_weak for spread in latest.spreads().values())
    assert latest.points.filter(applies=True).exclude(responses=[]).count() == 2
    (action,) = Action.objects.exclude(readiness=None)
    assert action.readiness.round == latest
    assert (action.readiness.slug, action.element_id) == ("keep-knowledge", "document-control")


@pytest.mark.django_db
def test_one_workshop_is_closed_and_one_needs_the_scores_of_the_manager(loaded):
    closed, open_ = Workshop.objects.order_by("number").select_related("utility")
    board = Board(closed)
    assert (closed.status, closed.revealed) == (Workshop.Status.CLOSED, 2)
    assert closed.closed_at < timezone.now() - timedelta(days=60)
    assert len(board.lines) == len(board.proposals) == 9
    assert board.cuts, "something is under-funded"
    assert board.left > 0
    assert {pair.outcome for pair in closed.pairs.filter(effect=-1)} == {"settled", "accepted"}
    assert (open_.status, open_.proposals.count()) == (Workshop.Status.SCORE, 6)
    ballots = {each.person.name: each.ballots.count() for each in open_.participants.all()}
    assert ballots == {"Mara Gerr": 0, "Connie Boyd": 6, "Hank Osei": 6, "Luis Ortega": 4, "Priya Nair": 0}


@pytest.mark.django_db
def test_its_programs_have_a_settled_pair_an_open_one_and_someone_with_too_much_work(loaded):
    utility = Utility.objects.get(name="Riverbend Water & Sewer")
    glance = Glance(utility, person("manager"), timezone.localdate())
    assert [len(flags) for flags in (glance.open_flags, glance.settled_flags)] == [2, 2]
    assert all(row.load.capacity for row in glance.rows)
    assert 0 < sum(bool(row.overloaded) for row in glance.rows) < len(glance.rows)


@pytest.mark.django_db
def test_an_open_cycle_and_one_in_review_with_an_application_at_every_stage(loaded):
    assert sorted(cycle.stage for cycle in Cycle.objects.filter(blind=False)) == ["In review", "Open"]
    rows = Application.objects.filter(cycle__blind=False).select_related("utility")
    by_name = {application.utility.name: application for application in rows}
    for row in APPLIED["utilities"]:
        assert by_name[row["name"]].status == row["stage"].replace("-", "_")
    asked_of_a_region = {Status.REGION}  # only where a cycle asks for it
    assert {application.status for application in by_name.values()} == set(Status) - asked_of_a_region
    assert Utility.objects.get(name=APPLIED["own"]["name"]).applications.get().status == Status.DRAFT


@pytest.mark.django_db
def test_a_cycle_with_blind_review_has_proposed_panels_and_reviewers_are_invited(loaded):
    pilot = Cycle.objects.get(blind=True)
    assert pilot.stage == "In review"
    assert set(pilot.applications.values_list("status", flat=True)) == {Status.PANEL}
    proposal = PanelProposal.objects.get(cycle=pilot)
    assert proposal.status == PanelProposal.Status.READY
    assert proposal.panels.count() == pilot.applications.count()
    assert sorted(one.is_open for one in ReviewerInvitation.objects.all()) == [False, True]


@pytest.mark.django_db
def test_what_happened_happened_in_its_order_and_its_time(loaded):
    now = timezone.now()
    for application in Application.objects.select_related("cycle"):
        events = list(application.events.all())  # by date
        assert [event.pk for event in events] == sorted(event.pk for event in events), application
        assert application.cycle.opens < application.created_at <= events[0].at
        assert events[-1].at < now
        moves = [event for event in events if event.from_status != event.to_status]
        statuses = [Status.DRAFT, *(event.to_status for event in moves)]
        for start, end in zip(statuses, statuses[1:], strict=False):
            assert end in Application.TRANSITIONS[start]
        if moves:
            assert abs(application.status_since - moves[-1].at) < timedelta(minutes=1)
            first = application.submissions.first()
            assert abs(first.submitted_at - moves[0].at) < timedelta(minutes=1)
            assert first.submitted_at < application.cycle.closes
            assert first.deficiencies == [] or application.scan, "what came on paper is entered as it is"
    ages = Application.objects.exclude(status=Status.DRAFT).values_list("status_since__date", flat=True)
    assert len(set(ages)) >= 8


@pytest.mark.django_db
def test_its_letters_are_kept_and_not_sent(loaded):
    n_pilot = 4
    submitted = Message.objects.filter(key__startswith="application-submitted")
    assert submitted.count() == 14 + n_pilot  # 13, one of them twice
    assert Message.objects.filter(key__startswith="decided").count() == 2
    assert Message.objects.filter(key__startswith="application-reminder").count() == 1
    unsent = Email.objects.exclude(status=STATUS.sent)
    assert [email.to for email in unsent] == [["a.marchetti@example.org"]], "one was returned"
    reminders.remind()
    reminders.close_late()
    assert unsent.count() == 1, "nothing is due at once"


@pytest.mark.django_db
def test_everyone_finds_something_to_do(loaded):
    waiting = [seat.member.email for seat in Seat.objects.to_do().select_related("member")]
    assert sorted(waiting) == ["panelist1@example.org", "panelist1@example.org", "panelist3@example.org"]
    assert Seat.objects.filter(recused_at__isnull=False).exclude(conflict_reason="").count() == 1
    assert Decision.objects.pending().count() == 1
    assert Application.objects.filter(status=Status.RECOMMENDED, decision=None).count() == 1


@pytest.mark.django_db
def test_a_visitor_can_finish_and_submit_the_nearly_complete_draft(loaded):
    manager = person("manager")
    draft = Application.objects.visible_to(manager).get(status=Status.DRAFT)
    missing = {deficiency.field.split(".")[0] for deficiency in draft.checked().deficiencies}
    assert missing == {"categories", "certification"}
    signed = {"name": "M", "title": "M", "date": "2026-01-01", "agreed": True}
    for name, answers in {
        "categories.climate-change": {"chosen": True, "activities": ["capital-planning"], "narrative": "We raise it."},
        "certification": signed,
    }.items():
        section = draft.sections.get(name=name)
        section.application = draft
        section.answer(section.version, answers, by=manager)
    assert draft.submit(by=manager).number == 1
