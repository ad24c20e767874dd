"""The panels of a proposal as an Excel file that can be edited and imported again (workflow.exchange)."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from accounts.models import User
from recognition.models import PanelProposal, PlannedPanel
from recognition.reviewing.panel_proposing import Roster
from recognition.reviewing.proposal_forms import PlannedPanelForm
from recognition.reviewing.proposal_lists import note
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.models import WrongState

BEFORE = [
    Column("code", "Code (do not change)", 12, locked=True),
    Column("utility", "Utility", 34, locked=True),
    Column("state", "State", 8, locked=True),
    Column("systems", "Systems", 24, locked=True),
    Column("need", "Empty seats", 8, locked=True),
]
AFTER = [Column("why", "Note", 40, locked=True)]
WIDTHS = {"members": 46, "lead": 36}
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Panels”. Enter the new members of a panel one per line or separated by "
    "semicolons, as they are on the sheet “Choices”, and choose one of them as lead. The gray cells are for reading."
)
HOW_TO_IMPORT = (
    "Open the panels of the cycle, choose “Import from Excel” and select this file. You see every change before it is "
    "saved, and which panels other people changed since the download."
)


class PanelExchange(Exchange):
    """The panels of a proposal that ``user`` may assign."""

    sheet = "Panels"
    together = (frozenset({"members", "lead"}),)

    def __init__(self, proposal: PanelProposal, user: User) -> None:
        self.proposal, self.user = proposal, user
        rows = PlannedPanel.objects.for_staff(user).filter(proposal=proposal)
        rows = rows.select_related("application__utility", "changed_by").prefetch_related("seats__member")
        super().__init__(rows)
        self.roster = Roster(proposal.cycle, [row.application_id for row in self.rows.values()])
        self.form = PlannedPanelForm(panel=None, roster=self.roster)
        self.columns = [*BEFORE, *columns_of(self.form, {}, WIDTHS), *AFTER]
        self.identity = f"panel-proposal-{proposal.pk}"
        self.title = f"the proposed panels of {proposal.cycle}"

    @classmethod
    def locked(cls, proposal: PanelProposal, user: User) -> "PanelExchange":
        """Locks the proposal until the end of the transaction, so that no panel changes. Raises WrongState."""
        locked = PanelProposal.objects.select_for_update(of=("self",)).select_related("cycle__edition")
        stored = locked.get(pk=proposal.pk)
        if stored.status != PanelProposal.Status.READY:
            raise WrongState("This proposal is no longer open.")
        return cls(stored, user)

    def key_of(self, row: PlannedPanel) -> str:
        return f"A{row.application_id}"

    def name_of(self, row: PlannedPanel) -> str:
        return str(row.application.utility)

    def locked_texts(self, row: PlannedPanel) -> dict[str, str]:
        utility = row.application.utility
        return {
            "code": self.key_of(row),
            "utility": str(utility),
            "state": utility.state,
            "systems": utility.get_systems_display(),
            "need": str(row.need),
            "why": note(row),
        }

    def value_of(self, row: PlannedPanel, name: str) -> Any:
        seats = list(row.seats.all())
        if name == "members":
            return [seat.member_id for seat in seats]
        return next((seat.member_id for seat in seats if seat.lead), None)

    def about(self) -> list[tuple[str, str]]:
        return [
            ("Cycle", str(self.proposal.cycle)),
            ("Proposed", f"{timezone.localtime(self.proposal.requested_at):%B %-d, %Y, %-I:%M %p %Z}"),
            ("Downloaded", f"{timezone.localtime():%B %-d, %Y, %-I:%M %p %Z}, by {self.user}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to import", HOW_TO_IMPORT),
        ]

    def bound(self, row: PlannedPanel, values: dict[str, Any]) -> PlannedPanelForm:
        return PlannedPanelForm(values | {"version": row.version}, panel=row, roster=self.roster)

    def save(self, row: PlannedPanel, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        assert isinstance(by, User)  # noqa: S101  (for the type checker)
        row.adjust(row.version, members=changes["members"], lead=changes["lead"], by=by)
