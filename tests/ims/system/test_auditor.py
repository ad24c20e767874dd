"""Ready for the auditor: what proves an ask, the pages, and saying that a record serves an initiative too."""

from datetime import timedelta

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ims import registers
from ims.closed import ClosedRegister
from ims.models import Audit, Contact, CorrectiveAction, Measure, Person, Quarter, Record, Review, Unit
from ims.system.auditing import Choices
from ims.system.coverage import Held, in_scope
from ims.system.proof import answered, asks_of, not_asked
from initiatives.models import Initiative
from tests.conftest import main_of
from tests.factories import GapAnalysisFactory, UtilityFactory
from tests.ims.system.conftest import ISO, requirement
from workflow.models import Stale

TODAY = timezone.localdate()
ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "former", "nobody"]
LEGAL = "legal-and-other-requirements"
ELEMENTS = {"vision": ("Vision", "plan"), "auditing": ("Auditing", "check"), "reporting": ("Reporting", "check")}


def held(number, areas="", initiatives=(), lacks=""):
    return Held(number, "A title", "Documents", f"/{number}/", list(areas), list(initiatives), lacks)


# What proves an ask.


def test_the_asks_are_those_that_are_required_in_the_order_of_the_elements():
    catalog = [
        {"element": "auditing", "stance": "asks", "text": "Audit.", "source": "4.5.5"},
        {"element": "gone", "stance": "asks", "text": "Of an element that is no longer there."},
        {"element": "reporting", "stance": "nothing", "text": "Not required."},
        {"element": "vision", "stance": "asks", "text": "See."},
    ]
    required = Initiative(asks=catalog).required
    found = asks_of(required, ELEMENTS)
    assert [(each.order, each.element, each.name, each.component, each.text, each.source) for each in found] == [
        (1, "vision", "Vision", "plan", "See.", ""),
        (2, "auditing", "Auditing", "check", "Audit.", "4.5.5"),
    ]
    assert not_asked(required, ELEMENTS) == ["Reporting"]


def test_a_living_record_of_the_element_that_names_the_initiative_proves_it():
    [ask] = asks_of({"vision": {"text": ""}}, ELEMENTS)
    records = {
        "vision": [
            held("A", "E", ["iso", "cmom"]),
            held("B", "E", ["cmom"]),
            held("C", "E", ["iso"], lacks="It is a draft."),
            held("D", "S", ["iso"]),
            held("E", "", ["iso"]),
            held("F", "", [], lacks="It is a draft."),
        ],
        "auditing": [held("G", "E", ["iso"])],
    }

    def numbers(initiative, scope=""):
        [line] = answered([ask], records, initiative, scope)
        return tuple(
            "".join(each.number for each in part) for part in (line.proof, line.failing, line.unnamed)
        ), line.is_gap

    assert numbers("iso") == (("ADE", "C", "B"), False)
    assert numbers("iso", "S") == (("DE", "", ""), False)
    assert numbers("cmom") == (("AB", "", "DE"), False)
    assert numbers("cmom", "S") == (("", "", "DE"), True)
    assert answered([ask], {}, "iso")[0].is_gap


@pytest.mark.parametrize(
    ("areas", "scope", "expected"),
    [("E", "", True), ("", "E", True), ("E", "E", True), ("ES", "SQ", True), ("F", "ES", False)],
)
def test_a_record_without_an_area_is_about_all(areas, scope, expected):
    assert in_scope(list(areas), list(scope)) is expected


def test_the_element_of_each_register_is_one_that_its_records_may_serve():
    for each in registers.known():
        assert each.may_serve(each.element)
    statements = registers.get("statements")
    assert [statements.may_serve(slug) for slug in ("vision", "management-commitment", "auditing")] == [
        True,
        True,
        False,
    ]


# The list of initiatives.


def test_the_initiatives_in_place_come_first_with_their_figures(permit, utility, manager, viewer, as_):
    analysis = GapAnalysisFactory(utility=utility, by=manager, areas=["E"])
    type(analysis).objects.filter(pk=analysis.pk).update(other_initiatives=["Clean Harbors"])
    choices = Choices(utility)
    assert [(each.initiative.slug, each.n_proven, each.n) for each in choices.mine] == [(ISO, 1, 17)]
    assert choices.outside == ["Clean Harbors"]
    assert ISO not in {each.initiative.slug for each in choices.others}
    page = main_of(as_(viewer).get(reverse("ims:auditor_choose", args=[utility.pk])))
    assert "1 of 17 asks proven" in page
    places = [page.index(words) for words in ("In place at", "ISO 14001", "Others in the catalog", "CMOM")]
    assert places == sorted(places)


