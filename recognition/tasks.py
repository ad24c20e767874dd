"""What happens in the recognition program outside a request: dates that are over, questions to ECHO."""

from celery import shared_task

from recognition import reminders
from recognition.models import Application, Screening
from recognition.screening import asking, running

SCREEN_LIMIT = 6 * 60 * 60  # seconds; ECHO's three files are some gigabytes


@shared_task
def close_late() -> None:
    reminders.close_late()


@shared_task(soft_time_limit=asking.ASK_LIMIT, time_limit=asking.ASK_LIMIT + 30)
def ask_echo(application_id: int) -> None:
    """Ask ECHO about each number of an application that it was not asked about today. Safe to run twice."""
    if application := Application.objects.filter(pk=application_id).first():
        asking.ask(application)


@shared_task(soft_time_limit=SCREEN_LIMIT, time_limit=SCREEN_LIMIT + 60)
def screen(screening_id: int) -> None:
    """Hold a cycle's applications against ECHO's files, unless another worker is at it. Safe to run twice."""
    if found := Screening.objects.select_related("cycle").filter(pk=screening_id).first():
        running.run(found)


@shared_task
def sweep_screenings() -> None:
    """Give up what silent workers left, and send what the broker does not have."""
    Screening.objects.silent().give_up()
    Screening.objects.unsent().publish()
