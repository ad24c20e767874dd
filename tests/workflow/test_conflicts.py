"""What two people wrote, side by side."""

from decimal import Decimal
from types import SimpleNamespace

import pytest
from django import forms
from django.template.loader import render_to_string
from django.utils import timezone

from workflow.conflicts import Difference, differences


class RowForm(forms.Form):
    version = forms.IntegerField(widget=forms.HiddenInput)
    rating = forms.TypedChoiceField(
        choices=[(0, "Not at all"), (1, "A little")], coerce=int, empty_value=None, required=False
    )
    areas = forms.MultipleChoiceField(choices=[("E", "Environment"), ("Q", "Quality")], required=False)
    notes = forms.CharField(required=False)
    due_on = forms.DateField(required=False)
    cost = forms.DecimalField(required=False)


def compare(sent: dict, **stored) -> list[Difference]:
    form = RowForm({"version": 1} | sent)
    assert form.is_valid()
    empty = {"version": 2, "rating": None, "areas": [], "notes": "", "due_on": None, "cost": None}
    return differences(form, SimpleNamespace(**empty | stored))


def test_only_what_differs_is_shown_in_words():
    assert compare({"rating": "0", "areas": ["E"], "notes": "same"}, rating=1, areas=["E", "Q"], notes="same") == [
        Difference("Rating", "Not at all", "A little"),
        Difference("Areas", "Environment", "Environment, Quality"),
    ]


def test_dates_and_amounts_are_written_as_pages_write_them():
    assert compare({"due_on": "2026-09-04", "cost": "1234.50"}, due_on=None, cost=Decimal(2000)) == [
        Difference("Due on", "September 4, 2026", "nothing"),
        Difference("Cost", "1,234.5", "2,000"),
    ]


def test_a_text_that_was_never_stored_is_like_an_empty_one():
    assert compare({}, notes=None) == []


def test_the_version_is_no_difference_that_a_person_should_read():
    assert compare({"notes": "same"}, notes="same") == []


def test_spaces_at_the_ends_are_no_difference():
    assert compare({"notes": "same  "}, notes="\n same") == []


def test_an_emptied_field_reads_as_nothing():
    assert compare({"rating": "", "notes": ""}, rating=0, notes="theirs") == [
        Difference("Rating", "nothing", "Not at all"),
        Difference("Notes", "nothing", "theirs"),
    ]


def test_a_field_that_the_row_does_not_have_is_left_out():
    form = RowForm({"version": 1, "notes": "mine"})
    assert form.is_valid()
    assert differences(form, SimpleNamespace(areas=[])) == []


@pytest.mark.django_db
def test_the_partial_says_who_and_shows_markup_as_text():
    current = SimpleNamespace(changed_by=None, changed_at=timezone.now(), version=2)
    page = render_to_string(
        "workflow/conflict.html",
        {"current": current, "differences": [Difference("Notes", "<b>mine</b>", "<script>theirs")], "row": "vision"},
    )
    assert "Someone changed this" in page
    assert "&lt;b&gt;mine&lt;/b&gt;" in page
    assert "&lt;script&gt;theirs" in page
    assert "<script" not in page


def test_the_partial_says_when_both_wrote_the_same():
    current = SimpleNamespace(changed_by="Connie Boyd", changed_at=timezone.now(), version=2)
    page = render_to_string("workflow/conflict.html", {"current": current, "differences": [], "row": "vision"})
    assert "Both versions are the same" in page
    assert "Connie Boyd changed this" in page
