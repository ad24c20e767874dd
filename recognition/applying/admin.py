"""Read-only admin pages for applications and submitted reviews.

They never show a review before it is submitted, nor an application that the user has a part in.
"""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.requests import person
from letters.models import show_messages_about
from recognition.models import Application, ApplicationEvent, Rating, Seat, Submission
from workflow.admin import CountedOnce, ReadOnly


class SubmissionInline(ReadOnly, admin.TabularInline):
    model = Submission
    verbose_name_plural = "versions"
    # Not the content, which is only for its reviewers.
    readonly_fields = [
        "number", "submitted_at", "submitted_by", "size", "words", "counted_attributes", "counted_boxes",
    ]  # fmt: skip
    fields = tuple(readonly_fields)


class ApplicationEventInline(ReadOnly, admin.TabularInline):
    model = ApplicationEvent
    readonly_fields = ["at", "by", "from_status", "to_status", "why"]
    fields = tuple(readonly_fields)
    verbose_name_plural = "timeline"


class SeatInline(ReadOnly, admin.TabularInline):
    """The members of the panel and their progress. Findings appear only in ReviewAdmin, once submitted."""

    model = Seat
    fk_name = "application"
    readonly_fields = [
        "member", "lead", "due", "declared_at", "recused_at", "conflict", "conflict_reason", "submitted_at",
    ]  # fmt: skip
    fields = tuple(readonly_fields)
    verbose_name_plural = "panel"
    view_on_site = False


@admin.register(Application)
class ApplicationAdmin(ReadOnly, CountedOnce, admin.ModelAdmin):
    list_display = ["utility", "cycle", "status", "status_since", "on_paper"]
    list_filter = ["cycle", "status", "on_paper"]
    list_select_related = ["utility", "cycle"]
    search_fields = ["utility__plain_name__matches", "utility__identifiers__value__matches"]
    readonly_fields = [
        "utility", "cycle", "status", "status_since", "created_at", "created_by", "extended_until", "resubmit_by",
        "on_paper",
    ]  # fmt: skip
    fields = tuple(readonly_fields)
    inlines = [SubmissionInline, SeatInline, ApplicationEventInline]
    view_on_site = False  # not every administrator may open the application's page

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """Finds those with a part of the user first: few, if any, so that all the others are quickly counted."""
        left_out = Application.objects.with_part_of(person(request)).order_by().values_list("pk", flat=True)
        return Application.objects.exclude(pk__in=[*left_out])


class RatingInline(ReadOnly, admin.TabularInline):
    model = Rating
    readonly_fields = ["criterion", "value", "first_value", "comment"]
    fields = tuple(readonly_fields)


@admin.register(Seat)
class ReviewAdmin(ReadOnly, admin.ModelAdmin):
    """Submitted reviews. Before it is submitted, only its author sees a review."""

    list_display = ["application", "member", "lead", "submitted_at"]
    list_filter = ["application__cycle"]
    search_fields = ["application__utility__plain_name__matches", "member__name__matches", "member__email__matches"]
    readonly_fields = ["application", "member", "lead", "assigned_at", "declared_at", "submitted_at", "summary"]
    fields = tuple(readonly_fields)
    inlines = [RatingInline]
    view_on_site = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seat]:
        theirs = Application.objects.without_part_of(person(request))
        reviews = Seat.objects.reviews().filter(application__in=theirs)
        return reviews.select_related("member", "application__utility", "application__cycle")


show_messages_about(Application, lambda user: Application.objects.without_part_of(user))
