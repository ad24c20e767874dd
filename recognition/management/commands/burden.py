"""``manage.py burden``: prints what a round of applications costs, as a table or JSON. It uses no database."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from recognition.burden.estimate import ASSUMED, Assumptions, Estimate, WrongValue, estimate

APPLICATIONS = {
    "applications": "Applications",
    "incomplete": "Incomplete",
    "for_compliance_review": "For compliance review",
    "meeting_compliance": "Meeting compliance",
    "recognized": "Recognized",
    "not_recognized": "Not recognized",
}
AGENCY = {
    "completeness": "Agency: completeness review",
    "compliance": "Agency: compliance review",
    "substantive": "Agency: panel review",
    "post_review": "Agency: certificates and letters",
    "total": "Agency: total",
}


class Command(BaseCommand):
    help = (
        "Estimates the hours and cost of a round of applications, as the 2010 ICR does. Each assumption is an option."
    )
    requires_system_checks: list[str] = []  # faster, and without a database

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wastewater", type=float, required=True, metavar="N", help="wastewater applications")
        parser.add_argument(
            "--drinking-water", type=float, required=True, metavar="N", help="drinking water applications"
        )
        parser.add_argument("--json", action="store_true", help="as JSON, unrounded")
        assumptions = parser.add_argument_group("assumptions")
        for each in ASSUMED:
            name = "{part} · {label}: {unit}".format(**each.metadata)
            assumptions.add_argument(
                "--" + each.name.replace("_", "-"),
                type=each.type,
                default=each.default,
                metavar="N",
                help=f"{name}. Default {each.default:g}",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            assumptions = Assumptions(**{each.name: options[each.name] for each in ASSUMED})
            made = estimate(options["wastewater"], options["drinking_water"], assumptions)
        except WrongValue as error:
            raise CommandError(str(error).replace("_", "-")) from error
        self.stdout.write(json.dumps(made, indent=2) if options["json"] else "\n".join(table(made)))


def table(made: Estimate) -> list[str]:
    """Returns lines with figures rounded for display."""
    numbers: dict[str, Any] = {**made}
    counted = [f"{label:<34}{numbers[name]:>14,.1f}" for name, label in APPLICATIONS.items()]
    spent = {"Applicants": made["respondent"]} | {label: numbers["agency"][name] for name, label in AGENCY.items()}
    lines = [f"{label:<34}{each['hours']:>14,.1f}{each['cost']:>18,.2f}" for label, each in spent.items()]
    return [*counted, "", f"{'':<34}{'hours':>14}{'dollars':>18}", *lines]
