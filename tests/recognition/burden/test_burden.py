"""The estimate of what a round costs: by hand, against the source, over the API, the command and the page."""

import json
from dataclasses import fields
from html import unescape
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from recognition.burden.estimate import (
    PRINTED,
    Assumptions,
    WrongValue,
    average_year,
    estimate,
    held_against_the_source,
)

API = "/api/v1/recognition/burden"
PROBLEM = "application/problem+json"
NAMES = [each.name for each in fields(Assumptions)]
# The source's three years, written again: a test should not lean on what it tests.
YEARS = [(194, 335.66), (0, 0), (432, 1074.5)]


def ask(client, **given):
    return client.get(API, {"wastewater": 120, "drinking_water": 80} | given)


def near(figure: float):
    return pytest.approx(figure, rel=1e-9)


# --- By hand


def test_two_hundred_applications_by_hand():
    assert estimate(120, 80) == {
        "applications": 200,
        "incomplete": near(20),
        "for_compliance_review": near(180),
        "meeting_compliance": near(144),
        "recognized": near(108),
        "not_recognized": near(92),
        "respondent": {"hours": near(4000), "cost": near(200 * (110 + 749.76 + 46.24))},
        "agency": {
            "completeness": {"hours": near(2600 / 60), "cost": near(2600 / 60 * 57.53)},
            "compliance": {"hours": near(60), "cost": near(3451.80)},
            "substantive": {"hours": near(144), "cost": near(8284.32)},
            "post_review": {"hours": near(36), "cost": near(18 * 57.53 + 18 * 30.20 + 864)},
            "total": {"hours": near(2600 / 60 + 240), "cost": near(2492.9666666667 + 3451.80 + 8284.32 + 2443.14)},
        },
    }


def test_every_assumption_counts():
    """Changing any one of them changes the estimate."""
    plain = estimate(120, 80)
    for name in NAMES:
        default = getattr(Assumptions(), name)
        other = estimate(120, 80, Assumptions(**{name: default / 2 if name.endswith("_share") else default + 1}))
        assert other != plain, name


def test_each_assumption_says_its_unit_and_source():
    for each in fields(Assumptions):
        assert each.metadata["unit"]
        assert each.metadata["source"].startswith("ICR 2010, ")


def test_wastewater_and_drinking_water_have_their_own_hours():
    assumptions = Assumptions(wastewater_staff_hours=10, drinking_water_support_hours=0)
    assert estimate(3, 0, assumptions)["respondent"]["hours"] == 3 * 14
    assert estimate(0, 3, assumptions)["respondent"]["hours"] == 3 * 18


def test_nobody_applies():
    none = estimate(0, 0)
    assert none["applications"] == none["not_recognized"] == none["respondent"]["cost"] == 0
    assert none["agency"]["total"] == {"hours": 0, "cost": 0}


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 1e12, True, "5", None])
def test_no_estimate_of_a_wrong_number(wrong):
    with pytest.raises(WrongValue) as caught:
        estimate(1, wrong)
    assert caught.value.name == "drinking_water"
    with pytest.raises(WrongValue, match="staff_rate"):
        Assumptions(staff_rate=wrong)


@pytest.mark.parametrize("wrong", [{"incomplete_share": 1.01}, {"panel_members": 2.5}])
def test_a_share_is_at_most_one_and_a_panel_has_whole_members(wrong):
    with pytest.raises(WrongValue):
        Assumptions(**wrong)


applications = st.floats(0, 1_000_000)


@settings(max_examples=60, deadline=None)
@given(applications, applications, applications)
def test_more_applications_never_cost_less(wastewater, drinking_water, more):
    def figures(made) -> list[float]:
        return [v for each in made.values() for v in (figures(each) if isinstance(each, dict) else [each])]

    fewer = figures(estimate(wastewater / 2, drinking_water))
    for greater in (estimate(wastewater, drinking_water), estimate(wastewater / 2, drinking_water + more)):
        assert all(a <= b * (1 + 1e-12) for a, b in zip(fewer, figures(greater), strict=True))


