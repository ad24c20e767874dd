"""Admin pages to edit and preview the templates of letters, and to read the messages."""

from dataclasses import replace
from typing import Any, cast

import post_office.admin  # noqa: F401  # imported first, so that its registrations can be replaced here
from django import forms
from django.contrib import admin
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.formats import localize
from django.utils.html import format_html_join, linebreaks
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from post_office.models import Attachment, Email, EmailTemplate, Log

from letters import wordings
from letters.faults import faults
from letters.models import Message, shown_to
from workflow.admin import ReadOnly

# Hidden: the program writes the emails and sends them once, and some contain links that grant access.
admin.site.unregister([Email, Log, Attachment, EmailTemplate])


class LetterForm(forms.ModelForm):
    class Meta:
        model = EmailTemplate
        fields = ["subject", "content"]
        widgets = {
            "subject": forms.TextInput(attrs={"class": "vLargeTextField"}),
            "content": forms.Textarea(attrs={"class": "vLargeTextField", "rows": 24}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = True

    def clean_subject(self) -> str:
        wording = wordings.get(self.instance.name)
        return self._checked("subject", replace(wording, words=wording.subject_words))

    def clean_content(self) -> str:
        return self._checked("content", wordings.get(self.instance.name))

    def _checked(self, name: str, wording: wordings.Wording) -> str:
        text = self.cleaned_data[name]
        if found := faults(text, wording):
            raise forms.ValidationError(found)
        return text


@admin.register(EmailTemplate)
class LetterAdmin(admin.ModelAdmin):
    form = LetterForm
    list_display = ["name", "description", "subject", "last_updated"]
    fields = ["used", "subject", "content", "variables"]
    readonly_fields = ["used", "variables"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The program defines which letters there are."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="sent")
    def used(self, letter: EmailTemplate) -> str:
        return letter.description

    @admin.display(description="variables")
    def variables(self, letter: EmailTemplate) -> SafeString:
        rows = ((f"{{{{ {word.name} }}}}", word.meaning) for word in wordings.get(letter.name).words)
        return format_html_join("", "<div><code>{}</code> {}</div>", rows)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.preview)
        return [path("<int:pk>/preview/", view, name="letter_preview"), *super().get_urls()]

    def preview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Shows the letter with sample values, as stored or, if posted from its form, as typed. Saves nothing."""
        letter = self.get_object(request, str(pk))
        if letter is None:
            raise Http404
        if not self.has_view_permission(request, letter):
            raise PermissionDenied
        typed = request.POST if request.method == "POST" else {"subject": letter.subject, "content": letter.content}
        form = LetterForm(typed, instance=letter)
        context = self.admin_site.each_context(request) | {
            "title": f"Preview: {letter.name}",
            "opts": self.opts,
            "original": letter,
            "errors": [error for errors in form.errors.values() for error in errors],
        }
        if form.is_valid():
            words = form.cleaned_data
            shown = wordings.preview(wordings.get(letter.name), words["subject"], words["content"])
            context["subject"], context["content"] = shown
        return render(request, "letters/letter_preview.html", context)


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["written_at", "to", "subject", "state", "about"]
    list_filter = ["email__delivery__status"]
    search_fields = ["email__to__matches", "email__subject__matches"]
    readonly_fields = ["written_at", "to", "subject", "text", "state", "tried", "about"]
    fields = tuple(readonly_fields)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        messages = shown_to(cast(AbstractBaseUser, request.user))
        return messages.select_related("email__delivery").prefetch_related("about")

    @admin.display(ordering="email__to")
    def to(self, message: Message) -> str:
        return ", ".join(message.email.to) if message.email else ""

    @admin.display(ordering="email__subject")
    def subject(self, message: Message) -> str:
        return message.email.subject if message.email else ""

    @admin.display
    def text(self, message: Message) -> SafeString | str:
        return SafeString(linebreaks(message.email.message, autoescape=True)) if message.email else ""

    @admin.display(description="status", ordering="email__delivery__status")
    def state(self, message: Message) -> str:
        return message.email.delivery.get_status_display() if message.email else "deleted"

    @admin.display(description="last attempt")
    def tried(self, message: Message) -> str:
        last = message.email.delivery.events.last() if message.email else None
        return f"{localize(localtime(last.at))} {last.why}".strip() if last else ""
