"""Records: everything that a utility keeps to manage itself. One table has what all records have.

A register's model inherits from Record (multi-table inheritance) and adds its own fields, so that one query finds what
a person owns or what is late in all registers, and a link, a comment or a file refers to a record of any register.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.db.models import F, Q, Value
from django.urls import reverse
from django.utils import timezone

from accounts.models import CAN_EDIT, User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from files.attachments import Attachment, link_or_file
from files.models import StoredFile, storing
from ims.closed import RESTRICTS, readable_by
from ims.people import Person, mentioned
from workflow.changes import Change, WithHistory
from workflow.models import Comment, Event, StateMachine, WrongState

AREAS = ["E", "S", "Q", "F", "H"]
DRAFT = "draft"  # the only status in which a record is deleted; elsewhere it is canceled or withdrawn with a reason


class Counter(models.Model):
    """The last number given in one register of a utility in one year."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="+")
    prefix = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["utility", "prefix", "year"], name="counter_once")]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}-{self.last:03}"

    @classmethod
    def next(cls, utility: Utility, prefix: str) -> str:
        """Returns the next number, such as PRG-2026-014. Call it inside a transaction: it locks the counter."""
        year = timezone.localdate().year
        cls.objects.get_or_create(utility=utility, prefix=prefix, year=year)
        rows = cls.objects.filter(utility=utility, prefix=prefix, year=year)
        rows.update(last=F("last") + 1)
        return str(rows.get())


def concerning(areas: Iterable[str]) -> Q:
    """The records that name one of the areas, or none: one without an area is about all. Without areas, all records."""
    letters = list(areas)
    return Q(areas__overlap=letters) | Q(areas=[]) if letters else Q()


class RecordQuerySet(OfUtilityQuerySet["Record"]):
    def visible_to(self, user: User) -> Self:
        """Also leaves out the records of registers that are closed to the user."""
        return super().visible_to(user).filter(readable_by(user)).select_related("utility", "owner")

    def listed_in(self, utility: Utility, register: str) -> Self:
        """Returns a register as ``ims.access.register_in`` opens it: nothing need be asked of each record any more.

        Their ``utility`` is not read with them: whoever asks for a list has it.
        """
        return self._of(utility).filter(register=register)

    def of_all_registers(self, utility: Utility, user: User) -> Self:
        """Returns what the user may see of a utility as ``ims.access.utility_of`` opens it."""
        return self._of(utility).filter(readable_by(user))

    def _of(self, utility: Utility) -> Self:
        role = Value(utility.my_role, output_field=models.CharField())
        return self.filter(utility=utility).annotate(my_role=role).select_related("owner")

    def open(self) -> Self:
        """Returns those that still need work."""
        return self.filter(is_open=True)

    def late(self) -> Self:
        return self.open().filter(due__lt=timezone.localdate())