# The page of one.


def ready(utility, browser, **asked):
    answer = browser.get(reverse("ims:auditor_ready", args=[utility.pk, ISO]), asked)
    assert answer.status_code == 200
    return main_of(answer)


def test_the_page_tells_what_proves_what_fails_and_what_is_missing(permit, utility, manager, viewer, as_):
    late = requirement(utility, manager, "Report each overflow", initiatives=[ISO], due=TODAY - timedelta(days=1))
    requirement(utility, manager, "Keep the basins")
    page = ready(utility, as_(manager))
    assert "1 of 17 asks proven, 16 gaps" in page
    assert "Proven by 1 record." in page
    assert f"Does not count: Its evaluation was due on {late.due:%B %-d, %Y}." in page
    assert "1 more record serves this element but does not name ISO 14001" in page
    assert page.count("Nothing proves this yet.") == 16
    assert f"{reverse('ims:new', args=[utility.pk, 'reviews'])}?initiative={ISO}" in page
    assert "?initiative=" not in ready(utility, as_(viewer))  # a viewer adds nothing
    only_gaps = ready(utility, as_(viewer), gaps="1")
    assert permit.title not in only_gaps
    assert only_gaps.count("Nothing proves this yet.") == 16


def test_a_record_that_is_added_for_a_gap_names_the_initiative(catalog, utility, manager, as_):
    form = as_(manager).get(reverse("ims:new", args=[utility.pk, "reviews"]), {"initiative": ISO}).context["form"]
    assert form.initial["initiatives"] == [ISO]


def test_the_scope_leaves_out_other_areas(permit, utility, viewer, auditing, as_):
    assert [auditing(scope).index().n_proven for scope in ("", "E", "S")] == [1, 1, 0]
    browser = as_(viewer)
    assert permit.title in ready(utility, browser, areas="ES")
    page = ready(utility, browser, areas=["S", "Q"])
    assert permit.title not in page
    assert "Only for Safety and health, Quality: records of other areas are not shown." in page
    address = reverse("ims:auditor_ready", args=[utility.pk, ISO])
    for odd in ("X", "E,S", "\0", "e"):
        assert browser.get(address, {"areas": odd}).status_code == 400
    assert browser.get(address, {"gaps": "9" * 5000, "page": "-1"}).status_code == 200


def test_closed_registers_are_only_counted(permit, utility, manager, auditing, as_):
    secret = CorrectiveAction.open_in(utility, by=manager, title="Robin Marsh fell", areas=["S"], initiatives=[ISO])
    ClosedRegister.close(utility, "corrective", [], by=manager)
    page = ready(utility, as_(manager))
    assert "1 record of closed registers is not shown." in page
    assert secret.title not in page
    assert secret.number not in page
    assert "0 actions that name the initiative still open" in page
    assert auditing("E").index().n_closed == 0


def test_another_utility_proves_nothing_here(permit, auditing, manager, stranger):
    other = UtilityFactory()
    CorrectiveAction.open_in(other, by=stranger, title="Elsewhere", initiatives=[ISO])
    assert auditing().index().n_proven == 1


