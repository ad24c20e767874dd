"""The rows that pages are measured on: one utility with a long history among many others."""

import datetime as dt
import io
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management import call_command
from django.db import connection

from accounts.models import Membership, Role, System, User, Utility
from assessments.models import Evidence, Finding, GapAnalysis
from assessments.operations import OPERATIONS
from bench import applications, large, managing
from bench.large import Large
from bench.managing import Managed
from ims.check import periods
from ims.check.periods import Every
from ims.models import Action, Measure, Person, Reading
from initiatives.models import Initiative
from pdca.models import Area, Element
from reports.models import Report

OWN, DRAFTS = 60, 5  # gap analyses of the measured user's utility, and how many are under way
REPORTS = 60
ACTIONS = 300
MEASURES, READINGS = 300, 36
ELSEWHERE, UTILITIES = 500, 50
TEXT = "The environmental team keeps this under document control and reviews it each spring with operations. "


@dataclass(frozen=True)
class World:
    """The rows to measure. ``draft`` and ``complete`` are gap analyses of ``person``'s utility with all rows filled.

    ``staff`` sees the queues of the recognition program, ``managed.advisor`` the systems of five utilities; ``staff``
    also those of ``large``.
    """

    person: User
    staff: User
    draft: GapAnalysis
    complete: GapAnalysis
    managed: Managed
    large: Large


def build() -> World:
    """Creates the catalog, a utility with 60 gap analyses, 50 with 500 in all, 18 filled rows in each, and a queue."""
    call_command("load_catalog", stdout=io.StringIO())
    person = User.objects.create_user("bench@example.org", "only-for-measuring", name="Mara Gerr")
    own = _utility("Riverbend Water and Sewer", person)
    analyses = [_start(own, person, number) for number in range(OWN)]
    for number in range(UTILITIES):
        someone = User.objects.create_user(f"person{number}@example.org", None, name=f"Person {number}")
        utility = _utility(f"Utility {number}", someone)
        for count in range(ELSEWHERE // UTILITIES):
            _start(utility, someone, count)
    _fill_every_row(person)
    for analysis in analyses[DRAFTS:]:
        GapAnalysis.objects.visible_to(person).get(pk=analysis.pk).complete(by=person)
    _reports(person, analyses)
    _actions(own, person)
    _measures(own, person)
    staff = User.objects.create_user("staff@example.org", "only-for-measuring", name="Sam Prather")
    Authenticator.objects.create(user=staff, type=Authenticator.Type.TOTP, data={})  # the staff must have one
    applications.build(staff)
    managed, huge = managing.build(), large.build(staff)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum would within a minute
    complete = GapAnalysis.objects.visible_to(person).get(pk=analyses[-1].pk)
    return World(person, staff, analyses[0], complete, managed, huge)


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


def _fill_every_row(by: User) -> None:
    """Fills each row: ratings 0, 1 and 2 in turn with matching areas, two initiatives, three texts and a link."""
    codes = list(Area.objects.values_list("code", flat=True))
    slugs = list(Initiative.objects.order_by("slug").values_list("slug", flat=True)[:2])
    for number, element in enumerate(Element.objects.all()):
        rating = number % 3
        filled: dict[str, Any] = {"rating": rating, "areas": codes[: (0, 1, 3)[rating]], "initiatives": slugs}
        Finding.objects.filter(element=element).update(evidence=TEXT * 3, changes=TEXT * 2, notes=TEXT, **filled)
    Evidence.objects.bulk_create(
        Evidence(finding=finding, url="https://example.org/manual", title="The manual", added_by=by)
        for finding in Finding.objects.all()
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
