"""Read-only admin of recognitions. Releasing a decision creates them; they are revoked on their own page."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.requests import person
from recognition.models import Application, Recognition
from workflow.admin import ReadOnly


@admin.register(Recognition)
class RecognitionAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["application", "state", "since", "until", "number"]
    list_filter = ["application__cycle", "until"]
    search_fields = ["application__utility__plain_name__matches", "number__matches"]
    readonly_fields = [
        "application", "number", "state", "since", "until", "published", "summary", "changed_at", "changed_by",
        "revoked_at", "revoked_by", "revoked_why",
    ]  # fmt: skip
    fields = tuple(readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recognition]:
        theirs = Application.objects.without_part_of(person(request))
        return Recognition.objects.filter(application__in=theirs).with_utility()
