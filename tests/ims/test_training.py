"""Training: who needs what, who has done it, when it expires; sessions and their corrections."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import prefetch_related_objects
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from ims import registers
from ims.do.training import AlsoNeeds, Attendance, Covered, job_choices, trained, with_jobs
from ims.do.training_matrix import Matrix
from ims.do.training_states import AHEAD, State, plain, standing
from ims.models import Person, Record, Seat, TrainingSession, TrainingTopic
from ims.waiting import to_take_part_in
from tests.conftest import main_of
from tests.factories import MembershipFactory, UtilityFactory
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


def seen(row, user):
    return type(row).objects.visible_to(user).get(pk=row.pk)


@pytest.fixture
def topic(catalog, utility, manager):
    """``topic(title, **fields)``: a training, as the manager fetches it."""

    def made(title: str, **fields) -> TrainingTopic:
        return seen(TrainingTopic.open_in(utility, by=manager, title=title, **fields), manager)

    return made


@pytest.fixture
def crew(utility, manager) -> dict[str, Person]:
    """Two operators and a clerk, and the manager, who has no job title."""
    Person.objects.of(utility)
    jobs = {"Ann Lee": "Operator", "Bo Ruiz": "operator ", "Cy Dunn": "Clerk"}
    for name, job in jobs.items():
        Person.add(utility, by=manager, name=name, job=job)
    return {person.name: person for person in Person.objects.filter(utility=utility)}


@pytest.fixture
def chlorine(topic) -> TrainingTopic:
    """Operators need it every year."""
    return topic("Chlorine", jobs=["Operator"], months=12, areas=["S"])


def states(utility, **asked) -> dict[tuple[str, str], str]:
    """Returns (person, topic) → the state in words."""
    return {
        (row.person.name, topic.title): cell.state.words
        for row in Matrix(utility, **asked).rows
        for topic, cell in row.cells
    }


# --- When it holds


@pytest.mark.parametrize(
    ("on", "months", "today", "needed", "expected"),
    [
        (None, 12, TODAY, True, State.MISSING),
        (None, 12, TODAY, False, State.NOT_NEEDED),
        (date(2026, 1, 31), None, date(2056, 1, 1), True, State.DONE),
        (date(2026, 1, 31), 1, date(2026, 2, 28), True, State.SOON),
        (date(2026, 1, 31), 1, date(2026, 3, 1), True, State.EXPIRED),
        (date(2026, 1, 31), 1, date(2026, 3, 1), False, State.NOT_NEEDED),
        (date(2026, 1, 31), 12, date(2026, 12, 1), True, State.DONE),
        (date(2026, 1, 31), 12, date(2027, 1, 31) - AHEAD, True, State.SOON),
        (date(2026, 1, 31), 12, date(2026, 12, 1), False, State.EXTRA),
    ],
)
def test_where_a_person_stands(on, months, today, needed, expected):
    found = standing(on, months, today, is_needed=needed)
    assert found.state is expected
    assert found.state.words.split(",")[0].split()[0] in str(found) or found.state is State.SOON


def test_each_state_has_a_sign_of_its_own():
    assert len({state.sign for state in State}) == len(State)


# --- Who needs it


@pytest.mark.django_db
def test_who_has_a_job_needs_what_the_job_needs(chlorine, crew, utility):
    found = states(utility)
    assert {name for (name, _), words in found.items() if words == "not trained yet"} == {"Ann Lee", "Bo Ruiz"}


@pytest.mark.django_db
def test_everyone_and_the_functions_of_the_team(topic, crew, utility, manager):
    Seat.fill(utility, "maintenance", 0, by=manager, person=crew["Cy Dunn"], alternate=crew["Bo Ruiz"])
    own = Seat.add(utility, by=manager, name="Dam watch", why="We own a dam.")
    own.save_over(own.version, by=manager, person=crew["Ann Lee"])
    topic("Locks", jobs=["Maintenance"])
    topic("Policy", jobs=["Everyone"])
    topic("Dams", jobs=["Dam watch"])
    needing: dict[str, set[str]] = {}
    for (name, title), words in states(utility).items():
        if words == "not trained yet":
            needing.setdefault(title, set()).add(name)
    assert needing == {"Locks": {"Bo Ruiz", "Cy Dunn"}, "Policy": set(crew), "Dams": {"Ann Lee"}}
    choices = [job for job, _ in job_choices(utility)]
    assert choices[0] == "Everyone"
    assert {"Operator", "Clerk", "Maintenance", "Dam watch"} < set(choices)


@pytest.mark.django_db
def test_two_spellings_of_a_job_are_one_choice(crew, utility):
    jobs = [plain(job) for job, _ in job_choices(utility)]
    assert jobs.count("operator") == 1


@pytest.mark.django_db
def test_single_people_need_it_too(chlorine, crew, utility, manager, as_):
    page = reverse("ims:training_people", args=[utility.pk, chlorine.number])
    as_(manager).post(page, {"people": [crew["Cy Dunn"].pk]})
    assert states(utility)["Cy Dunn", "Chlorine"] == "not trained yet"
    assert chlorine.history.first().after == {"needed_by": ["Cy Dunn"]}
    assert not chlorine.history.first().can_be_undone
    as_(manager).post(page, {})
    assert states(utility)["Cy Dunn", "Chlorine"] == "not needed"
    assert chlorine.history.first().after == {"no_longer_needed_by": ["Cy Dunn"]}


@pytest.mark.django_db
def test_the_jobs_are_chosen_in_the_form_and_a_job_that_nobody_has_now_stays(chlorine, crew, utility, manager, as_):
    Person.objects.filter(job__icontains="operator").update(job="Foreman")
    page = main_of(as_(manager).get(reverse("ims:edit", args=[utility.pk, "training", chlorine.number])))
    assert 'value="Operator"' in page
    assert 'value="Foreman"' in page
    assert "Nobody has this job now:</b> Operator" in main_of(as_(manager).get(chlorine.get_absolute_url()))


# --- Sessions


def entered(topic, manager, crew, *names, **values) -> TrainingSession:
    given = {"on": YESTERDAY, "trainer": "Dana Whitfield", "people": [crew[name] for name in names]} | values
    return seen(topic.hold(by=manager, **given), manager)


@pytest.mark.django_db
def test_a_session_is_entered_once_for_several_people_and_topics(topic, chlorine, crew, utility, manager, as_):
    other = topic("Spills", jobs=["Operator"], areas=["E"])
    page = f"{reverse('ims:new_training_session', args=[utility.pk])}?topic={chlorine.number}"
    sent = {
        "on": YESTERDAY.isoformat(),
        "trainer": "Dana Whitfield",
        "people": [crew["Ann Lee"].pk, crew["Bo Ruiz"].pk],
        "topics": [chlorine.pk, other.pk],
        "proof": "Binder 4",
    }
    shown = as_(manager).post(page, sent, follow=True)
    assert "The session of 2 people was entered." in shown.text
    kept = TrainingSession.objects.get()
    assert (kept.entered_by, kept.proof, kept.topics.count()) == (manager, "Binder 4", 2)
    found = states(utility)
    assert {found[name, title] for name in ("Ann Lee", "Bo Ruiz") for title in ("Chlorine", "Spills")} == {"trained"}
    for each in (chlorine, other):
        assert "Ann Lee, Bo Ruiz" in each.history.first().after["session"]
        assert "Binder 4" in main_of(as_(manager).get(each.get_absolute_url()))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"on": (TODAY + timedelta(days=1)).isoformat()}, "at the latest"),
        ({"people": []}, "This field is required."),
        ({"topics": []}, "This field is required."),
        ({"trainer": " "}, "This field is required."),
        ({"people": ["0"]}, "Select a valid choice"),
    ],
)
def test_what_a_session_needs(chlorine, crew, utility, manager, as_, changed, words):
    sent = {"on": TODAY.isoformat(), "trainer": "Dana", "people": [crew["Ann Lee"].pk], "topics": [chlorine.pk]}
    page = as_(manager).post(reverse("ims:new_training_session", args=[utility.pk]), sent | changed)
    assert page.status_code == 422
    assert words in page.text
    assert not TrainingSession.objects.exists()


@pytest.mark.django_db
def test_the_next_session_is_due_when_the_first_person_lapses(chlorine, crew, manager):
    entered(chlorine, manager, crew, "Ann Lee", on=date(2026, 1, 31))
    entered(chlorine, manager, crew, "Bo Ruiz", "Cy Dunn", on=date(2026, 3, 15))
    stored = seen(chlorine, manager)
    assert (stored.due, stored.last_on) == (date(2027, 1, 31), date(2026, 3, 15))
    entered(chlorine, manager, crew, "Ann Lee", on=date(2026, 5, 1))
    assert seen(chlorine, manager).due == date(2027, 3, 15), "Cy Dunn does not need it, Bo Ruiz lapses first"


@pytest.mark.django_db
def test_a_date_that_was_set_stays_while_someone_was_never_trained(chlorine, crew, manager):
    chlorine.change(chlorine.version, by=manager, due=date(2026, 2, 28))
    entered(seen(chlorine, manager), manager, crew, "Ann Lee", on=date(2026, 1, 31))
    assert seen(chlorine, manager).due == date(2026, 2, 28)
    entered(seen(chlorine, manager), manager, crew, "Bo Ruiz", on=date(2026, 2, 10))
    assert seen(chlorine, manager).due == date(2027, 1, 31)


@pytest.mark.django_db
def test_a_wrong_session_is_corrected_with_a_reason_and_what_it_said_is_kept(chlorine, crew, utility, manager, as_):
    session = entered(chlorine, manager, crew, "Ann Lee")
    page = reverse("ims:training_session", args=[utility.pk, session.pk])
    sent = {
        "version": session.version,
        "on": YESTERDAY.isoformat(),
        "trainer": "Dana Whitfield",
        "people": [crew["Bo Ruiz"].pk],
        "topics": [chlorine.pk],
    }
    browser = as_(manager)
    assert browser.post(page, sent).status_code == 422
    assert states(utility)["Ann Lee", "Chlorine"] == "trained"
    browser.post(page, sent | {"why": "The wrong name was ticked."})
    found = states(utility)
    assert (found["Ann Lee", "Chlorine"], found["Bo Ruiz", "Chlorine"]) == ("not trained yet", "trained")
    shown = main_of(browser.get(chlorine.get_absolute_url()))
    assert "The wrong name was ticked." in shown
    change = chlorine.history.first()
    assert "Ann Lee" in change.before["session"]
    assert not change.can_be_undone


@pytest.mark.django_db
def test_a_session_entered_by_mistake_does_not_count_and_stays(chlorine, crew, utility, manager, as_):
    session = entered(chlorine, manager, crew, "Ann Lee")
    page = reverse("ims:training_session", args=[utility.pk, session.pk])
    sent = {
        "version": session.version,
        "on": YESTERDAY.isoformat(),
        "trainer": "Dana Whitfield",
        "people": [crew["Ann Lee"].pk],
        "topics": [chlorine.pk],
        "is_withdrawn": "on",
        "why": "It was called off.",
    }
    as_(manager).post(page, sent)
    assert states(utility)["Ann Lee", "Chlorine"] == "not trained yet"
    assert seen(chlorine, manager).last_on is None
    shown = main_of(as_(manager).get(chlorine.get_absolute_url()))
    assert "does not count" in shown
    assert "It was called off." in shown


@pytest.mark.django_db
def test_of_two_corrections_the_second_sees_the_first(chlorine, crew, utility, manager, contributor, as_):
    session = entered(chlorine, manager, crew, "Ann Lee")
    page = reverse("ims:training_session", args=[utility.pk, session.pk])
    sent = {
        "version": session.version,
        "on": YESTERDAY.isoformat(),
        "trainer": "Dana Whitfield",
        "people": [crew["Ann Lee"].pk, crew["Bo Ruiz"].pk],
        "topics": [chlorine.pk],
        "why": "Bo was there too.",
    }
    as_(manager).post(page, sent | {"trainer": "Sam Reyes"})
    late = as_(contributor).post(page, sent)
    assert late.status_code == 409
    assert "Mara Gerr corrected it while you did" in late.text
    assert "Sam Reyes" in late.text
    assert TrainingSession.objects.get().trainer == "Sam Reyes"
    assert f'name="version" value="{session.version + 1}"' in late.text
    values = {"on": YESTERDAY, "trainer": "X", "topics": [chlorine], "people": [crew["Ann Lee"]]}
    with pytest.raises(Stale):
        session.correct(session.version, by=contributor, why="x", **values)
    as_(contributor).post(page, sent | {"version": session.version + 1})
    assert TrainingSession.objects.get().trainer == "Dana Whitfield"


@pytest.mark.django_db
def test_what_is_no_longer_given_gets_no_session(chlorine, crew, utility, manager, as_):
    chlorine.move("retired", by=manager, why="We use hypochlorite now.")
    for attempt in (
        lambda: entered(seen(chlorine, manager), manager, crew, "Ann Lee"),
        lambda: seen(chlorine, manager).need([crew["Ann Lee"]], by=manager),
    ):
        with pytest.raises(WrongState, match="no longer given"):
            attempt()
    assert not TrainingSession.objects.exists()
    page = reverse("ims:training_people", args=[utility.pk, chlorine.number])
    assert "is no longer given" in as_(manager).post(page, {"people": [crew["Ann Lee"].pk]}, follow=True).text
    assert chlorine.number not in main_of(as_(manager).get(reverse("ims:training_matrix", args=[utility.pk])))


@pytest.mark.django_db
def test_people_who_left_are_not_in_the_matrix_but_their_records_stay(chlorine, crew, utility, manager, as_):
    entered(chlorine, manager, crew, "Ann Lee", "Bo Ruiz")
    ann = seen(crew["Ann Lee"], manager)
    ann.change(ann.version, by=manager, has_left=True)
    assert ("Ann Lee", "Chlorine") not in states(utility)
    assert Attendance.objects.filter(person=ann).exists()
    assert "Ann Lee" in main_of(as_(manager).get(chlorine.get_absolute_url()))
    session = TrainingSession.objects.get()
    form = as_(manager).get(reverse("ims:training_session", args=[utility.pk, session.pk]))
    assert "Ann Lee" in main_of(form), "who took part can be kept in a correction"


@pytest.mark.django_db
def test_a_person_who_joins_keeps_the_trainings(chlorine, crew, utility, manager, viewer):
    entered(chlorine, manager, crew, "Ann Lee")
    chlorine.need([crew["Ann Lee"]], by=manager)
    member = Person.objects.of(utility).get(user=viewer)
    seen(crew["Ann Lee"], manager).merge_into(member, by=manager)
    assert states(utility)["Vic Weir", "Chlorine"] == "trained"


# --- The database


@pytest.mark.django_db
def test_the_database_keeps_the_rules(chlorine, crew, utility, manager):
    session = entered(chlorine, manager, crew, "Ann Lee")
    elsewhere = UtilityFactory()
    stranger = Person.objects.create(utility=elsewhere, name="Someone else")
    theirs = TrainingTopic.open_in(elsewhere, by=manager, title="Elsewhere")
    sessions = TrainingSession.objects.filter(pk=session.pk)
    attempts = {
        "training_session_was_held": lambda: sessions.update(on=TODAY + timedelta(days=1)),
        "training_session_by_someone": lambda: sessions.update(trainer=""),
        "training_withdrawn_says_why": lambda: sessions.update(is_withdrawn=True),
        "training_person_once": lambda: Attendance.objects.create(session=session, person=crew["Ann Lee"]),
        "training_person_within_a_utility": lambda: Attendance.objects.create(session=session, person=stranger),
        "training_topic_once": lambda: Covered.objects.create(session=session, topic=chlorine),
        "training_topic_within_a_utility": lambda: Covered.objects.create(session=session, topic=theirs),
        "training_need_within_a_utility": lambda: AlsoNeeds.objects.create(topic=chlorine, person=stranger),
        "training_months": lambda: TrainingTopic.objects.filter(pk=chlorine.pk).update(months=0),
    }
    for name, attempt in attempts.items():
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            attempt()
    chlorine.need([crew["Ann Lee"]], by=manager)
    with pytest.raises(IntegrityError, match="training_need_once"), transaction.atomic():
        AlsoNeeds.objects.create(topic=chlorine, person=crew["Ann Lee"])
    with pytest.raises(IntegrityError, match="training_person_within_a_utility"), transaction.atomic():
        Attendance.objects.filter(session=session).update(person=stranger)


# --- Rights


@pytest.mark.django_db
def test_who_may_do_what(chlorine, crew, utility, manager, contributor, advisor, viewer, former, stranger, as_):
    session = entered(chlorine, manager, crew, "Ann Lee")
    read = [reverse("ims:training_matrix", args=[utility.pk]), reverse("ims:training_together", args=[utility.pk])]
    sent = {"on": YESTERDAY.isoformat(), "trainer": "Dana", "people": [crew["Bo Ruiz"].pk], "topics": [chlorine.pk]}
    write = {
        reverse("ims:new_training_session", args=[utility.pk]): sent,
        reverse("ims:training_session", args=[utility.pk, session.pk]): sent | {"version": 1, "why": "Forged."},
        reverse("ims:training_people", args=[utility.pk, chlorine.number]): {"people": [crew["Cy Dunn"].pk]},
    }
    before = [list(model.objects.values()) for model in (TrainingSession, Attendance, Covered, AlsoNeeds)]
    for user, status in ((viewer, 403), (former, 404), (stranger, 404)):
        browser = as_(user)
        assert {browser.get(page).status_code for page in read} == {200 if user == viewer else 404}
        for page, data in write.items():
            assert browser.get(page).status_code == status
            assert browser.post(page, data).status_code == status
    assert [list(model.objects.values()) for model in (TrainingSession, Attendance, Covered, AlsoNeeds)] == before
    with pytest.raises(NotAllowed):
        TrainingSession.enter([seen(chlorine, viewer)], by=viewer, on=TODAY, trainer="X", people=[])
    with pytest.raises(NotAllowed):
        seen(chlorine, viewer).need([], by=viewer)
    with pytest.raises(NotAllowed):
        seen(session, viewer).correct(1, by=viewer, why="x", topics=[], people=[])
    for user in (contributor, advisor):
        assert as_(user).post(next(iter(write)), sent).status_code == 302
    shown = main_of(as_(viewer).get(read[0])) + main_of(as_(viewer).get(chlorine.get_absolute_url()))
    assert "Enter a session" not in shown
    assert "Correct<" not in shown


@pytest.mark.django_db
def test_another_utility_s_session_is_not_found(chlorine, crew, utility, manager, as_):
    session = entered(chlorine, manager, crew, "Ann Lee")
    other = MembershipFactory(user=manager, role="manager").utility
    assert as_(manager).get(reverse("ims:training_session", args=[other.pk, session.pk])).status_code == 404


# --- The matrix


@pytest.mark.django_db
def test_the_matrix_is_filtered_and_counts_what_it_shows(topic, chlorine, crew, utility, manager, as_):
    topic("Budget", jobs=["Clerk"], areas=["F"], initiatives=["gasb-34"])
    entered(chlorine, manager, crew, "Ann Lee")
    page, browser = reverse("ims:training_matrix", args=[utility.pk]), as_(manager)
    assert "1 of 3 trainings that people need" in main_of(browser.get(page))
    for asked, people, counted in (
        ({"area": "S"}, {"Ann Lee", "Bo Ruiz"}, "1 of 2"),
        ({"initiative": "gasb-34"}, {"Cy Dunn"}, "0 of 1"),
        ({"job": "clerk"}, {"Cy Dunn"}, "0 of 1"),
        ({"area": "S", "job": "clerk"}, set(), "Nothing here with these filters"),
        ({"area": "unknown"}, set(crew), "1 of 3"),
    ):
        answer = browser.get(page, asked)
        assert {row.person.name for row in answer.context["matrix"].rows} == people
        assert counted in main_of(answer)


@pytest.mark.django_db
def test_the_matrix_as_excel(chlorine, crew, utility, manager, as_, tmp_path):
    entered(chlorine, manager, crew, "Ann Lee", on=date(2026, 9, 30))
    answer = as_(manager).get(reverse("ims:training_matrix", args=[utility.pk]), {"export": "xlsx", "job": "operator"})
    path = tmp_path / "matrix.xlsx"
    path.write_bytes(answer.content)
    book = load_workbook(path)
    lines = [[cell.value for cell in row] for row in book["Each training"].iter_rows(min_row=2)]
    assert [(line[0], line[4]) for line in lines] == [("Ann Lee", "trained"), ("Bo Ruiz", "not trained yet")]
    assert lines[0][5].date() == date(2026, 9, 30)
    assert lines[0][6].date() == date(2027, 9, 30)
    assert [cell.value for cell in book["Totals"][2]][1:] == ["Chlorine", 2, 1]
    assert book["Matrix"]["C2"].value.startswith("trained, until September 30, 2027")


@pytest.mark.django_db
def test_queries_do_not_grow(topic, crew, utility, manager, viewer, as_, django_assert_max_num_queries):
    def grow(n_people: int, n_topics: int) -> None:
        Person.objects.bulk_create(Person(utility=utility, name=f"P{n}", job="Operator") for n in range(n_people))
        people = list(Person.objects.filter(utility=utility))
        for n in range(n_topics):
            made = topic(f"Topic {n}", jobs=["Operator"], months=12, areas=["E"], initiatives=["cmom"])
            made.hold(by=manager, on=YESTERDAY, trainer="Dana", people=people)

    pages = [
        reverse("ims:training_matrix", args=[utility.pk]),
        reverse("ims:training_together", args=[utility.pk]),
        reverse("ims:list", args=[utility.pk, "training"]),
        reverse("ims:new_training_session", args=[utility.pk]),
    ]
    counted: list[list[int]] = []
    for n_people, n_topics in ((5, 5), (55, 35)):
        grow(n_people, n_topics)
        browser, counts = as_(manager), []
        for page in pages:
            browser.get(page)
            with django_assert_max_num_queries(15) as captured:
                assert browser.get(page).status_code == 200
            counts.append(len(captured))
        one = TrainingTopic.objects.first()
        browser.get(one.get_absolute_url())
        with CaptureQueriesContext(connection) as captured:
            browser.get(one.get_absolute_url())
        counted.append([*counts, len(captured)])
    assert counted[0] == counted[1]


# --- What is told


@pytest.mark.django_db
def test_a_person_is_told_of_missing_and_lapsing_trainings(topic, chlorine, crew, utility, viewer, manager):
    viewer_ = Person.objects.of(utility).get(user=viewer)
    Person.objects.filter(pk=viewer_.pk).update(job="Operator")
    topic("Policy", jobs=["Everyone"])
    topic("Budget", jobs=["Clerk"])
    items = {item.what: item for item in to_take_part_in(viewer)}
    assert set(items) == {"Training: Chlorine", "Training: Policy"}
    assert "not trained yet" in items["Training: Policy"].why
    people = {"Vic": viewer_}
    entered(chlorine, manager, people, "Vic", on=TODAY - timedelta(days=330))
    item = next(iter(item for item in to_take_part_in(viewer) if "Chlorine" in item.what))
    assert not item.is_late
    assert item.by is not None
    TrainingSession.objects.update(on=TODAY - timedelta(days=400))
    item = next(iter(item for item in to_take_part_in(viewer) if "Chlorine" in item.what))
    assert item.is_late
    assert item.why.startswith("expired")
    entered(chlorine, manager, people, "Vic", on=TODAY)
    assert "Training: Chlorine" not in {item.what for item in to_take_part_in(viewer)}
    MembershipFactory(user=viewer)
    assert any(str(utility) in item.why for item in to_take_part_in(viewer))


@pytest.mark.django_db
def test_many_trainings_are_summed_up(topic, utility, viewer, django_assert_max_num_queries):
    Person.objects.of(utility)
    for n in range(7):
        topic(f"Topic {n}", jobs=["Everyone"])
    items = list(to_take_part_in(viewer))
    assert sum(item.n for item in items) == 7
    assert items[-1].what == "4 more trainings of yours"
    prefetch_related_objects([viewer], "memberships")  # as the home page does
    with django_assert_max_num_queries(1):
        list(to_take_part_in(viewer))


@pytest.mark.django_db
def test_when_it_counts_as_living(chlorine, crew, manager):
    living = registers.get("training").living
    assert living(chlorine) == "Nobody has been trained in it yet."
    entered(chlorine, manager, crew, "Ann Lee")
    assert living(seen(chlorine, manager)) == ""
    Record.objects.filter(pk=chlorine.pk).update(due=date(2026, 1, 31))
    assert living(seen(chlorine, manager)) == "The next session was needed by January 31, 2026."
    seen(chlorine, manager).move("retired", by=manager, why="Not used.")
    assert living(seen(chlorine, manager)) == "It is no longer given."


@pytest.mark.django_db
def test_who_is_trained_for_audits(topic, chlorine, crew, utility, manager, django_assert_max_num_queries):
    auditing = topic("Internal audits", kind="auditing", months=24)
    entered(auditing, manager, crew, "Ann Lee", on=date(2024, 6, 30))
    entered(auditing, manager, crew, "Bo Ruiz", on=date(2026, 1, 15))
    entered(chlorine, manager, crew, "Cy Dunn", on=date(2026, 1, 15))
    with django_assert_max_num_queries(3):
        found = trained(utility, date(2026, 6, 30))
    assert [str(each) for each in found] == ["Ann Lee", "Bo Ruiz"]
    assert [str(each) for each in trained(utility, date(2026, 7, 1))] == ["Bo Ruiz"]
    assert [str(each) for each in trained(utility, date(2025, 12, 31))] == ["Ann Lee"]
    assert [str(each) for each in trained(utility, date(2026, 7, 1), topic=chlorine)] == ["Cy Dunn"]
    crew["Bo Ruiz"].has_left = True
    crew["Bo Ruiz"].save()
    assert trained(utility, date(2026, 7, 1)) == []


@pytest.mark.django_db
def test_jobs_are_read_in_one_query(crew, utility, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = {person.name: person.jobs for person in with_jobs(Person.objects.filter(utility=utility))}
    assert found["Bo Ruiz"] == {"everyone", "operator"}
