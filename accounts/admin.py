"""The admin of people and utilities."""

from typing import Any

import allauth.mfa.admin  # noqa: F401  registers what is registered anew below
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import (
    ApiToken,
    Claim,
    Identifier,
    Invitation,
    Membership,
    RepresentativeChange,
    Role,
    User,
    Utility,
    UtilityGroup,
)
from workflow.admin import CountedOnce, ReadOnly


class LowerCaseEmail:
    """Mixin: stores addresses in lower case, so that a person can't have two accounts that differ only in case."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class NewPersonForm(LowerCaseEmail, AdminUserCreationForm):
    class Meta:
        model = User
        fields = ["email", "name"]


class PersonForm(LowerCaseEmail, UserChangeForm):
    class Meta:
        model = User
        fields = "__all__"


class NewPasswordForm(AdminPasswordChangeForm):
    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        """Also revokes the person's API tokens, as a change on the account page does."""
        self.user.api_tokens.revoke()
        return super().save(commit)


@admin.register(User)
class PersonAdmin(UserAdmin):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = NewPasswordForm
    ordering = ["email"]
    list_display = ["email", "name", "is_staff", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_active", "groups"]
    search_fields = ["email__matches", "name__matches"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "name", "password"]}),
        ("Permissions", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "usable_password", "password1", "password2"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People are deactivated instead: their name stays on what they did, and no utility loses its last manager."""
        return False


class MembershipFormSet(BaseInlineFormSet):
    def clean(self) -> None:
        """Checks a rule that the database enforces too, to show a message instead of an error."""
        super().clean()
        kept = [form.cleaned_data for form in self.forms if form.cleaned_data and not form.cleaned_data.get("DELETE")]
        if kept and not any(member.get("role") == Role.MANAGER for member in kept):
            raise ValidationError("A utility with members needs at least one manager.")


class MembershipInline(admin.TabularInline):
    model = Membership
    formset = MembershipFormSet
    autocomplete_fields = ["user"]
    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Also returns advisors who have ended."""
        return Membership.with_ended.order_by("user__name", "user__email")


class IdentifierInline(admin.TabularInline):
    model = Identifier
    extra = 0


@admin.register(Utility)
class UtilityAdmin(CountedOnce, admin.ModelAdmin):
    inlines = [IdentifierInline, MembershipInline]
    list_display = ["name", "city", "state", "shown_systems"]
    list_filter = ["state"]
    ordering = [Lower("name")]  # as the lists of the site
    search_fields = ["plain_name__matches", "plain_city__matches", "identifiers__value__matches"]
    autocomplete_fields = ["management_representative"]

    @admin.display(description="Systems")
    def shown_systems(self, utility: Utility) -> str:
        return utility.get_systems_display()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "management_representative" in form.changed_data:
            RepresentativeChange.sign(obj.pk, request.user)  # type: ignore[arg-type]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "systems":
            return forms.MultipleChoiceField(
                choices=db_field.base_field.choices, widget=forms.CheckboxSelectMultiple, label="Systems it operates"
            )
        return super().formfield_for_dbfield(db_field, request, **kwargs)


@admin.register(Claim)
class ClaimAdmin(admin.ModelAdmin):
    """Read-only: claims are decided on the site, which emails the answer."""

    list_display = ["user", "utility", "asked_at", "decided_at", "granted_role"]
    list_filter = ["decided_at", "granted_role"]
    list_select_related = ["user", "utility"]
    search_fields = ["user__email__matches", "user__name__matches", "utility__plain_name__matches"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Read-only, without the token of the link."""

    list_display = ["email", "utility", "role", "until", "invited_by", "invited_at", "accepted_at", "ended"]
    list_select_related = ["utility", "invited_by"]
    search_fields = ["email__matches", "utility__plain_name__matches"]
    fields = ["email", "utility", "role", "until", "invited_by", "invited_at", "accepted_at", "ended"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):
    """Read-only, without the hash of the secret. A token that leaked can be revoked."""

    list_display = ["name", "user", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at"]
    list_filter = ["scope", "revoked_at"]
    list_select_related = ["user"]
    search_fields = ["user__email__matches", "user__name__matches", "name__matches", "prefix__matches"]
    fields = ["name", "user", "prefix", "scope", "created_at", "expires_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_apitoken"))

    @admin.action(description="Revoke selected API tokens", permissions=["revoke"])
    def revoke(self, request: HttpRequest, tokens: QuerySet[ApiToken]) -> None:
        n = ApiToken.objects.filter(pk__in=tokens).revoke()
        messages.success(request, f"{n} API token{'' if n == 1 else 's'} revoked.")


admin.site.unregister(Authenticator)


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnly, admin.ModelAdmin):
    """Read-only, without the secret. It can be deleted, for a person who lost the device."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email__matches", "user__name__matches"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("mfa.delete_authenticator"))


@admin.register(UtilityGroup)
class UtilityGroupAdmin(ReadOnly, admin.ModelAdmin):
    """Read-only: people make groups on the site, and utilities decide there. One that abuses it can be ended."""

    list_display = ["name", "kind", "created_by", "created_at", "ended_at"]
    list_filter = ["kind", "ended_at"]
    list_select_related = ["created_by"]
    search_fields = ["name__matches", "created_by__email__matches"]
    fields = ["name", "kind", "created_by", "created_at", "ended_at"]
    actions = ["end"]

    def has_end_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("accounts.change_utilitygroup"))

    @admin.action(description="End selected groups", permissions=["end"])
    def end(self, request: HttpRequest, groups: QuerySet[UtilityGroup]) -> None:
        n = groups.filter(ended_at=None).update(ended_at=timezone.now())
        messages.success(request, f"{n} group{'' if n == 1 else 's'} ended.")
