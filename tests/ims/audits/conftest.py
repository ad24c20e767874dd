"""An audit that is planned, one that is under way, and what the tests do with them."""

import pytest
from django.urls import reverse
from django.utils import timezone

from ims.models import Audit, AuditLine, Auditor, Person

TODAY = timezone.localdate()


def seen(record, user):
    return type(record).objects.visible_to(user).get(pk=record.pk)


@pytest.fixture
def person(utility, manager) -> Person:
    return Person.objects.of(utility).get(user=manager)


@pytest.fixture
def other(utility, manager) -> Person:
    return Person.add(utility, by=manager, name="Luis Ortega")


@pytest.fixture
def audit(catalog, utility, manager) -> Audit:
    """Planned: two initiatives at one element."""
    made = Audit.open_in(
        utility,
        by=manager,
        title="Spring audit",
        areas=["E", "S"],
        initiatives=["iso-14001", "cmom"],
        elements=["document-control", "operational-control"],
        due=TODAY,
    )
    return seen(made, manager)


@pytest.fixture
def under_way(audit, person, manager) -> Audit:
    """With a lead and two questions of its own; nothing is answered."""
    Auditor.choose(audit, by=manager, person=person, role="lead", training="ISO 19011, 3 days", trained_on=TODAY)
    for question in ("Are the binders in the trucks current?", "Who may change a setting?"):
        audit.ask(by=manager, question=question, element="document-control")
    audit.move("under-way", by=manager)
    return seen(audit, manager)


def lines_of(audit, user) -> list[AuditLine]:
    found = list(AuditLine.objects.visible_to(user).filter(audit=audit))
    for line in found:
        line.audit = seen(audit, user)
    return found


def answer_all(audit, user, finding="conforms", text="The binders are current.") -> list[AuditLine]:
    for line in lines_of(audit, user):
        line.answer(line.version, by=user, finding=finding, seen=text)
    return lines_of(audit, user)


def finish(audit, user, on=TODAY) -> Audit:
    seen(audit, user).move("done", by=user, done_on=on, conclusion="It works, with one exception.")
    return seen(audit, user)


def at(audit, name, *more) -> str:
    return reverse(f"ims:{name}", args=[audit.utility_id, audit.number, *more])


def move(browser, audit, slug, **sent):
    address = reverse("ims:move", args=[audit.utility_id, "audits", audit.number, slug])
    return browser.post(address, sent, follow=True)
