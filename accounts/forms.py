"""Forms for people and utilities."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.api_tokens import MAX_TOKENS, NameInUse, TooManyTokens
from accounts.models import ApiToken, Claim, Identifier, Number, Role, System, User, Utility
from accounts.names import check_name
from accounts.numbers import doubt, numbers_in
from accounts.zones import ZONES, site_today

NUMBER = {
    Identifier.Kind.NPDES: (
        re.compile(r"[A-Z0-9]{9}"),
        "An NPDES permit number has nine letters or digits, such as OR0020427.",
    ),
    Identifier.Kind.PWSID: (
        re.compile(r"([A-Z]{2}|0[1-9]|10)[0-9]{7}"),
        "A public water system ID (PWSID) is a state code, or 01 to 10 for a tribal system, then seven digits.",
    ),
}


class OneLineField(forms.CharField):
    """Text on one line: line breaks and repeated spaces, as in a pasted name, become single spaces."""

    def to_python(self, value: Any) -> str:
        return " ".join((super().to_python(value) or "").split())


class NameForm(forms.Form):
    """The sign-up field besides email and password."""

    name = OneLineField(
        label="Full name",
        max_length=150,
        validators=[check_name],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request, user) -> None:  # type: ignore[no-untyped-def]
        user.name = self.cleaned_data["name"]
        user.save(update_fields=["name"])


class PersonForm(forms.ModelForm):
    """The form of a person's account page."""

    name = OneLineField(label="Full name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))

    class Meta:
        model = User
        fields = ["name"]


class ApiTokenForm(forms.Form):
    """A new API token."""

    DAYS = [(30, "30 days"), (90, "90 days"), (180, "180 days"), (365, "1 year")]

    name = OneLineField(
        label="Name",
        max_length=80,
        help_text="What the token is for, such as “Monthly Excel import”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label="What programs can do with it",
        choices=ApiToken.Scope.choices,
        initial=ApiToken.Scope.READ,
        widget=forms.RadioSelect,
    )
    days = forms.TypedChoiceField(label="It expires after", choices=DAYS, coerce=int, initial=90)

    def make_for(self, user: User) -> tuple[ApiToken, str] | None:
        """Returns the new token with its secret; None, and an error in the form, if it can't be made."""
        try:
            return ApiToken.objects.make(user, **self.cleaned_data)
        except NameInUse:
            self.add_error("name", "You have another token with this name. Choose another name or revoke that token.")
        except TooManyTokens:
            self.add_error(None, f"You have {MAX_TOKENS} tokens, which is the limit. Revoke one that you don’t need.")
        return None


class NumbersField(forms.CharField):
    """Permit or system numbers, separated by spaces, line breaks, commas or semicolons, in any case."""

    def __init__(self, kind: Identifier.Kind, **options: Any) -> None:
        self.kind = kind
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), **options)

    def clean(self, value: Any) -> list[str]:
        pattern, expected = NUMBER[self.kind]
        numbers = numbers_in(super().clean(value))
        for number in numbers:
            if not pattern.fullmatch(number):
                zeros = number[:2] + number[2:].replace("O", "0")
                look = " Is the letter O meant to be a zero?" if pattern.fullmatch(zeros) else ""
                raise ValidationError(f"“{number[:30]}” isn't valid. {expected}{look}")
        return numbers


