"""Names of utilities and people carry no addresses and sums into emails from our sender."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts import emails
from accounts.models import Invitation, User, Utility
from accounts.names import check_name, harmless
from letters.models import Message

PAY = "Pay $250 at https://pay.example.com/now"


@pytest.mark.parametrize(
    "name",
    [
        "Riverbend Water and Sewer",
        "St. Mary's Water, Inc.",
        "U.S. Steel Tribal Utility No. 4",
        "Water District 12.5",
        "Mara Gerr-Núñez, P.E.",
        "City of Dollar Bay",
        "Twenty-Nine Palms Water District",
        "J.R. Smith",
    ],
)
def test_ordinary_names_pass_and_stay(name):
    check_name(name)
    assert harmless(name) == name


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("https://pay.example.com", "…"),
        ("Riverbend www.riverbend", "Riverbend …"),
        ("Riverbend pay.example.com/now", "Riverbend …"),
        ("Riverbend bit.ly/x1", "Riverbend …"),
        ("Riverbend pay．example．com", "Riverbend …"),
        ("Riverbend pay。example", "Riverbend …"),
        ("Write to me@example.org", "Write to …"),
        ("Refund of $250", "Refund of …250"),
        ("Refund of 250 €", "Refund of 250 …"),
        ("Refund of 1,250.00 USD", "Refund of …"),
        ("Refund of USD 250", "Refund of …"),
        ("Refund of 250 dollars", "Refund of …"),
        ("Two\nlines pay.example.com", "Two lines …"),
    ],
)
def test_addresses_and_sums_are_refused_and_taken_out_of_earlier_names(name, left):
    with pytest.raises(ValidationError):
        check_name(name)
    assert harmless(name) == left


@pytest.mark.django_db
def test_every_form_of_a_name_says_so(as_, manager, utility, client):
    facts = {"city": "Riverbend", "state": "OR", "systems": ["wastewater"]}
    browser = as_(manager)
    for address, sent in [
        (reverse("accounts:create"), facts | {"name": PAY}),
        (reverse("accounts:edit", args=[utility.pk]), facts | {"name": PAY}),
        (reverse("me"), {"name": PAY}),
    ]:
        page = browser.post(address, sent)
        assert "Enter the name without a web or email address: “https://pay.example.com/now”" in page.text, address
    password = "sixteen-rivers-run"
    sent = {"email": "new@example.org", "name": PAY, "password1": password, "password2": password}
    assert "Enter the name without a web" in client.post(reverse("account_signup"), sent).text
    assert list(Utility.objects.values_list("name", flat=True)) == [utility.name]
    assert list(User.objects.values_list("name", flat=True)) == [manager.name]


@pytest.mark.django_db
def test_an_invitation_carries_none_of_an_earlier_name(manager, utility):
    Utility.objects.update(name=PAY)
    User.objects.update(name="Mara Gerr\n\nWire 900 USD to me@example.org")
    utility.refresh_from_db()
    manager.refresh_from_db()
    emails.invite(Invitation.objects.invite(utility, "joe@example.org", "viewer", manager))
    email = Message.objects.get().email
    assert email.subject == "You are invited to Headworks"
    assert "Mara Gerr Wire … to … invited you to join Pay …250 at … on Headworks." in email.message
    assert "example.com" not in email.message
    assert "me@example.org" not in email.message
