"""Readiness: rated alone, shown together; barriers and responses; actions; a round compared with the one before."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from ims.models import Action, Person, ReadinessPoint, ReadinessRating, ReadinessRound, Seat, Subgroup
from ims.team.readiness import urls
from ims.team.readiness.charts import strip
from ims.team.readiness.factors import barriers, factors, points, scale
from ims.team.readiness.spread import Spread, most_apart, spread, weakest_first
from pdca.models import Element
from tests.assessments.test_races import at_once
from tests.conftest import member
from workflow.models import Stale, WrongState
from workflow.rights import NotAllowed

# --- the data: guide 2004, §3.1.1 and §3.3


@pytest.mark.django_db
def test_the_nine_factors_the_barriers_and_their_responses_each_with_its_source(catalog):
    assert len(factors()) == 9
    assert {slug: len(barrier.responses) for slug, barrier in barriers().items()} == {
        "upfront-resources": 3,
        "justification": 1,
        "reluctance": 4,
        "paperwork": 1,
        "scrutiny": 2,
    }
    elements = set(Element.objects.values_list("slug", flat=True))
    for factor in factors().values():
        assert factor.source.startswith("guide 2004, §3.1.1")
        assert factor.ask.endswith("?")
        assert factor.steps
        assert bool(factor.more) == bool(factor.more_source)
    for each in (*factors().values(), *barriers().values()):
        assert each.element in elements
    assert all(barrier.source.startswith("guide 2004, §3.3") for barrier in barriers().values())
    assert list(scale()) == [1, 2, 3, 4, 5]
    assert len(set(points())) == len(points()) == 25


# --- what ratings say together


@pytest.mark.parametrize(
    ("values", "median", "low", "high", "unknown", "weak"),
    [
        ([], None, 0, 0, 0, False),
        ([0, 0], None, 0, 0, 2, False),
        ([3], 3.0, 3, 3, 0, True),
        ([5, 1, 4], 4.0, 1, 5, 0, False),
        ([4, 3], 3.5, 3, 4, 0, False),
        ([2, 0, 4, 3], 3.0, 2, 4, 1, True),
    ],
)
def test_median_and_spread(values, median, low, high, unknown, weak):
    found = spread("training", values)
    assert (found.median, found.low, found.high, found.unknown, found.is_weak) == (median, low, high, unknown, weak)
    assert found.apart == high - low
    assert sum(found.counts.values()) + unknown == len(values)


def test_the_weakest_come_first_and_those_without_ratings_last():
    given = [Spread("a", []), Spread("b", [4]), Spread("c", [2]), Spread("d", [4])]
    assert [each.slug for each in weakest_first(given)] == ["c", "b", "d", "a"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"a": [3, 3], "b": [3, 4]}, []),  # one step apart is no disagreement
        ({"a": [1, 5], "b": [2, 4]}, ["a"]),
        ({"a": [1, 5, 5, 5], "b": [1, 1, 5, 5]}, ["b"]),  # as wide, but further from the middle
        ({"a": [1, 3], "b": [3, 5], "c": [4]}, ["a", "b"]),
    ],
)
def test_where_the_team_disagrees_most(given, expected):
    assert [each.slug for each in most_apart(Spread(slug, values) for slug, values in given.items())] == expected


@pytest.mark.parametrize(
    ("found", "earlier", "words"),
    [
        (Spread("a", [2, 2, 5]), Spread("a", [4]), "2 was chosen by 2, 5 was chosen by 1. Median 2, before 4."),
        (Spread("a", [2, 3]), None, "2 was chosen by 1, 3 was chosen by 1. Median 2.5."),
        (Spread("a", [], 3), Spread("a", []), "Nobody rated it."),
    ],
)
def test_the_picture_says_what_it_shows(found, earlier, words):
    assert f"<title>{words}</title>" in strip(found, earlier)


# --- a round


@pytest.fixture
def people(utility, manager, contributor, viewer) -> dict[str, Person]:
    """The manager and the viewer have a seat at the table, as has Pat, who has no account. The contributor has none."""
    pat = Person.add(utility, by=manager, name="Pat Night")
    of = {person.user_id: person for person in Person.objects.of(utility)}
    found = {"manager": of[manager.pk], "contributor": of[contributor.pk], "viewer": of[viewer.pk], "pat": pat}
    Seat.fill(utility, "finance", 0, by=manager, person=found["manager"], alternate=pat)
    Subgroup.form(utility, by=manager, name="CMOM", members=[found["viewer"]])
    return found


@pytest.fixture
def round_(catalog, utility, manager, people) -> ReadinessRound:
    made = ReadinessRound.begin(utility, by=manager, name="Readiness 2026")
    return ReadinessRound.objects.visible_to(manager).get(pk=made.pk)


@pytest.fixture
def rated(round_, people, manager):
    """``rated(who, value, ...)``: as if the person had rated the factors from the first on."""

    def rate(who: str, *values: int) -> None:
        for factor, value in zip(factors(), values, strict=False):
            ReadinessRating.give(round_, people[who], factor, 0, by=manager, value=value, note=f"{who} of {factor}")

    return rate


def address(name: str, of: ReadinessRound, *more) -> str:
    return reverse(f"ims:{name}", args=[of.utility_id, of.pk, *more])


@pytest.mark.django_db
def test_only_one_round_is_rated_at_a_time(round_, utility, manager):
    assert round_.points.count() == 25
    with pytest.raises(WrongState):
        ReadinessRound.begin(utility, by=manager, name="Another")


@pytest.mark.django_db
def test_a_round_is_shown_once_someone_has_rated_and_can_be_reopened(round_, rated, utility, manager):
    with pytest.raises(WrongState, match="Nobody"):
        round_.show(by=manager)
    with pytest.raises(WrongState, match="not shown"):
        round_.spreads()
    rated("manager", 4)
    round_.show(by=manager)
    with pytest.raises(WrongState):
        round_.show(by=manager)
    second = ReadinessRound.begin(utility, by=manager, name="Second")
    with pytest.raises(WrongState, match="Another"):
        round_.reopen(by=manager, why="Pat was away.")
    second.delete()
    round_ = ReadinessRound.objects.visible_to(manager).get(pk=round_.pk)
    round_.reopen(by=manager, why="Pat was away.")
    assert [(event.to_status, event.why) for event in round_.events.all()] == [
        ("rating", ""),
        ("together", ""),
        ("rating", "Pat was away."),
    ]


STEPS = {"rating": {"together"}, "together": {"rating"}}


@pytest.mark.django_db
def test_every_pair_of_statuses(round_, rated, manager):
    rated("manager", 3)
    for start in STEPS:
        for end in STEPS:
            ReadinessRound.objects.filter(pk=round_.pk).update(status=start)
            tried = ReadinessRound.objects.visible_to(manager).get(pk=round_.pk)
            act = tried.show if end == "together" else tried.reopen
            more = {} if end == "together" else {"why": "Again."}
            if end in STEPS[start]:
                act(by=manager, **more)
                assert ReadinessRound.objects.get().status == end
            else:
                with pytest.raises(WrongState):
                    act(by=manager, **more)


@pytest.mark.django_db
def test_viewers_neither_show_nor_reopen(round_, rated, viewer):
    rated("viewer", 3)
    seen = ReadinessRound.objects.visible_to(viewer).get()
    with pytest.raises(NotAllowed):
        seen.show(by=viewer)
    with pytest.raises(NotAllowed):
        seen.reopen(by=viewer, why="No.")


@pytest.mark.django_db
def test_ratings_that_were_shown_are_kept(round_, rated, people, manager):
    rated("manager", 4)
    round_.show(by=manager)
    rating = ReadinessRating.objects.get()
    with pytest.raises(WrongState):
        ReadinessRating.give(round_, people["manager"], rating.factor, rating.version, by=manager, value=5)
    with pytest.raises(IntegrityError, match="ratings of this round are shown"), transaction.atomic():
        ReadinessRating.objects.update(value=5)
    with pytest.raises(IntegrityError, match="ratings of this round are shown"), transaction.atomic():
        ReadinessRating.objects.create(round=round_, person=people["viewer"], factor="training", value=1)
    assert ReadinessRating.objects.get().value == 4


@pytest.mark.django_db(transaction=True)
def test_a_rating_that_waited_while_the_round_was_shown_is_refused(round_, rated, people, manager, contributor):
    rated("manager", 4)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            round_.show(by=manager)
            late = lambda: ReadinessRating.give(round_, people["viewer"], "training", 0, by=contributor, value=1)  # noqa: E731
            waiting = pool.submit(at_once, late)
        outcome = waiting.result(timeout=20)[0]
    assert isinstance(outcome, WrongState)
    assert ReadinessRating.objects.count() == 1
    connection.close()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda r, p: r.ratings.create(person=p, factor="training", value=6), "readiness_rating_0_to_5"),
        (lambda r, p: r.ratings.create(person=p, factor="budget", value=1), "readiness_rated_once"),
        (lambda r, p: r.points.create(slug="budget"), "readiness_point_once"),
        (
            lambda r, p: ReadinessRound.objects.create(utility=r.utility, name="Second"),
            "readiness_one_round_is_being_rated",
        ),
        (
            lambda r, p: ReadinessRound.objects.create(utility=r.utility, name="", status="together"),
            "readiness_round_has_a_name",
        ),
    ],
)
def test_the_database_keeps_the_rules(round_, people, make, name):
    round_.ratings.create(person=people["manager"], factor="budget", value=2)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        make(round_, people["manager"])


@pytest.mark.django_db
def test_a_person_rates_in_two_windows(round_, people, manager, as_):
    url = address("save_rating", round_, people["manager"].pk, "training")
    browser, json = as_(manager), {"headers": {"Accept": "application/json"}}
    assert browser.post(url, {"version": 0, "value": 2}, **json).json()["version"] == 2
    assert browser.post(url, {"version": 0, "value": 4}, **json).status_code == 409
    assert browser.post(url, {"version": 2, "value": "", "note": "Unsure."}, **json).status_code == 200
    rating = ReadinessRating.objects.get()
    assert (rating.value, rating.note) == (None, "Unsure.")
    assert browser.post(url, {"version": 3, "value": 7}).status_code == 422
    assert browser.post(address("save_rating", round_, people["manager"].pk, "luck"), {"version": 0}).status_code == 404
    with pytest.raises(Stale):
        ReadinessRating.give(round_, people["manager"], "training", 0, by=manager, value=1)


# --- what is secret, and what all see


@pytest.mark.django_db
def test_nobody_sees_the_ratings_of_others_before_they_are_shown(round_, rated, people, as_, manager, viewer):
    rated("viewer", *[1] * 9)
    for url in (round_.get_absolute_url(), reverse("ims:readiness", args=[round_.utility_id])):
        text = as_(manager).get(url).text
        assert "viewer of" not in text
        assert "finished" in text
        assert "Median" not in text
    for someone in ("viewer", "contributor"):
        assert as_(manager).get(address("rate", round_, people[someone].pk)).status_code == 404
        url = address("save_rating", round_, people[someone].pk, "training")
        assert as_(manager).post(url, {"version": 2, "value": 5}).status_code == 404
    assert "viewer of training" in as_(viewer).get(address("rate", round_, people["viewer"].pk)).text
    assert as_(viewer).get(address("rate", round_, people["pat"].pk)).status_code == 404, "a viewer enters for nobody"
    assert as_(manager).get(address("rate", round_, people["pat"].pk)).status_code == 200


@pytest.mark.django_db
def test_shown_together_all_see_the_spread_and_remarks_without_names(round_, rated, people, as_, manager, viewer):
    rated("manager", 4, 1, 5)
    rated("viewer", 4, 5, 5)
    rated("pat", 0, 4, 4)
    as_(manager).post(address("show_round", round_))
    page = as_(viewer).get(round_.get_absolute_url())
    assert [name for name, _ in page.context["apart"]] == ["Management commitment"]
    assert "rated from 1 to 5" in page.text
    rows = {row.factor.slug: row for row in page.context["rows"]}
    assert rows["management-commitment"].spread.counts == {1: 1, 4: 1, 5: 1}
    assert rows["strategic-plan"].spread.unknown == 1
    assert rows["budget"].spread.median == 5
    assert "viewer of budget" in page.text
    for name in ("Mara Gerr", "Pat Night"):
        assert name not in page.text
    assert as_(viewer).get(address("rate", round_, people["viewer"].pk)).status_code == 302
    refused = as_(viewer).post(
        address("save_rating", round_, people["viewer"].pk, "budget"),
        {"version": 2, "value": 1},
        headers={"Accept": "application/json"},
    )
    assert refused.status_code == 422
    assert "can no longer be changed" in refused.text


@pytest.mark.django_db
def test_a_second_round_is_compared_with_the_first(round_, rated, utility, people, as_, manager):
    rated("manager", 2, 4, 3)
    round_.show(by=manager)
    browser = as_(manager)
    browser.post(reverse("ims:begin_round", args=[utility.pk]), {"name": "Readiness 2027", "rate_by": "2027-03-01"})
    second = ReadinessRound.objects.visible_to(manager).get(name="Readiness 2027")
    for factor, value in (("strategic-plan", 4), ("management-commitment", 3), ("budget", 3)):
        ReadinessRating.give(second, people["manager"], factor, 0, by=manager, value=value)
    second.show(by=manager)
    page = browser.get(reverse("ims:readiness", args=[utility.pk]))
    assert page.context["round"] == second
    assert {row.factor.slug: row.change for row in page.context["rows"] if row.change is not None} == {
        "strategic-plan": 2,
        "management-commitment": -1,
        "budget": 0,
    }
    for words in ("up from 2", "down from 4", "as before", "Readiness 2026"):
        assert words in page.text
    assert browser.get(round_.get_absolute_url()).context["before"] is None
    again = browser.post(reverse("ims:begin_round", args=[utility.pk]), {"name": ""})
    assert again.status_code == 422


# --- barriers and actions


@pytest.mark.django_db
def test_the_history_of_the_barriers_and_of_the_round_is_read_by_all(
    round_, rated, as_, manager, contributor, viewer, django_assert_max_num_queries
):
    rated("viewer", 3)
    url = address("save_barrier", round_, "reluctance")
    page = as_(viewer).get(round_.get_absolute_url()).text
    assert f'href="{address("round_history", round_)}"' in page
    assert "Nothing was said about barriers yet." in as_(viewer).get(address("round_history", round_)).text
    as_(manager).post(url, {"version": 1, "applies": "on", "responses": ["long-term"]})
    as_(contributor).post(url, {"version": 2, "applies": "on", "responses": [], "own": "Coffee with crews."})
    as_(manager).post(address("show_round", round_))
    as_(manager).post(address("reopen_round", round_), {"why": "Pat was away."})
    browser = as_(viewer)
    with django_assert_max_num_queries(15):
        text = browser.get(address("round_history", round_)).text
    text = " ".join(strip_tags(text.replace("→", " ")).split())
    long_term = next(one.name for one in barriers()["reluctance"].responses if one.slug == "long-term")
    for said in (
        "Begun by Mara Gerr",
        "Shown together by Mara Gerr",
        "Pat was away.",
        f"What we do about it {long_term} changed to nothing",
        "Our own response nothing changed to Coffee with crews.",
        "It applies to us no changed to yes",
    ):
        assert said in text
    assert text.index("Coffee with crews.") < text.index("It applies to us no"), "the newest first"
    assert "viewer of" not in text, "nobody's remarks on the factors"


@pytest.mark.django_db
def test_two_people_say_which_barriers_apply(round_, as_, manager, contributor):
    url = address("save_barrier", round_, "reluctance")
    json = {"headers": {"Accept": "application/json"}}
    sent = {"version": 1, "applies": "on", "responses": ["long-term", "best-in-class"], "own": "Coffee with crews."}
    assert as_(manager).post(url, sent, **json).json()["version"] == 2
    late = as_(contributor).post(url, {"version": 1, "applies": "on"}, **json)
    assert late.status_code == 409
    assert "Coffee with crews." in late.json()["conflict"]
    point = ReadinessPoint.objects.get(slug="reluctance")
    assert (point.applies, point.responses, point.own) == (True, ["long-term", "best-in-class"], "Coffee with crews.")
    assert point.history.get().after["responses"] == ["long-term", "best-in-class"]
    assert as_(manager).post(url, {"version": 2, "responses": ["keep-knowledge"]}).status_code == 422
    assert as_(manager).post(address("save_barrier", round_, "training"), {"version": 1}).status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("slug", "title", "element"),
    [
        ("training", "Extend training to the skills that the system needs", "training-awareness-competence"),
        ("phase-in", "Choose one plant or department to start with", "management-programs"),
        ("paperwork", "Overcome a barrier: Documenting adds paperwork", "document-control"),
        ("scrutiny", "Invite the press.", "reporting"),
    ],
)
def test_a_factor_a_barrier_or_a_response_becomes_an_action_that_links_back(
    round_, rated, utility, as_, manager, slug, title, element
):
    rated("manager", 1)
    round_.show(by=manager)
    ReadinessPoint.objects.filter(slug="scrutiny").update(applies=True, own="Invite the press.")
    ReadinessPoint.objects.filter(slug="upfront-resources").update(applies=True, responses=["phase-in"])
    browser = as_(manager)
    point = round_.points.get(slug=slug)
    new = f"{reverse('ims:new', args=[utility.pk, 'actions'])}?readiness={point.pk}"
    assert new in browser.get(round_.get_absolute_url()).text
    page = browser.get(new)
    assert page.context["form"].initial["title"] == title
    assert "Comes from readiness" in page.text
    browser.post(new, {"title": title, "lines": "Do it."})
    action = Action.objects.get()
    assert (action.readiness, action.element.slug) == (point, element)
    assert f"{round_.get_absolute_url()}#row-" in browser.get(action.get_absolute_url()).text
    assert action.get_absolute_url() in browser.get(round_.get_absolute_url()).text


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["x", "0", "9" * 30, "-1", "other"])
def test_an_action_is_never_made_from_another_utilitys_round(round_, utility, stranger, as_, manager, asked):
    if asked == "other":
        elsewhere = ReadinessRound.begin(stranger.memberships.get().utility, by=stranger, name="Theirs")
        asked = str(elsewhere.points.first().pk)
    page = as_(manager).get(f"{reverse('ims:new', args=[utility.pk, 'actions'])}?readiness={asked}")
    assert page.status_code == 200
    assert "Comes from readiness" not in page.text


# --- home, the page of the system, queries


@pytest.mark.django_db
def test_home_asks_those_on_the_team_until_they_have_finished(round_, rated, people, as_, manager, contributor, viewer):
    asked = "rate the success factors"
    assert asked in as_(viewer).get("/").text
    assert asked not in as_(contributor).get("/").text, "not on the team"
    rated("viewer", *[3] * 8)
    assert asked in as_(viewer).get("/").text
    ReadinessRating.give(round_, people["viewer"], list(factors())[8], 0, by=viewer, value=0)
    assert asked not in as_(viewer).get("/").text
    assert asked in as_(manager).get("/").text
    round_.show(by=manager)
    assert asked not in as_(manager).get("/").text


@pytest.mark.django_db
def test_the_page_of_the_system_says_how_the_round_stands(catalog, utility, manager, people, as_):
    browser, page = as_(manager), reverse("ims:system", args=[utility.pk])
    assert "Not rated yet" in browser.get(page).text
    made = ReadinessRound.begin(utility, by=manager, name="Now")
    assert "Being rated: 0 people have finished" in browser.get(page).text
    for factor in factors():
        ReadinessRating.give(made, people["pat"], factor, 0, by=manager, value=3 if factor == "budget" else 4)
    assert "Being rated: 1 person has finished" in browser.get(page).text
    ReadinessRound.objects.visible_to(manager).get().show(by=manager)
    assert "1 weak success factor<" in browser.get(page).text


@pytest.mark.django_db
def test_whoever_joins_takes_over_ratings_even_those_shown(round_, rated, people, utility, manager):
    rated("pat", 2, 3)
    rated("contributor", 5)
    round_.show(by=manager)
    joined = Person.objects.visible_to(manager).get(user__email="contributor@example.org")
    Person.objects.visible_to(manager).get(pk=people["pat"].pk).merge_into(joined, by=manager)
    assert set(round_.ratings.values_list("person__name", "factor", "value")) == {
        ("Connie Boyd", "management-commitment", 3),
        ("Connie Boyd", "strategic-plan", 5),
        ("Pat Night", "strategic-plan", 2),  # she has a rating of her own there
    }


@pytest.mark.django_db
@pytest.mark.parametrize("is_shown", [False, True])
def test_a_round_takes_as_many_queries_for_many_people_as_for_few(round_, rated, utility, manager, as_, is_shown):
    browser = as_(manager)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(round_.get_absolute_url()).status_code == 200
        return len(captured)

    rated("manager", *[3] * 9)
    earlier = ReadinessRound.objects.create(utility=utility, name="Earlier", status="together", began_on="2020-01-01")
    assert earlier.pk
    if is_shown:
        round_.show(by=manager)
    browser.get(round_.get_absolute_url())
    few = queries()
    ReadinessRound.objects.filter(pk=round_.pk).update(status="rating")
    for n in range(12):
        person = Person.add(utility, by=manager, name=f"Person {n}")
        for factor in factors():
            ReadinessRating.give(round_, person, factor, 0, by=manager, value=n % 6, note=f"Remark {n}")
    for point in round_.points.all():
        Action.open_in(utility, by=manager, title=f"From {point.slug}", readiness=point)
    if is_shown:
        ReadinessRound.objects.filter(pk=round_.pk).update(status="together")
    many = queries()
    assert many <= few + 1, "the utility of the actions"
    assert many <= 15


# --- who may

ROLES = ["manager", "contributor", "advisor", "viewer", "stranger", "nobody"]
SENT = {
    "begin_round": {"name": "Next"},
    "show_round": {},
    "reopen_round": {"why": "Again."},
    "save_barrier": {"version": 1, "applies": "on"},
}
OWN = {"rate", "save_rating"}  # of the person alone, whatever their role
PAGES = {"readiness", "round", "round_history"}


def test_every_address_is_tried():
    assert {pattern.name for pattern in urls.urlpatterns} == SENT.keys() | OWN | PAGES


@pytest.fixture
def browser(request, as_):
    return lambda role: Client() if role == "nobody" else as_(request.getfixturevalue(role))


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
def test_who_reads_and_who_rates(round_, utility, browser, role, request):
    reads = {"stranger": 404, "nobody": 302}.get(role, 200)
    pages = (round_.get_absolute_url(), address("round_history", round_), reverse("ims:readiness", args=[utility.pk]))
    for url in pages:
        assert browser(role).get(url).status_code == reads
    user = request.getfixturevalue(role) if role != "nobody" else None
    mine = Person.objects.of(utility).filter(user=user).first() if role not in ("stranger", "nobody") else None
    mine = mine or Person.objects.of(utility).first()
    assert browser(role).get(address("rate", round_, mine.pk)).status_code == reads
    sent = browser(role).post(address("save_rating", round_, mine.pk, "training"), {"version": 0, "value": 3})
    assert sent.status_code == {200: 302}.get(reads, reads)
    assert ReadinessRating.objects.exists() == (reads == 200)


@pytest.mark.django_db
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", SENT)
def test_who_changes(round_, rated, utility, browser, manager, role, name):
    rated("manager", 3)
    if name in ("begin_round", "reopen_round"):
        round_.show(by=manager)
    urls = {"begin_round": reverse("ims:begin_round", args=[utility.pk])}
    urls["save_barrier"] = address("save_barrier", round_, "paperwork")
    answer = browser(role).post(urls.get(name) or address(name, round_), SENT[name])
    expected = {"viewer": 403, "stranger": 404, "nobody": 302}.get(role, 302)
    assert answer.status_code == expected
    changed = {
        "begin_round": ReadinessRound.objects.count() == 2,
        "show_round": ReadinessRound.objects.first().is_shown,
        "reopen_round": not ReadinessRound.objects.last().is_shown,
        "save_barrier": ReadinessPoint.objects.filter(applies=True).exists(),
    }
    assert changed[name] == (role in ("manager", "contributor", "advisor"))


@pytest.mark.django_db
def test_a_second_click_and_a_missing_reason_are_told(round_, rated, utility, as_, manager):
    browser = as_(manager)
    assert "Nobody has rated yet" in browser.post(address("show_round", round_), follow=True).text
    rated("manager", 3)
    browser.post(address("show_round", round_))
    assert "shown already" in browser.post(address("show_round", round_), follow=True).text
    assert browser.post(address("reopen_round", round_), {"why": ""}).status_code == 422
    browser.post(address("reopen_round", round_), {"why": "Pat was away."})
    assert "Nothing was changed" in browser.post(address("reopen_round", round_), {"why": "Again."}, follow=True).text
    begun = browser.post(reverse("ims:begin_round", args=[utility.pk]), {"name": "Next"}, follow=True)
    assert "Another round is being rated" in begun.text


@pytest.mark.django_db
def test_a_former_member_rates_no_more(round_, people, utility, as_):
    user = member(utility, "viewer", "gone@example.org", "Gone Soon")
    person = Person.objects.of(utility).get(user=user)
    url = address("rate", round_, person.pk)
    assert as_(user).get(url).status_code == 200
    user.memberships.get().leave()
    assert as_(user).get(url).status_code == 404
