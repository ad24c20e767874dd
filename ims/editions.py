"""Records that are replaced by a new edition of themselves: what is in force does not change."""

from calendar import monthrange
from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models, transaction
from django.db.models import F

from accounts.models import User
from ims.records import Record
from workflow.models import WrongState

MONTHS_IN_YEAR = 12


class Edition(models.Model):
    """Goes before Record among the bases of a register's model with the statuses draft, in-force and replaced.

    Putting an edition in force replaces the one before it. ``TEXTS`` are the fields that stay as they are once it is no
    draft. ``AHEAD`` are the statuses before it is in force.
    """

    DRAFT, IN_FORCE, REPLACED = "draft", "in-force", "replaced"
    TEXTS: ClassVar[frozenset[str]] = frozenset()
    AHEAD: ClassVar[frozenset[str]] = frozenset({DRAFT})

    replaces = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="later",
        editable=False,
        verbose_name="new edition of",
    )
    edition = models.PositiveSmallIntegerField(default=1, editable=False)
    replaces_id: int | None
    later: Any  # its next editions: a draft, or the one that replaced it

    class Meta:
        abstract = True

    @property
    def frozen(self: Any) -> frozenset[str]:
        return frozenset() if self.status == self.DRAFT else self.TEXTS

    @property
    def next_draft(self: Any) -> Any:
        """The edition that is to replace this one, None if there is none."""
        return self.later.filter(status__in=self.AHEAD).first()

    @transaction.atomic
    def begin_next(self: Any, *, by: User) -> Any:
        """Copies it into a new draft. Raises NotAllowed; WrongState if there is one, or this is not in force."""
        self.require_editor()
        if not Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, status=self.IN_FORCE).exists():
            raise WrongState("Only what is in force gets a new edition.")
        if self.next_draft:
            raise WrongState("Its next edition is a draft already.")
        fields = [self._meta.get_field(name) for name in self.HISTORY if name != "due"]
        copied = {field.attname: getattr(self, field.attname) for field in fields}
        return self.open_in(self.utility, by=by, replaces=self, edition=self.edition + 1, **copied)

    @transaction.atomic
    def _move(self: Any, to: str, *, by: AbstractBaseUser | None = None, **options: Any) -> None:
        is_new = to == self.IN_FORCE and self.status in self.AHEAD
        super()._move(to, by=by, **options)  # type: ignore[misc]
        former = type(self).objects.filter(pk=self.replaces_id, status=self.IN_FORCE).first() if is_new else None
        if former:
            why = f"Edition {self.edition} is in force: {self.number}."
            former._move(self.REPLACED, by=by, why=why, is_open=False, version=F("version") + 1)


def later(day: date, months: int) -> date:
    """Returns the same day so many months later, or the last day of a month that is shorter."""
    years, month = divmod(day.month - 1 + months, MONTHS_IN_YEAR)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