def test_what_an_auditor_asks_first(permit, utility, manager, auditing):
    requirement(utility, manager, "Report", initiatives=[ISO], due=TODAY - timedelta(days=1))
    for days in (-1, 1):
        CorrectiveAction.open_in(utility, by=manager, title="Fix", initiatives=[ISO], due=TODAY + timedelta(days=days))
    CorrectiveAction.open_in(utility, by=manager, title="Of another initiative", initiatives=["cmom"])
    audit = Audit.open_in(utility, by=manager, title="Spring audit", initiatives=[ISO])
    fix = CorrectiveAction.open_in(utility, by=manager, title="Of the audit")
    for place, (finding, made) in enumerate([("major", None), ("minor", fix), ("minor", permit), ("conforms", None)]):
        audit.lines.create(question=f"Question {place}?", place=place)
        answer(audit, place, finding, made)
    done(audit)
    Review.open_in(utility, by=manager, title="Planned only")
    held_on = TODAY - timedelta(days=30)
    held_review(utility, manager, "Of CMOM", initiatives=["cmom"], due=TODAY)
    held_review(utility, manager, "Winter review", due=held_on)
    Record.objects.filter(pk=permit.pk).update(is_open=False)  # what was made of a finding is closed
    audits, reviews, corrective, compliance = auditing().index().questions
    [fact] = audits.facts
    assert (fact.name.endswith("Spring audit"), fact.flag) == (True, "2 open")
    assert fact.says == f"Done on {TODAY:%B %-d, %Y}: 3 nonconformities, 1 closed"
    [fact] = reviews.facts
    assert fact.says == f"Held on {held_on:%B %-d, %Y}. Held, minutes to approve."
    assert [(each.says, each.flag) for each in corrective.facts] == [
        ("2 actions that name the initiative still open", "1 late")
    ]
    assert [(each.says, each.flag) for each in compliance.facts] == [
        ("2 requirements that name the initiative in force", "1 overdue")
    ]


def held_review(utility, by, title, **fields) -> Review:
    review = Review.open_in(utility, by=by, title=title, **fields)
    review.present.add(Person.objects.of(utility).get(user=by))
    Review.objects.filter(pk=review.pk).update(seen=[], minutes="Held.", approved_by="The board")
    Record.objects.filter(pk=review.pk).update(status="held")
    return review


def answer(audit, place, finding, made) -> None:
    """An answer as the database has it once the audit was under way."""
    with pgtrigger.ignore("ims.AuditLine:audit_line_while_audited"):
        audit.lines.filter(place=place).update(finding=finding, seen="Seen.", made=made)


def done(audit) -> None:
    Audit.objects.filter(pk=audit.pk).update(done_on=TODAY, conclusion="Well.")


def test_the_last_three_audits_are_told_and_none_is_said(catalog, utility, manager, auditing):
    assert auditing().index().questions[0].facts == []
    for days in range(5):
        audit = Audit.open_in(utility, by=manager, title=f"Audit {days}", initiatives=[ISO])
        Audit.objects.filter(pk=audit.pk).update(done_on=TODAY - timedelta(days=days))
    assert [each.name[-7:] for each in auditing().index().questions[0].facts] == ["Audit 0", "Audit 1", "Audit 2"]


# Saying that a record serves it too.


@pytest.fixture
def other(permit, utility, manager):
    return requirement(utility, manager, "Keep the basins", initiatives=["cmom"])


def send(browser, record, element=LEGAL, initiative=ISO, **sent):
    address = reverse("ims:auditor_serve", args=[record.utility_id, initiative, element, record.number])
    return browser.post(address, {"version": record.version} | sent, follow=True)


def initiatives(record) -> list[str]:
    return Record.objects.get(pk=record.pk).initiatives


def test_one_click_says_that_a_record_serves_it_too(other, manager, contributor, as_, auditing):
    browser = as_(contributor)
    page = browser.get(reverse("ims:auditor_others", args=[other.utility_id, ISO, LEGAL]))
    assert "It serves ISO 14001 too" in main_of(page)
    answer = send(browser, other)
    assert f"{other.number} Keep the basins now serves ISO 14001 too." in answer.text
    assert "Every living record of this element names ISO 14001." in answer.text
    assert initiatives(other) == ["cmom", ISO]
    change = other.history.latest("pk")
    assert (change.by, change.before, change.after) == (
        contributor,
        {"initiatives": ["cmom"]},
        {"initiatives": ["cmom", ISO]},
    )
    assert "names ISO 14001 already" in send(browser, other).text
    assert initiatives(other) == ["cmom", ISO]


def test_what_someone_changed_since_is_not_overwritten(other, manager, contributor, as_):
    other.change(other.version, by=manager, initiatives=["nbp-ems"])
    answer = send(as_(contributor), other, version=other.version - 1)
    assert "someone has just changed" in answer.text
    assert initiatives(other) == ["nbp-ems"]
    with pytest.raises(Stale):
        other.change(1, by=manager, initiatives=[])


