"""Demo data: the management system of one utility, from data/demo.yaml and the records of the files in data/demo.

Loaded by ``manage.py load_demo``.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pgtrigger
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

import ims.plan.harmonize.demo
import ims.team.readiness.demo
from accounts.models import Role, User, Utility
from ims import registers
from ims.act.changes import AreaAnswer
from ims.apart import KeptApart
from ims.check.audit_rows import AuditLine, Auditor
from ims.check.measures import Measure
from ims.check.periods import moved
from ims.check.readings import Reading
from ims.do.emergencies import Drill
from ims.do.emergency_plan import PlanTopic, PlanTopicChange
from ims.do.signatures import DocumentReader
from ims.do.training import TrainingSession
from ims.links import LED_TO, link
from ims.people import Person
from ims.plan.actions import Action
from ims.plan.assessing import Assessment
from ims.plan.criteria import Criteria, suggested
from ims.plan.harmonize.models import Pair
from ims.plan.objectives import Objective
from ims.plan.programs.models import Agreement, Capacity
from ims.plan.requirements import Evaluation
from ims.plan.statements import CrossCheck
from ims.plan.units import Unit
from ims.records import Record, RecordChange, RecordEvent
from ims.system import manual_demo, public_demo
from ims.system.manual import ManualWordsChange
from ims.team.models import Seat, SeatChange, Subgroup
from ims.team.readiness.models import ReadinessChange, ReadinessEvent
from pdca.loading import read
from pdca.models import Element, Opportunity

DATA = Path(__file__).parent / "data" / "demo.yaml"
RECORDS = DATA.with_suffix("")  # a file for each register or a few
MONTHS = 36
DAYS, PEOPLE = {"on", "due"}, {"owner", "person", "people"}  # arguments in the steps of a record
LONG_AGO = 60  # days
# What loading makes, the path to its utility, and the field that says when it was.
MADE_NOW: list[tuple[Any, str, str]] = [
    (Record, "utility", "created_at"),
    (RecordEvent, "record__utility", "at"),
    (RecordChange, "row__utility", "at"),
    (SeatChange, "row__utility", "at"),
    (ReadinessEvent, "round__utility", "at"),
    (ReadinessChange, "row__round__utility", "at"),
    (Reading, "measure__utility", "entered_at"),
    (Pair, "workshop__utility", "changed_at"),
    (AreaAnswer, "change__utility", "at"),
    (CrossCheck, "first__utility", "at"),
    (KeptApart, "first__utility", "at"),
    (Evaluation, "requirement__utility", "entered_at"),
    (DocumentReader, "document__utility", "entered_at"),
    (TrainingSession, "utility", "entered_at"),
    (AuditLine, "audit__utility", "changed_at"),
    (Drill, "utility", "entered_at"),
    (PlanTopicChange, "row__utility", "at"),
    (ManualWordsChange, "row__utility", "at"),
]
WAY = {  # status → the statuses on the way to it
    "planned": [],
    "under-way": ["under-way"],
    "done": ["under-way", "done"],
    "closed": ["under-way", "done", "closed"],
    "canceled": ["canceled"],
    "proposed": [],
    "agreed": ["agreed"],
    "reached": ["agreed", "reached"],
    "open": [],
    "addressed": ["addressed"],
    "accepted": ["accepted"],
}


class Loading:
    """One loading. ``made`` has the records by their key in the file."""

    def __init__(self, people: Mapping[Role, User]) -> None:
        self.data = read(DATA)
        self.people = people
        self.by = people[Role.MANAGER]
        self.utility = Utility.objects.get(name=self.data["utility"])
        self.now = timezone.now()
        self.made: dict[str, Any] = {}

    def load(self) -> None:
        Person.objects.of(self.utility)
        Person.objects.bulk_create(Person(utility=self.utility, **each) for each in self.data["people"])
        self.named = {person.name: person for person in Person.objects.filter(utility=self.utility)}
        for function, name in self.data["team"].items():
            Seat.fill(self.utility, function, 0, by=self.by, person=self.named[name])
        for each in self.data["subgroups"]:
            members = [self.named[name] for name in each["members"]]
            fields = {"name": each["name"], "purpose": each["purpose"], "lead": self.named[each["lead"]]}
            Subgroup.form(self.utility, by=self.by, members=members, **fields)
        for each in self.data["units"]:
            self._record(Unit, each, {"kind": each["kind"], "includes": each["includes"]})
        rounds = self.data["readiness"]
        self.points = ims.team.readiness.demo.load(rounds, self.utility, self.named, by=self.by)
        for edition, each in enumerate(self.data["criteria"]):
            self._criteria(edition, each)
        for each in self.data["findings"]:
            self._finding(each)
        for each in self.data["objectives"]:
            own = ("measure", "unit", "baseline", "target", "driver", "why")
            fields = {name: each[name] for name in own if name in each} | {
                "finding": self.made.get(each.get("finding"))
            }
            objective = self._record(Objective, each, fields)
            self._along(objective, each)
        for each in self.data["actions"]:
            self._action(each)
        for earlier, later in self.data["links"]:
            link(self.made[earlier], self.made[later], LED_TO, by=self.by)
        for each in self.data["measures"]:
            self._measure(each)
        ims.plan.harmonize.demo.load(self.data["workshops"], self.utility, self.made, self.named, by=self.by)
        for path in sorted(RECORDS.glob("*.yaml")):
            found = read(path)
            if manual := found.get("manual"):
                manual_demo.load(manual, self.utility, self._at(manual["at"]), by=self.by)
            for each in found["records"]:
                self._any(each)
            for each in found.get("topics", []):
                given = {"where": "", "why": ""} | each
                PlanTopic.give(self.utility, given.pop("slug"), 0, by=self.by, **given)
            for each in found.get("plan_drills", []):
                Drill.hold(self.utility, by=self.by, **each | {"on": self._day(each["on"])})
            for each in found.get("compared", []):
                one, other = (self.made[key] for key in each["of"])
                CrossCheck.keep(one, other, by=self.by, result=each["result"], note=each.get("note", ""))
            manual_demo.write(found.get("words_since", {}), self.utility, by=self.by)
        for name, hours in self.data["capacities"].items():
            Capacity.objects.create(person=self.named[name], hours=hours, changed_by=self.by, changed_at=self.now)
        for each in self.data["agreements"]:
            one, other = (self.made[key] for key in each["of"])
            made = Agreement.settle(one, other, by=self.by, how=each["how"], why=each["why"])
            Agreement.objects.filter(pk=made.pk).update(at=self._at(each["at"]))
        public_demo.load(self.data["public_page"], self.utility, self.made, self._at(-LONG_AGO), by=self.by)
        # What is made at once was not assigned by anyone just now.
        Record.objects.filter(utility=self.utility).update(assigned_at=None)
        self._date_back()

    def _date_back(self) -> None:
        """Dates what has no date of its own to a time that the home pages no longer tell of."""
        then = self._at(-LONG_AGO)
        for model, utility, at in MADE_NOW:
            model._default_manager.filter(**{utility: self.utility, f"{at}__gte": self.now}).update(**{at: then})

    def _day(self, days: int) -> date:
        return (self.now + timedelta(days=days)).date()

    def _at(self, days: int) -> datetime:
        return self.now + timedelta(days=days)

    def _record(self, model: type[Record], each: dict[str, Any], own: dict[str, Any]) -> Any:
        shared = {
            "title": each["title"],
            "areas": each.get("areas", []),
            "initiatives": each.get("initiatives", []),
            "units": [self.made[key].pk for key in each.get("units", [])],
            "owner": self.named[each["owner"]],
            "due": self._day(each["due"]) if "due" in each else None,
        }
        made = model.open_in(self.utility, by=self.by, **shared, **own)
        found: Any = model.objects.visible_to(self.by).get(pk=made.pk)
        self.made[each.get("key", each["title"])] = found
        return found

    def _any(self, each: dict[str, Any]) -> None:
        """A record of any register, which ``starts`` so many days from now and goes through its ``steps``.

        ``follows`` is the key of the record that it came from, ``next_of`` that of which it is the next edition.
        """
        described = registers.get(each["register"])
        if "next_of" in each:
            record = self._next_edition(described.model, each)
        else:
            record = self._record(described.model, each, self._values(described.model, each, described.fields))
        if "follows" in each:
            link(self.made[each["follows"]], record, LED_TO, by=self.by)
        record.events.update(at=self._at(each["starts"]))
        for step in each.get("steps", []):
            self._step(record, step)
            record = type(record).objects.visible_to(self.by).get(pk=record.pk)
        self.made[each.get("key", each["title"])] = record
        Record.objects.filter(pk=record.pk).update(created_at=self._at(each["starts"]), reminded_on=self._day(0))

    def _step(self, record: Any, step: dict[str, Any]) -> None:
        """Moves a record ``to`` a status, with what that asks for, or calls the method that it is to ``do``.

        ``then`` has values that nobody could enter at once, such as the day of a check that has passed.
        """
        by = self.people[Role(step.get("by", Role.MANAGER))]
        given = {name: value for name, value in step.items() if name not in ("to", "do", "at", "by", "then")}
        if step.get("do") == "audit":
            self._audit(record, step, by)
            return
        if "do" in step:
            getattr(record, step["do"])(by=by, **{name: self._value(name, value) for name, value in given.items()})
        else:
            record.move(step["to"], by=by, **self._values(type(record), given, given))
        if "at" in step:
            record.events.filter(pk=record.events.latest("pk").pk).update(at=self._at(step["at"]))
        if then := step.get("then"):
            type(record).objects.filter(pk=record.pk).update(**self._values(type(record), then, then))

    def _next_edition(self, model: Any, each: dict[str, Any]) -> Any:
        """Begins the next edition of the record ``next_of``, and changes the fields that are given."""
        former = model.objects.visible_to(self.by).get(pk=self.made[each["next_of"]].pk)
        rows = model.objects.visible_to(self.by)
        draft = rows.get(pk=former.begin_next(by=self.by).pk)
        draft.change(draft.version, by=self.by, **self._values(model, each, ("title", "due", *model.OWN)))
        return rows.get(pk=draft.pk)

    def _audit(self, audit: Any, step: dict[str, Any], by: User) -> None:
        """Chooses the ``team`` and fills the checklist with what is ``asked`` besides; or enters the ``answers``.

        An answer is given by the slug of an element or an own question. ``led_to`` is the record that was made of it.
        """
        for each in step.get("team", []):
            values = self._values(Auditor, each, each) | {"person": self.named[each["person"]]}
            Auditor.choose(audit, by=by, **values)
        if "team" in step:
            audit.fill(by=by)
        for element, question in step.get("asked", {}).items():
            audit.ask(by=by, question=question, element=element)
        for line in audit.lines.all() if "answers" in step else ():
            line.audit = audit
            said = step["answers"].get(line.question or line.element, step["others"])
            line.answer(line.version, by=by, finding=said["finding"], seen=said["seen"])
            if led_to := said.get("led_to"):
                self._any(line.suggested(led_to["register"]) | led_to | {"units": [], "found_on": led_to["starts"]})
                line.keep_made(self.made[led_to["title"]])

    def _values(self, model: Any, given: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
        """Returns the values of the fields ``names`` that are given; those of dates are days from now."""
        days = {each.name for each in model._meta.fields if each.get_internal_type() == "DateField"}
        return {name: self._day(given[name]) if name in days else given[name] for name in names if name in given}

    def _value(self, name: str, value: Any) -> Any:
        """Returns an argument of a method: a day from now, people by name, a record by key, a file, what is given."""
        if name in DAYS:
            return self._day(value)
        if name in PEOPLE:
            return [self.named[each] for each in value] if isinstance(value, list) else self.named[value]
        if name == "other":
            return self.made[value]
        if name == "upload":
            return SimpleUploadedFile(value["name"], value["text"].encode())
        return value

    def _along(self, record: Any, each: dict[str, Any]) -> None:
        """Moves the record to its status. The events are spread over the time from its start until ``since``."""
        begun = each["starts"] if "starts" in each else min(each["due"] - 500, -120)
        begun = min(begun, -1)
        reached = each.get("since", begun + 1)
        steps = WAY[each.get("status", "planned")]
        asked = {name: each[name] for name in ("verified", "verified_by") if name in each}
        for step in steps:
            why = each.get("why", "") if step in ("canceled", "accepted") else ""
            record.move(step, by=self.people[Role(each.get("by", Role.MANAGER))], why=why, **asked)
            asked = {} if step == "closed" else asked
        Record.objects.filter(pk=record.pk).update(created_at=self._at(begun - 20), reminded_on=self._day(0))
        for place, event in enumerate(record.events.all()):
            days = begun - 20 if place == 0 else begun + (reached - begun) * place // max(len(steps), 1)
            record.events.filter(pk=event.pk).update(at=self._at(days))

    def _criteria(self, edition: int, each: dict[str, Any]) -> None:
        """Keeps the suggested criteria as an edition, with weights of the team's own if there are any."""
        weights, own = each.get("weights", {}), each.get("own", [])
        rows = [
            {name: getattr(row, name) for name in ("key", "name", "low", "high")}
            | {"weight": weights.get(row.key, row.weight)}
            for row in suggested()
        ]
        made = Criteria.keep(self.utility, edition, rows, own, by=self.by, why=each.get("why", ""))
        with pgtrigger.ignore("ims.Criteria:criteria_are_kept"):
            Criteria.objects.filter(pk=made.pk).update(made_at=self._at(each["since"]))

    def _finding(self, each: dict[str, Any]) -> None:
        """``scores`` has one digit for each criterion."""
        given = zip((row.key for row in suggested()), each.get("scores", ""), strict="scores" in each)
        scores = sorted(f"{key}:{score}" for key, score in given)
        finding = self._record(Assessment, each, {"kind": each["kind"], "found": each["found"], "scores": scores})
        self._along(finding, each)

    def _action(self, each: dict[str, Any]) -> None:
        own = {name: each[name] for name in ("cost", "hours") if name in each}
        opportunity = Opportunity.objects.filter(slug=each.get("opportunity", "")).first()
        readiness = self.points.get(each.get("readiness", ""))
        element = opportunity.element if opportunity else None
        lines = "\n".join(opportunity.how) if opportunity else ""
        if readiness:
            element = Element.objects.get(slug=readiness.element)
            lines = readiness.suggested().get("lines", "")
        action = self._record(
            Action,
            each,
            own
            | {
                "objective": self.made[each["serves"]],
                "opportunity": opportunity,
                "element": element,
                "readiness": readiness,
                "lines": each.get("lines", lines),
                "starts": self._day(each["starts"]),
            },
        )
        self._along(action, each)
        for said in each.get("comments", []):
            comment = action.say(said["text"], by=self.people[Role(said["by"])])
            action.comments.filter(pk=comment.pk).update(at=self._at(said["at"]))

    def _measure(self, each: dict[str, Any]) -> None:
        own = ("unit", "combined", "direction", "decimals", "baseline", "target")
        measure = self._record(
            Measure, each, {name: each[name] for name in own} | {"objective": self.made[each["serves"]]}
        )
        months = [moved(measure.last_period, measure.every, -back) for back in reversed(range(MONTHS))]
        Reading.objects.bulk_create(
            Reading(measure=measure, period=month, value=_value(each, place, month), entered_by=self.by)
            for place, month in enumerate(months)
        )


def _value(each: dict[str, Any], place: int, month: date) -> Decimal:
    """Returns an invented reading: a line between two levels, higher in winter, with some unrest."""
    level = each["from"] + (each["to"] - each["from"]) * place / (MONTHS - 1)
    season = each["swing"] * math.cos((month.month - 1) / 12 * math.tau)
    unrest = each["swing"] * ((place * 7) % 5 - 2) / 6
    value = max(level * (1 + season + unrest), 0)
    if each["unit"].startswith("percent"):
        value = min(value, 100)
    return round(Decimal(value), each["decimals"])


def load(people: Mapping[Role, User]) -> None:
    """Creates the records of the demo's utility. ``people`` are its members by role."""
    Loading(people).load()
