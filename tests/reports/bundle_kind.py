"""The bundle that these tests ask for: of every utility a letter and a plate, all letters first."""

from dataclasses import replace
from typing import Any

from accounts.models import Utility
from reports.kinds import Bundle, Part
from tests.reports import slow_kind

NAME, LETTER, PLATE = "bundle-test", "letter-test", "plate-test"
laid_out: list[str] = []  # of what, in this process; a test empties it


def context(utility: Utility) -> dict[str, Any]:
    """A utility that is called Broken can't be written about."""
    if utility.name.startswith("Broken"):
        raise ValueError("secret detail")
    laid_out.append(utility.name)
    return slow_kind.context(utility)


def parts(utility: Utility) -> list[Part]:
    every = list(Utility.objects.order_by("name", "pk"))
    letters = [Part(LETTER, one.pk, "Letters", f"Letter to {one}") for one in every]
    return letters + [Part(PLATE, one.pk, "Plates", f"Plate for {one}") for one in every]


KINDS = [
    replace(slow_kind.KIND, name=LETTER, label="Letter", template="test_report.html", context=context),
    replace(slow_kind.KIND, name=PLATE, label="Plate", template="test_report.html", context=context),
    Bundle(
        name=NAME,
        label="Letters and plates",
        find=slow_kind.find,
        title=lambda utility: f"Letters and plates for {utility}",
        filename=lambda utility: f"Letters and plates {utility}",
        parts=parts,
    ),
]
