"""How far the reviewers of a cycle are, and how strict they are: the rows and the list."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F, FloatField, Max, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat, Greatest
from django.utils import timezone
from django_filters import ChoiceFilter

from accounts.models import User
from letters.models import Message
from recognition.models import Application, Cycle, PanelMember, Rating, Seat
from recognition.reviewing import agreement
from recognition.reviewing.queues import counted
from workflow.lists import DateColumn, Filters, Table


def progress(cycle: Cycle, user: User) -> Any:
    """Returns everyone who has or had a seat in the cycle, with counts of their seats.

    Without panels that ``user`` may not know of: of their utility, or with a review of their own that is due.
    """
    keys = _known(cycle, user)
    of_cycle = Seat.objects.filter(application__in=keys)
    # Counted for each reviewer alone: beside joined seats, the database would ask the others anew for every seat.
    seats = of_cycle.filter(member=OuterRef("pk")).order_by()
    active = seats.filter(recused_at=None)
    due = active.filter(application__status=Application.Status.PANEL, submitted_at=None)
    rows = User.objects.filter(pk__in=of_cycle.order_by().values("member")).annotate(
        n_seats=counted(active, "member"),
        n_leads=counted(active.filter(lead=True), "member"),
        n_undeclared=counted(due.filter(declared_at=None), "member"),
        n_open=counted(due, "member"),
        n_submitted=counted(active.filter(submitted_at__isnull=False), "member"),
        n_late=counted(due.filter(due__lt=timezone.localdate()), "member"),
        n_left=counted(seats.filter(recused_at__isnull=False), "member"),
        next_due=Subquery(due.order_by("due").values("due")[:1]),
        met=strictness(keys, OuterRef("pk")),
        active_at=_last_activity(keys),
        reminded_at=_last_reminder(cycle),
    )
    return rows.select_related("panel_member").order_by("name", "email")


def _known(cycle: Cycle, user: User) -> list[int]:
    """Returns the keys of the cycle's applications that ``user`` may know of.

    They are read, for what each reviewer did with them is asked several times: as a part of that query, the database
    could find them anew for each reviewer.
    """
    known = Application.objects.visible_to(user).of_others(user).without_part_of(user).filter(cycle=cycle)
    return list(known.order_by().values_list("pk", flat=True))


def _last_activity(applications: list[int]) -> Greatest:
    """Returns when a member last declared, rated, wrote or submitted something."""
    seats = Seat.objects.filter(member=OuterRef("pk"), application__in=applications).order_by()
    ratings = Rating.objects.filter(seat__member=OuterRef("pk"), seat__application__in=applications)
    grouped = seats.values("member")
    return Greatest(
        *(Subquery(grouped.annotate(last=Max(name)).values("last")) for name in ("declared_at", "submitted_at")),
        Subquery(grouped.annotate(last=Max("changed_at")).values("last")),
        Subquery(ratings.order_by().values("seat__member").annotate(last=Max("changed_at")).values("last")),
    )


def _last_reminder(cycle: Cycle) -> Subquery:
    """Returns when a reviewer was last reminded of all their reviews in the cycle, by staff or by the date."""
    told = Message.objects.filter(
        about_type=ContentType.objects.get_for_model(Cycle),
        about_id=cycle.pk,
        key__startswith=f"reviews-reminder:{cycle.pk}:",
        key__endswith=Concat(Value(":"), OuterRef("email")),
    )
    return Subquery(told.order_by("-written_at").values("written_at")[:1])


def strictness(applications: list[int], member: Any) -> Subquery:
    """Returns the percentage of criteria that a member found met in submitted reviews of these applications."""
    given = Rating.objects.filter(
        seat__member=member,
        seat__application__in=applications,
        seat__recused_at=None,
        seat__submitted_at__isnull=False,
    )
    counted = given.order_by().values("seat__member").annotate(n=Count("pk"), n_met=Count("pk", filter=Q(value="met")))
    return Subquery(counted.values(share=100.0 * Cast(F("n_met"), FloatField()) / F("n")))


def shares_met(cycle: Cycle, user: User, members: list[int]) -> dict[int, int]:
    """Returns for each member the percentage of criteria found met in the cycle, as far as ``user`` may know."""
    keys = _known(cycle, user)
    rows = User.objects.filter(pk__in=members).annotate(met=strictness(keys, OuterRef("pk")))
    return {key: round(met) for key, met in rows.values_list("pk", "met") if met is not None}


def leanings_of(cycle: Cycle, user: User, members: list[int] | None = None) -> dict[int, agreement.Leaning]:
    """Returns how strict members are beside their co-reviewers in the cycle, as far as ``user`` may know. One query."""
    known = Application.objects.visible_to(user).of_others(user).without_part_of(user).filter(cycle=cycle)
    seats = Seat.objects.filter(
        application__in=known.order_by().values("pk"), recused_at=None, submitted_at__isnull=False
    )
    if members is not None:
        seats = seats.filter(application__seats__member__in=members)
    ratings = Rating.objects.filter(seat__in=seats.order_by().values("pk")).exclude(value="")
    return agreement.leanings(ratings.order_by().values_list("seat__member", "seat__application", "criterion", "value"))


class ReviewerTable(Table):
    leanings: ClassVar[Mapping[int, agreement.Leaning]] = {}
    page_name = "Reviewers"
    one, many = "reviewer", "reviewers"  # what the list counts; its rows are users
    name = tables.Column("Reviewer", accessor="pk", order_by="name")
    n_seats = tables.Column("Assigned", initial_sort_descending=True)
    n_undeclared = tables.Column("Not declared", initial_sort_descending=True)
    n_open = tables.Column("To submit", initial_sort_descending=True)
    n_late = tables.Column("Late", initial_sort_descending=True)
    n_submitted = tables.Column("Done", initial_sort_descending=True)
    n_left = tables.Column("Left", initial_sort_descending=True)
    next_due = DateColumn("First due")
    met = tables.Column("Rated met")
    lean = tables.Column("Strictness", accessor="pk", orderable=False)
    active_at = DateColumn("Last activity", initial_sort_descending=True)
    reminded_at = DateColumn("Last reminder", initial_sort_descending=True)
    remind = tables.TemplateColumn(
        template_name="recognition/reviewing/reviewers.html#remind",
        accessor="pk",
        verbose_name="Remind",
        orderable=False,
        exclude_from_export=True,
    )

    class Meta:
        order_by = "-n_late"
        sequence = ("name", "remind", "...")

    @classmethod
    def with_leanings(cls, found: Mapping[int, agreement.Leaning]) -> "type[ReviewerTable]":
        return type(cls.__name__, (cls,), {"leanings": found, "Meta": cls.Meta})  # whose order no table inherits

    def render_name(self, record: Any) -> str:
        return str(record)

    def render_lean(self, record: Any) -> str:
        leaning = self.leanings.get(record.pk)
        return (leaning.words if leaning else "") or "Too few reviews"

    def value_lean(self, record: Any) -> str:
        leaning = self.leanings.get(record.pk)
        return leaning.words if leaning else ""

    def render_met(self, value: float) -> str:
        return f"{value:.0f}%"

    def value_met(self, value: float) -> int:
        return round(value)


class ReviewerFilters(Filters):
    affiliation = ChoiceFilter(
        label="Affiliation",
        field_name="panel_member__affiliation",
        choices=PanelMember.Affiliation.choices,
        empty_label="All affiliations",
    )
    stage = ChoiceFilter(
        label="Show",
        choices=[("late", "Late"), ("undeclared", "Not declared"), ("open", "With reviews to submit")],
        method="by_stage",
        empty_label="Everyone",
    )

    def by_stage(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(**{f"n_{value}__gt": 0})


def to_remind(cycle: Cycle, user: User) -> Any:
    """Returns the reviewers with reviews to submit, for one reminder each."""
    return progress(cycle, user).filter(n_open__gt=0, is_active=True)