@settings(max_examples=60, deadline=None)
@given(applications, applications, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1), st.integers(0, 1000))
def test_the_parts_add_up(wastewater, drinking_water, incomplete, compliant, recognized, members):
    assumed = Assumptions(
        incomplete_share=incomplete, compliant_share=compliant, recognized_share=recognized, panel_members=members
    )
    made = estimate(wastewater, drinking_water, assumed)
    agency = made["agency"]
    for what in ("hours", "cost"):
        parts = sum(agency[part][what] for part in ("completeness", "compliance", "substantive", "post_review"))
        assert agency["total"][what] == near(parts)
    close = pytest.approx(made["applications"], rel=1e-9)
    assert made["incomplete"] + made["for_compliance_review"] == close
    assert made["recognized"] + made["not_recognized"] == close
    assert 0 <= made["recognized"] <= made["meeting_compliance"] <= made["for_compliance_review"]


# --- Against the annual averages that the source prints


def mean(*path: str) -> float:
    found = [estimate(*year) for year in YEARS]
    for key in path:
        found = [each[key] for each in found]
    return sum(found) / 3


AVERAGES = [
    pytest.param(679, ["applications"], id="applicants: 679 in §1(b), §6(a) and Table 1"),
    pytest.param(678, ["applications"], id="applicants, disagrees: 678 in §6(f)"),
    pytest.param(2_036 / 3, ["applications"], id="applicants of three years: 2,036 in §1(b)"),
    pytest.param(2_037 / 3, ["applications"], id="applicants of three years, disagrees: 2,037 in §6(a)"),
    pytest.param(13_574, ["respondent", "hours"], id="hours: 13,574 in §1(b), §6(a) and Table 3"),
    pytest.param(13_564, ["respondent", "hours"], id="hours, disagrees: 13,564 in Table 1"),
    pytest.param(679 * 20.00, ["respondent", "hours"], id="hours, disagrees: 679 at 20.00 each, in Table 1"),
    pytest.param(13_600, ["respondent", "hours"], id="hours, disagrees: about 13,600 in §6(a)"),
    pytest.param(614_919, ["respondent", "cost"], id="cost: $614,919 in §1(b), and in Table 1 as the total"),
    pytest.param(614_315, ["respondent", "cost"], id="cost, disagrees: $614,315 in Table 1 as labor, all there is"),
    pytest.param(147, ["agency", "completeness", "hours"], id="completeness: 147 hours in §6(c)"),
    pytest.param(8_454, ["agency", "completeness", "cost"], id="completeness: $8,454 in §6(c)"),
    pytest.param(204, ["agency", "compliance", "hours"], id="compliance: 204 hours in §6(c)"),
    pytest.param(11_717, ["agency", "compliance", "cost"], id="compliance: $11,717 in §6(c)"),
    pytest.param(489, ["agency", "substantive", "hours"], id="panel: 489 hours in §6(c)"),
    pytest.param(28_111, ["agency", "substantive", "cost"], id="panel: $28,111 in §6(c)"),
    pytest.param(122, ["agency", "post_review", "hours"], id="certificates and letters: 122 hours in §6(c)"),
    pytest.param(8_294, ["agency", "post_review", "cost"], id="certificates and letters: $8,294 in §6(c)"),
    pytest.param(56_575, ["agency", "total", "cost"], id="agency: $56,575 in §1(b) and Table 2"),
    pytest.param(56_576, ["agency", "total", "cost"], id="agency, disagrees: $56,576 as the sum of the four in §6(c)"),
]


@pytest.mark.parametrize(("printed", "path"), AVERAGES)
def test_within_half_a_percent_of_what_the_source_prints(printed, path):
    assert mean(*path) == pytest.approx(printed, rel=0.005)


def test_the_third_year_holds_everyone_who_was_not_recognized_in_the_first():
    """1,507 in §6(a), 1,263 in App. D, which leaves them out; and 336 in its note on 920."""
    (first, third) = estimate(*YEARS[0]), estimate(*YEARS[2])
    assert third["applications"] == pytest.approx(1507, abs=1)
    assert 343 + 920 + first["not_recognized"] == pytest.approx(third["applications"], abs=1)
    assert first["incomplete"] + 1263 < 1320  # and not only the incomplete, as App. D says elsewhere


