"""The tables of an archive: every model of ims and assessments whose rows belong to a utility.

They are found through Django's own description of the models, so a new register is in the archive without anyone
thinking of it. What stays out is in LEFT_OUT, each with its reason.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from graphlib import TopologicalSorter
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Utility
from files.models import StoredFile
from ims import registers
from ims.records import Counter, Record
from workflow.changes import Change

ROOMS = ("ims", "assessments")
LEFT_OUT = {
    "ims.record": "every register has the whole of its records",
    "ims.preferences": "a person's own, and has the secret address of their calendar",
    "ims.savedview": "a person's own way to look at a list",
    "ims.attribution": "says who did something; the archive says it in the row itself",
    "ims.archiveimport": "tells how an archive came back",
    "ims.auditorindex": "what an auditor was given is a report; a new one is made in a moment",
    "ims.roundfeed": "a person's own, the secret address of a calendar",
    "ims.publicpage": "what everyone sees here is for the utility that publishes it",
    "ims.publicpageevent": "says what everyone saw here",
    "assessments.sharing": "consent to share the coverage is given by the utility that shares",
    "assessments.publication": "published by this site of several utilities",
}
# What people gave alone and nobody else may see yet stays secret in an archive too.
WITHHELD = {
    "ims.readinessrating": Q(round__status="rating"),
    "ims.ballot": Q(round__gt=F("participant__workshop__revealed")),
}
NAMES = {  # where the name of the model would say little to people
    "ims.alsoneeds": "Who also needs a training",
    "ims.areaanswer": "Changes, answers of areas",
    "ims.agreement": "Colliding actions, settled",
    "ims.attendance": "Training sessions, who attended",
    "ims.auditline": "Audits, checklist",
    "ims.auditor": "Audits, team",
    "ims.ballot": "Workshops, scores and votes",
    "ims.capacity": "Hours a month of people",
    "ims.closedregister_readers": "Closed registers, readers",
    "ims.communicated": "Communication, what was done",
    "ims.counter": "Last numbers given",
    "ims.covered": "Training sessions, topics",
    "ims.criteria": "Editions of the criteria",
    "ims.crosscheck": "Policies compared",
    "ims.documentapprover": "Documents, approvals",
    "ims.documentreader": "Documents, who read them",
    "ims.evaluation": "Compliance evaluations",
    "ims.lesson": "Drills, lessons",
    "ims.keptapart": "Records that are two jobs",
    "ims.manualedition": "Manual, editions",
    "ims.manualwords": "Manual, own words",
    "ims.manualwordschange": "Manual, changes",
    "ims.pair": "Workshops, pairs",
    "ims.participant": "Workshops, who scores",
    "ims.plantopic": "Emergency plan, topics",
    "ims.plantopicchange": "Emergency plan, changes",
    "ims.proposal": "Workshops, objectives",
    "ims.recordattachment": "Links and files",
    "ims.recordchange": "Records, changes",
    "ims.recordcomment": "Comments",
    "ims.recordcomment_mentioned": "Comments, who is mentioned",
    "ims.recordevent": "Records, steps",
    "ims.recordlink": "Links between records",
    "ims.review_present": "Reviews, who took part",
    "ims.reviewdecision": "Reviews, decisions",
    "ims.seat": "Team",
    "ims.seatchange": "Team, changes",
    "ims.subgroup_members": "Subgroups, members",
    "ims.teamscope": "Team, scope",
    "ims.teamscopechange": "Team, changes of the scope",
    "assessments.answer": "Answers to opportunities",
    "assessments.answerchange": "Answers to opportunities, log",
    "assessments.evidence": "Gap analyses, links and files",
    "assessments.finding": "Gap analyses, rows",
    "assessments.findingchange": "Gap analyses, changes",
    "assessments.initiativeinplace": "Gap analyses, initiatives",
}
# Of a record: said by its place in the archive, or worked out from the rest, so that an archive can't say otherwise.
DERIVED = ("id", "register", "is_open", "restricted", "assigned_at")
CATALOGS = ("pdca", "initiatives")


@dataclass(frozen=True)
class Table:
    """``path`` leads from a row to its utility."""

    model: type[models.Model]
    path: str

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        return str(self.model._meta.label_lower)

    @property
    def is_register(self) -> bool:
        return issubclass(self.model, Record)

    @property
    def name(self) -> str:
        """Its name in words: that of the register, or of the rows."""
        if self.is_register:
            return registers.get(self.model.REGISTER).name  # type: ignore[attr-defined]
        return NAMES.get(self.label) or str(self.model._meta.verbose_name_plural).capitalize()

    @cached_property
    def fields(self) -> list[Any]:
        """The fields that are written, without the key of the row."""
        derived = ("utility", *DERIVED) if self.is_register else ("utility",)
        fields = self.model._meta.concrete_fields
        return [each for each in fields if not each.primary_key and each.name not in derived]

    @property
    def key(self) -> str:
        """The column that has the key of a row in the database."""
        return "id" if self.is_register else str(self.model._meta.pk.attname)

    def rows(self, utility: Utility) -> models.QuerySet[Any]:
        """Returns the rows that go into an archive, in the order in which they were made."""
        found = self.model._base_manager.filter(**{self.path: utility}).order_by("pk")
        return found.exclude(WITHHELD[self.label]) if self.label in WITHHELD else found

    def withheld(self, utility: Utility) -> models.QuerySet[Any]:
        hidden = WITHHELD.get(self.label)
        rows = self.model._base_manager.filter(**{self.path: utility})
        return rows.filter(hidden) if hidden else rows.none()


@cache
def tables() -> dict[str, Table]:
    """Returns the tables by label, each after those that its rows refer to."""
    found = {model: path for model, path in _belonging() if model._meta.label_lower not in LEFT_OUT}
    refers = {model: set(_referred(model, found)) for model in found}
    order = TopologicalSorter(refers).static_order()
    return {model._meta.label_lower: Table(model, found[model]) for model in order}


def _models() -> Iterator[type[models.Model]]:
    for room in ROOMS:
        yield from apps.get_app_config(room).get_models(include_auto_created=True)


def _belonging() -> Iterator[tuple[type[models.Model], str]]:
    """Yields the models with a path to a utility, each with its shortest."""
    for model in _models():
        if path := path_to_utility(model):
            yield model, path


def path_to_utility(model: type[models.Model]) -> str:
    """Returns the shortest path from a row to its utility through foreign keys of these rooms, empty if none leads."""
    known, paths = {model}, deque([(model, "")])
    while paths:
        at, path = paths.popleft()
        for field in _foreign_keys(at):
            if field.null:
                continue
            other, further = field.related_model, f"{path}{field.name}"
            if other is Utility:
                return further
            if other._meta.app_label in ROOMS and other not in known:
                known.add(other)
                paths.append((other, f"{further}__"))
    return ""


def _foreign_keys(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def _referred(model: type[models.Model], found: Iterable[Any]) -> Iterator[Any]:
    """Yields the tables whose rows must be there before those of ``model``."""
    for field in _foreign_keys(model):
        if field.related_model is Record and not issubclass(model, Record):
            yield from (each for each in found if issubclass(each, Record))
        elif field.related_model in found and field.related_model is not model:
            yield field.related_model


def is_account(field: Any) -> bool:
    return field.related_model is get_user_model()


def is_file(field: Any) -> bool:
    return field.related_model is StoredFile


def is_catalog(field: Any) -> bool:
    return bool(field.is_relation and field.related_model._meta.app_label in CATALOGS)


def is_units(field: Any) -> bool:
    """Whether it has the keys of units."""
    return field is not None and field.model is Record and field.name == "units"


def is_foreign_key(field: Any) -> bool:
    """Also of what a change names, which may be no field at all, or one for many rows."""
    return bool(field is not None and field.concrete and (field.many_to_one or field.one_to_one))


def is_change(table: Table) -> bool:
    return issubclass(table.model, Change)


def is_empty(utility: Utility) -> bool:
    """Whether nothing was entered yet: no row of any table but its people and the last numbers. One query."""
    stay = (Counter._meta.label_lower, "ims.person", "ims.personchange")
    rows = [
        Exists(table.model._base_manager.filter(**{table.path: OuterRef("pk")}).order_by())
        for label, table in tables().items()
        if label not in stay
    ]
    return not Utility.objects.filter(reduce(or_, (Q(each) for each in rows)), pk=utility.pk).exists()


def change_of(table: Table) -> Any:
    """Returns the model of whose rows a table keeps the changes."""
    return table.model._meta.get_field("row").related_model
