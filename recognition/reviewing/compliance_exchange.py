"""The compliance checks of many applications as an Excel file: out with the numbers of their permits and systems, as an
enforcement office answers them (ICR 1287.10, §5(a)), and back with a preview of every change (workflow.exchange).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import OuterRef, Prefetch, Subquery
from django.utils import timezone

from accounts.models import System, User
from recognition.application.content import identifiers
from recognition.models import Application, ComplianceCheck, Submission
from recognition.models.application_rows import ApplicationQuerySet
from workflow.exchange.rows import Column, Exchange, columns_of

FACTS = ("result", "source", "checked_on", "note")
IDENTITY = "compliance-checks"
WIDTHS = {"result": 32, "source": 30, "checked_on": 14, "note": 50}
KEY = "Application (do not change)"
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Rows”: for each check its result, where it was checked, and the day. "
    "A violation needs a note, which only staff see. The gray cells are for reading."
)
HOW_TO_IMPORT = (
    "Open the queue “Compliance review”, choose “Import from Excel” and select this file. You see every change before "
    "it is recorded, and which checks other people recorded since the download. All of it is recorded or nothing."
)


@dataclass
class Checked:
    """An application with the check of each kind that counts. Its version grows with each check that is recorded."""

    application: Application
    last: dict[str, ComplianceCheck] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def of(cls, application: Any) -> "Checked":
        checks = application.checks
        return cls(application, {check.kind: check for check in checks}, len(checks))

    @property
    def _latest(self) -> ComplianceCheck | None:
        return max(self.last.values(), key=lambda check: (check.recorded_at, check.pk), default=None)

    @property
    def changed_by(self) -> Any:
        return self._latest and self._latest.recorded_by

    @property
    def changed_at(self) -> Any:
        return self._latest and self._latest.recorded_at


class ChecksForm(forms.Form):
    """The last check of each kind. What a check has is required once one of its fields is filled in."""

    def __init__(self, data: Any = None, *, recorded: Iterable[str] = ()) -> None:
        """``recorded``: the kinds that have a check, which can be replaced but not removed."""
        super().__init__(data)
        self.recorded = set(recorded)
        for kind in ComplianceCheck.Kind:
            about = kind.label
            choices = [("", ""), *ComplianceCheck.Result.choices]
            self.fields |= {
                f"{kind}_result": forms.ChoiceField(label=f"{about}: result", choices=choices, required=False),
                f"{kind}_source": forms.CharField(label=f"{about}: source", max_length=300, required=False),
                f"{kind}_checked_on": forms.DateField(label=f"{about}: date", required=False),
                f"{kind}_note": forms.CharField(label=f"{about}: internal note", max_length=5000, required=False),
            }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for kind in ComplianceCheck.Kind:
            facts = {fact: cleaned.get(f"{kind}_{fact}") for fact in FACTS}
            if not any(facts.values()):
                if kind in self.recorded:
                    self.add_error(f"{kind}_result", "A recorded check can’t be removed. Enter its result again.")
                continue
            for fact in ("result", "source", "checked_on"):
                if not facts[fact] and f"{kind}_{fact}" not in self.errors:
                    self.add_error(f"{kind}_{fact}", "Enter this too: the check has something else.")
            if facts["checked_on"] and facts["checked_on"] > timezone.localdate():
                self.add_error(f"{kind}_checked_on", "The date is in the future.")
            if facts["result"] == ComplianceCheck.Result.VIOLATION and not (facts["note"] or "").strip():
                self.add_error(f"{kind}_note", "Describe the finding.")
        return cleaned


class ChecksExchange(Exchange):
    """The checks of applications in compliance review that ``user`` handles."""

    key_word = "application"
    together = tuple(frozenset(f"{kind}_{fact}" for fact in FACTS) for kind in ComplianceCheck.Kind)

    def __init__(self, rows: Iterable[Application]) -> None:
        super().__init__(Checked.of(each) for each in rows)
        self.form = ChecksForm()
        widths = {f"{kind}_{fact}": width for kind in ComplianceCheck.Kind for fact, width in WIDTHS.items()}
        self.columns = [
            Column("key", KEY, 14, locked=True),
            Column("utility", "Utility", 34, locked=True),
            Column("place", "Place", 22, locked=True),
            Column("numbers", "Permits and systems", 22, locked=True),
            Column("systems", "Systems", 22, locked=True),
            Column("cycle", "Cycle", 20, locked=True),
            *columns_of(self.form, {}, widths),
        ]
        self.identity, self.title = IDENTITY, "the compliance checks of applications"

    @classmethod
    def locked(cls, user: User) -> "ChecksExchange":
        """Locks the applications until the end of the transaction, as recording a check does."""
        keys = in_review(user).order_by("pk").values_list("pk", flat=True)
        list(Application.objects.filter(pk__in=list(keys)).order_by("pk").select_for_update().values_list("pk"))
        return cls(with_checks(in_review(user)))

    def key_of(self, row: Checked) -> str:
        return f"A-{row.application.pk}"

    def name_of(self, row: Checked) -> str:
        return str(row.application.utility)

    def locked_texts(self, row: Checked) -> dict[str, str]:
        application: Any = row.application
        utility, content = application.utility, application.last_content or {}
        kinds = content.get("eligibility", {}).get("facility_types", [])
        return {
            "key": self.key_of(row),
            "utility": utility.name,
            "place": f"{utility.city}, {utility.state}",
            "numbers": "\n".join(identifiers(content)),
            "systems": ", ".join(System(kind).label for kind in kinds if kind in System.values),
            "cycle": str(application.cycle),
        }

    def about(self) -> list[tuple[str, str]]:
        return [
            ("Applications", str(len(self.rows))),
            ("Downloaded", f"{timezone.localtime():%B %-d, %Y, %-I:%M %p %Z}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to import", HOW_TO_IMPORT),
        ]

    def value_of(self, row: Checked, name: str) -> Any:
        kind, _, fact = name.partition("_")
        check = row.last.get(kind)
        value = getattr(check, fact) if check else None
        return value if value is not None else None if fact == "checked_on" else ""

    def bound(self, row: Any, values: dict[str, Any]) -> forms.BaseForm:
        recorded = row.last if row else ()
        return ChecksForm({name: _sent(value) for name, value in values.items()}, recorded=recorded)

    def save(self, row: Checked, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        """Records each check that changed, as its page does. Raises WrongState."""
        assert isinstance(by, User)  # noqa: S101  (for the type checker)
        for kind in ComplianceCheck.Kind:
            facts = {fact: changes[f"{kind}_{fact}"] for fact in FACTS if f"{kind}_{fact}" in changes}
            if facts and facts["result"]:
                ComplianceCheck.record(row.application, by=by, kind=kind, **facts)


def _sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def in_review(user: User) -> ApplicationQuerySet:
    """Returns the applications in compliance review that ``user`` handles as staff."""
    rows = Application.objects.visible_to(user).of_others(user)
    return rows.filter(status=Application.Status.COMPLIANCE).order_by("utility__name", "pk")


def clear_ones(user: User) -> list[int]:
    """Returns the keys of those whose two checks found no violation. One query."""
    found: dict[int, dict[str, str]] = {}
    checks = ComplianceCheck.objects.filter(application__in=in_review(user).order_by().values("pk"))
    for key, kind, result in checks.order_by("recorded_at", "pk").values_list("application", "kind", "result"):
        found.setdefault(key, {})[kind] = result
    clear = dict.fromkeys(ComplianceCheck.Kind.values, ComplianceCheck.Result.CLEAR.value)
    return [key for key, results in found.items() if results == clear]


def with_checks(rows: Any) -> list[Application]:
    """Returns the rows with their checks, oldest first, and the content of their last version: two queries."""

    last = Submission.objects.filter(application=OuterRef("pk")).order_by("-number").values("content")[:1]
    checks = ComplianceCheck.objects.order_by("recorded_at", "pk")
    return list(
        rows.annotate(last_content=Subquery(last)).prefetch_related(
            Prefetch("compliance_checks", queryset=checks, to_attr="checks")
        )
    )
