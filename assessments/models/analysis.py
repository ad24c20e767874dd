"""The gap analysis: guide 2004, Table 2, filled in by one utility for one date."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import CAN_EDIT, Role, User, Utility
from accounts.rows import OfUtility, OfUtilityQuerySet
from assessments import triggers
from assessments.answers import answered, kept_areas, lack_of
from assessments.operations import OPERATIONS
from assessments.results import AREA_CODES, AreaInScope, Results, Row
from files.attachments import Attachment, link_or_file
from files.models import StoredFile, storing
from initiatives.models import Initiative
from pdca.models import Area, Element
from reports.models import Report
from workflow import composed
from workflow.addresses import address
from workflow.changes import Change, Labels, WithHistory
from workflow.models import Event, StateMachine, Versioned, WrongState

COMPLETED = "This gap analysis has just been marked complete and can no longer be changed."
CHANGED = "Someone else just changed this gap analysis. Reload the page. What you typed is kept."
NEEDS_REASON = "It has been marked complete. Enter a reason to delete it."
NOT_UNDONE = "The scope of this gap analysis changed since, so the change can’t be undone. Change the row instead."
REPORT = "gap-analysis"  # the kind of its report


class Incomplete(Exception):
    """Not every row is answered. ``missing`` is a list of (finding, what it lacks)."""

    def __init__(self, missing: list[tuple["Finding", str]]):
        super().__init__(f"{len(missing)} rows are not answered")
        self.missing = missing


class InUse(Exception):
    """Findings use what would leave the scope. ``uses`` is a list of (area code or initiative slug, finding)."""

    def __init__(self, uses: list[tuple[str, "Finding"]]):
        super().__init__(f"{len(uses)} findings use it")
        self.uses = uses


def others_of(names: Iterable[str]) -> dict[str, str]:
    """Returns slug → name for initiatives that are not in the catalog. Findings refer to them by these slugs."""
    return {slugify(name, allow_unicode=True)[:50]: name for name in names}


class GapAnalysisQuerySet(OfUtilityQuerySet["GapAnalysis"]):
    def visible_to(self, user: User) -> Self:
        return super().visible_to(user).select_related("utility")

    def to_fill_in(self) -> Self:
        """Returns the drafts that the person may edit. Call it after ``visible_to``."""
        return self.filter(status=GapAnalysis.Status.DRAFT, my_role__in=CAN_EDIT)

    def with_progress(self) -> Self:
        return self.annotate(
            n_answered=Count("findings", filter=answered("findings__")),
            n_findings=Count("findings"),
        )

    def with_coverage(self) -> Self:
        """Adds ``covered`` and ``cells``, as ``Results.overall`` counts them, without reading the findings."""
        return self.annotate(
            covered=Coalesce(Sum("findings__areas__len"), 0), cells=Count("findings") * F("areas__len")
        )


class GapAnalysis(OfUtility, StateMachine, Versioned):
    class Status(models.TextChoices):
        DRAFT = "draft", "In progress"
        COMPLETE = "complete", "Complete"

    TRANSITIONS = {
        Status.DRAFT: frozenset({Status.COMPLETE}),
        Status.COMPLETE: frozenset({Status.DRAFT}),
    }

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="gap_analyses")
    name = models.CharField(max_length=150)
    as_of = models.DateField("as of", help_text="The date its answers describe.")
    operations = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name="operations")
    fence_line = models.TextField("fence line, in your words", blank=True, max_length=5000)
    areas = ArrayField(models.CharField(max_length=1), verbose_name="management areas in scope")
    initiatives = models.ManyToManyField(
        Initiative, through="InitiativeInPlace", related_name="gap_analyses", blank=True
    )
    other_initiatives = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="names of initiatives outside the catalog"
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.DRAFT, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    copied_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, editable=False)
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    frozen = models.JSONField(null=True, blank=True, editable=False, help_text="the results as they were at completion")

    objects = GapAnalysisQuerySet.as_manager()
    n_findings: int  # added by with_progress
    n_answered: int
    covered: int  # added by with_coverage
    cells: int

    class Meta:
        verbose_name_plural = "gap analyses"
        ordering = ["-as_of", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(areas__contained_by=AREA_CODES) & ~Q(areas=[]), name="gap_analysis_areas_known"
            ),
            models.CheckConstraint(
                condition=Q(operations__contained_by=list(OPERATIONS)), name="gap_analysis_operations_known"
            ),
            models.CheckConstraint(
                condition=Q(status="complete", completed_at__isnull=False, frozen__isnull=False)
                | Q(status="draft", completed_at=None, frozen=None),
                name="gap_analysis_frozen_when_complete",
            ),
        ]
        triggers = [triggers.COMPLETE_NEEDS_EVERY_ROW, triggers.COMPLETE_IS_KEPT]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return address("assessments:analysis", self.pk)

    # Rights, for a row fetched through ``visible_to``.

    @property
    def can_edit(self) -> bool:
        return self.my_role in CAN_EDIT and self.status == self.Status.DRAFT

    @property
    def can_manage(self) -> bool:
        return self.my_role == Role.MANAGER

    # Actions.

    @classmethod
    @transaction.atomic
    def start(
        cls, *, by: User, initiatives: Any = (), previous: "GapAnalysis | None" = None, **fields: Any
    ) -> "GapAnalysis":
        """Creates an analysis with its 18 rows. The rows of ``previous`` are carried over, each to be confirmed."""
        analysis = GapAnalysis.objects.create(created_by=by, copied_from=previous, **fields)
        analysis.initiatives.set(initiatives)
        in_place = {initiative.slug for initiative in initiatives} | others_of(analysis.other_initiatives).keys()
        earlier = {finding.element_id: finding for finding in previous.findings.all()} if previous else {}
        rows = []
        for element in Element.objects.all():
            finding = Finding(analysis=analysis, element=element)
            if element.pk in earlier:
                finding.carry_over(earlier[element.pk], scope=analysis.areas, in_place=in_place)
            rows.append(finding)
        copies = Finding.objects.bulk_create(rows)
        if previous:
            Evidence.carry_over(previous, copies)
        return analysis

    @transaction.atomic
    def rescope(self, version: int, *, by: User, initiatives: Any, **fields: Any) -> None:
        """Changes name, date, operations, fence line, areas and initiatives in place.

        Raises InUse if a finding uses an area or initiative that would be removed, Stale, WrongState.
        """
        in_place = {initiative.slug for initiative in initiatives} | others_of(
            fields.get("other_initiatives", self.other_initiatives)
        ).keys()
        areas = fields["areas"]
        uses: list[tuple[str, Finding]] = []
        for finding in self.findings.select_for_update(of=("self",), no_key=True).select_related("element"):
            uses += [(area, finding) for area in finding.areas if area not in areas]
            uses += [(slug, finding) for slug in finding.initiatives if slug not in in_place]
        if uses:
            raise InUse(uses)
        self.save_over(version, by=by, only_if=Q(status=self.Status.DRAFT), **fields)
        self.initiatives.set(initiatives)
        self.__dict__.pop("catalog_in_place", None)

    def missing(self) -> list[tuple["Finding", str]]:
        """Returns the rows that prevent completion, each with what it lacks."""
        rows = self.findings.select_related("element")
        return [(finding, reason) for finding in rows if (reason := finding.missing_reason(self.areas))]

    @transaction.atomic
    def complete(self, *, by: User) -> None:
        """Completes it and stores its results. Raises NotAllowed, Incomplete, WrongState."""
        self.require_manager()
        # Blocks saves of rows until this transaction ends: the rows' trigger takes a share lock on the analysis.
        locked = GapAnalysis.objects.select_for_update().filter(pk=self.pk).values("areas").first()
        if not locked:
            raise WrongState("It was just deleted.")
        self.areas = locked["areas"]
        if self.status == self.Status.DRAFT and (missing := self.missing()):
            raise Incomplete(missing)
        self._move(
            self.Status.COMPLETE,
            by=by,
            frozen=self.measured().as_json(),
            completed_at=timezone.now(),
            completed_by=by,
        )

    def lock_draft(self) -> None:
        """Locks it until the end of the transaction. Raises WrongState if it is no longer a draft."""
        drafts = GapAnalysis.objects.select_for_update().filter(pk=self.pk, status=self.Status.DRAFT)
        if not drafts.values("pk").first():
            raise WrongState(COMPLETED)

    def reopen(self, *, by: User, why: str) -> None:
        """Makes it editable again and records the reason. Raises NotAllowed, WrongState."""
        self.require_manager()
        self._move(self.Status.DRAFT, by=by, why=why, frozen=None, completed_at=None, completed_by=None)

    @transaction.atomic
    def confirm(self, versions: Mapping[str, int], *, by: User) -> tuple[int, list["Finding"]]:
        """Confirms rows as they are. ``versions`` maps the slugs of their elements to the versions that were shown.

        Returns how many were confirmed, and the rows that were changed meanwhile. Raises NotAllowed, WrongState.
        """
        self.require_editor()
        if self.status != self.Status.DRAFT:
            raise WrongState(COMPLETED)
        # Rows before the analysis, as a save of a row locks them: the other order could deadlock.
        locked = self.findings.select_for_update(of=("self",), no_key=True).select_related("element")
        rows = list(locked.filter(element__slug__in=versions))
        unchanged = [row for row in rows if row.version == versions[row.element.slug] and row.can_be_confirmed]
        self.findings.filter(pk__in=[row.pk for row in unchanged]).update(
            to_confirm=False, version=F("version") + 1, changed_at=timezone.now(), changed_by=by
        )
        FindingChange.objects.bulk_create(
            FindingChange(row=row, by=by, before={"to_confirm": True}, after={"to_confirm": False}) for row in unchanged
        )
        # What the person confirmed a moment ago, with a double click, is no change by someone else.
        since = {row: row.version - versions[row.element.slug] for row in rows}
        mine = [row for row in rows if since[row] == 1 and row.changed_by_id == by.pk and not row.to_confirm]
        return len(unchanged) + len(mine), [row for row in rows if since[row] and row not in mine]

    def files(self) -> models.QuerySet[StoredFile]:
        """Returns the files that are its evidence, some of which other analyses may share."""
        return StoredFile.objects.filter(evidence__finding__analysis=self).distinct()

    @property
    def was_complete(self) -> bool:
        """Whether it is complete or was before it was reopened, so that deleting it needs a reason."""
        return self.status == self.Status.COMPLETE or self.events.exists()

    @transaction.atomic
    def discard(self, *, by: User, why: str = "") -> None:
        """Deletes it with its evidence and its reports. What was complete needs ``why`` and leaves a ``Deletion``.

        Raises NotAllowed, WrongState.
        """
        self.require_manager()
        stored_row = GapAnalysis.objects.select_for_update().filter(pk=self.pk).first()
        if stored_row is None:
            raise WrongState("It was already deleted.")
        if stored_row.was_complete:
            if not why.strip():
                raise WrongState(NEEDS_REASON)
            Deletion.objects.create(
                utility_id=stored_row.utility_id, name=stored_row.name, as_of=stored_row.as_of, by=by, why=why
            )
        if stored_row.status == self.Status.COMPLETE:
            # The database deletes no row of a complete analysis.
            stored_row._move(self.Status.DRAFT, by=by, why=why, frozen=None, completed_at=None, completed_by=None)
        files = list(self.files())
        Report.objects.filter(kind=REPORT, object_id=self.pk).discard()
        stored_row.delete()
        for file in files:
            if not file.evidence.exists():
                file.discard()

    # Results.

    def measured(self) -> Results:
        """Returns the results of the current rows."""
        return self._measured(self.findings.select_related("element__component"))

    def _measured(self, findings: Iterable["Finding"]) -> Results:
        """Takes findings with the component of their element. Queries the areas and, once, the initiatives in place."""
        areas = [
            AreaInScope(area.code, area.name, area.short_name) for area in Area.objects.all() if area.code in self.areas
        ]
        names = self.in_place()
        findings = list(findings)
        components = {finding.element.component for finding in findings}
        return Results(
            areas=areas,
            initiatives=[*(row.name for row in self.catalog_in_place), *self.other_initiatives],
            rows=[finding.row(names) for finding in findings],
            components=[(each.slug, each.name) for each in sorted(components, key=lambda each: each.order)],
        )

    def in_place(self) -> dict[str, str]:
        """Returns the initiatives in place, as slug → short name; those outside the catalog last."""
        return {row.slug: row.short_name for row in self.catalog_in_place} | others_of(self.other_initiatives)

    @cached_property
    def catalog_in_place(self) -> list[Initiative]:
        """The initiatives of the catalog that are in place, with their slugs and names only."""
        return composed.rows(_catalog_in_place, None, self.pk)

    def results_with_findings(self) -> tuple[Results, list[tuple["Finding", Row]]]:
        """Returns the results, and every finding with its row. A complete analysis keeps the names it had then."""
        findings = list(self.findings.select_related("element__component").prefetch_related("evidence_items__file"))
        results = Results.from_json(self.frozen) if self.frozen else self._measured(findings)
        rows = {row.slug: row for row in results.rows}
        return results, [(finding, rows[finding.element.slug]) for finding in findings]

    @property
    def results(self) -> Results:
        """The stored results of a complete analysis, else the current ones."""
        return Results.from_json(self.frozen) if self.frozen else self.measured()


def _catalog_in_place(analysis: int) -> models.QuerySet[Initiative]:
    kept = InitiativeInPlace.objects.filter(analysis=analysis)
    return Initiative.objects.filter(pk__in=kept.values("initiative")).only("slug", "name", "short_name")


class InitiativeInPlace(models.Model):
    """An initiative that the utility already follows, in one analysis. Protects the catalog row from deletion."""

    analysis = models.ForeignKey(GapAnalysis, on_delete=models.CASCADE)
    initiative = models.ForeignKey(Initiative, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["analysis", "initiative"], name="initiative_in_place_once")]
        triggers = [triggers.INITIATIVE_OF_A_DRAFT]

    def __str__(self) -> str:
        return str(self.initiative)


class GapAnalysisEvent(Event):
    analysis = models.ForeignKey(GapAnalysis, on_delete=models.CASCADE, related_name="events")


class DeletionQuerySet(OfUtilityQuerySet["Deletion"]):
    def shown_to(self, user: User) -> Self:
        """Returns those of the utilities that ``user`` manages."""
        return self.visible_to(user).filter(my_role=Role.MANAGER).select_related("utility", "by")


class Deletion(OfUtility, models.Model):
    """That a gap analysis existed and was deleted after its completion: who deleted it, when and why."""

    utility = models.ForeignKey(Utility, on_delete=models.CASCADE, related_name="deletions", editable=False)
    name = models.CharField(max_length=150, editable=False)
    as_of = models.DateField(editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    why = models.TextField(max_length=1000, editable=False)

    objects = DeletionQuerySet.as_manager()

    class Meta:
        verbose_name = "deleted gap analysis"
        verbose_name_plural = "deleted gap analyses"
        ordering = ["-at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(why=""), name="deletion_has_a_reason")]

    def __str__(self) -> str:
        return self.name


class FindingQuerySet(OfUtilityQuerySet["Finding"]):
    utility = "analysis__utility"

    def visible_to(self, user: User) -> Self:
        return super().visible_to(user).select_related("analysis", "element")

    def answered(self) -> Self:
        return self.filter(answered())


class Finding(OfUtility, WithHistory):
    """One row of Table 2: what exists for one element, and which management areas it serves."""

    class Rating(models.IntegerChoices):
        NONE = 0, "Does not exist"
        SINGLE = 1, "Supports a single area"
        MULTIPLE = 2, "Supports multiple areas"

    HISTORY = ("rating", "areas", "initiatives", "evidence", "changes", "notes", "to_confirm")

    analysis = models.ForeignKey(GapAnalysis, on_delete=models.CASCADE, related_name="findings")
    element = models.ForeignKey(Element, on_delete=models.PROTECT, related_name="+")
    rating = models.PositiveSmallIntegerField(choices=Rating.choices, null=True, blank=True)
    areas = ArrayField(models.CharField(max_length=1), default=list, blank=True)
    # So that they come back when a person returns to a rating, as the arrow keys do that pass over it.
    kept_areas = models.JSONField(
        default=dict, blank=True, editable=False, help_text="rating → the areas last chosen under it"
    )
    initiatives = ArrayField(
        models.SlugField(), default=list, blank=True, help_text="slugs of the initiatives that provide it"
    )
    evidence = models.TextField(blank=True, max_length=10000)
    changes = models.TextField("what needs to change", blank=True, max_length=10000)
    notes = models.TextField(blank=True, max_length=10000)
    to_confirm = models.BooleanField("carried over, to be confirmed", default=False)

    objects = FindingQuerySet.as_manager()

    class Meta:
        ordering = ["element__order"]
        constraints = [
            models.UniqueConstraint(fields=["analysis", "element"], name="finding_once_per_element"),
            models.CheckConstraint(
                # Comparing a NULL rating gives NULL, and a check that gives NULL passes: so test for NULL first.
                condition=Q(rating__isnull=True, areas=[])
                | Q(rating__isnull=False) & (Q(rating=0, areas=[]) | Q(rating=1, areas__len__lte=1) | Q(rating=2)),
                name="finding_rating_and_areas_agree",
            ),
        ]
        triggers = [triggers.FINDING_WITHIN_ITS_ANALYSIS]

    def __str__(self) -> str:
        return f"{self.element}: {self.get_rating_display() or 'not answered'}"

    @property
    def can_edit(self) -> bool:
        return self.my_role in CAN_EDIT and self.analysis.status == GapAnalysis.Status.DRAFT

    @property
    def is_answered(self) -> bool:
        return not lack_of(self.rating, self.areas, self.to_confirm)

    @property
    def can_be_confirmed(self) -> bool:
        """Whether it was carried over and confirming it answers it."""
        return self.to_confirm and not lack_of(self.rating, self.areas, False)

    def row(self, names: Mapping[str, str]) -> Row:
        """Returns the row for the results. ``names`` are the initiatives in place: slug → short name."""
        return Row(
            slug=self.element.slug,
            name=self.element.name,
            component=self.element.component_id,
            strategic_alignment=self.element.strategic_alignment,
            rating=self.rating,
            areas=self.areas,
            initiatives=[names.get(slug, slug) for slug in self.initiatives],
        )

    def missing_reason(self, scope: list[str]) -> str:
        """Returns what this row lacks for a complete analysis, in words; empty if nothing."""
        return lack_of(self.rating, self.areas, self.to_confirm)

    @property
    def areas_by_rating(self) -> dict[str, list[str]]:
        """The areas last chosen under each rating that may have some."""
        return kept_areas(self.rating, self.areas, self.kept_areas)

    def carry_over(self, earlier: "Finding", *, scope: list[str], in_place: set[str]) -> None:
        """Copies from an earlier finding what fits the scope of this analysis, to be confirmed."""
        self.rating = earlier.rating
        self.areas = [area for area in earlier.areas if area in scope]
        if len(self.areas) < min(len(earlier.areas), 2):
            self.rating = self.Rating.SINGLE if self.areas else None
        if self.rating == self.Rating.MULTIPLE and len(scope) < 2:
            self.rating = None
        self.initiatives = [slug for slug in earlier.initiatives if slug in in_place]
        self.evidence, self.changes, self.notes = earlier.evidence, earlier.changes, earlier.notes
        self.to_confirm = self.rating is not None

    def answer(self, version: int, *, by: User, **changes: Any) -> None:
        """Saves what a person entered; the row then counts as confirmed. Raises Stale, WrongState, NotAllowed."""
        self.require_editor()
        if self.analysis.status != GapAnalysis.Status.DRAFT:
            raise WrongState(COMPLETED)
        if "rating" in changes and "areas" in changes:
            sent = changes.get("kept_areas", {})
            changes["kept_areas"] = kept_areas(changes["rating"], changes["areas"], self.areas_by_rating | sent)
        try:
            self.save_over(version, by=by, to_confirm=False, **changes)
        except IntegrityError as error:  # from the row's trigger: the analysis changed after this row was read
            raise WrongState(CHANGED) from error

    def propose(self, *, by: User, **changes: Any) -> None:
        """Fills in a row that nobody answered, to be confirmed. Raises Stale, WrongState, NotAllowed."""
        self.require_editor()
        if self.analysis.status != GapAnalysis.Status.DRAFT:
            raise WrongState(COMPLETED)
        changes["evidence"] = changes["evidence"][: Finding._meta.get_field("evidence").max_length]
        self.save_over(self.version, by=by, only_if=Q(rating=None), to_confirm=True, **changes)

    def undo(self, version: int, *, by: AbstractBaseUser) -> None:
        """Undoes its last change. Raises Stale, WrongState if the scope no longer allows it, NotAllowed."""
        self.require_editor()
        if self.analysis.status != GapAnalysis.Status.DRAFT:
            raise WrongState(COMPLETED)
        last = self.last_change()
        if last and set(last.before.get("initiatives", [])) - self.analysis.in_place().keys():
            raise WrongState(NOT_UNDONE)
        try:
            super().undo(version, by=by)
        except IntegrityError as error:  # from the row's trigger
            raise WrongState(NOT_UNDONE) from error

    def history_labels(self) -> Labels:
        """Returns the words for the values in its history. Makes two queries."""
        initiatives = dict(Initiative.objects.values_list("slug", "short_name"))
        return {
            "areas": dict(Area.objects.values_list("code", "name")),
            "initiatives": initiatives | others_of(self.analysis.other_initiatives),
            "rating": {None: "not answered"},
            "to_confirm": {True: "yes", False: "confirmed"},
        }

    @transaction.atomic
    def attach_link(self, *, by: User, url: str, title: str = "") -> "Evidence":
        """Adds a link as evidence. Raises WrongState if the analysis is complete."""
        self.analysis.lock_draft()
        return self._attached(self.evidence_items.create(added_by=by, url=url, title=title))

    @storing()
    def attach_file(self, upload: UploadedFile, *, by: User) -> "Evidence":
        """Stores the upload as evidence. Raises RefusedFile, or WrongState if the analysis is complete."""
        self.analysis.lock_draft()
        file = StoredFile.keep(upload, by=by, utility=self.analysis.utility)
        return self._attached(self.evidence_items.create(added_by=by, file=file))

    def _attached(self, item: "Evidence") -> "Evidence":
        self.history.create(by=item.added_by, after={"links_and_files": str(item)})
        return item


class FindingChange(Change):
    row = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="history")


class EvidenceQuerySet(OfUtilityQuerySet["Evidence"]):
    utility = "finding__analysis__utility"


class Evidence(Attachment):
    """A link or a stored file that supports a finding."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="evidence_items")

    objects = EvidenceQuerySet.as_manager()

    class Meta(Attachment.Meta):
        verbose_name_plural = "evidence"
        constraints = [link_or_file("evidence_link_or_file")]
        triggers = [triggers.EVIDENCE_OF_A_DRAFT]

    @classmethod
    def carry_over(cls, previous: GapAnalysis, copies: list[Finding]) -> None:
        """Copies links and files to the copied rows. The copies share the stored files."""
        by_element = {finding.element_id: finding for finding in copies}
        items = cls.objects.filter(finding__analysis=previous).select_related("finding")
        Evidence.objects.bulk_create(
            Evidence(
                finding=by_element[item.finding.element_id],
                title=item.title,
                url=item.url,
                file_id=item.file_id,
                added_by_id=item.added_by_id,
            )
            for item in items
        )

    @transaction.atomic
    def discard(self, *, by: User | None = None) -> None:
        """Deletes it, and its file unless another finding uses it. Raises WrongState if the analysis is complete."""
        self.finding.analysis.lock_draft()
        self.finding.history.create(by=by, before={"links_and_files": str(self)})
        self.remove()
