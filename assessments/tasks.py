"""The Celery task that publishes how the coverage of similar utilities spreads."""

from celery import shared_task

from assessments.cohorts import publishing


@shared_task
def publish_spreads() -> None:
    publishing.publish()
