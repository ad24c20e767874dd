"""The queues of staff and panel: who sees which, their columns and filters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import django_tables2 as tables
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django_filters import CharFilter, ChoiceFilter

from accounts.models import StaffGroup, System, User, Utility
from accounts.regions import REGIONS, states
from recognition.models import Application, Cycle
from recognition.reviewing import queues
from recognition.reviewing.list_cells import checkbox, next_step
from recognition.rights import Act, groups_for
from workflow.addresses import address
from workflow.cells import link
from workflow.lists import DateColumn, Filters, Listed, StateColumn, Table, asked

Status = Application.Status
TONES: dict[str, str] = {
    Status.RETURNED: "warn",
    Status.RECOGNIZED: "good",
    Status.RECOMMENDED: "good",
    Status.NOT_RECOMMENDED: "warn",
    Status.INCOMPLETE: "bad",
    Status.NOT_ELIGIBLE: "bad",
    Status.NOT_RECOGNIZED: "bad",
}


class DueColumn(DateColumn):
    """A date, marked “late” if it is past and the work is not done."""

    def render(self, value: date, record: Any) -> str:  # type: ignore[override]
        shown = super().render(value)
        return format_html('{} <b class="late">late</b>', shown) if is_late(record, value) else shown


def is_late(record: Any, due: date) -> bool:
    """Returns whether ``due`` is past: by date in the cycle's time zone, to the second while applicants can edit."""
    if getattr(record, "submitted", False):
        return False
    if record.status in Application.EDITABLE:
        return record.deadline <= timezone.now()
    return due < timezone.localdate(timezone=ZoneInfo(record.cycle.time_zone))


class AgeColumn(tables.Column):
    """The whole days since a time."""

    def render(self, value: datetime) -> int:
        return (timezone.now() - value).days


class CodeColumn(tables.Column):
    """A state by its two letters; its name would need too much space."""

    def render(self, record: Any) -> str:
        return str(record.utility.state)


class WalkedTable(Table):
    """``queue`` is its name. Links to applications say by which filters they were found (see walking.py)."""

    queue = ""

    @property
    def way(self) -> str:
        """The query string that leads through the list, from one application to the next."""
        return way(self.queue, self.query)


class QueueTable(WalkedTable):
    utility = tables.Column("Utility", order_by="utility__name")
    next = tables.Column("Next step", accessor="pk", orderable=False, exclude_from_export=True)
    status = StateColumn("Stage", tones=TONES)
    age = AgeColumn("Days", accessor="status_since", order_by="-status_since", initial_sort_descending=True)
    due_on = DueColumn("Due")
    handler = tables.Column("Taken up by", accessor="had_by", order_by="handler__name")
    state = CodeColumn("State", accessor="utility__state")
    region = tables.Column("Region")
    size = tables.Column("Size")
    systems = tables.Column("Systems", accessor="utility__get_systems_display", order_by="utility__systems")
    cycle = tables.Column("Cycle", order_by="cycle__title")
    number = tables.Column("Version")

    class Meta:
        order_by = "-age"

    def render_utility(self, record: Any) -> SafeString:
        return checkbox(record, f"{record.get_absolute_url()}{self.way}")

    def value_utility(self, record: Any) -> str:
        return str(record.utility)

    def render_next(self, record: Any) -> SafeString:
        return next_step(record, self.way)

    def render_size(self, value: str) -> str:
        return value.capitalize()


def way(queue: str, query: str) -> str:
    return f"?in={queue}{'&' if query else ''}{query}#walk"


class CompletenessTable(QueueTable):
    page_name = "Completeness review"
    queue = "completeness"

    class Meta(QueueTable.Meta):
        pass


class ComplianceTable(QueueTable):
    page_name = "Compliance review"
    queue = "compliance"

    class Meta(QueueTable.Meta):
        pass


class RegionTable(QueueTable):
    page_name = "With the EPA Region"
    queue = "region"

    class Meta(QueueTable.Meta):
        pass


class PanelTable(QueueTable):
    page_name = "Panel review"
    queue = "panel"
    seats = tables.Column("Assigned", accessor="n_seats", initial_sort_descending=True)
    reviews = tables.Column("Reviews", initial_sort_descending=True)

    class Meta(QueueTable.Meta):
        sequence = ("utility", "next", "status", "age", "due_on", "seats", "reviews", "handler", "...")

    def render_seats(self, value: int, record: Any) -> str:
        return f"{value} of {record.cycle.panel_size}"

    def value_seats(self, value: int) -> int:
        return value

    def render_reviews(self, value: int, record: Any) -> str:
        return f"{value} of {max(record.n_seats, record.cycle.panel_size)}"

    def value_reviews(self, value: int) -> int:
        return value


