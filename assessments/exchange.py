"""The 18 rows of a gap analysis as an Excel file that can be edited and imported again (workflow.exchange)."""

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone

from accounts.models import User
from assessments.forms import FindingForm
from assessments.models import Evidence, Finding, GapAnalysis
from assessments.operations import OPERATIONS
from workflow.exchange.rows import Column, Exchange, columns_of
from workflow.models import WrongState

HEADINGS = {"areas": "Area", "initiatives": "Initiative"}
WIDTHS = {"rating": 22, "areas": 13, "initiatives": 13, "evidence": 50, "changes": 50, "notes": 50}
BEFORE = [
    Column("code", "Code (do not change)", 18, locked=True),
    Column("element", "Element", 26, locked=True),
    Column("component", "Component", 11, locked=True),
    Column("question", "Question", 36, locked=True),
]
AFTER = [
    Column("links", "Links and files", 40, locked=True),
    Column("missing", "Still needed when downloaded", 24, locked=True),
    Column("changed_by", "Last changed by", 20, locked=True),
    Column("changed_at", "Last changed on", 24, locked=True),
]
HOW_TO_EDIT = (
    "Change the white cells of the sheet “Rows”. Choose a rating from the list. Enter x for each area that an element "
    "supports and for each initiative that provides it. The gray cells are for reading."
)
HOW_TO_IMPORT = (
    "Open the gap analysis, choose “Import from Excel” and select this file. You see every change before it is saved, "
    "and which rows other people changed since the download. A row without changes stays as it is, so a row that was "
    "carried over is confirmed on the page."
)
DAY, MOMENT = "%B %-d, %Y", "%B %-d, %Y, %-I:%M %p %Z"


class FindingExchange(Exchange):
    """The rows of an analysis that was fetched through ``visible_to``."""

    together = (frozenset({"rating", "areas"}),)

    def __init__(self, analysis: GapAnalysis, user: User, *, rows: list[Finding] | None = None) -> None:
        """``rows``: the rows if they were fetched before, by ``locked``."""
        self.analysis, self.user = analysis, user
        super().__init__(rows_of(analysis.pk, user) if rows is None else rows)
        for row in self.rows.values():
            row.analysis = analysis  # one object, so that what it knows is asked once
        self.in_place = analysis.in_place()
        self.form = FindingForm(finding=next(iter(self.rows.values())), in_place=self.in_place)
        self.columns = [*BEFORE, *columns_of(self.form, HEADINGS, WIDTHS), *AFTER]
        self.identity = f"gap-analysis-{analysis.pk}"
        self.title = f"the gap analysis “{analysis}” of {analysis.utility}, as of {analysis.as_of:{DAY}}"

    @classmethod
    def locked(cls, pk: int, user: User) -> "FindingExchange":
        """Locks the rows until the end of the transaction, in the same order as a change of the scope.

        Raises WrongState if the analysis is gone.
        """
        rows = list(rows_of(pk, user).select_for_update(of=("self",)))
        analysis = GapAnalysis.objects.visible_to(user).filter(pk=pk).first()
        if analysis is None:
            raise WrongState("It was just deleted.")
        return cls(analysis, user, rows=rows)

    def key_of(self, row: Finding) -> str:
        return row.element.slug

    def name_of(self, row: Finding) -> str:
        return row.element.name

    def locked_texts(self, row: Finding) -> dict[str, str]:
        by = str(row.changed_by or "a former member") if row.changed_at else ""
        return {
            "code": row.element.slug,
            "element": row.element.name,
            "component": row.element.component.name,
            "question": row.element.question,
            "links": "\n".join(_link(item) for item in row.evidence_items.all()),
            "missing": row.missing_reason(self.analysis.areas),
            "changed_by": by,
            "changed_at": f"{timezone.localtime(row.changed_at):{MOMENT}}" if row.changed_at else "",
        }

    def about(self) -> list[tuple[str, str]]:
        analysis = self.analysis
        areas = dict(self.form.fields["areas"].choices)  # type: ignore[attr-defined]
        return [
            ("Utility", str(analysis.utility)),
            ("Gap analysis", analysis.name),
            ("As of", f"{analysis.as_of:{DAY}}"),
            ("Status", analysis.get_status_display()),
            ("Management areas in scope", "\n".join(f"{code}: {areas[code]}" for code in analysis.areas)),
            ("Initiatives in place", "\n".join(self.in_place.values()) or "none"),
            ("Operations", "\n".join(OPERATIONS[slug] for slug in analysis.operations) or "none checked"),
            ("Fence line", analysis.fence_line),
            ("Downloaded", f"{timezone.localtime():{MOMENT}}, by {self.user}"),
            ("How to edit", HOW_TO_EDIT),
            ("How to import", HOW_TO_IMPORT),
        ]

    def bound(self, row: Finding, values: dict[str, Any]) -> FindingForm:
        data = values | {"version": row.version, "details": "1"}
        form = FindingForm(data, finding=row, in_place=self.in_place)
        if values["rating"] is None and row.rating is not None and values["areas"]:
            form.add_error("areas", "The rating was removed. Remove the areas too, or choose a rating.")
        return form

    def save(self, row: Finding, changes: dict[str, Any], *, by: AbstractBaseUser) -> None:
        assert isinstance(by, User)  # noqa: S101  (for the type checker)
        row.answer(row.version, by=by, **changes)


def rows_of(analysis: int, user: User) -> Any:
    rows = Finding.objects.visible_to(user).filter(analysis=analysis)
    return rows.select_related("element__component", "changed_by").prefetch_related("evidence_items__file")


def _link(item: Evidence) -> str:
    if item.file:
        return str(item)
    return f"{item.title}: {item.url}" if item.title else item.url
