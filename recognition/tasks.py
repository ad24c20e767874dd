"""What happens in the recognition program without anyone asking: reminders, and dates that are over."""

from celery import shared_task

from recognition import reminders


@shared_task
def remind() -> None:
    reminders.remind()


@shared_task
def close_late() -> None:
    reminders.close_late()
