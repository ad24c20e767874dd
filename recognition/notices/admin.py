"""Admin of addressees and notices: to look up what was sent, and to correct an address."""

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.requests import person
from recognition.models import Addressee, Application, Notice
from workflow.admin import ReadOnly


@admin.register(Addressee)
class AddresseeAdmin(admin.ModelAdmin):
    list_display = ["office_title", "name", "cycle", "has_address"]
    list_filter = ["cycle", "office"]
    list_select_related = ["cycle", "utility"]
    search_fields = ["name__matches", "title__matches", "utility__plain_name__matches"]
    fields = ["cycle", "office", "state", "utility", "name", "title", "salutation", "address"]
    autocomplete_fields = ["utility"]

    def get_readonly_fields(self, request: HttpRequest, obj: Addressee | None = None) -> list[str]:
        """Locks the office once the row exists, because its letter was written for that office."""
        return ["cycle", "office", "state", "utility"] if obj else []

    @admin.display(boolean=True, description="address")
    def has_address(self, addressee: Addressee) -> bool:
        return bool(addressee.name and addressee.address)


@admin.register(Notice)
class NoticeAdmin(ReadOnly, admin.ModelAdmin):
    """What was sent. Read-only: the cycle's own page records and undoes it."""

    list_display = ["sent_on", "kind", "whom", "how", "by", "cycle"]
    list_filter = ["cycle", "kind"]
    list_select_related = ["cycle", "addressee", "application__utility", "application__cycle", "by"]
    search_fields = ["addressee__name__matches", "application__utility__plain_name__matches", "how__matches"]
    readonly_fields = ["cycle", "kind", "whom", "sent_on", "how", "by", "recorded_at"]
    fields = tuple(readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        """Leaves out notices about applications that the user has a part in."""
        theirs = Application.objects.without_part_of(person(request)).values("pk")
        return super().get_queryset(request).filter(Q(application=None) | Q(application__in=theirs))

    @admin.display(description="to")
    def whom(self, notice: Notice) -> str:
        if notice.addressee:
            return notice.addressee.office_title
        return str(notice.application.utility) if notice.application else "Office of the Federal Register"
