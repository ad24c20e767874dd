"""The report of a gap analysis as an Excel file: its sheets, from the context of the report."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from assessments.integration.board import Shown
from assessments.models import Evidence
from assessments.results import AreaInScope, Coverage, Results
from workflow.spreadsheets import Rows

COVERAGE = ["Cells covered", "Cells in scope", "Elements that exist", "Elements"]


def sheets(context: dict[str, Any]) -> Mapping[str, Rows]:
    """Returns the sheets, without those that would have no rows."""
    made: dict[str, Any] = {
        "Summary": [["What", "Value"], *_summary(context)],
        "Coverage": [["Part", "Name", *COVERAGE], *_coverage(context["results"])],
        "Findings": list(_findings(context)),
        "Evidence": [["Element", "Title or file", "Address", "Size", "Added"], *_evidence(context)],
        "What moved": list(_moved(context)),
        "Why it moved": [
            ["Element", "Gained", "Lost", "Planned before", "Now provided by", "Evidence now", "Records added"],
            *_reasons(context),
        ],
        "Extend first": [
            ["Element", "Key to alignment", "Supports", "Could also support", "Provided by"],
            *_extensions(context),
        ],
        "Initiatives": [
            ["Initiative", "Full name", "About", "In place", "In the smallest mix", "Gaps it can close", "Used by"]
            + ["Today"],
            *_initiatives(context),
        ],
        "Gaps closed": [["Initiative", "Element", "Areas", "What it requires there"], *_closed(context)],
        "Gaps not closed": [["Element", "Areas", "What to do instead"], *_unclosed(context)],
        "Opportunities": [
            ["Status", "Opportunity", "Element", "Key to alignment", "Answer", "What shows it, or the reason"]
            + ["Required by", "Covers", "Could also cover", "How it is shared", "Caution"],
            *_opportunities(context),
        ],
        "Road map": [["When", "Step"], *context["steps"]],
    }
    for chapter in context["chapters"]:
        made |= chapter.sheets
    return {name: rows for name, rows in made.items() if len(rows) > 1}


def _named(areas: Iterable[AreaInScope]) -> str:
    return ", ".join(area.short_name for area in areas)


def _yes(value: object) -> str:
    return "yes" if value else ""


def _summary(context: dict[str, Any]) -> Iterator[list[Any]]:
    analysis, results, road = context["analysis"], context["results"], context["road"]
    utility, advice, board = analysis.utility, context["recommended"], context["board"]
    yield ["Gap analysis", analysis.name]
    yield ["Utility", utility.name]
    yield ["Place", f"{utility.city}, {utility.get_state_display()}"]
    yield ["As of", analysis.as_of]
    yield ["Status", analysis.get_status_display()]
    yield ["Elements answered", len(results.answered)]
    yield ["Complete since", analysis.completed_at]
    yield ["Completed by", str(analysis.completed_by or "")]
    yield ["Management representative", str(utility.management_representative or "")]
    for text in (results.headline, " ".join(results.sentences), results.gap_words):
        yield ["Results", text]
    for area in results.areas:
        yield ["Management area in scope", f"{area.code} {area.name}"]
    for chain, names in context["operations"]:
        for name in names:
            yield [f"Fence line: {chain}", name]
    yield ["Fence line", analysis.fence_line]
    for name in results.initiatives:
        yield ["Initiative in place", name]
    yield ["Recommendations as of", context["today"]]
    yield ["Gaps", advice.gaps]
    yield ["Gaps that the smallest mix closes", advice.closable]
    yield ["Initiatives in the smallest mix", len(advice.smallest)]
    yield ["Opportunities counted", board.n_counted]
    yield ["Opportunities taken up or already so", board.n_integrated]
    yield ["Opportunities not for the utility", board.n_set_aside]
    if before := context["earlier"]:
        yield ["Compared with", before.name]
        yield ["Compared with, as of", before.as_of]
        yield ["Cells gained", context["moved"].n_gained]
        yield ["Cells lost", context["moved"].n_lost]
        for area in context["moved"].rescoped:
            yield ["In the scope of only one of the two", area.name]
    if road:
        yield ["Road map: approach", road.get_approach_display()]
        yield ["Road map: drawn from", str(road.analysis or "")]
        yield ["Road map: last changed", road.changed_at]
        yield ["Road map: changed by", str(road.changed_by or "")]


def _coverage(results: Results) -> Iterator[list[Any]]:
    def line(part: str, name: str, each: Coverage) -> list[Any]:
        return [part, name, each.covered, each.cells, each.existing, each.elements]

    for each in results.coverage:
        yield line("Component", each.name, each)
    for area in results.areas:
        covered = sum(area.code in row.areas for row in results.rows)
        yield ["Area", area.name, covered, len(results.rows), "", ""]
    yield line("", "Overall", results.overall)
    yield line("", "Elements key to strategic alignment", results.alignment)


def _pairs(context: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    """Yields (component, finding, row) in the order of the elements."""
    rows = {row.slug: row for row in context["results"].rows}
    for component, findings in context["components"]:
        for finding in findings:
            yield component.name, finding, rows[finding.element.slug]


def _findings(context: dict[str, Any]) -> Iterator[list[Any]]:
    areas = context["results"].areas
    yield [
        *["Element", "Component", "Key to alignment", "Rating", *(f"{area.code} {area.short_name}" for area in areas)],
        *["Carried over, needs confirmation", "Provided by", "Evidence", "Needs to change", "Notes", "Links and files"],
    ]
    for component, finding, row in _pairs(context):
        yield [
            row.name,
            component,
            _yes(row.strategic_alignment),
            finding.get_rating_display() or "Not answered",
            *(_yes(area.code in finding.areas) for area in areas),
            _yes(finding.to_confirm),
            ", ".join(row.initiatives),
            finding.evidence,
            finding.changes,
            finding.notes,
            len(finding.evidence_items.all()),
        ]


def _evidence(context: dict[str, Any]) -> Iterator[list[Any]]:
    for _, finding, row in _pairs(context):
        for item in finding.evidence_items.all():
            yield [row.name, *_item(item)]


def _item(item: Evidence) -> list[Any]:
    added = timezone.localdate(item.added_at)
    if item.file:
        return [str(item), "", filesizeformat(item.file.size), added]
    return [item.title, item.url, "", added]


def _moved(context: dict[str, Any]) -> Iterator[list[Any]]:
    yield ["Part", "Covered before", "In scope before", "Covered now", "In scope now"]
    if moved := context["moved"]:
        lines = [(was.name, [was, now]) for was, now in moved.components]
        lines += [(each.area.name, each.coverage) for each in moved.by_area]
        for name, both in [*lines, ("Overall", moved.overall)]:
            yield [name, *(value for each in both for value in ([each.covered, each.cells] if each else ["", ""]))]


def _reasons(context: dict[str, Any]) -> Iterator[list[Any]]:
    for element, why in context["reasons"]:
        yield [
            element.element.name,
            _named(element.gained),
            _named(element.lost),
            why.planned,
            ", ".join(why.providers),
            why.evidence,
            ", ".join(map(str, why.added)),
        ]


def _extensions(context: dict[str, Any]) -> Iterator[list[Any]]:
    for one, row in context["extensions"]:
        key, providers = _yes(row.strategic_alignment), ", ".join(row.initiatives) or "not stated"
        yield [row.name, key, one.serves.short_name, _named(one.could_serve), providers]


def _initiatives(context: dict[str, Any]) -> Iterator[list[Any]]:
    for offer in context["recommended"].ranking:
        one = offer.initiative
        smallest = _yes(one.slug in context["smallest"])
        case = offer.case.town if offer.case else ""
        yield [one.short_name, str(one), one.key_feature, _yes(offer.in_place), smallest, offer.closes, case] + [
            one.today_text if one.today == one.Today.ENDED else ""
        ]
    for one in context["recommended"].left_out:
        yield [
            one.short_name,
            str(one),
            one.key_feature,
            "",
            "",
            "",
            "",
            f"Left out, no longer exists. {one.today_text}",
        ]


def _closed(context: dict[str, Any]) -> Iterator[list[Any]]:
    for offer in context["recommended"].ranking:
        for one in offer.at:
            asked = one.asked["text"] if one.asked else ""
            yield [offer.initiative.short_name, str(one.element), _named(one.areas), asked]


def _unclosed(context: dict[str, Any]) -> Iterator[list[Any]]:
    for one, opportunity in context["unclosed"]:
        yield [str(one.element), _named(one.areas), str(opportunity or "")]


def _opportunities(context: dict[str, Any]) -> Iterator[list[Any]]:
    board = context["board"]
    for status, rows in (("Open now", board.open), ("Answered", board.answered), ("Not open now", board.others)):
        for each in rows:
            yield [status, *_opportunity(each)]


def _opportunity(each: Shown) -> list[Any]:
    row, answer = each.opportunity, each.answer
    return [
        str(row),
        str(row.element),
        _yes(row.element.strategic_alignment),
        answer.get_choice_display() if answer.choice else "",
        answer.why,
        ", ".join(one.short_name for one in each.asking),
        ", ".join(area.name for area in each.serves),
        ", ".join(area.name for area in each.extends),
        row.shared,
        row.caution,
    ]
