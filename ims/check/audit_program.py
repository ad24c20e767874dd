"""The audit program: the audits of a year by month, and what was not audited lately."""

import calendar
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import F, Func, Q, SlugField

from accounts.models import User, Utility
from ims.check.audit_rows import AuditLine
from ims.check.audits import Audit
from ims.editions import later
from ims.records import AREAS, Record
from ims.registers import Page, add_page
from initiatives.models import Initiative
from pdca.models import Area, Element

DONE = (Audit.Status.DONE, Audit.Status.CLOSED)
SHORT, LONG = 12, 36  # months: the rhythm of most programs, and the longest in which all should be audited


@dataclass(frozen=True)
class Last:
    """When something was last audited. ``flag`` is empty, or says for how many months it was not."""

    name: str
    on: date | None
    audit: Audit | None
    flag: str

    @property
    def tone(self) -> str:
        return {str(SHORT): "warn", str(LONG): "bad"}.get(self.flag, "good")


class Program:
    """Makes seven queries at any number of audits."""

    def __init__(self, utility: Utility, user: User, year: int, today: date) -> None:
        self.utility, self.year, self.today = utility, year, today
        rows: Any = Audit.objects.visible_to(user).filter(utility=utility).exclude(status=Audit.Status.CANCELED)
        in_year = Q(done_on__year=year) | Q(done_on=None, due__year=year)
        self.audits: list[Audit] = list(rows.filter(in_year).order_by(F("done_on").asc(), "due", "number"))
        self.audits.sort(key=lambda audit: (audit.shown_on or today, audit.number))
        self.undated: list[Audit] = list(rows.filter(done_on=None, due=None).order_by("number"))
        since = later(today, -LONG)
        self.done: list[Audit] = list(rows.filter(status__in=DONE, done_on__gte=since).order_by("-done_on", "-number"))
        self.areas: dict[str, str] = dict(Area.objects.values_list("code", "name"))

    @cached_property
    def months(self) -> list[tuple[str, list[Audit]]]:
        found: list[list[Audit]] = [[] for _ in range(12)]
        for audit in self.audits:
            if audit.shown_on:
                found[audit.shown_on.month - 1].append(audit)
        return [(calendar.month_name[place + 1], audits) for place, audits in enumerate(found)]

    @property
    def by_area(self) -> list[tuple[str, list[list[Audit]]]]:
        """Each area with its audits in each month; an audit without areas covers all."""
        return [
            (
                self.areas.get(code, code),
                [[a for a in audits if not a.areas or code in a.areas] for _, audits in self.months],
            )
            for code in AREAS
        ]

    @property
    def before(self) -> int:
        return self.year - 1

    @property
    def after(self) -> int:
        return self.year + 1

    @property
    def n_done(self) -> int:
        return sum(audit.done_on is not None for audit in self.audits)

    def _last(self, name: str, audit: Audit | None) -> Last:
        on = audit.done_on if audit else None
        flag = str(LONG) if on is None else str(SHORT) if on < later(self.today, -SHORT) else ""
        return Last(name, on, audit, flag)

    @property
    def last(self) -> list[tuple[str, list[Last]]]:
        """Returns what is audited, in groups, each with its last audit of the last ``LONG`` months."""
        return [("Areas", self.of_areas), ("Initiatives", self.of_initiatives), ("Elements", self.of_elements)]

    @cached_property
    def of_areas(self) -> list[Last]:
        def audit_of(code: str) -> Audit | None:
            return next((audit for audit in self.done if not audit.areas or code in audit.areas), None)

        return [self._last(self.areas.get(code, code), audit_of(code)) for code in AREAS]

    @cached_property
    def of_initiatives(self) -> list[Last]:
        """Those that an open record serves."""
        rows = Record.objects.open().filter(utility=self.utility).order_by()
        each = Func(F("initiatives"), function="unnest", output_field=SlugField())
        served = set(rows.annotate(one=each).values_list("one", flat=True).distinct())
        known = Initiative.objects.known().filter(slug__in=served).order_by("short_name")
        return [
            self._last(name, next((audit for audit in self.done if slug in audit.initiatives), None))
            for slug, name in known.values_list("slug", "short_name")
        ]

    @cached_property
    def of_elements(self) -> list[Last]:
        """An element is audited if a line of a checklist about it has a finding."""
        answered = AuditLine.objects.filter(audit__in=[audit.pk for audit in self.done])
        answered = answered.exclude(finding__in=("", AuditLine.Finding.LEFT_OUT))
        lines = set(answered.values_list("audit", "element"))
        return [
            self._last(name, next((audit for audit in self.done if (audit.pk, slug) in lines), None))
            for slug, name in Element.objects.known().values_list("slug", "name")
        ]


add_page(
    Page(
        slug="audit-program",
        name="Audit program",
        about="The audits of a year by month, planned and done, and what was not audited for long.",
        component="check",
        element="auditing",
        url_name="ims:audit_program",
    )
)
