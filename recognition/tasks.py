"""Celery tasks: closing late applications, compliance data from ECHO, panels, releases of decisions, many letters."""

from contextlib import suppress

from celery import shared_task

from recognition import reminders
from recognition.models import Announcement, Application, Deciding, PanelProposal, Release, Screening
from recognition.reviewing import panel_proposing
from recognition.screening import asking, running
from workflow.models import WrongState

SCREEN_LIMIT = 6 * 60 * 60  # seconds; ECHO's three archives have several gigabytes
PROPOSE_LIMIT = 180  # seconds; 1,085 panels take three


@shared_task
def close_late() -> None:
    reminders.close_late()


@shared_task
def return_to_queue() -> None:
    """Leaves to nobody what people have who are no longer of the staff."""
    Application.objects.give_back_of_absent()


@shared_task(soft_time_limit=asking.ASK_LIMIT, time_limit=asking.ASK_LIMIT + 30)
def ask_echo(application_id: int) -> None:
    """Asks ECHO about each number of an application that it has not answered about today. Safe to run twice."""
    if application := Application.objects.filter(pk=application_id).first():
        asking.ask(application)


@shared_task(soft_time_limit=SCREEN_LIMIT, time_limit=SCREEN_LIMIT + 60)
def screen(screening_id: int) -> None:
    """Checks a cycle's applications against ECHO's files, unless another worker does. Safe to run twice."""
    if found := Screening.objects.select_related("cycle").filter(pk=screening_id).first():
        running.run(found)


@shared_task
def decide(deciding_id: int) -> None:
    """Decides many applications of a cycle, unless another worker does. Safe to run twice."""
    if found := Deciding.objects.select_related("cycle", "by").filter(pk=deciding_id).first():
        with suppress(WrongState):
            found.run()


@shared_task
def release(release_id: int) -> None:
    """Releases a cycle's decisions, unless another worker does. Safe to run twice."""
    if found := Release.objects.select_related("cycle", "by").filter(pk=release_id).first():
        with suppress(WrongState):
            found.run()


@shared_task
def announce(announcement_id: int) -> None:
    """Writes a message to its applicants, unless another worker does. Safe to run twice."""
    if found := Announcement.objects.select_related("by").filter(pk=announcement_id).first():
        with suppress(WrongState):
            found.run()


@shared_task
def resume_announcements() -> None:
    """Takes up again what a killed worker left."""
    Announcement.objects.resume()


@shared_task
def resume_releases() -> None:
    """Takes up again what a killed worker left of releases and of deciding many."""
    Deciding.objects.resume()
    Release.objects.resume()


@shared_task
def sweep_screenings() -> None:
    """Fails screenings whose worker stopped reporting, and queues again those that no worker took up."""
    Screening.objects.silent().give_up()
    Screening.objects.unsent().publish()


@shared_task(soft_time_limit=PROPOSE_LIMIT, time_limit=PROPOSE_LIMIT + 30)
def propose_panels(proposal_id: int) -> None:
    """Plans the panels of a cycle, unless another worker does. Safe to run twice."""
    if found := PanelProposal.objects.select_related("cycle", "by").filter(pk=proposal_id).first():
        panel_proposing.propose(found)


@shared_task
def sweep_proposals() -> None:
    """Fails proposals whose worker stopped reporting, and queues again those that no worker took up."""
    PanelProposal.objects.silent().give_up()
    PanelProposal.objects.unsent().publish()
