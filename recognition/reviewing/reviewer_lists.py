"""How far the reviewers of a cycle are, and how strict they are: the rows and the list."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_tables2 as tables
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, F, FloatField, Max, Min, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast, Concat, Greatest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django_filters import ChoiceFilter

from accounts.models import User
from letters.models import Message
from recognition.models import Application, Cycle, PanelMember, Rating, Seat
from recognition.reviewing import agreement
from workflow.lists import DateColumn, Filters, Table

# Which of the rows of ``progress`` have reviews to submit, for one reminder each.
TO_REMIND = Q(n_open__gt=0, is_active=True)


def progress(cycle: Cycle, user: User) -> Any:
    """Returns everyone who has or had a seat in the cycle, with counts of their seats. ``user`` is program staff.

    Without panels that ``user`` may not know of: of their utility, or with a review of their own that is due.
    """
    parts = Application.objects.filter(cycle=cycle).with_part_of(user)  # few, if any
    hidden = list(parts.order_by().values_list("pk", flat=True))
    active = Q(seats__recused_at=None)
    due = active & Q(seats__application__status=Application.Status.PANEL, seats__submitted_at=None)
    known = Q(seats__application__cycle=cycle) & ~Q(seats__application__in=hidden)
    rows = User.objects.filter(known).annotate(
        n_seats=Count("seats", filter=active),
        n_undeclared=Count("seats", filter=due & Q(seats__declared_at=None)),
        n_open=Count("seats", filter=due),
        n_submitted=Count("seats", filter=active & Q(seats__submitted_at__isnull=False)),
        n_late=Count("seats", filter=due & Q(seats__due__lt=timezone.localdate())),
        n_left=Count("seats", filter=Q(seats__recused_at__isnull=False)),
        next_due=Min("seats__due", filter=due),
        active_at=_last_activity(cycle, hidden),
        reminded_at=_last_reminder(cycle),
    )
    return rows.order_by("name", "email")


def _known(cycle: Cycle, user: User) -> list[int]:
    """Returns the keys of the cycle's applications that ``user`` may know of.

    They are read, for what each reviewer did with them is asked several times: as a part of that query, the database
    could find them anew for each reviewer.
    """
    known = Application.objects.visible_to(user).of_others(user).without_part_of(user).filter(cycle=cycle)
    return list(known.order_by().values_list("pk", flat=True))


def _last_activity(cycle: Cycle, hidden: list[int]) -> Greatest:
    """Returns when a member last declared, rated, wrote or submitted something.

    A rating counts until its review is submitted, so that the database need not read those of a whole cycle.
    """
    rated = Rating.objects.filter(seat__member=OuterRef("pk"), seat__application__cycle=cycle)
    begun = rated.exclude(seat__application__in=hidden).filter(seat__submitted_at=None, changed_at__isnull=False)
    return Greatest(
        *(Max(f"seats__{name}") for name in ("declared_at", "submitted_at", "changed_at")),
        Subquery(begun.order_by().values("seat__member").annotate(last=Max("changed_at")).values("last")),
    )


def _last_reminder(cycle: Cycle) -> Subquery:
    """Returns when a reviewer was last reminded of all their reviews in the cycle, by staff or by the date."""
    letters = Message.objects.filter(
        about_type=ContentType.objects.get_for_model(Cycle),
        about_id=cycle.pk,
        key__startswith=f"reviews-reminder:{cycle.pk}:",
        key__endswith=Concat(Value(":"), OuterRef("email")),
    )
    return Subquery(letters.order_by("-written_at").values("written_at")[:1])


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


def with_strictness(cycle: Cycle, user: User) -> Any:
    """Returns everyone who submitted a review in the cycle, as far as ``user`` may know, with their share of met."""
    keys = _known(cycle, user)
    submitted = Q(seats__application__in=keys, seats__recused_at=None, seats__submitted_at__isnull=False)
    rows = User.objects.filter(submitted).annotate(n_submitted=Count("seats"), met=strictness(keys, OuterRef("pk")))
    return rows.order_by("name", "email")


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


# A button of the form "remind", and what stands in its place.
REMIND = (
    '<button class="usa-button usa-button--unstyled" type="submit" form="remind" name="whom" value="{}">'
    'Remind<span class="usa-sr-only"> {}</span></button>'
)
NOTHING_DUE = mark_safe('<span class="quiet">Nothing due</span>')


class ReviewerTable(Table):
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
    active_at = DateColumn("Last activity", initial_sort_descending=True)
    reminded_at = DateColumn("Last reminder", initial_sort_descending=True)
    remind = tables.Column("Remind", accessor="pk", orderable=False, exclude_from_export=True)

    class Meta:
        order_by = "-n_late"
        sequence = ("name", "remind", "...")

    def render_name(self, record: Any) -> str:
        return str(record)

    def render_remind(self, record: Any) -> SafeString:
        return format_html(REMIND, record.pk, record) if record.n_open else NOTHING_DUE


class StrictnessTable(Table):
    leanings: ClassVar[Mapping[int, agreement.Leaning]] = {}
    page_name = "Strictness of reviewers"
    one, many = "reviewer", "reviewers"
    name = tables.Column("Reviewer", accessor="pk", order_by="name")
    n_submitted = tables.Column("Reviews", initial_sort_descending=True)
    met = tables.Column("Rated met")
    lean = tables.Column("Strictness", accessor="pk", orderable=False)

    class Meta:
        order_by = "met"

    @classmethod
    def with_leanings(cls, found: Mapping[int, agreement.Leaning]) -> "type[StrictnessTable]":
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