class DecisionTable(QueueTable):
    page_name = "Awaiting decisions"
    queue = "decisions"
    decided = StateColumn("Decision", tones={"Not decided": "warn"})

    class Meta(QueueTable.Meta):
        sequence = ("utility", "next", "status", "decided", "age", "due_on", "...")


class AllTable(QueueTable):
    page_name = "All applications"
    queue = "all"

    class Meta(QueueTable.Meta):
        exclude = ("next",)


class ReviewTable(Table):
    page_name = "My reviews"
    utility = tables.Column("Utility", accessor="applicant", order_by=("applicant_order", "pk"))
    next = tables.Column("Next step", accessor="pk", orderable=False, exclude_from_export=True)
    doing = StateColumn("Your review", tones={"Submitted": "good", "Not declared": "warn", "Ready to submit": "warn"})
    left = tables.Column("Left to rate", initial_sort_descending=True)
    seat_due = DueColumn("Due")
    state = tables.Column("State", accessor="applicant_state", order_by=("state_order", "pk"), default="–")
    cycle = tables.Column("Cycle", order_by="cycle__title")
    status = StateColumn("Stage", tones=TONES)

    class Meta:
        order_by = "seat_due"

    def render_next(self, record: Any) -> SafeString:
        words = "Read" if record.submitted else "Review" if record.declared else "Declare"
        return link(address("recognition:review", record.pk), words, f": {record.applicant}")


class ByWords(Filters):
    """A filter by the utility's name, city or one of its numbers."""

    words = CharFilter(label="Name, city or number", method="by_words")

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return queues.matching(rows, value)


WHO = [("me", "Me"), ("nobody", "Nobody")]


