"""The admin of public pages: administrators take one down, with a reason that its managers read, or allow it again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest

from accounts.requests import person
from ims.system.public import PublicPage
from workflow.models import WrongState

FACTS = ("utility", "slug", "status", "introduction", "contact")


class DecisionForm(forms.ModelForm):
    class Meta:
        model = PublicPage
        fields: tuple[str, ...] = ()

    why = forms.CharField(
        label="Reason",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="The utility’s members read it. Saving takes a page down that is published or withdrawn, and lets "
        "managers publish again one that was taken down.",
    )


@admin.register(PublicPage)
class PublicPageAdmin(admin.ModelAdmin):
    form = DecisionForm
    list_display = ("utility", "slug", "status")
    list_filter = ("status",)
    list_select_related = ("utility",)
    search_fields = ("utility__plain_name__matches", "slug__matches")
    fields = (*FACTS, "why")
    readonly_fields = FACTS

    @admin.display(description="Introduction as everyone sees it")
    def introduction(self, page: PublicPage) -> str:
        return page.published["intro"] if page.published else ""

    @admin.display(description="Contact as everyone sees it")
    def contact(self, page: PublicPage) -> str:
        return f"{page.published['email']} {page.published['phone']}".strip() if page.published else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A page that was never published has nothing to take down."""
        is_draft = obj is not None and obj.status == PublicPage.Status.DRAFT
        return not is_draft and super().has_change_permission(request, obj)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if self.has_change_permission(request, obj) else FACTS

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        is_down = obj.status == PublicPage.Status.TAKEN_DOWN
        act = obj.allow if is_down else obj.take_down
        try:
            act(by=person(request), why=form.cleaned_data["why"])
        except WrongState:
            messages.error(request, "Nothing was changed: somebody else has just changed the page.")
