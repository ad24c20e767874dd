"""What beat sends to the workers, and when."""

from typing import Any

from celery.schedules import crontab

ScheduleEntry = dict[str, Any]


def beat(reports: float) -> dict[str, ScheduleEntry]:
    """Returns the schedule. ``reports``: seconds between two sweeps of reports. Hours are in UTC."""
    return {
        "sweep reports": _every(reports, "reports.tasks.sweep"),
        "delete old reports": _at("reports.tasks.delete_expired", hour="3", minute="20"),
        "delete unused files": _at("files.tasks.delete_unused", hour="3", minute="40"),
        "delete brought archives": _at("ims.tasks.forget_archives", hour="3", minute="50"),
        "publish the spread of coverage": _at(
            "assessments.tasks.publish_spreads", hour="9", minute="30", day_of_month="1", month_of_year="1,4,7,10"
        ),
        "send reminders": _at("letters.tasks.remind", hour="13", minute="10"),  # morning in the United States
        "close what came back late": _at("recognition.tasks.close_late", minute="25"),
        "return to the queues what absent staff had": _at("recognition.tasks.return_to_queue", minute="35"),
        "sweep screenings": _every(60.0, "recognition.tasks.sweep_screenings"),
        "sweep proposals": _every(60.0, "recognition.tasks.sweep_proposals"),
        "resume releases": _every(60.0, "recognition.tasks.resume_releases"),
        "resume messages to applicants": _every(60.0, "recognition.tasks.resume_announcements"),
        "tell new owners": _every(60.0, "ims.tasks.tell_owners"),
        "send email": _every(60.0, "letters.tasks.sweep"),
    }


def _every(seconds: float, task: str) -> ScheduleEntry:
    """Sweeps expire, so that a day without a worker does not leave thousands of them in the queue."""
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _at(task: str, **when: str) -> ScheduleEntry:
    return {"task": task, "schedule": crontab(**when)}
