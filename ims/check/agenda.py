"""The agenda of a management review, filled from the records (guide 2004, §4.3.4).

A topic is plain values, so that what was seen in the meeting can be kept as it was. Records of closed registers are
only counted, because everyone in the utility may read the agenda.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.formats import date_format

from accounts.models import Utility
from ims import registers
from ims.check.audit_rows import AuditLine
from ims.check.measures import Measure
from ims.check.readings import Standing, due_period, latest, with_last_period
from ims.check.trends import Trend
from ims.plan.requirements import Evaluation
from ims.plan.statements import Pairs
from ims.records import Record, RecordEvent

MAX_SHOWN = 10  # records shown of each topic
MAX_LENGTH = 200  # characters shown of a finding


@dataclass(frozen=True)
class About:
    """What a topic is about: the question to answer, and the registers whose records it shows."""

    slug: str
    name: str
    question: str
    registers: tuple[str, ...] = ()


TOPICS = {
    each.slug: each
    for each in (
        About("decisions", "Decisions of earlier reviews", "Was everything done that was decided?"),
        About("policies", "Policies", "Are they still suitable, adequate and effective?", ("statements",)),
        About("objectives", "Objectives and programs", "Are they on their way?", ("objectives", "actions")),
        About("audits", "Audits", "What did the audits find?", ("audits",)),
        About(
            "corrective", "Corrective and preventive action", "Is it done in time, and does it work?", ("corrective",)
        ),
        About("measures", "Measures", "Which results miss their target, and why?"),
        About("compliance", "Compliance", "Where do you not comply?", ("requirements",)),
        About("changes", "Changes", "What changes around the system, and what must follow?", ("changes",)),
        About("other", "Other matters", "What else should be decided?"),
    )
}


@dataclass(frozen=True)
class Line:
    """A record that a topic shows, with what is to be said of it; ``flag`` says in a word or two what is wrong."""

    number: str
    title: str
    register: str
    says: str
    flag: str = ""


@dataclass(frozen=True)
class Topic:
    """``says`` are figures in words. ``more`` counts the records that are not among ``lines``."""

    slug: str
    says: list[str] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    more: int = 0

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Topic":
        return cls(**{**kept, "lines": [Line(**line) for line in kept["lines"]]})

    @property
    def about(self) -> About:
        return TOPICS[self.slug]


@dataclass(frozen=True)
class Scope:
    """What a review looks at: the records of these areas and of none, back to a day. Without areas, all records."""

    utility: Utility
    areas: Sequence[str]
    since: date

    def of(self, path: str = "") -> Q:
        """Returns the condition on the records at ``path``."""
        mine = Q(**{f"{path}utility": self.utility})
        if not self.areas:
            return mine
        return mine & (Q(**{f"{path}areas__overlap": self.areas}) | Q(**{f"{path}areas": []}))


def agenda(scope: Scope, decisions: Sequence[Any]) -> list[Topic]:
    """Returns the topics as of now. ``decisions`` are those of earlier reviews, with what was made of them.

    Makes eight queries at any number of records.
    """
    records = _records(scope)
    by_topic = {
        "decisions": _decisions(decisions),
        "policies": (list(_policies(scope)), []),
        "audits": _nonconformities(scope),
        "measures": _measures(scope),
        "compliance": _compliance(scope),
    }
    return [_topic(about, scope.since, records, *by_topic.get(about.slug, ([], []))) for about in TOPICS.values()]


def _topic(about: About, since: date, records: Sequence[Any], says: list[str], lines: list[Line]) -> Topic:
    shown, more = list(lines[:MAX_SHOWN]), len(lines[MAX_SHOWN:])
    counted = []
    for slug in about.registers:
        rows = [row for row in records if row.register == slug]
        if rows:
            counted.append(_counted(rows[0], since))
            open_to_all = [_line(row) for row in rows if not row.restricted]
            shown += open_to_all
            more += rows[0].n - len(open_to_all)
    return Topic(about.slug, [*counted, *says], shown, more)


def _counted(row: Any, since: date) -> str:
    one = registers.get(row.register).one
    parts = [f"{row.n_open} open {one if row.n_open == 1 else _plural(one)}"]
    parts += [f"{row.n_late} late"] if row.n_late else []
    parts += [f"{row.n_closed} closed since {date_format(since, 'F j, Y')}"] if row.n_closed else []
    return ", ".join(parts)


def _plural(one: str) -> str:
    return f"{one}s"


def _line(row: Any) -> Line:
    says = registers.status_label(row)
    if row.is_late:
        says += f", due {date_format(row.due, 'F j, Y')}"
    return Line(row.number, row.title, row.register, says, "late" if row.is_late else "")


def _records(scope: Scope) -> list[Any]:
    """Returns the first records of each register, the late ones first, with counts of all: one query."""
    known = [slug for about in TOPICS.values() for slug in about.registers]
    closed = RecordEvent.objects.filter(record=OuterRef("pk"), at__date__gte=scope.since)
    rows = Record.objects.filter(scope.of(), register__in=known)
    rows = rows.filter(Q(is_open=True) | Exists(closed))
    late = Q(is_open=True, due__lt=timezone.localdate())

    def count(condition: Q) -> Window:
        return Window(Count("pk", filter=condition), partition_by=F("register"))

    numbered = rows.order_by().annotate(
        n=count(Q()),
        n_open=count(Q(is_open=True)),
        n_late=count(late),
        n_closed=count(Q(is_open=False)),
        place=Window(
            RowNumber(),
            partition_by=F("register"),
            order_by=[F("is_open").desc(), F("due").asc(nulls_last=True), F("pk").asc()],
        ),
    )
    return list(numbered.filter(place__lte=MAX_SHOWN).order_by("register", "place"))


def _decisions(decisions: Sequence[Any]) -> tuple[list[str], list[Line]]:
    lines = [
        Line(each.review.number, each.text, "reviews", _fate(each), "late" if _is_late(each) else "")
        for each in decisions
    ]
    n_open = sum(not each.made or each.made.is_open for each in decisions)
    return ([f"{n_open} of {len(lines)} still open"] if lines else []), lines


def _fate(each: Any) -> str:
    """Says what was made of a decision or a finding."""
    if not each.made:
        return "Nothing was made of it yet"
    return f"{each.made.number}: {registers.status_label(each.made)}"


def _is_late(decision: Any) -> bool:
    if decision.made:
        return bool(decision.made.is_late)
    return bool(decision.due and decision.due < timezone.localdate())


def _policies(scope: Scope) -> Iterator[str]:
    if n := Pairs(scope.utility).n_open:
        yield f"{n} {'pair' if n == 1 else 'pairs'} of policies to compare or settle"


def _nonconformities(scope: Scope) -> tuple[list[str], list[Line]]:
    """Tells each nonconformity that is still open, the major ones first."""
    rows = AuditLine.objects.filter(scope.of("audit__")).open_nonconformities().select_related("audit", "made")
    found = sorted(rows, key=lambda line: (line.finding != AuditLine.Finding.MAJOR, line.audit.number, line.place))
    n_major = sum(line.finding == AuditLine.Finding.MAJOR for line in found)
    words = f"{len(found)} open {'nonconformity' if len(found) == 1 else 'nonconformities'}, {n_major} major"
    lines = [Line(each.audit.number, _short(each.seen), "audits", _fate(each), str(each).lower()) for each in found]
    return ([words] if found else []), lines


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"{line[:MAX_LENGTH]}…" if len(line) > MAX_LENGTH else line


def _measures(scope: Scope) -> tuple[list[str], list[Line]]:
    rows: Any = Measure.objects.filter(scope.of(), is_open=True)
    measures = list(with_last_period(rows).prefetch_related(latest()).order_by("number"))
    lines, n_met, n_judged = [], 0, 0
    for measure in measures:
        standing = Standing.of(measure)
        n_judged += standing.met is not None
        n_met += standing.met is True
        if said := _result(measure, standing):
            lines.append(
                Line(measure.number, measure.title, "measures", said, "target missed" if standing.met is False else "")
            )
    lines.sort(key=lambda line: not line.flag)
    return ([f"{n_met} of {n_judged} measures with a target meet it"] if n_judged else []), lines


def _result(measure: Any, standing: Standing) -> str:
    """Returns what is to be said of a measure; empty if nothing."""
    parts = []
    if standing.met is False and standing.last:
        parts.append(f"{standing.last.shown} in {standing.last.short}; wanted: {standing.goal_words}")
    if standing.trend == Trend.WORSE:
        parts.append("getting worse")
    if period := due_period(measure):
        parts.append(f"no reading for {measure.period_name(period)}")
    return "; ".join(parts)


def _compliance(scope: Scope) -> tuple[list[str], list[Line]]:
    """Tells each requirement whose last evaluation since then found that it is not met."""
    rows = Evaluation.objects.filter(scope.of("requirement__"), on__gte=scope.since).select_related("requirement")
    last: dict[int, Evaluation] = {}
    for each in rows.order_by("-on", "-pk"):
        last.setdefault(each.requirement_id, each)
    failed = [each for each in last.values() if each.result != Evaluation.Result.COMPLIES]
    says = [f"{len(last) - len(failed)} of {len(last)} evaluated requirements are met"] if last else []
    return says, [
        Line(
            each.requirement.number,
            each.requirement.title,
            "requirements",
            f"{each.on:%B %-d, %Y}: {each.found}",
            each.get_result_display().lower(),
        )
        for each in failed
    ]