def test_ten_minutes_for_a_certificate_as_app_d_has_it_would_be_half_of_the_printed_hours():
    halved = Assumptions(post_review_manager_minutes=5, post_review_support_minutes=5)
    hours = sum(estimate(*year, halved)["agency"]["post_review"]["hours"] for year in YEARS) / 3
    assert hours == pytest.approx(61, rel=0.005)


def test_the_printed_reviews_are_not_of_each_application_and_not_of_rounded_hours():
    assert mean("applications") / 3 == pytest.approx(226, rel=0.005)  # where 204 is printed, of the complete
    assert mean("for_compliance_review") * 0.33 < 204 * 0.99
    assert mean("meeting_compliance") * 0.33 * 3 < 489 * 0.995


def test_the_page_shows_the_same_printed_figures_that_are_tested_here():
    tested = {case.values[0] for case in AVERAGES}
    assert {printed.figure for printed in PRINTED} <= tested
    assert all(off < 0.5 for printed, here, off in held_against_the_source())
    assert average_year()["respondent"]["cost"] == near(mean("respondent", "cost"))


def test_how_far_off_the_printed_figures_are_in_percent():
    """The mean of 529.66, 0 and 1,506.5 applications is 678.72, where 679 and 678 are printed."""
    found = {printed.figure: (here, off) for printed, here, off in held_against_the_source()}
    assert list(found) == [printed.figure for printed in PRINTED]
    assert found[679] == (near(2036.16 / 3), near((679 - 678.72) / 679 * 100))
    assert found[678] == (near(678.72), near((678.72 - 678) / 678 * 100))
    assert found[56_575][0] == near(mean("agency", "total", "cost"))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"staff_rate": -1}, "staff_rate must be a number from 0 to 100,000."),
        ({"incomplete_share": 2}, "incomplete_share must be a number from 0 to 1."),
        ({"panel_members": 1_001}, "panel_members must be a number from 0 to 1,000."),
        ({"post_review_other_cost": 1_000_001}, "post_review_other_cost must be a number from 0 to 1,000,000."),
    ],
)
def test_a_wrong_value_is_told_with_the_largest_that_is_taken(given, words):
    with pytest.raises(WrongValue) as caught:
        Assumptions(**given)
    assert str(caught.value) == words
    assert caught.value.name == next(iter(given))


def test_the_largest_values_are_taken():
    assert estimate(10_000_000, 0, Assumptions(panel_members=1_000, incomplete_share=1))["incomplete"] == 10_000_000
    for name in ("wastewater", "drinking_water"):
        with pytest.raises(WrongValue, match=f"^{name} must be a number from 0 to 10,000,000.$"):
            estimate(**{"wastewater": 1, "drinking_water": 1, name: 10_000_001})


# --- The API


def test_the_api_gives_the_estimate_unrounded_and_it_may_be_kept(client):
    answer = ask(client, wastewater="194", drinking_water="335.66")
    assert answer.status_code == 200
    assert answer.json() == estimate(194, 335.66)
    assert answer["Cache-Control"] == "public, max-age=300"
    again = {"If-None-Match": answer["ETag"]}
    same = client.get(f"{API}?wastewater=194&drinking_water=335.66", headers=again)
    assert same.status_code == 304


def test_every_assumption_is_a_parameter_of_the_api(client):
    parameters = client.get("/api/v1/openapi.json").json()["paths"][API]["get"]["parameters"]
    assert {each["name"]: each["schema"].get("default") for each in parameters} == {
        "wastewater": None,
        "drinking_water": None,
    } | {each.name: each.default for each in fields(Assumptions)}
    changed = {"panel_members": 5, "incomplete_share": 0.25, "post_review_other_cost": 0}
    assert ask(client, **changed).json() == estimate(120, 80, Assumptions(**changed))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("wastewater", "-1"),
        ("wastewater", "nan"),
        ("drinking_water", "inf"),
        ("drinking_water", "1e999"),
        ("drinking_water", "10000001"),
        ("drinking_water", "many"),
        ("drinking_water", ""),
        ("incomplete_share", "1.5"),
        ("compliant_share", "-0.1"),
        ("staff_rate", "NaN"),
        ("panel_minutes", "-Infinity"),
        ("panel_members", "2.5"),
        ("panel_members", "9" * 5000),
        ("panel_member", "4"),
    ],
)
def test_the_api_refuses_a_wrong_value_and_names_it(client, name, value):
    answer = ask(client, **{name: value})
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert [error["loc"][-1] for error in answer.json()["errors"]] == [name]


