"""The public register: who is listed, how the list is filtered, its map, and what an entry shows."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import Identifier, System
from accounts.regions import states
from recognition.models import Application, Photo, Recognition
from recognition.register.map import TERRITORIES, as_map
from tests.applications import fill, words
from tests.factories import UtilityFactory
from tests.pictures import photo

pytestmark = pytest.mark.django_db
Status = Application.Status
REGISTER = reverse("recognition:register")
API = "/api/v1/recognition/register"


@pytest.fixture
def listed(cycle):
    """``listed(name, …)`` is a recognition of a utility of this name, as a release leaves it."""

    def recognize(name: str, published=(), **about) -> Recognition:
        utility = UtilityFactory(name=name, **about)
        application = Application.objects.create(utility=utility, cycle=cycle, status=Status.RECOGNIZED)
        recognition = Recognition.issue(application)
        recognition.publish(1, by=None, published=list(published), summary="")
        return recognition

    return recognize


@pytest.fixture
def three(listed) -> list[Recognition]:
    return [
        listed("Alder Water", state="OR", city="Bend", systems=[System.DRINKING_WATER]),
        listed("birch Sewer", ["attributes.product-quality"], state="GA", systems=[System.WASTEWATER]),
        listed("Cedar Works", state="GA", systems=[System.DRINKING_WATER, System.WASTEWATER]),
    ]


NAMES = ["Alder Water", "birch Sewer", "Cedar Works"]


def found(client, **asked) -> list[str]:
    """The names in the list, in its order."""
    rows = csv.DictReader(io.StringIO(client.get(REGISTER, asked | {"export": "csv"}).content.decode("utf-8-sig")))
    return [row["Utility"] for row in rows]


# The list.


def test_what_it_offers_follows_every_entry(client, three, listed, staff):
    """What occurs in it is kept between requests, until an entry is added, is changed or ends."""

    def offered() -> tuple[bool, bool]:
        page = client.get(REGISTER).text
        return "Vermont" in page.partition('name="state"')[2].partition("</select>")[0], 'name="shows"' in page

    assert offered() == (False, False), "one state more, and achievements of one kind only"
    later = listed("Dogwood Water", state="VT")
    assert offered() == (True, False)
    later.publish(2, by=None, published=["categories.climate-change"], summary="")
    assert offered() == (True, True)
    later.revoke(by=staff, why="Enough.")
    assert offered() == (False, False)
    again = listed("Elder Water", state="VT")
    assert offered() == (True, False)
    Recognition.objects.filter(pk=again.pk).update(since=date(2020, 1, 1), until=date(2022, 12, 31))
    assert offered() == (False, False)
    last = listed("Fir Water", state="VT")
    assert offered() == (True, False)
    with time_machine.travel(timezone.now() + timedelta(days=1100)):
        listed("Gale Water", state="GA")
        assert offered() == (False, False)
    assert offered() == (True, False)
    Recognition.objects.filter(pk=last.pk).delete()
    assert offered() == (False, False)


def test_it_lists_the_valid_ones_by_name(client, three, staff):
    assert found(client) == NAMES
    page = client.get(REGISTER).text
    assert three[0].get_absolute_url() in page
    for private in (three[0].number, "OR4100001", "@example.org"):
        assert private not in page.partition("<main")[2].partition("</main>")[0]
    three[1].revoke(by=staff, why="Enough.")
    assert found(client) == ["Alder Water", "Cedar Works"]
    Recognition.objects.filter(pk=three[0].pk).update(since=date(2020, 1, 1), until=date(2022, 12, 31))
    assert found(client) == ["Cedar Works"]
    with time_machine.travel(timezone.now() + timedelta(days=1100)):
        assert "No utilities are currently recognized" in client.get(REGISTER).text


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"state": "OR"}, ["Alder Water"]),
        ({"region": "4"}, ["birch Sewer", "Cedar Works"]),
        ({"system": "wastewater"}, ["birch Sewer", "Cedar Works"]),
        ({"words": "BEND alder"}, ["Alder Water"]),
        ({"words": "sewer"}, ["birch Sewer"]),
        ({"words": "sewer georgia"}, []),
        ({"state": "GA", "system": "drinking_water"}, ["Cedar Works"]),
        ({"sort": "-utility"}, NAMES[::-1]),
        ({"sort": "state"}, ["birch Sewer", "Cedar Works", "Alder Water"]),
        ({"region": "99", "words": "cedar"}, ["Cedar Works"]),
    ],
)
def test_it_is_filtered_searched_and_sorted(client, three, asked, expected):
    assert found(client, **asked) == expected
    assert client.get(REGISTER, asked).status_code == 200


@pytest.mark.parametrize(
    ("asked", "n"),
    [
        ({}, 3),
        ({"state": "GA"}, 2),
        ({"state": "XX"}, 3),  # no state, so the list is not filtered by it
        ({"system": "wastewater"}, 2),
        ({"system": "wastewater", "state": "OR"}, 0),
        ({"words": "water", "state": "OR"}, 1),
        ({"words": "water", "state": "XX"}, 1),
        ({"region": "4", "sort": "-state"}, 2),
        ({"words": "nothing"}, 0),
        ({"state": "GA", "page": "9"}, 2),
    ],
)
def test_the_pages_are_of_what_the_map_counts(client, three, asked, n):
    page = client.get(REGISTER, asked)
    assert page.context["page"].paginator.found == n == len(found(client, **asked))
    assert page.context["total"] == 3


def test_it_is_filtered_by_what_is_shown_and_by_cycle(client, three, listed, cycle):
    cycle.pk, cycle.title = None, "Recognition 2028"
    cycle.save()
    later = listed("Dogwood Water", ["attributes.product-quality", "categories.climate-change"])
    assert found(client, shows="attributes.product-quality") == ["birch Sewer", "Dogwood Water"]
    assert found(client, shows="categories.climate-change") == ["Dogwood Water"]
    assert found(client, cycle=later.application.cycle_id) == ["Dogwood Water"]
    page = client.get(REGISTER).text
    assert "Financial viability" not in page, "nobody shows it, so nobody can ask for it"


def test_the_region_of_a_tribal_system_is_in_its_number(client, three):
    utility = three[0].application.utility
    Identifier.objects.create(utility=utility, kind=Identifier.Kind.PWSID, value="080000123")
    assert found(client, region="8") == ["Alder Water"]
    assert client.get(API, {"region": 8}).json()["count"] == 1


def test_it_is_downloaded_as_it_is_filtered(client, three):
    answer = client.get(REGISTER, {"state": "OR", "export": "xlsx"})
    [head, row] = load_workbook(io.BytesIO(answer.content)).active.iter_rows(values_only=True)
    assert head == ("Utility", "City", "State", "EPA region", "Systems", "Cycle", "Valid from", "Valid until")
    assert row[:6] == ("Alder Water", "Bend", "Oregon", 10, "Drinking water", "Recognition 2027")
    assert row[7].date() == three[0].until


def test_queries_do_not_grow_with_its_rows(client, three, listed, manager, as_):
    def asked_by(browser) -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(REGISTER, {"words": "e"})
        return len(asked)

    few, signed_in = asked_by(client), asked_by(as_(manager))
    for n in range(30):
        listed(f"Elm {n}", ["attributes.product-quality"], state="AL")
    assert asked_by(client) == few
    assert asked_by(as_(manager)) == signed_in
    assert signed_in <= 12


# Its map.


def test_every_state_has_one_tile_and_territories_where_they_have_any():
    of_states = {code for code, _ in states()} - set(TERRITORIES.split())
    tiles = as_map({}).tiles
    assert {tile.code for tile in tiles} == of_states
    assert len(tiles) == len({(tile.x, tile.y) for tile in tiles}) == 51
    with_some = as_map({"GU": 1, "PR": 3, "OR": 1})
    assert {tile.code for tile in with_some.tiles} == of_states | {"GU", "PR"}
    assert with_some.height > as_map({"OR": 1}).height
    everywhere = as_map(dict.fromkeys([code for code, _ in states()], 1))
    assert {tile.code for tile in everywhere.tiles} == {code for code, _ in states()}


def test_the_more_the_darker():
    fills = [tile.fill for n in (0, 1, 3, 6, 11, 500) for tile in as_map({"OR": n}).tiles if tile.code == "OR"]
    assert len(set(fills)) == 5
    assert fills[4] == fills[5]


def test_a_tile_leads_to_what_it_counts(client, three):
    page = client.get(REGISTER).text
    assert 'href="?state=GA" aria-label="Georgia: 2 utilities"' in page
    assert 'aria-label="Oregon: 1 utility"' in page
    assert "Alabama: " not in page
    page = client.get(REGISTER, {"state": "OR", "system": "wastewater"}).text
    assert 'href="?system=wastewater&amp;state=GA" aria-label="Georgia: 2 utilities"' in page
    assert 'aria-label="Oregon' not in page, "none of Oregon fits the other filters"
    page = client.get(REGISTER, {"state": "GA", "page": "1"}).text
    assert 'href="?" aria-label="Georgia: 2 utilities" aria-current="true"' in page, "and back"


# An entry.

SECRET = "The main under Mill Road is weak."


@pytest.fixture
def folder(own_folder):
    return own_folder


@pytest.fixture
def entry(folder, draft, manager, at) -> Recognition:
    """With two achievements shown, a passage claimed as confidential, one photo to be published and one not."""
    prompts = ("measures", "evaluated", "changes")
    answers = {"chosen": True, "assessed": f"We looked at all. {SECRET} We chose this."}
    fill(
        draft,
        manager,
        **{
            "attributes.product-quality": answers | {prompt: words(prompt, 8) for prompt in prompts},
            "confidentiality": {"passages": [SECRET]},
        },
    )
    Photo.add(draft, photo(), by=manager, caption=f"The plant. {SECRET}", may_publish=True)
    Photo.add(draft, photo(), by=manager, caption="Behind the fence", may_publish=False)
    recognition = Recognition.objects.with_utility().get(application=at(Status.RECOGNIZED))
    shown = ["categories.climate-change", "attributes.product-quality"]
    recognition.publish(1, by=manager, published=shown, summary="Ours is <b>clean</b>.")
    return recognition


def test_an_entry_shows_what_was_agreed(entry, client):
    page = client.get(entry.get_absolute_url()).text
    for text in ["Riverbend Water and Sewer", "Riverbend, Oregon", "Recognition 2027", "Ours is &lt;b&gt;clean"]:
        assert text in page
    assert page.index("We looked at all.") < page.index("climate0"), "in the criteria's order"
    for hidden in ["financial-viability-assessed", "water0", "Mara Gerr", "OR4100001", "Behind the fence"]:
        assert hidden not in page
    for hidden in [SECRET, "Mill Road", entry.number]:
        assert hidden not in page
    assert "We looked at all. [claimed confidential, withheld] We chose this." in page
    assert 'alt="The plant. [claimed confidential, withheld]"' in page


def test_an_entry_without_more_says_so(at, client):
    at(Status.RECOGNIZED)
    page = client.get(Recognition.objects.get().get_absolute_url()).text
    assert "has not chosen to show more" in page


def test_what_is_over_or_revoked_is_gone(entry, client, staff):
    with time_machine.travel(timezone.now() + timedelta(days=1200)):
        assert client.get(entry.get_absolute_url()).status_code == 410
    entry.revoke(by=staff, why="Enough.")
    answer = client.get(entry.get_absolute_url())
    assert answer.status_code == 410
    for hidden in ("Riverbend", "Enough", "clean"):
        assert hidden not in answer.text
    assert client.get(reverse("recognition:register_entry", args=[10**7])).status_code == 404
    assert client.post(entry.get_absolute_url()).status_code == 405
    assert client.post(REGISTER).status_code == 405


def test_a_summary_that_repeats_a_claimed_passage_is_refused(entry, manager, as_):
    path = reverse("recognition:publish", args=[entry.application_id])
    answer = as_(manager).post(path, {"version": 2, "summary": f"Look: {SECRET}"})
    assert answer.status_code == 422
    assert "claimed as confidential" in answer.text


# Its photos.


def test_only_photos_of_the_submitted_version_that_may_be_published(entry, client, staff, listed):
    def path(picture: Photo, of: Recognition = entry) -> str:
        return reverse("recognition:register_photo", args=[of.pk, picture.pk])

    submitted = Photo.objects.exclude(submission=None)
    public, private = submitted.get(may_publish=True), submitted.get(may_publish=False)
    assert path(public) in client.get(entry.get_absolute_url()).text
    answer = client.get(path(public))
    assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
    assert answer["Content-Type"] == "image/jpeg"
    other = listed("Another")
    draft = Photo.objects.get(submission=None, may_publish=True)
    for refused in (path(private), path(draft), path(public, other)):
        assert client.get(refused).status_code == 404
    assert client.post(path(public)).status_code == 405
    entry.revoke(by=staff, why="Enough.")
    assert client.get(path(public)).status_code == 404


def test_what_is_revoked_leaves_the_caches(entry, client, staff):
    """No cache on the way keeps anything of the register, and a browser asks before it shows what it kept."""
    photo = Photo.objects.exclude(submission=None).get(may_publish=True)
    picture = reverse("recognition:register_photo", args=[entry.pk, photo.pk])
    page = entry.get_absolute_url()
    verified = reverse("recognition:verify", args=[entry.number])
    lists = [REGISTER, f"{REGISTER}?export=csv", f"{REGISTER}?export=xlsx", API, f"{API}.csv"]

    def assert_not_kept(answer) -> None:
        said = set(answer["Cache-Control"].split(", "))
        assert "private" in said
        assert said & {"no-store", "no-cache"}
        assert not said & {"public", "immutable"}
        assert not [
            each for each in said if each.startswith("s-maxage") or (each[:7] == "max-age" and each != "max-age=0")
        ]

    known = {}
    for path in [picture, page, verified, *lists]:
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert_not_kept(answer)
        if answer.streaming:
            b"".join(answer.streaming_content)
        known[path] = {"If-None-Match": answer.get("ETag", "*")}
    assert known[picture] != {"If-None-Match": "*"}
    unchanged = client.get(picture, headers=known[picture])
    assert unchanged.status_code == 304
    assert_not_kept(unchanged)

    entry.revoke(by=staff, why="Enough.")
    assert client.get(picture, headers=known[picture]).status_code == 404
    assert client.get(page, headers=known[page]).status_code == 410
    for path in [verified, *lists]:
        assert client.get(path, headers=known[path]).status_code == 200, path


# For programs.


def test_the_api_tells_the_same(client, three, entry, settings):
    answer = client.get(API).json()
    assert answer["count"] == len(answer["items"]) == 4
    [mine] = client.get(API, {"q": "riverbend water"}).json()["items"]
    assert mine == {
        "name": "Riverbend Water and Sewer",
        "city": "Riverbend",
        "state": "OR",
        "region": 10,
        "systems": ["drinking_water", "wastewater"],
        "cycle": "Recognition 2027",
        "since": entry.since.isoformat(),
        "until": entry.until.isoformat(),
        "achievements": [
            {"section": "categories.climate-change", "name": mine["achievements"][0]["name"]},
            {"section": "attributes.product-quality", "name": "Product quality"},
        ],
        "summary": "Ours is <b>clean</b>.",
        "url": settings.SITE_URL + entry.get_absolute_url(),
    }
    assert [each["name"] for each in client.get(API, {"state": "GA"}).json()["items"]] == NAMES[1:]
    assert client.get(API, {"system": "wastewater", "state": "OR"}).json()["count"] == 1


@pytest.mark.parametrize("asked", [{"state": "XX"}, {"region": "11"}, {"system": "gas"}, {"q": "x" * 101}])
def test_the_api_refuses_what_it_does_not_know(client, three, asked):
    for address in (API, f"{API}.csv"):
        answer = client.get(address, asked)
        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")


def test_the_api_s_csv(client, listed):
    listed("=SUM(A1)", ["attributes.product-quality"], state="GA", systems=["wastewater", "stormwater"])
    answer = client.get(f"{API}.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["name"], row["systems"], row["achievements"]) == (
        "'=SUM(A1)",
        "wastewater; stormwater",
        "Product quality",
    )


def test_the_api_says_whether_anything_is_new_and_asks_as_much_for_many(client, three, listed, staff):
    answer = client.get(API)
    known = {"If-None-Match": answer["ETag"]}
    assert client.get(API, headers=known).status_code == 304
    three[0].revoke(by=staff, why="Enough.")
    assert client.get(API, headers=known).status_code == 200
    with CaptureQueriesContext(connection) as few:
        client.get(API)
    for n in range(5):
        listed(f"Elm {n}", ["attributes.product-quality"])
    with CaptureQueriesContext(connection) as many:
        client.get(API)
    assert len(many) == len(few) <= 3
