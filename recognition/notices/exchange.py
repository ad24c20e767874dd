"""The offices that the law names, with who holds them and their addresses, as an Excel file out and back.

There are 59: the President, the Speaker of the House, the President pro tempore of the Senate, and the Governors of the
states, the District of Columbia and the territories (CWA 501(e)(3)). The file has them all, also those that are not on
the cycle's list yet; what is entered for such an office puts it there.
"""

from collections.abc import Iterable
from typing import Any
from zlib import crc32

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from accounts.regions import REGION_OF_STATE
from recognition.models import Addressee, Cycle
from recognition.notices.content import TITLES
from recognition.notices.forms import AddresseeForm
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.models import WrongState

FIELDS = ("name", "title", "salutation", "address")
WIDTHS = {"name": 34, "title": 40, "salutation": 28, "address": 44}
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Rows”: who holds the office, and the address as on the envelope, one line "
    "each. The gray cells are for reading. An office that stays empty is not put on the list."
)
HOW_TO_IMPORT = (
    "Open the notices of the cycle, choose “Import from Excel” and select this file. You see every change before it is "
    "saved, and which offices other people changed since the download. All of it is saved or nothing."
)


class Office:
    """An office with its row in the cycle's list; of one that is not listed, an empty row that is not stored."""

    changed_by = changed_at = None  # the list does not keep that; the audit log does

    def __init__(self, addressee: Addressee) -> None:
        self.addressee = addressee

    @property
    def version(self) -> int:
        """A number that differs whenever what is stored differs."""
        return crc32("\0".join(getattr(self.addressee, name) for name in FIELDS).encode()) % 10**9  # nine digits fit


def offices(cycle: Cycle, *, lock: bool = False) -> list[Office]:
    """Returns the 59 offices in the order of the list. One query."""
    rows = cycle.addressees.filter(utility=None).order_by("pk")
    listed = {(row.office, row.state): row for row in (rows.select_for_update() if lock else rows)}
    keys = [(str(office), "") for office in Addressee.NATIONAL]
    keys += [(str(Addressee.Office.GOVERNOR), state) for state in sorted(REGION_OF_STATE)]
    return [Office(listed.get(key) or _new(cycle, *key)) for key in keys]


def _new(cycle: Cycle, office: str, state: str) -> Addressee:
    return Addressee(cycle=cycle, office=office, state=state, title=TITLES.get(state, ""))


class OfficeExchange(Exchange):
    key_word = "office"

    def __init__(self, cycle: Cycle, rows: Iterable[Office] | None = None) -> None:
        super().__init__(offices(cycle) if rows is None else rows)
        self.cycle = cycle
        self.form = AddresseeForm()
        self.columns = [
            Column("key", "Code (do not change)", 14, locked=True),
            Column("office", "Office", 40, locked=True),
            *columns_of(self.form, {}, WIDTHS),
        ]
        self.identity, self.title = f"offices-{cycle.pk}", f"the offices to notify in {cycle}"

    @classmethod
    def locked(cls, cycle: Cycle) -> "OfficeExchange":
        """Locks the cycle and its list until the end of the transaction. Raises WrongState once it is archived."""
        locked = Cycle.objects.select_for_update(of=("self",)).get(pk=cycle.pk)
        if locked.is_archived:
            raise WrongState("The cycle is archived, so its notices no longer change.")
        return cls(locked, offices(locked, lock=True))

    def key_of(self, row: Office) -> str:
        of = row.addressee
        return f"{of.office}-{of.state}" if of.state else of.office

    def name_of(self, row: Office) -> str:
        of = row.addressee
        return f"Governor of {of.get_state_display()}" if of.state else of.get_office_display()

    def locked_texts(self, row: Office) -> dict[str, str]:
        return {"key": self.key_of(row), "office": self.name_of(row)}

    def value_of(self, row: Office, name: str) -> Any:
        return getattr(row.addressee, name)

    def about(self) -> list[tuple[str, str]]:
        return [
            ("Cycle", str(self.cycle)),
            ("Offices", str(len(self.rows))),
            ("Downloaded", f"{timezone.localtime():%B %-d, %Y, %-I:%M %p %Z}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to import", HOW_TO_IMPORT),
        ]

    def bound(self, row: Office, values: dict[str, Any]) -> forms.BaseForm:
        of = row.addressee
        known = Addressee(pk=of.pk, cycle=self.cycle, office=of.office, state=of.state)
        return AddresseeForm(values, instance=known)

    def save(self, row: Office, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        of = row.addressee
        for name, value in changes.items():
            setattr(of, name, value)
        if of.pk:
            of.save(update_fields=list(changes))
        else:
            of.save()
