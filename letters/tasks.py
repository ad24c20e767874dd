"""The Celery task of the daily reminders."""

from celery import shared_task

from letters import reminders


@shared_task
def remind() -> None:
    reminders.remind()