def test_the_api_asks_for_both_numbers(client):
    answer = client.get(API)
    assert (answer.status_code, answer["Content-Type"]) == (422, PROBLEM)
    assert {error["loc"][-1] for error in answer.json()["errors"]} == {"wastewater", "drinking_water"}
    assert client.post(API).status_code == 405


# --- The command


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("burden", "--wastewater", "120", "--drinking-water", "80", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_as_json():
    assert json.loads(run("--json")) == estimate(120, 80)
    for name in NAMES:
        half = Assumptions(**{name: 1 if name == "panel_members" else 0.5})
        option = "--" + name.replace("_", "-")
        assert json.loads(run("--json", option, str(getattr(half, name)))) == estimate(120, 80, half), name


def test_the_command_as_a_table():
    lines = [line.split() for line in run().splitlines()]
    assert ["Applications", "200.0"] in lines
    assert ["Not", "recognized", "92.0"] in lines
    assert ["hours", "dollars"] in lines
    assert ["Applicants", "4,000.0", "181,200.00"] in lines
    assert ["Agency:", "compliance", "review", "60.0", "3,451.80"] in lines
    assert ["Agency:", "total", "283.3", "16,672.23"] in lines


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--wastewater", "-5", "wastewater"),
        ("--wastewater", "nan", "wastewater"),
        ("--recognized-share", "2", "recognized-share"),
        ("--panel-members", "1.5", "panel-members"),
        ("--staff-rate", "high", "staff-rate"),
    ],
)
def test_the_command_refuses_a_wrong_value_and_names_it(option, value, named):
    with pytest.raises(CommandError, match=named):
        run(f"{option}={value}")


# --- The page


def page(client, status: int = 200, **given) -> str:
    answer = client.get(reverse("recognition:burden"), given)
    assert answer.status_code == status
    return " ".join(unescape(answer.content.decode()).split())


def test_anyone_sees_the_sources_first_year(client):
    shown = page(client)
    assert 'value="194"' in shown
    assert 'value="336"' in shown
    assert "$480,180" in shown  # 530 applicants at $906
    for each in fields(Assumptions):
        assert f'name="{each.name}" value="{each.default}"' in shown
        assert each.metadata["source"] in shown
    assert "Inconsistencies in the source" in shown
    for parameters in ("13,564", "$614,315", "678", "1,263", "5 and 5", "$56,576"):
        assert parameters in shown
    assert '<details class="ask">' in shown
    assert client.post(reverse("recognition:burden")).status_code == 405


def test_the_page_follows_its_address(client):
    shown = page(client, wastewater="120", drinking_water="80", panel_members="6")
    assert "$16,569" in shown  # the panel's cost, doubled
    assert '<details class="ask" open>' in shown
    data = shown.partition(f'href="{API}?')[2].partition('"')[0]
    assert client.get(f"{API}?{data}").json() == estimate(120, 80, Assumptions(panel_members=6))


@pytest.mark.parametrize(
    "wrong",
    [
        {"wastewater": "-1"},
        {"wastewater": ""},
        {"drinking_water": "nan"},
        {"drinking_water": "1e999"},
        {"compliant_share": "1.2"},
        {"panel_members": "2.5"},
    ],
)
def test_the_page_says_what_is_wrong_and_keeps_the_rest(client, wrong):
    shown = page(client, 422, **{"wastewater": "77", "drinking_water": "5"} | wrong)
    (name,) = wrong
    assert f'href="#id_{name}"' in shown
    assert "Hours and cost" not in shown
    assert ('<details class="ask" open>' in shown) == (name in NAMES)
    assert "77" in shown or name == "wastewater"


def test_staff_find_it_beside_their_queues(as_, staff, manager):
    link = f'href="{reverse("recognition:burden")}"'
    assert link in as_(staff).get(reverse("recognition:list")).content.decode()
    assert link not in as_(manager).get(reverse("recognition:list")).content.decode()
