"""Audits: one checklist for several initiatives, a team that audits nothing of its own, findings and what follows."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from ims import registers
from ims.editions import later
from ims.models import (
    Action,
    Audit,
    AuditLine,
    Auditor,
    CorrectiveAction,
    Objective,
    Person,
    Record,
    Review,
    TrainingSession,
    TrainingTopic,
    Unit,
)
from initiatives.models import Initiative
from tests.assessments.test_races import at_once
from tests.conftest import main_of
from tests.factories import UtilityFactory
from tests.ims.audits.conftest import answer_all, at, finish, lines_of, move, seen
from tests.ims.conftest import at_the_end
from workflow.models import Stale, WrongState
from workflow.recent import MAX_AGE, recent_for
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
JSON = {"HTTP_ACCEPT": "application/json"}
pytestmark = pytest.mark.django_db


# The checklist.


def asks(slug: str) -> dict[str, str]:
    """What an initiative asks, by element."""
    return {
        each["element"]: each["text"] for each in Initiative.objects.get(slug=slug).asks if each["stance"] == "asks"
    }


def test_what_several_initiatives_ask_at_one_element_is_one_line(audit, manager, as_):
    both = asks("iso-14001").keys() & asks("cmom").keys()
    assert both
    audit.change(1, by=manager, elements=[])
    as_(manager).post(at(audit, "fill_checklist"))
    lines = {line.element: line for line in lines_of(audit, manager)}
    assert lines.keys() == asks("iso-14001").keys() | asks("cmom").keys()
    for element in both:
        assert {each["initiative"] for each in lines[element].asked} == {"iso-14001", "cmom"}
        assert asks("cmom")[element] in lines[element].what
    page = as_(manager).get(at(audit, "checklist")).text
    one = sorted(both)[0]
    assert escape(asks("cmom")[one]) in page
    assert escape(asks("iso-14001")[one]) in page


def test_only_the_elements_in_scope_are_asked_about(audit, manager):
    audit.fill(by=manager)
    assert {line.element for line in lines_of(audit, manager)} <= {"document-control", "operational-control"}
    assert lines_of(audit, manager)


def test_what_is_not_required_is_not_asked(audit, manager):
    audit.change(1, by=manager, initiatives=["asset-management"], elements=["management-commitment", "vision"])
    seen(audit, manager).fill(by=manager)
    assert lines_of(audit, manager) == []


def test_filling_again_follows_the_scope_and_keeps_what_was_answered(audit, person, manager):
    Auditor.choose(audit, by=manager, person=person, role="lead")
    audit.fill(by=manager)
    assert audit.fill(by=manager) == 0
    audit.move("under-way", by=manager)
    first = lines_of(audit, manager)[0]
    first.answer(first.version, by=manager, finding="conforms", seen="Yes.")
    kept = first.asked
    audit = seen(audit, manager)
    audit.change(audit.version, by=manager, initiatives=["nbp-ems"], elements=["training-awareness-competence"])
    seen(audit, manager).fill(by=manager)
    lines = {line.element: line for line in lines_of(audit, manager)}
    assert lines.keys() == {first.element, "training-awareness-competence"}
    assert lines[first.element].asked == kept


def test_own_questions_are_added_and_removed_while_they_have_no_answer(under_way, manager, as_):
    browser = as_(manager)
    browser.post(at(under_way, "ask_own_question"), {"question": "Is it signed?", "element": "vision"})
    line = AuditLine.objects.get(question="Is it signed?")
    assert browser.post(at(under_way, "ask_own_question"), {"question": " "}).status_code == 422
    browser.post(at(under_way, "drop_question", line.pk))
    assert not AuditLine.objects.filter(pk=line.pk).exists()
    answered = answer_all(under_way, manager)[0]
    assert "Only questions of your own" in browser.post(at(under_way, "drop_question", answered.pk), follow=True).text
    assert AuditLine.objects.filter(pk=answered.pk).exists()


# Answers.


def test_an_answer_is_saved_as_you_go(under_way, manager, viewer, as_):
    line, browser = lines_of(under_way, manager)[0], as_(manager)
    sent = {"version": line.version, "finding": "minor", "seen": "Two binders are from 2019."}
    answer = browser.post(at(under_way, "save_line", line.pk), sent, **JSON)
    assert (answer.status_code, answer.json()["version"]) == (200, line.version + 1)
    stored = AuditLine.objects.get(pk=line.pk)
    assert (stored.finding, stored.seen, stored.changed_by) == ("minor", "Two binders are from 2019.", manager)
    sentences = recent_for(viewer, timezone.now() - MAX_AGE).sentences
    assert any(each.did == "entered findings of" for each in sentences)


def test_two_at_once_lose_no_text(under_way, manager, contributor, as_):
    line = lines_of(under_way, manager)[0]
    mine = {"version": line.version, "finding": "minor", "seen": "Two binders are old."}
    theirs = {"version": line.version, "finding": "conforms", "seen": "All are current."}
    assert as_(manager).post(at(under_way, "save_line", line.pk), mine, **JSON).status_code == 200
    late = as_(contributor).post(at(under_way, "save_line", line.pk), theirs, **JSON)
    assert late.status_code == 409
    assert "Two binders are old." in late.json()["conflict"]
    page = as_(contributor).post(at(under_way, "save_line", line.pk), theirs)
    assert (page.status_code, "All are current." in page.text, "Two binders are old." in page.text) == (409, True, True)
    with pytest.raises(Stale):
        line.answer(line.version, by=manager, finding="major", seen="Late.")
    assert AuditLine.objects.get(pk=line.pk).seen == "Two binders are old."


def test_a_finding_without_evidence_is_not_saved_but_the_text_is(under_way, manager, as_):
    line, browser = lines_of(under_way, manager)[0], as_(manager)
    sent = {"version": line.version, "finding": "major", "seen": " "}
    answer = browser.post(at(under_way, "save_line", line.pk), sent, **JSON)
    assert answer.json()["errors"][0]["message"].startswith("Enter what was seen.")
    assert AuditLine.objects.get(pk=line.pk).finding == ""
    sent = {"version": answer.json()["version"], "finding": "", "seen": "The binder of truck 4 is missing."}
    browser.post(at(under_way, "save_line", line.pk), sent, **JSON)
    assert AuditLine.objects.get(pk=line.pk).seen == "The binder of truck 4 is missing."


def test_it_is_answered_only_while_it_is_under_way(audit, manager, as_):
    audit.fill(by=manager)
    line = lines_of(audit, manager)[0]
    with pytest.raises(WrongState):
        line.answer(1, by=manager, finding="conforms", seen="Too early.")
    sent = {"version": 1, "finding": "conforms", "seen": "Too early."}
    assert as_(manager).post(at(audit, "save_line", line.pk), sent, **JSON).status_code == 422
    assert "data-save" not in main_of(as_(manager).get(at(audit, "checklist")))


# The team.


def test_nobody_leads_an_audit_of_what_they_own(audit, person, utility, manager, as_):
    Objective.open_in(utility, by=manager, title="Elsewhere", areas=["F"], initiatives=["cmom"], owner=person)
    mine = CorrectiveAction.open_in(utility, by=manager, title="Mine", areas=["E"], initiatives=["cmom"], owner=person)
    audit.change(1, by=manager, elements=[])
    audit = seen(audit, manager)
    assert audit.owned([person]) == {person.pk: [mine.record]}
    page = as_(manager).post(at(audit, "new_auditor"), {"person": person.pk, "role": "lead"})
    assert (page.status_code, mine.number in page.text) == (422, True)
    with pytest.raises(WrongState, match="owns nothing that is audited"):
        Auditor.choose(audit, by=manager, person=person, role="lead")
    Record.objects.filter(pk=mine.pk).update(is_open=False)
    assert as_(manager).post(at(audit, "new_auditor"), {"person": person.pk, "role": "lead"}).status_code == 302


def test_an_auditor_who_owns_something_says_who_audits_that(audit, person, unit, utility, manager, as_):
    audit.change(1, by=manager, elements=[], units=[unit.pk])
    fields = {"areas": ["S"], "initiatives": ["iso-14001"], "owner": person}
    Action.open_in(utility, by=manager, title="On another unit", units=[], **fields)
    mine = CorrectiveAction.open_in(utility, by=manager, title="Mine", units=[unit.pk], **fields)
    browser = as_(manager)
    page = browser.post(at(audit, "new_auditor"), {"person": person.pk, "role": "auditor"})
    assert (page.status_code, f"This person owns {mine.number} in this scope" in page.text) == (422, True)
    sent = {"person": person.pk, "role": "auditor", "apart": "Luis Ortega audits the corrective actions."}
    assert browser.post(at(audit, "new_auditor"), sent).status_code == 302
    assert "Luis Ortega audits" in main_of(browser.get(audit.get_absolute_url()))


def test_an_expert_may_own_what_is_audited(audit, person, utility, manager):
    audit.change(1, by=manager, elements=[])
    CorrectiveAction.open_in(utility, by=manager, title="Mine", areas=["E"], initiatives=["cmom"], owner=person)
    assert Auditor.choose(seen(audit, manager), by=manager, person=person, role="expert").pk


def test_the_registers_of_the_elements_are_the_scope(audit, person, utility, manager):
    fields = {"areas": ["E"], "initiatives": ["cmom"], "owner": person}
    CorrectiveAction.open_in(utility, by=manager, title="Of another element", **fields)
    assert audit.owned([person]) == {}
    control = registers.get("controls").model.open_in(utility, by=manager, title="Of this element", **fields)
    assert [each.pk for each in audit.owned([person])[person.pk]] == [control.pk]


def test_it_does_not_start_with_a_lead_who_came_to_own_something(audit, person, utility, manager, as_):
    browser = as_(manager)
    page = move(browser, audit, "start")
    assert (page.status_code, "Enter first who leads the audit." in page.text) == (422, True)
    Auditor.choose(audit, by=manager, person=person, role="lead")
    registers.get("controls").model.open_in(
        utility, by=manager, title="New", areas=["E"], initiatives=["cmom"], owner=person
    )
    page = move(browser, audit, "start")
    assert (page.status_code, "Whoever leads the audit owns nothing that is audited" in page.text) == (422, True)


def test_one_person_leads_and_each_is_there_once(audit, person, other, manager, as_):
    browser = as_(manager)
    sent = {"role": "lead", "training": "ISO 19011, 3 days", "trained_on": "2025-03-01"}
    browser.post(at(audit, "new_auditor"), {"person": person.pk, **sent})
    assert "Trained in auditing: ISO 19011, 3 days, March 1, 2025" in main_of(browser.get(audit.get_absolute_url()))
    assert "is on the team already" in browser.post(at(audit, "new_auditor"), {"person": person.pk, **sent}).text
    assert "Another person leads" in browser.post(at(audit, "new_auditor"), {"person": other.pk, **sent}).text
    lead = Auditor.objects.get()
    assert browser.get(at(audit, "auditor", lead.pk)).status_code == 200
    browser.post(at(audit, "auditor", lead.pk), {"person": person.pk, "role": "auditor"})
    assert audit.history.first().after == {"team": "Mara Gerr, auditor"}
    browser.post(at(audit, "auditor", lead.pk), {"remove": "1"})
    assert not Auditor.objects.exists()


def test_the_lead_does_not_leave_an_audit_that_is_under_way(under_way, manager, as_):
    page = as_(manager).post(at(under_way, "auditor", Auditor.objects.get().pk), {"remove": "1"}, follow=True)
    assert "Nothing was changed." in page.text
    assert Auditor.objects.exists()


def test_who_merges_into_a_member_stays_on_the_team(audit, other, person, manager):
    Auditor.choose(audit, by=manager, person=other, role="auditor")
    Person.objects.visible_to(manager).get(pk=other.pk).merge_into(person, by=manager)
    assert Auditor.objects.get().person_id == person.pk


# Done, followed up, closed.


def test_it_is_done_once_every_line_has_an_answer(under_way, manager, as_):
    browser = as_(manager)
    sent = {"done_on": TODAY.isoformat(), "conclusion": "It works."}
    page = move(browser, under_way, "finish", **sent)
    assert (page.status_code, "2 lines of the checklist have no answer." in page.text) == (422, True)
    answer_all(under_way, manager)
    late = move(browser, under_way, "finish", **sent | {"done_on": (TODAY + timedelta(days=1)).isoformat()})
    assert late.status_code == 422
    assert "is now “Done, to be followed up”" in move(browser, under_way, "finish", **sent).text
    done = seen(under_way, manager)
    assert (done.done_on, done.due, done.is_open) == (TODAY, later(TODAY, 1), True)
    with pytest.raises(WrongState):
        done.change(done.version, by=manager, conclusion="Otherwise.")
    with pytest.raises(WrongState):
        lines_of(done, manager)[0].answer(2, by=manager, finding="major", seen="Too late.")


def test_an_empty_checklist_is_not_done(audit, person, manager, as_):
    Auditor.choose(audit, by=manager, person=person, role="lead")
    audit.move("under-way", by=manager)
    page = move(as_(manager), audit, "finish", done_on=TODAY.isoformat(), conclusion="It works.")
    assert (page.status_code, "Fill the checklist first." in page.text) == (422, True)


def test_a_nonconformity_leads_to_a_corrective_action_before_the_audit_is_closed(under_way, utility, manager, as_):
    browser = as_(manager)
    line = answer_all(under_way, manager, "minor", "Two binders are from 2019.")[0]
    AuditLine.objects.filter(audit=under_way).exclude(pk=line.pk).update(finding="conforms")
    done = finish(under_way, manager)
    page = move(browser, done, "close")
    assert (page.status_code, "1 nonconformity has no corrective action yet." in page.text) == (422, True)
    new = f"{reverse('ims:new', args=[utility.pk, 'corrective'])}?audited={line.pk}"
    initial = browser.get(new).context["form"].initial
    assert (initial["title"], initial["source"], initial["kind"]) == (
        "Two binders are from 2019.",
        "audit",
        "corrective",
    )
    assert (initial["areas"], initial["initiatives"], initial["found_on"]) == (["E", "S"], ["iso-14001", "cmom"], TODAY)
    sent = {"title": "Old binders", "kind": "corrective", "source": "audit", "areas": ["E", "S"]}
    browser.post(new, sent)
    made = CorrectiveAction.objects.get()
    line.refresh_from_db()
    assert line.made_id == made.pk
    assert made.links_earlier.get().earlier_id == done.pk
    for page in (done.get_absolute_url(), at(done, "checklist")):
        assert made.number in main_of(browser.get(page))
    browser.post(new, sent)
    assert AuditLine.objects.get(pk=line.pk).made_id == made.pk
    seen(made, manager).move("canceled", by=manager, why="A mistake.")
    assert move(browser, done, "close").status_code == 422
    browser.post(new, sent)
    assert "is now “Closed”" in move(browser, done, "close").text


def test_the_initiatives_that_asked_are_carried(audit, person, manager, utility):
    Auditor.choose(audit, by=manager, person=person, role="lead")
    audit.fill(by=manager)
    audit.move("under-way", by=manager)
    line = answer_all(audit, manager, "opportunity", "One form would do.")[0]
    found = line.suggested("corrective")
    assert (found["initiatives"], found["kind"]) == (line.asked_by, "preventive")
    assert "source" not in line.suggested("actions")


def test_another_record_is_not_made_of_what_conforms_or_is_elsewhere(under_way, utility, manager, as_):
    line = answer_all(under_way, manager)[0]
    page = as_(manager).get(f"{reverse('ims:new', args=[utility.pk, 'corrective'])}?audited={line.pk}")
    assert "source" not in page.context["form"].initial
    for key in ("x", "9" * 30, "0"):
        assert (
            as_(manager).get(f"{reverse('ims:new', args=[utility.pk, 'corrective'])}?audited={key}").status_code == 200
        )


def test_a_finding_that_led_to_a_record_stays_a_finding(under_way, utility, manager):
    line = answer_all(under_way, manager, "minor")[0]
    line.keep_made(CorrectiveAction.open_in(utility, by=manager, title="Made"))
    line = lines_of(under_way, manager)[0]
    with pytest.raises(WrongState, match="already made"):
        line.answer(line.version, by=manager, finding="conforms", seen="Changed.")


def test_a_done_audit_is_continued_with_a_reason(under_way, manager, as_):
    answer_all(under_way, manager)
    done = finish(under_way, manager)
    assert move(as_(manager), done, "reopen", why="").status_code == 422
    move(as_(manager), done, "reopen", why="The night shift was not seen.")
    again = seen(done, manager)
    assert (again.status, again.done_on) == ("under-way", None)
    again.ask(by=manager, question="The night shift?")
    answer_all(again, manager)
    assert finish(again, manager).status == "done"


def test_it_counts_as_living_for_a_year(under_way, manager):
    living = registers.get("audits").living
    assert living(under_way) == "It is not done yet."
    answer_all(under_way, manager)
    assert living(finish(under_way, manager)) == ""
    under_way.done_on = TODAY - timedelta(days=400)
    assert "another was due by" in living(under_way)


@pytest.mark.django_db(transaction=True)
def test_an_answer_and_the_end_of_the_audit_at_once(under_way, manager):
    lines = answer_all(under_way, manager)
    outcomes = at_once(
        lambda: finish(under_way, manager),
        lambda: lines[0].answer(lines[0].version, by=manager, finding="", seen=""),
    )
    status, left = seen(under_way, manager).status, AuditLine.objects.filter(finding="").count()
    assert (status, left) in {("done", 0), ("under-way", 1)}
    assert sum(isinstance(each, Exception) for each in outcomes) == 1


# The agenda of the management review.


def test_open_nonconformities_are_on_the_agenda(under_way, utility, manager):
    review = Review.open_in(utility, by=manager, title="Spring review", due=TODAY)
    first, second = answer_all(under_way, manager, "minor", "Two binders are old.")
    AuditLine.objects.filter(pk=second.pk).update(finding="major", seen="A setting was changed by nobody.")
    topic = next(each for each in review.topics() if each.slug == "audits")
    assert "2 open nonconformities, 1 major" in topic.says
    flagged = [(line.title, line.says, line.flag) for line in topic.lines if line.flag]
    assert flagged == [
        ("A setting was changed by nobody.", "Nothing was made of it yet", "major nonconformity"),
        ("Two binders are old.", "Nothing was made of it yet", "minor nonconformity"),
    ]
    made = CorrectiveAction.open_in(utility, by=manager, title="Made")
    first.keep_made(made)
    topic = next(each for each in review.topics() if each.slug == "audits")
    assert f"{made.number}: Reported" in [line.says for line in topic.lines]
    Record.objects.filter(pk=made.pk).update(is_open=False)
    topic = next(each for each in review.topics() if each.slug == "audits")
    assert "1 open nonconformity, 1 major" in topic.says


# Rights and the database.


PAGES = {"checklist": 200, "new_auditor": 403}


@pytest.mark.parametrize(("name", "for_viewer"), PAGES.items())
def test_who_opens_the_pages(under_way, viewer, advisor, stranger, former, as_, name, for_viewer):
    for user, status in ((advisor, 200), (viewer, for_viewer), (stranger, 404), (former, 404)):
        assert as_(user).get(at(under_way, name)).status_code == status


def test_who_changes_an_audit(under_way, viewer, stranger, former, contributor, as_):
    line = lines_of(under_way, viewer)[0]
    auditor = Auditor.objects.get()
    sent = {
        at(under_way, "fill_checklist"): {},
        at(under_way, "ask_own_question"): {"question": "Is it so?"},
        at(under_way, "save_line", line.pk): {"version": line.version, "finding": "conforms", "seen": "Yes."},
        at(under_way, "drop_question", line.pk): {},
        at(under_way, "auditor", auditor.pk): {"person": auditor.person_id, "role": "lead"},
    }
    for page, data in sent.items():
        for user, status in ((viewer, 403), (stranger, 404), (former, 404)):
            assert as_(user).post(page, data).status_code == status, page
    assert not AuditLine.objects.exclude(finding="").exists()
    for page, data in sent.items():
        assert as_(contributor).post(page, data).status_code == 302, page
    program = reverse("ims:audit_program", args=[under_way.utility_id])
    assert [as_(user).get(program).status_code for user in (viewer, stranger, former)] == [200, 404, 404]


def test_the_model_refuses_a_viewer(under_way, viewer, other):
    theirs = seen(under_way, viewer)
    line = lines_of(under_way, viewer)[0]
    attempts = [
        lambda: theirs.fill(by=viewer),
        lambda: theirs.ask(by=viewer, question="Why?"),
        lambda: line.answer(line.version, by=viewer, finding="conforms", seen="Yes."),
        lambda: line.drop(by=viewer),
        lambda: Auditor.choose(theirs, by=viewer, person=other, role="auditor"),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()


def test_a_line_of_another_audit_is_not_found(under_way, utility, manager, as_):
    second = Audit.open_in(utility, by=manager, title="Second")
    line = lines_of(under_way, manager)[0]
    sent = {"version": 1, "finding": "conforms", "seen": "Yes."}
    assert as_(manager).post(at(second, "save_line", line.pk), sent).status_code == 404


def test_the_database_starts_no_audit_without_a_lead(audit):
    with pytest.raises(IntegrityError, match="audit_has_a_lead"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=audit.pk).update(status="under-way"))


def test_the_database_ends_no_audit_that_is_not_answered(under_way):
    with pytest.raises(IntegrityError, match="audit_is_answered"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=under_way.pk).update(status="done"))


def test_the_database_closes_no_audit_that_is_not_followed_up(under_way, utility, manager):
    line = answer_all(under_way, manager, "major", "Nobody knows.")[0]
    done = finish(under_way, manager)
    AuditLine.objects.filter(audit=done).update(made=Action.open_in(utility, by=manager, title="Not corrective"))
    with pytest.raises(IntegrityError, match="audit_is_followed_up"), transaction.atomic():
        at_the_end(lambda: Record.objects.filter(pk=done.pk).update(status="closed", is_open=False))
    with pytest.raises(IntegrityError, match="audit_keeps_its_report"), transaction.atomic():
        Audit.objects.filter(pk=done.pk).update(conclusion="Otherwise.")
    with pytest.raises(IntegrityError, match="audit_line_while_audited"), transaction.atomic():
        AuditLine.objects.filter(pk=line.pk).update(seen="Otherwise.")
    with pytest.raises(IntegrityError, match="auditor_before_the_report"), transaction.atomic():
        Auditor.objects.update(role="expert")


def test_the_database_keeps_lines_and_team(audit, person, other, manager):
    Auditor.choose(audit, by=manager, person=person, role="lead")
    audit.fill(by=manager)
    line = lines_of(audit, manager)[0]
    stranger = Person.add(UtilityFactory(), by=manager, name="Stranger")
    tries = {
        "audit_line_once": lambda: audit.lines.create(element=line.element, asked=line.asked),
        "audit_line_asks_something": lambda: audit.lines.create(element="vision"),
        "audit_line_while_audited": lambda: audit.lines.create(question="?", finding="conforms", seen="Yes."),
        "audit_finding_has_evidence": lambda: AuditLine.objects.filter(pk=line.pk).update(finding="major"),
        "auditor_once": lambda: audit.team.create(person=person, role="expert"),
        "auditor_one_leads": lambda: audit.team.create(person=other, role="lead"),
        "auditor_of_the_utility": lambda: audit.team.create(person=stranger, role="auditor"),
    }
    for name, attempt in tries.items():
        if name == "audit_finding_has_evidence":
            audit.move("under-way", by=manager)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            attempt()


def test_a_utility_goes_with_its_audits(under_way, utility, manager):
    line = answer_all(under_way, manager, "minor")[0]
    line.keep_made(CorrectiveAction.open_in(utility, by=manager, title="Made"))
    finish(under_way, manager)
    at_the_end(lambda: None)
    Record.objects.filter(utility=utility).delete()
    assert not AuditLine.objects.exists()


def test_the_pages_take_as_many_queries_for_many(audit, person, utility, manager, as_):
    browser, counts = as_(manager), []
    Auditor.choose(audit, by=manager, person=person, role="lead")
    audit.move("under-way", by=manager)
    pages = [
        at(audit, "checklist"),
        reverse("ims:audit_program", args=[utility.pk]),
        reverse("ims:list", args=[utility.pk, "audits"]),
        audit.get_absolute_url(),
    ]
    for n in (3, 12):
        for each in range(n):
            seen(audit, manager).ask(by=manager, question=f"Question {n} {each}?", element="vision")
            Audit.open_in(utility, by=manager, title=f"Audit {n} {each}", due=TODAY, areas=["E"])
        answer_all(audit, manager, "minor", "Not so.")
        for page in pages:
            browser.get(page)
            with CaptureQueriesContext(connection) as queries:
                browser.get(page)
            counts.append(len(queries))
    assert counts[:4] == counts[4:]
    assert max(counts[:3]) <= 15


def test_an_audit_is_planned_from_the_form(catalog, unit, utility, manager, as_):
    sent = {
        "title": "Spring audit",
        "areas": ["E"],
        "initiatives": ["cmom"],
        "units": [unit.pk],
        "elements": ["vision", "auditing"],
        "due": TODAY.isoformat(),
    }
    browser = as_(manager)
    page = browser.post(reverse("ims:new", args=[utility.pk, "audits"]), sent, follow=True)
    made = Audit.objects.get()
    assert (made.elements, made.units) == (["vision", "auditing"], [unit.pk])
    assert "Vision" in main_of(page)
    assert browser.get(reverse("ims:excel", args=[utility.pk, "audits"])).status_code == 200
    address = reverse("ims:save", args=[utility.pk, "audits", made.number])
    browser.post(address, sent | {"version": 1, "elements": ["auditing"]})
    assert "Elements" in browser.get(made.get_absolute_url()).text
    assert Unit.objects.count() == 1


def test_who_is_trained_in_auditing_is_marked(audit, person, other, utility, manager, as_):
    topic = seen(TrainingTopic.open_in(utility, by=manager, title="Audits", kind="auditing", months=24), manager)
    TrainingSession.enter([topic], by=manager, people=[other], on=TODAY, trainer="State association")
    page = as_(manager).get(reverse("ims:new_auditor", args=[utility.pk, audit.number]))
    labels = [label for _, label in page.context["form"]["person"].field.choices]
    assert labels[1:] == ["Luis Ortega, trained in auditing", "Mara Gerr"]