class Record(OfUtility, StateMachine, WithHistory):
    """What every record has. A register's model sets the class attributes.

    ``Status`` are its statuses in order, the first that of a new record. ``OPEN`` are the statuses in which a record
    still needs work; ``is_open`` follows, so that a list of all registers can filter by it. ``units`` are the keys of
    records in the register of units.
    """

    Status: ClassVar[type[models.TextChoices]]
    REGISTER: ClassVar[str] = ""
    PREFIX: ClassVar[str] = ""
    OPEN: ClassVar[frozenset[str]] = frozenset()
    FILES_STAY: ClassVar[frozenset[str]] = frozenset()
    SHARED = ("title", "areas", "initiatives", "units", "owner", "due")

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="records", editable=False)
    register = models.CharField(max_length=24, editable=False)
    number = models.CharField(max_length=20, editable=False)
    title = models.CharField(max_length=200)
    areas = ArrayField(models.CharField(max_length=1), default=list, blank=True, verbose_name="management areas")
    initiatives = ArrayField(models.SlugField(), default=list, blank=True, verbose_name="initiatives it serves")
    units = ArrayField(models.BigIntegerField(), default=list, blank=True)
    owner = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="records")
    due = models.DateField(null=True, blank=True)
    status = models.CharField(max_length=16, editable=False)
    is_open = models.BooleanField(default=True, editable=False)
    restricted = models.BooleanField(default=False, editable=False, help_text="its register is closed (ims/closed.py)")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    # Since when a new owner is to be told, until the email is written (ims/emails.py).
    assigned_at = models.DateTimeField(null=True, editable=False)
    reminded_on = models.DateField(default=timezone.localdate, editable=False)

    objects = RecordQuerySet.as_manager()
    utility_id: int
    owner_id: int | None

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["utility", "number"], name="record_number_once"),
            models.CheckConstraint(condition=Q(areas__contained_by=AREAS), name="record_areas_known"),
            models.CheckConstraint(condition=~Q(title=""), name="record_has_a_title"),
        ]
        indexes = [
            # The order of a register's list, so that its first page reads 25 rows, not all.
            models.Index(
                "utility",
                "register",
                F("is_open").desc(nulls_last=True),
                "due",
                "number",
                "id",
                name="record_in_register",
            ),
            # The same for the list of all that is open.
            models.Index("utility", "due", "number", "id", name="record_open_by_due", condition=Q(is_open=True)),
            models.Index(fields=["owner", "is_open", "due"], name="record_of_owner"),
            models.Index(fields=["assigned_at"], name="record_to_tell", condition=Q(assigned_at__isnull=False)),
            GinIndex(fields=["units"], name="record_units"),
        ]
        triggers = [RESTRICTS]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return f"{_list_of(self.utility_id, self.register)}{self.number}/"

    @property
    def can_edit(self) -> bool:
        return self.my_role in CAN_EDIT and self.is_open

    @property
    def status_label(self) -> str:
        return str(self.Status(self.status).label)

    @property
    def is_late(self) -> bool:
        return bool(self.is_open and self.due and self.due < timezone.localdate())

    @property
    def days_late(self) -> int:
        return (timezone.localdate() - self.due).days if self.due else 0

    @classmethod
    @transaction.atomic
    def open_in(cls, utility: Utility, *, by: User, **fields: Any) -> Self:
        """Creates a record of this register with the next number. ``by`` must be able to edit."""
        status = cls.Status.values[0]
        record = cls(
            utility=utility,
            register=cls.REGISTER,
            number=Counter.next(utility, cls.PREFIX),
            status=status,
            is_open=status in cls.OPEN,
            created_by=by,
            changed_by=by,
            changed_at=timezone.now(),
            **fields,
        )
        record.assigned_at = record._new_assigned_at(by)
        record.save(force_insert=True)
        record.events.create(by=by, from_status="", to_status=status)
        return record

    def _new_assigned_at(self, by: AbstractBaseUser) -> datetime | None:
        """Returns now if the owner is someone else with an account, who must be told; else None."""
        owner = self.owner
        return timezone.now() if owner and owner.user_id not in (None, by.pk) else None

    @transaction.atomic
    def save_over(self, version: int, *, by: AbstractBaseUser, **options: Any) -> Self:
        """Saves as WithHistory does. A new owner is told, and reminders begin anew with a new owner or date."""
        if self.frozen & options.keys():
            raise WrongState("It can’t be changed in this status.")
        before = self.owner_id, self.due
        super().save_over(version, by=by, **options)
        if (self.owner_id, self.due) != before:
            values: dict[str, Any] = {"reminded_on": timezone.localdate()}
            if self.owner_id != before[0]:
                values["assigned_at"] = self._new_assigned_at(by)
            Record.objects.filter(pk=self.pk).update(**values)
        return self

    def faults(self, given: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Returns what is wrong with values of the form together, as (field, words)."""
        return ()

    @property
    def frozen(self) -> frozenset[str]:
        """The fields that do not change in its status."""
        return frozenset()

    def move_faults(self, to: str, given: Mapping[str, Any]) -> Iterable[tuple[str | None, str]]:
        """Returns what forbids a move with the values that it asks for, as (field or None, words)."""
        return ()

    def change(self, version: int, *, by: User, **changes: Any) -> None:
        """Saves what a person entered. Raises NotAllowed, Stale, WrongState if it is closed."""
        self.require_editor()
        self.save_over(version, by=by, only_if=Q(is_open=True), **changes)

    def move(self, to: str, *, by: User, why: str = "", **changes: Any) -> None:
        """Moves it to another status. Raises NotAllowed; WrongState, also if ``move_faults`` are found."""
        self.require_editor()
        for _, words in self.move_faults(to, changes):
            raise WrongState(words)
        self._move(to, by=by, why=why, is_open=to in self.OPEN, version=F("version") + 1, **changes)

    @property
    def may_be_deleted(self) -> bool:
        """Whether it is a draft that never was anything else, and nothing follows from it."""
        was_more = self.events.exclude(to_status=DRAFT).exists()
        return self.status == DRAFT and not was_more and not self.links_later.exists()

    @transaction.atomic
    def discard(self, *, by: User) -> None:
        """Deletes a draft with its files; what was in force stays. Raises NotAllowed, WrongState."""
        self.require_editor()
        locked = Record.objects.select_for_update(of=("self",)).filter(pk=self.pk, status=DRAFT)
        if not locked.exists() or not self.may_be_deleted:
            raise WrongState("Only a draft that nothing follows from is deleted.")
        for attachment in self.attachments.all():
            attachment.remove()
        self.delete()

    def take_back(self, version: int, *, by: User) -> None:
        """Undoes the last change. Raises NotAllowed, Stale, WrongState if there is none or the record is closed."""
        self.require_editor()
        if not self.is_open:
            raise WrongState("A closed record can't be changed.")
        self.undo(version, by=by)

    @property
    def keeps_files(self) -> bool:
        """Whether its links and files stay as they are; also of a row that was read from the table of all records."""
        known = {model.REGISTER: model.FILES_STAY for model in Record.__subclasses__()}
        return self.status in known.get(self.register, ())

    def require_loose_files(self) -> None:
        """Raises WrongState if its links and files stay as they are. Its row is locked until the transaction ends."""
        if Record.objects.select_for_update(of=("self",)).get(pk=self.pk).keeps_files:
            raise WrongState("Its links and files do not change in this status.")

    @transaction.atomic
    def attach_link(self, *, by: User, url: str, title: str = "") -> "RecordAttachment":
        """Adds a link or a path. Raises NotAllowed, WrongState."""
        self.require_editor()
        self.require_loose_files()
        return self._attached(self.attachments.create(added_by=by, url=url, title=title))

    @storing()
    def attach_file(self, upload: UploadedFile, *, by: User) -> "RecordAttachment":
        """Stores the upload with the record. Raises NotAllowed, RefusedFile, WrongState."""
        self.require_editor()
        self.require_loose_files()
        file = StoredFile.keep(upload, by=by, utility=self.utility)
        return self._attached(self.attachments.create(added_by=by, file=file))

    def _attached(self, item: "RecordAttachment") -> "RecordAttachment":
        self.history.create(by=item.added_by, after={"links_and_files": str(item)})
        return item

    @transaction.atomic
    def say(self, text: str, *, by: User) -> "RecordComment":
        """Adds a comment, and keeps whom it mentions; viewers may comment too."""
        comment = self.comments.create(by=by, text=text)
        comment.mentioned.set(mentioned(text, Person.objects.of(self.utility)))
        return comment


@lru_cache(maxsize=1000)
def _list_of(utility_pk: int, register: str) -> str:
    """Returns the address of a register, under which its records lie. A list asks for it once for each row."""
    return reverse("ims:list", args=[utility_pk, register])


def extends_record() -> Any:
    """Returns the field by which a register's model extends Record, without an accessor that its fields could hide."""
    return models.OneToOneField(
        Record, on_delete=models.CASCADE, parent_link=True, primary_key=True, related_name="+", editable=False
    )


class RecordEvent(Event):
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="events")


class RecordChange(Change):
    row = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="history")


class RecordComment(Comment):
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="comments")
    mentioned = models.ManyToManyField(Person, related_name="+")


class AttachmentQuerySet(OfUtilityQuerySet["RecordAttachment"]):
    utility = "record__utility"

    def visible_to(self, user: User) -> Self:
        return super().visible_to(user).filter(readable_by(user, "record__"))


class RecordAttachment(OfUtility, Attachment):
    """A link or a stored file of a record."""

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="attachments")

    objects = AttachmentQuerySet.as_manager()

    class Meta(Attachment.Meta):
        constraints = [link_or_file("record_attachment_link_or_file")]

    @transaction.atomic
    def discard(self, *, by: User) -> None:
        """Removes it, and its file unless another record uses it. Raises NotAllowed, WrongState."""
        self.require_editor()
        self.record.require_loose_files()
        self.record.history.create(by=by, before={"links_and_files": str(self)})
        self.remove()
