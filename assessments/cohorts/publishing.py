"""Publishes the spreads of coverage on a schedule, within the rules of ``assessments.cohorts.spread``."""

from collections.abc import Iterator

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Utility
from assessments.cohorts.spread import MIN_UTILITIES, Member, basis_of, cohort_of, may_be_published, quartiles
from assessments.models import GapAnalysis, Publication, Sharing


@transaction.atomic
def publish() -> None:
    """Publishes the cohorts for which the rules allow it, and withdraws those that have become too small."""
    with connection.cursor() as cursor:  # one at a time, so that the rules see every earlier publication
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('assessments.cohorts'))")
    members: dict[str, list[Member]] = {}
    for cohort, member in _members():
        members.setdefault(cohort, []).append(member)
    known = Publication.objects.order_by().values_list("cohort", flat=True).distinct()
    for cohort in sorted({*members, *known}):
        _renew(cohort, members.get(cohort, []))


def _members() -> Iterator[tuple[str, Member]]:
    """Yields (cohort, member) for each utility that shares, has a number of EPA's and has completed an analysis."""
    rows = Sharing.objects.filter(utility__identifiers__isnull=False).distinct().select_related("utility")
    for sharing in rows.prefetch_related("utility__memberships"):
        utility = sharing.utility
        if latest := latest_complete(utility):
            people = frozenset(membership.user_id for membership in utility.memberships.all())
            yield cohort_of(utility.systems, sharing.size), Member(utility.pk, people, figures_of(latest))


def latest_complete(utility: Utility) -> GapAnalysis | None:
    complete = utility.gap_analyses.filter(status=GapAnalysis.Status.COMPLETE)
    return complete.order_by("-as_of", "-pk").first()


def figures_of(analysis: GapAnalysis) -> dict[str, float]:
    """Returns the share of cells covered, overall and of each component."""
    results = analysis.results
    return {each.slug: round(each.covered / each.cells, 4) for each in (results.overall, *results.coverage)}


def _renew(cohort: str, members: list[Member]) -> None:
    basis = basis_of(members)
    earlier = list(Publication.objects.filter(cohort=cohort))
    if may_be_published(basis, [publication.basis for publication in earlier]):
        Publication.objects.create(cohort=cohort, n=len(basis), quartiles=quartiles(basis), basis=basis)
    elif earlier and earlier[0].withdrawn_at is None and len(basis) < MIN_UTILITIES:
        Publication.objects.filter(pk=earlier[0].pk).update(withdrawn_at=timezone.now())
