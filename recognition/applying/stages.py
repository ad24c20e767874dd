"""An application's status, in words for its applicant."""

from recognition.models import Application

Status = Application.Status

WORDS = {
    Status.DRAFT: "Not submitted yet. Fill it in and submit it by {deadline}.",
    Status.SUBMITTED: "It is submitted. Program staff will check that it is complete. You need do nothing now.",
    Status.COMPLETENESS: "Program staff are checking that it is complete. You need do nothing now.",
    Status.RETURNED: "It came back to you because something is missing. Complete it and submit it again by {deadline}.",
    Status.RESUBMITTED: "It is submitted again. Program staff will look at it once more. You need do nothing now.",
    Status.COMPLIANCE: "It is complete. The compliance record is being checked. You need do nothing now.",
    Status.REGION: "The compliance check is passed. The EPA Region gives its opinion. You need do nothing now.",
    Status.PANEL: "A panel is reading it. You need do nothing now.",
    Status.RECOMMENDED: "The panel has read it. The decision is yet to come.",
    Status.NOT_RECOMMENDED: "The panel has read it. The decision is yet to come.",
    Status.RECOGNIZED: "Your organization is recognized. Congratulations.",
    Status.NOT_RECOGNIZED: "Your organization was not recognized in this cycle. You may apply again in the next one.",
    Status.INCOMPLETE: "It was closed as incomplete. You may apply again in the next cycle, starting from this text.",
    Status.NOT_ELIGIBLE: "It was found not eligible in this cycle. You may apply again in the next one.",
    Status.WITHDRAWN: "It was withdrawn. You may apply again in the next cycle, starting from this text.",
}
# For a recognition that is no longer valid.
OVER = {
    "expired": "Your organization was recognized for three years, which are over. You may apply again.",
    "revoked": "The recognition of your organization was revoked. The reason is told below.",
}
# The stages that the applicant sees: title, and the statuses that belong to it.
TRACK = [
    ("Draft", {Status.DRAFT}),
    ("Submitted", {Status.SUBMITTED}),
    ("Complete", {Status.COMPLETENESS, Status.RETURNED, Status.RESUBMITTED, Status.INCOMPLETE}),
    ("In compliance", {Status.COMPLIANCE, Status.REGION, Status.NOT_ELIGIBLE}),
    ("Read by the panel", {Status.PANEL}),
    ("Decided", set(Application.PENDING)),
]


def words(application: Application) -> str:
    late = application.status in Application.EDITABLE and not application.is_editable
    deadline = application.in_its_zone(application.deadline)
    if late:
        return f"It was not submitted in time: the deadline was {deadline}. Its text is kept for the next cycle."
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
