"""What the overview of utilities says of their gap analyses: the coverage of the last one, the progress of the next."""

from collections.abc import Iterator, Mapping

from django.urls import reverse
from django.utils.formats import date_format

from accounts.models import CAN_EDIT, Membership, User
from assessments.latest import last
from assessments.models import GapAnalysis
from workflow.overview import Cell, Line, column


@column("Gap analysis", order=30)
def analyses(user: User) -> Mapping[int, Cell]:
    found: dict[int, list[GapAnalysis]] = {}
    for analysis in last(user):
        found.setdefault(analysis.utility_id, []).append(analysis)
    return {each.utility_id: Cell(list(_lines(each, found.get(each.utility_id)))) for each in user.memberships.all()}


def _lines(membership: Membership, found: list[GapAnalysis] | None) -> Iterator[Line]:
    for each in found or ():
        if each.status == GapAnalysis.Status.COMPLETE:
            words, url = f"{each.covered} of {each.cells} cells", reverse("assessments:results", args=[each.pk])
            yield Line(words, url, note=f"covered, {date_format(each.as_of, 'F Y')}", done=each.covered, of=each.cells)
        else:
            words, url = f"{each.n_answered} of {each.n_findings} answered", each.get_absolute_url()
            yield Line(words, url, note="in progress", done=each.n_answered, of=each.n_findings)
    if not found and membership.role in CAN_EDIT:
        yield Line("Start one", reverse("assessments:start", args=[membership.utility_id]))
