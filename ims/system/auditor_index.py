"""Indexes that were made for an auditor, kept as they were given (see ims/system/index.py).

A report needs a row to be about. This one also tells later what an auditor was shown: who made it, when, for which
initiative and areas. Whoever may not read one of the registers in it, because it was closed since, does not see it.
Files are not copied: what was removed from its record since is told of in a ZIP that is made later.
"""

import json
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.functional import cached_property

from accounts.models import Role, User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from ims.closed import ClosedRegister
from ims.records import AREAS, Record
from ims.system.auditing import Auditing
from ims.system.index import Index


class AuditorIndexQuerySet(OfUtilityQuerySet["AuditorIndex"]):
    def visible_to(self, user: User) -> Self:
        """Also leaves out those with records of a register that was closed to the user since."""
        closed = ClosedRegister.objects.filter(utility=models.OuterRef("utility")).exclude(readers=user)
        hidden = Q(registers__overlap=closed.values("register"))
        return super().visible_to(user).filter(~hidden | Q(my_role=Role.MANAGER)).select_related("utility", "made_by")


class AuditorIndex(OfUtility, models.Model):
    """One index as it was given. ``registers`` are those whose records it names, ``told`` is an Index."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+", editable=False)
    initiative = models.SlugField(editable=False)
    areas = ArrayField(models.CharField(max_length=1), default=list, editable=False, help_text="none: all of them")
    registers = ArrayField(models.CharField(max_length=24), default=list, editable=False)
    n_asks = models.PositiveSmallIntegerField(editable=False)
    n_proven = models.PositiveSmallIntegerField(editable=False)
    told = models.JSONField(encoder=DjangoJSONEncoder, editable=False)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AuditorIndexQuerySet.as_manager()
    utility_id: int

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(areas__contained_by=AREAS), name="auditor_index_areas_known"),
            models.CheckConstraint(condition=Q(n_proven__lte=F("n_asks")), name="auditor_index_proven_of_asks"),
        ]
        indexes = [models.Index(fields=["utility", "initiative", "-made_at"], name="auditor_index_newest")]
        triggers = [
            pgtrigger.Trigger(
                name="auditor_index_stays",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["made_by"]),  # who may leave
                func="""
                    RAISE EXCEPTION 'what an auditor was given stays as it was'
                    USING ERRCODE = 'check_violation', CONSTRAINT = 'auditor_index_stays';
                """,
            )
        ]

    def __str__(self) -> str:
        return f"Index for the auditor: {self.index.short_name}"

    @cached_property
    def index(self) -> Index:
        return Index.from_json(self.told)

    @classmethod
    @transaction.atomic
    def keep(cls, auditing: Auditing, *, by: User) -> "AuditorIndex":
        """Keeps what can be shown now. The last one is returned if it is of today and tells the same."""
        Utility.objects.select_for_update(no_key=True).get(pk=auditing.utility.pk)  # a double click makes one
        index = auditing.index(with_items=True)
        content: dict[str, Any] = json.loads(json.dumps(index.as_json(), cls=DjangoJSONEncoder))
        same = cls.objects.filter(utility=auditing.utility, initiative=auditing.initiative.slug, areas=auditing.scope)
        last = same.order_by("-made_at", "-pk").first()
        if last and last.told == content and timezone.localdate(last.made_at) == timezone.localdate():
            return last
        numbers = [each.number for line in index.lines for each in (*line.proof, *line.failing)]
        rows = Record.objects.filter(utility=auditing.utility, number__in=numbers)
        return cls.objects.create(
            utility=auditing.utility,
            initiative=auditing.initiative.slug,
            areas=auditing.scope,
            registers=sorted(set(rows.order_by().values_list("register", flat=True))),
            n_asks=len(index.lines),
            n_proven=index.n_proven,
            told=content,
            made_by=by,
        )
