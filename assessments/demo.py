"""Demo data: utilities with the gap analyses of data/demo.yaml. Loaded by ``manage.py load_demo``."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from accounts.models import Identifier, Membership, RepresentativeChange, Role, User, Utility
from assessments.catalog import recommended
from assessments.integration.board import latest
from assessments.integration.paths import fits
from assessments.integration.suggestions import standing, suggested
from assessments.models import (
    Answer,
    AnswerChange,
    FindingChange,
    GapAnalysis,
    GapAnalysisEvent,
    RoadMap,
    Sharing,
)
from initiatives.models import Initiative
from pdca.loading import read
from pdca.models import Opportunity

DATA = Path(__file__).parent / "data" / "demo.yaml"


LONG_AGO = timedelta(days=60)


def load(people: Mapping[Role, User]) -> None:
    """Creates the utilities and analyses. ``people`` become members of every utility, each in their role."""
    for data in read(DATA)["utilities"]:
        _utility(data, people)
    _date_back(people[Role.MANAGER])


def _date_back(user: User) -> None:
    """Dates what loading made to a time that the home pages no longer tell of."""
    then = timezone.now() - LONG_AGO
    GapAnalysis.objects.filter(created_by=user).update(created_at=then)
    RoadMap.objects.filter(changed_by=user).update(changed_at=then)
    for model in (GapAnalysisEvent, FindingChange, AnswerChange):
        model.objects.filter(by=user).update(at=then)
    RepresentativeChange.objects.filter(row__in=Utility.objects.visible_to(user)).update(at=then, by=user)


def _utility(data: dict[str, Any], people: Mapping[Role, User]) -> None:
    manager = people[Role.MANAGER]
    fields = {name: data[name] for name in ("name", "city", "state", "systems")}
    utility = Utility.objects.create(**fields, confirmed_at=timezone.now())
    Identifier.objects.bulk_create(Identifier(utility=utility, **one) for one in data.get("identifiers", []))
    for role, person in people.items():
        Membership.objects.create(user=person, utility=utility, role=role)
    utility.management_representative = manager
    utility.save(update_fields=["management_representative"])
    for analysis in data["analyses"]:
        _analysis(analysis, utility, manager)
    _what_follows(data, utility, manager)


def _what_follows(data: dict[str, Any], utility: Utility, by: User) -> None:
    """Answers to opportunities, the road map suggested for the latest analysis, and sharing."""
    for answer in data.get("answers", []):
        opportunity = Opportunity.objects.get(slug=answer["opportunity"])
        Answer.give(utility, opportunity, 0, by=by, choice=answer["choice"], why=answer.get("why", ""))
    analysis = latest(utility)
    if data.get("road_map") and analysis:
        results = analysis.results
        approach = fits(standing(analysis, results))[0].approach
        analysis = GapAnalysis.objects.visible_to(by).get(pk=analysis.pk)
        RoadMap.keep(
            analysis, 0, by=by, approach=approach, steps=suggested(approach, analysis, recommended(analysis, results))
        )
    if size := data.get("sharing"):
        Sharing.begin(utility, size=size, by=by)


def _analysis(data: dict[str, Any], utility: Utility, by: User) -> None:
    started = GapAnalysis.start(
        by=by,
        utility=utility,
        initiatives=list(Initiative.objects.filter(slug__in=data["initiatives"])),
        name=data["name"],
        as_of=data["as_of"],
        areas=data["areas"],
        operations=data["fence_line_operations"],
        fence_line=data["fence_line"].strip(),
    )
    analysis = GapAnalysis.objects.visible_to(by).get(pk=started.pk)
    findings = {finding.element.slug: finding for finding in analysis.findings.select_related("element")}
    for slug, answer in data["findings"].items():
        finding = findings[slug]
        finding.my_role = analysis.my_role
        links = answer.pop("links", [])
        words = {name: answer[name].strip() for name in ("evidence", "changes", "notes") if answer.get(name)}
        finding.answer(
            finding.version,
            by=by,
            rating=answer["rating"],
            areas=answer["areas"],
            initiatives=answer["initiatives"],
            **words,
        )
        for link in links:
            finding.evidence_items.create(added_by=by, **link)
    if data["status"] == "complete":
        analysis.complete(by=by)
