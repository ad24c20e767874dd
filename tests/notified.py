"""Decided applications for the tests of notices: quicker than the whole way through the reviews."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from recognition.models import Application, Cycle, Decision, Recognition
from tests.factories import UtilityFactory

Status = Application.Status


def today() -> date:
    """Where the cycle is."""
    return timezone.localdate(timezone=ZoneInfo("America/New_York"))


def signed(cycle: Cycle) -> Cycle:
    """The cycle with all that its letters need."""
    cycle.signatory_name, cycle.signatory_title = "Ann Minister", "Assistant Administrator for Water"
    cycle.letterhead = "Environmental Protection Agency\nOffice of Water\nWashington, DC 20460"
    cycle.save()
    return cycle


def decided(
    cycle: Cycle, name: str = "", state: str = "OR", *, recognized: bool = True, number: str = "", days_ago: int = 0
) -> Application:
    """Of a utility of its own, with its decision released so many days ago."""
    utility = UtilityFactory(state=state, **({"name": name} if name else {}))
    if number:
        utility.set_identifiers([("PWSID", number)])
    status = Status.RECOGNIZED if recognized else Status.NOT_RECOGNIZED
    application = Application.objects.create(utility=utility, cycle=cycle, status=status)
    released = timezone.now() - timedelta(days=days_ago)
    outcome = {"recognize": recognized, "recommended": recognized}
    Decision.objects.create(application=application, subject="s", body="b", released_at=released, **outcome)
    if recognized:
        Recognition.issue(application)
    return application


def revoke(application: Application) -> None:
    Recognition.objects.filter(application=application).update(revoked_at=timezone.now(), revoked_why="A crime.")


def name_all(cycle: Cycle) -> None:
    """Somebody holds every office on the list."""
    cycle.addressees.update(name="The Honorable A. B.", address="1 Main Street")
