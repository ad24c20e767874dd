"""The rows that pages are measured on besides those of a hundredth of the country: utilities with very many."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.models import Membership, Role, System, User, Utility
from assessments.models import Evidence, Finding, GapAnalysis
from assessments.operations import OPERATIONS
from bench import applications, large, managing
from bench.large import Large
from bench.managing import Managed
from config.load.utilities import address
from ims.check import periods
from ims.check.periods import Every
from ims.models import Action, Measure, Person, Reading
from initiatives.models import Initiative
from pdca.models import Area, Element
from recognition.models import Cycle
from reports.models import Report

OWN, DRAFTS = 60, 5  # gap analyses of the measured user's utility, and how many are under way
REPORTS = 60
ACTIONS = 300
MEASURES, READINGS = 300, 36
TEXT = "The environmental team keeps this under document control and reviews it each spring with operations. "


@dataclass(frozen=True)
class World:
    """The rows to measure. ``draft`` and ``complete`` are gap analyses of ``person``'s utility with all rows filled.

    ``staff`` sees the queues of the recognition program, ``member`` is on the panels of ``cycle``. ``keeper`` manages
    the systems of ``large``, ``managed.advisor`` those of five utilities.
    """

    person: User
    staff: User
    keeper: User
    member: User
    cycle: Cycle
    draft: GapAnalysis
    complete: GapAnalysis
    managed: Managed
    large: Large

    def people(self) -> dict[str, User]:
        own = {"person": self.person, "keeper": self.keeper, "member": self.member}
        return own | {"advisor": self.managed.advisor}


def build() -> World:
    """Creates a utility with 60 gap analyses of 18 filled rows, five with large systems, and a queue."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    person = User.objects.create_user("bench@example.org", None, name="Mara Gerr")
    own = _utility("Riverbend Water and Sewer", person)
    analyses = [_start(own, person, number) for number in range(OWN)]
    _fill_every_row(own, person)
    for analysis in analyses[DRAFTS:]:
        GapAnalysis.objects.visible_to(person).get(pk=analysis.pk).complete(by=person)
    _reports(person, analyses)
    _actions(own, person)
    _measures(own, person)
    keeper = User.objects.create_user("keeper@example.org", None, name="Sam Keeper")
    cycle, member = applications.build()
    managed, huge = managing.build(), large.build(keeper)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")  # as autovacuum would within minutes
    complete = GapAnalysis.objects.visible_to(person).get(pk=analyses[-1].pk)
    staff = User.objects.get(email=address("staff", 0))
    return World(person, staff, keeper, member, cycle, analyses[0], complete, managed, huge)


def _actions(utility: Utility, by: User) -> None:
    """Creates the actions that ``by`` owns; a colleague has commented on each and started every third."""
    colleague = User.objects.create_user("colleague@example.org", None, name="Connie Boyd")
    Membership.objects.create(user=colleague, utility=utility, role=Role.CONTRIBUTOR)
    owner = Person.objects.of(utility).get(user=by)
    today = dt.date.today()
    for number in range(ACTIONS):
        due = today + dt.timedelta(days=number - ACTIONS // 3)
        fields = {"title": f"Action {number}", "areas": ["E", "S"], "owner": owner, "due": due, "lines": TEXT}
        made = Action.open_in(utility, by=by, **fields)
        action = Action.objects.visible_to(colleague).get(pk=made.pk)
        action.say(f"Comment {number}", by=colleague)
        if number % 3 == 0:
            action.move(Action.Status.UNDER_WAY, by=colleague)


def _measures(utility: Utility, by: User) -> None:
    """Monthly measures with a target, each with readings of the last full months."""
    months = [periods.moved(periods.last_ended(dt.date.today(), Every.MONTH), Every.MONTH, -n) for n in range(READINGS)]
    measures = [Measure.open_in(utility, by=by, title=f"Measure {number}", target=5) for number in range(MEASURES)]
    Reading.objects.bulk_create(
        Reading(measure=measure, period=month, value=(place * 7) % 10, note=TEXT if place % 12 == 0 else "")
        for measure in measures
        for place, month in enumerate(months)
    )


def _utility(name: str, manager: User) -> Utility:
    systems = [System.DRINKING_WATER, System.WASTEWATER]
    utility = Utility.objects.create(name=name, city="Riverbend", state="OR", systems=systems)
    Membership.objects.create(user=manager, utility=utility, role=Role.MANAGER)
    return utility


def _start(utility: Utility, by: User, number: int) -> GapAnalysis:
    return GapAnalysis.start(
        by=by,
        utility=utility,
        initiatives=Initiative.objects.order_by("slug")[:6],
        name=f"Integrated management system, round {number + 1}",
        as_of=dt.date(2026, 6, 1) - dt.timedelta(days=30 * number),
        operations=list(OPERATIONS),
        fence_line=TEXT * 2,
        areas=list(Area.objects.values_list("code", flat=True)),
    )


def _fill_every_row(utility: Utility, by: User) -> None:
    """Fills each row: ratings 0, 1 and 2 in turn with matching areas, two initiatives, three texts and a link."""
    codes = list(Area.objects.values_list("code", flat=True))
    slugs = list(Initiative.objects.order_by("slug").values_list("slug", flat=True)[:2])
    rows = Finding.objects.filter(analysis__utility=utility)
    for number, element in enumerate(Element.objects.all()):
        rating = number % 3
        filled: dict[str, Any] = {"rating": rating, "areas": codes[: (0, 1, 3)[rating]], "initiatives": slugs}
        rows.filter(element=element).update(evidence=TEXT * 3, changes=TEXT * 2, notes=TEXT, **filled)
    Evidence.objects.bulk_create(
        Evidence(finding=finding, url="https://example.org/manual", title="The manual", added_by=by) for finding in rows
    )


def _reports(person: User, analyses: list[GapAnalysis]) -> None:
    """Creates a list of reports that fills more than one page. They are failed ones, which need no file."""
    Report.objects.bulk_create(
        Report(
            kind="gap-analysis",
            object_id=analysis.pk,
            title=f"Gap analysis: {analysis}",
            requested_by=person,
            status=Report.Status.FAILED,
            finished_at=analysis.created_at,
        )
        for analysis in analyses[:REPORTS]
    )
