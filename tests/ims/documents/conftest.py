"""A document of the utility in each of its states, and the people who approve and read it."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ims.models import Document, Person

TODAY = timezone.localdate()
TOMORROW, LAST_WEEK = TODAY + timedelta(days=1), TODAY - timedelta(days=7)
SIGNED = {"signed_on": TODAY, "entered_at": timezone.now()}


def seen(document, user) -> Document:
    return Document.objects.visible_to(user).get(pk=document.pk)


@contextmanager
def refused(name):
    """The database refuses what is tried, by the rule of this name."""
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        yield
    assert error.value.__cause__.diag.constraint_name == name


def at(document, name, *more) -> str:
    return reverse(f"ims:{name}", args=[document.utility_id, document.number, *more])


def move(browser, document, slug, **sent):
    address = reverse("ims:move", args=[document.utility_id, "documents", document.number, slug])
    return browser.post(address, sent, follow=True)


@pytest.fixture
def person(utility):
    """``person(user)``: as whom the utility knows a member."""
    return lambda user: Person.objects.of(utility).get(user=user)


@pytest.fixture
def hank(utility, manager) -> Person:
    """Has no account."""
    return Person.add(utility, by=manager, name="Hank Osei", job="Superintendent")


@pytest.fixture
def draft(catalog, utility, manager) -> Document:
    values = {"text": "Isolate the pump.", "areas": ["S"], "every": 12, "code": "SOP-12"}
    return seen(Document.open_in(utility, by=manager, title="Pump changes", **values), manager)


@pytest.fixture
def in_review(draft, manager, contributor, person) -> Document:
    """Two approvers: the manager and the contributor."""
    draft.ask_approvers([person(manager), person(contributor)], by=manager)
    draft.move("in-review", by=manager)
    return seen(draft, manager)


@pytest.fixture
def approved(in_review, manager, contributor, person) -> Document:
    in_review.approve(person(manager), by=manager)
    seen(in_review, contributor).approve(person(contributor), by=contributor)
    return seen(in_review, manager)


def approve(browser, document, person, **sent):
    sent = {"version": Document.objects.get(pk=document.pk).version} | sent
    return browser.post(at(document, "approve_document", person.pk), sent, follow=True)
