"""The forms of a group: its name and kind, and whom to invite."""

from django import forms

from accounts.groups import UtilityGroup


class GroupForm(forms.ModelForm):
    class Meta:
        model = UtilityGroup
        fields = ("name", "kind")
        help_texts = {"name": "The utilities that you ask to join read it, such as “Linn County utilities”."}


class PersonForm(forms.Form):
    email = forms.EmailField(
        label="Email of the person’s account",
        help_text="They see the invitation on their home page. Nobody is emailed.",
    )
    is_lead = forms.BooleanField(label="Leads the group too", required=False)
