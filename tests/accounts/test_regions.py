"""EPA's ten regions, every state and territory written out."""

import pytest

from accounts.models import Identifier, Utility
from accounts.regions import region_of, states
from tests.factories import UtilityFactory

REGIONS = {
    1: ["CT", "MA", "ME", "NH", "RI", "VT"],
    2: ["NJ", "NY", "PR", "VI"],
    3: ["DC", "DE", "MD", "PA", "VA", "WV"],
    4: ["AL", "FL", "GA", "KY", "MS", "NC", "SC", "TN"],
    5: ["IL", "IN", "MI", "MN", "OH", "WI"],
    6: ["AR", "LA", "NM", "OK", "TX"],
    7: ["IA", "KS", "MO", "NE"],
    8: ["CO", "MT", "ND", "SD", "UT", "WY"],
    9: ["AS", "AZ", "CA", "GU", "HI", "MP", "NV"],
    10: ["AK", "ID", "OR", "WA"],
}
IN_NO_REGION = ["FM", "MH", "PW"]  # freely associated states: independent, but with postal codes of the United States


def test_the_region_of_each_state():
    for region, codes in REGIONS.items():
        assert {region_of(code) for code in codes} == {region}
    assert {region_of(code) for code in [*IN_NO_REGION, "AA", "XX", "", "or"]} == {None}


def test_where_a_utility_can_be():
    known = {code for codes in REGIONS.values() for code in codes} | set(IN_NO_REGION)
    assert {code for code, _ in states()} == known, "not where the armed forces have their mail"
    assert len(states()) == 59
    assert ("OR", "Oregon") in states()


@pytest.mark.parametrize(
    ("state", "identifiers", "region"),
    [
        ("UT", ["010400123"], 1),
        ("UT", ["090400123"], 9),
        ("UT", ["100400123"], 10),
        ("UT", ["000400123"], 8),  # no region has this number, so the state tells
        ("UT", ["110400123"], 8),
        ("UT", ["UT0400123"], 8),
        ("UT", ["U90400123", "9U0400123"], 8),
        ("UT", [""], 8),
        ("WA", ["WA5300001", "090400123", "080400123"], 9),  # the first tribal one
        ("XX", ["090400123"], 9),
        ("XX", ["UT0400123"], None),
    ],
)
def test_a_tribal_system_s_number_tells_its_region(state, identifiers, region):
    assert region_of(state, identifiers) == region


@pytest.mark.django_db
def test_the_utilities_of_a_region():
    numbers = {
        "by state": ("UT", []),
        "tribal": ("UT", ["090400123"]),
        "two": ("WA", ["080400124", "090400125", "WA5300001"]),
        "no region": ("UT", ["UT0400123"]),
        "nowhere": ("PW", []),
    }
    for name, (state, values) in numbers.items():
        UtilityFactory(name=name, state=state).set_identifiers([(Identifier.Kind.PWSID, value) for value in values])
    there = {region: {each.name for each in Utility.objects.in_region(region)} for region in range(1, 11)}
    assert {region: names for region, names in there.items() if names} == {
        8: {"by state", "no region", "two"},
        9: {"tribal"},
    }
    for utility in Utility.objects.all():
        assert all((utility.name in names) == (utility.epa_region == region) for region, names in there.items())