class QueueFilters(ByWords):
    cycle = ChoiceFilter(label="Cycle", empty_label="All cycles")
    status = ChoiceFilter(label="Stage", empty_label="All stages")
    state = ChoiceFilter(label="State", field_name="utility__state", empty_label="All states")
    region = ChoiceFilter(
        label="EPA region",
        choices=[(number, f"Region {number}") for number in REGIONS],
        method="by_region",
        empty_label="All regions",
    )
    size = ChoiceFilter(label="Size", choices=[("large", "Large"), ("small", "Small")], empty_label="All sizes")
    system = ChoiceFilter(label="System", choices=System.choices, method="by_system", empty_label="All systems")
    who = ChoiceFilter(label="Taken up by", method="by_who", empty_label="Anyone or nobody")
    late = ChoiceFilter(label="Due", choices=[("yes", "Late")], method="by_late", empty_label="At any time")

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.offer_known()

    def offer_known(self) -> None:
        """Offers the cycles, states, stages and people of what waits."""
        found = asked(self.queryset, _known)
        cycles = {(each.cycle_id, each.cycle__title) for each in found}
        self.offer("cycle", sorted(cycles, key=lambda each: each[1]))
        self.offer("state", _among(states(), {each.utility__state for each in found if not each.my_blind}))
        self.offer("status", _among(Status.choices, {each.status for each in found}))
        self.offer_people({(each.handler_id, each.handler__name) for each in found if each.handler__is_active})

    def offer_people(self, people: Iterable[tuple[int, str]]) -> None:
        """Offers “mine”, “nobody’s”, and the others of ``people``, who are pairs of key and name."""
        others = sorted((each for each in people if each[0] != self.request.user.pk), key=lambda each: each[1])
        self.offer("who", [*WHO, *((str(key), name) for key, name in others)])

    def by_who(self, rows: Any, name: str, value: str) -> Any:
        if value == "nobody":
            return rows.nobodys()
        return rows.filter(handler=self.request.user.pk if value == "me" else value)

    def by_region(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(utility__in=Utility.objects.in_region(int(value)).order_by().values("pk"))

    def by_late(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(queues.late())

    def by_system(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(utility__systems__contains=[value])


class PanelFilters(QueueFilters):
    stalls = ChoiceFilter(
        label="Why it waits", choices=list(queues.STALLS.items()), method="by_stall", empty_label="Anything"
    )

    def by_stall(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(queues.stalls(self.request.user)[value])


class AllFilters(QueueFilters):
    mail = ChoiceFilter(
        label="Email", choices=[("failed", "An email could not be sent")], method="by_mail", empty_label="Any"
    )

    def offer_known(self) -> None:
        """Offers every cycle, state and stage: to find out which occur would be to read all applications."""
        self.offer("cycle", Cycle.objects.order_by("title").values_list("pk", "title"))
        self.offer("state", states())
        self.offer("status", Status.choices)
        staff = User.objects.filter(is_active=True, groups__name__in=groups_for(Act.HANDLE, Status))
        self.offer_people(staff.distinct().values_list("pk", "name"))

    def by_mail(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(queues.with_failed_mail())


class ReviewFilters(QueueFilters):
    """The filters for panel members, whose list shows neither region nor size nor the work of staff.

    Of a blind cycle they find nothing by name, city, number or state: trying these out would tell who applies.
    """

    region = size = who = late = None
    state = ChoiceFilter(label="State", method="by_state", empty_label="All states")

    def by_words(self, rows: Any, name: str, value: str) -> Any:
        return queues.matching(rows.named(), value)

    def by_state(self, rows: Any, name: str, value: str) -> Any:
        return rows.named().filter(utility__state=value)

    class Meta:
        exclude = ["region", "size", "who", "late"]

    def offer_people(self, people: Iterable[tuple[int, str]]) -> None:
        """Offers nobody: whom staff gave the work is not for the panel."""


def _known(rows: Any) -> Any:
    """Returns what the filters offer of the rows, each combination once."""
    known = ("cycle_id", "cycle__title", "utility__state", "status", "my_blind")
    handler = ("handler_id", "handler__name", "handler__is_active")
    return rows.order_by().values_list(*known, *handler, named=True).distinct()


def _among(choices: Iterable[tuple[str, str]], found: set[str]) -> list[tuple[str, str]]:
    return [(value, label) for value, label in choices if value in found]


@dataclass(frozen=True)
class Queue:
    """A list of applications for users in ``groups``. ``more`` annotates the rows for the table's own columns."""

    title: str
    lede: str
    groups: frozenset[str]
    statuses: Iterable[str]
    table: type[Table]
    filters: type[Filters] = QueueFilters
    more: Callable[[Any, Any], Any] | None = None
    for_members: bool = False  # also for users with a seat on a panel who are not in the groups

    @property
    def is_shared(self) -> bool:
        """Whether staff share the work in it: take up, give back, hand on."""
        return issubclass(self.table, QueueTable)

    def exists_for(self, user: User) -> bool:
        if self.groups & user.staff_groups:
            return True
        return self.for_members and bool(user.seats.active().exists())

    def rows(self, user: User) -> Any:
        rows = queues.waiting(user, self.statuses)
        return self.more(rows, user) if self.more else rows

    def bare(self, user: User) -> Any:
        """Returns the same without what the columns add."""
        return queues.handled(user, self.statuses)

    def listed(self, user: User) -> Listed:
        return Listed(self.rows, Application, user, bare=self.bare if self.is_shared else None)


PROGRAM = frozenset({StaffGroup.PROGRAM})
QUEUES = {
    "completeness": Queue(
        "Completeness review",
        "Submitted applications to check for completeness.",
        PROGRAM,
        (Status.SUBMITTED, Status.RESUBMITTED, Status.COMPLETENESS, Status.RETURNED),
        CompletenessTable,
    ),
    "compliance": Queue(
        "Compliance review",
        "Complete applications whose compliance record needs to be checked.",
        frozenset({StaffGroup.COMPLIANCE}),
        (Status.COMPLIANCE,),
        ComplianceTable,
    ),
    "region": Queue(
        "With the EPA Region",
        "Applications that need the EPA Region’s recommendation before panel review.",
        PROGRAM,
        (Status.REGION,),
        RegionTable,
    ),
    "panel": Queue(
        "Panel review",
        "Applications whose panel is being assigned or is reviewing.",
        PROGRAM,
        (Status.PANEL,),
        PanelTable,
        PanelFilters,
        queues.with_panel,
    ),
    "decisions": Queue(
        "Awaiting decisions",
        "Applications with a panel recommendation whose decision needs to be made or released.",
        frozenset({StaffGroup.OFFICIAL, StaffGroup.PROGRAM}),
        Application.PENDING,
        DecisionTable,
        more=queues.with_decision,
    ),
    "all": Queue(
        "All applications",
        "Every application of every cycle. The content of drafts is not shown.",
        PROGRAM,
        tuple(Status),
        AllTable,
        AllFilters,
    ),
    "my-reviews": Queue(
        "My reviews",
        "Applications you are assigned to review.",
        frozenset({StaffGroup.PANEL}),
        tuple(Status),
        ReviewTable,
        ReviewFilters,
        queues.with_seat,
        for_members=True,
    ),
}


# From these, program staff write to all applicants whom the filters find.
WRITABLE = frozenset(QUEUES) - {"my-reviews"}


def queues_of(user: User) -> list[tuple[str, str]]:
    """Returns the queues that exist for a user: (name, title)."""
    return [(name, queue.title) for name, queue in QUEUES.items() if queue.exists_for(user)]
