"""Whether a certificate is genuine: what anyone learns from its number, and that nobody learns one by trying."""

from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from recognition.models import Application, Recognition
from recognition.models.recognition import new_number
from tests.conftest import main_of

pytestmark = pytest.mark.django_db
Status = Application.Status
FORM = reverse("recognition:verify_form")


@pytest.fixture(autouse=True)
def uncounted():
    """Each test begins with an address that has asked nothing yet."""
    cache.clear()


@pytest.fixture
def recognition(at) -> Recognition:
    at(Status.RECOGNIZED)
    return Recognition.objects.with_utility().get()


def verify(number: str, client: Client | None = None):
    return (client or Client()).get(f"{FORM}{number}/")


def test_a_valid_one(recognition):
    answer = verify(recognition.number)
    words = ["is valid", "Riverbend Water and Sewer", "Riverbend, Oregon", "Recognition 2027"]
    for text in [*words, f"{recognition.until:%B %-d, %Y}", recognition.get_absolute_url()]:
        assert text in main_of(answer)
    for private in ("OR4100001", "mara@example.org", "product-quality", "manager@example.org"):
        assert private not in answer.text


def test_an_expired_one(recognition):
    with time_machine.travel(timezone.now() + timedelta(days=1200), tick=False):
        said = main_of(verify(recognition.number))
    assert "has expired" in said
    assert f"{recognition.until:%B %-d, %Y}" in said
    for hidden in ("Oregon", "Recognition 2027", recognition.get_absolute_url()):
        assert hidden not in said


def test_a_revoked_one_without_its_reason(recognition, staff):
    recognition.revoke(by=staff, why="A secret reason.")
    said = main_of(verify(recognition.number))
    assert "was revoked" in said
    for hidden in ("secret", "Sam Prather", "Oregon", "Recognition 2027", recognition.get_absolute_url()):
        assert hidden not in said
    with time_machine.travel(timezone.now() + timedelta(days=1200), tick=False):
        assert "was revoked" in main_of(verify(recognition.number)), "and stays so"


def test_an_unknown_one_and_no_number_at_all_look_alike(recognition):
    unknown = verify(new_number())
    assert unknown.status_code == 200
    assert "No certificate has this number" in unknown.text
    for wrong in ("x", "7K3M-9QXP", "-", "%F0%9F%92%A7", "'; DROP TABLE--", "9" * 2000, recognition.number[:-1]):
        with CaptureQueriesContext(connection) as asked:
            answer = verify(wrong)
        looked = [each for each in asked if "recognition_recognition" in each["sql"]]
        assert (answer.status_code, len(looked)) == (200, 1), wrong
        assert main_of(answer) == main_of(unknown), wrong


def test_it_is_kept_by_no_cache_and_found_by_no_search_engine(recognition):
    for number in (recognition.number, new_number()):
        answer = verify(number)
        assert answer["X-Robots-Tag"] == "noindex"
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("change", [str.lower, lambda number: number.replace("-", " ")])
def test_a_number_is_typed_into_a_form(recognition, client, change):
    answer = client.get(FORM, {"number": change(recognition.number)})
    assert answer["Location"] == reverse("recognition:verify", args=[recognition.number])
    assert "is valid" in client.get(answer["Location"]).text
    assert "is valid" in verify(change(recognition.number)).text


def test_the_form_asks_again_where_nothing_was_typed(client, catalog):
    assert "Error" not in client.get(FORM).text
    for nothing in ("", " ", "-", "x" * 61):
        answer = client.get(FORM, {"number": nothing})
        assert answer.status_code == 200
        assert "<title>Error: Check a certificate" in answer.text


def test_reading_only(recognition, client):
    assert client.post(FORM).status_code == 405
    assert client.post(FORM + recognition.number + "/").status_code == 405


def test_nobody_tries_numbers_by_the_hundred(recognition):
    here, elsewhere = Client(), Client(REMOTE_ADDR="203.0.113.7")
    statuses = [verify(new_number(), here).status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    refused = verify(recognition.number, here)
    assert refused.status_code == 429, "a right number is answered no more than a wrong one"
    assert "Riverbend" not in refused.text
    assert (refused["Retry-After"], refused["X-Robots-Tag"]) == ("300", "noindex")
    assert "Please wait" in refused.text
    assert here.head(FORM + recognition.number + "/").status_code == 429
    assert verify(recognition.number, elsewhere).status_code == 200
    assert here.get(FORM).status_code == 200, "the form itself gives nothing away"
    with time_machine.travel(timezone.now() + timedelta(seconds=301)):
        assert verify(recognition.number, here).status_code == 200


def test_one_network_of_the_newer_addresses_counts_as_one(recognition):
    for n in range(30):
        verify(new_number(), Client(REMOTE_ADDR=f"2001:db8:0:1::{n + 1:x}"))
    assert verify(new_number(), Client(REMOTE_ADDR="2001:db8:0:1:ffff::1")).status_code == 429


def test_a_forwarded_address_is_believed_from_a_trusted_proxy_only(recognition, settings):
    def ask(*addresses: str) -> int:
        return verify(new_number(), Client(headers={"X-Forwarded-For": ", ".join(addresses)})).status_code

    assert [ask(f"198.51.100.{n}") for n in range(31)] == [200] * 30 + [429]
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert [ask(f"198.51.100.{n}", "203.0.113.9") for n in range(31)] == [200] * 30 + [429]
    assert ask("203.0.113.9", "203.0.113.10") == 200