def test_a_record_that_does_not_change_any_longer_says_so(catalog, utility, manager, as_):
    review = held_review(utility, manager, "Winter review", due=TODAY)
    Record.objects.filter(pk=review.pk).update(status="closed", is_open=False)
    browser = as_(manager)
    page = main_of(browser.get(reverse("ims:auditor_others", args=[utility.pk, ISO, "management-review"])))
    assert "It is “Minutes approved” and does not change any longer." in page
    assert "It serves ISO 14001 too" not in page
    assert "Nothing was changed." in send(browser, review, "management-review").text
    assert initiatives(review) == []
    audit = Audit.open_in(utility, by=manager, title="Audit")  # still open, but its scope is reported
    audit.lines.create(question="Is it done?", place=0)
    answer(audit, 0, "conforms", None)
    done(audit)
    Record.objects.filter(pk=audit.pk).update(status="done")
    assert "does not change any longer" in send(browser, audit, "auditing").text
    assert initiatives(audit) == []


def test_forged_addresses_change_nothing(other, utility, manager, stranger, as_):
    elsewhere = requirement(stranger.memberships.get().utility, stranger, "Theirs")
    unit = Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")
    contact = Contact.open_in(utility, by=manager, title="Robin Marsh called", areas=["E"])
    ClosedRegister.close(utility, "contacts", [], by=manager)
    before = list(Record.objects.order_by("pk").values())
    browser = as_(manager)
    for record, element, initiative in (
        (other, "auditing", ISO),  # it serves another element
        (other, "vision", ISO),  # at which nothing is required
        (other, LEGAL, "no-such"),
        (unit, "assessing-areas", ISO),  # units name no initiatives
        (contact, "communication", ISO),  # of a closed register
    ):
        assert send(browser, record, element, initiative).status_code == 404
    address = reverse("ims:auditor_serve", args=[utility.pk, ISO, LEGAL, elsewhere.number])
    foreign = Record.objects.filter(utility=utility, number=elsewhere.number).exists()
    assert foreign or browser.post(address, {"version": 1}).status_code == 404
    assert send(browser, elsewhere).status_code == 404
    for version in ("", "x", "-1", "9" * 400, "\0"):
        assert 400 <= send(browser, other, version=version).status_code < 500 or version.startswith("9")
    assert send(browser, other, areas="X").status_code == 400
    assert list(Record.objects.order_by("pk").values()) == before


# Rights.


@pytest.mark.parametrize("role", ROLES)
def test_who_may_do_what(other, utility, role, request, as_, sent_tasks, django_capture_on_commit_callbacks):
    browser = Client() if role == "nobody" else as_(request.getfixturevalue(role))
    outside = {"stranger": 404, "former": 404, "nobody": 302}
    for name, arguments in {
        "auditor_choose": [],
        "auditor_ready": [ISO],
        "auditor_others": [ISO, LEGAL],
    }.items():
        address = reverse(f"ims:{name}", args=[utility.pk, *arguments])
        assert browser.get(address).status_code == outside.get(role, 200)
        assert browser.post(address).status_code == (302 if role == "nobody" else 405)
    address = reverse("ims:auditor_index", args=[utility.pk, ISO])
    assert browser.post(address).status_code == outside.get(role, 302)
    address = reverse("ims:auditor_serve", args=[utility.pk, ISO, LEGAL, other.number])
    status = browser.post(address, {"version": other.version}).status_code
    assert status == outside.get(role, 403 if role == "viewer" else 302)
    assert (ISO in initiatives(other)) == (role in ("manager", "contributor", "advisor"))


# Size.


@pytest.mark.parametrize("name", ["auditor_choose", "auditor_ready", "auditor_others"])
def test_the_pages_take_as_many_queries_for_many_records(permit, utility, manager, as_, name):
    arguments = {"auditor_ready": [ISO], "auditor_others": [ISO, LEGAL]}.get(name, [])
    browser, page = as_(manager), reverse(f"ims:{name}", args=[utility.pk, *arguments])

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page).status_code == 200
        return len(captured)

    Measure.open_in(utility, by=manager, title="Flow", areas=["E"], initiatives=[ISO])
    Quarter.objects.create(utility=utility, first=TODAY.replace(month=1, day=1), summary="Well.")
    requirement(utility, manager, "Keep the basins")
    queries()
    few = queries()
    for n in range(60):
        requirement(utility, manager, f"Rule {n}", initiatives=[ISO] if n % 2 else [])
    assert queries() == few
    assert few - len(list(registers.known())) <= 15
