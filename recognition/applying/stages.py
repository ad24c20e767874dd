"""An application's status, in words for its applicant."""

from recognition.models import Application

Status = Application.Status

WORDS = {
    Status.DRAFT: "Not submitted yet. Fill it in and submit it by {deadline}.",
    Status.SUBMITTED: "Submitted. Program staff will check that it is complete. No action is needed now.",
    Status.COMPLETENESS: "Program staff are checking that it is complete. No action is needed now.",
    Status.RETURNED: "Returned because something is missing. Complete it and resubmit it by {deadline}.",
    Status.RESUBMITTED: "Resubmitted. Program staff will check it again. No action is needed now.",
    Status.COMPLIANCE: "Complete. Your compliance record is being checked. No action is needed now.",
    Status.REGION: "Compliance check passed. The EPA Region is making its recommendation. No action is needed now.",
    Status.PANEL: "A panel is reviewing your application. No action is needed now.",
    Status.RECOMMENDED: "The panel has finished its review. The decision is pending.",
    Status.NOT_RECOMMENDED: "The panel has finished its review. The decision is pending.",
    Status.RECOGNIZED: "Your organization is recognized. Congratulations.",
    Status.NOT_RECOGNIZED: "Your organization was not recognized in this cycle. You can apply again in the next one.",
    Status.INCOMPLETE: "Closed as incomplete. You can apply again in the next cycle and start from this text.",
    Status.NOT_ELIGIBLE: "Your organization was found not eligible in this cycle. You can apply again in the next one.",
    Status.WITHDRAWN: "Withdrawn. You can apply again in the next cycle and start from this text.",
}
# For a recognition that is no longer valid.
OVER = {
    "expired": "Your organization’s three-year recognition has expired. You can apply again.",
    "revoked": "Your organization’s recognition was revoked. The reason is given below.",
}
# The stages that the applicant sees: title, and the statuses that belong to it.
TRACK = [
    ("Draft", {Status.DRAFT}),
    ("Submitted", {Status.SUBMITTED}),
    ("Completeness", {Status.COMPLETENESS, Status.RETURNED, Status.RESUBMITTED, Status.INCOMPLETE}),
    ("Compliance", {Status.COMPLIANCE, Status.REGION, Status.NOT_ELIGIBLE}),
    ("Panel review", {Status.PANEL}),
    ("Decision", set(Application.PENDING)),
]


def words(application: Application) -> str:
    late = application.status in Application.EDITABLE and not application.is_editable
    deadline = application.deadline_shown
    if late:
        return f"Not submitted by the deadline, {deadline}. The text is kept for the next cycle."
    if application.status == Status.RECOGNIZED and application.recognition.state != "valid":
        return OVER[application.recognition.state]
    return WORDS[Status(application.status)].format(deadline=deadline)


def track(application: Application) -> list[tuple[str, str]]:
    """Returns each stage with "done", "here", "ended" (closed there) or "ahead"."""
    if application.status in Application.OUTCOME:
        return [(title, "done") for title, _ in TRACK]
    if application.status == Status.WITHDRAWN:
        return []
    here = next(place for place, (_, statuses) in enumerate(TRACK) if application.status in statuses)
    ended = application.status in (Status.INCOMPLETE, Status.NOT_ELIGIBLE)
    marks = ["done"] * here + ["ended" if ended else "here"] + ["ahead"] * (len(TRACK) - here - 1)
    return [(title, mark) for (title, _), mark in zip(TRACK, marks, strict=True)]
