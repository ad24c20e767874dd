"""The reviewers as an Excel file that can be edited and imported again (workflow.exchange). A new row invites."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import StaffGroup, User
from recognition.models import PanelMember, ReviewerInvitation
from recognition.reviewing.reviewer_forms import ReviewerRowForm, named, utilities_in
from recognition.reviewing.reviewer_letters import invite_reviewer
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.matching import plain

KEPT_AS = "reviewers"
WIDTHS = {"name": 26, "email": 30, "affiliation": 18, "organization": 28, "systems": 24, "topics": 36, "conflicts": 26}
OF_USER = ("name", "email")
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Rows”. Where a cell can have several systems, topics, states or utilities, "
    "enter one per line. Names, addresses and affiliations of reviewers stay as they are."
)
HOW_TO_ADD = (
    "Enter a new reviewer below the others and leave the code empty: name, email and affiliation, and what you know. "
    "They get an invitation by email. Whoever has an account keeps it and gets the role."
)
HOW_TO_IMPORT = (
    "Open the list of reviewers, choose “Import from Excel” and select this file. You see what each row does before "
    "anything is saved or sent. All of it is done or nothing. A row that you delete stays on the site."
)


def profiles() -> Any:
    rows = PanelMember.objects.filter(user__is_active=True).select_related("user", "changed_by")
    return rows.order_by("user__name", "user__email").prefetch_related("interests__identifiers")


class ReviewerExchange(Exchange):
    may_add = True

    def __init__(self) -> None:
        super().__init__(profiles())
        self.form = ReviewerRowForm()
        topics = {topic for row in self.rows.values() for topic in row.topics}
        self.topics = dict(self.form.fields["topics"].choices)  # type: ignore[attr-defined]
        self.topics |= {topic: topic for topic in sorted(topics - self.topics.keys())}  # of earlier editions
        self._share_topics(self.form)
        self.columns = [
            Column("code", "Code (do not change)", 10, locked=True),
            *(self._with_codes(column) for column in columns_of(self.form, {}, WIDTHS)),
            Column("confirmed", "Confirmed by the reviewer", 22, locked=True),
        ]
        self.identity, self.title = KEPT_AS, "the list of reviewers"
        self.taken: set[str] = set()

    @classmethod
    def locked(cls) -> "ReviewerExchange":
        """Locks the list until the end of the transaction, so that two imports don't invite the same people."""
        Group.objects.select_for_update().get(name=StaffGroup.PANEL)
        list(PanelMember.objects.order_by("pk").select_for_update().values_list("pk"))
        return cls()

    def _share_topics(self, form: Any) -> None:
        form.fields["topics"].choices = list(self.topics.items())

    def _with_codes(self, column: Column) -> Column:
        """States may be entered as two letters, affiliations by their code."""
        if column.name in ("state", "conflict_states", "affiliation"):
            return replace(column, also={plain(code): code for code in column.choices})
        return column

    def key_of(self, row: PanelMember) -> str:
        return f"R{row.pk}"

    def name_of(self, row: Any) -> str:
        return str(row if isinstance(row, ReviewerInvitation) else row.user)

    def value_of(self, row: Any, name: str) -> Any:
        """Returns the value of a reviewer's profile, or of an open invitation."""
        if name == "conflicts":
            return named(row.interests.all())
        if name == "available" and isinstance(row, ReviewerInvitation):
            return True
        return getattr(row.user if name in OF_USER and isinstance(row, PanelMember) else row, name)

    def locked_texts(self, row: PanelMember) -> dict[str, str]:
        confirmed = f"{timezone.localtime(row.confirmed_at):%Y-%m-%d}" if row.confirmed_at else ""
        return {"code": self.key_of(row), "confirmed": confirmed}

    def about(self) -> list[tuple[str, str]]:
        return [
            ("Reviewers", str(len(self.rows))),
            ("Downloaded", f"{timezone.localtime():%B %-d, %Y, %-I:%M %p %Z}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to add", HOW_TO_ADD),
            ("How to import", HOW_TO_IMPORT),
        ]

    def bound(self, row: Any, values: dict[str, Any]) -> ReviewerRowForm:
        form = ReviewerRowForm(values, row=row, taken=frozenset(self.taken))
        self._share_topics(form)
        if row is None:
            self.taken.add(str(values.get("email", "")).strip().lower())
        return form

    def save(self, row: PanelMember, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        changes = dict(changes)
        conflicts = changes.pop("conflicts", None)
        row.save_over(row.version, by=by, **changes)
        if conflicts is not None:
            row.interests.set(utilities_in(conflicts))

    def add(self, values: dict[str, Any], *, by: AbstractBaseUser) -> None:
        """Invites. Raises WrongState past the limit, or if the person is a reviewer already."""
        assert isinstance(by, User)  # noqa: S101  (for the type checker)
        profile = {name: value for name, value in values.items() if name not in ("available", "conflicts")}
        invite(by=by, interests=utilities_in(values.get("conflicts", "")), **profile)

    def alike(self, values: Mapping[str, Any]) -> Iterable[ReviewerInvitation]:
        """Returns the open invitation to the same address."""
        rows = ReviewerInvitation.objects.open().filter(email__iexact=values["email"])
        return list(rows.prefetch_related("interests__identifiers"))


def invite(*, by: User, **profile: Any) -> ReviewerInvitation:
    """Creates an invitation and its email. Raises WrongState if the person is a reviewer, or past the limit."""
    invitation = ReviewerInvitation.objects.invite(by=by, **profile)
    invite_reviewer(invitation)
    return invitation