class UtilityForm(forms.ModelForm):
    """The facts of a utility. ``known`` are registered utilities that may be the same one."""

    name = OneLineField(label="Utility name", max_length=200)
    city = OneLineField(label="City", max_length=100)
    systems = forms.MultipleChoiceField(
        label="Systems it operates", choices=System.choices, widget=forms.CheckboxSelectMultiple
    )
    time_zone = forms.ChoiceField(label="Time zone", choices=[("", "Based on the state"), *ZONES], required=False)
    npdes = NumbersField(
        Identifier.Kind.NPDES,
        label="NPDES permit numbers",
        help_text="For example, OR0020427. Enter one per line, or separate them with commas.",
    )
    pwsid = NumbersField(
        Identifier.Kind.PWSID,
        label="Public water system IDs (PWSIDs)",
        help_text="For example, OR4100287. Enter one per line, or separate them with commas.",
    )
    different = forms.BooleanField(
        label="This is a different utility. Register it anyway.", required=False, widget=forms.HiddenInput
    )

    class Meta:
        model = Utility
        fields = ["name", "city", "state", "time_zone", "systems"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = Utility.objects.none()
        if self.instance.pk:
            del self.fields["different"]
            for identifier in self.instance.identifiers.all():
                key = identifier.kind.lower()
                self.initial[key] = f"{self.initial.get(key, '')}\n{identifier.value}".strip()

    @property
    def numbers(self) -> list[Number]:
        return [
            (kind.value, number) for kind in Identifier.Kind for number in self.cleaned_data.get(kind.value.lower(), [])
        ]

    @property
    def facts(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}

    @transaction.atomic
    def save_with_numbers(self) -> Utility:
        """Saves the utility and its numbers. Raises IdentifierTaken; then nothing is saved."""
        utility = self.save()
        utility.set_identifiers(self.numbers)
        return utility

    @property
    def unusual(self) -> list[tuple[str, str]]:
        """The permit numbers that may be right but deserve a second look, with the reason."""
        return [(number, why) for number in self.cleaned_data["npdes"] if (why := doubt(number))]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        values = [value for _, value in self.numbers]
        if len(values) != len(set(values)):
            self.add_error("pwsid", "The same number is in both lists. Enter each number once.")
        owners = self.note_taken()
        alike = Utility.objects.none() if self.instance.pk else self.note_alike()
        self.known = Utility.objects.filter(Q(pk__in=owners) | Q(pk__in=alike))
        return cleaned

    def note_taken(self) -> set[int]:
        """Adds an error for each number of another utility. Returns the keys of those utilities."""
        taken = Identifier.objects.filter(value__in=[value for _, value in self.numbers])
        others = taken.exclude(utility=self.instance.pk or 0).select_related("utility")
        for identifier in others:
            field = "npdes" if identifier.value in self.cleaned_data.get("npdes", []) else "pwsid"
            self.add_error(field, f"{identifier.value} belongs to {identifier.utility}, which is already registered.")
        return {identifier.utility_id for identifier in others}

    def note_alike(self) -> QuerySet[Utility]:
        """Returns utilities with the same name and state. If any, adds an error unless ``different`` is checked."""
        data = self.cleaned_data
        alike = Utility.objects.alike(data.get("name", ""), data.get("state", ""))
        if alike:
            self.fields["different"].widget = forms.CheckboxInput()
            if not data.get("different"):
                self.add_error(
                    None, "A utility with this name is already registered in this state. Check whether it is yours."
                )
        return alike


class RoleForm(forms.Form):
    """A role; an advisor's with the last day. ``why_not`` says in one line what is wrong."""

    role = forms.ChoiceField(
        label="Role",
        choices=Role.choices,
        initial=Role.CONTRIBUTOR,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(
            ["required", "invalid_choice"], "Choose manager, contributor, advisor or viewer as the role."
        ),
    )
    until = forms.DateField(
        label="Last day of an advisor",
        required=False,
        help_text="After this day, an advisor no longer sees the utility. You can change it at any time.",
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "off"}, format="%Y-%m-%d"),
    )

    def clean(self) -> dict[str, Any]:
        """Drops the day of who is no advisor: the field stays on the page when another role is chosen."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") != Role.ADVISOR:
            self.errors.pop("until", None)
            cleaned["until"] = None
        elif "until" in cleaned and cleaned["until"] is None:
            self.add_error("until", "Enter the last day of the advisor.")
        elif "until" in cleaned and cleaned["until"] < site_today():
            self.add_error("until", "Enter a last day of the advisor that is not in the past.")
        return cleaned

    @property
    def why_not(self) -> str:
        return "Nothing was changed. " + " ".join(str(error) for errors in self.errors.values() for error in errors)


class InvitationForm(RoleForm):
    field_order = ("email",)
    email = forms.EmailField(label="Email address", widget=forms.EmailInput(attrs={"autocomplete": "off"}))


class RepresentativeForm(forms.Form):
    """A choice of one of the members who are no advisors, or nobody."""

    person = forms.ModelChoiceField(
        User.objects.none(), label="Management representative", required=False, empty_label="Not named yet"
    )

    def __init__(self, *args: Any, utility: Utility, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["person"] = utility.management_representative_id
        people = self.fields["person"]
        assert isinstance(people, forms.ModelChoiceField)  # noqa: S101  (for the type checker)
        people.queryset = User.objects.filter(memberships__in=utility.memberships.of_its_own()).order_by(
            "name", "email"
        )


class ChoiceForm(forms.Form):
    """Which utility to work for now; at which path the reader chose it, and whether that is a page of a utility."""

    utility = forms.IntegerField()
    at = forms.CharField(required=False, max_length=2000)
    of_utility = forms.BooleanField(required=False)


class ClaimForm(forms.ModelForm):
    class Meta:
        model = Claim
        fields = ["message"]
        labels = {"message": "Message to the utility's managers"}
        help_texts = {"message": "For example, your job title. At most 1,000 characters."}


class SearchForm(forms.Form):
    q = forms.CharField(
        label="Name, city or number",
        max_length=200,
        help_text="You can also enter a permit number or a public water system ID (PWSID).",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
