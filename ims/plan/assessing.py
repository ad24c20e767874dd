"""What the assessments of all initiatives find, scored by one set of criteria (guide 2004, §4.1.4)."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from ims.plan.criteria import Criteria, scores_are_known, scores_of
from ims.plan.ranking import total, whole
from ims.records import Record, extends_record
from ims.registers import InManual, Move, Page, Register, add_page, register


class Assessment(Record):
    """One finding of an initiative's own assessment, on the units that all assessments share."""

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ADDRESSED = "addressed", "Addressed"
        ACCEPTED = "accepted", "Accepted"

    class Kind(models.TextChoices):
        """What each initiative's assessment calls a finding (guide 2004, §4.1.4; App. C for the last six)."""

        ASPECT = "aspect", "Environmental aspect and impact (EMS)"
        ASSET = "asset", "Asset condition and risk of failure (asset management)"
        OVERFLOW = "overflow", "Overflow or capacity shortfall (CMOM)"
        LIMITING = "limiting", "Factor limiting performance (Partnership for Safe Water)"
        CONTROL_POINT = "control-point", "Critical control point (biosolids EMS)"
        HAZARD = "hazard", "Workplace hazard (OSHA VPP)"
        QUALITY = "quality", "Quality requirement not met (ISO 9002)"
        PRACTICE = "practice", "Practice that falls short (APWA)"
        REVIEW = "review", "Finding of a self-assessment or peer review (QualServe)"
        EVALUATION = "evaluation", "Opportunity to improve (Baldrige)"
        OTHER = "other", "Something else"

    REGISTER, PREFIX = "assessments", "ASM"
    OPEN = frozenset({Status.OPEN})
    TRANSITIONS = {
        Status.OPEN: frozenset({Status.ADDRESSED, Status.ACCEPTED}),
        Status.ADDRESSED: frozenset({Status.OPEN}),
        Status.ACCEPTED: frozenset({Status.OPEN}),
    }
    HISTORY = (*Record.SHARED, "kind", "found", "scores")

    record = extends_record()
    kind = models.CharField("kind of finding", max_length=16, choices=Kind.choices, default=Kind.OTHER)
    found = models.TextField("what was found", blank=True, max_length=4000)
    scores = ArrayField(models.CharField(max_length=44), default=list, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=scores_are_known(), name="assessment_scores_known")]

    def get_scores_display(self) -> str:
        """Returns the scores in words, with the total by the criteria in use."""
        criteria, scores = Criteria.current(self.utility), scores_of(self.scores)
        if criteria is None or not scores:
            return "Not scored yet"
        by_criterion = ", ".join(f"{row.name} {scores[row.key]}" for row in criteria.rows.all() if row.key in scores)
        points = total(scores, criteria.weights_for(self.areas))
        return f"{by_criterion}. " + ("Not complete" if points is None else f"Total {whole(points)} of 100, {criteria}")


def living(record: Record) -> str:
    assessment: Any = record
    return "" if assessment.scores else "It has no scores yet."


OPEN = frozenset({Assessment.Status.OPEN})
register(
    Register(
        model=Assessment,
        name="Assessing areas",
        one="finding",
        about="What the assessments of your initiatives find, scored by one set of criteria.",
        element="assessing-areas",
        component="plan",
        fields=("kind", "found", "scores"),
        columns=("kind",),
        in_manual=InManual(("kind",)),
        moves=(
            Move("address", "Mark as addressed", OPEN, Assessment.Status.ADDRESSED),
            Move("accept", "Accept it as it is", OPEN, Assessment.Status.ACCEPTED, needs_why=True),
            Move(
                "reopen",
                "Reopen",
                frozenset({Assessment.Status.ADDRESSED, Assessment.Status.ACCEPTED}),
                Assessment.Status.OPEN,
                needs_why=True,
            ),
        ),
        aside=frozenset({Assessment.Status.ACCEPTED}),
        reads=("scores",),
        living=living,
    )
)
add_page(
    Page(
        slug="ranked",
        name="Ranked findings",
        about="The findings of all assessments in one order, with what each total consists of.",
        component="plan",
        element="assessing-areas",
        url_name="ims:ranked",
    )
)
add_page(
    Page(
        slug="criteria",
        name="Criteria and weights",
        about="One set for all initiatives. A different weight in one area needs a reason.",
        component="plan",
        element="assessing-areas",
        url_name="ims:criteria",
    )
)
