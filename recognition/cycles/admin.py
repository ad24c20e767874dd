"""Admin pages for cycles, with dates in the cycle's time zone, and for panel members."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.timezone import make_naive

from accounts.models import StaffGroup, User
from accounts.zones import ZONES
from recognition.models import Cycle, CycleEvent, PanelMember, Seat
from recognition.models.cycle import LettersWait, StillWaiting
from workflow.admin import ReadOnly
from workflow.models import WrongState


class MomentField(forms.SplitDateTimeField):
    """A date and time without a time zone, which the form adds."""

    def __init__(self, label: str, help_text: str) -> None:
        day = {"type": "date", "aria-label": f"{label}: date"}
        hour = {"type": "time", "step": "1", "aria-label": f"{label}: time"}
        shown = forms.SplitDateTimeWidget(
            date_attrs=day, time_attrs=hour, date_format="%Y-%m-%d", time_format="%H:%M:%S"
        )
        super().__init__(label=label, help_text=help_text, widget=shown)

    def compress(self, data_list: Any) -> Any:
        return datetime.combine(*data_list) if data_list else None


# The dates that follow one another once applications close, and what happens on each.
DATES = {
    "panel_from": "the panel begins",
    "panel_until": "the panel ends",
    "letters_from": "letters begin",
    "letters_until": "letters end",
}


class CycleForm(forms.ModelForm):
    time_zone = forms.ChoiceField(
        choices=ZONES,
        initial="America/New_York",
        help_text="All dates and times of the cycle are in this time zone.",
    )
    opens = MomentField("Opens", "Applications can be started from this time on. Can't be changed after this time.")
    closes = MomentField(
        "Closes",
        "Applications must be submitted before this time. For example, 5:00:00 PM means that 4:59:59 PM is on time.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cycle = self.instance
        for name in ("opens", "closes"):
            if cycle.pk:
                self.initial[name] = make_naive(getattr(cycle, name), ZoneInfo(cycle.time_zone))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        zone = ZoneInfo(cleaned.get("time_zone") or self.instance.time_zone)
        for name in ("opens", "closes"):
            if cleaned.get(name):
                cleaned[name] = self._in(zone, name, cleaned[name])
        opens, closes = (cleaned.get(name, getattr(self.instance, name)) for name in ("opens", "closes"))
        if opens and closes and closes <= opens:
            self.add_error(
                "closes" if "closes" in self.fields else None, "The closing time must be after the opening time."
            )
        self._check_order(zone, cleaned)
        return cleaned

    def _check_order(self, zone: ZoneInfo, cleaned: dict[str, Any]) -> None:
        """Applications, panel and letters follow one another. Dates that are not set are passed over."""
        closes = cleaned.get("closes") or getattr(self.instance, "closes", None)
        last, what = (closes.astimezone(zone).date(), "applications close") if closes else (date.min, "")
        for name, then in DATES.items():
            day = cleaned.get(name)
            if day and day < last:
                self.add_error(name, f"This is before {what}, {last:%B %-d, %Y}.")
            if day:
                last, what = day, then

    def _in(self, zone: ZoneInfo, name: str, moment: datetime) -> datetime:
        there = moment.replace(tzinfo=zone)
        if there.utcoffset() != there.replace(fold=1).utcoffset():
            self.add_error(name, "This time is skipped or repeated by daylight saving. Choose another time.")
        return there


class CycleEventInline(ReadOnly, admin.TabularInline):
    model = CycleEvent
    readonly_fields = ["at", "by", "from_status", "to_status"]
    fields = tuple(readonly_fields)
    verbose_name_plural = "timeline"


@admin.register(Cycle)
class CycleAdmin(admin.ModelAdmin):
    form = CycleForm
    list_display = ["title", "stage", "opens_there", "closes_there", "edition"]
    list_select_related = ["edition"]
    inlines = [CycleEventInline]
    actions = ["begin_review", "mark_decided", "archive"]

    def get_fieldsets(self, request: HttpRequest, obj: Cycle | None = None) -> Any:
        dates = [_shown(name, obj) for name in ("time_zone", "opens", "closes")]
        return [
            (None, {"fields": ["title", "edition", *(["stage"] if obj else []), *dates]}),
            (
                "Review",
                {
                    "fields": [
                        "panel_size",
                        "asks_region",
                        "blind",
                        "days_to_resubmit",
                        ("panel_from", "panel_until"),
                        ("letters_from", "letters_until"),
                    ],
                    "description": "Planned dates shown to users. Nothing starts or ends automatically on these dates.",
                },
            ),
            ("Certification statement", {"fields": ["certification"]}),
            (
                "Letters and certificates",
                {
                    "fields": ["signatory_name", "signatory_title", "letterhead"],
                    "description": "Who signs and sends them.",
                },
            ),
            (
                "Burden statement",
                {
                    "fields": ["omb_control_number", "omb_expires", "burden_hours", "comments_address"],
                    "description": "Shown at the start of the form if filled in. Where a control number is shown, the "
                    "form also says that nobody has to answer without a valid one.",
                },
            ),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: Cycle | None = None) -> list[str]:
        return ["stage", "time_zone_there", "opens_there", "closes_there", *_fixed(obj)]

    @admin.display(description="time zone")
    def time_zone_there(self, cycle: Cycle) -> str:
        return dict(ZONES).get(cycle.time_zone, cycle.time_zone)

    @admin.display(description="opens", ordering="opens")
    def opens_there(self, cycle: Cycle) -> str:
        return cycle.in_its_zone(cycle.opens)

    @admin.display(description="closes", ordering="closes")
    def closes_there(self, cycle: Cycle) -> str:
        return cycle.in_its_zone(cycle.closes)

    def has_delete_permission(self, request: HttpRequest, obj: Cycle | None = None) -> bool:
        return not (obj and obj.has_opened) and super().has_delete_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Cycle | None = None) -> bool:
        """An archived cycle is closed to change."""
        return not (obj and obj.is_archived) and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Cycle, form: Any, change: bool) -> None:
        """Saves only the changed fields, because the status may change meanwhile."""
        obj.save(update_fields=form.changed_data if change else None)

    @admin.action(description="Begin the review of selected cycles", permissions=["change"])
    def begin_review(self, request: HttpRequest, cycles: QuerySet[Cycle]) -> None:
        self._move(request, cycles, Cycle.begin_review, "The review can begin only once, after the cycle has closed.")

    @admin.action(description="Mark selected cycles as decided", permissions=["change"])
    def mark_decided(self, request: HttpRequest, cycles: QuerySet[Cycle]) -> None:
        why = "A cycle in review can be marked as decided once every application in it has an outcome."
        self._move(request, cycles, Cycle.mark_decided, why)

    @admin.action(description="Archive selected cycles", permissions=["change"])
    def archive(self, request: HttpRequest, cycles: QuerySet[Cycle]) -> None:
        self._move(request, cycles, Cycle.archive, "Only a decided cycle can be archived.")

    def _move(self, request: HttpRequest, cycles: QuerySet[Cycle], door: Callable[..., None], why_not: str) -> None:
        for cycle in cycles:
            try:
                door(cycle, by=request.user)
            except WrongState as error:
                waiting = f" {error}" if isinstance(error, StillWaiting | LettersWait) else ""
                said = f"“{cycle}” was not changed ({cycle.stage.lower()}). {why_not}{waiting}"
                self.message_user(request, said, messages.ERROR)
            else:
                self.message_user(request, f"“{cycle}” is now {cycle.stage.lower()}.", messages.SUCCESS)


def _fixed(cycle: Cycle | None) -> list[str]:
    """Returns the fields that are fixed because applicants rely on them."""
    if cycle is None or not cycle.has_opened:
        return []
    fixed = ["edition", "time_zone", "opens"]
    if Seat.objects.filter(application__cycle=cycle).exists():
        fixed.append("blind")
    return fixed if cycle.status == Cycle.Status.PLANNED else [*fixed, "closes"]


def _shown(name: str, cycle: Cycle | None) -> str:
    return f"{name}_there" if name in _fixed(cycle) else name


@admin.register(PanelMember)
class PanelMemberAdmin(admin.ModelAdmin):
    list_display = ["user", "affiliation", "organization", "state", "available"]
    list_filter = ["affiliation", "available"]
    list_select_related = ["user"]
    search_fields = ["user__name__matches", "user__email__matches", "organization__matches"]
    fields = [
        "user",
        "affiliation",
        "organization",
        "state",
        "systems",
        "topics",
        "most_panels",
        "available",
        "interests",
        "conflict_states",
    ]
    autocomplete_fields = ["interests"]

    def get_readonly_fields(self, request: HttpRequest, obj: PanelMember | None = None) -> list[str]:
        return ["user"] if obj else []

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user":
            kwargs["queryset"] = User.objects.filter(
                groups__name=StaffGroup.PANEL, is_active=True, panel_member=None
            ).order_by("name", "email")
            kwargs["help_text"] = f"People in the group “{StaffGroup.PANEL}” who are not panel members yet."
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
