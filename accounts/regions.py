"""States and territories, and EPA's ten regions."""

from collections.abc import Iterable
from functools import cache

from localflavor.us.us_states import USPS_CHOICES

ARMED_FORCES = {"AA", "AE", "AP"}  # postal codes for military mail; no utility is there

REGIONS = {
    1: "CT ME MA NH RI VT",
    2: "NJ NY PR VI",
    3: "DE DC MD PA VA WV",
    4: "AL FL GA KY MS NC SC TN",
    5: "IL IN MI MN OH WI",
    6: "AR LA NM OK TX",
    7: "IA KS MO NE",
    8: "CO MT ND SD UT WY",
    9: "AZ CA HI NV GU AS MP",
    10: "AK ID OR WA",
}
REGION_OF_STATE = {state: region for region, states in REGIONS.items() for state in states.split()}


def region_of(state: str, identifiers: Iterable[str] = ()) -> int | None:
    """Returns the EPA region, 1 to 10, or None if neither determines it.

    A public water system identifier that starts with a number instead of a state code belongs to a tribal system, and
    that number is its region.
    """
    for identifier in identifiers:
        if identifier[:2].isdigit() and 1 <= int(identifier[:2]) <= 10:
            return int(identifier[:2])
    return REGION_OF_STATE.get(state)


@cache
def states() -> list[tuple[str, str]]:
    """Returns where a utility can be. A function, so that migrations refer to it instead of copying the list."""
    return [(code, str(name)) for code, name in USPS_CHOICES if code not in ARMED_FORCES]
