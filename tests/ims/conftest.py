"""Records in the registers of one utility."""

from datetime import date

import pytest
from django.db import connection
from django.urls import reverse

from ims.models import Action, Objective, Unit


def at_the_end(change) -> None:
    """Makes a change, and what the database checks at the end of a transaction."""
    change()
    connection.check_constraints()


@pytest.fixture
def unit(catalog, utility, manager) -> Unit:
    return Unit.open_in(utility, by=manager, title="Lift stations", kind="equipment")


@pytest.fixture
def objective(catalog, utility, manager) -> Objective:
    return Objective.open_in(utility, by=manager, title="Cut overflows to 2 per 100 miles", areas=["E"], target=2)


@pytest.fixture
def action(objective, unit, utility, manager) -> Action:
    """Planned, without an owner; as the manager fetches it."""
    made = Action.open_in(
        utility,
        by=manager,
        title="Clean the sewers of Mill Street",
        areas=["E", "S"],
        initiatives=["cmom"],
        units=[unit.pk],
        objective=objective,
        due=date(2030, 6, 30),
    )
    return Action.objects.visible_to(manager).get(pk=made.pk)


@pytest.fixture
def address():
    """``address(name, record, *more)``: an address of a record."""

    def of(name: str, record, *more) -> str:
        return reverse(f"ims:{name}", args=[record.utility_id, record.register, record.number, *more])

    return of


@pytest.fixture
def sends(as_):
    """``sends(user, address, data)``: what sends it from a new browser, when it is called."""

    def of(user, address: str, data: dict, **options):
        browser = as_(user)
        return lambda: browser.post(address, data, **options)

    return of
